package dev.lastword.x;

import dev.lastword.config.Account;
import dev.lastword.server.Dialer;
import dev.lastword.server.Incarnation;
import dev.lastword.server.ProbeResult;
import dev.lastword.server.ServerRole;
import dev.lastword.server.ServerTarget;
import dev.lastword.x.XSentinelNotices.Heard;
import dev.lastword.x.XSentinelQuestions.Answer;
import dev.lastword.x.protobuf.Mysqlx.ServerMessages;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One session of the monitoring account, from its connection to its end: lets {@link XSentinelLogin} log in, asks which process the server
 * is, and answers looks with that and with the server's role. Lives on its loop.
 */
final class XSentinelSession implements XSentinelConnection.Owner, XSentinelLogin.Outcome {
  /** For the whole login; it goes on while looks are made from outside. */
  private static final Duration LOGIN = Duration.ofSeconds(10);

  private final Owner owner;
  private final XSentinelConnection connection;
  private final XSentinelLogin login;
  private final XSentinelQuestions questions;
  private final XSentinelRole role;
  private final ScheduledFuture<?> loginTimer;
  private @Nullable XSentinelLook asking;
  private long number;
  private long askedNanos;
  private String uuid = "";
  private boolean loggedIn;
  private boolean ready;
  private boolean over;
  private Optional<Incarnation> incarnation = Optional.empty();

  /** Who keeps it. */
  interface Owner {
    /** It is logged in and has asked what it needs: looks can be made by it. */
    void ready();

    /** The account cannot be used. */
    void refused(String why);

    /** The server said what holds for all its sessions. */
    void heard(XSentinelSession session, Heard heard);

    /**
     * It is over, for whatever reason. Called once.
     *
     * @param broken whether it was ready and the server ended it
     * @param why for people
     */
    void ended(XSentinelSession session, boolean broken, String why);
  }

  /**
   * Makes one that is not connected.
   *
   * @param asking the look that it is made for
   */
  XSentinelSession(
      EventLoop loop, ServerTarget target, Account account, Owner owner, XSentinelLook asking) {
    this.owner = owner;
    this.connection = new XSentinelConnection(loop, target, this);
    this.login = new XSentinelLogin(connection, account, this);
    this.questions = new XSentinelQuestions(connection);
    this.role = new XSentinelRole(questions);
    this.asking = asking;
    this.loginTimer =
        loop.schedule(
            () -> lost("did not let the monitoring account in within " + LOGIN.toMillis() + " ms"),
            LOGIN.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  void connect(Dialer dialer) {
    connection.connect(dialer, LOGIN);
  }

  /** Whether it can be asked at all. */
  boolean isReady() {
    return ready;
  }

  /** Whether it has answered all it was asked. */
  boolean isFree() {
    return questions.answered();
  }

  /** Whether this connection is broken, and its end was not seen. */
  boolean silentForTooLong() {
    return !questions.answered() && System.nanoTime() - askedNanos > LOGIN.toNanos();
  }

  /** Asks what may change from one look to the next: whether the server is there, and its role. */
  void ask(XSentinelLook look) {
    asking = look;
    askedNanos = System.nanoTime();
    role.ask(this::answer);
  }

  // ---- The connection

  @Override
  public void connected() {
    login.begin();
  }

  @Override
  public void unreachable(List<Dialer.Failure> failures) {
    XSentinelLook look = asking;
    asking = null;
    end(false, "cannot be reached");
    if (look != null) {
      look.answered(ProbeResult.of(failures));
    }
  }

  @Override
  public void heard(ByteBuf frame) {
    int type = frame.getUnsignedByte(XMessages.PREFIX - 1);
    if (type == ServerMessages.Type.NOTICE_VALUE) {
      Heard heard = XSentinelNotices.in(frame);
      if (heard instanceof Heard.Numbered(long given)) {
        number = given;
      } else {
        owner.heard(this, heard);
      }
    } else if (!loggedIn) {
      login.heard(type, frame);
    } else if (questions.heard(type, frame) == XSentinelNotices.ER_SERVER_SHUTDOWN) {
      owner.heard(this, new Heard.ShuttingDown());
    }
  }

  /** The connection is gone, or is given up. */
  @Override
  public void lost(String why) {
    XSentinelLook look = asking;
    asking = null;
    end(ready, why);
    if (look != null) {
      look.fromOutside();
    }
  }

  // ---- The login

  @Override
  public void loggedIn() {
    loggedIn = true;
    askedNanos = System.nanoTime();
    questions.sql("SELECT @@server_uuid", answer -> uuid = answer.text(0));
    questions.sql("SHOW GLOBAL STATUS LIKE 'Uptime'", this::told);
    questions.command("enable_notices", List.of(XSentinelNotices.wanted()), _ -> {});
    role.ask(this::answer);
  }

  @Override
  public void refused(String why) {
    if (!over) {
      owner.refused(why);
      answer(Optional.empty());
      leave();
    }
  }

  @Override
  public void notNow(int code) {
    if (code == XSentinelNotices.ER_SERVER_SHUTDOWN) {
      owner.heard(this, new Heard.ShuttingDown());
    }
    answer(
        code == XSentinelLogin.ER_SERVER_OFFLINE_MODE
            ? Optional.of(ServerRole.IN_OFFLINE_MODE)
            : Optional.empty());
    leave();
  }

  private void told(Answer answer) {
    long now = System.nanoTime();
    loginTimer.cancel(false);
    ready = true;
    owner.ready();
    try {
      if (!uuid.isEmpty()) {
        long uptime = Long.parseLong(answer.text(1));
        incarnation =
            Optional.of(new Incarnation(uuid, now - TimeUnit.SECONDS.toNanos(uptime), number));
      }
    } catch (NumberFormatException _) {
      // Then it is not known which process this is.
    }
  }

  private void answer(Optional<ServerRole> told) {
    XSentinelLook look = asking;
    String address = connection.address();
    asking = null;
    if (look != null && address != null) {
      look.answered(new ProbeResult.Answered(address, incarnation, told));
    }
  }

  // ---- Ends

  /** Leaves as a client does. */
  void leave() {
    if (!over) {
      over();
      connection.leave();
      owner.ended(this, false, "is left");
    }
  }

  private void end(boolean broken, String why) {
    if (!over) {
      over();
      connection.close();
      owner.ended(this, broken, why);
    }
  }

  private void over() {
    over = true;
    ready = false;
    loginTimer.cancel(false);
  }
}
