package dev.lastword.farewell;

/**
 * What is concluded from the evidence of a loss.
 *
 * @param cause why the session ended
 * @param detail what is known beyond the cause, for people; may be empty
 */
public record Verdict(Cause cause, String detail) {
  /** What the client reads: the server's own wording for the code, and what we know. Empty if the client is told nothing. */
  public String text() {
    String wording = cause.reason().text();
    return wording.isEmpty() || detail.isEmpty() ? wording : wording + ": " + detail;
  }
}
