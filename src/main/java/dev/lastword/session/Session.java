package dev.lastword.session;

import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/**
 * One client connection and what serves it. Everything here is read and written on the session's event loop only; other threads send a
 * task there.
 */
public abstract class Session {
  private final long id;
  private final String listener;
  private final String client;
  private final EventLoop eventLoop;
  private final SessionRegistry registry;
  private final long openedNanos = System.nanoTime();

  private String server = "";
  private String serverAddress = "";
  private long connectionId;
  private String user = "";
  private @Nullable EndCause cause;

  /** Bytes that the client sent and that it was sent, TLS taken off. */
  protected long bytesIn;

  /** Bytes that the client was sent, TLS taken off. */
  protected long bytesOut;

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

  /** The server's number for this session: the X Plugin's client id; 0 until it is known. */
  public final long connectionId() {
    return connectionId;
  }

  /** The account name the client gave; empty until it did, or where the mechanism hides it. */
  public final String user() {
    return user;
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
  public final @Nullable EndCause cause() {
    return cause;
  }

  /** What it is doing. */
  public abstract Activity activity();

  /** Whether a transaction is open, as far as the protocol shows. */
  public abstract boolean inTransaction();

  /** Whether the client has sent the beginning of a request and not its end. */
  public abstract boolean halfRequest();

  /** Ends it because the proxy is going away. Later calls do nothing. */
  public abstract void proxyCloses();

  /** Enters it in the registry, which knows it until {@link #ended}. */
  protected final void opened() {
    registry.add(this);
  }

  /** Notes which server serves it from now on. */
  protected final void connectedTo(String name, String address) {
    server = name;
    serverAddress = address;
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

  /**
   * Notes the end. Only the first call counts; the session's place is free from then on.
   *
   * @param activity what it was doing
   * @param detail what is known beyond the cause, for the log; may be empty
   * @return whether this was the first call
   */
  protected final boolean ended(EndCause why, Activity activity, String detail) {
    if (cause != null) {
      return false;
    }
    cause = why;
    registry.remove(this);
    SessionLog.closed(this, why, activity, detail);
    return true;
  }
}
