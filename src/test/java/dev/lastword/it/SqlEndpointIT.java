package dev.lastword.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.mysql.cj.xdevapi.SessionFactory;
import dev.lastword.admin.sql.SqlEndpoint;
import dev.lastword.config.AdminSettings;
import dev.lastword.config.ClientTls;
import dev.lastword.config.Config;
import dev.lastword.config.Server;
import dev.lastword.it.Program.Finished;
import dev.lastword.testing.MySqlServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The SQL endpoint of a proxy with sessions in it, asked by programs that people have. */
class SqlEndpointIT {
  private static MySqlServer server;
  private static Front front;
  private static Path directory;
  private static SqlEndpoint open;
  private static SqlEndpoint guarded;

  @BeforeAll
  static void start() throws Exception {
    directory = Front.temporary();
    server = MySqlServer.shared();
    Server behind = Front.server(server);
    front =
        Front.start(
            Config.builder()
                .server(behind)
                .listener(Front.listener(behind))
                .listener(Front.classicListener(behind)));
    open = endpoint(AdminSettings.OFF.withSql("127.0.0.1", 0));
    guarded = patient(encrypted(ClientTls.Mode.REQUIRED).withAccount("op", "sesame"));
  }

  @AfterAll
  static void stop() {
    guarded.close();
    open.close();
    front.close();
    Front.delete(directory);
  }

  private static SqlEndpoint endpoint(AdminSettings settings) throws IOException {
    return SqlEndpoint.open(settings, front.proxy().catalog(), front.proxy().steering(), directory);
  }

  /** For clients of both protocols; those of X may take longer on a machine that is busy. */
  private static SqlEndpoint patient(AdminSettings settings) throws IOException {
    return SqlEndpoint.open(
        settings,
        front.proxy().catalog(),
        front.proxy().steering(),
        directory,
        Duration.ofSeconds(5));
  }

  private static AdminSettings encrypted(ClientTls.Mode mode) {
    AdminSettings plain = AdminSettings.OFF.withSql("127.0.0.1", 0);
    AdminSettings.Access access = plain.sql().orElseThrow();
    return new AdminSettings(
        Optional.empty(),
        Optional.of(new AdminSettings.Access(access.bind(), access.tls().withMode(mode))),
        List.of(),
        Optional.empty());
  }

