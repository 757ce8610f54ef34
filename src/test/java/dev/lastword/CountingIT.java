package dev.lastword;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.config.Config;
import dev.lastword.config.FarewellSettings;
import dev.lastword.config.Health;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.farewell.LostSession;
import dev.lastword.farewell.LostSession.Delivery;
import dev.lastword.session.Activity;
import dev.lastword.session.Session;
import dev.lastword.status.NoticeKind;
import dev.lastword.status.SentCounters;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.TcpRelay;
import dev.lastword.testing.x.Frame;
import dev.lastword.testing.x.Response;
import dev.lastword.testing.x.XClient;
import dev.lastword.testing.x.XMessages;
import dev.lastword.x.XSession;
import dev.lastword.x.protobuf.MysqlxNotice;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** After a storm of faults the proxy's numbers are those of its clients, to the last one. */
class CountingIT {
  private static final Duration SOON = Duration.ofSeconds(60);

  /** Sessions for each fault, of which there are five. */
  private static final int EACH = 200;

  @TempDir Path data;

  /** A client that counts what it gets. */
  private static final class Counting implements AutoCloseable {
    final XClient client;

    /** The X Plugin's number, which is not that of the SQL connection. */
    long number;

    long connection;
    long messages;
    final List<String> reasons = new ArrayList<>();

    Counting(int port, MySqlServer server) {
      client = XClient.connect("127.0.0.1", port).within(SOON);
      var _ = count(client.ask(XMessages.capabilitiesGet()).succeeded());
      login(server);
    }

    private void login(MySqlServer server) {
      Response login = client.authenticateSha256Memory("", server.user(), server.password());
      // The challenge is a response of its own, which the client keeps to itself.
      messages++;
      number =
          count(login.succeeded())
              .states(MysqlxNotice.SessionStateChanged.Parameter.CLIENT_ID_ASSIGNED)
              .getFirst()
              .getVUnsignedInt();
    }

    Response count(Response response) {
      messages += response.frames().size();
      return response;
    }

    Counting know() {
      connection =
          Long.parseLong(
              String.valueOf(
                  count(client.ask(XMessages.sql("SELECT CONNECTION_ID()")).succeeded()).value()));
      return this;
    }

    void hear() {
      List<Frame> rest = client.awaitEnd();
      messages += rest.size();
      reasons.addAll(Farewells.in(rest));
    }

    /** The status variables as this client would have them. */
    Map<String, Long> statusVariables() {
      long warning = 0;
      long global = 0;
      long other = 0;
      for (MysqlxNotice.Frame notice : client.notices()) {
        boolean isWarning = notice.getType() == MysqlxNotice.Frame.Type.WARNING_VALUE;
        boolean isGlobal = notice.getScope() == MysqlxNotice.Frame.Scope.GLOBAL;
        warning += isWarning ? 1 : 0;
        global += isGlobal ? 1 : 0;
        other += !isWarning && !isGlobal ? 1 : 0;
      }
      return SentCounters.variables(warning, global, other, messages);
    }

    @Override
    public void close() {
      client.close();
    }
  }

