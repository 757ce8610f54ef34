package dev.lastword.session;

import dev.lastword.farewell.Cause;
import dev.lastword.farewell.Diagnosis;
import dev.lastword.farewell.Farewell;
import dev.lastword.farewell.LostSession.Delivery;
import dev.lastword.farewell.ServerView;
import dev.lastword.farewell.Trigger;
import dev.lastword.farewell.Verdict;
import dev.lastword.relay.Leg;
import dev.lastword.server.ServerLink;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a session ends. Whatever ends it comes through here: who left or broke, what is known of it, the verdict, and the farewell. Only
 * the first end counts, so there is one farewell at most.
 */
final class Ending {
  private static final Logger log = LoggerFactory.getLogger(Ending.class);

  /** A lost server's connection from which nothing came for so long has nothing more to give. */
  private static final long DRY_MILLIS = 25;

  /** The same where a part of a message has been forwarded: nothing can be said there, so nothing is lost by waiting for its end. */
  private static final long DRY_INSIDE_MILLIS = 250;

  /** Half as long as a server with its default settings waits for a client that takes nothing, in nanoseconds. */
  private static final long SERVER_IS_PATIENT_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final RelayedSession session;
  private final Service service;
  private final Leg client;

  private boolean clientFinished;
  private @Nullable Verdict leavesWhenDone;
  private String serverSaid = "";

  private boolean clientTakesNothing;
  private boolean serverWaitedLong;
  private long takesNothingSinceNanos;

  private long seenBytes;
  private long quietSinceNanos = System.nanoTime();

  Ending(RelayedSession session, Service service, Leg client) {
    this.session = session;
    this.service = service;
    this.client = client;
  }

  // ---- The client's side

  /** The client has sent all it will, but may still want to read. */
  void clientFinished() {
    if (session.isOver()) {
      client.close();
      return;
    }
    if (clientFinished) {
      return;
    }
    clientFinished = true;
    if (session.isDiagnosing()) {
      end(Cause.CLIENT_LEFT, "");
    } else if (session.activity() != Activity.CONNECTING) {
      tellServerThatClientFinished();
    }
  }

  /** The server is connected and hears the client from now on, who may have finished already. */
  void serverReady() {
    if (clientFinished && !session.isOver()) {
      tellServerThatClientFinished();
    }
  }

  /** As over a direct connection: the server sees the end of the stream, answers what it has read, and closes. */
  private void tellServerThatClientFinished() {
    ServerLink to = session.link();
    if (to != null) {
      session.finish(to);
    }
    if (session.outstanding() == 0) {
      later(() -> end(Cause.CLIENT_LEFT, "the server did not close"));
    }
  }

  /** The client's connection is gone in both directions. */
  void clientClosed() {
    end(clientIsLeaving() ? Cause.CLIENT_LEFT : Cause.CLIENT_LOST, "");
  }

  void clientFailed(Throwable failure) {
    if (isTls(failure)) {
      clientTlsFailed(failure);
    } else if (failure instanceof IOException) {
      end(clientIsLeaving() ? Cause.CLIENT_LEFT : Cause.CLIENT_LOST, reason(failure));
    } else {
      bug(failure);
    }
  }

  void clientTlsFailed(Throwable failure) {
    end(Cause.CLIENT_TLS_FAILED, reason(failure));
  }

  private boolean clientIsLeaving() {
    return session.askedToLeave() || clientFinished;
  }

  /** Ends a session whose client said what it must not, with a fatal Error of its own. */
  void refuse(Refusal refusal, String detail) {
    end(new Verdict(Cause.CLIENT_REFUSED, detail), refusal);
  }

  // ---- The server's side

  /** The server has sent an error that explains the end that it makes. */
  void serverExplained(String what) {
    serverSaid = what;
  }

  /** The server has said that it ends this session. Should it not close, we do. */
  void serverSaid(String what) {
    serverSaid = what;
    later(() -> end(Cause.SERVER_SAID, what));
  }

  void serverTlsFailed(Throwable failure) {
    end(
        Cause.SERVER_TLS_FAILED,
        "TLS with the server " + session.server() + " failed: " + reason(failure));
  }

  void serverIsStrange(String what) {
    end(
        session.loggedIn() ? Cause.CONNECTION_RESET : Cause.SERVER_MISBEHAVED,
        "the server " + session.server() + " " + what);
  }

