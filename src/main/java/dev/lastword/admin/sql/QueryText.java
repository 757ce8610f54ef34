package dev.lastword.admin.sql;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes a question for H2. Every name is quoted, so that it keeps its spelling and is no keyword; every function must be one that this
 * endpoint has, so none of H2's can be reached by accident.
 */
final class QueryText {
  private static final int LONGEST_LABEL = 250;

  private static final Set<String> KEYWORDS =
      Set.of(
          "SELECT",
          "DISTINCT",
          "ALL",
          "FROM",
          "WHERE",
          "GROUP",
          "BY",
          "HAVING",
          "ORDER",
          "ASC",
          "DESC",
          "LIMIT",
          "OFFSET",
          "UNION",
          "EXCEPT",
          "INTERSECT",
          "AS",
          "ON",
          "USING",
          "JOIN",
          "INNER",
          "LEFT",
          "RIGHT",
          "OUTER",
          "CROSS",
          "NATURAL",
          "AND",
          "OR",
          "NOT",
          "IN",
          "IS",
          "NULL",
          "LIKE",
          "ESCAPE",
          "REGEXP",
          "BETWEEN",
          "EXISTS",
          "CASE",
          "WHEN",
          "THEN",
          "ELSE",
          "END",
          "TRUE",
          "FALSE",
          "ANY",
          "SOME",
          "WITH",
          "TABLE",
          "OVER",
          "PARTITION",
          "ROWS",
          "RANGE",
          "UNBOUNDED",
          "PRECEDING",
          "FOLLOWING",
          "CURRENT",
          "ROW",
          "SEPARATOR");

  /** What may stand before a parenthesis without being a function. */
  private static final Set<String> BEFORE_PARENTHESIS =
      Set.of(
          "SELECT",
          "DISTINCT",
          "ALL",
          "FROM",
          "WHERE",
          "BY",
          "HAVING",
          "UNION",
          "EXCEPT",
          "INTERSECT",
          "AS",
          "ON",
          "USING",
          "JOIN",
          "AND",
          "OR",
          "NOT",
          "IN",
          "LIKE",
          "REGEXP",
          "BETWEEN",
          "EXISTS",
          "CASE",
          "WHEN",
          "THEN",
          "ELSE",
          "ANY",
          "SOME",
          "OVER",
          "IS");

  private static final Set<String> AGGREGATES =
      Set.of(
          "COUNT",
          "SUM",
          "AVG",
          "MIN",
          "MAX",
          "GROUP_CONCAT",
          "STDDEV_POP",
          "STDDEV_SAMP",
          "VAR_POP",
          "VAR_SAMP");

  private static final Set<String> FUNCTIONS =
      Set.of(
          "ABS",
          "CEIL",
          "CEILING",
          "FLOOR",
          "ROUND",
          "SIGN",
          "SQRT",
          "POWER",
          "MOD",
          "LOG",
          "LN",
          "EXP",
          "TRUNCATE",
          "COALESCE",
          "IFNULL",
          "NULLIF",
          "GREATEST",
          "LEAST",
          "CONCAT_WS",
          "CHAR_LENGTH",
          "CHARACTER_LENGTH",
          "OCTET_LENGTH",
          "UPPER",
          "LOWER",
          "UCASE",
          "LCASE",
          "SUBSTRING",
          "SUBSTR",
          "LEFT",
          "RIGHT",
          "TRIM",
          "LTRIM",
          "RTRIM",
          "LOCATE",
          "POSITION",
          "INSTR",
          "ASCII",
          "UNIX_TIMESTAMP",
          "DATE",
          "YEAR",
          "MONTH",
          "DAY",
          "HOUR",
          "MINUTE",
          "SECOND",
          "DAYOFWEEK",
          "CURRENT_DATE",
          "CURRENT_TIME",
          "CURDATE",
          "CURTIME",
          "ROW_NUMBER",
          "RANK",
          "DENSE_RANK",
          "LAG",
          "LEAD",
          "FIRST_VALUE",
          "LAST_VALUE",
          "NTILE");

  private static final Set<String> TIMES =
      Set.of("CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP");

  private static final Set<String> USERS =
      Set.of("USER", "CURRENT_USER", "SESSION_USER", "SYSTEM_USER");

  private static final Set<String> CLAUSES =
      Set.of(
          "FROM",
          "WHERE",
          "GROUP",
          "HAVING",
          "ORDER",
          "LIMIT",
          "UNION",
          "EXCEPT",
          "INTERSECT",
          "FOR",
          "INTO",
          "LOCK");