  @Test
  void what_was_counted_is_what_the_clients_received() throws Exception {
    List<Counting> all = new ArrayList<>();
    try (MySqlServer server =
            MySqlServer.launch("--mysqlx-max-connections=2000", "--max-connections=2000");
        TcpRelay relay = TcpRelay.to(server.host(), server.xPort());
        Proxy proxy = start(server, relay);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      try (XClient once = XClient.connect(server.host(), server.xPort())) {
        once.login(server.user(), server.password());
      }
      List<Counting> idle = connect(proxy, "idle", server, threads);
      List<Counting> reset = connect(proxy, "relayed", server, threads);
      List<Counting> killed = connect(proxy, "x", server, threads);
      List<Counting> ended = connect(proxy, "x", server, threads);
      List<Counting> lost = connect(proxy, "x", server, threads);
      List.of(idle, reset, killed, ended, lost).forEach(all::addAll);
      sessionVariablesAgree(proxy, lost);

      Map<Long, Long> numbers = sessionsByNumber(proxy);
      List<Future<?>> heard = new ArrayList<>();
      all.forEach(one -> heard.add(threads.submit(one::hear)));
      Future<?> operator =
          threads.submit(() -> ended.forEach(one -> proxy.kill(session(numbers, one.number))));
      Future<?> network = threads.submit(() -> relay.wires().forEach(TcpRelay.Wire::reset));
      try (Connection connection = server.connect();
          Statement statement = connection.createStatement()) {
        for (Counting one : killed) {
          var _ = statement.execute("KILL " + one.connection);
        }
      }
      operator.get(60, TimeUnit.SECONDS);
      network.get(60, TimeUnit.SECONDS);
      // Only those are left whose server is about to end.
      await().atMost(SOON).until(() -> proxy.sessions().size() == EACH);
      server.kill();
      for (Future<?> each : heard) {
        each.get(60, TimeUnit.SECONDS);
      }

      assertThat(told(idle)).isEqualTo(Map.of("N1810", EACH));
      assertThat(told(reset)).isEqualTo(Map.of("N1810", EACH));
      assertThat(told(killed)).isEqualTo(Map.of("N3169", EACH));
      assertThat(told(ended)).isEqualTo(Map.of("N3169", EACH));
      assertThat(told(lost)).isEqualTo(Map.of("N1053", EACH));

      await().atMost(SOON).until(() -> proxy.ledger().latest().size() == all.size());
      Map<String, Long> received = new HashMap<>();
      all.forEach(one -> one.statusVariables().forEach((k, v) -> received.merge(k, v, Long::sum)));
      assertThat(proxy.sent().statusVariables()).isEqualTo(received);
      assertThat(globalWarnings(proxy))
          .isEqualTo(
              Map.of(
                  "SERVER 3169", (long) EACH,
                  "PROXY 3169", (long) EACH,
                  "PROXY 1810", 2L * EACH,
                  "PROXY 1053", (long) EACH));

      List<LostSession> ledger = proxy.ledger().latest();
      assertThat(proxy.losses().byCause().values().stream().mapToLong(n -> n).sum())
          .isEqualTo(all.size());
      Map<Delivery, Long> deliveries =
          ledger.stream()
              .collect(Collectors.groupingBy(LostSession::delivery, Collectors.counting()));
      assertThat(deliveries)
          .as("the server itself has told those that it killed")
          .isEqualTo(Map.of(Delivery.WRITTEN, 4L * EACH, Delivery.NOTHING_TO_SAY, (long) EACH));
      assertThat(proxy.losses().undeliverableFarewells()).isZero();
    } finally {
      all.forEach(Counting::close);
    }
  }

  @Test
  void what_could_not_be_delivered_is_counted_as_that_and_as_nothing_else() throws Exception {
    int each = 4;
    List<Counting> all = new ArrayList<>();
    try (MySqlServer server = MySqlServer.launch("--max-allowed-packet=64M");
        Proxy proxy =
            Proxy.start(
                Config.builder()
                    .listener(Listener.x("x", "db1").withBind("127.0.0.1", 0))
                    .server(Server.at("db1", server.host(), server.xPort(), server.classicPort()))
                    .dataDirectory(data)
                    .build());
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      try (XClient once = XClient.connect(server.host(), server.xPort())) {
        once.login(server.user(), server.password());
      }
      for (int i = 0; i < 3 * each; i++) {
        all.add(new Counting(proxy.port("x"), server).know());
      }
      List<Counting> idle = all.subList(0, each);
      List<Counting> waiting = all.subList(each, 2 * each);
      List<Counting> cutOff = all.subList(2 * each, 3 * each);
      waiting.forEach(one -> one.client.send(XMessages.sql("SELECT SLEEP(30)")));
      cutOff.forEach(one -> one.client.send(XMessages.sql("SELECT REPEAT('x', 30000000)")));
      Map<Long, Long> numbers = sessionsByNumber(proxy);
      for (Counting one : waiting) {
        awaitThat(
            proxy, session(numbers, one.number), session -> session.activity() == Activity.WAITING);
      }
      // A part of the row, which is not read, and more of it than is held back.
      for (Counting one : cutOff) {
        awaitThat(proxy, session(numbers, one.number), session -> session.bytesOut() > 2 << 20);
      }
      server.kill();
      List<Future<?>> heard = new ArrayList<>();
      all.forEach(one -> heard.add(threads.submit(one::hear)));
      for (Future<?> one : heard) {
        one.get(60, TimeUnit.SECONDS);
      }

      assertThat(told(idle)).isEqualTo(Map.of("N1053", each));
      assertThat(told(waiting)).isEqualTo(Map.of("F1053 N1053", each));
      assertThat(told(cutOff)).isEqualTo(Map.of("", each));
      await().atMost(SOON).until(() -> proxy.ledger().latest().size() == all.size());
      assertThat(proxy.losses().undeliverableFarewells()).isEqualTo(each);
      assertThat(globalWarnings(proxy)).isEqualTo(Map.of("PROXY 1053", 2L * each));
      long counted =
          proxy.ledger().latest().stream()
              .filter(lost -> lost.delivery() != Delivery.NOTHING_TO_SAY)
              .count();
      long received = all.stream().filter(one -> !one.reasons.isEmpty()).count();
      assertThat(counted).isEqualTo(received + proxy.losses().undeliverableFarewells());
      Map<String, Long> sums = new HashMap<>();
      all.forEach(one -> one.statusVariables().forEach((k, v) -> sums.merge(k, v, Long::sum)));
      assertThat(proxy.sent().statusVariables()).isEqualTo(sums);
    } finally {
      all.forEach(Counting::close);
    }
  }

