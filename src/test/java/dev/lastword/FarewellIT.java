package dev.lastword;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.lastword.config.Config;
import dev.lastword.config.FarewellSettings;
import dev.lastword.config.Health;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.farewell.LostSession;
import dev.lastword.session.Activity;
import dev.lastword.session.Session;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.x.Frame;
import dev.lastword.testing.x.XClient;
import dev.lastword.testing.x.XMessages;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** How a farewell gets to the client, and when there must be none. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FarewellIT {
  private static final Duration SOON = Duration.ofSeconds(30);

  @SuppressWarnings("NullAway.Init")
  private MySqlServer server;

  @TempDir Path data;

  @BeforeAll
  void launch() {
    server = MySqlServer.launch("--max-allowed-packet=64M", "--max-connections=300");
  }

  @AfterAll
  void close() {
    server.close();
  }

  private Proxy start(Duration linger) {
    return start(linger, new Health(Duration.ofMillis(200), Duration.ofMillis(300), 2, 1));
  }

  private Proxy start(Duration linger, Health health) {
    return Proxy.start(
        Config.builder()
            .listener(Listener.x("x", "db1").withBind("127.0.0.1", 0))
            .server(Server.at("db1", server.host(), server.xPort(), server.classicPort()))
            .health(health)
            .farewell(FarewellSettings.DEFAULT.withLinger(linger))
            .dataDirectory(data)
            .build());
  }

  private Proxy start() {
    return start(Duration.ofSeconds(5));
  }

  private XClient connect(Proxy proxy) {
    return XClient.connect("127.0.0.1", proxy.port("x")).within(SOON);
  }

  private XClient login(Proxy proxy) {
    return connect(proxy).login(server.user(), server.password());
  }

  /** Without TLS, so that one thread can send while another receives. */
  private XClient loginInClear(Proxy proxy) {
    login(proxy).close();
    XClient client = connect(proxy);
    client.authenticateSha256Memory("", server.user(), server.password()).succeeded();
    return client;
  }

  private static long newest(Proxy proxy) {
    return proxy.sessions().live().stream().mapToLong(Session::id).max().orElseThrow();
  }

  private static void awaitActivity(Proxy proxy, long id, Activity activity) {
    Session session =
        proxy.sessions().live().stream().filter(s -> s.id() == id).findFirst().orElseThrow();
    await()
        .atMost(SOON)
        .until(() ->
            session.eventLoop().submit(session::activity).get(10, TimeUnit.SECONDS) == activity);
  }

  private static LostSession entry(Proxy proxy, long id) {
    await().atMost(SOON).until(() -> proxy.ledger().find(id).isPresent());
    return proxy.ledger().find(id).orElseThrow();
  }

  // ---- Delivery

  @Test
  void a_client_in_the_middle_of_sending_50_MB_of_requests_reads_its_farewell() throws Exception {
    try (Proxy proxy = start();
        XClient client = loginInClear(proxy)) {
      long id = newest(proxy);
      ByteString request =
          XMessages.frame(XMessages.sql("SELECT 1 /* " + "x".repeat(50_000) + " */"));
      client.send(XMessages.sql("SELECT SLEEP(20)"));
      CompletableFuture<Void> sending =
          CompletableFuture.runAsync(() -> {
            for (int i = 0; i < 1_000; i++) {
              client.sendRaw(request);
            }
          });
      awaitStandstill(client);
      assertThat(sending).isNotDone();
      assertThat(proxy.kill(id)).isTrue();
      assertThat(Farewells.in(client.awaitEnd())).containsExactly("F3169", "N3169");
      assertThat(client.endedInOrder()).isTrue();
      assertThat(sending).as("all of it is taken, and thrown away").succeedsWithin(SOON);
      assertThat(entry(proxy, id).delivery()).isEqualTo(LostSession.Delivery.WRITTEN);
    }
  }

  private static void awaitStandstill(XClient client) {
    long[] before = {-1};
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(200))
        .until(() -> {
          long now = client.bytesSent();
          boolean stands = now == before[0] && now > 1 << 20;
          before[0] = now;
          return stands;
        });
  }

  @Test
  void clients_that_do_not_read_are_let_go_and_cost_no_more_than_their_bound() throws Exception {
    int count = 20;
    long before = directMemory();
    List<XClient> clients = new ArrayList<>();
    try (Proxy proxy = start(Duration.ofMillis(500))) {
      for (int i = 0; i < count; i++) {
        XClient client = login(proxy);
        clients.add(client);
        client.send(
            XMessages.sql(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 480) SELECT i, REPEAT('x', 100000) FROM n"));
      }
      List<Session> sessions = List.copyOf(proxy.sessions().live());
      for (Session session : sessions) {
        long[] seen = {-1};
        await()
            .atMost(SOON)
            .pollInterval(Duration.ofMillis(100))
            .until(() -> {
              long now = session.eventLoop().submit(session::bytesOut).get(10, TimeUnit.SECONDS);
              boolean stands = now == seen[0] && now > 1 << 20;
              seen[0] = now;
              return stands;
            });
      }
      // The write buffer and the frame that is held back, 1 MiB each, what one read brings beyond
      // them, and what an allocator keeps around it.
      long bound = count * (3L << 20) + (32L << 20);
      assertThat(directMemory() - before).isLessThan(bound);
      sessions.forEach(session -> assertThat(proxy.kill(session.id())).isTrue());
      assertThat(directMemory() - before).isLessThan(bound);
      // Two lingers: the first one to see whether the client takes something.
      assertThat(proxy.sessions().awaitFarewells(Duration.ofSeconds(4))).isTrue();
      for (Session session : sessions) {
        assertThat(entry(proxy, session.id()).delivery())
            .isEqualTo(LostSession.Delivery.UNDELIVERABLE);
      }
      assertThat(proxy.losses().undeliverableFarewells()).isEqualTo(count);
    } finally {
      clients.forEach(XClient::close);
    }
  }

  private static long directMemory() {
    return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT).metric().usedDirectMemory();
  }

  @Test
  void inside_a_compressed_result_the_farewell_is_not_compressed() throws Exception {
    try (Proxy proxy = start();
        XClient client = connect(proxy)) {
      awaitCompressedResult(proxy, client, "zstd_stream");
      assertThat(proxy.kill(newest(proxy))).isTrue();
      assertEndsAfterCompressedFrames(client, 3169);
    }
  }

  @Test
  void inside_a_compressed_result_of_a_frozen_server_the_farewell_is_not_compressed()
      throws Exception {
    try (Proxy proxy = start();
        XClient client = connect(proxy)) {
      awaitCompressedResult(proxy, client, "deflate_stream");
      server.freeze();
      try {
        assertEndsAfterCompressedFrames(client, 1053);
      } finally {
        server.thaw();
      }
    }
  }

  /** Asks for far more than there is room for on the way, and reads none of it. */
  private void awaitCompressedResult(Proxy proxy, XClient client, String algorithm)
      throws Exception {
    client.startTls();
    client.ask(XMessages.capabilitiesSet(XMessages.compression(algorithm))).succeeded();
    client.authenticatePlain("", server.user(), server.password()).succeeded();
    client.startCompression(algorithm);
    client.send(
        XMessages.sql(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) SELECT RANDOM_BYTES(1000) FROM n a, n b"));
    Session session = proxy.sessions().live().iterator().next();
    long[] before = {-1};
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(200))
        .until(() -> {
          long now = session.eventLoop().submit(session::bytesOut).get(10, TimeUnit.SECONDS);
          boolean stands = now == before[0] && now > 1 << 20;
          before[0] = now;
          return stands;
        });
  }

  /** What came before the farewell can be unpacked, and is a part of the result. */
  private static void assertEndsAfterCompressedFrames(XClient client, int code) {
    List<Frame> outer = new ArrayList<>();
    while (client.nextOuter(SOON) instanceof Frame frame) {
      outer.add(frame);
    }
    assertThat(client.endedInOrder()).isTrue();
    List<Frame> result = outer.subList(0, outer.size() - 2);
    assertThat(Farewells.in(result)).isEmpty();
    assertThat(Farewells.in(outer)).containsExactly("F" + code, "N" + code);
    assertThat(result.getLast().type()).isEqualTo(Frame.COMPRESSION);
    List<Frame> rows =
        result.stream()
            .filter(frame -> frame.type() == Frame.COMPRESSION)
            .flatMap(frame -> client.unpack(frame).stream())
            .toList();
    assertThat(rows).last().extracting(Frame::type).isEqualTo(Frame.ROW);
  }

  @Test
  void with_tls_a_close_notify_follows_the_farewell() {
    try (Proxy proxy = start()) {
      for (String version : List.of("TLSv1.2", "TLSv1.3")) {
        try (XClient client = connect(proxy)) {
          client.startTls(version);
          client.authenticatePlain("", server.user(), server.password()).succeeded();
          assertThat(proxy.kill(newest(proxy))).isTrue();
          assertThat(Farewells.in(client.awaitEnd())).containsExactly("N3169");
          assertThat(client.endedInOrder()).as(version).isTrue();
        }
      }
    }
  }

  // ---- None

  @Test
  void a_client_that_has_asked_to_leave_is_told_nothing_when_its_server_is_lost() {
    try (Proxy proxy = start();
        XClient client = login(proxy)) {
      long id = newest(proxy);
      server.freeze();
      try {
        client.send(XMessages.connectionClose());
        assertThat(Farewells.in(client.awaitEnd())).isEmpty();
        assertThat(entry(proxy, id).verdict().cause().text()).isEqualTo("client-left");
      } finally {
        server.thaw();
      }
    }
  }

  @Test
  void a_client_that_has_logged_out_gets_a_fatal_error_and_no_notice() {
    try (Proxy proxy = start();
        XClient client = login(proxy)) {
      client.ask(XMessages.sessionReset()).succeeded();
      assertThat(proxy.kill(newest(proxy))).isTrue();
      assertThat(Farewells.in(client.awaitEnd())).containsExactly("F3169");
    }
  }

  @Test
  void between_logging_out_and_the_next_login_there_is_no_notice() throws Exception {
    // Time enough to ask before the server is found to be frozen.
    Health slow = new Health(Duration.ofSeconds(1), Duration.ofSeconds(2), 2, 1);
    try (Proxy proxy = start(Duration.ofSeconds(5), slow);
        XClient logsOut = login(proxy);
        XClient closes = login(proxy);
        XClient changes = login(proxy);
        XClient loggedOut = login(proxy)) {
      Message again = XMessages.authenticatePlain("", server.user(), server.password());
      loggedOut.ask(XMessages.sessionReset()).succeeded();
      server.freeze();
      try {
        logsOut.send(XMessages.sessionReset(false));
        closes.send(XMessages.sessionClose());
        changes.sendAtOnce(XMessages.sessionReset(false), again);
        loggedOut.send(again);
        for (XClient client : List.of(logsOut, closes, changes, loggedOut)) {
          assertThat(Farewells.in(client.awaitEnd())).containsExactly("F1053");
        }
      } finally {
        server.thaw();
      }
    }
  }

  @Test
  void a_client_that_has_logged_in_again_gets_its_notice() {
    try (Proxy proxy = start();
        XClient client = login(proxy)) {
      client.ask(XMessages.sessionReset()).succeeded();
      client.authenticatePlain("", server.user(), server.password()).succeeded();
      assertThat(proxy.kill(newest(proxy))).isTrue();
      assertThat(Farewells.in(client.awaitEnd())).containsExactly("N3169");
    }
  }

  @Test
  void a_client_that_has_switched_warnings_off_gets_none() {
    try (Proxy proxy = start();
        XClient client = login(proxy)) {
      long id = newest(proxy);
      client
          .ask(
              XMessages.command(
                  "disable_notices",
                  XMessages.field(
                      "notice", XMessages.array(XMessages.any(XMessages.string("warnings"))))))
          .succeeded();
      assertThat(proxy.kill(id)).isTrue();
      assertThat(Farewells.in(client.awaitEnd())).isEmpty();
      assertThat(client.endedInOrder()).isTrue();
      assertThat(entry(proxy, id).delivery()).isEqualTo(LostSession.Delivery.NOTHING_TO_SAY);
    }
  }

  @Test
  void a_client_that_has_switched_warnings_off_and_waits_for_an_answer_gets_an_error()
      throws Exception {
    try (Proxy proxy = start();
        XClient client = login(proxy)) {
      long id = newest(proxy);
      client
          .ask(
              XMessages.command(
                  "disable_notices",
                  XMessages.field(
                      "notice", XMessages.array(XMessages.any(XMessages.string("warnings"))))))
          .succeeded();
      client.send(XMessages.sql("SELECT SLEEP(20)"));
      awaitActivity(proxy, id, Activity.WAITING);
      assertThat(proxy.kill(id)).isTrue();
      assertThat(Farewells.in(client.awaitEnd())).containsExactly("F3169");
    }
  }

  @Test
  void a_kill_that_races_with_the_next_statement_gives_one_reason_each_time() throws Exception {
    int count = 50;
    try (Proxy proxy = start();
        Connection connection = server.connect();
        Statement statement = connection.createStatement();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<String>>> told = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        XClient client = login(proxy);
        String number = client.sql("SELECT CONNECTION_ID()").value();
        CyclicBarrier together = new CyclicBarrier(2);
        told.add(
            threads.submit(() -> {
              try (client) {
                together.await(30, TimeUnit.SECONDS);
                try {
                  client.send(XMessages.sql("SELECT 1"));
                } catch (UncheckedIOException closed) {
                  // The kill was faster.
                }
                return Farewells.in(client.awaitEnd());
              }
            }));
        together.await(30, TimeUnit.SECONDS);
        var _ = statement.execute("KILL " + number);
      }
      for (Future<List<String>> each : told) {
        assertThat(each.get(60, TimeUnit.SECONDS)).hasSize(1).first().isIn("F1317", "N3169");
      }
    }
  }

  // ---- Drain

  @Test
  void a_drain_tells_the_idle_at_once_and_lets_the_others_finish() throws Exception {
    server.sql("CREATE SCHEMA IF NOT EXISTS drained");
    server.sql("CREATE TABLE IF NOT EXISTS drained.t (id INT)");
    try (Proxy proxy = start();
        XClient idle = login(proxy);
        XClient busy = login(proxy)) {
      long busyId = newest(proxy);
      try (XClient working = login(proxy)) {
        working.sql("START TRANSACTION");
        working.sql("INSERT INTO drained.t VALUES (1)");
        busy.send(XMessages.sql("SELECT SLEEP(2)"));
        awaitActivity(proxy, busyId, Activity.WAITING);
        CompletableFuture<Boolean> drained = drain(proxy, SOON);
        assertThat(Farewells.in(idle.awaitEnd())).containsExactly("N1053");
        assertThat(proxy.sessions().size()).isEqualTo(2);
        assertThatThrownBy(() -> connect(proxy)).isInstanceOf(UncheckedIOException.class);
        assertThat(busy.receiveResponse().succeeded().value()).isEqualTo("0");
        assertThat(Farewells.in(busy.awaitEnd())).containsExactly("N1053");
        working.sql("INSERT INTO drained.t VALUES (2)");
        assertThat(drained).isNotDone();
        working.ask(XMessages.sql("COMMIT")).succeeded();
        assertThat(Farewells.in(working.awaitEnd())).containsExactly("N1053");
        assertThat(drained).succeedsWithin(SOON).isEqualTo(true);
      }
    }
    assertThat(server.sql("SELECT * FROM drained.t")).hasSize(2);
  }

  @Test
  void who_has_not_finished_when_the_drain_ends_is_told_by_the_close() throws Exception {
    try (Proxy proxy = start(Duration.ofMillis(500));
        XClient busy = login(proxy)) {
      busy.send(XMessages.sql("SELECT SLEEP(20)"));
      awaitActivity(proxy, newest(proxy), Activity.WAITING);
      assertThat(proxy.drain(Duration.ofMillis(200))).isFalse();
      CompletableFuture<Void> closed = CompletableFuture.runAsync(proxy::close);
      assertThat(Farewells.in(busy.awaitEnd())).containsExactly("F1053", "N1053");
      assertThat(closed).as("after the linger").succeedsWithin(SOON);
    }
  }

  private static CompletableFuture<Boolean> drain(Proxy proxy, Duration atMost) {
    return CompletableFuture.supplyAsync(() -> {
      try {
        return proxy.drain(atMost);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    });
  }
}
