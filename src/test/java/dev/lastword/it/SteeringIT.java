package dev.lastword.it;

import static dev.lastword.it.Front.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.lastword.Proxy;
import dev.lastword.admin.Steering;
import dev.lastword.admin.Steering.Scope;
import dev.lastword.config.Config;
import dev.lastword.config.ConfigLoader;
import dev.lastword.config.InvalidConfig;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.farewell.Cause;
import dev.lastword.session.Activity;
import dev.lastword.session.Session;
import dev.lastword.status.Event;
import dev.lastword.status.LossCounters;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.x.XClient;
import dev.lastword.testing.x.XMessages;
import dev.lastword.x.protobuf.MysqlxNotice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Drains and reloads of a running proxy, with sessions in it. */
class SteeringIT {
  private static MySqlServer one;
  private static MySqlServer other;

  private final List<XClient> clients = new ArrayList<>();
  private Path directory = Path.of("");
  private Path file = Path.of("");
  private @Nullable Proxy started;

  @BeforeAll
  static void launch() {
    one = MySqlServer.shared();
    other = MySqlServer.launch();
  }

  @AfterAll
  static void stop() {
    other.close();
  }

  @BeforeEach
  void make() {
    directory = Front.temporary();
    file = directory.resolve("lastword.yaml");
  }

  @AfterEach
  void end() {
    clients.forEach(XClient::close);
    if (started != null) {
      started.close();
    }
    Front.delete(directory);
  }

  // ---- Pieces

  private Proxy start(String text) {
    write(text);
    Proxy proxy = Proxy.start(load(), this::load);
    started = proxy;
    return proxy;
  }

  private Config load() {
    return ConfigLoader.load(file, Map.of());
  }

