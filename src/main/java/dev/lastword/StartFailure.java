package dev.lastword;

/** The proxy cannot start for a reason outside of it, such as a port in use. The message is a sentence for the user. */
public final class StartFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Made with what is wrong.
   *
   * @param sentence what could not be done, of what, and why
   * @param cause what was thrown at it
   */
  public StartFailure(String sentence, Throwable cause) {
    super(sentence, cause);
  }
}
