package dev.lastword.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.mysql.cj.jdbc.JdbcConnection;
import dev.lastword.testing.MySqlServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * MySQL Connector/J with JDBC, as it comes from Maven Central. Each piece of an application runs twice, against the server and through
 * the proxy, and what it got to see must be the same.
 */
class ConnectorJIT {
  private static MySqlServer server;
  private static Front front;

  @BeforeAll
  static void start() {
    server = MySqlServer.launch("--max-allowed-packet=64M");
    front = Front.classic(server);
  }

  @AfterAll
  static void stop() {
    front.close();
    server.close();
  }

  @AfterEach
  void nobodyIsLeft() {
    front.awaitNoSessions();
  }

  static Stream<Arguments> pieces() {
    return JdbcPieces.names()
        .flatMap(piece ->
            Stream.of("DISABLED", "REQUIRED")
                .flatMap(tls ->
                    Stream.of("client", "server", "client, compressed")
                        .map(side -> Arguments.of(piece, tls, side))));
  }

  @ParameterizedTest(name = "{0}, TLS {1}, prepared by the {2}")
  @MethodSource("pieces")
  @Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void an_application_sees_through_the_proxy_what_it_sees_without(
      String piece, String tls, String side) throws Exception {
    Map<String, String> settings =
        side.startsWith("client")
            ? Map.of("sslMode", tls, "useCompression", String.valueOf(!side.equals("client")))
            : Map.of(
                "sslMode", tls,
                "useServerPrepStmts", "true",
                "cachePrepStmts", "true",
                "useCursorFetch", "true");
    List<String> direct = JdbcPieces.play(piece, source(server.classicPort(), settings));
    List<String> proxied = JdbcPieces.play(piece, source(front.classicPort(), settings));
    assertThat(direct).isNotEmpty();
    assertThat(proxied).isEqualTo(direct);
  }

  private static JdbcPieces.Source source(int port, Map<String, String> settings) {
    return changes -> {
      Properties properties = new Properties();
      properties.setProperty("user", server.user());
      properties.setProperty("password", server.password());
      properties.setProperty("allowPublicKeyRetrieval", "true");
      properties.setProperty("connectTimeout", "20000");
      properties.setProperty("maxAllowedPacket", "68000000");
      properties.putAll(settings);
      properties.putAll(changes);
      return DriverManager.getConnection("jdbc:mysql://127.0.0.1:" + port + "/", properties);
    };
  }

  @ParameterizedTest(name = "{0}, TLS {1}")
  @CsvSource({
    "caching_sha2_password, DISABLED",
    "caching_sha2_password, REQUIRED",
    "sha256_password, DISABLED",
    "sha256_password, REQUIRED",
    "mysql_native_password, DISABLED",
    "mysql_native_password, REQUIRED"
  })
  void accounts_of_every_kind_are_let_in_and_kept_out_alike(String plugin, String tls)
      throws Exception {
    assertThat(
            Accounts.play(
                server, plugin, Map.of("sslMode", tls), front.classicPort(), ConnectorJIT::source))
        .isEqualTo(
            Accounts.play(
                server,
                plugin,
                Map.of("sslMode", tls),
                server.classicPort(),
                ConnectorJIT::source));
  }

  @ParameterizedTest
  @CsvSource({"DISABLED", "REQUIRED"})
  void a_connection_changes_its_user(String tls) throws Exception {
    server.sql("CREATE USER changed IDENTIFIED BY 'secret'");
    try {
      List<String> direct = changeUser(server.classicPort(), tls);
      assertThat(direct).contains("changed");
      assertThat(changeUser(front.classicPort(), tls)).isEqualTo(direct);
    } finally {
      server.sql("DROP USER changed");
    }
  }

  private static List<String> changeUser(int port, String tls) throws Exception {
    List<String> seen = new ArrayList<>();
    server.sql("FLUSH PRIVILEGES");
    try (Connection connection = source(port, Map.of("sslMode", tls)).open(Map.of());
        Statement statement = connection.createStatement()) {
      JdbcConnection mysql = connection.unwrap(JdbcConnection.class);
      statement.execute("SET @a = 1");
      mysql.changeUser("changed", "secret");
      seen.add(text(statement, "SELECT SUBSTRING_INDEX(USER(), '@', 1)"));
      seen.add(text(statement, "SELECT @a"));
      mysql.changeUser("changed", "secret");
      mysql.changeUser(server.user(), server.password());
      seen.add(text(statement, "SELECT SUBSTRING_INDEX(USER(), '@', 1)"));
      statement.execute("SET @a = 2");
      mysql.resetServerState();
      seen.add(text(statement, "SELECT @a"));
      try {
        mysql.changeUser("changed", "wrong");
      } catch (SQLException e) {
        seen.add(JdbcPieces.failure(e));
      }
      try {
        seen.add(text(statement, "SELECT 1"));
      } catch (SQLException e) {
        seen.add(JdbcPieces.failure(e));
      }
    }
    return seen;
  }

  private static String text(Statement statement, String sql) throws SQLException {
    try (var row = statement.executeQuery(sql)) {
      row.next();
      return String.valueOf(row.getString(1));
    }
  }

  @Test
  void an_account_that_must_change_its_password_can_do_so() throws Exception {
    List<String> direct = expired(server.classicPort());
    assertThat(direct).hasSize(4);
    assertThat(expired(front.classicPort())).isEqualTo(direct);
  }

  private static List<String> expired(int port) throws Exception {
    List<String> seen = new ArrayList<>();
    server.sql("CREATE USER expired IDENTIFIED BY 'old' PASSWORD EXPIRE");
    try {
      JdbcPieces.Source source =
          source(port, Map.of("sslMode", "REQUIRED", "user", "expired", "password", "old"));
      try (Connection _ = source.open(Map.of())) {
        seen.add("let in");
      } catch (SQLException e) {
        seen.add(JdbcPieces.failure(e));
      }
      try (Connection connection =
              source.open(
                  Map.of(
                      "disconnectOnExpiredPasswords",
                      "false",
                      "readOnlyPropagatesToServer",
                      "false"));
          Statement statement = connection.createStatement()) {
        try {
          seen.add(text(statement, "SELECT 1"));
        } catch (SQLException e) {
          seen.add(JdbcPieces.failure(e));
        }
        statement.execute("ALTER USER USER() IDENTIFIED BY 'new'");
        seen.add(text(statement, "SELECT 2"));
      }
      try (Connection connection = source.open(Map.of("password", "new"))) {
        seen.add("valid " + connection.isValid(5));
      }
    } finally {
      server.sql("DROP USER expired");
    }
    return seen;
  }
}
