package dev.lastword.x;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lastword.config.Account;
import dev.lastword.config.Endpoint;
import dev.lastword.config.Health;
import dev.lastword.config.Secret;
import dev.lastword.config.Server;
import dev.lastword.config.ServerTls;
import dev.lastword.farewell.ServerView;
import dev.lastword.farewell.ServerView.State;
import dev.lastword.relay.Transport;
import dev.lastword.server.Dialer;
import dev.lastword.server.HealthEvent;
import dev.lastword.server.Probe;
import dev.lastword.server.ProbeResult;
import dev.lastword.server.Resolver;
import dev.lastword.server.ServerHealth;
import dev.lastword.server.ServerTarget;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.x.XClient;
import dev.lastword.tls.ServerLegTls;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Monitors that watch real servers over X Protocol, with an account and without. */
class ServerHealthIT {
  /** Looks that do not end by themselves within a test. */
  private static final Health NEVER_LOST =
      new Health(Duration.ofHours(1), Duration.ofSeconds(60), 100, 1);

  private static final Health FAST =
      new Health(Duration.ofMillis(100), Duration.ofMillis(400), 2, 1);
  private static final Duration SOON = Duration.ofSeconds(20);

  private final Transport transport = Transport.best();
  private final MultiThreadIoEventLoopGroup loops =
      transport.eventLoops(2, new DefaultThreadFactory("test-loop", true));
  private final Resolver resolver = new Resolver();
  private final Dialer dialer = new Dialer(transport, resolver, Duration.ofSeconds(2), 1 << 20);
  private final List<AutoCloseable> open = new ArrayList<>();
  private final List<HealthEvent> events = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
    loops.shutdownGracefully(1, 5_000, TimeUnit.MILLISECONDS).sync();
    resolver.close();
  }

  private MySqlServer launch(String... options) {
    MySqlServer server = MySqlServer.launch(options);
    open.add(server);
    return server;
  }

  private static Server at(MySqlServer server) {
    return Server.at("db1", server.host(), server.xPort(), server.classicPort());
  }

  private ServerTarget target(Server server) {
    if (server.tls().mode() == ServerTls.Mode.DISABLED) {
      return new ServerTarget(server, server.x(), null);
    }
    ServerLegTls tls = ServerLegTls.create(server.tls(), server.name());
    open.add(tls);
    return new ServerTarget(server, server.x(), tls);
  }

  /** A monitor that runs, and whose events are collected. */
  private ServerHealth watch(Server server, Probe probe, Health settings) {
    ServerHealth health = new ServerHealth(loops.next(), target(server), probe, settings);
    open.add(health);
    open.add(health.subscribe((_, event) -> events.add(event)));
    return health;
  }

  private ServerHealth watch(MySqlServer server) {
    return watch(at(server), new XProbe(dialer), FAST);
  }

  private ServerHealth watchWithAccount(MySqlServer server) {
    server.sql("CREATE USER IF NOT EXISTS watcher IDENTIFIED BY 'secret'");
    return watch(at(server), sentinel(), FAST);
  }

  private XSentinel sentinel() {
    return new XSentinel(dialer, new Account("watcher", new Secret("secret")));
  }

  private ServerView diagnose(ServerHealth health, long connectedNanos) {
    CompletableFuture<ServerView> answer = new CompletableFuture<>();
    health.diagnose(loops.next(), connectedNanos, Duration.ofSeconds(5), answer::complete);
    return answer.orTimeout(20, TimeUnit.SECONDS).join();
  }

  private static void awaitState(ServerHealth health, State state) {
    await().atMost(SOON).untilAsserted(() -> assertThat(health.view().state()).isEqualTo(state));
  }

  private void awaitEvents(String... names) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(events).extracting(HealthEvent::name).containsExactly(names));
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

  @Test
  void a_frozen_server_is_lost_and_comes_back() {
    MySqlServer server = launch();
    ServerHealth health = watch(server);
    awaitState(health, State.ANSWERS);
    server.freeze();
    awaitEvents("lost");
    assertThat(health.view().state()).isEqualTo(State.NO_ANSWER);
    assertThat(events.getFirst().view().detail())
        .startsWith("db1 (127.0.0.1:" + server.xPort() + ") has not answered for ");
    server.thaw();
    awaitEvents("lost", "recovered");
    awaitState(health, State.ANSWERS);
  }

  /** A dying process closes its connections one by one and its port last: to a single diagnosis it looks like a slow network. */
  @Test
  void
      a_server_that_loses_many_connections_at_once_and_does_not_answer_is_not_one_broken_connection()
          throws Exception {
    MySqlServer server = launch();
    ServerHealth health = watch(at(server), new XProbe(dialer), NEVER_LOST);
    awaitState(health, State.ANSWERS);
    server.freeze();
    assertThat(inHaste(health, 1)).containsExactly(State.UNKNOWN);
    assertThat(inHaste(health, 3)).containsOnly(State.NO_ANSWER);
  }

  /** What so many losses at once are told after a quarter of a second. */
  private List<State> inHaste(ServerHealth health, int losses) throws Exception {
    List<CompletableFuture<ServerView>> answers = new ArrayList<>();
    for (int i = 0; i < losses; i++) {
      CompletableFuture<ServerView> answer = new CompletableFuture<>();
      answers.add(answer);
      health.diagnose(loops.next(), System.nanoTime(), Duration.ofMillis(250), answer::complete);
    }
    List<State> states = new ArrayList<>();
    for (CompletableFuture<ServerView> answer : answers) {
      states.add(answer.get(20, TimeUnit.SECONDS).state());
    }
    return states;
  }

  @Test
  void with_an_account_a_thawed_server_is_known_as_the_one_it_was() {
    MySqlServer server = launch();
    ServerHealth health = watchWithAccount(server);
    awaitState(health, State.ALIVE);
    server.freeze();
    awaitEvents("lost");
    server.thaw();
    awaitEvents("lost", "recovered");
    awaitState(health, State.ALIVE);
    assertThat(events).hasSize(2);
  }

  @Test
  void a_server_behind_a_cut_network_is_lost_and_comes_back() {
    MySqlServer server = launch();
    ServerHealth health = watch(server);
    awaitState(health, State.ANSWERS);
    server.cutNetwork();
    awaitEvents("lost");
    assertThat(events.getFirst().view().state()).isEqualTo(State.NO_ANSWER);
    server.restoreNetwork();
    awaitEvents("lost", "recovered");
  }

  @Test
  void a_killed_server_is_known_to_be_gone_at_once_without_waiting_for_the_next_look() {
    MySqlServer server = launch();
    Health seldom = new Health(Duration.ofHours(1), Duration.ofSeconds(1), 2, 1);
    ServerHealth health = watch(at(server), new XProbe(dialer), seldom);
    awaitState(health, State.ANSWERS);
    server.kill();
    ServerView view = diagnose(health, System.nanoTime());
    assertThat(view.state()).isEqualTo(State.REFUSED);
    assertThat(view.detail())
        .startsWith("db1 (127.0.0.1:" + server.xPort() + ") refused a new connection ");
    assertThat(events).as("one look is not enough to declare it lost").isEmpty();
    assertThat(diagnose(health, System.nanoTime()).state()).isEqualTo(State.REFUSED);
    awaitEvents("lost");
  }

  @Test
  void the_sentinel_hears_a_shutdown_first() {
    MySqlServer server = launch();
    ServerHealth health = watchWithAccount(server);
    awaitState(health, State.ALIVE);
    long connected = System.nanoTime();
    server.terminate();
    await().atMost(SOON).until(() -> !events.isEmpty());
    assertThat(events.getFirst()).isInstanceOf(HealthEvent.ShuttingDown.class);
    server.awaitEnd();
    awaitEvents("shutting-down", "lost");
    ServerView view = diagnose(health, connected);
    assertThat(view.state()).isEqualTo(State.SHUTTING_DOWN);
    assertThat(view.detail()).contains("said that it is shutting down, and then refused");
    server.start();
    awaitEvents("shutting-down", "lost", "recovered", "restarted");
    assertThat(diagnose(health, connected).state()).isEqualTo(State.RESTARTED);
    awaitState(health, State.ALIVE);
    assertThat(diagnose(health, System.nanoTime()).state()).isEqualTo(State.ALIVE);
  }

  @Test
  void a_restart_that_no_look_saw_is_noticed_by_the_account() {
    MySqlServer server = launch();
    server.sql("CREATE USER watcher IDENTIFIED BY 'secret'");
    // So seldom that only the end of the sentinel's connection leads to a look.
    Health patient = new Health(Duration.ofMillis(100), Duration.ofSeconds(1), 100, 1);
    ServerHealth health = watch(at(server), sentinel(), patient);
    awaitState(health, State.ALIVE);
    long connected = System.nanoTime();
    server.kill();
    server.start();
    awaitEvents("restarted");
    HealthEvent.Restarted restarted = (HealthEvent.Restarted) events.getFirst();
    assertThat(restarted.ends(connected)).isTrue();
    assertThat(restarted.ends(System.nanoTime())).isFalse();
    assertThat(restarted.view().state()).isEqualTo(State.RESTARTED);
  }

  @Test
  void a_server_that_sends_to_its_sessions_is_not_lost_though_it_answers_no_look() {
    MySqlServer server = launch();
    ServerHealth health = watch(server);
    awaitState(health, State.ANSWERS);
    server.freeze();
    // Stands for sessions that still read what a slow server sends.
    var reads = loops.next().scheduleAtFixedRate(health::heard, 0, 5, TimeUnit.MILLISECONDS);
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(health.view().detail()).contains("speaks to those it has"));
    assertThat(diagnose(health, System.nanoTime()).state()).isEqualTo(State.ANSWERS);
    assertThat(diagnose(health, System.nanoTime()).state()).isEqualTo(State.ANSWERS);
    assertThat(events).isEmpty();
    reads.cancel(false);
    awaitEvents("lost");
    server.thaw();
  }

  @Test
  void a_thousand_losses_at_once_are_one_look() throws Exception {
    MySqlServer server = launch();
    Health seldom = new Health(Duration.ofHours(1), Duration.ofSeconds(1), 2, 1);
    ServerHealth health = watch(at(server), new XProbe(dialer), seldom);
    awaitState(health, State.ANSWERS);
    await().atMost(SOON).until(() -> status(server, "Mysqlx_connections_closed") >= 1);
    long before = status(server, "Mysqlx_connections_accepted");
    List<CompletableFuture<Thread>> answers = new ArrayList<>();
    List<EventLoop> asked = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      CompletableFuture<Thread> answer = new CompletableFuture<>();
      EventLoop loop = loops.next();
      health.diagnose(
          loop,
          0,
          Duration.ofSeconds(5),
          view -> {
            assertThat(view.state()).isEqualTo(State.ANSWERS);
            answer.complete(Thread.currentThread());
          });
      answers.add(answer);
      asked.add(loop);
    }
    for (int i = 0; i < answers.size(); i++) {
      assertThat(asked.get(i).inEventLoop(answers.get(i).get(20, TimeUnit.SECONDS))).isTrue();
    }
    assertThat(status(server, "Mysqlx_connections_accepted") - before).isBetween(1L, 2L);
  }

  @Test
  void who_asks_is_answered_in_time_even_if_the_server_is_not() {
    MySqlServer server = launch();
    Health patient = new Health(Duration.ofHours(1), Duration.ofSeconds(60), 2, 1);
    ServerHealth health = watch(at(server), new XProbe(dialer), patient);
    awaitState(health, State.ANSWERS);
    server.freeze();
    CompletableFuture<ServerView> answer = new CompletableFuture<>();
    health.diagnose(loops.next(), 0, Duration.ofMillis(250), answer::complete);
    ServerView view = answer.orTimeout(20, TimeUnit.SECONDS).join();
    assertThat(view.state()).isEqualTo(State.UNKNOWN);
    assertThat(view.detail()).isEqualTo("db1 has not answered within 250 ms");
    server.thaw();
  }

  @Test
  void a_full_server_is_alive() {
    MySqlServer server = launch("--max-connections=1", "--mysqlx-max-connections=2");
    Server at = at(server);
    try (XClient first =
        XClient.connect(server.host(), server.xPort()).login(server.user(), server.password())) {
      CompletableFuture<ProbeResult> result = new CompletableFuture<>();
      new XProbe(dialer).look(loops.next(), target(at), Duration.ofSeconds(5), result::complete);
      assertThat(result.orTimeout(20, TimeUnit.SECONDS).join())
          .as("max_connections")
          .isInstanceOf(ProbeResult.Answered.class);
      // The server counts the probe's connection for some time after it has answered.
      await()
          .atMost(SOON)
          .untilAsserted(() ->
              assertThat(
                      first
                          .sql(
                              "SELECT CONCAT(SUM(IF(VARIABLE_NAME LIKE '%accepted', 1, -1) * VARIABLE_VALUE)) "
                                  + "FROM performance_schema.global_status WHERE VARIABLE_NAME IN "
                                  + "('Mysqlx_connections_accepted', 'Mysqlx_connections_closed')")
                          .value())
                  .isEqualTo("1"));
      try (XClient second = XClient.connect(server.host(), server.xPort())) {
        var _ = second.receive();
        ServerHealth health = watch(server);
        awaitState(health, State.ANSWERS);
        assertThat(health.view().detail())
            .as("mysqlx_max_connections")
            .contains("closed a new connection without a word");
        assertThat(diagnose(health, 0).state()).isEqualTo(State.ANSWERS);
        assertThat(diagnose(health, 0).state()).isEqualTo(State.ANSWERS);
        assertThat(events).isEmpty();
      }
      assertThat(first.sql("SELECT 1")).isNotNull();
    }
  }

  @Test
  void looks_are_never_counted_as_failed_connections() throws Exception {
    // The server counts no errors against loopback, so it has to be reached from elsewhere.
    Optional<InetAddress> outward = addressOfThisMachine();
    assumeTrue(outward.isPresent(), "this machine has no address but loopback");
    MySqlServer server =
        launch("--bind-address=*", "--mysqlx-bind-address=*", "--max-connect-errors=1");
    String host = outward.orElseThrow().getHostAddress();
    Server at = Server.at("db1", host, server.xPort(), server.classicPort());
    try (Socket reachable = new Socket()) {
      reachable.connect(new InetSocketAddress(host, server.classicPort()), 2_000);
    } catch (IOException e) {
      assumeTrue(false, "the server cannot be reached at " + host + ": " + e.getMessage());
    }
    // That connection was one that the server does count, which shows that it counts from here.
    await()
        .atMost(SOON)
        .until(() -> !server.sql("SELECT 1 FROM performance_schema.host_cache").isEmpty());
    server.sql("TRUNCATE TABLE performance_schema.host_cache");
    List<String> counters =
        List.of(
            "Aborted_connects",
            "Aborted_clients",
            "Mysqlx_connection_errors",
            "Mysqlx_aborted_clients",
            "Mysqlx_sessions_killed",
            "Mysqlx_sessions_fatal_error");
    List<Long> before = counters.stream().map(name -> status(server, name)).toList();
    ServerHealth health = watch(at, new XProbe(dialer), FAST);
    awaitState(health, State.ANSWERS);
    await().atMost(SOON).until(() -> status(server, "Mysqlx_connections_closed") > 30);
    server.freeze();
    awaitEvents("lost");
    server.thaw();
    awaitEvents("lost", "recovered");
    await().atMost(SOON).until(() -> status(server, "Mysqlx_connections_closed") > 50);
    assertThat(counters.stream().map(name -> status(server, name)))
        .containsExactlyElementsOf(before);
    assertThat(
            server.sql(
                "SELECT IP FROM performance_schema.host_cache WHERE SUM_CONNECT_ERRORS > 0 OR COUNT_HOST_BLOCKED_ERRORS > 0"))
        .isEmpty();
    assertThat(diagnose(health, 0).state()).isEqualTo(State.ANSWERS);
  }

  private static Optional<InetAddress> addressOfThisMachine() throws IOException {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
        .findFirst();
  }

  @ParameterizedTest
  @EnumSource(ServerTls.Mode.class)
  void the_account_is_let_in_with_every_tls_mode(ServerTls.Mode mode) {
    MySqlServer server = launch();
    server.sql("CREATE USER watcher IDENTIFIED BY 'secret'");
    // Without TLS the server must know the password already.
    XClient.connect(server.host(), server.xPort()).login("watcher", "secret").close();
    ServerHealth health =
        watch(at(server).withTls(ServerTls.DEFAULT.withMode(mode)), sentinel(), FAST);
    awaitState(health, State.ALIVE);
    assertThat(health.view().detail()).endsWith("and it is the process that it was");
  }

  @Test
  void the_account_is_let_in_over_a_unix_socket() {
    MySqlServer server = launch();
    assumeTrue(server.xSocket().isPresent());
    server.sql("CREATE USER watcher IDENTIFIED BY 'secret'");
    ServerHealth health =
        watch(
            at(server).withX(new Endpoint.Unix(server.xSocket().orElseThrow())), sentinel(), FAST);
    awaitState(health, State.ALIVE);
    server.kill();
    awaitEvents("lost");
  }

  @Test
  void an_account_that_is_refused_leaves_the_look_from_outside() {
    MySqlServer server = launch();
    ServerHealth health = watch(at(server), sentinel(), FAST);
    awaitState(health, State.ANSWERS);
    server.kill();
    awaitEvents("lost");
  }

  @Test
  void nobody_listens_and_nobody_looks() {
    MySqlServer server = launch();
    ServerHealth health =
        new ServerHealth(loops.next(), target(at(server)), new XProbe(dialer), FAST);
    open.add(health);
    assertThat(health.view().state()).isEqualTo(State.UNKNOWN);
    ServerHealth.Subscription subscription = health.subscribe((_, event) -> events.add(event));
    awaitState(health, State.ANSWERS);
    subscription.close();
    assertThat(diagnose(health, 0).state()).isEqualTo(State.ANSWERS);
    await().atMost(SOON).until(() -> status(server, "Mysqlx_connections_closed") >= 2);
    long accepted = status(server, "Mysqlx_connections_accepted");
    await()
        .during(Duration.ofMillis(500))
        .atMost(SOON)
        .until(() -> status(server, "Mysqlx_connections_accepted") == accepted);
  }
}