  private void write(String text) {
    try {
      Files.writeString(file, text + "\ndata-directory: state\n" + NO_ADMIN);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final String NO_ADMIN =
      "admin: { http: { enabled: false }, sql: { enabled: false } }\n";

  private static String listener(String name, String more) {
    return "  - { name: %s, protocol: x, bind: 127.0.0.1:0, %s }\n".formatted(name, more);
  }

  private static String server(String name, MySqlServer server) {
    return "  - { name: %s, host: %s, x-port: %d, classic-port: %d }\n"
        .formatted(name, server.host(), server.xPort(), server.classicPort());
  }

  /** Two listeners before both servers. */
  private static String both(String more) {
    return "listeners:\n"
        + listener("a", "servers: [one, other]" + more)
        + listener("b", "servers: [other, one]")
        + "servers:\n"
        + server("one", one)
        + server("other", other);
  }

  private XClient login(Proxy proxy, String listener) {
    XClient client = XClient.connect("127.0.0.1", proxy.port(listener));
    clients.add(client);
    // The two servers have the same accounts.
    return client.login(one.user(), one.password());
  }

  private static int serverPort(XClient client) {
    return Integer.parseInt(String.valueOf(client.sql("SELECT @@port").value()));
  }

  private static void assertToldToGo(XClient client, String why) {
    MysqlxNotice.Frame notice = client.receive().asNotice();
    assertThat(notice.getScope()).isEqualTo(MysqlxNotice.Frame.Scope.GLOBAL);
    try {
      MysqlxNotice.Warning warning = MysqlxNotice.Warning.parseFrom(notice.getPayload());
      assertThat(warning.getCode()).isEqualTo(1053);
      assertThat(warning.getMsg()).contains(why);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
    client.awaitEof();
  }

  private static void awaitWaiting(Proxy proxy) {
    soon()
        .until(() ->
            proxy
                .sessions()
                .ask(Session::activity, Duration.ofSeconds(5))
                .contains(Activity.WAITING));
  }

  private static void assertRefused(Proxy proxy, String listener) {
    assertThatThrownBy(
            () -> new Socket(InetAddress.getLoopbackAddress(), proxy.port(listener)).close())
        .isInstanceOf(ConnectException.class);
  }

  // ---- Drains

  @Test
  void the_sessions_of_a_drained_server_go_elsewhere_and_new_ones_do_not_come() {
    Proxy proxy = start(both(""));
    XClient drained = login(proxy, "a");
    XClient untouched = login(proxy, "b");
    Steering steering = proxy.steering();
    steering.drain(new Scope.OneServer("one"));
    assertToldToGo(drained, "server one is being drained");
    assertThat(serverPort(untouched)).isEqualTo(other.classicPort());
    assertThat(serverPort(login(proxy, "a"))).isEqualTo(other.classicPort());
    assertThat(steering.drains(new Scope.OneServer("one"))).isTrue();
    assertThat(steering.isReady()).isTrue();

    steering.undrain(new Scope.OneServer("one"));
    assertThat(serverPort(login(proxy, "a"))).isEqualTo(one.classicPort());
    assertThat(proxy.losses().byCause()).containsEntry(new LossCounters.Loss("drained", "x"), 1L);
    assertThat(proxy.events().since(0))
        .extracting(Event::kind)
        .contains(Event.Kind.DRAIN_BEGAN, Event.Kind.LOSS, Event.Kind.DRAIN_ENDED);
  }

  @Test
  void a_session_that_is_busy_or_in_a_transaction_finishes_first() {
    Proxy proxy = start(both(""));
    XClient busy = login(proxy, "a");
    XClient inTransaction = login(proxy, "a");
    inTransaction.sql("START TRANSACTION");
    busy.send(XMessages.sql("SELECT SLEEP(1), 7"));
    awaitWaiting(proxy);
    proxy.steering().drain(new Scope.OneServer("one"));
    assertThat(inTransaction.sql("SELECT 8").value()).isEqualTo("8");
    assertThat(busy.receiveResponse().rows().getFirst().get(1)).isEqualTo("7");
    assertToldToGo(busy, "server one is being drained");
    inTransaction.sql("COMMIT");
    assertToldToGo(inTransaction, "server one is being drained");
  }

  @Test
  void a_drain_that_is_taken_back_spares_those_who_were_still_at_work() {
    Proxy proxy = start(both(""));
    XClient client = login(proxy, "a");
    client.sql("START TRANSACTION");
    proxy.steering().drain(new Scope.OneServer("one"));
    assertThat(client.sql("SELECT 8").value()).isEqualTo("8");
    proxy.steering().undrain(new Scope.OneServer("one"));
    client.sql("COMMIT");
    assertThat(client.sql("SELECT 9").value()).isEqualTo("9");
  }

  @Test
  void a_drained_listener_accepts_nobody_until_it_is_back_at_its_port() {
    Proxy proxy = start(both(""));
    int port = proxy.port("a");
    XClient there = login(proxy, "a");
    XClient elsewhere = login(proxy, "b");
    proxy.steering().drain(new Scope.OneListener("a"));
    assertToldToGo(there, "listener a is being drained");
    assertRefused(proxy, "a");
    assertThat(elsewhere.sql("SELECT 1").value()).isEqualTo("1");
    proxy.steering().undrain(new Scope.OneListener("a"));
    assertThat(proxy.port("a")).isEqualTo(port);
    assertThat(serverPort(login(proxy, "a"))).isEqualTo(one.classicPort());
  }

  @Test
  void a_drained_proxy_is_not_ready_and_can_be_again() {
    Proxy proxy = start(both(""));
    soon().until(() -> proxy.steering().isReady());
    XClient client = login(proxy, "a");
    proxy.steering().drain(new Scope.WholeProxy());
    assertToldToGo(client, "the proxy is being drained");
    assertRefused(proxy, "a");
    assertRefused(proxy, "b");
    assertThat(proxy.steering().isReady()).isFalse();
    proxy.steering().drain(new Scope.OneListener("b"));
    proxy.steering().undrain(new Scope.WholeProxy());
    assertThat(serverPort(login(proxy, "a"))).isEqualTo(one.classicPort());
    assertRefused(proxy, "b");
  }

  @Test
  void what_is_not_there_cannot_be_drained() {
    Proxy proxy = start(both(""));
    assertThatThrownBy(() -> proxy.steering().drain(new Scope.OneServer("three")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no server is named three");
    assertThatThrownBy(() -> proxy.steering().undrain(new Scope.OneListener("x")))
        .hasMessage("no listener is named x");
  }

  // ---- Reload

  @Test
  void a_reload_touches_only_what_it_changes() {
    Proxy proxy = start(both(""));
    int port = proxy.port("a");
    XClient onA = login(proxy, "a");
    XClient onB = login(proxy, "b");
    write(
        "listeners:\n"
            + listener("a", "servers: [other], idle-timeout: 1m, max-sessions: 7")
            + listener("c", "servers: [other]")
            + "servers:\n"
            + server("other", other)
            + "limits: { sessions: 50 }\n"
            + "health: { interval: 200ms }\n");
    List<String> changes = proxy.steering().reload();
    assertThat(changes)
        .contains(
            "listeners.a.servers is now other, was one, other",
            "listeners.a.idle-timeout is now 1m, was 0ms",
            "listeners.c.bind is now 127.0.0.1:0",
            "health.interval is now 200ms, was 1s",
            "limits.sessions is now 50, was 9000")
        .anyMatch(line -> line.startsWith("servers.one.x is gone"))
        .anyMatch(line -> line.startsWith("listeners.b.bind is gone"))
        .noneMatch(line -> line.startsWith("servers.other"));
    assertToldToGo(onA, "server one was removed");
    assertToldToGo(onB, "listener b was removed");
    assertThat(proxy.port("a")).as("the socket stays").isEqualTo(port);
    assertThat(serverPort(login(proxy, "a"))).isEqualTo(other.classicPort());
    assertThat(serverPort(login(proxy, "c"))).isEqualTo(other.classicPort());
    assertThatThrownBy(() -> proxy.port("b")).isInstanceOf(IllegalArgumentException.class);
    soon().until(() -> proxy.servers().views().keySet().equals(Set.of("other")));
    assertThat(proxy.steering().reload()).isEmpty();
  }

  @Test
  void sessions_that_a_reload_does_not_concern_live_on() {
    Proxy proxy = start(both(""));
    XClient client = login(proxy, "a");
    client.sql("SET @mine = 42");
    write(
        both(", policy: round-robin")
            + "limits: { sessions: 10, write-buffer: 100KiB }\n"
            + "timeouts: { connect: 1s }\n"
            + "farewell: { linger: 1s, ledger: 5 }\n");
    assertThat(proxy.steering().reload()).hasSize(8);
    assertThat(client.sql("SELECT @mine").value()).isEqualTo("42");
  }

  @Test
  void a_session_whose_server_moves_is_told() {
    Proxy proxy = start(both(""));
    XClient client = login(proxy, "a");
    XClient idle = login(proxy, "b");
    write(
        "listeners:\n"
            + listener("a", "servers: [one, other]")
            + listener("b", "servers: [other, one]")
            + "servers:\n"
            + server("one", other)
            + server("other", other));
    proxy.steering().reload();
    assertToldToGo(client, "server one has another address");
    assertThat(serverPort(login(proxy, "a"))).isEqualTo(other.classicPort());
    assertThat(idle.sql("SELECT 1").value()).isEqualTo("1");
  }

  @Test
  void a_file_that_is_wrong_changes_nothing_and_says_why() {
    Proxy proxy = start(both(""));
    XClient client = login(proxy, "a");
    write(both(", idle-timeout: soon"));
    assertThatThrownBy(() -> proxy.steering().reload())
        .isInstanceOf(InvalidConfig.class)
        .hasMessageContaining("idle-timeout: soon");
    assertThat(client.sql("SELECT 1").value()).isEqualTo("1");
    assertThat(serverPort(login(proxy, "b"))).isEqualTo(other.classicPort());
    assertThat(proxy.events().since(0)).extracting(Event::kind).contains(Event.Kind.RELOAD_REFUSED);
  }

  @Test
  void a_session_of_a_removed_server_is_still_told_what_becomes_of_it() {
    MySqlServer doomed = MySqlServer.launch();
    try {
      Proxy proxy =
          start(
              "listeners:\n"
                  + listener("a", "servers: [doomed, other]")
                  + "servers:\n"
                  + server("doomed", doomed)
                  + server("other", other)
                  + "health: { interval: 200ms, timeout: 300ms }\n");
      XClient busy = login(proxy, "a");
      busy.send(XMessages.sql("SELECT SLEEP(60)"));
      awaitWaiting(proxy);
      write(
          "listeners:\n"
              + listener("a", "servers: [other]")
              + "servers:\n"
              + server("other", other)
              + "health: { interval: 200ms, timeout: 300ms }\n");
      proxy.steering().reload();
      doomed.freeze();
      assertThat(busy.receive().asError().getCode()).isEqualTo(1053);
      assertToldToGo(busy, "doomed");
      assertThat(proxy.ledger().losses().getFirst().verdict().cause())
          .isEqualTo(Cause.SERVER_UNREACHABLE);
    } finally {
      doomed.close();
    }
  }

  @Test
  void what_a_reload_took_away_an_undrain_does_not_give_back() {
    Proxy proxy = start(both(""));
    XClient client = login(proxy, "a");
    client.sql("START TRANSACTION");
    write(
        "listeners:\n" + listener("a", "servers: [other]") + "servers:\n" + server("other", other));
    proxy.steering().reload();
    proxy.steering().drain(new Scope.OneServer("other"));
    proxy.steering().undrain(new Scope.OneServer("other"));
    client.sql("COMMIT");
    assertToldToGo(client, "server one was removed");
  }

  @Test
  void a_proxy_that_is_ending_opens_nothing_again() throws Exception {
    Proxy proxy = start(both(""));
    XClient busy = login(proxy, "a");
    busy.sql("START TRANSACTION");
    assertThat(proxy.drain(Duration.ofMillis(1))).isFalse();
    assertRefused(proxy, "a");
    assertThatThrownBy(() -> proxy.steering().reload())
        .hasMessage("nothing was changed, because the proxy is ending");
    proxy.steering().drain(new Scope.OneListener("b"));
    proxy.steering().undrain(new Scope.OneListener("b"));
    assertRefused(proxy, "a");
    assertThat(proxy.steering().isReady()).isFalse();
  }

  @Test
  void a_file_in_the_way_of_a_socket_stays() throws IOException {
    Path precious = Files.writeString(directory.resolve("precious.pem"), "a key");
    Proxy proxy = start(both(""));
    write(
        "listeners:\n  - { name: a, protocol: x, bind: 'unix:%s', servers: [one] }\nservers:\n"
                .formatted(precious)
            + server("one", one));
    assertThatThrownBy(() -> proxy.steering().reload())
        .hasMessageContaining("there is a file, and no socket");
    assertThat(precious).hasContent("a key");
  }

  @Test
  void a_reload_that_fails_leaves_ports_and_drains_as_they_were() throws IOException {
    Proxy proxy = start(both(""));
    int portOfA = proxy.port("a");
    int portOfB = proxy.port("b");
    proxy.steering().drain(new Scope.OneListener("a"));
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      write(
          both(", idle-timeout: 1m")
              .replace(
                  "servers:\n",
                  "  - { name: c, protocol: x, bind: 127.0.0.1:%d, servers: [one] }\nservers:\n"
                      .formatted(taken.getLocalPort())));
      assertThatThrownBy(() -> proxy.steering().reload())
          .hasMessageContaining("listener c cannot listen");
    }
    assertRefused(proxy, "a");
    assertThat(proxy.port("b")).isEqualTo(portOfB);
    assertThat(serverPort(login(proxy, "b"))).isEqualTo(other.classicPort());
    proxy.steering().undrain(new Scope.OneListener("a"));
    assertThat(proxy.port("a")).isEqualTo(portOfA);
  }

  @Test
  void an_address_that_is_taken_changes_nothing() throws IOException {
    Proxy proxy = start(both(""));
    XClient client = login(proxy, "a");
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      write(
          "listeners:\n"
              + listener("a", "servers: [other]")
              + "  - { name: b, protocol: x, bind: 127.0.0.1:%d, servers: [one] }\n"
                  .formatted(taken.getLocalPort())
              + "servers:\n"
              + server("one", one)
              + server("other", other));
      assertThatThrownBy(() -> proxy.steering().reload())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("listener b cannot listen");
    }
    assertThat(client.sql("SELECT 1").value()).isEqualTo("1");
    assertThat(serverPort(login(proxy, "a"))).isEqualTo(one.classicPort());
    assertThat(serverPort(login(proxy, "b"))).isEqualTo(other.classicPort());
  }

  @Test
  void what_takes_a_restart_is_refused() {
    Proxy proxy = start(both(""));
    write(both("") + "event-loops: 3\n");
    assertThatThrownBy(() -> proxy.steering().reload())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("nothing was changed, because this takes a restart: event-loops");
  }

  @Test
  void a_proxy_without_a_file_has_nothing_to_load() {
    Server server = Front.server(one);
    try (Front front =
        Front.start(Config.builder().listener(Front.listener(server)).server(server))) {
      assertThatThrownBy(() -> front.proxy().steering().reload())
          .hasMessageContaining("not started from a file");
    }
  }

  @Test
  void the_tables_show_what_is_there() {
    Proxy proxy = start(both(""));
    soon().until(() -> proxy.steering().isReady());
    login(proxy, "a");
    assertThat(proxy.catalog().tables())
        .extracting(table -> table.name())
        .containsExactly(
            "sessions", "servers", "listeners", "losses", "notices", "events", "config");
    var sessions = proxy.catalog().table("sessions").orElseThrow();
    assertThat(sessions.values()).hasSize(1);
    assertThat(sessions.values().getFirst()).contains("a", "one", "idle", one.user());
    assertThat(proxy.catalog().table("listeners").orElseThrow().values())
        .extracting(row -> row[0], row -> row[3])
        .containsExactly(tuple("a", (long) proxy.port("a")), tuple("b", (long) proxy.port("b")));
    assertThat(proxy.kill((long) sessions.values().getFirst()[0])).isTrue();
    soon().until(() -> !proxy.catalog().table("losses").orElseThrow().values().isEmpty());
    assertThat(proxy.catalog().table("losses").orElseThrow().values().getFirst())
        .contains("killed-by-operator", "notice", 3169L, "written");
    assertThat(proxy.catalog().status().read())
        .containsEntry("Mysqlx_notice_warning_sent", 1L)
        .containsEntry("Lastword_sessions_lost", 1L)
        .containsEntry("Threads_connected", 0L);
    assertThat(proxy.catalog().table("config").orElseThrow().values())
        .anySatisfy(row -> assertThat(row).containsExactly("listeners.a.protocol", "x"));
    assertThat(load().listeners()).extracting(Listener::name).containsExactly("a", "b");
  }
}
