package dev.lastword.admin.sql;

import dev.lastword.admin.Steering;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Understands one statement: an act, or a question that is brought into the words of H2. Pure. */
final class Rewriter {
  private final String sql;
  private final List<Token> tokens;
  private final SqlFacts facts;

  private Rewriter(String sql, List<Token> tokens, SqlFacts facts) {
    this.sql = sql;
    this.tokens = tokens;
    this.facts = facts;
  }

  /** Cuts at the semicolons; what is empty between them is left out. */
  static List<List<Token>> statements(List<Token> tokens) {
    List<List<Token>> statements = new ArrayList<>();
    List<Token> one = new ArrayList<>();
    for (Token token : tokens) {
      if (!token.isSymbol(";")) {
        one.add(token);
      } else if (!one.isEmpty()) {
        statements.add(one);
        one = new ArrayList<>();
      }
    }
    if (!one.isEmpty()) {
      statements.add(one);
    }
    return statements;
  }

  /**
   * The same with values in place of the question marks. They are put there as tokens, so nothing in a value can be taken for a part of
   * the statement.
   *
   * @param values Strings, Longs, Doubles, Booleans, BigDecimals and nulls
   * @throws SqlRefusal with 1210 if there are not as many values as question marks
   */
  static List<Token> bind(List<Token> tokens, List<@Nullable Object> values) {
    List<Token> bound = new ArrayList<>(tokens.size());
    int next = 0;
    for (Token token : tokens) {
      if (token.kind() != Token.Kind.PARAMETER) {
        bound.add(token);
        continue;
      }
      if (next == values.size()) {
        throw new SqlRefusal(1210, "HY000", "Incorrect arguments to EXECUTE");
      }
      bound.add(literal(values.get(next++), token));
    }
    if (next < values.size()) {
      throw new SqlRefusal(1210, "HY000", "Incorrect arguments to EXECUTE");
    }
    return bound;
  }

  private static Token literal(@Nullable Object value, Token at) {
    if (value instanceof Double real && real == Math.rint(real) && Math.abs(real) < 1e15) {
      // JavaScript has no other numbers, and LIMIT takes no fraction.
      return new Token(Token.Kind.NUMBER, Long.toString(real.longValue()), at.start(), at.end());
    }
    Token.Kind kind =
        value == null || value instanceof Boolean
            ? Token.Kind.WORD
            : value instanceof Number ? Token.Kind.NUMBER : Token.Kind.STRING;
    return new Token(kind, value == null ? "NULL" : value.toString(), at.start(), at.end());
  }

  /** How many question marks there are. */
  static int parameters(List<Token> tokens) {
    return (int) tokens.stream().filter(token -> token.kind() == Token.Kind.PARAMETER).count();
  }

  /**
   * Understands a statement.
   *
   * @param sql what the client sent
   * @param tokens those of one statement in it
   * @throws SqlRefusal if it cannot be answered with anything else
   */
  static Statement rewrite(String sql, List<Token> tokens, SqlFacts facts) {
    if (tokens.isEmpty()) {
      throw new SqlRefusal(1065, "42000", "Query was empty");
    }
    return new Rewriter(sql, tokens, facts).statement();
  }

  private Statement statement() {
    Token first = tokens.getFirst();
    if (first.isSymbol("(")) {
      return query();
    }
    if (first.kind() != Token.Kind.WORD) {
      throw syntax(0);
    }
    return switch (first.upper()) {
      case "SELECT", "TABLE", "WITH" -> query();
      case "SHOW" -> new ShowStatements(sql, tokens, facts).show();
      case "DESCRIBE", "DESC", "EXPLAIN" -> new ShowStatements(sql, tokens, facts).describe();
      case "SET" -> set();
      case "USE" -> use();
      case "KILL" -> kill();
      case "DRAIN" -> new Statement.Drain(scope());
      case "UNDRAIN" -> new Statement.Undrain(scope());
      case "RELOAD" -> {
        end(1);
        yield new Statement.Reload();
      }
      case "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "DO", "LOCK", "UNLOCK" ->
          new Statement.Nothing();
      case "START" -> {
        if (!word(1, "TRANSACTION")) {
          throw SqlRefusal.unsupported("START " + text(1));
        }
        yield new Statement.Nothing();
      }
      case "INSERT",
          "UPDATE",
          "DELETE",
          "REPLACE",
          "CREATE",
          "DROP",
          "ALTER",
          "TRUNCATE",
          "RENAME",
          "GRANT",
          "REVOKE",
          "LOAD",
          "IMPORT" ->
          throw SqlRefusal.readOnly(first.upper());
      case "CALL",
          "FLUSH",
          "SHUTDOWN",
          "RESTART",
          "STOP",
          "RESET",
          "CHANGE",
          "PREPARE",
          "EXECUTE",
          "DEALLOCATE",
          "ANALYZE",
          "CHECK",
          "OPTIMIZE",
          "REPAIR",
          "CHECKSUM",
          "HANDLER",
          "VALUES",
          "XA",
          "INSTALL",
          "UNINSTALL",
          "PURGE",
          "BINLOG",
          "CACHE" ->
          throw SqlRefusal.unsupported(first.upper());
      default -> throw syntax(0);
    };
  }

  private Statement query() {
    return new Statement.Query(new QueryText(sql, facts).statement(tokens));
  }

  private Statement use() {
    if (tokens.size() != 2 || !tokens.get(1).isName()) {
      throw syntax(1);
    }
    return new Statement.Use(facts.schemas().existing(tokens.get(1).text()));
  }

