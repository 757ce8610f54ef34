package dev.lastword.it;

import static dev.lastword.it.Front.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.ByteString;
import dev.lastword.Proxy;
import dev.lastword.config.ClientTls;
import dev.lastword.config.Config;
import dev.lastword.config.Endpoint;
import dev.lastword.config.Limits;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.config.Timeouts;
import dev.lastword.farewell.Cause;
import dev.lastword.farewell.Farewell;
import dev.lastword.farewell.LostSession;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.TcpRelay;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Login;
import dev.lastword.testing.x.Frame;
import dev.lastword.testing.x.Received;
import dev.lastword.testing.x.XClient;
import dev.lastword.testing.x.XMessages;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Which server a session gets, what clients hear that get none or that do not log in, and what a proxy leaves behind. */
class ServersIT {
  private static MySqlServer one;
  private static MySqlServer other;
  private static int deadPort;

  @BeforeAll
  static void start() throws IOException {
    one = MySqlServer.shared();
    other = MySqlServer.launch();
    // Nobody listens there: it was free a moment ago.
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      deadPort = free.getLocalPort();
    }
  }

  @AfterAll
  static void stop() {
    other.close();
  }

  private static Server named(String name, MySqlServer server) {
    return Server.at(name, server.host(), server.xPort(), server.classicPort());
  }

  private static Server dead(String name) {
    return Server.at(name, "127.0.0.1", deadPort, deadPort);
  }

  private static Config.Builder behind(Listener.Policy policy, Server... servers) {
    Config.Builder builder =
        Config.builder()
            .timeouts(Timeouts.DEFAULT.withConnect(Duration.ofMillis(300)))
            .listener(Front.listener(servers).withPolicy(policy));
    Stream.of(servers).forEach(builder::server);
    return builder;
  }

  private static void awaitPortBehind(Front front, MySqlServer server) {
    soon()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(portBehind(front)).isEqualTo(server.classicPort()));
  }

  /** The classic port tells the servers apart. */
  private static int portBehind(Front front) {
    try (XClient client = front.connect()) {
      client.login(one.user(), one.password());
      return Integer.parseInt(String.valueOf(client.sql("SELECT @@port").value()));
    }
  }

  @Test
  void the_first_server_that_accepts_is_taken() {
    Server first = named("first", one);
    Server second = named("second", other);
    try (Front front =
        Front.start(behind(Listener.Policy.FIRST_AVAILABLE, dead("dead"), first, second))) {
      for (int i = 0; i < 3; i++) {
        assertThat(portBehind(front)).isEqualTo(one.classicPort());
      }
    }
  }

  @Test
  void round_robin_begins_with_the_next_server_each_time() {
    try (Front front =
        Front.start(
            behind(
                Listener.Policy.ROUND_ROBIN,
                named("first", one),
                dead("dead"),
                named("second", other)))) {
      List<Integer> ports = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        ports.add(portBehind(front));
      }
      int a = one.classicPort();
      int b = other.classicPort();
      assertThat(ports).isEqualTo(List.of(a, b, b, a, b, b));
    }
  }

  @Test
  void a_server_that_does_not_answer_is_passed_over() throws IOException {
    // A full backlog: the kernel drops what else wants to connect.
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      List<SocketChannel> waiting = new ArrayList<>();
      try {
        for (int i = 0; i < 8; i++) {
          SocketChannel channel = SocketChannel.open();
          channel.configureBlocking(false);
          channel.connect(full.getLocalSocketAddress());
          waiting.add(channel);
        }
        Server silent = Server.at("silent", "127.0.0.1", full.getLocalPort(), deadPort);
        try (Front front =
            Front.start(behind(Listener.Policy.FIRST_AVAILABLE, silent, named("second", other)))) {
          assertThat(portBehind(front)).isEqualTo(other.classicPort());
        }
        try (Front front = Front.start(behind(Listener.Policy.FIRST_AVAILABLE, silent));
            XClient client = front.connect()) {
          assertThat(client.receive().asError().getMsg())
              .contains("silent", "no answer within 300 ms");
        }
      } finally {
        for (SocketChannel channel : waiting) {
          channel.close();
        }
      }
    }
  }

  @Test
  void a_client_that_no_server_can_serve_hears_of_every_one_of_them() {
    Path directory = Front.temporary();
    Server socket = dead("socket").withX(new Endpoint.Unix(directory.resolve("nobody.sock")));
    try (Front front =
            Front.start(behind(Listener.Policy.FIRST_AVAILABLE, dead("db1"), socket, dead("db2")));
        XClient client = front.connect()) {
      Frame error = client.receive();
      assertThat(error.isFatal()).isTrue();
      assertThat(error.asError().getCode()).isEqualTo(1053);
      assertThat(error.asError().getSqlState()).isEqualTo("08S01");
      assertThat(error.asError().getMsg())
          .startsWith("Server shutdown in progress")
          .contains("db1", "socket", "db2", "connection refused");
      client.awaitEof();
    } finally {
      Front.delete(directory);
    }
  }

  @Test
  void a_client_that_is_to_go_on_to_its_next_address_is_told_nothing() {
    Listener listener =
        Front.listener(dead("db1"), dead("db2")).withWhenNoServer(Listener.WhenNoServer.CLOSE);
    try (Front front =
            Front.start(
                Config.builder().listener(listener).server(dead("db1")).server(dead("db2")));
        XClient client = front.connect()) {
      client.send(XMessages.capabilitiesGet());
      client.awaitEof();
      Front.soon()
          .untilAsserted(() ->
              assertThat(front.proxy().ledger().latest())
                  .extracting(lost -> lost.verdict().cause(), LostSession::farewell)
                  .containsExactly(
                      tuple(Cause.NO_SERVER, new Farewell.Nothing(Farewell.Why.TO_FAIL_OVER))));
    }
  }

  @Test
  void such_a_client_is_told_why_once_it_is_logged_in() {
    Server server = named("main", one);
    Listener listener = Front.listener(server).withWhenNoServer(Listener.WhenNoServer.CLOSE);
    try (Front front = Front.start(Config.builder().listener(listener).server(server));
        XClient client = front.connect()) {
      client.login(one.user(), one.password());
      client.ask(XMessages.sessionReset()).succeeded();
      var _ = CompletableFuture.runAsync(front.proxy()::close);
      assertThat(client.receive().asError().getCode()).isEqualTo(1053);
      client.awaitEof();
    }
  }

  @Test
  void a_server_that_comes_back_is_used_as_soon_as_it_is_seen() {
    try (Front front =
        Front.start(
            behind(Listener.Policy.FIRST_AVAILABLE, named("main", other), named("spare", one)))) {
      assertThat(portBehind(front)).isEqualTo(other.classicPort());
      other.kill();
      assertThat(portBehind(front)).isEqualTo(one.classicPort());
      other.start();
      awaitPortBehind(front, other);
    }
  }

  @Test
  void a_server_that_is_lost_is_tried_last_even_if_something_in_front_of_it_still_accepts() {
    try (MySqlServer lost = MySqlServer.launch();
        TcpRelay x = TcpRelay.to(lost.host(), lost.xPort());
        TcpRelay classic = TcpRelay.to(lost.host(), lost.classicPort())) {
      Server behind = Server.at("behind", "127.0.0.1", x.port(), classic.port());
      Server alive = named("alive", one);
      try (Front both =
              Front.start(
                  behind(Listener.Policy.FIRST_AVAILABLE, behind, alive)
                      .listener(Front.classicListener(behind, alive)));
          Front onlyX = Front.start(behind(Listener.Policy.FIRST_AVAILABLE, behind, alive))) {
        assertThat(portBehind(both)).isEqualTo(lost.classicPort());
        lost.kill();
        // Until the monitors see it, clients are told that there is no server.
        awaitPortBehind(both, one);
        awaitPortBehind(onlyX, one);
        for (int i = 0; i < 5; i++) {
          assertThat(portBehind(both)).isEqualTo(one.classicPort());
          assertThat(portBehind(onlyX)).isEqualTo(one.classicPort());
          try (ClassicClient client = ClassicClient.connect("127.0.0.1", both.classicPort())) {
            client.loginWithTls(Login.as(one.user(), one.password()));
            assertThat(client.sql("SELECT @@port").value())
                .isEqualTo(String.valueOf(one.classicPort()));
          }
        }
        lost.start();
        awaitPortBehind(both, lost);
        awaitPortBehind(onlyX, lost);
      }
    }
  }

  @Test
  void a_client_that_does_not_log_in_in_time_is_told_so() throws Exception {
    Server server = named("db", one);
    try (Front front =
        Front.start(
            behind(Listener.Policy.FIRST_AVAILABLE, server)
                .timeouts(Timeouts.DEFAULT.withHandshake(Duration.ofMillis(600))))) {
      try (XClient silent = front.connect();
          XClient encrypted = front.connect();
          XClient slow = front.connect();
          XClient fast = front.connect()) {
        fast.login(one.user(), one.password());
        encrypted.startTls();
        // Byte by byte, and never an end.
        ByteString frame = XMessages.frame(XMessages.authenticatePlain("", "x".repeat(9_000), ""));
        Received received = slow.next(Duration.ofSeconds(5));
        assertThat(received).isInstanceOf(Frame.class);
        for (int i = 0; received instanceof Frame hello && hello.type() == Frame.NOTICE; i++) {
          slow.sendRaw(frame.substring(i, i + 1));
          Received next = slow.next(Duration.ofMillis(10));
          received = next instanceof Received.Silence ? received : next;
        }
        assertThat(received).isInstanceOf(Frame.class);
        assertTimedOut((Frame) received);
        assertTimedOut(silent.awaitEnd().getLast());
        assertTimedOut(encrypted.awaitEnd().getLast());
        // Who is logged in may take all the time there is.
        assertThat(fast.sql("SELECT 1").value()).isEqualTo("1");
      }
      front.awaitNoSessions();
    }
  }

  private static void assertTimedOut(Frame frame) {
    assertThat(frame.isFatal()).as("%s", frame).isTrue();
    assertThat(frame.asError().getCode()).isEqualTo(1159);
    assertThat(frame.asError().getSqlState()).isEqualTo("08S01");
  }

  @Test
  void one_session_too_many_is_refused_as_a_server_refuses_it() {
    Server server = named("db", one);
    Config.Builder builder =
        Config.builder()
            .server(server)
            .limits(Limits.DEFAULT.withSessions(3))
            .listener(Front.listener(server).withMaxSessions(2))
            .listener(Listener.x("second", "db").withBind("127.0.0.1", 0));
    try (Front front = Front.start(builder)) {
      int second = front.proxy().port("second");
      // One after the other: two event loops may take two connections in any order.
      try (XClient a = front.connect().login(one.user(), one.password());
          XClient _ = front.connect().login(one.user(), one.password());
          XClient refused = front.connect()) {
        assertTooMany(refused);
        try (XClient _ = XClient.connect("127.0.0.1", second).login(one.user(), one.password());
            XClient alsoRefused = XClient.connect("127.0.0.1", second)) {
          assertTooMany(alsoRefused);
          assertThat(a.sql("SELECT 1").value()).isEqualTo("1");
        }
      }
      front.awaitNoSessions();
      try (XClient again = front.connect()) {
        again.login(one.user(), one.password());
      }
    }
  }

  private static void assertTooMany(XClient client) {
    Frame error = client.receive();
    assertThat(error.isFatal()).as("%s", error).isTrue();
    assertThat(error.asError().getCode()).isEqualTo(1040);
    assertThat(error.asError().getSqlState()).isEqualTo("HY000");
    assertThat(error.asError().getMsg()).isEqualTo("Too many connections");
    client.awaitEof();
  }

  @Test
  void all_addresses_of_a_name_are_tried() throws IOException {
    Set<InetAddress> addresses = Set.of(InetAddress.getAllByName("localhost"));
    Server server = Server.at("db", "localhost", one.xPort(), one.classicPort());
    try (Front front = Front.start(behind(Listener.Policy.FIRST_AVAILABLE, server))) {
      // The server listens on 127.0.0.1 only; where localhost is ::1 too, that one refuses first or
      // last.
      assertThat(addresses).isNotEmpty();
      assertThat(portBehind(front)).isEqualTo(one.classicPort());
    }
  }

  @Test
  void clients_come_over_ipv6() throws IOException {
    InetAddress loopback = InetAddress.ofLiteral("::1");
    try (ServerSocket probe = new ServerSocket(0, 1, loopback)) {
      assertThat(probe.isBound()).isTrue();
    } catch (IOException e) {
      Assumptions.abort("this machine has no IPv6: " + e.getMessage());
    }
    Server server = named("db", one);
    try (Front front =
            Front.start(
                Config.builder()
                    .server(server)
                    .listener(Front.listener(server).withBind("::1", 0)));
        XClient client = XClient.connect(new InetSocketAddress(loopback, front.port()))) {
      client.login(one.user(), one.password());
      assertThat(front.newestSession().client()).startsWith("[");
    }
  }

  @Test
  void unix_sockets_work_on_both_sides_and_are_removed() {
    Path socket = one.xSocket().orElse(null);
    Assumptions.assumeTrue(socket != null, "the server is in a container");
    Path directory = Front.temporary();
    Path ours = directory.resolve("x.sock");
    Server server = named("db", one).withX(new Endpoint.Unix(socket));
    try {
      try (Front front =
              Front.start(
                  Config.builder()
                      .server(server)
                      .listener(
                          Front.listener(ClientTls.Mode.DISABLED, server)
                              .withBind(new Endpoint.Unix(ours))));
          XClient client = XClient.connect(Front.address(new Endpoint.Unix(ours)))) {
        client.authenticatePlain("", one.user(), one.password()).succeeded();
        assertThat(client.sql("SELECT 1").value()).isEqualTo("1");
        assertThat(front.proxy().sessions().size()).isEqualTo(1);
      }
      assertThat(ours).doesNotExist();
    } finally {
      Front.delete(directory);
    }
  }

  @Test
  void two_proxies_live_in_one_process() {
    Server first = named("first", one);
    Server second = named("second", other);
    try (Front b = Front.start(behind(Listener.Policy.FIRST_AVAILABLE, second))) {
      try (Front a = Front.start(behind(Listener.Policy.FIRST_AVAILABLE, first))) {
        assertThat(portBehind(a)).isEqualTo(one.classicPort());
        assertThat(portBehind(b)).isEqualTo(other.classicPort());
      }
      assertThat(portBehind(b)).isEqualTo(other.classicPort());
    }
  }

  @Test
  void a_client_that_just_closes_frees_its_descriptor_without_lingering() throws IOException {
    try (Front front = Front.start(behind(Listener.Policy.FIRST_AVAILABLE, named("db", one)))) {
      portBehind(front);
      front.awaitNoSessions();
      long before = descriptors();
      for (int i = 0; i < 20; i++) {
        portBehind(front);
      }
      front.awaitNoSessions();
      // The linger time is 5 s.
      soon()
          .atMost(Duration.ofSeconds(3))
          .untilAsserted(() -> assertThat(descriptors()).isLessThan(before + 5));
    }
  }

  @Test
  void starting_and_closing_leaves_nothing_behind() throws Exception {
    Server server = named("db", one);
    long descriptors = 0;
    for (int i = 0; i < 20; i++) {
      try (Front front = Front.start(behind(Listener.Policy.FIRST_AVAILABLE, server));
          XClient open = front.connect();
          Socket silent = new Socket()) {
        silent.connect(front.address());
        open.login(one.user(), one.password());
        portBehind(front);
      }
      assertThat(threadsOfProxies()).isEmpty();
      if (i == 0) {
        // What the JVM and Netty open once is there from now on.
        descriptors = descriptors();
      }
    }
    long opened = descriptors;
    soon().untilAsserted(() -> assertThat(descriptors()).isLessThanOrEqualTo(opened));
  }

  private static List<String> threadsOfProxies() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("lastword-") && !name.startsWith("lastword-mysqld"))
        .toList();
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.count();
    }
  }

  @Test
  void a_proxy_that_is_closed_twice_is_closed() {
    Server server = named("db", one);
    Proxy proxy;
    try (Front front = Front.start(behind(Listener.Policy.FIRST_AVAILABLE, server))) {
      proxy = front.proxy();
      assertThat(portBehind(front)).isEqualTo(one.classicPort());
    }
    proxy.close();
    assertThat(proxy.sessions().size()).isZero();
  }
}