  /** The server will send nothing more. */
  void serverEnded(ServerLink from, Trigger trigger) {
    if (session.isOver() || session.isDiagnosing()) {
      return;
    }
    if (clientIsLeaving()) {
      end(Cause.CLIENT_LEFT, "");
    } else if (!serverSaid.isEmpty()) {
      end(Cause.SERVER_SAID, serverSaid);
    } else {
      boolean tooMuch = session.sendsTooMuch();
      boolean gaveUp = session.outstanding() > 0 && serverHasWaitedLong();
      session.firstSign();
      session.serverIsGone();
      service
          .diagnoser()
          .diagnose(
              from, session.eventLoop(), view -> end(conclusion(trigger, tooMuch, gaveUp, view)));
    }
  }

  private Verdict conclusion(Trigger trigger, boolean tooMuch, boolean gaveUp, ServerView view) {
    // A server also gives up a client that takes nothing, and then it was no kill.
    boolean maybeKilled = session.isKilledSilently() && !gaveUp;
    return Diagnosis.of(session.server(), trigger, tooMuch, maybeKilled, view);
  }

  /** Whether the client takes what the server sends, or lets it wait. */
  void clientWritable(boolean writable) {
    if (writable) {
      serverWaitedLong = serverHasWaitedLong();
    } else if (!clientTakesNothing) {
      serverWaitedLong = false;
      takesNothingSinceNanos = System.nanoTime();
    }
    clientTakesNothing = !writable;
  }

  private boolean serverHasWaitedLong() {
    return serverWaitedLong
        || (clientTakesNothing
            && System.nanoTime() - takesNothingSinceNanos >= SERVER_IS_PATIENT_NANOS);
  }

  private void declaredLost(ServerView view) {
    end(Diagnosis.of(session.server(), Trigger.DECLARED_LOST, false, false, view));
  }

  /** The monitor found that the server is lost. */
  void serverLost(ServerView view) {
    session.firstSign();
    boolean midWay = session.activity() == Activity.MID_RESULT || session.insideMessageToClient();
    if (midWay || clientIsSlow()) {
      endWhenDry(view, -1, System.nanoTime());
    } else {
      declaredLost(view);
    }
  }

  /**
   * What the server sent while it lived may still be on its way to a client that reads it only now: the rest of a message, and the
   * server's own last words. It ends when nothing more comes, or the client takes nothing for as long as a farewell would wait for it.
   */
  private void endWhenDry(ServerView view, long forwarded, long sinceNanos) {
    if (session.isOver() || session.isDiagnosing()) {
      return;
    }
    long now = System.nanoTime();
    boolean moved = session.bytesOut() != forwarded;
    boolean waitsForClient =
        clientIsSlow()
            && now - sinceNanos < TimeUnit.MILLISECONDS.toNanos(service.linger().toMillis());
    if (moved || waitsForClient) {
      long before = session.bytesOut();
      long since = moved ? now : sinceNanos;
      long pause = session.insideMessageToClient() ? DRY_INSIDE_MILLIS : DRY_MILLIS;
      var _ =
          session
              .eventLoop()
              .schedule(() -> endWhenDry(view, before, since), pause, TimeUnit.MILLISECONDS);
    } else {
      declaredLost(view);
    }
  }

  private boolean clientIsSlow() {
    return !client.channel().isWritable();
  }

  // ---- The proxy's side

  void noServer(String why) {
    end(Cause.NO_SERVER, "no server could be reached: " + why);
  }

  void tooSlow() {
    end(
        Cause.HANDSHAKE_TIMEOUT,
        "not authenticated within " + service.handshake().toMillis() + " ms");
  }

  void kill() {
    end(Cause.KILLED_BY_OPERATOR, "by the operator of the proxy");
  }

  void proxyGoesAway(boolean now) {
    Verdict verdict = new Verdict(Cause.PROXY_SHUT_DOWN, "the proxy is shutting down");
    if (now) {
      end(verdict);
    } else {
      endsWhenDone(verdict);
    }
  }

  void drain(String what) {
    if (leavesWhenDone == null || leavesWhenDone.cause() != Cause.PROXY_SHUT_DOWN) {
      endsWhenDone(new Verdict(Cause.DRAINED, what));
    }
  }

  void stay() {
    if (leavesWhenDone != null && leavesWhenDone.cause() == Cause.DRAINED) {
      leavesWhenDone = null;
    }
  }

