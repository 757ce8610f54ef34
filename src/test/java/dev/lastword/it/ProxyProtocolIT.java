package dev.lastword.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.lastword.config.Config;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.config.Server.ProxyHeader;
import dev.lastword.config.Timeouts;
import dev.lastword.farewell.LostSession;
import dev.lastword.status.LossCounters.Loss;
import dev.lastword.status.LossCounters.Place;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Login;
import dev.lastword.testing.x.XClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Load balancers in front of the proxy that say whom a connection is for, and servers that want to know it. */
class ProxyProtocolIT {
  private static final String V1 = "PROXY TCP4 192.0.2.7 198.51.100.2 4711 6446\r\n";
  private static final String V2 =
      "\r\n\r\n\0\r\nQUIT\n!\u0011\0\f\u00c0\0\u0002\u0007\u00c63d\u0002\u0012g\u0019.";

  private final MySqlServer server = MySqlServer.shared();

  private static Listener listener(Listener.Protocol protocol, Server server) {
    return (switch (protocol) {
          case X -> Listener.x(Front.LISTENER, server.name());
          case CLASSIC -> Listener.classic(Front.LISTENER, server.name());
        })
        .withBind("127.0.0.1", 0);
  }

  private static Front start(Listener listener, Server server) {
    return Front.start(
        Config.builder()
            .listener(listener)
            .server(server)
            .timeouts(Timeouts.DEFAULT.withHandshake(Duration.ofSeconds(2))));
  }

  /** A proxy that is reached through a load balancer at this machine's own address. */
  private Front behind(Listener.Protocol protocol) {
    Server db = Front.server(server);
    return start(listener(protocol, db).withTrustedProxies("10.0.0.0/8", "127.0.0.1"), db);
  }

  private static ByteString bytes(String header) {
    return ByteString.copyFrom(header, StandardCharsets.ISO_8859_1);
  }

  private void talk(Front front, Listener.Protocol protocol, ByteString header) {
    switch (protocol) {
      case X -> {
        try (XClient client = front.connect()) {
          client.sendRaw(header).login(server.user(), server.password());
          assertThat(front.newestSession().client()).isEqualTo("192.0.2.7:4711");
        }
      }
      case CLASSIC -> {
        try (ClassicClient client = ClassicClient.connect(front.address())) {
          client.sendRaw(header).login(Login.as(server.user(), server.password()));
          assertThat(front.newestSession().client()).isEqualTo("192.0.2.7:4711");
          assertThat(client.sql("SELECT 1").value()).isEqualTo("1");
        }
      }
    }
    front.awaitNoSessions();
    Front.soon()
        .untilAsserted(
            () -> assertThat(clients(front)).isNotEmpty().containsOnly("192.0.2.7:4711"));
  }

  @ParameterizedTest
  @EnumSource(Listener.Protocol.class)
  void a_session_is_the_clients_that_the_load_balancer_names(Listener.Protocol protocol) {
    try (Front front = behind(protocol)) {
      talk(front, protocol, bytes(V1));
      talk(front, protocol, bytes(V2));
    }
  }

  @Test
  void from_elsewhere_a_header_is_garbage() {
    Server db = Front.server(server);
    try (Front front =
            start(listener(Listener.Protocol.CLASSIC, db).withTrustedProxies("10.0.0.0/8"), db);
        ClassicClient client = ClassicClient.connect(front.address())) {
      client.receiveGreeting();
      client.sendRaw(bytes(V1));
      assertThat(client.awaitEnd().getLast().asError().code()).isEqualTo(1156);
      Front.soon().until(() -> !clients(front).isEmpty());
      assertThat(clients(front).getFirst()).startsWith("127.0.0.1:");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "PROXY ", "GET / HTTP/1.1\r\n\r\n", "PROXY TCP4 x y 1 2\r\n"})
  void what_is_not_announced_is_closed_without_a_byte_and_counted(String header) throws Exception {
    for (Listener.Protocol protocol : Listener.Protocol.values()) {
      try (Front front = behind(protocol);
          Socket socket = new Socket(InetAddress.getLoopbackAddress(), front.port())) {
        socket.setSoTimeout(20_000);
        socket.getOutputStream().write(header.getBytes(StandardCharsets.US_ASCII));
        assertThat(received(socket)).isZero();
        Front.soon()
            .untilAsserted(() -> assertThat(refused(front, protocol)).as("%s", protocol).isOne());
        assertThat(front.proxy().sessions().size()).isZero();
      }
    }
  }

  /** Bytes until the end, in order or not: what was not read of a header makes the kernel send RST. */
  private static int received(Socket socket) {
    int bytes = 0;
    try {
      InputStream in = socket.getInputStream();
      while (in.read() >= 0) {
        bytes++;
      }
    } catch (java.net.SocketTimeoutException e) {
      throw new AssertionError("it is not closed", e);
    } catch (IOException _) {
      // Reset.
    }
    return bytes;
  }

  private static long refused(Front front, Listener.Protocol protocol) {
    return front
        .proxy()
        .losses()
        .refused()
        .getOrDefault(
            new Place(
                new Loss("client-refused", protocol == Listener.Protocol.X ? "x" : "classic"),
                Front.LISTENER,
                ""),
            0L);
  }

  @ParameterizedTest
  @EnumSource(ProxyHeader.class)
  void a_server_that_is_told_knows_the_client(ProxyHeader header) {
    for (Listener.Protocol protocol : Listener.Protocol.values()) {
      boolean tells = header != ProxyHeader.NONE;
      Server db = Front.server(server);
      Listener inner = listener(protocol, db);
      // One proxy behind another: the second is the server that wants to know.
      try (Front second = start(tells ? inner.withTrustedProxies("127.0.0.1") : inner, db)) {
        Server next =
            Server.at("db", "127.0.0.1", second.port(), second.port()).withProxyHeader(header);
        try (Front first = start(listener(protocol, next).withTrustedProxies("127.0.0.1"), next)) {
          talk(first, protocol, bytes(V2));
          // Those of the first proxy's monitor come and go.
          Front.soon()
              .until(() ->
                  second.proxy().ledger().latest().stream()
                      .anyMatch(ended -> ended.user().equals(server.user())));
          Front.soon()
              .untilAsserted(() ->
                  assertThat(clients(second).contains("192.0.2.7:4711"))
                      .as("%s %s", protocol, clients(second))
                      .isEqualTo(tells));
          assertThat(refused(second, protocol)).as("%s", protocol).isZero();
        }
      }
    }
  }

  private static List<String> clients(Front front) {
    return front.proxy().ledger().latest().stream().map(LostSession::client).toList();
  }
}
