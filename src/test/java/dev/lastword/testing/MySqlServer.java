package dev.lastword.testing;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * A real MySQL server for tests: a process on this machine, or a container where {@code LASTWORD_TEST_SERVER=container} asks for one or
 * no process can be had. Everything waits until it is done, unless it says otherwise, and fails the test by an exception if it cannot be done.
 *
 * <p>Tests that only look take {@link #shared()}; tests that break the server, or want options, {@link #launch(String...)} their own and
 * close it.
 */
public interface MySqlServer extends AutoCloseable {
  /** The server that all tests of this JVM share; nobody may stop it or change its global state. It ends with the JVM. */
  static MySqlServer shared() {
    return Servers.shared();
  }

  /**
   * Starts a server for one test.
   *
   * @param options of {@code mysqld}, such as {@code --mysqlx-wait-timeout=2}; they win over the fixture's own
   */
  static MySqlServer launch(String... options) {
    return Servers.start(List.of(options));
  }

  /** The address of both ports, which is a loopback one. */
  default String host() {
    return "127.0.0.1";
  }

  /** The port for X Protocol; it stays the same when the server is started again. */
  int xPort();

  /** The port for the classic protocol; it stays the same when the server is started again. */
  int classicPort();

  /** The Unix socket for X Protocol; empty if the server is in a container. */
  Optional<Path> xSocket();

  /** The Unix socket for the classic protocol; empty if the server is in a container. */
  Optional<Path> classicSocket();

  /** The server's certificate authority, as a PEM file; empty if this fixture cannot read it. */
  Optional<Path> certificateAuthority();

  /** The command of the {@code mysql} client that came with the server; empty if there is none. */
  Optional<List<String>> client();

  /** An account with all rights, from any address. */
  String user();

  /** Its password. */
  String password();

  /** Whether the server runs; also true while it is frozen. */
  boolean isRunning();

  /** Shuts down in order and waits until the server is gone. */
  void stop();

  /** Starts the server again after it ended, on the same ports and with the same data, and waits until it answers on both. */
  void start();

  /** Stops in order and starts again. */
  default void restart() {
    if (isRunning()) {
      stop();
    }
    start();
  }

  /** SIGTERM: asks for a shutdown in order and does not wait for it. */
  void terminate();

  /** SIGKILL: the server is gone when this returns, and has told nobody. */
  void kill();

  /** Waits until the server is gone, whoever ended it. */
  void awaitEnd();

  /** SIGSTOP: its sockets stay open and nobody serves them. */
  void freeze();

  /** SIGCONT: goes on after {@link #freeze()}. */
  void thaw();

  /**
   * Drops all packets from and to the server's ports, without a word to either side, as a broken network does. Unix sockets still work.
   * Where this machine cannot, the test is skipped with the reason.
   */
  void cutNetwork();

  /** Lets packets through again; closing does so too. */
  void restoreNetwork();

  /** Ends the server and removes all it had. */
  @Override
  void close();

  /** The version, as {@code SELECT VERSION()} says it. */
  default String version() {
    return String.valueOf(sql("SELECT VERSION()").getFirst().first());
  }

  /** Whether clients can encrypt. */
  default boolean isTlsAvailable() {
    List<Row> rows =
        sql(
            "SELECT VALUE AS v FROM performance_schema.tls_channel_status WHERE CHANNEL = 'mysql_main' AND PROPERTY = 'Enabled'");
    return rows.stream().anyMatch(row -> "Yes".equals(row.first()));
  }

  /** Opens a classic connection as {@link #user()}, unencrypted, which the caller closes. */
  default Connection connect() throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", user());
    properties.setProperty("password", password());
    properties.setProperty("sslMode", "DISABLED");
    properties.setProperty("allowPublicKeyRetrieval", "true");
    properties.setProperty("connectTimeout", "10000");
    properties.setProperty("socketTimeout", "60000");
    properties.setProperty("allowMultiQueries", "false");
    return DriverManager.getConnection(
        "jdbc:mysql://" + host() + ":" + classicPort() + "/", properties);
  }

  /**
   * Runs one statement as {@link #user()} on a classic connection of its own, past any proxy.
   *
   * @return its rows; none for a statement without a result
   */
  default List<Row> sql(String statement) {
    try (Connection connection = connect();
        Statement jdbc = connection.createStatement()) {
      List<Row> rows = new ArrayList<>();
      if (jdbc.execute(statement)) {
        try (ResultSet result = jdbc.getResultSet()) {
          ResultSetMetaData columns = result.getMetaData();
          while (result.next()) {
            Map<String, @Nullable String> values = new LinkedHashMap<>();
            for (int i = 1; i <= columns.getColumnCount(); i++) {
              values.put(columns.getColumnLabel(i).toLowerCase(Locale.ROOT), result.getString(i));
            }
            rows.add(new Row(values));
          }
        }
      }
      return rows;
    } catch (SQLException e) {
      throw new IllegalStateException(statement + ": " + e.getMessage(), e);
    }
  }
}
