package dev.lastword.admin.sql;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a statement into tokens as a MySQL server does with its default {@code sql_mode}: double quotes enclose strings, backslashes escape,
 * {@code #} and {@code -- } begin comments, and what stands in a comment for newer versions counts.
 */
final class Tokenizer {
  private static final List<String> LONG_SYMBOLS =
      List.of("<=>", ":=", "->>", "->", "<=", ">=", "<>", "!=", "&&", "||", "<<", ">>");

  private final String in;
  private final List<Token> out = new ArrayList<>();
  private int at;
  private boolean inVersionComment;

  private Tokenizer(String in) {
    this.in = in;
  }

  /**
   * Cuts.
   *
   * @throws SqlRefusal with 1064 if a string, an identifier or a comment has no end
   */
  static List<Token> tokens(String sql) {
    Tokenizer tokenizer = new Tokenizer(sql);
    while (tokenizer.at < sql.length()) {
      tokenizer.next();
    }
    return tokenizer.out;
  }

  private void next() {
    char c = in.charAt(at);
    if (Character.isWhitespace(c)) {
      at++;
    } else if (c == '#' || beginsDashComment()) {
      int end = in.indexOf('\n', at);
      at = end < 0 ? in.length() : end + 1;
    } else if (in.startsWith("/*", at)) {
      comment();
    } else if (inVersionComment && in.startsWith("*/", at)) {
      inVersionComment = false;
      at += 2;
    } else if (c == '\'' || c == '"') {
      string(c, at);
    } else if (c == '`') {
      quoted();
    } else if (c == '@') {
      variable();
    } else if (c == '?') {
      add(Token.Kind.PARAMETER, "?", at, at + 1);
    } else if (isDigit(at) || (c == '.' && isDigit(at + 1) && !followsName())) {
      number();
    } else if (isWord(c)) {
      word();
    } else {
      symbol();
    }
  }

  private boolean beginsDashComment() {
    return in.startsWith("--", at)
        && (at + 2 == in.length()
            || Character.isWhitespace(in.charAt(at + 2))
            || Character.isISOControl(in.charAt(at + 2)));
  }

  private void comment() {
    if (in.startsWith("/*!", at)) {
      at += 3;
      // Five or six digits say from which version on it counts; any server that we claim to be is
      // newer.
      int digits = at;
      while (isDigit(at) && at - digits < 6) {
        at++;
      }
      inVersionComment = true;
      return;
    }
    int end = in.indexOf("*/", at + 2);
    if (end < 0) {
      throw unfinished(at);
    }
    at = end + 2;
  }

  private void string(char quote, int start) {
    StringBuilder text = new StringBuilder();
    int i = at + 1;
    while (true) {
      if (i >= in.length()) {
        throw unfinished(start);
      }
      char c = in.charAt(i++);
      if (c == quote) {
        if (i < in.length() && in.charAt(i) == quote) {
          text.append(quote);
          i++;
        } else {
          break;
        }
      } else if (c == '\\' && i < in.length()) {
        escape(in.charAt(i++), text);
      } else {
        text.append(c);
      }
    }
    add(Token.Kind.STRING, text.toString(), start, i);
  }

  private static void escape(char c, StringBuilder text) {
    switch (c) {
      case '0' -> text.append('\0');
      case 'b' -> text.append('\b');
      case 'n' -> text.append('\n');
      case 'r' -> text.append('\r');
      case 't' -> text.append('\t');
      case 'Z' -> text.append('\032');
      // They keep their backslash, because they mean something only in a pattern.
      case '%', '_' -> text.append('\\').append(c);
      default -> text.append(c);
    }
  }

  private void quoted() {
    StringBuilder text = new StringBuilder();
    int i = at + 1;
    while (true) {
      int end = in.indexOf('`', i);
      if (end < 0) {
        throw unfinished(at);
      }
      text.append(in, i, end);
      if (end + 1 < in.length() && in.charAt(end + 1) == '`') {
        text.append('`');
        i = end + 2;
      } else {
        add(Token.Kind.QUOTED, text.toString(), at, end + 1);
        return;
      }
    }
  }

  private void variable() {
    boolean system = in.startsWith("@@", at);
    int i = at + (system ? 2 : 1);
    int begin = i;
    if (i < in.length() && in.charAt(i) == '`') {
      int end = in.indexOf('`', i + 1);
      if (end < 0) {
        throw unfinished(at);
      }
      add(
          system ? Token.Kind.SYSTEM_VARIABLE : Token.Kind.USER_VARIABLE,
          in.substring(i + 1, end),
          at,
          end + 1);
      return;
    }
    while (i < in.length() && (isWord(in.charAt(i)) || in.charAt(i) == '.')) {
      i++;
    }
    add(
        system ? Token.Kind.SYSTEM_VARIABLE : Token.Kind.USER_VARIABLE,
        in.substring(begin, i),
        at,
        i);
  }

  private void number() {
    int i = at;
    if (in.startsWith("0x", at)) {
      i = at + 2;
      while (i < in.length() && Character.digit(in.charAt(i), 16) >= 0) {
        i++;
      }
      add(Token.Kind.HEX, in.substring(at + 2, i), at, i);
      return;
    }
    while (isDigit(i)) {
      i++;
    }
    if (i < in.length() && in.charAt(i) == '.') {
      i++;
      while (isDigit(i)) {
        i++;
      }
    }
    if (i < in.length() && (in.charAt(i) == 'e' || in.charAt(i) == 'E')) {
      int exponent = i + 1;
      if (exponent < in.length() && (in.charAt(exponent) == '+' || in.charAt(exponent) == '-')) {
        exponent++;
      }
      if (isDigit(exponent)) {
        i = exponent;
        while (isDigit(i)) {
          i++;
        }
      }
    }
    add(Token.Kind.NUMBER, in.substring(at, i), at, i);
  }

  private void word() {
    int start = at;
    int i = at;
    while (i < in.length() && isWord(in.charAt(i))) {
      i++;
    }
    String text = in.substring(start, i);
    boolean quoteFollows = i < in.length() && in.charAt(i) == '\'';
    if (quoteFollows && text.equalsIgnoreCase("x")) {
      at = i;
      string('\'', start);
      Token hex = out.removeLast();
      out.add(new Token(Token.Kind.HEX, hex.text(), start, hex.end()));
    } else if (quoteFollows && (text.equalsIgnoreCase("n") || text.startsWith("_"))) {
      // Which character set a string is in says nothing new: all of them are Unicode here.
      at = i;
      string('\'', start);
    } else {
      add(Token.Kind.WORD, text, start, i);
    }
  }

  private void symbol() {
    for (String symbol : LONG_SYMBOLS) {
      if (in.startsWith(symbol, at)) {
        add(Token.Kind.SYMBOL, symbol, at, at + symbol.length());
        return;
      }
    }
    add(Token.Kind.SYMBOL, in.substring(at, at + 1), at, at + 1);
  }

  private void add(Token.Kind kind, String text, int start, int end) {
    out.add(new Token(kind, text, start, end));
    at = end;
  }

  private boolean followsName() {
    return !out.isEmpty() && out.getLast().isName() && out.getLast().end() == at;
  }

  private boolean isDigit(int i) {
    return i < in.length() && in.charAt(i) >= '0' && in.charAt(i) <= '9';
  }

  private static boolean isWord(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '_'
        || c == '$'
        || c >= 0x80;
  }

  private SqlRefusal unfinished(int from) {
    return SqlRefusal.syntax(in.substring(from));
  }
}