  private static void awaitThat(Proxy proxy, long id, Predicate<Session> condition) {
    Session session =
        proxy.sessions().live().stream().filter(s -> s.id() == id).findFirst().orElseThrow();
    await()
        .atMost(SOON)
        .until(() ->
            session.eventLoop().submit(() -> condition.test(session)).get(10, TimeUnit.SECONDS));
  }

  private Proxy start(MySqlServer server, TcpRelay relay) {
    return Proxy.start(
        Config.builder()
            .listener(Listener.x("x", "db1").withBind("127.0.0.1", 0))
            .listener(Listener.x("relayed", "db2").withBind("127.0.0.1", 0))
            .listener(
                Listener.x("idle", "db1")
                    .withBind("127.0.0.1", 0)
                    .withIdleTimeout(Duration.ofSeconds(5)))
            .server(Server.at("db1", server.host(), server.xPort(), server.classicPort()))
            .server(Server.at("db2", server.host(), relay.port(), server.classicPort()))
            .health(new Health(Duration.ofMillis(200), Duration.ofSeconds(2), 3, 1))
            .farewell(FarewellSettings.DEFAULT.withDiagnosisTimeout(Duration.ofSeconds(5)))
            .dataDirectory(data)
            .build());
  }

  private static List<Counting> connect(
      Proxy proxy, String listener, MySqlServer server, ExecutorService threads) throws Exception {
    int port = proxy.port(listener);
    List<Future<Counting>> connecting = new ArrayList<>();
    for (int i = 0; i < EACH; i++) {
      connecting.add(threads.submit(() -> new Counting(port, server).know()));
    }
    List<Counting> connected = new ArrayList<>();
    for (Future<Counting> one : connecting) {
      connected.add(one.get(60, TimeUnit.SECONDS));
    }
    return connected;
  }

  private static Map<Long, Long> sessionsByNumber(Proxy proxy) throws Exception {
    Map<Long, Long> numbers = new HashMap<>();
    for (Session session : proxy.sessions().live()) {
      numbers.put(
          session.eventLoop().submit(session::connectionId).get(10, TimeUnit.SECONDS),
          session.id());
    }
    return numbers;
  }

  private static long session(Map<Long, Long> sessions, long number) {
    Long session = sessions.get(number);
    assertThat(session).isNotNull();
    return session == null ? 0 : session;
  }

  private static void sessionVariablesAgree(Proxy proxy, List<Counting> clients) throws Exception {
    Map<Long, Counting> byNumber =
        clients.stream().collect(Collectors.toMap(one -> one.number, one -> one));
    int compared = 0;
    for (Session session : proxy.sessions().live()) {
      Counting client =
          byNumber.get(session.eventLoop().submit(session::connectionId).get(10, TimeUnit.SECONDS));
      if (client != null && session instanceof XSession x) {
        assertThat(x.eventLoop().submit(x::statusVariables).get(10, TimeUnit.SECONDS))
            .isEqualTo(client.statusVariables());
        compared++;
      }
    }
    assertThat(compared).isEqualTo(clients.size());
  }

  private static Map<String, Integer> told(List<Counting> clients) {
    Map<String, Integer> told = new HashMap<>();
    clients.forEach(one -> told.merge(String.join(" ", one.reasons), 1, Integer::sum));
    return told;
  }

  private static Map<String, Long> globalWarnings(Proxy proxy) {
    Map<String, Long> warnings = new HashMap<>();
    proxy
        .sent()
        .notices()
        .forEach((kind, count) -> {
          if (kind.type() == NoticeKind.Type.WARNING && kind.scope() == NoticeKind.Scope.GLOBAL) {
            warnings.merge(kind.origin() + " " + kind.code(), count, Long::sum);
          }
        });
    return warnings;
  }
}
