package dev.lastword.farewell;

/**
 * What is concluded from the evidence of a loss.
 *
 * @param cause why the session ended
 * @param detail what is known beyond the cause, for people; may be empty
 */
public record Verdict(Cause cause, String detail) {
  /** What an X client reads: the server's own wording for the code, and what we know. Empty if the client is told nothing. */
  public String xText() {
    return text(cause.reason().xText());
  }

  /**
   * The same for a classic client.
   *
   * @param code what it is told with, which an operator may have chosen
   */
  public String classicText(int code) {
    return text(
        code == ClassicCodes.KILLED_BY_MARIADB.code()
            ? "Connection was killed"
            : cause.reason().classicText());
  }

  private String text(String wording) {
    return wording.isEmpty() || detail.isEmpty() ? wording : wording + ": " + detail;
  }
}