  private static final Set<String> UNITS =
      Set.of("SECOND", "MINUTE", "HOUR", "DAY", "MONTH", "YEAR");

  private final String sql;
  private final SqlFacts facts;
  private final StringBuilder out = new StringBuilder();

  QueryText(String sql, SqlFacts facts) {
    this.sql = sql;
    this.facts = facts;
  }

  /** Quotes a name for H2. */
  static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** Quotes a text for H2. */
  static String literal(String text) {
    // H2 takes the number of a character instead of it, but has no text with a zero in it.
    return '\'' + text.replace("'", "''").replace("\0", "") + '\'';
  }

  /** A whole statement. */
  String statement(List<Token> tokens) {
    if (tokens.getFirst().is("WITH") && tokens.size() > 1 && tokens.get(1).is("RECURSIVE")) {
      throw SqlRefusal.unsupported("WITH RECURSIVE");
    }
    if (!tokens.getFirst().is("SELECT")) {
      return expression(tokens);
    }
    int having = having(tokens);
    select(having < 0 ? tokens : asCondition(tokens, having));
    return out.toString();
  }

  /**
   * Without groups HAVING is another condition on the rows, which may use the labels of columns. H2 has no such thing, so it becomes a part
   * of WHERE, with the columns themselves in place of their labels.
   */
  private static List<Token> asCondition(List<Token> tokens, int having) {
    Map<String, List<Token>> labels = new HashMap<>();
    int at = 1;
    while (at < having) {
      int end = endOfItem(tokens, at);
      List<Token> item = tokens.subList(at, end);
      if (hasAlias(item)) {
        boolean as = item.get(item.size() - 2).is("AS");
        labels.put(
            item.getLast().text().toLowerCase(Locale.ROOT),
            item.subList(0, item.size() - (as ? 2 : 1)));
      }
      at = end + 1;
      if (end >= having || !tokens.get(end).isSymbol(",")) {
        break;
      }
    }
    int where = topLevel(tokens, 0, having, "WHERE");
    int end = topLevel(tokens, having + 1, tokens.size(), "ORDER", "LIMIT");
    List<Token> all = new ArrayList<>(tokens.subList(0, where));
    all.add(Token.word("WHERE"));
    if (where < having) {
      all.add(Token.symbol("("));
      all.addAll(tokens.subList(where + 1, having));
      all.add(Token.symbol(")"));
      all.add(Token.word("AND"));
    }
    all.add(Token.symbol("("));
    for (int i = having + 1; i < end; i++) {
      Token token = tokens.get(i);
      List<Token> meant =
          token.isName() && !tokens.get(i - 1).isSymbol(".")
              ? labels.get(token.text().toLowerCase(Locale.ROOT))
              : null;
      if (meant == null) {
        all.add(token);
      } else {
        all.add(Token.symbol("("));
        all.addAll(meant);
        all.add(Token.symbol(")"));
      }
    }
    all.add(Token.symbol(")"));
    all.addAll(tokens.subList(end, tokens.size()));
    return all;
  }

  /** Where one of the words stands outside of parentheses; the end if nowhere. */
  private static int topLevel(List<Token> tokens, int from, int end, String... words) {
    int depth = 0;
    for (int i = from; i < end; i++) {
      if (depth == 0 && tokens.get(i).isAny(words)) {
        return i;
      }
      depth += step(tokens.get(i));
    }
    return end;
  }

  /** Anything else that H2 is to read, such as a condition. */
  String expression(List<Token> tokens) {
    write(tokens);
    return out.toString();
  }

  private static int having(List<Token> tokens) {
    int depth = 0;
    for (int i = 0; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      depth += step(token);
      if (depth == 0 && token.isAny("GROUP", "UNION")) {
        return -1;
      }
      if (i + 1 < tokens.size()
          && tokens.get(i + 1).isSymbol("(")
          && token.kind() == Token.Kind.WORD
          && AGGREGATES.contains(token.upper())) {
        return -1;
      }
      if (depth == 0 && token.is("HAVING")) {
        return i;
      }
    }
    return -1;
  }

