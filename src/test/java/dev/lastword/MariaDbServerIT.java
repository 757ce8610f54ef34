package dev.lastword;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import dev.lastword.config.Config;
import dev.lastword.config.Health;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.config.Server.ProxyHeader;
import dev.lastword.farewell.ServerView;
import dev.lastword.farewell.ServerView.State;
import dev.lastword.session.Activity;
import dev.lastword.session.Session;
import dev.lastword.testing.MariaDbServer;
import dev.lastword.testing.classic.Capability;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Commands;
import dev.lastword.testing.classic.Login;
import dev.lastword.testing.classic.Packet;
import dev.lastword.testing.classic.Payload;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Classic clients of a MariaDB server, which is looked at only where they go, because it speaks no X Protocol. */
class MariaDbServerIT {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static @Nullable MariaDbServer shared;

  @TempDir Path data;
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
  }

  @AfterAll
  static void end() {
    if (shared != null) {
      shared.close();
      shared = null;
    }
  }

  private static MariaDbServer shared() {
    MariaDbServer known = shared;
    if (known == null) {
      known = MariaDbServer.launch("--proxy-protocol-networks=*");
      shared = known;
    }
    return known;
  }

  private MariaDbServer launch(String... options) {
    MariaDbServer launched = MariaDbServer.launch(options);
    open.add(launched);
    return launched;
  }

  private Proxy proxy(Listener listener, Server server) {
    Proxy proxy =
        Proxy.start(
            Config.builder()
                .listener(listener.withBind("127.0.0.1", 0))
                .server(server)
                .health(new Health(Duration.ofMillis(100), Duration.ofMillis(600), 2, 1))
                .dataDirectory(data)
                .build());
    open.add(proxy);
    await()
        .atMost(SOON)
        .until(() ->
            proxy.servers().views().getOrDefault("maria", ServerView.UNKNOWN).state()
                == State.ALIVE);
    return proxy;
  }

  /** Nothing speaks X Protocol at the other port. */
  private static Server server(MariaDbServer behind) {
    return Server.at("maria", behind.host(), 1, behind.port());
  }

  private Proxy proxy(MariaDbServer behind) {
    return proxy(Listener.classic("c", "maria"), server(behind));
  }

  private ClassicClient connect(Proxy proxy) {
    ClassicClient client = ClassicClient.connect("127.0.0.1", proxy.port("c")).within(SOON);
    open.add(client);
    return client;
  }

  private ClassicClient login(Proxy proxy, MariaDbServer behind) {
    return connect(proxy).login(behind.login());
  }

  private static String id(ClassicClient client) {
    return String.valueOf(client.sql("SELECT CONNECTION_ID()").value());
  }

  private static void assertTold(ClassicClient client, int code, String state, String text) {
    List<Packet> last = client.awaitEnd();
    assertThat(last).hasSize(1);
    Packet.ServerError told = last.getFirst().asError();
    assertThat(told.code()).as("%s", told).isEqualTo(code);
    assertThat(told.state()).isEqualTo(state);
    assertThat(told.message()).startsWith(text);
    assertThat(last.getFirst().inOrder()).isTrue();
    assertThat(client.endedInOrder()).isTrue();
  }

  // ---- Logging in

  @Test
  void a_client_logs_in_with_the_native_password() {
    MariaDbServer maria = shared();
    ClassicClient client = connect(proxy(maria));
    assertThat(client.receiveGreeting().version()).contains("MariaDB");
    client.authenticate(maria.login()).succeeded();
    assertThat(client.sql("SELECT CURRENT_USER()").value()).isEqualTo("admin@%");
    assertThat(client.changeUser(maria.login()).failed()).isFalse();
    assertThat(client.sql("SELECT 2").value()).isEqualTo("2");
  }

  @Test
  void a_wrong_password_is_refused_by_the_server() {
    ClassicClient client = connect(proxy(shared()));
    client.receiveGreeting();
    Packet.ServerError refused = client.authenticate(Login.as("admin", "wrong")).error();
    assertThat(refused.code()).isEqualTo(1045);
    assertThat(refused.state()).isEqualTo("28000");
  }

  @Test
  void a_client_logs_in_with_an_empty_password() {
    MariaDbServer maria = shared();
    maria.sql("CREATE OR REPLACE USER open@'%'");
    ClassicClient client = connect(proxy(maria)).login(Login.as("open"));
    assertThat(client.sql("SELECT CURRENT_USER()").value()).isEqualTo("open@%");
  }

  @Test
  void a_client_logs_in_with_ed25519() {
    assumeTrue(
        MariaDbServer.hasMorePlugins("auth_ed25519"),
        "the plugin auth_ed25519 is not there; Debian has it in the package mariadb-server");
    MariaDbServer maria = launch("--plugin-load-add=auth_ed25519");
    String password = "exactly thirty-two bytes of it..";
    maria.sql("CREATE USER ed@'%' IDENTIFIED VIA ed25519 USING PASSWORD('" + password + "')");
    Proxy proxy = proxy(maria);
    ClassicClient client = connect(proxy).login(Login.as("ed", password));
    assertThat(client.sql("SELECT CURRENT_USER()").value()).isEqualTo("ed@%");
    assertThat(client.changeUser(maria.login()).failed()).isFalse();
    assertThat(client.changeUser(Login.as("ed", password)).failed()).isFalse();
    assertThat(client.sql("SELECT CURRENT_USER()").value()).isEqualTo("ed@%");
    ClassicClient wrong = connect(proxy);
    wrong.receiveGreeting();
    assertThat(wrong.authenticate(Login.as("ed", password.toUpperCase(java.util.Locale.ROOT))))
        .satisfies(response -> assertThat(response.error().code()).isEqualTo(1045));
  }

  // ---- What only MariaDB and its connectors say

  private static final long MARIADB_PROGRESS = 1L << 32;
  private static final long MARIADB_BULK_OPERATIONS = 1L << 34;
  private static final long MARIADB_CACHE_METADATA = 1L << 36;

  private ClassicClient loginAsMariaDbsConnector(Proxy proxy, MariaDbServer maria, long flags) {
    return connect(proxy).login(maria.login().with(flags).without(Capability.LONG_PASSWORD));
  }

  /** That the proxy knows where the session is, it shows by the number of its farewell. */
  private void assertIdleAndTold(Proxy proxy, ClassicClient client, MariaDbServer maria) {
    assertThat(client.sql("SELECT 5").value()).isEqualTo("5");
    assertThat(proxy.sessions().live())
        .singleElement()
        .satisfies(session ->
            assertThat(session.eventLoop().submit(session::activity).get())
                .isEqualTo(Activity.IDLE));
    maria.sql("KILL " + id(client));
    assertTold(client, 1927, "70100", "Connection was killed");
  }

  @Test
  void a_result_without_its_columns_is_followed() {
    MariaDbServer maria = shared();
    Proxy proxy = proxy(maria);
    ClassicClient client = loginAsMariaDbsConnector(proxy, maria, MARIADB_CACHE_METADATA);
    long statement = client.prepare("SELECT 7 AS seven");
    for (int i = 0; i < 3; i++) {
      client.send(0, Commands.execute(statement, 0));
      assertThat(client.receive().payload())
          .as("one column, and its description does not follow")
          .isEqualTo(Payload.of(1).u8(0).build());
      assertThat(client.receive().header()).as("a row").isZero();
      assertThat(client.receive().header()).as("the end").isEqualTo(0xfe);
    }
    assertIdleAndTold(proxy, client, maria);
  }

  @Test
  void many_rows_go_in_one_request() {
    MariaDbServer maria = shared();
    maria.sql("CREATE OR REPLACE TABLE mysql.many (a INT)");
    Proxy proxy = proxy(maria);
    ClassicClient client = loginAsMariaDbsConnector(proxy, maria, MARIADB_BULK_OPERATIONS);
    long statement = client.prepare("INSERT INTO mysql.many VALUES (?)");
    int longType = 3;
    int sendsTypes = 128;
    Payload request = Payload.of(0xfa).u32(statement).u16(sendsTypes).u16(longType);
    for (int row = 1; row <= 100; row++) {
      request.u8(0).u32(row);
    }
    client.send(0, request.build());
    assertThat(client.receive().header()).as("OK").isZero();
    assertThat(client.sql("SELECT SUM(a) FROM mysql.many").value()).isEqualTo("5050");
    assertIdleAndTold(proxy, client, maria);
  }

  @Test
  void reports_of_progress_end_nothing() {
    MariaDbServer maria = shared();
    // No processor makes these hashes within the second after which there is a report.
    String hash = "b CHAR(32) AS (MD5(REPEAT(a, 8000000)))";
    maria.sql("CREATE OR REPLACE TABLE mysql.slow (a INT) ENGINE = Aria");
    maria.sql("INSERT INTO mysql.slow SELECT seq FROM mysql.seq_10_to_99");
    Proxy proxy = proxy(maria);
    ClassicClient client = loginAsMariaDbsConnector(proxy, maria, MARIADB_PROGRESS);
    client.sql("SET progress_report_time = 1").succeeded();
    client.send(0, Commands.query("ALTER TABLE mysql.slow ADD " + hash + " STORED"));
    int reports = 0;
    Packet packet = client.receive();
    while (packet.header() == 0xff
        && packet.payload().startsWith(ByteString.copyFrom(new byte[] {-1, -1, -1}))) {
      reports++;
      packet = client.receive();
    }
    assertThat(packet.isError()).as("%s", packet).isFalse();
    assertThat(reports).isPositive();
    assertIdleAndTold(proxy, client, maria);
  }

  // ---- Ends

  @Test
  void a_killed_session_is_told_as_mariadb_says_it() {
    MariaDbServer maria = shared();
    Proxy proxy = proxy(maria);
    ClassicClient idle = login(proxy, maria);
    maria.sql("KILL " + id(idle));
    assertTold(idle, 1927, "70100", "Connection was killed: ");
    ClassicClient operated = login(proxy, maria);
    String number = id(operated);
    for (Session session : proxy.sessions().live()) {
      if (String.valueOf(session.connectionId()).equals(number)) {
        proxy.kill(session.id());
      }
    }
    assertTold(operated, 1927, "70100", "Connection was killed: by the operator");
  }

  @Test
  void a_killed_session_is_told_once_while_a_statement_runs() {
    MariaDbServer maria = shared();
    ClassicClient busy = login(proxy(maria), maria);
    String number = id(busy);
    busy.command(Commands.query("SELECT SLEEP(60)"));
    await()
        .atMost(SOON)
        .until(() ->
            "Query"
                .equals(
                    maria
                        .sql(
                            "SELECT COMMAND FROM information_schema.PROCESSLIST WHERE ID = "
                                + number)
                        .value()));
    maria.sql("KILL " + number);
    assertTold(busy, 1927, "70100", "Connection was killed");
  }

  @Test
  void a_listeners_own_code_goes_before_that_of_mariadb() {
    MariaDbServer maria = shared();
    Proxy proxy =
        proxy(
            Listener.classic("c", "maria").withCode(Listener.Reason.KILLED, 3169, "08S01"),
            server(maria));
    ClassicClient client = login(proxy, maria);
    maria.sql("KILL " + id(client));
    assertTold(client, 3169, "08S01", "Session was killed: ");
  }

  @Test
  void a_session_that_kills_itself_hears_the_server_and_nothing_more() {
    MariaDbServer maria = shared();
    ClassicClient client = login(proxy(maria), maria);
    Packet.ServerError told = client.ask(Commands.query("KILL CONNECTION_ID()")).error();
    assertThat(told.code()).isEqualTo(1927);
    assertThat(told.state()).isEqualTo("70100");
    assertThat(client.awaitEnd()).isEmpty();
  }

  @Test
  void a_statement_that_is_killed_is_no_end() {
    MariaDbServer maria = shared();
    ClassicClient client = login(proxy(maria), maria);
    assertThat(client.ask(Commands.query("KILL QUERY CONNECTION_ID()")).error().code())
        .isEqualTo(1317);
    assertThat(client.sql("SELECT 3").value()).isEqualTo("3");
  }

  @Test
  void an_idle_client_is_told_although_the_server_says_nothing() {
    MariaDbServer maria = launch();
    ClassicClient direct =
        ClassicClient.connect("127.0.0.1", maria.port()).within(SOON).login(maria.login());
    open.add(direct);
    ClassicClient client = login(proxy(maria), maria);
    direct.sql("SET wait_timeout = 1").succeeded();
    client.sql("SET wait_timeout = 1").succeeded();
    assertThat(direct.awaitEnd()).isEmpty();
    assertThat(direct.endedInOrder()).as("MariaDB ends idle sessions in order").isFalse();
    // So nothing tells it from a connection that was reset on the way.
    assertTold(client, 1158, "08S01", "Got an error reading communication packets");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void a_client_is_told_that_the_server_shuts_down_or_is_gone(boolean inOrder) {
    MariaDbServer maria = launch();
    ClassicClient client = login(proxy(maria), maria);
    if (inOrder) {
      maria.terminate();
    } else {
      maria.kill();
    }
    List<Packet> last = client.awaitEnd();
    assertThat(last).hasSize(1);
    assertThat(last.getFirst().asError().code()).isEqualTo(1053);
    assertThat(last.getFirst().asError().state()).isEqualTo("08S01");
    assertThat(last.getFirst().sequence()).isZero();
  }

  // ---- The PROXY protocol

  @ParameterizedTest
  @EnumSource(ProxyHeader.class)
  void the_server_knows_the_client_if_it_is_told(ProxyHeader header) {
    MariaDbServer maria = shared();
    Proxy proxy =
        proxy(
            Listener.classic("c", "maria").withTrustedProxies("127.0.0.0/8"),
            server(maria).withProxyHeader(header));
    ClassicClient client = connect(proxy);
    client.sendRaw(ByteString.copyFromUtf8("PROXY TCP4 192.0.2.7 198.51.100.2 4711 6446\r\n"));
    client.login(maria.login());
    assertThat(client.sql("SELECT USER()").value())
        .isEqualTo(header == ProxyHeader.NONE ? "admin@127.0.0.1" : "admin@192.0.2.7");
    assertThat(proxy.sessions().live())
        .extracting(Session::client)
        .containsExactly("192.0.2.7:4711");
  }
}
