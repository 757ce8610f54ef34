package dev.lastword.farewell;

import org.jspecify.annotations.Nullable;

/** What a client is sent at the end, as its protocol allows; a pure function of the cause and of what the client can hear. */
public sealed interface Farewell {
  /**
   * An X notice of scope GLOBAL, type Warning, level ERROR: for a client that is logged in.
   *
   * @param code MySQL's number of the error
   */
  record Notice(int code) implements Farewell {}

  /**
   * An X Error of severity FATAL: for a client that is not logged in, and understands nothing else.
   *
   * @param code MySQL's number of the error
   * @param sqlState five characters
   */
  record FatalError(int code, String sqlState) implements Farewell {}

  /**
   * An X Error of severity FATAL, which ends the request that is out, and then the notice, as a server at shutdown has it: for a client
   * that is logged in and waits for an answer. Some drivers take nothing else for one.
   *
   * @param code MySQL's number of the error
   * @param sqlState five characters
   */
  record ErrorAndNotice(int code, String sqlState) implements Farewell {}

  /**
   * A classic ERR packet.
   *
   * @param code MySQL's number of the error
   * @param sqlState five characters
   */
  record Err(int code, String sqlState) implements Farewell {}

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
    /** It was never logged in, there is no server for it, and its listener lets such a client go on to another address. */
    TO_FAIL_OVER,
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
   * @param waiting whether a request of it is out, or half sent
   * @param warningsOff whether it has switched warning notices off, which only an X client can
   * @param insideMessage whether it has been sent a part of a message
   * @param failsOver whether it was never logged in, and goes on to another address if it is told nothing
   * @param passthrough whether it encrypts with the server
   */
  record Hearing(
      boolean loggedIn,
      boolean waiting,
      boolean warningsOff,
      boolean insideMessage,
      boolean failsOver,
      boolean passthrough) {}

  /** What an X client is sent. */
  static Farewell x(Cause cause, Hearing hearing) {
    Why silence = silence(cause, hearing);
    if (silence != null) {
      return new Nothing(silence);
    }
    Cause.Reason reason = cause.reason();
    if (!hearing.loggedIn()) {
      return new FatalError(reason.xCode(), reason.sqlState());
    }
    if (hearing.warningsOff()) {
      return hearing.waiting()
          ? new FatalError(reason.xCode(), reason.sqlState())
          : new Nothing(Why.WARNINGS_OFF);
    }
    return hearing.waiting()
        ? new ErrorAndNotice(reason.xCode(), reason.sqlState())
        : new Notice(reason.xCode());
  }

  /**
   * What a classic client is sent.
   *
   * @param codes the numbers and states that its listener uses
   */
  static Farewell classic(Cause cause, Hearing hearing, ClassicCodes codes) {
    Why silence = silence(cause, hearing);
    return silence != null ? new Nothing(silence) : codes.of(cause.reason());
  }

  private static @Nullable Why silence(Cause cause, Hearing hearing) {
    if (cause == Cause.SERVER_SAID) {
      return Why.SERVER_SAID;
    }
    if (cause == Cause.MESSAGE_TOO_LONG) {
      return Why.AS_WITHOUT_PROXY;
    }
    if (cause.reason() == Cause.Reason.NONE) {
      return Why.CLIENT_LEFT;
    }
    if (hearing.passthrough()) {
      return Why.PASSTHROUGH;
    }
    if (hearing.insideMessage()) {
      return Why.INSIDE_MESSAGE;
    }
    if (hearing.failsOver() && cause.reason() == Cause.Reason.SHUTDOWN) {
      return Why.TO_FAIL_OVER;
    }
    boolean closedByLivingServer =
        cause == Cause.CONNECTION_RESET || cause == Cause.KILLED_ON_SERVER;
    return !hearing.loggedIn() && closedByLivingServer ? Why.AS_WITHOUT_PROXY : null;
  }
}