  /** Writes a SELECT whose columns are called what the client wrote, as it is used to. */
  private void select(List<Token> tokens) {
    int at = 1;
    out.append("SELECT");
    while (at < tokens.size()
        && (tokens.get(at).isAny("DISTINCT", "ALL", "DISTINCTROW") || isHint(tokens.get(at)))) {
      if (!isHint(tokens.get(at))) {
        out.append(tokens.get(at).is("ALL") ? " ALL" : " DISTINCT");
      }
      at++;
    }
    while (at < tokens.size()) {
      int end = endOfItem(tokens, at);
      List<Token> item = tokens.subList(at, end);
      write(item);
      String label = label(item);
      if (label != null) {
        out.append(" AS ").append(quoted(label));
      }
      if (end >= tokens.size() || !tokens.get(end).isSymbol(",")) {
        at = end;
        break;
      }
      out.append(',');
      at = end + 1;
    }
    write(tokens.subList(at, tokens.size()));
  }

  /** Where an item of a list ends: at a comma, or where another clause begins. */
  static int endOfItem(List<Token> tokens, int from) {
    int depth = 0;
    for (int i = from; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      boolean isClause =
          token.kind() == Token.Kind.WORD
              && CLAUSES.contains(token.upper())
              && !(i > from && tokens.get(i - 1).isSymbol("."));
      if (depth == 0 && (token.isSymbol(",") || isClause)) {
        return i;
      }
      depth += step(token);
      if (depth < 0) {
        return i;
      }
    }
    return tokens.size();
  }

  private static int step(Token token) {
    return token.isSymbol("(") ? 1 : token.isSymbol(")") ? -1 : 0;
  }

  /** What a column has to be called; null if H2 calls it so by itself. */
  private @Nullable String label(List<Token> item) {
    if (item.isEmpty() || item.getLast().isSymbol("*")) {
      return null;
    }
    Token last = item.getLast();
    boolean column = last.isName() && !isValue(last);
    for (int i = 0; i < item.size() && column; i++) {
      column = i % 2 == 0 ? item.get(i).isName() : item.get(i).isSymbol(".");
    }
    if (column || hasAlias(item)) {
      return null;
    }
    if (item.size() == 1 && last.kind() == Token.Kind.STRING) {
      return last.text().isEmpty() ? " " : cut(last.text());
    }
    return cut(sql.substring(item.getFirst().start(), last.end()));
  }

  private static String cut(String label) {
    return label.length() > LONGEST_LABEL ? label.substring(0, LONGEST_LABEL) : label;
  }

  private static boolean isValue(Token token) {
    return token.kind() == Token.Kind.WORD
        && !token.is("USER")
        && (USERS.contains(token.upper()) || TIMES.contains(token.upper()));
  }

  private static boolean hasAlias(List<Token> item) {
    if (item.size() < 2) {
      return false;
    }
    Token last = item.getLast();
    Token before = item.get(item.size() - 2);
    if (before.is("AS")) {
      return true;
    }
    if ((item.size() > 2 && item.get(item.size() - 3).is("INTERVAL"))
        || (last.kind() == Token.Kind.STRING && before.kind() == Token.Kind.STRING)) {
      // A unit, or the second half of a text.
      return false;
    }
    boolean canBe =
        last.kind() == Token.Kind.QUOTED
            || last.kind() == Token.Kind.STRING
            || (last.kind() == Token.Kind.WORD && !KEYWORDS.contains(last.upper()));
    boolean operandBefore =
        switch (before.kind()) {
          case WORD ->
              !KEYWORDS.contains(before.upper()) || before.isAny("END", "NULL", "TRUE", "FALSE");
          case QUOTED, STRING, NUMBER, HEX, PARAMETER, SYSTEM_VARIABLE, USER_VARIABLE -> true;
          case SYMBOL -> before.isSymbol(")");
        };
    return canBe && operandBefore;
  }

  private static boolean isHint(Token token) {
    return token.isAny(
        "SQL_NO_CACHE",
        "SQL_CACHE",
        "SQL_CALC_FOUND_ROWS",
        "SQL_SMALL_RESULT",
        "SQL_BIG_RESULT",
        "SQL_BUFFER_RESULT",
        "HIGH_PRIORITY",
        "STRAIGHT_JOIN");
  }

  private void write(List<Token> tokens) {
    int at = 0;
    while (at < tokens.size()) {
      at = write(tokens, at);
    }
  }

