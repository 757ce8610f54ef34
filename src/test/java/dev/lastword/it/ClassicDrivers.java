package dev.lastword.it;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.lastword.testing.MySqlServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** Unmodified drivers of the classic protocol, each with one connection that is about to be lost. */
final class ClassicDrivers {
  private ClassicDrivers() {}

  /** What an application does with a driver. */
  interface Driver extends AutoCloseable {
    /** The server's number for the connection. */
    long number() throws Exception;

    /**
     * Asks on that connection and waits for the answer.
     *
     * @param idle whether the connection was lost before, so that a driver that listens by itself has heard of it
     * @return {@code works}, or how it failed
     */
    String ask(String sql, boolean idle) throws Exception;

    /** After a failure: asks again on the same connection, or gives it back to the pool and asks on the next. */
    String then() throws Exception;

    @Override
    void close() throws IOException, SQLException;
  }

  /** Opens the connection of a driver; with a pool, takes one out of it. */
  interface Opener {
    /**
     * Connects.
     *
     * @param directory for files of its own
     * @param port of the loopback address
     */
    Driver open(Path directory, int port) throws Exception;
  }

  /** The drivers, by the names that the documentation has; what cannot be had on this machine is not among them. */
  static Map<String, Opener> all(MySqlServer server) throws Exception {
    Map<String, Opener> all = new LinkedHashMap<>();
    String mysql = "jdbc:mysql://127.0.0.1:%d/?sslMode=DISABLED&allowPublicKeyRetrieval=true";
    String mariadb = "jdbc:mariadb://127.0.0.1:%d/?sslMode=disable&allowPublicKeyRetrieval=true";
    all.put("Connector/J", (_, port) -> new Jdbc(server, mysql.formatted(port)));
    all.put("HikariCP, Connector/J", (_, port) -> new Hikari(server, mysql.formatted(port)));
    all.put("MariaDB Connector/J", (_, port) -> new Jdbc(server, mariadb.formatted(port)));
    all.put(
        "HikariCP, MariaDB Connector/J", (_, port) -> new Hikari(server, mariadb.formatted(port)));
    if (Program.exists("node", "--version") && Program.exists("npm", "--version")) {
      ConnectorNodeIT.install();
      Map<String, String> path =
          Map.of("NODE_PATH", ConnectorNodeIT.INSTALLED.resolve("node_modules").toString());
      String script = ConnectorNodeIT.SOURCE.resolve("mysql2-pool.js").toString();
      all.put(
          "mysql2 pool", (_, port) -> new Application(server, port, List.of("node", script), path));
    }
    if (server.client().isPresent()) {
      all.put("mysql", (directory, port) -> new MySqlProgram(server, directory, port));
    }
    if (LibMariaDbIT.isThere()) {
      String script = LibMariaDbIT.SOURCE.resolve("client.pl").toString();
      all.put(
          "libmariadb",
          (_, port) -> new Application(server, port, List.of("perl", script), Map.of()));
    }
    return all;
  }

  private static String outcome(Connection connection, String sql) {
    try (Statement statement = connection.createStatement()) {
      if (statement.execute(sql)) {
        try (ResultSet rows = statement.getResultSet()) {
          while (rows.next()) {
            rows.getString(1);
          }
        }
      }
      return "works";
    } catch (SQLException e) {
      return text(e);
    }
  }

  private static String text(SQLException e) {
    return "%s %d %s: %s"
        .formatted(
            e.getClass().getSimpleName(),
            e.getErrorCode(),
            e.getSQLState(),
            String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
  }

  private static long number(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT CONNECTION_ID()")) {
      row.next();
      return row.getLong(1);
    }
  }

  /** A JDBC driver by itself. */
  private static final class Jdbc implements Driver {
    private final Connection connection;

    Jdbc(MySqlServer server, String url) throws SQLException {
      connection = DriverManager.getConnection(url, server.user(), server.password());
    }

    @Override
    public long number() throws SQLException {
      return ClassicDrivers.number(connection);
    }

    @Override
    public String ask(String sql, boolean idle) {
      return outcome(connection, sql);
    }

    @Override
    public String then() throws SQLException {
      String state = connection.isClosed() ? "closed" : "open";
      return state + "; next request: " + outcome(connection, "SELECT 1");
    }

    @Override
    public void close() throws SQLException {
      connection.close();
    }
  }

  /** A JDBC driver in a pool that has room for one connection, and does not test one that was in use a moment ago. */
  private static final class Hikari implements Driver {
    private final HikariDataSource pool;
    private final Connection connection;

