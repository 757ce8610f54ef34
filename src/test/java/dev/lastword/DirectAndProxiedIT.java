package dev.lastword;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.config.ClientTls;
import dev.lastword.config.Config;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.config.ServerTls;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.x.Access;
import dev.lastword.testing.x.Backstage;
import dev.lastword.testing.x.Plays;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a direct connection answers, this proxy answers: every conversation is played with the
 * server itself and through the proxy, and both have to be the same, frame by frame.
 *
 * <p>A client that may not use TLS, whatever the reason, has to see a server that has none. So for
 * such a client the measure is a server without TLS, though the one behind the proxy has it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DirectAndProxiedIT {

  /** A kind of server, and what it said when there was nothing between. */
  private static final class Original implements AutoCloseable {
    final MySqlServer server;
    final Backstage backstage;
    private final Map<Access, Plays> direct = new EnumMap<>(Access.class);

    Original(String... options) throws Exception {
      server = MySqlServer.launch(options);
      backstage = Backstage.of(server).setUp();
    }

    Plays direct(Access access) throws InterruptedException {
      Plays plays = direct.get(access);
      if (plays == null) {
        plays = play(new InetSocketAddress(server.host(), server.xPort()), access);
        direct.put(access, plays);
      }
      return plays;
    }

    Plays play(SocketAddress address, Access access) throws InterruptedException {
      return Plays.at(
          address,
          backstage,
          Plays.over(access).stream()
              .filter(play -> !play.conversation().leavesRequestUnfinished())
              .toList());
    }

    @Override
    public void close() {
      backstage.close();
      server.close();
    }
  }

  /** The kinds of servers. */
  enum Kind {
    WITH_TLS,
    WITHOUT_TLS
  }

  private final Map<Kind, Original> originals = new EnumMap<>(Kind.class);

  @TempDir Path data;

  @BeforeAll
  void launch() throws Exception {
    originals.put(Kind.WITH_TLS, new Original());
    originals.put(Kind.WITHOUT_TLS, new Original("--tls-version="));
  }

  @AfterAll
  void close() {
    originals.values().forEach(Original::close);
  }

  @ParameterizedTest(name = "client {0}, server {1} {2}, {3}: as a server {4}")
  @CsvSource(
      textBlock =
          """
          PASSTHROUGH, AS_CLIENT, WITH_TLS,    CLEAR, WITH_TLS
          PASSTHROUGH, AS_CLIENT, WITH_TLS,    TLS,   WITH_TLS
          PASSTHROUGH, AS_CLIENT, WITHOUT_TLS, CLEAR, WITHOUT_TLS
          PREFERRED,   AS_CLIENT, WITH_TLS,    CLEAR, WITH_TLS
          PREFERRED,   AS_CLIENT, WITH_TLS,    TLS,   WITH_TLS
          PREFERRED,   PREFERRED, WITH_TLS,    TLS,   WITH_TLS
          PREFERRED,   REQUIRED,  WITH_TLS,    TLS,   WITH_TLS
          REQUIRED,    AS_CLIENT, WITH_TLS,    TLS,   WITH_TLS
          REQUIRED,    PREFERRED, WITH_TLS,    TLS,   WITH_TLS
          REQUIRED,    REQUIRED,  WITH_TLS,    TLS,   WITH_TLS
          DISABLED,    DISABLED,  WITH_TLS,    CLEAR, WITHOUT_TLS
          DISABLED,    AS_CLIENT, WITH_TLS,    CLEAR, WITHOUT_TLS
          DISABLED,    PREFERRED, WITHOUT_TLS, CLEAR, WITHOUT_TLS
          DISABLED,    DISABLED,  WITHOUT_TLS, CLEAR, WITHOUT_TLS
          """)
  void the_proxy_answers_as_the_server_does(
      ClientTls.Mode clientTls, ServerTls.Mode serverTls, Kind behind, Access access, Kind like)
      throws Exception {
    Original original = original(behind);
    Plays direct = original(like).direct(access);
    Plays proxied;
    try (Proxy proxy = startProxy(original.server, clientTls, serverTls)) {
      proxied =
          original.play(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), proxy.port("x")), access);
    }

    // Where the proxy hides the server's TLS, or asks for it in vain, the server has sent and
    // received what the client has not.
    boolean countersDiffer =
        behind != like || (behind == Kind.WITHOUT_TLS && serverTls == ServerTls.Mode.PREFERRED);
    boolean passesThrough = clientTls == ClientTls.Mode.PASSTHROUGH && access == Access.TLS;
    boolean endsTls = access == Access.TLS && !passesThrough;
    assertThat(
            direct
                .without(play -> countersDiffer && play.conversation().readsCounters())
                .without(play -> endsTls && play.conversation().finishesFirst())
                .differencesTo(
                    proxied.withoutLines(
                        play -> play.conversation().isEndedWithoutAWord(),
                        DirectAndProxiedIT::saysThatTheServerLives)))
        .as("A is direct, B is proxied")
        .isEmpty();
    proxied
        .transcripts()
        .forEach((play, lines) -> {
          if (play.conversation().isEndedWithoutAWord()) {
            assertThat(lines.stream().filter(DirectAndProxiedIT::isNoticeThatTheServerLives))
                .as(play.toString())
                .hasSize(passesThrough ? 0 : 1);
          }
        });
  }

  /** What only a proxy can say of a server that closed without a word; an Error first where a request is out. */
  private static boolean saysThatTheServerLives(String line) {
    return isNoticeThatTheServerLives(line)
        || (line.contains("ERROR severity: FATAL code: 1810")
            && line.contains("db closed this connection"));
  }

  private static boolean isNoticeThatTheServerLives(String line) {
    return line.contains("NOTICE GLOBAL WARNING level: ERROR code: 1810")
        && line.contains("db closed this connection");
  }

  private Proxy startProxy(MySqlServer server, ClientTls.Mode clientTls, ServerTls.Mode serverTls) {
    return Proxy.start(
        Config.builder()
            .listener(
                Listener.x("x", "db")
                    .withBind("127.0.0.1", 0)
                    .withTls(ClientTls.DEFAULT.withMode(clientTls)))
            .server(
                Server.at("db", server.host(), server.xPort(), server.classicPort())
                    .withTls(ServerTls.DEFAULT.withMode(serverTls)))
            .dataDirectory(data)
            .build());
  }

  private Original original(Kind kind) {
    Original original = originals.get(kind);
    if (original == null) {
      throw new IllegalStateException("not launched: " + kind);
    }
    return original;
  }
}