  /** Writes what begins there, and says where the next thing does. */
  private int write(List<Token> tokens, int at) {
    Token token = tokens.get(at);
    switch (token.kind()) {
      case WORD -> {
        return word(tokens, at);
      }
      case QUOTED -> {
        if (isCall(tokens, at)) {
          throw noSuchFunction(token);
        }
        name(tokens, at);
      }
      case STRING -> {
        boolean alias = at > 0 && tokens.get(at - 1).is("AS");
        put(alias ? quoted(token.text()) : literal(token.text()));
      }
      case NUMBER -> put(token.text());
      case HEX -> put("X'" + hex(token.text()) + "'");
      case PARAMETER -> put("NULL");
      case SYSTEM_VARIABLE, USER_VARIABLE -> put(value(facts.variables().value(token)));
      case SYMBOL ->
          put(
              switch (token.text()) {
                case "&&" -> "AND";
                case "||" -> "OR";
                case "!" -> "NOT";
                case "!=" -> "<>";
                case "<=>" -> "IS NOT DISTINCT FROM";
                // Otherwise H2 leaves the rest out where both are whole numbers.
                case "/" -> "* 1E0 /";
                case "{", "}", "[", "]", ":=", "->", "->>", ":", "\\", "~" ->
                    throw SqlRefusal.syntax(sql.substring(token.start()));
                default -> token.text();
              });
    }
    return at + 1;
  }

  private static String hex(String digits) {
    for (int i = 0; i < digits.length(); i++) {
      if (Character.digit(digits.charAt(i), 16) < 0) {
        throw SqlRefusal.syntax("X'" + digits + "'");
      }
    }
    return digits.length() % 2 == 0 ? digits : "0" + digits;
  }

  private static String value(@Nullable String value) {
    if (value == null) {
      return "NULL";
    }
    return value.matches("-?[0-9]{1,18}") ? value : literal(value);
  }

  private int word(List<Token> tokens, int at) {
    Token token = tokens.get(at);
    String upper = token.upper();
    boolean qualified = at > 0 && tokens.get(at - 1).isSymbol(".");
    if (isCall(tokens, at)) {
      if (qualified) {
        throw noSuchFunction(token);
      }
      if (!BEFORE_PARENTHESIS.contains(upper) || upper.equals("LEFT") || upper.equals("RIGHT")) {
        return call(tokens, at);
      }
    }
    if (qualified) {
      name(tokens, at);
      return at + 1;
    }
    switch (upper) {
      case "COLLATE" -> {
        return Math.min(at + 2, tokens.size());
      }
      case "BINARY" -> {
        return at + 1;
      }
      case "LIKE", "REGEXP", "RLIKE" -> {
        Patterns.check(tokens, at, facts.variables());
        put(upper.equals("LIKE") ? upper : "REGEXP");
      }
      case "INTO" -> throw SqlRefusal.readOnly("SELECT ... INTO");
      case "INTERVAL" -> {
        if (at + 2 < tokens.size()
            && (tokens.get(at + 1).kind() == Token.Kind.NUMBER
                || tokens.get(at + 1).kind() == Token.Kind.STRING)) {
          put(interval(tokens.get(at + 1), tokens.get(at + 2)));
          return at + 3;
        }
        name(tokens, at);
      }
      case "DATE", "TIME", "TIMESTAMP" -> {
        if (at + 1 < tokens.size() && tokens.get(at + 1).kind() == Token.Kind.STRING) {
          put(upper);
        } else {
          name(tokens, at);
        }
      }
      case "DUAL" -> {
        if (at > 0 && tokens.get(at - 1).is("FROM")) {
          put("DUAL");
        } else {
          name(tokens, at);
        }
      }
      case "CURRENT_USER", "SESSION_USER", "SYSTEM_USER" -> put(literal(account()));
      case "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP" -> put("LOCALTIMESTAMP(0)");
      case "CURRENT_DATE", "CURRENT_TIME" -> put(upper);
      default -> {
        if (isHint(token)) {
          return at + 1;
        }
        // It begins a statement or a subquery; anywhere else somebody's column is called so.
        boolean named = upper.equals("TABLE") && at > 0 && !tokens.get(at - 1).isSymbol("(");
        if (KEYWORDS.contains(upper) && !named) {
          put(upper);
        } else {
          name(tokens, at);
        }
      }
    }
    return at + 1;
  }

