package dev.lastword.config;

/**
 * A text that must not be shown: its {@link #toString()} hides it, and so does that of every record around it.
 *
 * @param value the secret itself
 */
public record Secret(String value) {
  @Override
  public String toString() {
    return "***";
  }
}
