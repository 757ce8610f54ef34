package dev.lastword.cli;

/** A command that cannot be done. Its message is a sentence for the user. */
final class Failure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** It failed. */
  static final int FAILED = 1;

  /** There is no such session, server or listener. */
  static final int NOT_FOUND = 4;

  private final int exitCode;

  Failure(int exitCode, String sentence) {
    super(sentence, null, false, false);
    this.exitCode = exitCode;
  }

  Failure(String sentence) {
    this(FAILED, sentence);
  }

  int exitCode() {
    return exitCode;
  }
}
