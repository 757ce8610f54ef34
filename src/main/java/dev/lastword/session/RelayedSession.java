package dev.lastword.session;

import dev.lastword.farewell.Cause;
import dev.lastword.farewell.Farewell;
import dev.lastword.farewell.LostSession;
import dev.lastword.farewell.ServerView;
import dev.lastword.farewell.Trigger;
import dev.lastword.farewell.Verdict;
import dev.lastword.relay.Leg;
import dev.lastword.relay.Origin;
import dev.lastword.server.Dialer;
import dev.lastword.server.ServerLink;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A session between a client and servers, without what is particular to a protocol: finding a server, back-pressure, limits of time, and
 * the end, which is {@link Ending}'s.
 *
 * <p>One of its links is the one that serves it, and its loss ends the session; others may be attached, and their loss ends only them.
 * {@link #serverEnded} is the one place where that is told apart.
 */
public abstract class RelayedSession extends Session {
  /** So long the last words of a server that takes nothing more are waited for. */
  private static final long LAST_WORDS_MILLIS = 50;

  /** The client's side. */
  protected final Leg client;

  private final Service service;
  private final Ending ending;

  private @Nullable ServerLink link;
  private boolean linkIsBroken;
  private @Nullable List<ServerLink> others;
  private @Nullable ScheduledFuture<?> deadline;

  /**
   * Makes a session for a client that has just connected; {@link #start} makes it live.
   *
   * @param clientAddress for people
   */
  @SuppressWarnings("this-escape") // Ending keeps it, and calls it when it is complete
  protected RelayedSession(
      SessionRegistry.Ticket ticket, String clientAddress, Leg client, Service service) {
    super(ticket, clientAddress, client.channel().eventLoop());
    this.client = client;
    this.service = service;
    this.ending = new Ending(this, service, client);
  }

  /** Finds it a server. */
  public final void start() {
    opened();
    deadline =
        eventLoop()
            .schedule(ending::tooSlow, service.handshake().toMillis(), TimeUnit.MILLISECONDS);
    service
        .dialer()
        .dial(
            eventLoop(),
            service.order().get(),
            to -> new ServerHandler(this, to),
            new Dialer.Caller() {
              @Override
              public void connected(ServerLink to) {
                linked(to);
              }

              @Override
              public Origin origin() {
                return client.origin();
              }

              @Override
              public void unreachable(String why) {
                ending.noServer(why);
              }
            });
  }

  // ---- What a protocol makes of it

  /** A server accepted; {@link #linked} has noted it. Nothing has been read from it. */
  protected abstract void serverConnected(ServerLink to);

  /** Owns what was read from the client. */
  protected abstract void clientRead(ByteBuf in);

  /** All that could be read of the client now has been. */
  protected abstract void clientReadComplete();

  /** Owns what was read from the server that serves the session. */
  protected abstract void serverRead(ByteBuf in);

  /** All that could be read of the server now has been. */
  protected abstract void serverReadComplete();

  /** Whether the client is logged in. */
  protected abstract boolean loggedIn();

  /** Requests that have not been answered to the end. */
  protected abstract int outstanding();

  /** How often the client has asked for something: messages in X, commands in the classic protocol. */
  protected abstract long requests();

  /** Whether the client has said that it leaves. */
  protected abstract boolean askedToLeave();

  /** Whether requests flow, so that one of which a half came can be waited for. */
  protected abstract boolean isRelaying();

  /** Whether its server is gone and the reason is being looked for. */
  protected abstract boolean isDiagnosing();

  /** Whether it is over; at most a farewell is on its way. */
  protected abstract boolean isOver();

  /** Whether the client has been sent the beginning of a message and not its end. */
  protected abstract boolean insideMessageToClient();

  /** Whether the client is in the middle of a message that a server with its default settings refuses by closing. */
  protected abstract boolean sendsTooMuch();

  /** Whether a server of this protocol closes without a word when a session is killed. */
  protected abstract boolean isKilledSilently();

  /** Nothing more can come from the server. The client is kept, and not listened to, until it is known why. */
  protected abstract void serverIsGone();

  /** It is over: nothing more flows, and what was held is released. Called once; the links are left afterwards. */
  protected abstract void stopFlowing();

  /** Leaves a server, so that it counts no aborted client if that can be had. */
  protected abstract void leave(ServerLink server);

  /** The client has ended its stream, and the server is to see that when it has read what came before. */
  protected void finish(ServerLink server) {
    server.leg().finish();
  }

  /** What the client is sent, and whether anything. */
  protected abstract Farewell farewell(Cause cause);

  /** What a client is sent that is refused for what it said. */
  protected abstract Farewell refusal(Refusal refusal);

  /**
   * The bytes of a farewell.
   *
   * @param farewell one that is sent
   * @param verdict why
   * @param text instead of what the verdict says; null if that is what is to be said
   */
  protected abstract ByteBuf words(Farewell farewell, Verdict verdict, @Nullable String text);

  /** Calls back once the client is able to hear a farewell, which is now unless it is in the middle of something. */
  protected void whenItListens(Runnable say) {
    say.run();
  }

  /** A farewell was written to the client. */
  protected abstract void said(Farewell farewell);

  /** The story ends: {@link #ended} follows. */
  protected void told() {}

  // ---- Links

  /** Notes the server that serves it. */
  public final void linked(ServerLink to) {
    if (isOver()) {
      to.leg().close();
      return;
    }
    link = to;
    connectedTo(to.target().server().name(), to.address(), to.connectedNanos());
    serverConnected(to);
  }

  /** Attaches a link that does not serve the client now; what comes from it is none of the client's business. */
  protected final void attach(ServerLink other) {
    List<ServerLink> all = others;
    if (all == null) {
      all = new ArrayList<>(2);
      others = all;
    }
    all.add(other);
    other.leg().allowReading(Leg.NOT_READY);
  }

  /** The link that serves it, or null before there is one. */
  protected final @Nullable ServerLink link() {
    return link;
  }

  /** The link that serves it. */
  protected final ServerLink connectedLink() {
    return Objects.requireNonNull(link, "bytes flow before there is a server");
  }

  /** The server is there and the client is listened to from now on. */
  protected final void serverReady() {
    ending.serverReady();
  }

  final Ending ending() {
    return ending;
  }

  // ---- Bytes

  final void readFromClient(ByteBuf in) {
    countIn(in.readableBytes());
    clientRead(in);
    countRequests(requests());
  }

  final void readFromServer(ServerLink from, ByteBuf in) {
    service.diagnoser().heard(from.target());
    if (from == link) {
      serverRead(in);
    } else {
      // Whatever it says, it answers nothing that the client asked.
      in.release();
    }
  }

  final void serverReadComplete(ServerLink from) {
    if (from != link) {
      return;
    }
    client.flush();
    serverReadComplete();
    if (!isOver()) {
      ending.serverReadComplete();
    }
  }

  /** Owns frames that go to the client with its next flush. */
  protected final void toClient(ByteBuf frames) {
    countOut(frames.readableBytes());
    client.write(frames);
  }

  /** Sends something to the client at once; owns it. */
  protected final void answer(ByteBuf frame) {
    toClient(frame);
    client.flush();
  }

  /** Sends something to the client of which it must be known when it has been written; owns it. */
  protected final ChannelFuture toClientAndTell(ByteBuf words) {
    countOut(words.readableBytes());
    return client.channel().writeAndFlush(words);
  }

  /** Owns frames that go to the server with the next flush. */
  protected final void toServer(ByteBuf frames) {
    connectedLink().leg().write(frames);
  }

  final void clientWritable(boolean writable) {
    ending.clientWritable(writable);
    ServerLink from = link;
    if (from != null) {
      if (writable) {
        from.leg().allowReading(Leg.PEER_IS_SLOW);
      } else {
        from.leg().stopReading(Leg.PEER_IS_SLOW);
      }
    }
  }

  final void serverWritable(ServerLink to, boolean writable) {
    if (to != link || isOver()) {
      return;
    }
    if (writable) {
      client.allowReading(Leg.PEER_IS_SLOW);
    } else {
      client.stopReading(Leg.PEER_IS_SLOW);
    }
  }

  // ---- The end

  final void serverFinished(ServerLink from) {
    serverEnded(from, from == link && linkIsBroken ? Trigger.RESET : Trigger.END_OF_STREAM);
  }

  final void serverFailed(ServerLink from, Throwable failure) {
    if (Ending.isNetwork(failure)) {
      if (from == link && from.leg().channel().isActive()) {
        // It takes nothing more, but what it said before may still be on its way.
        linkIsBroken = true;
        from.leg().drain();
        var _ =
            eventLoop()
                .schedule(
                    () -> serverEnded(from, Trigger.RESET),
                    LAST_WORDS_MILLIS,
                    TimeUnit.MILLISECONDS);
      } else {
        serverEnded(from, Trigger.RESET);
      }
    } else {
      ending.bug(failure);
    }
  }

  /** The one place where the loss of a link becomes the loss of the session, or does not. */
  private void serverEnded(ServerLink from, Trigger trigger) {
    if (isOver()) {
      from.leg().close();
    } else if (from == link) {
      ending.serverEnded(from, trigger);
    } else {
      from.leg().close();
      if (others != null && others.remove(from)) {
        SessionLog.lostLink(this, from.target().server().name(), trigger.text());
      }
    }
  }

  /** The server has sent an error that explains the end that it makes. */
  protected final void serverExplained(String what) {
    ending.serverExplained(what);
  }

  /** The server has said that it ends this session. Should it not close, we do. */
  protected final void serverSaid(String what) {
    ending.serverSaid(what);
  }

  /** TLS with the server could not be set up. */
  protected final void serverTlsFailed(Throwable failure) {
    ending.serverTlsFailed(failure);
  }

  /** What the server says is not the protocol. */
  protected final void serverIsStrange(String what) {
    ending.serverIsStrange(what);
  }

  /** A mistake of the proxy ends the session. */
  protected final void bug(Throwable mistake) {
    ending.bug(mistake);
  }

  /** TLS with the client could not be set up. */
  protected final void clientTlsFailed(Throwable failure) {
    ending.clientTlsFailed(failure);
  }

  /** Ends a session whose client said what it must not. */
  protected final void refuse(Refusal refusal, String detail) {
    ending.refuse(refusal, detail);
  }

  /** The client has authenticated, or nobody here can tell: there is no deadline for that any more. */
  protected final void cancelDeadline() {
    if (deadline != null) {
      deadline.cancel(false);
      deadline = null;
    }
  }

  @Override
  public final void kill() {
    ending.kill();
  }

  @Override
  public final void proxyGoesAway(boolean now) {
    ending.proxyGoesAway(now);
  }

  @Override
  public final void drain(String what) {
    ending.drain(what);
  }

  @Override
  public final void stay() {
    ending.stay();
  }

  @Override
  public final void serverLost(ServerView view) {
    ending.serverLost(view);
  }

  @Override
  public final void tick(long nowNanos) {
    ending.tick(nowNanos);
  }

  /**
   * Takes down everything but the client's leg.
   *
   * @return false if that has been done before
   */
  final boolean over(Cause cause) {
    if (!ending(cause)) {
      return false;
    }
    leavingUntil(client.channel().closeFuture());
    cancelDeadline();
    // Those that waited for the login, if any.
    countRequests(requests());
    ServerLink from = link;
    if (from != null) {
      leave(from);
    }
    stopFlowing();
    if (others != null) {
      others.forEach(this::leave);
    }
    return true;
  }

  /** Notes what the client was told, which ends the session's story. */
  final void told(Verdict verdict, Farewell farewell, LostSession.Delivery delivery) {
    told();
    ended(verdict, farewell, delivery);
  }
}