  private static Connection jdbc(SqlEndpoint endpoint, String more) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:mysql://127.0.0.1:" + endpoint.port() + "/lastword?" + more, "op", "sesame");
  }

  private static Connection proxied() throws SQLException {
    return DriverManager.getConnection(
        "jdbc:mysql://127.0.0.1:" + front.classicPort() + "/?sslMode=REQUIRED",
        server.user(),
        server.password());
  }

  private static long number(Connection connection, String sql) throws SQLException {
    try (ResultSet row = connection.createStatement().executeQuery(sql)) {
      assertThat(row.next()).as(sql).isTrue();
      return row.getLong(1);
    }
  }

  @Test
  void every_table_of_a_running_proxy_can_be_read() throws Exception {
    try (Connection session = proxied();
        Connection admin = jdbc(open, "sslMode=DISABLED")) {
      assertThat(session.isValid(10)).isTrue();
      assertThat(number(admin, "SELECT COUNT(*) FROM sessions WHERE protocol = 'classic'"))
          .isEqualTo(1);
      for (String table :
          List.of("sessions", "servers", "listeners", "losses", "notices", "events", "config")) {
        try (ResultSet rows = admin.createStatement().executeQuery("SELECT * FROM " + table)) {
          int columns = rows.getMetaData().getColumnCount();
          assertThat(columns).isGreaterThan(1);
          while (rows.next()) {
            for (int i = 1; i <= columns; i++) {
              rows.getObject(i);
            }
          }
        }
      }
      assertThat(number(admin, "SELECT @@port")).isEqualTo(open.port());
    }
  }

  @Test
  void a_client_is_killed_over_sql_and_told_so() throws Exception {
    try (Connection session = proxied();
        Connection admin = jdbc(open, "sslMode=DISABLED")) {
      long own = number(session, "SELECT CONNECTION_ID()");
      long id = number(admin, "SELECT id FROM sessions WHERE connection_id = " + own);
      admin.createStatement().execute("KILL " + id);
      assertThatThrownBy(() -> number(session, "SELECT 1")).isInstanceOf(SQLException.class);
      Awaitility.await()
          .untilAsserted(() ->
              assertThat(
                      number(
                          admin,
                          "SELECT COUNT(*) FROM losses WHERE connection_id = "
                              + own
                              + " AND code = 3169"))
                  .isEqualTo(1));
    }
  }

  @Test
  void an_account_logs_in_over_tls_and_in_no_other_way() throws Exception {
    try (Connection admin = jdbc(guarded, "sslMode=REQUIRED")) {
      assertThat(number(admin, "SELECT 5")).isEqualTo(5);
    }
    assertThatThrownBy(() -> jdbc(guarded, "sslMode=DISABLED"))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getErrorCode()).isEqualTo(3159));
    String x = "mysqlx://op:%s@127.0.0.1:" + guarded.port() + "/lastword?xdevapi.ssl-mode=";
    com.mysql.cj.xdevapi.Session session =
        new SessionFactory().getSession(x.formatted("sesame") + "REQUIRED");
    assertThat(session.sql("SELECT 5").execute().fetchOne().getInt(0)).isEqualTo(5);
    session.close();
    assertThatThrownBy(() -> new SessionFactory().getSession(x.formatted("wrong") + "REQUIRED"))
        .hasMessageContaining("1045");
    assertThatThrownBy(() -> new SessionFactory().getSession(x.formatted("sesame") + "DISABLED"))
        .hasMessageContaining("3159");
  }

  @Test
  void the_mysql_client_of_the_server_gets_its_answers() throws Exception {
    MySqlTools tools = new MySqlTools(server, directory);
    Finished mysql =
        tools.run(
            "mysql",
            open.port(),
            """
            use lastword;
            show tables;
            describe losses;
            show global status like 'Mysqlx_notice%';
            select name, protocol from listeners order by name;
            select version(), @@version_comment;
            kill 4711;
            """,
            "--force",
            "--table");
    assertThat(mysql.output())
        .contains("Lastword", "Tables_in_lastword", "farewell_micros", "Mysqlx_notice_warning_sent")
        .contains("| classic | classic  |");
    assertThat(mysql.errors()).contains("ERROR 1094 (HY000) at line 7: Unknown thread id: 4711");
  }

  @ParameterizedTest
  @ValueSource(strings = {"caching_sha2_password", "mysql_native_password", "mysql_clear_password"})
  void the_mariadb_client_gets_its_answers(String plugin) throws Exception {
    ConnectorNodeIT.requireProgram("mariadb");
    Finished mariadb = mariadb("sesame", plugin);
    assertThat(mariadb.status()).as(mariadb.errors()).isZero();
    assertThat(mariadb.output()).contains("performance_schema", "servers\n1\n", "Lastword");
    Finished wrong = mariadb("wrong", plugin);
    assertThat(wrong.status()).isNotZero();
    assertThat(wrong.errors()).contains("ERROR 1045 (28000)", "using password: YES");
  }

  private static Finished mariadb(String password, String plugin) throws Exception {
    return Program.run(
        List.of(
            "mariadb",
            "--no-defaults",
            "--protocol=tcp",
            "--host=127.0.0.1",
            "--port=" + guarded.port(),
            "--user=op",
            "--password=" + password,
            "--default-auth=" + plugin,
            "--ssl",
            "--batch",
            "-e",
            "show databases; select count(*) as servers from lastword.servers; \\s"),
        Map.of(),
        "");
  }

  @Test
  void the_drivers_of_node_get_their_answers() throws Exception {
    ConnectorNodeIT.requireProgram("node");
    ConnectorNodeIT.requireProgram("npm");
    ConnectorNodeIT.install();
    SqlEndpoint preferring =
        patient(encrypted(ClientTls.Mode.PREFERRED).withAccount("op", "sesame"));
    try (preferring) {
      for (boolean tls : new boolean[] {true, false}) {
        Finished node =
            Program.run(
                List.of(
                    "node",
                    ConnectorNodeIT.SOURCE.resolve("sql-endpoint.js").toString(),
                    "{\"port\": %d, \"user\": \"op\", \"password\": \"sesame\", \"tls\": %b}"
                        .formatted(preferring.port(), tls)),
                Map.of("NODE_PATH", ConnectorNodeIT.INSTALLED.resolve("node_modules").toString()),
                "");
        assertThat(node.status()).as(node.errors()).isZero();
        assertThat(node.output())
            .contains("\"Mysqlx_notice_global_sent\"", "\"refusal\":\"ER_NO_SUCH_TABLE\"")
            .contains("\"listeners\":[[\"classic\",\"classic\"],[\"x\",\"x\"]],\"refusal\":1146");
      }
    }
  }

  @Test
  void mysqld_exporter_yields_the_counters_of_the_notices() throws Exception {
    Path exporter = exporter();
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Path log = directory.resolve("exporter.log");
    ProcessBuilder builder =
        new ProcessBuilder(exporter.toString(), "--web.listen-address=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("DATA_SOURCE_NAME", "op:sesame@tcp(127.0.0.1:" + open.port() + ")/");
    Process process = builder.start();
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
              .timeout(Duration.ofSeconds(20))
              .build();
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .ignoreExceptions()
          .untilAsserted(() ->
              assertThat(http.send(request, HttpResponse.BodyHandlers.ofString()).body())
                  .as(Files.readString(log))
                  .contains(
                      "mysql_up 1",
                      "mysql_global_status_mysqlx_notice_warning_sent ",
                      "mysql_global_status_mysqlx_notice_global_sent ",
                      "mysql_global_status_mysqlx_notice_other_sent ",
                      "mysql_global_status_mysqlx_messages_sent "));
    } finally {
      process.destroy();
      process.waitFor();
    }
  }

  /** Where it is installed, or what Debian's package holds; it is only unpacked, because installing it starts a service. */
  private static Path exporter() throws Exception {
    for (String name : List.of("prometheus-mysqld-exporter", "mysqld_exporter")) {
      Path installed = Path.of("/usr/bin", name);
      if (Files.isExecutable(installed)) {
        return installed;
      }
    }
    Path base = Path.of(System.getProperty("lastword.basedir", ".")).resolve("target/exporter");
    Path unpacked = base.resolve("usr/bin/prometheus-mysqld-exporter");
    if (!Files.isExecutable(unpacked)) {
      Files.createDirectories(base);
      try {
        Finished got =
            Program.run(
                List.of(
                    "sh",
                    "-c",
                    "cd '"
                        + base.toAbsolutePath()
                        + "' && apt-get download -q prometheus-mysqld-exporter"
                        + " && dpkg-deb -x prometheus-mysqld-exporter_*.deb ."),
                Map.of(),
                "");
        Assumptions.assumeTrue(got.status() == 0, () -> "no mysqld_exporter: " + got.errors());
      } catch (IOException e) {
        Assumptions.abort("no mysqld_exporter: " + e);
      }
    }
    return unpacked;
  }

  @Test
  void an_x_client_that_was_greeted_too_early_is_waited_for_the_next_time() throws Exception {
    SqlEndpoint hasty =
        SqlEndpoint.open(
            AdminSettings.OFF.withSql("127.0.0.1", 0),
            front.proxy().catalog(),
            front.proxy().steering(),
            directory,
            Duration.ofMillis(1));
    try (hasty;
        Socket late = new Socket(InetAddress.getLoopbackAddress(), hasty.port())) {
      late.setSoTimeout(20_000);
      assertThat(late.getInputStream().read()).isNotNegative();
      // CapabilitiesGet.
      late.getOutputStream().write(new byte[] {1, 0, 0, 0, 1});
      assertThat(new String(late.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1))
          .contains("#08S01Got packets out of order");
    }
  }

  @Test
  void garbage_harms_nobody() throws Exception {
    Random random = new Random(4711);
    try (Connection admin = jdbc(open, "sslMode=DISABLED")) {
      for (int i = 0; i < 60; i++) {
        byte[] bytes = new byte[random.nextInt(300) + 1];
        random.nextBytes(bytes);
        if (i % 3 == 0 && bytes.length > 5) {
          // A frame of the right length, with anything in it.
          ByteString length = ByteString.copyFrom(new byte[] {(byte) (bytes.length - 4), 0, 0, 0});
          length.copyTo(bytes, 0);
          bytes[0] = (byte) Math.min(127, bytes.length - 4);
          bytes[4] = (byte) random.nextInt(47);
        }
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), open.port())) {
          socket.setSoTimeout(20_000);
          if (i % 2 == 0) {
            // As a classic client, behind the greeting.
            assertThat(socket.getInputStream().read()).isNotNegative();
          }
          socket.getOutputStream().write(bytes);
          socket.shutdownOutput();
          socket.getInputStream().readAllBytes();
        } catch (IOException e) {
          assertThat(e).hasMessageContaining("reset");
        }
        assertThat(number(admin, "SELECT " + i)).isEqualTo(i);
      }
    }
  }

  @Test
  void too_many_clients_are_told_so_in_their_own_protocol() throws Exception {
    SqlEndpoint small = patient(AdminSettings.OFF.withSql("127.0.0.1", 0));
    List<Socket> seats = new ArrayList<>();
    try (small) {
      for (int i = 0; i < 100; i++) {
        Socket seat = new Socket(InetAddress.getLoopbackAddress(), small.port());
        seats.add(seat);
      }
      // They are accepted in the order in which they came, and may stay for 10 seconds without a
      // word.
      assertThatThrownBy(() ->
              new SessionFactory()
                  .getSession(
                      "mysqlx://op:sesame@127.0.0.1:"
                          + small.port()
                          + "/lastword?xdevapi.ssl-mode=DISABLED"))
          .hasMessageContaining("Too many connections");
      assertThatThrownBy(() -> jdbc(small, "sslMode=DISABLED"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getErrorCode()).isEqualTo(1040));
      try (Socket late = new Socket(InetAddress.getLoopbackAddress(), small.port())) {
        byte[] said = late.getInputStream().readAllBytes();
        // Before the greeting an error has no SQLSTATE.
        assertThat(new String(said, 4, said.length - 4, StandardCharsets.ISO_8859_1))
            .isEqualTo("\u00ff\u0010\u0004Too many connections");
      }
    } finally {
      for (Socket seat : seats) {
        seat.close();
      }
    }
  }
}