  private void endsWhenDone(Verdict verdict) {
    leavesWhenDone = verdict;
    if (finishedItsWork()) {
      end(verdict);
    }
  }

  /** All that was read of the server has been forwarded; a session that was being waited for may be done. */
  void serverReadComplete() {
    if (leavesWhenDone != null && finishedItsWork()) {
      end(leavesWhenDone);
    }
  }

  private boolean finishedItsWork() {
    return switch (session.activity()) {
      case IDLE -> !session.inTransaction() && !session.halfRequest();
      case CONNECTING, UNAUTHENTICATED, ENDED -> true;
      case WAITING, MID_RESULT, OPAQUE -> false;
    };
  }

  /** Looks whether the client has been silent for too long. Counts bytes, so that nothing asks for the time while they flow. */
  void tick(long nowNanos) {
    long bytes = session.bytesIn() + session.bytesOut();
    if (bytes != seenBytes || !client.isRead()) {
      seenBytes = bytes;
      quietSinceNanos = nowNanos;
      return;
    }
    long quietMillis = TimeUnit.NANOSECONDS.toMillis(nowNanos - quietSinceNanos);
    if (session.halfRequest() && session.isRelaying()) {
      // A client that is slow to take a message cannot be told before it has all of it.
      if (quietMillis >= service.halfRequest().toMillis() && !session.insideMessageToClient()) {
        end(
            Cause.HALF_REQUEST,
            "the rest of a request did not come within "
                + service.halfRequest().toMillis()
                + " ms");
      }
    } else if (!service.idle().isZero()
        && session.activity() == Activity.IDLE
        && quietMillis >= service.idle().toMillis()) {
      end(Cause.IDLE_TOO_LONG, "idle for " + service.idle().toMillis() + " ms");
    }
  }

  // ---- The end

  void bug(Throwable mistake) {
    log.error("session={} a mistake of the proxy ends this session", session.id(), mistake);
    end(Cause.BUG, "the proxy made a mistake");
  }

  private void end(Cause cause, String detail) {
    end(new Verdict(cause, detail));
  }

  private void end(Verdict verdict) {
    end(verdict, null);
  }

  /**
   * The only way out.
   *
   * @param refusal what the client is told if not what the cause says
   */
  private void end(Verdict found, @Nullable Refusal refusal) {
    // Who has asked to leave is told nothing more, whatever comes next.
    Verdict verdict =
        session.askedToLeave() && refusal == null && found.cause() != Cause.SERVER_SAID
            ? new Verdict(Cause.CLIENT_LEFT, found.detail())
            : found;
    Farewell farewell =
        refusal == null ? session.farewell(verdict.cause()) : session.refusal(refusal);
    if (!session.over(verdict.cause())) {
      return;
    }
    if (farewell instanceof Farewell.Nothing(Farewell.Why why)) {
      session.told(
          verdict,
          farewell,
          why.undeliverable() ? Delivery.UNDELIVERABLE : Delivery.NOTHING_TO_SAY);
      client.linger(service.linger().toMillis());
    } else {
      session.whenItListens(() -> say(farewell, verdict, refusal));
    }
  }

  private void say(Farewell farewell, Verdict verdict, @Nullable Refusal refusal) {
    String text = refusal == null ? null : refusal.text();
    session
        .toClientAndTell(session.words(farewell, verdict, text))
        .addListener(written -> {
          if (written.isSuccess()) {
            session.said(farewell);
          }
          session.told(
              verdict, farewell, written.isSuccess() ? Delivery.WRITTEN : Delivery.UNDELIVERABLE);
        });
    client.linger(service.linger().toMillis());
  }

  private void later(Runnable task) {
    var _ = session.eventLoop().schedule(task, service.linger().toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Whether a network or the other side did it, and not a mistake of the proxy. */
  static boolean isNetwork(Throwable failure) {
    return failure instanceof IOException || isTls(failure);
  }

  private static boolean isTls(Throwable failure) {
    return failure instanceof SSLException
        || failure.getCause() instanceof SSLException
        || failure instanceof DecoderException;
  }

  private static String reason(Throwable failure) {
    // The TLS library names itself first, and what is wrong with the certificate last.
    Throwable deepest = failure;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    String message = deepest.getMessage();
    return message == null ? deepest.getClass().getSimpleName() : message;
  }
}
