package dev.lastword.config;

import java.util.Optional;

/**
 * One thing that is wrong with a configuration.
 *
 * @param line where, from 1; 0 if the configuration does not come from a text
 * @param column where in the line, from 1; 0 if the configuration does not come from a text
 * @param key the path of keys, such as {@code listeners[0].tls.mode}, items counted from 0; empty if it is about the whole
 * @param value what is there, unless nothing is or it must not be shown
 * @param reason why it cannot stay, going on after the value
 * @param allowed what could be there, if that can be listed
 */
public record Problem(
    int line,
    int column,
    String key,
    Optional<String> value,
    String reason,
    Optional<String> allowed) {

  /** All of it in one line, as compilers write it, without the name of the file. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    if (line > 0) {
      text.append(line).append(':').append(column).append(": ");
    }
    if (!key.isEmpty()) {
      text.append(key).append(": ");
    }
    value.filter(v -> !v.isEmpty()).ifPresent(v -> text.append(v).append(' '));
    text.append(reason);
    allowed.ifPresent(a -> text.append("; allowed: ").append(a));
    return text.toString();
  }
}
