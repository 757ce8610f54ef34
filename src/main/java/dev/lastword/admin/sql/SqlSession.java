package dev.lastword.admin.sql;

import dev.lastword.admin.Catalog;
import dev.lastword.admin.Steering;
import dev.lastword.config.InvalidConfig;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.SortedMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One client who is logged in, whatever protocol it speaks. For one thread, except for {@link #cancel()}. */
final class SqlSession implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger("lastword.sql");

  /** Whoever looks at the proxy waits no longer, and nobody can keep it busy for longer. */
  private static final int QUERY_SECONDS = 10;

  /** Joins of everything with everything end here. */
  private static final int MOST_ROWS = 100_000;

  private final long id;
  private final String user;
  private final String host;
  private final Backstage backstage;
  private final SessionVariables variables;
  private final Catalog.Status sent;
  private String schema;
  private String schemaInside = "";
  private @Nullable Connection connection;
  private volatile @Nullable PreparedStatement running;

  /**
   * What all sessions share.
   *
   * @param variables by name in lower case
   */
  record Backstage(
      Schemas schemas,
      Database database,
      Steering steering,
      Supplier<SortedMap<String, String>> variables) {}

  /**
   * Begins.
   *
   * @param id its number at this endpoint
   * @param host the client's address
   * @param schema the default schema; empty for none
   * @param sent the {@code Mysqlx_} variables of its connection
   * @throws SqlRefusal if there is no such schema
   */
  SqlSession(
      long id, String user, String host, String schema, Backstage backstage, Catalog.Status sent) {
    this.id = id;
    this.user = user;
    this.host = host;
    this.backstage = backstage;
    this.variables = new SessionVariables(backstage.variables().get());
    this.sent = sent;
    this.schema = schema.isEmpty() ? "" : backstage.schemas().existing(schema);
  }

  private SqlFacts facts() {
    return new SqlFacts(user, host, id, schema, backstage.schemas(), variables, sent);
  }

  /** The default schema; empty for none. */
  String schema() {
    return schema;
  }

  /**
   * Changes the default schema.
   *
   * @throws SqlRefusal if there is none of that name
   */
  void use(String name) {
    schema = backstage.schemas().existing(name);
  }

  /** Forgets what the client has set, but not who it is. */
  void reset() {
    variables.reset();
  }

  VirtualTable table(String name) {
    return backstage.schemas().table(schema, name);
  }

  /**
   * The names of the tables of a schema.
   *
   * @throws SqlRefusal if there is no such schema
   */
  List<String> tables(String name) {
    String existing = backstage.schemas().existing(name);
    return backstage.schemas().tables().stream()
        .filter(table -> table.schema().equals(existing))
        .map(VirtualTable::name)
        .toList();
  }

  /**
   * Executes what the client sent as one statement.
   *
   * @throws SqlRefusal if it cannot be answered
   */
  Outcome execute(String sql) {
    List<List<Token>> statements = Rewriter.statements(Tokenizer.tokens(sql));
    if (statements.size() > 1) {
      throw SqlRefusal.syntax(sql.substring(statements.get(1).getFirst().start()));
    }
    return execute(sql, statements.isEmpty() ? List.of() : statements.getFirst());
  }

  /** Executes one of several statements in a text. */
  Outcome execute(String sql, List<Token> tokens) {
    try {
      return executed(sql, tokens);
    } catch (StackOverflowError _) {
      throw tooDeep();
    }
  }

  /** Whoever reads statements does so by recursion, and nobody writes such as need more than there is. */
  private SqlRefusal tooDeep() {
    // Who knows in what state that left H2's end of it.
    close();
    return new SqlRefusal(
        1436, "HY000", "Thread stack overrun: the statement is nested too deeply");
  }

  private Outcome executed(String sql, List<Token> tokens) {
    if (Rewriter.parameters(tokens) > 0) {
      throw SqlRefusal.syntax("?");
    }
    SqlFacts facts = facts();
    return switch (Rewriter.rewrite(sql, tokens, facts)) {
      case Statement.Query query -> ask(query.sql(), facts);
      case Statement.Nothing _ -> new Outcome.Done();
      case Statement.SetVariables set -> {
        variables.set(set.values());
        yield new Outcome.Done();
      }
      case Statement.Use use -> {
        schema = use.schema();
        yield new Outcome.Done();
      }
      case Statement.Kill kill -> kill(kill.session());
      case Statement.Drain drain -> steer("drain", drain.scope());
      case Statement.Undrain undrain -> steer("undrain", undrain.scope());
      case Statement.Reload _ -> reload();
    };
  }

  /** What a result of it would look like, without executing it; empty if it has none, or none that can be told before. */
  List<Field> describe(String sql, List<Token> tokens) {
    try {
      return described(sql, tokens);
    } catch (StackOverflowError _) {
      throw tooDeep();
    }
  }

  private List<Field> described(String sql, List<Token> tokens) {
    SqlFacts facts = facts();
    return switch (Rewriter.rewrite(sql, tokens, facts)) {
      case Statement.Query query -> describe(query.sql(), Rewriter.parameters(tokens), facts);
      case Statement.Reload _ -> List.of(Field.text("changes"));
      case Statement.Nothing _,
          Statement.SetVariables _,
          Statement.Use _,
          Statement.Kill _,
          Statement.Drain _,
          Statement.Undrain _ ->
          List.of();
    };
  }

  private List<Field> describe(String sql, int parameters, SqlFacts facts) {
    try {
      return asking(
          facts,
          () -> {
            try (PreparedStatement statement = connected().prepareStatement(sql)) {
              ResultSetMetaData meta = statement.getMetaData();
              return meta == null ? List.of() : Field.of(meta);
            }
          });
    } catch (SqlRefusal e) {
      if (parameters > 0) {
        // It may be right with values in it, and is looked at again then.
        return List.of();
      }
      throw e;
    }
  }

  private Outcome ask(String sql, SqlFacts facts) {
    return asking(
        facts,
        () -> {
          backstage.database().enter();
          try {
            return answer(sql);
          } finally {
            backstage.database().leave();
          }
        });
  }

  private Outcome answer(String sql) throws SQLException {
    PreparedStatement statement = connected().prepareStatement(sql);
    running = statement;
    try {
      statement.setQueryTimeout(QUERY_SECONDS);
      statement.setMaxRows(MOST_ROWS + 1);
      ResultSet result = statement.executeQuery();
      return new Outcome.Result(new Answer(statement, result, Field.of(result.getMetaData())));
    } catch (SQLException | RuntimeException | Error e) {
      running = null;
      statement.close();
      throw e;
    }
  }

  @FunctionalInterface
  private interface Work<T> {
    T run() throws SQLException;
  }

  private <T> T asking(SqlFacts facts, Work<T> work) {
    try {
      return ScopedValue.where(Snapshot.ASKING, facts)
          .where(Snapshot.READ, new IdentityHashMap<>())
          .call(work::run);
    } catch (SQLException e) {
      throw refusal(e);
    } catch (OutOfMemoryError e) {
      // It is the question that was too large; what it had is free again.
      LOG.warn("event=sql-out-of-memory connection={}", id);
      throw new SqlRefusal(1041, "HY000", "Out of memory");
    }
  }

  private SqlRefusal refusal(SQLException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof SqlRefusal refusal) {
        return refusal;
      }
      if (cause instanceof StackOverflowError) {
        return tooDeep();
      }
    }
    return SqlRefusal.of(e);
  }

  private Connection connected() throws SQLException {
    Connection open = connection;
    if (open == null || !Database.isAlive(open)) {
      open = backstage.database().connect();
      connection = open;
      schemaInside = "";
    }
    if (!schemaInside.equals(schema)) {
      try (java.sql.Statement statement = open.createStatement()) {
        statement.execute("SET SCHEMA " + QueryText.quoted(Database.inside(schema)));
      }
      schemaInside = schema;
    }
    return open;
  }

  private Outcome kill(long session) {
    if (!backstage.steering().kill(session)) {
      throw new SqlRefusal(1094, "HY000", "Unknown thread id: " + session);
    }
    LOG.info("event=sql-kill user={} client={} session={}", Client.loggable(user), host, session);
    return new Outcome.Done();
  }

  private Outcome steer(String act, Steering.Scope scope) {
    try {
      if (act.equals("drain")) {
        backstage.steering().drain(scope);
      } else {
        backstage.steering().undrain(scope);
      }
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new SqlRefusal(1105, "HY000", String.valueOf(e.getMessage()));
    }
    LOG.info(
        "event=sql-{} user={} client={} scope={}",
        act,
        Client.loggable(user),
        host,
        switch (scope) {
          case Steering.Scope.WholeProxy _ -> "proxy";
          case Steering.Scope.OneServer server -> "server:" + server.name();
          case Steering.Scope.OneListener listener -> "listener:" + listener.name();
        });
    return new Outcome.Done();
  }

  private Outcome reload() {
    List<String> changes;
    try {
      changes = backstage.steering().reload();
    } catch (InvalidConfig | IllegalStateException e) {
      throw new SqlRefusal(1105, "HY000", String.valueOf(e.getMessage()));
    }
    LOG.info(
        "event=sql-reload user={} client={} changes={}",
        Client.loggable(user),
        host,
        changes.size());
    Iterator<String> lines = changes.iterator();
    return new Outcome.Result(
        new Rows() {
          @Override
          public List<Field> fields() {
            return List.of(Field.text("changes"));
          }

          @Override
          public @Nullable Object @Nullable [] next() {
            return lines.hasNext() ? new @Nullable Object[] {lines.next()} : null;
          }

          @Override
          public void close() {}
        });
  }

  /** Ends the statement that is being executed, if there is one. For any thread. */
  void cancel() {
    PreparedStatement statement = running;
    if (statement != null) {
      try {
        statement.cancel();
      } catch (SQLException _) {
        // It has just ended by itself.
      }
    }
  }

  @Override
  public void close() {
    if (connection != null) {
      try {
        connection.close();
      } catch (SQLException _) {
        // The database is closed already.
      }
      connection = null;
      running = null;
    }
  }

  /** What H2 answered. */
  private final class Answer implements Rows {
    private final PreparedStatement statement;
    private final ResultSet result;
    private final List<Field> fields;
    private int shown;

    Answer(PreparedStatement statement, ResultSet result, List<Field> fields) {
      this.statement = statement;
      this.result = result;
      this.fields = fields;
    }

    @Override
    public List<Field> fields() {
      return fields;
    }

    @Override
    public @Nullable Object @Nullable [] next() {
      try {
        if (!result.next()) {
          return null;
        }
        if (++shown > MOST_ROWS) {
          throw new SqlRefusal(
              1104, "42000", "The result has more than " + MOST_ROWS + " rows; ask for less");
        }
        @Nullable Object[] row = new @Nullable Object[fields.size()];
        for (int i = 0; i < row.length; i++) {
          row[i] = fields.get(i).value(result, i + 1);
        }
        return row;
      } catch (SQLException e) {
        throw refusal(e);
      }
    }

    @Override
    public void close() {
      running = null;
      try {
        statement.close();
      } catch (SQLException _) {
        // The database is closed already.
      }
    }
  }
}
