package dev.lastword.session;

/** Why a session ended: one list for the log, the counters and what the client is told. */
public enum EndCause {
  /** The client asked to leave, or closed while nothing was owed to it. */
  CLIENT_LEFT(Side.CLIENT, false),
  /** The client's connection broke. */
  CLIENT_LOST(Side.CLIENT, true),
  /** The client did not authenticate in time. */
  HANDSHAKE_TIMEOUT(Side.CLIENT, true),
  /** The client said what the protocol or the configuration forbids, and the proxy refused it. */
  CLIENT_REFUSED(Side.CLIENT, true),
  /** TLS with the client could not be set up. */
  CLIENT_TLS_FAILED(Side.CLIENT, true),
  /** As many sessions as are allowed are open. */
  TOO_MANY_SESSIONS(Side.PROXY, true),
  /** No server could be reached. */
  NO_SERVER(Side.SERVER, true),
  /** TLS with the server could not be set up. */
  SERVER_TLS_FAILED(Side.SERVER, true),
  /** The server ended the session and said why. */
  SERVER_SAID(Side.SERVER, false),
  /** The server closed an orderly stream without a word. */
  SERVER_CLOSED(Side.SERVER, true),
  /** The server's connection broke. */
  SERVER_LOST(Side.SERVER, true),
  /** The proxy is going away. */
  PROXY_CLOSED(Side.PROXY, false),
  /** The proxy made a mistake. */
  BUG(Side.PROXY, true);

  private final Side side;
  private final boolean news;

  EndCause(Side side, boolean news) {
    this.side = side;
    this.news = news;
  }

  /** Whose doing it was. */
  public Side side() {
    return side;
  }

  /** Whether an operator wants to hear of it; the others are the ordinary course of things. */
  public boolean news() {
    return news;
  }

  /** The three parties to a session. */
  public enum Side {
    /** The application and its driver. */
    CLIENT,
    /** This program. */
    PROXY,
    /** The MySQL server. */
    SERVER
  }
}
