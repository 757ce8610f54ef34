package dev.lastword;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lastword.config.Config;
import dev.lastword.config.Health;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.farewell.ServerView;
import dev.lastword.farewell.ServerView.State;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Login;
import dev.lastword.testing.classic.Packet;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers that speak no X Protocol, and so can be looked at only where classic clients go. */
class ClassicHealthIT {
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir Path data;
  private @Nullable MySqlServer server;
  private @Nullable Proxy proxy;

  @AfterEach
  void close() {
    if (proxy != null) {
      proxy.close();
    }
    if (server != null) {
      server.close();
    }
  }

  private MySqlServer launch(String... options) {
    MySqlServer launched = MySqlServer.launch(options);
    server = launched;
    return launched;
  }

  /** An address of this machine that is not a loopback one; empty if it has none. */
  private static String addressOfThisMachine() throws IOException {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
        .map(InetAddress::getHostAddress)
        .findFirst()
        .orElse("");
  }

  private Proxy start(MySqlServer behind) {
    return start(behind, behind.host());
  }

  private Proxy start(MySqlServer behind, String host) {
    Proxy started =
        Proxy.start(
            Config.builder()
                .listener(Listener.classic("c", "db1").withBind("127.0.0.1", 0))
                .server(Server.at("db1", host, behind.xPort(), behind.classicPort()))
                .health(new Health(Duration.ofMillis(100), Duration.ofMillis(600), 2, 1))
                .dataDirectory(data)
                .build());
    proxy = started;
    return started;
  }

  private static ClassicClient login(Proxy proxy, MySqlServer server) {
    return ClassicClient.connect("127.0.0.1", proxy.port("c"))
        .within(SOON)
        .loginWithTls(Login.as(server.user(), server.password()));
  }

  private static State state(Proxy proxy) {
    return proxy.servers().views().getOrDefault("db1", ServerView.UNKNOWN).state();
  }

  private static void awaitState(Proxy proxy, State state) {
    await().atMost(SOON).untilAsserted(() -> assertThat(state(proxy)).isEqualTo(state));
  }

  private static long status(MySqlServer server, String name) {
    return Long.parseLong(
        String.valueOf(
            server
                .sql(
                    "SELECT VARIABLE_VALUE AS v FROM performance_schema.global_status WHERE VARIABLE_NAME = '"
                        + name
                        + "'")
                .getFirst()
                .first()));
  }

  private static void assertTold(ClassicClient client, int code, String state) {
    List<Packet> last = client.awaitEnd();
    assertThat(last).hasSize(1);
    assertThat(last.getFirst().asError().code()).isEqualTo(code);
    assertThat(last.getFirst().asError().state()).isEqualTo(state);
    assertThat(last.getFirst().sequence()).isZero();
    assertThat(client.endedInOrder()).isTrue();
  }

  @Test
  void a_server_without_x_is_never_made_to_block_the_proxy() throws IOException {
    // The server counts no errors against loopback, so it has to be reached from elsewhere.
    String host = addressOfThisMachine();
    assumeTrue(!host.isEmpty(), "this machine has no address but loopback");
    MySqlServer without = launch("--mysqlx=0", "--bind-address=*", "--max-connect-errors=1");
    Proxy started = start(without, host);
    awaitState(started, State.ALIVE);
    long looks = status(without, "Aborted_connects");
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(status(without, "Aborted_connects")).isGreaterThan(looks + 10));
    try (ClassicClient client = login(started, without)) {
      assertThat(client.sql("SELECT 1").value()).isEqualTo("1");
    }
    assertThat(state(started)).isEqualTo(State.ALIVE);
  }

  @Test
  void a_server_with_x_counts_no_login_for_being_looked_at() {
    MySqlServer with = launch();
    long failed = status(with, "Aborted_connects");
    Proxy started = start(with);
    awaitState(started, State.ANSWERS);
    long looks = status(with, "Mysqlx_connections_accepted");
    await()
        .atMost(SOON)
        .untilAsserted(() ->
            assertThat(status(with, "Mysqlx_connections_accepted")).isGreaterThan(looks + 10));
    assertThat(status(with, "Aborted_connects")).isEqualTo(failed);
  }

  @Test
  void a_frozen_server_without_x_is_lost_and_its_client_is_told() {
    MySqlServer without = launch("--mysqlx=0");
    Proxy started = start(without);
    awaitState(started, State.ALIVE);
    try (ClassicClient client = login(started, without)) {
      without.freeze();
      assertTold(client, 1053, "08S01");
    }
    without.thaw();
    awaitState(started, State.ALIVE);
  }

  @Test
  void a_crash_and_a_kill_are_told_apart_without_x() {
    MySqlServer without = launch("--mysqlx=0");
    Proxy started = start(without);
    awaitState(started, State.ALIVE);
    try (ClassicClient killed = login(started, without);
        ClassicClient crashed = login(started, without)) {
      without.sql("KILL " + killed.sql("SELECT CONNECTION_ID()").value());
      assertTold(killed, 3169, "08S01");
      assertThat(crashed.sql("SELECT 2").value()).isEqualTo("2");
      without.kill();
      assertTold(crashed, 1053, "08S01");
    }
  }
}
