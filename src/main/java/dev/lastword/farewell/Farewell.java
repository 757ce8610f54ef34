package dev.lastword.farewell;

/** What a client is sent at the end, as its protocol allows; a pure function of the cause and of what the client can hear. */
public sealed interface Farewell {
  /** An X notice of scope GLOBAL, type Warning, level ERROR: for a client that is logged in. */
  record Notice() implements Farewell {}

  /** An Error of severity FATAL: for a client that is not logged in, and understands nothing else. */
  record FatalError() implements Farewell {}

  /**
   * Only the end of the stream.
   *
   * @param why nothing else
   */
  record Nothing(Why why) implements Farewell {}

  /** Why a client is sent nothing. */
  enum Why {
    /** It wanted to leave, or is gone: there is nothing to explain, or nobody to explain it to. */
    CLIENT_LEFT,
    /** The server has explained it. */
    SERVER_SAID,
    /** The server, which lives, closed without a word, as it would have without a proxy: before the login, or at a message too long. */
    AS_WITHOUT_PROXY,
    /** It has switched warning notices off, and gets none from a server either. */
    WARNINGS_OFF,
    /** It has received the beginning of a message whose end will never come: nothing can be said inside. */
    INSIDE_MESSAGE,
    /** It encrypts with the server, and the proxy cannot speak. */
    PASSTHROUGH;

    /** Whether the client ought to have been told, and could not be. */
    public boolean undeliverable() {
      return this == INSIDE_MESSAGE || this == PASSTHROUGH;
    }
  }

  /**
   * What a client is able to hear.
   *
   * @param loggedIn whether it is authenticated now
   * @param warningsOff whether it has switched warning notices off
   * @param insideMessage whether it has been sent a part of a message
   * @param passthrough whether it encrypts with the server
   */
  record Hearing(
      boolean loggedIn, boolean warningsOff, boolean insideMessage, boolean passthrough) {}

  /** What an X client is sent. */
  static Farewell x(Cause cause, Hearing hearing) {
    if (cause == Cause.SERVER_SAID) {
      return new Nothing(Why.SERVER_SAID);
    }
    if (cause == Cause.MESSAGE_TOO_LONG) {
      return new Nothing(Why.AS_WITHOUT_PROXY);
    }
    if (cause.reason() == Cause.Reason.NONE) {
      return new Nothing(Why.CLIENT_LEFT);
    }
    if (hearing.passthrough()) {
      return new Nothing(Why.PASSTHROUGH);
    }
    if (hearing.insideMessage()) {
      return new Nothing(Why.INSIDE_MESSAGE);
    }
    if (!hearing.loggedIn()) {
      return cause == Cause.CONNECTION_RESET ? new Nothing(Why.AS_WITHOUT_PROXY) : new FatalError();
    }
    return hearing.warningsOff() ? new Nothing(Why.WARNINGS_OFF) : new Notice();
  }
}
