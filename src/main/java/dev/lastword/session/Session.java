package dev.lastword.session;

import dev.lastword.farewell.Cause;
import dev.lastword.farewell.Farewell;
import dev.lastword.farewell.LostSession;
import dev.lastword.farewell.ServerView;
import dev.lastword.farewell.Verdict;
import dev.lastword.status.Traffic;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One client connection and what serves it. Everything here is read and written on the session's event loop only; other threads send a
 * task there.
 */
public abstract class Session {
  private static final Traffic NOT_OPENED = new Traffic();

  private final long id;
  private final String listener;
  private final String client;
  private final EventLoop eventLoop;
  private final SessionRegistry registry;
  private final long openedNanos = System.nanoTime();

  /** The only thing that other threads look at, too. */
  private volatile String server = "";

  private String serverAddress = "";
  private long serverConnectedNanos;
  private long connectionId;
  private String user = "";
  private @Nullable Cause cause;
  private long firstSignNanos;
  private boolean signSeen;
  private String stateAtEnd = "";
  private boolean inTransactionAtEnd;
  private boolean halfRequestAtEnd;

  private long bytesIn;
  private long bytesOut;
  private long requests;
  private Traffic traffic = NOT_OPENED;

  /**
   * Makes a session; {@link #opened} must follow.
   *
   * @param client the client's address, for people
   */
  protected Session(SessionRegistry.Ticket ticket, String client, EventLoop eventLoop) {
    this.id = ticket.id();
    this.listener = ticket.listener();
    this.registry = ticket.registry();
    this.client = client;
    this.eventLoop = eventLoop;
  }

  /** The proxy's number for this session, from 1, never used twice by one process. */
  public final long id() {
    return id;
  }

  /** The listener it came through. */
  public final String listener() {
    return listener;
  }

  /** The client's address, for people. */
  public final String client() {
    return client;
  }

  /** The only thread that may touch the session. */
  public final EventLoop eventLoop() {
    return eventLoop;
  }

  /** The server's name in the configuration; empty until one is connected. */
  public final String server() {
    return server;
  }

  /** The address the server was reached at; empty until one is connected. */
  public final String serverAddress() {
    return serverAddress;
  }

  /** When the server was connected, by {@link System#nanoTime()}; of no meaning before {@link #server()} is known. */
  public final long serverConnectedNanos() {
    return serverConnectedNanos;
  }

  /**
   * The server's number for this session, 0 until it is known: the X Plugin's client id, or for a classic session what {@code
   * CONNECTION_ID()} says and {@code KILL} takes.
   */
  public final long connectionId() {
    return connectionId;
  }

  /** The account name the client gave; empty until it did, or where the mechanism hides it. */
  public final String user() {
    return user;
  }

  /** What an X client was sent in this session, by the names of the status variables; empty for a classic one. */
  public Map<String, Long> statusVariables() {
    return Map.of();
  }

  /** Nanoseconds since the client connected. */
  public final long ageNanos() {
    return System.nanoTime() - openedNanos;
  }

  /** Bytes that the client sent, TLS taken off. */
  public final long bytesIn() {
    return bytesIn;
  }

  /** Bytes that the client was sent, TLS taken off. */
  public final long bytesOut() {
    return bytesOut;
  }

  /** Why it ended, or null while it lives. */
  public final @Nullable Cause cause() {
    return cause;
  }

  /** What it is doing. */
  public abstract Activity activity();

  /** Whether a transaction is open, as far as the protocol shows. */
  public abstract boolean inTransaction();

  /** Whether the client has sent the beginning of a request and not its end. */
  public abstract boolean halfRequest();

  /** {@code x} or {@code classic}. */
  public abstract String protocol();

  /** The operator ends it. Does nothing if it has ended. */
  public abstract void kill();

  /**
   * The proxy is going away. Does nothing if it has ended.
   *
   * @param now false to let it finish what it is at: the request that is out, and the transaction that is open
   */
  public abstract void proxyGoesAway(boolean now);

  /**
   * It is to end as soon as it is doing nothing, because what it uses is taken out of use. Does nothing if it has ended.
   *
   * @param what that is, for people: "server db1 is being drained"
   */
  public abstract void drain(String what);

  /** What it uses stays in use after all: takes back {@link #drain}. */
  public abstract void stay();

  /** The monitor found that its server is lost. Does nothing if it has ended. */
  public abstract void serverLost(ServerView view);

  /** Called about once a second, to find out whether it is idle for too long. */
  public abstract void tick(long nowNanos);

  /** Enters it in the registry, which knows it until {@link #ending}. */
  protected final void opened() {
    traffic = registry.add(this);
  }

  /** Counts bytes that the client sent, TLS taken off. */
  protected final void countIn(int bytes) {
    bytesIn += bytes;
    traffic.in(bytes);
  }

  /** Counts bytes that the client is sent, TLS taken off. */
  protected final void countOut(int bytes) {
    bytesOut += bytes;
    traffic.out(bytes);
  }

  /**
   * Counts what the client asked for.
   *
   * @param soFar all of it since the session began
   */
  protected final void countRequests(long soFar) {
    if (soFar != requests) {
      traffic.requests(soFar - requests);
      requests = soFar;
    }
  }

  /** Notes which server serves it from now on. */
  protected final void connectedTo(String name, String address, long connectedNanos) {
    server = name;
    serverAddress = address;
    serverConnectedNanos = connectedNanos;
    SessionLog.connected(this);
  }

  /** Notes the server's number for it. */
  protected final void identified(long number) {
    connectionId = number;
  }

  /** Notes the account name. */
  protected final void claimedBy(String name) {
    user = name;
  }

  /** Notes that the client has authenticated. */
  protected final void authenticated() {
    SessionLog.authenticated(this);
  }

  /** Notes the first sign that it is going to end; later ones are none. */
  protected final void firstSign() {
    if (!signSeen) {
      signSeen = true;
      firstSignNanos = System.nanoTime();
    }
  }

  /**
   * Notes that it is ending. Only the first call counts; its place is free from then on.
   *
   * @return whether this was the first call
   */
  protected final boolean ending(Cause why) {
    if (cause != null) {
      return false;
    }
    cause = why;
    firstSign();
    stateAtEnd = activity().text();
    inTransactionAtEnd = inTransaction();
    halfRequestAtEnd = halfRequest();
    registry.remove(this);
    return true;
  }

  /** Notes that the client's connection is closing, and when it will have closed. */
  protected final void leavingUntil(Future<?> closed) {
    registry.leavingUntil(closed);
  }

  /**
   * Notes how it ended, once that is known: counts it, enters it in the ledger and writes the log line. To be called once, after {@link
   * #ending}.
   */
  protected final void ended(Verdict verdict, Farewell farewell, LostSession.Delivery delivery) {
    long now = System.nanoTime();
    LostSession lost =
        new LostSession(
            id,
            protocol(),
            listener,
            client,
            server,
            serverAddress,
            connectionId,
            SessionLog.shortened(user),
            stateAtEnd,
            inTransactionAtEnd,
            halfRequestAtEnd,
            new Verdict(verdict.cause(), SessionLog.shortened(verdict.detail())),
            farewell,
            delivery,
            Instant.now(),
            TimeUnit.NANOSECONDS.toMillis(firstSignNanos - openedNanos),
            TimeUnit.NANOSECONDS.toMicros(now - firstSignNanos),
            bytesIn,
            bytesOut);
    registry.ended(lost);
    SessionLog.closed(lost);
  }
}