  private int call(List<Token> tokens, int at) {
    Token token = tokens.get(at);
    String upper = token.upper();
    int close = close(tokens, at + 1);
    List<Token> inside = tokens.subList(at + 2, close);
    switch (upper) {
      case "DATABASE", "SCHEMA" -> put(value(facts.schema().isEmpty() ? null : facts.schema()));
      case "USER", "SESSION_USER", "SYSTEM_USER", "CURRENT_USER" -> put(literal(account()));
      case "VERSION" -> put(literal(facts.variables().global().getOrDefault("version", "")));
      case "CONNECTION_ID" -> put("CAST(" + facts.connection() + " AS BIGINT)");
      case "FOUND_ROWS", "ROW_COUNT", "LAST_INSERT_ID" -> put("CAST(0 AS BIGINT)");
      case "NOW",
          "CURRENT_TIMESTAMP",
          "LOCALTIME",
          "LOCALTIMESTAMP",
          "UTC_TIMESTAMP",
          "SYSDATE" -> {
        // Whole seconds unless asked for more; all times here are in UTC.
        boolean digits = inside.size() == 1 && inside.getFirst().text().matches("[0-6]");
        put("LOCALTIMESTAMP(" + (digits ? inside.getFirst().text() : "0") + ")");
      }
      case "IF" -> {
        put("CASEWHEN(");
        write(inside);
        put(")");
      }
      case "ISNULL" -> {
        put("((");
        write(inside);
        put(") IS NULL)");
      }
      case "CAST", "CONVERT" -> cast(inside, token);
      case "FROM_UNIXTIME" -> {
        // H2's own answers in the zone of the machine, and as a text.
        List<List<Token>> arguments = arguments(inside, 1, token);
        put("(TIMESTAMP '1970-01-01 00:00:00' + (");
        write(arguments.getFirst());
        put(") * INTERVAL '1' SECOND(18,6))");
      }
      case "DATEDIFF" -> {
        List<List<Token>> arguments = arguments(inside, 2, token);
        put("DATEDIFF(DAY,");
        day(arguments.getLast());
        put(",");
        day(arguments.getFirst());
        put(")");
      }
      case "LENGTH" -> {
        put("OCTET_LENGTH(");
        write(inside);
        put(")");
      }
      case "CONCAT" -> {
        // H2's own leaves NULL out.
        String before = "(CAST((";
        for (List<Token> argument : arguments(inside, 0, token)) {
          put(before);
          write(argument);
          put(") AS VARCHAR)");
          before = "|| CAST((";
        }
        put(")");
      }
      case "DATE_ADD", "ADDDATE" -> dated(inside, "+");
      case "DATE_SUB", "SUBDATE" -> dated(inside, "-");
      case "TIMESTAMPDIFF", "TIMESTAMPADD", "EXTRACT" -> {
        // It begins with a unit, which is no column.
        put(upper + "(");
        if (!inside.isEmpty() && inside.getFirst().kind() == Token.Kind.WORD) {
          put(inside.getFirst().upper());
          inside = inside.subList(1, inside.size());
        }
        write(inside);
        put(")");
      }
      default -> {
        if (!FUNCTIONS.contains(upper) && !AGGREGATES.contains(upper)) {
          throw noSuchFunction(token);
        }
        put(upper + "(");
        write(inside);
        put(")");
      }
    }
    return close + 1;
  }

  private void day(List<Token> moment) {
    put("CAST(CAST((");
    write(moment);
    put(") AS TIMESTAMP) AS DATE)");
  }

  /** What stands between the commas; so many of them, or any number but none where that is 0. */
  private List<List<Token>> arguments(List<Token> inside, int count, Token function) {
    List<List<Token>> arguments = new ArrayList<>();
    int at = 0;
    while (at < inside.size()) {
      int end = endOfItem(inside, at);
      arguments.add(inside.subList(at, end));
      if (end < inside.size() && !inside.get(end).isSymbol(",")) {
        throw SqlRefusal.syntax(sql.substring(inside.get(end).start()));
      }
      at = end + 1;
    }
    if (count == 0 ? arguments.isEmpty() : arguments.size() != count) {
      throw new SqlRefusal(
          1582,
          "42000",
          "Incorrect parameter count in the call to native function '" + function.text() + "'");
    }
    return arguments;
  }

  private void dated(List<Token> inside, String sign) {
    int comma = endOfItem(inside, 0);
    if (comma >= inside.size()) {
      throw SqlRefusal.syntax(sign);
    }
    put("((");
    write(inside.subList(0, comma));
    put(")" + sign);
    write(inside.subList(comma + 1, inside.size()));
    put(")");
  }

