package dev.lastword.admin.sql;

import java.util.Locale;

/**
 * A piece of a statement.
 *
 * @param text what it means: a string without its quotes and escapes, a variable without its {@code @}
 * @param start where it begins in the statement
 * @param end behind its last character there
 */
record Token(Kind kind, String text, int start, int end) {
  enum Kind {
    WORD,
    /** An identifier in backticks. */
    QUOTED,
    STRING,
    NUMBER,
    /** A sequence of bytes in hexadecimal. */
    HEX,
    /** A question mark. */
    PARAMETER,
    /** After two {@code @}, scope included: {@code session.autocommit}. */
    SYSTEM_VARIABLE,
    USER_VARIABLE,
    SYMBOL
  }

  static Token word(String text) {
    return new Token(Kind.WORD, text, 0, 0);
  }

  static Token symbol(String text) {
    return new Token(Kind.SYMBOL, text, 0, 0);
  }

  boolean is(String word) {
    return kind == Kind.WORD && text.equalsIgnoreCase(word);
  }

  boolean isAny(String... words) {
    for (String word : words) {
      if (is(word)) {
        return true;
      }
    }
    return false;
  }

  boolean isSymbol(String symbol) {
    return kind == Kind.SYMBOL && text.equals(symbol);
  }

  /** Whether it can name something. */
  boolean isName() {
    return kind == Kind.WORD || kind == Kind.QUOTED;
  }

  String upper() {
    return text.toUpperCase(Locale.ROOT);
  }
}
