package dev.lastword.farewell;

/** What was noticed first of a loss on the server's side, before anybody looked further. */
public enum Trigger {
  /** The server ended its stream in order. */
  END_OF_STREAM("closed this connection"),
  /** The connection was reset, or broke otherwise. */
  RESET("reset this connection"),
  /** The monitor found that the server is lost; the connection itself showed nothing. */
  DECLARED_LOST("was declared lost");

  private final String text;

  Trigger(String text) {
    this.text = text;
  }

  /** For the end of a sentence that begins with the server. */
  public String text() {
    return text;
  }
}