  private void cast(List<Token> inside, Token token) {
    int separator = -1;
    int depth = 0;
    for (int i = 0; i < inside.size(); i++) {
      depth += step(inside.get(i));
      if (depth == 0
          && (inside.get(i).isAny("AS", "USING")
              || (token.is("CONVERT") && inside.get(i).isSymbol(",")))) {
        separator = i;
      }
    }
    if (separator <= 0 || separator + 1 >= inside.size()) {
      throw SqlRefusal.syntax(sql.substring(token.start()));
    }
    put("CAST(");
    write(inside.subList(0, separator));
    put("AS");
    put(
        inside.get(separator).is("USING")
            ? "VARCHAR"
            : type(inside.subList(separator + 1, inside.size())));
    put(")");
  }

  private String type(List<Token> tokens) {
    Token first = tokens.getFirst();
    String size = "";
    if (tokens.size() >= 4 && tokens.get(1).isSymbol("(")) {
      int close = close(tokens, 1);
      StringBuilder all = new StringBuilder();
      for (Token token : tokens.subList(1, close + 1)) {
        if (token.kind() != Token.Kind.NUMBER && token.kind() != Token.Kind.SYMBOL) {
          throw SqlRefusal.syntax(sql.substring(first.start()));
        }
        all.append(token.text());
      }
      size = all.toString();
      sized(tokens.subList(2, close));
    }
    return switch (first.upper()) {
      case "SIGNED", "UNSIGNED", "INTEGER", "INT", "BIGINT" -> "BIGINT";
      case "CHAR", "NCHAR", "VARCHAR" -> "VARCHAR" + size;
      case "BINARY" -> "VARBINARY" + size;
      case "DATETIME", "TIMESTAMP" -> "TIMESTAMP" + size;
      case "DATE" -> "DATE";
      case "TIME" -> "TIME" + size;
      case "DECIMAL" -> {
        if (!size.isEmpty() && Integer.parseInt(tokens.get(2).text()) > 65) {
          throw new SqlRefusal(
              1426, "42000", "Too-big precision " + tokens.get(2).text() + " specified");
        }
        yield "DECIMAL" + (size.isEmpty() ? "(10)" : size);
      }
      case "DOUBLE", "FLOAT", "REAL" -> "DOUBLE PRECISION";
      default -> throw SqlRefusal.syntax(sql.substring(first.start()));
    };
  }

  /** A server has no longer numbers than these, nor has X. */
  private static void sized(List<Token> numbers) {
    for (int i = 0; i < numbers.size(); i += 2) {
      String number = numbers.get(i).text();
      int most = i == 0 ? 65_535 : 30;
      if (!number.matches("[0-9]{1,9}") || Integer.parseInt(number) > most) {
        throw i == 0
            ? new SqlRefusal(1426, "42000", "Too-big precision " + number + " specified")
            : new SqlRefusal(1425, "42000", "Too big scale " + number + " specified");
      }
    }
  }

  private static String interval(Token amount, Token unit) {
    String name = unit.upper();
    String number = amount.text().strip();
    if (!number.matches("[0-9]{1,9}")) {
      throw SqlRefusal.syntax("INTERVAL " + amount.text());
    }
    if (name.equals("WEEK")) {
      return "INTERVAL '" + 7 * Long.parseLong(number) + "' DAY(18)";
    }
    if (!UNITS.contains(name)) {
      throw SqlRefusal.syntax(unit.text());
    }
    return "INTERVAL '" + number + "' " + name + (name.equals("SECOND") ? "(18,0)" : "(18)");
  }

  private int close(List<Token> tokens, int open) {
    int depth = 0;
    for (int i = open; i < tokens.size(); i++) {
      depth += step(tokens.get(i));
      if (depth == 0) {
        return i;
      }
    }
    throw SqlRefusal.syntax(sql.substring(tokens.get(open).start()));
  }

  private static boolean isCall(List<Token> tokens, int at) {
    return at + 1 < tokens.size() && tokens.get(at + 1).isSymbol("(");
  }

  private void name(List<Token> tokens, int at) {
    Token token = tokens.get(at);
    boolean schema =
        at + 1 < tokens.size()
            && tokens.get(at + 1).isSymbol(".")
            && token.text().equalsIgnoreCase(Schemas.INFORMATION_SCHEMA);
    put(quoted(schema ? Schemas.INFORMATION_SCHEMA_INSIDE : token.text()));
  }

  private String account() {
    return facts.user() + "@" + facts.host();
  }

  private static SqlRefusal noSuchFunction(Token token) {
    return new SqlRefusal(
        1305,
        "42000",
        "FUNCTION " + token.text().toLowerCase(Locale.ROOT) + " does not exist here");
  }

  private void put(String text) {
    out.append(' ').append(text);
  }
}
