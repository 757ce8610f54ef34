package dev.lastword.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.testing.MySqlServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * MariaDB Connector/J, as it comes from Maven Central. It sends requests before the answers to earlier ones have come. Each piece of an
 * application runs twice, against the server and through the proxy, and what it got to see must be the same.
 */
class MariaDbConnectorIT {
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
            Stream.of("disable", "trust")
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
            : Map.of("sslMode", tls, "useServerPrepStmts", "true");
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
      properties.putAll(settings);
      properties.putAll(changes);
      return DriverManager.getConnection("jdbc:mariadb://127.0.0.1:" + port + "/", properties);
    };
  }

  @ParameterizedTest(name = "{0}, TLS {1}")
  @CsvSource({
    "caching_sha2_password, disable",
    "caching_sha2_password, trust",
    "sha256_password, disable",
    "sha256_password, trust"
  })
  void accounts_of_every_kind_are_let_in_and_kept_out_alike(String plugin, String tls)
      throws Exception {
    assertThat(
            Accounts.play(
                server,
                plugin,
                Map.of("sslMode", tls),
                front.classicPort(),
                MariaDbConnectorIT::source))
        .isEqualTo(
            Accounts.play(
                server,
                plugin,
                Map.of("sslMode", tls),
                server.classicPort(),
                MariaDbConnectorIT::source));
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void a_connection_is_reset(String command) throws Exception {
    List<String> direct = reset(server.classicPort(), command);
    assertThat(reset(front.classicPort(), command)).isEqualTo(direct);
  }

  private static List<String> reset(int port, String command) throws Exception {
    try (Connection connection =
            source(port, Map.of("sslMode", "trust", "useResetConnection", command)).open(Map.of());
        Statement statement = connection.createStatement()) {
      statement.execute("SET @a = 1");
      connection.unwrap(org.mariadb.jdbc.Connection.class).reset();
      try (var row = statement.executeQuery("SELECT @a, @@autocommit")) {
        row.next();
        return List.of(String.valueOf(row.getString(1)), row.getString(2));
      }
    }
  }
}
