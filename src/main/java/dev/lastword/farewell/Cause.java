package dev.lastword.farewell;

/**
 * Why a session ended: one list for the log, the counters, the ledger and what the client is told. The codes are those that real servers
 * send; the texts begin with the server's own wording for the code.
 */
public enum Cause {
  /** The client asked to leave, or closed while nothing was owed to it. */
  CLIENT_LEFT(Side.CLIENT, false, Reason.NONE),
  /** The client's connection broke. */
  CLIENT_LOST(Side.CLIENT, true, Reason.NONE),
  /** The client did not authenticate in time. */
  HANDSHAKE_TIMEOUT(Side.CLIENT, true, Reason.HANDSHAKE_TIMEOUT),
  /** The client said what the protocol or the configuration forbids, and the proxy refused it. */
  CLIENT_REFUSED(Side.CLIENT, true, Reason.NONE),
  /** The client was sending a message that is longer than a server takes, and the server, which lives, closed as it always does then. */
  MESSAGE_TOO_LONG(Side.CLIENT, true, Reason.NONE),
  /** TLS with the client could not be set up. */
  CLIENT_TLS_FAILED(Side.CLIENT, true, Reason.NONE),
  /** As many sessions as are allowed are open. */
  TOO_MANY_SESSIONS(Side.PROXY, true, Reason.TOO_MANY),
  /** No server could be reached. */
  NO_SERVER(Side.SERVER, true, Reason.SHUTDOWN),
  /** TLS with the server could not be set up. */
  SERVER_TLS_FAILED(Side.SERVER, true, Reason.BAD_HANDSHAKE),
  /** The server does not speak the protocol that it is configured for. */
  SERVER_MISBEHAVED(Side.SERVER, true, Reason.BAD_HANDSHAKE),
  /** The server ended the session and said why itself. */
  SERVER_SAID(Side.SERVER, false, Reason.NONE),
  /** The server shut down. */
  SERVER_SHUT_DOWN(Side.SERVER, true, Reason.SHUTDOWN),
  /** The server's process is gone. */
  SERVER_GONE(Side.SERVER, true, Reason.SHUTDOWN),
  /** The server is another process than the one that the session was with. */
  SERVER_RESTARTED(Side.SERVER, true, Reason.SHUTDOWN),
  /** Nothing comes from the server any more: frozen, or the network to it is cut. */
  SERVER_UNREACHABLE(Side.SERVER, true, Reason.SHUTDOWN),
  /** The server no longer is what the listener needs. */
  SERVER_LOST_ROLE(Side.SERVER, true, Reason.SHUTDOWN),
  /** The server, which lives on, ended this one classic session in order, as it does on KILL, and says nothing then. */
  KILLED_ON_SERVER(Side.SERVER, true, Reason.KILLED),
  /** The proxy's operator killed the session. */
  KILLED_BY_OPERATOR(Side.PROXY, true, Reason.KILLED),
  /** The client was idle for longer than its listener allows. */
  IDLE_TOO_LONG(Side.CLIENT, false, Reason.TIMEOUT),
  /** The client sent half a request and then nothing. */
  HALF_REQUEST(Side.CLIENT, true, Reason.TIMEOUT),
  /** This one connection to the server broke, and the server is alive. */
  CONNECTION_RESET(Side.SERVER, true, Reason.RESET),
  /** The operator takes its server, its listener or the whole proxy out of use. */
  DRAINED(Side.PROXY, false, Reason.SHUTDOWN),
  /** The proxy itself is going away. */
  PROXY_SHUT_DOWN(Side.PROXY, false, Reason.SHUTDOWN),
  /** The proxy made a mistake. */
  BUG(Side.PROXY, true, Reason.RESET);

  private final Side side;
  private final boolean news;
  private final Reason reason;

  Cause(Side side, boolean news, Reason reason) {
    this.side = side;
    this.news = news;
    this.reason = reason;
  }

  /** Whose doing it was. */
  public Side side() {
    return side;
  }

  /** Whether an operator wants to hear of it; the others are the ordinary course of things. */
  public boolean news() {
    return news;
  }

  /** What a client is told, if it can be told anything. */
  public Reason reason() {
    return reason;
  }

  /** As it stands in the log. */
  public String text() {
    return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
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

  /** What a client is told: a code in each protocol, and whether it may reconnect to the same place. */
  public enum Reason {
    /** Nothing. */
    NONE(0, 0, "", "", "", true),
    /** ER_SERVER_SHUTDOWN: go elsewhere. */
    SHUTDOWN(1053, 1053, "08S01", "Server shutdown in progress", "", false),
    /** ER_SESSION_WAS_KILLED. */
    KILLED(3169, 3169, "08S01", "Session was killed", "", true),
    /** ER_IO_READ_ERROR; in classic ER_CLIENT_INTERACTION_TIMEOUT. */
    TIMEOUT(
        1810,
        4031,
        "HY000",
        "IO Read error: read_timeout exceeded",
        "The client was disconnected by the server because of inactivity",
        true),
    /** ER_IO_READ_ERROR; in classic ER_NET_READ_ERROR. */
    RESET(1810, 1158, "08S01", "IO Read error", "Got an error reading communication packets", true),
    /** ER_CON_COUNT_ERROR. */
    TOO_MANY(1040, 1040, "HY000", "Too many connections", "", true),
    /** ER_NET_READ_INTERRUPTED. */
    HANDSHAKE_TIMEOUT(1159, 1159, "08S01", "Got timeout reading communication packets", "", true),
    /** ER_HANDSHAKE_ERROR. */
    BAD_HANDSHAKE(1043, 1043, "08S01", "Bad handshake", "", false);

    private final int xCode;
    private final int classicCode;
    private final String sqlState;
    private final String xText;
    private final String classicText;
    private final boolean recoverable;

    /** No text for classic means the same text. */
    Reason(
        int xCode,
        int classicCode,
        String sqlState,
        String xText,
        String classicText,
        boolean recoverable) {
      this.xCode = xCode;
      this.classicCode = classicCode;
      this.sqlState = sqlState;
      this.xText = xText;
      this.classicText = classicText.isEmpty() ? xText : classicText;
      this.recoverable = recoverable;
    }

    /** The code for X clients. */
    public int xCode() {
      return xCode;
    }

    /** The code for classic clients. */
    public int classicCode() {
      return classicCode;
    }

    /** Five characters; 08S01 makes connection pools give a connection up. */
    public String sqlState() {
      return sqlState;
    }

    /** The server's own wording in X. */
    public String xText() {
      return xText;
    }

    /** The server's own wording in the classic protocol. */
    public String classicText() {
      return classicText;
    }

    /** Whether the client may reconnect here; if not, it should go elsewhere. */
    public boolean recoverable() {
      return recoverable;
    }
  }
}
