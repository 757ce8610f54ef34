package dev.lastword.status;

/**
 * One kind of notice that X clients were sent.
 *
 * @param type what it is about
 * @param scope whom it concerns
 * @param code the code of a GLOBAL warning; 0 for every other notice
 * @param origin who made it
 */
public record NoticeKind(Type type, Scope scope, int code, Origin origin) {
  /** The types of Mysqlx.Notice.Frame. */
  public enum Type {
    /** Type 1. */
    WARNING,
    /** Type 2. */
    SESSION_VARIABLE_CHANGED,
    /** Type 3. */
    SESSION_STATE_CHANGED,
    /** Type 4. */
    GROUP_REPLICATION_STATE_CHANGED,
    /** Type 5. */
    SERVER_HELLO,
    /** One of a protocol newer than this. */
    OTHER
  }

  /** The scopes of Mysqlx.Notice.Frame. */
  public enum Scope {
    /** The connection, or the server. */
    GLOBAL,
    /** The request that is being answered. */
    LOCAL
  }

  /** Who made a notice. */
  public enum Origin {
    /** The server; the proxy relayed it. */
    SERVER,
    /** The proxy. */
    PROXY
  }
}
