package dev.lastword.admin.sql;

import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The variables of a session: what holds for all, and what it set itself. For one thread. */
final class SessionVariables {
  private static final int MOST = 1000;

  /** Characters of all names and values. */
  private static final int MOST_TEXT = 1024 * 1024;

  private final SortedMap<String, String> global;
  private final Map<String, @Nullable String> own = new TreeMap<>();

  /**
   * Begins with what holds for all.
   *
   * @param global by name in lower case
   */
  SessionVariables(SortedMap<String, String> global) {
    this.global = global;
  }

  /** A name without its scope, in lower case. */
  static String plain(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    int point = lower.indexOf('.');
    return point >= 0 && isScope(lower.substring(0, point)) ? lower.substring(point + 1) : lower;
  }

  private static boolean isScope(String word) {
    return word.equals("global")
        || word.equals("session")
        || word.equals("local")
        || word.equals("persist");
  }

  static boolean isGlobal(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.startsWith("global.") || lower.startsWith("persist");
  }

  /**
   * The value of a variable that stands in a statement.
   *
   * @throws SqlRefusal if there is no such system variable
   */
  @Nullable String value(Token variable) {
    String name = plain(variable.text());
    if (variable.kind() == Token.Kind.USER_VARIABLE) {
      return own.get("@" + name);
    }
    if (!isGlobal(variable.text()) && own.containsKey(name)) {
      return own.get(name);
    }
    String value = global.get(name);
    if (value == null) {
      throw SqlRefusal.unknownVariable(name);
    }
    return value;
  }

  /** Those set by the session; of the system variables only such as exist, because others are said into the wind. */
  void set(Map<String, @Nullable String> values) {
    Map<String, @Nullable String> all = new TreeMap<>(own);
    all.putAll(values);
    long text = 0;
    for (Map.Entry<String, @Nullable String> variable : all.entrySet()) {
      String value = variable.getValue();
      text += variable.getKey().length() + (value == null ? 0 : value.length());
    }
    if (all.size() > MOST + global.size() || text > MOST_TEXT) {
      throw new SqlRefusal(1041, "HY000", "Out of memory");
    }
    values.forEach((name, value) -> {
      if (name.startsWith("@") || global.containsKey(name)) {
        own.put(name, normal(name, value));
      }
    });
  }

  private static @Nullable String normal(String name, @Nullable String value) {
    // A server answers the question for it with a number, however it was set.
    if (value != null && name.equals("autocommit")) {
      return value.equalsIgnoreCase("on") || value.equalsIgnoreCase("true")
          ? "1"
          : value.equalsIgnoreCase("off") || value.equalsIgnoreCase("false") ? "0" : value;
    }
    return value;
  }

  void reset() {
    own.clear();
  }

  /** What {@code SHOW GLOBAL VARIABLES} shows. */
  SortedMap<String, String> global() {
    return global;
  }

  /** What {@code SHOW SESSION VARIABLES} shows. */
  SortedMap<String, String> session() {
    SortedMap<String, String> all = new TreeMap<>(global);
    own.forEach((name, value) -> {
      if (!name.startsWith("@")) {
        all.put(name, value == null ? "" : value);
      }
    });
    return all;
  }
}
