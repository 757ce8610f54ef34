package dev.lastword.testing;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One row of a result.
 *
 * @param values by the columns' labels in lower case, in the order of the result; null for NULL
 */
public record Row(Map<String, @Nullable String> values) {
  /** A value as text; null for NULL. */
  public @Nullable String text(String column) {
    if (!values.containsKey(column)) {
      throw new IllegalArgumentException("no column is named " + column + " in " + values.keySet());
    }
    return values.get(column);
  }

  /** A value that is a whole number. */
  public long number(String column) {
    String value = text(column);
    if (value == null) {
      throw new IllegalArgumentException(column + " is NULL");
    }
    return Long.parseLong(value);
  }

  /** The first column's value; null for NULL. */
  public @Nullable String first() {
    return values.values().iterator().next();
  }
}
