package dev.lastword.admin.sql;

import java.util.List;

/**
 * Which patterns are taken. H2 tries all ways in which a pattern may fit, and cannot be stopped while it does; so only such patterns are
 * taken of which there are not too many ways. Pure.
 */
final class Patterns {
  private static final int MOST_WILDCARDS = 5;
  private static final int MOST_REPETITIONS = 5;
  private static final int LONGEST = 200;

  private Patterns() {}

  /**
   * Looks at what stands to the right of LIKE, REGEXP or RLIKE.
   *
   * @param at where the operator is
   * @throws SqlRefusal with 3699 if the pattern is none that is taken; with 1235 if it is only known when it is computed
   */
  static void check(List<Token> tokens, int at, SessionVariables variables) {
    boolean like = tokens.get(at).is("LIKE");
    int next = at + 1;
    if (next < tokens.size() && tokens.get(next).is("BINARY")) {
      next++;
    }
    if (next >= tokens.size()) {
      throw SqlRefusal.syntax("");
    }
    Token first = tokens.get(next);
    StringBuilder pattern = new StringBuilder();
    switch (first.kind()) {
      case STRING -> {
        // One that follows another is a part of it.
        for (int i = next; i < tokens.size() && tokens.get(i).kind() == Token.Kind.STRING; i++) {
          pattern.append(tokens.get(i).text());
        }
      }
      case SYSTEM_VARIABLE, USER_VARIABLE -> pattern.append(variables.value(first));
      // The value of a parameter is looked at when it is there.
      case NUMBER, PARAMETER -> {}
      case WORD, QUOTED, HEX, SYMBOL -> {
        if (!first.isAny("NULL", "TRUE", "FALSE")) {
          throw SqlRefusal.unsupported("a pattern that is no text");
        }
      }
    }
    if (like) {
      checkLike(pattern.toString());
    } else {
      checkRegular(pattern.toString());
    }
  }

  /**
   * Looks at a pattern of LIKE.
   *
   * @throws SqlRefusal with 3699 if it has too many wildcards
   */
  static void checkLike(String pattern) {
    int runs = 0;
    for (int i = 0; i < pattern.length(); i++) {
      if (pattern.charAt(i) == '%' && (i == 0 || pattern.charAt(i - 1) != '%')) {
        runs++;
      }
    }
    if (runs > MOST_WILDCARDS) {
      throw tooCostly();
    }
  }

  private static void checkRegular(String pattern) {
    if (pattern.length() > LONGEST) {
      throw tooCostly();
    }
    int repetitions = 0;
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      char following = i + 1 < pattern.length() ? pattern.charAt(i + 1) : ' ';
      if (c == '\\') {
        if (following == 'k' || (following >= '1' && following <= '9')) {
          throw tooCostly();
        }
        i++;
      } else if (c == ')' && (following == '*' || following == '+' || following == '{')) {
        throw tooCostly();
      } else if (c == '*' || c == '+' || c == '{') {
        repetitions++;
      }
    }
    if (repetitions > MOST_REPETITIONS) {
      throw tooCostly();
    }
  }

  private static SqlRefusal tooCostly() {
    return new SqlRefusal(3699, "HY000", "Timeout exceeded in regular expression match.");
  }
}
