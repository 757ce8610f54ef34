package dev.lastword;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.config.ClientTls;
import dev.lastword.config.Config;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.config.ServerTls;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.classic.Access;
import dev.lastword.testing.classic.Backstage;
import dev.lastword.testing.classic.Conversation.Trait;
import dev.lastword.testing.classic.Plays;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a direct connection answers, this proxy answers, in the classic protocol too: every conversation is played with the server itself
 * and through the proxy, and both have to be the same, packet by packet.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClassicDirectAndProxiedIT {
  private final MySqlServer server = MySqlServer.launch(Backstage.serverOptions());
  private final Backstage backstage;
  private final Map<Access, Plays> direct = new EnumMap<>(Access.class);

  @TempDir Path data;

  ClassicDirectAndProxiedIT() throws Exception {
    backstage = Backstage.of(server);
  }

  @BeforeAll
  void setUp() {
    backstage.setUp();
  }

  @AfterAll
  void close() {
    backstage.close();
    server.close();
  }

  @ParameterizedTest(name = "client {0}, server {1}, {2}")
  @CsvSource(
      textBlock =
          """
          PREFERRED,   AS_CLIENT, CLEAR
          PREFERRED,   AS_CLIENT, TLS
          PREFERRED,   AS_CLIENT, ZLIB
          PREFERRED,   AS_CLIENT, ZSTD
          PASSTHROUGH, AS_CLIENT, TLS
          REQUIRED,    DISABLED,  TLS
          DISABLED,    REQUIRED,  CLEAR
          """)
  void the_proxy_answers_as_the_server_does(
      ClientTls.Mode clientTls, ServerTls.Mode serverTls, Access access) throws Exception {
    Plays proxied;
    try (Proxy proxy = startProxy(clientTls, serverTls)) {
      proxied =
          play(new InetSocketAddress(InetAddress.getLoopbackAddress(), proxy.port("c")), access);
    }
    Set<Plays.Play> explained =
        proxied.transcripts().entrySet().stream()
            .filter(play ->
                play.getValue().stream().anyMatch(ClassicDirectAndProxiedIT::saysThatItIsOver))
            .map(Map.Entry::getKey)
            .collect(Collectors.toSet());
    // Where the server left without a word the proxy says one, which in the compressed protocol
    // comes in a packet of its own.
    boolean legsDiffer =
        clientTls != ClientTls.Mode.PASSTHROUGH && serverTls != ServerTls.Mode.AS_CLIENT;
    assertThat(
            comparable(direct(access), access, explained, legsDiffer)
                .differencesTo(comparable(proxied, access, explained, legsDiffer)))
        .as("A is direct, B is proxied")
        .isEmpty();
    assertThat(explained)
        .extracting(play -> play.conversation().toString())
        .allMatch(name -> name.contains("kill") || name.contains("binary log without an end"));
  }

  private static Plays comparable(
      Plays plays, Access access, Set<Plays.Play> explained, boolean legsDiffer) {
    return plays
        // What the server makes of an account that must encrypt is about its own leg; and a client
        // that is offered no TLS sees that in the greeting.
        .without(play -> legsDiffer && play.conversation().toString().contains("talk_tls_only"))
        .withoutLines(_ -> legsDiffer, line -> line.contains("greeting capabilities"))
        // The key that a client in the clear is shown is the proxy's own.
        .withoutLines(_ -> legsDiffer, line -> line.contains("BEGIN PUBLIC KEY"))
        // A password that the client trusts to its TLS is kept off a leg without; and one from
        // before 4.1 cannot be taken over TLS.
        .without(play ->
            legsDiffer
                && (play.toString().contains("begins with mysql_clear_password")
                    || play.toString().contains("begins with dialog")
                    || play.toString().contains("a login of 32 zeros")))
        // Netty's TLS ends both directions when the client has ended one.
        .without(
            play -> (access.isTls() || legsDiffer) && play.conversation().has(Trait.FINISHES_FIRST))
        .withoutLines(explained::contains, ClassicDirectAndProxiedIT::isExplanation);
  }

  /** What only a proxy can say of a server that closed without a word. */
  private static boolean saysThatItIsOver(String line) {
    return line.contains("ERR 3169 (08S01) Session was killed: db closed this connection");
  }

  private static boolean isExplanation(String line) {
    return saysThatItIsOver(line) || line.contains("outer ");
  }

  private Plays direct(Access access) throws InterruptedException {
    Plays plays = direct.get(access);
    if (plays == null) {
      plays = play(new InetSocketAddress(server.host(), server.classicPort()), access);
      direct.put(access, plays);
    }
    return plays;
  }

  private Plays play(SocketAddress address, Access access) throws InterruptedException {
    return Plays.at(
        address,
        backstage,
        Plays.over(access).stream()
            .filter(play -> !play.conversation().has(Trait.LEAVES_REQUEST_UNFINISHED))
            .filter(play -> !play.conversation().has(Trait.LEAVES_WITHOUT_QUIT))
            .filter(play -> !play.conversation().has(Trait.ENDED_WITHOUT_A_WORD))
            // A server takes its flags for a request to begin TLS, and answers with an alert.
            .filter(play -> !play.conversation().toString().contains("2000 bytes of 0xff"))
            .toList());
  }

  private Proxy startProxy(ClientTls.Mode clientTls, ServerTls.Mode serverTls) {
    return Proxy.start(
        Config.builder()
            .listener(
                Listener.classic("c", "db")
                    .withBind("127.0.0.1", 0)
                    .withTls(ClientTls.DEFAULT.withMode(clientTls)))
            .server(
                Server.at("db", server.host(), server.xPort(), server.classicPort())
                    .withTls(ServerTls.DEFAULT.withMode(serverTls)))
            .dataDirectory(data)
            .build());
  }
}
