package dev.lastword.farewell;

/**
 * What is known of a server at one moment, for a verdict.
 *
 * @param state the conclusion
 * @param detail how it is known, for people: "db1 (127.0.0.1:33060) refused a new connection"; may be empty
 */
public record ServerView(State state, String detail) {
  /** Nothing is known. */
  public static final ServerView UNKNOWN = new ServerView(State.UNKNOWN, "");

  /** What a server is like. */
  public enum State {
    /** Nobody has looked, or the look has not ended in time. */
    UNKNOWN,
    /** It answers, and it is the process that it was. */
    ALIVE,
    /** It answers; whether it is the process that it was cannot be told. */
    ANSWERS,
    /** It said that it is shutting down. */
    SHUTTING_DOWN,
    /** It refuses connections: there is no process. */
    REFUSED,
    /** It answers, and it is another process than before. */
    RESTARTED,
    /** Nothing comes back: frozen, or the network to it is cut. */
    NO_ANSWER,
    /** It answers, but no longer is what its listener needs. */
    LOST_ROLE
  }
}