  private Statement kill() {
    int at = 1;
    if (word(at, "QUERY")) {
      throw SqlRefusal.unsupported("KILL QUERY");
    }
    if (word(at, "CONNECTION")) {
      at++;
    }
    if (at >= tokens.size()) {
      throw syntax(at);
    }
    Token id = tokens.get(at);
    end(at + 1);
    try {
      return new Statement.Kill(Long.parseLong(id.text()));
    } catch (NumberFormatException _) {
      if (id.kind() == Token.Kind.PARAMETER) {
        // Only looked at so far; the value comes when it is executed.
        return new Statement.Nothing();
      }
      throw id.kind() == Token.Kind.NUMBER
          ? new SqlRefusal(1094, "HY000", "Unknown thread id: " + id.text())
          : syntax(at);
    }
  }

  private Steering.Scope scope() {
    if (word(1, "PROXY")) {
      end(2);
      return new Steering.Scope.WholeProxy();
    }
    if (word(1, "SERVER")) {
      return new Steering.Scope.OneServer(name(2));
    }
    if (word(1, "LISTENER")) {
      return new Steering.Scope.OneListener(name(2));
    }
    throw syntax(1);
  }

  /** What servers and listeners are called need not be quoted: it may have dashes and points. */
  private String name(int from) {
    if (from >= tokens.size()) {
      throw syntax(from);
    }
    if (from + 1 == tokens.size()) {
      return tokens.get(from).text();
    }
    for (int i = from; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      boolean fits =
          token.isName()
              || token.kind() == Token.Kind.NUMBER
              || token.isSymbol("-")
              || token.isSymbol(".");
      if (!fits || (i > from && token.start() != tokens.get(i - 1).end())) {
        throw syntax(i);
      }
    }
    return sql.substring(tokens.get(from).start(), tokens.getLast().end());
  }

  private Statement set() {
    if (tokens.size() < 2) {
      throw syntax(1);
    }
    Map<String, @Nullable String> values = new TreeMap<>();
    if (word(1, "TRANSACTION")
        || ((word(1, "SESSION") || word(1, "LOCAL")) && word(2, "TRANSACTION"))) {
      return new Statement.Nothing();
    }
    if (word(1, "PASSWORD") || word(1, "ROLE") || word(1, "DEFAULT") || word(1, "RESOURCE")) {
      throw SqlRefusal.readOnly("SET " + text(1).toUpperCase(java.util.Locale.ROOT));
    }
    int at = 1;
    while (at < tokens.size()) {
      at = assignment(at, values);
    }
    return new Statement.SetVariables(values);
  }

  /** Takes one assignment, and says where the next begins. */
  private int assignment(int from, Map<String, @Nullable String> values) {
    int end = QueryText.endOfItem(tokens, from);
    int at = from;
    boolean characterSet = word(at, "CHARACTER") && word(at + 1, "SET");
    if (word(at, "NAMES") || word(at, "CHARSET") || characterSet) {
      at += characterSet ? 2 : 1;
      if (at >= end) {
        throw syntax(at);
      }
      if (!tokens.get(at).is("DEFAULT")) {
        for (String what : List.of("client", "connection", "results")) {
          values.put("character_set_" + what, tokens.get(at).text());
        }
      }
      return end + 1;
    }
    if (from == end) {
      throw syntax(from);
    }
    Token name = tokens.get(at);
    if (name.isAny("GLOBAL", "PERSIST", "PERSIST_ONLY") && at + 1 < end) {
      throw SqlRefusal.readOnly("SET " + name.upper());
    }
    if (name.isAny("SESSION", "LOCAL") && at + 1 < end) {
      name = tokens.get(++at);
    }
    at++;
    if (at + 1 >= end || !(tokens.get(at).isSymbol("=") || tokens.get(at).isSymbol(":="))) {
      throw syntax(from);
    }
    String key =
        switch (name.kind()) {
          case WORD, QUOTED -> SessionVariables.plain(name.text());
          case SYSTEM_VARIABLE -> {
            if (SessionVariables.isGlobal(name.text())) {
              throw SqlRefusal.readOnly("SET GLOBAL");
            }
            yield SessionVariables.plain(name.text());
          }
          case USER_VARIABLE -> "@" + SessionVariables.plain(name.text());
          case STRING, NUMBER, HEX, PARAMETER, SYMBOL -> throw syntax(from);
        };
    Token value = tokens.get(at + 1);
    if (at + 2 == end) {
      switch (value.kind()) {
        case WORD -> {
          if (value.is("NULL")) {
            values.put(key, null);
          } else if (!value.is("DEFAULT")) {
            values.put(key, value.text());
          }
        }
        case STRING, NUMBER, QUOTED -> values.put(key, value.text());
        case SYSTEM_VARIABLE, USER_VARIABLE -> values.put(key, facts.variables().value(value));
        case HEX, PARAMETER, SYMBOL -> {
          // Taken for said; nothing here depends on it.
        }
      }
    } else if (at + 3 == end
        && value.isSymbol("-")
        && tokens.get(at + 2).kind() == Token.Kind.NUMBER) {
      values.put(key, "-" + tokens.get(at + 2).text());
    }
    // Anything longer would have to be computed, for something on which nothing depends.
    return end + 1;
  }

  private boolean word(int at, String word) {
    return at < tokens.size() && tokens.get(at).is(word);
  }

  private String text(int at) {
    return at < tokens.size() ? tokens.get(at).text() : "";
  }

  private void end(int at) {
    if (at < tokens.size()) {
      throw syntax(at);
    }
  }

  private SqlRefusal syntax(int at) {
    return SqlRefusal.syntax(at < tokens.size() ? sql.substring(tokens.get(at).start()) : "");
  }
}