    Hikari(MySqlServer server, String url) throws SQLException {
      HikariConfig settings = new HikariConfig();
      settings.setJdbcUrl(url);
      settings.setUsername(server.user());
      settings.setPassword(server.password());
      settings.setMaximumPoolSize(1);
      settings.setMinimumIdle(0);
      settings.setConnectionTimeout(20_000);
      // No connection that is only tried.
      settings.setInitializationFailTimeout(-1);
      pool = new HikariDataSource(settings);
      connection = pool.getConnection();
    }

    @Override
    public long number() throws SQLException {
      return ClassicDrivers.number(connection);
    }

    @Override
    public String ask(String sql, boolean idle) {
      return outcome(connection, sql);
    }

    @Override
    public String then() throws SQLException {
      String kept = pool.getHikariPoolMXBean().getTotalConnections() == 0 ? "thrown out" : "kept";
      try {
        connection.close();
      } catch (SQLException e) {
        kept += ", giving it back: " + text(e);
      }
      try (Connection next = pool.getConnection()) {
        return kept + "; next from the pool: " + outcome(next, "SELECT 1");
      } catch (SQLException e) {
        return kept + "; next from the pool: " + text(e);
      }
    }

    @Override
    public void close() {
      pool.close();
    }
  }

  /** An application in another language, which reads commands and writes answers. */
  private static final class Application implements Driver {
    private final JsonMapper json = new JsonMapper();
    private final Process process;
    private final BufferedReader answers;
    private final long number;

    Application(MySqlServer server, int port, List<String> command, Map<String, String> environment)
        throws IOException {
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
      builder.environment().putAll(environment);
      process = builder.start();
      answers = process.inputReader(StandardCharsets.UTF_8);
      number =
          Long.parseLong(
              command(
                  Map.of(
                      "do",
                      "open",
                      "id",
                      1,
                      "port",
                      port,
                      "user",
                      server.user(),
                      "password",
                      server.password())));
    }

    @Override
    public long number() {
      return number;
    }

    private String command(Map<String, ?> command) throws IOException {
      var out = process.getOutputStream();
      out.write((json.writeValueAsString(command) + "\n").getBytes(StandardCharsets.UTF_8));
      out.flush();
      String line = answers.readLine();
      if (line == null) {
        throw new IOException("the application has ended");
      }
      Map<?, ?> answer = json.readValue(line, Map.class);
      if (answer.containsKey("failed")) {
        throw new IOException(line);
      }
      return String.valueOf(answer.get("answer"));
    }

    @Override
    public String ask(String sql, boolean idle) throws IOException {
      return command(Map.of("do", "ask", "id", 1, "sql", sql, "idle", idle));
    }

    @Override
    public String then() throws IOException {
      String then = command(Map.of("do", "then", "id", 1));
      return then.contains("; ") ? then : "next request: " + then;
    }

    @Override
    public void close() throws IOException {
      process.getOutputStream().close();
      process.onExit().join();
    }
  }

  /** The {@code mysql} program, which reads statements and writes results. */
  private static final class MySqlProgram implements Driver {
    /** What it says by itself, without the server, to the command that is put behind each statement. */
    private static final String END = "DELIMITER must be followed by";

    private final Process process;
    private final BufferedReader output;

    MySqlProgram(MySqlServer server, Path directory, int port) throws IOException {
      process =
          new ProcessBuilder(
                  new MySqlTools(server, directory)
                      .command(
                          "mysql",
                          port,
                          "--force",
                          "--unbuffered",
                          "--batch",
                          "--skip-column-names",
                          "--ssl-mode=DISABLED",
                          "--get-server-public-key"))
              .redirectErrorStream(true)
              .start();
      output = process.inputReader(StandardCharsets.UTF_8);
    }

    @Override
    public long number() throws IOException {
      return Long.parseLong(lines("SELECT CONNECTION_ID()").getFirst());
    }

    /** What it writes about a statement. */
    private List<String> lines(String sql) throws IOException {
      var out = process.getOutputStream();
      out.write((sql + ";\ndelimiter\n").getBytes(StandardCharsets.UTF_8));
      out.flush();
      List<String> lines = new ArrayList<>();
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        if (line.contains(END)) {
          return lines;
        }
        lines.add(line);
      }
      throw new IOException("mysql has ended: " + lines);
    }

    @Override
    public String ask(String sql, boolean idle) throws IOException {
      List<String> errors =
          lines(sql).stream()
              .filter(line -> line.startsWith("ERROR"))
              .map(line -> line.replaceAll(" at line \\d+", ""))
              .toList();
      return errors.isEmpty() ? "works" : String.join("; ", errors);
    }

    @Override
    public String then() throws IOException {
      return "next request: " + ask("SELECT 1", false);
    }

    @Override
    public void close() throws IOException {
      process.getOutputStream().close();
      process.onExit().join();
    }
  }
}
