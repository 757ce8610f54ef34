package dev.lastword.x;

import dev.lastword.config.Account;
import dev.lastword.server.Dialer;
import dev.lastword.server.Probe;
import dev.lastword.server.ProbeResult;
import dev.lastword.server.ServerTarget;
import dev.lastword.x.XSentinelNotices.Heard;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches one server with an account: keeps an X session open, which hears what the server announces to its clients, and knows which
 * process it is with. The account needs no rights. Where it is refused, the server is looked at from outside, as {@link XProbe} does.
 *
 * <p>The password is sent as it is where nobody can listen: over TLS, or on a Unix domain socket. All of it lives on the monitor's event
 * loop.
 */
public final class XSentinel implements Probe {
  private static final Logger log = LoggerFactory.getLogger(XSentinel.class);

  /** How long an account that was refused is not tried again: every try is a line in the server's log. */
  private static final long REFUSED_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final Dialer dialer;
  private final XProbe outside;
  private final Account account;
  private final long refusedNanos;

  private @Nullable Observer observer;
  private @Nullable XSentinelSession current;
  private boolean refused;
  private long refusedAt;
  private boolean complained;

  /** Makes one for one server. */
  public XSentinel(Dialer dialer, Account account) {
    this(dialer, account, Duration.ofNanos(REFUSED_NANOS));
  }

  /** Makes one that tries a refused account again after {@code pause}. */
  XSentinel(Dialer dialer, Account account, Duration pause) {
    this.dialer = dialer;
    this.outside = new XProbe(dialer);
    this.account = account;
    this.refusedNanos = pause.toNanos();
  }

  @Override
  public void begin(EventLoop loop, ServerTarget target, Observer hears) {
    observer = hears;
  }

  @Override
  public void end() {
    observer = null;
    XSentinelSession open = current;
    if (open != null) {
      open.leave();
    }
  }

  @Override
  public void look(
      EventLoop loop, ServerTarget target, Duration timeout, Consumer<ProbeResult> answer) {
    XSentinelLook look = new XSentinelLook(loop, target, outside, timeout, answer);
    XSentinelSession open = current;
    if (open != null && open.isReady() && open.silentForTooLong()) {
      open.leave();
      open = null;
    }
    if (open != null && open.isReady() && open.isFree()) {
      look.waitHalf();
      open.ask(look);
    } else if (observer == null
        || open != null
        || (refused && System.nanoTime() - refusedAt < refusedNanos)) {
      // Without a monitor that runs nothing is kept open; a login that takes its time is not begun
      // twice, and neither is a question.
      look.fromOutside();
    } else {
      look.waitHalf();
      XSentinelSession fresh =
          new XSentinelSession(loop, target, account, new Keeper(target.server().name()), look);
      current = fresh;
      fresh.connect(dialer);
    }
  }

  /** What becomes of the session that is kept open. */
  private final class Keeper implements XSentinelSession.Owner {
    private final String server;

    Keeper(String server) {
      this.server = server;
    }

    @Override
    public void ready() {
      refused = false;
      complained = false;
    }

    @Override
    public void refused(String why) {
      refused = true;
      refusedAt = System.nanoTime();
      if (!complained) {
        complained = true;
        log.warn(
            "server={} the monitoring account {} cannot be used, so the server is watched from outside:"
                + " {}",
            server,
            account.user(),
            why);
      }
    }

    @Override
    public void heard(XSentinelSession session, Heard heard) {
      Observer hears = observer;
      if (hears == null || current != session) {
        return;
      }
      switch (heard) {
        case Heard.ShuttingDown _ -> hears.shuttingDown();
        case Heard.GroupChanged(String what) -> hears.groupChanged(what);
        case Heard.Numbered _, Heard.Other _ -> {
          // About this session alone.
        }
      }
    }

    @Override
    public void ended(XSentinelSession session, boolean broken, String why) {
      boolean mine = current == session;
      if (mine) {
        current = null;
      }
      log.debug("server={} monitor={}", server, why);
      Observer hears = observer;
      if (mine && broken && hears != null) {
        hears.connectionEnded();
      }
    }
  }
}
