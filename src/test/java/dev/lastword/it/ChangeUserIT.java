package dev.lastword.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.lastword.config.ClientTls;
import dev.lastword.config.Config;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.config.ServerTls;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.classic.Capability;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Login;
import dev.lastword.testing.classic.Packet;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client is told that wanted to become another user and was not let in. */
class ChangeUserIT {
  private static final ByteString PING = ByteString.copyFrom(new byte[] {0x0e});

  /** The server refuses, and closes; what the client asks in the moment between changes nothing about the reason. */
  @ParameterizedTest(name = "TLS {0}")
  @ValueSource(booleans = {true, false})
  void a_client_that_asks_on_after_it_was_refused_is_told_no_other_reason(boolean tls) {
    MySqlServer server = MySqlServer.shared();
    Login root = Login.as(server.user(), server.password());
    try (Front front = Front.classic(server)) {
      for (int i = 0; i < 60; i++) {
        try (ClassicClient client = ClassicClient.connect("127.0.0.1", front.classicPort())) {
          if (tls) {
            client.loginWithTls(root);
          } else {
            client.login(root);
          }
          assertThat(client.changeUser(Login.as(server.user(), "wrong")).error().code())
              .isEqualTo(1045);
          client.command(PING);
          assertThat(client.awaitEnd()).isEmpty();
        }
      }
      front.awaitNoSessions();
    }
  }

  /**
   * A password that is in the clear on one leg has to be encrypted for the other, also where all of it is inside the compressed protocol.
   */
  @ParameterizedTest(name = "client {0}, server {1}, {2}, {3}")
  @CsvSource(
      textBlock =
          """
          REQUIRED, DISABLED, caching_sha2_password, NONE
          REQUIRED, DISABLED, caching_sha2_password, ZLIB
          REQUIRED, DISABLED, caching_sha2_password, ZSTD
          REQUIRED, DISABLED, sha256_password,       ZLIB
          DISABLED, REQUIRED, caching_sha2_password, NONE
          DISABLED, REQUIRED, caching_sha2_password, ZLIB
          DISABLED, REQUIRED, caching_sha2_password, ZSTD
          DISABLED, REQUIRED, sha256_password,       ZLIB
          """)
  void a_password_crosses_from_a_safe_leg_to_an_unsafe_one_and_back(
      ClientTls.Mode clientTls, ServerTls.Mode serverTls, String plugin, Packing packing) {
    MySqlServer server = MySqlServer.shared();
    Server behind = Front.server(server).withTls(ServerTls.DEFAULT.withMode(serverTls));
    Listener listener =
        Front.classicListener(behind).withTls(ClientTls.DEFAULT.withMode(clientTls));
    server.sql("CREATE USER crossing IDENTIFIED WITH " + plugin + " BY 'secret'");
    Login root = Login.as(server.user(), server.password()).with(packing.capability);
    Login crossing = Login.as("crossing", "secret").with(packing.capability);
    try (Front front = Front.start(Config.builder().listener(listener).server(behind));
        ClassicClient client = connect(front, clientTls, root);
        ClassicClient refused = connect(front, clientTls, root)) {
      // Nobody's password is remembered by the server, so it wants the password itself.
      server.sql("FLUSH PRIVILEGES");
      for (int i = 0; i < 2; i++) {
        client.changeUser(crossing).succeeded();
        assertThat(client.sql("SELECT SUBSTRING_INDEX(USER(), '@', 1)").value())
            .isEqualTo("crossing");
        client.changeUser(root).succeeded();
        assertThat(client.sql("SELECT REPEAT('x', 300000)").value()).hasSize(300_000);
      }
      assertThat(refused.changeUser(Login.as("crossing", "wrong")).error().code()).isEqualTo(1045);
      assertThat(refused.awaitEnd()).isEmpty();
    } finally {
      server.sql("DROP USER crossing");
    }
  }

  /** Who is told something in the middle of it is told with the numbers of its own leg. */
  @ParameterizedTest(name = "{0}")
  @EnumSource(Packing.class)
  void a_client_that_is_killed_while_it_crosses_is_told(Packing packing) {
    MySqlServer server = MySqlServer.shared();
    Server behind =
        Front.server(server).withTls(ServerTls.DEFAULT.withMode(ServerTls.Mode.DISABLED));
    Listener listener =
        Front.classicListener(behind).withTls(ClientTls.DEFAULT.withMode(ClientTls.Mode.REQUIRED));
    server.sql("CREATE USER crossing IDENTIFIED BY 'secret'");
    Login root = Login.as(server.user(), server.password()).with(packing.capability);
    try (Front front = Front.start(Config.builder().listener(listener).server(behind));
        ClassicClient client = connect(front, ClientTls.Mode.REQUIRED, root)) {
      client.beginChangeUser(Login.as("crossing", "secret"));
      front.proxy().kill(front.newestSession().id());
      List<Packet> last = client.awaitEnd();
      assertThat(last).hasSize(1);
      assertThat(last.getFirst().asError().code()).isEqualTo(3169);
      assertThat(client.endedInOrder()).isTrue();
    } finally {
      server.sql("DROP USER crossing");
    }
  }

  private static ClassicClient connect(Front front, ClientTls.Mode tls, Login login) {
    ClassicClient client = ClassicClient.connect("127.0.0.1", front.classicPort());
    return tls == ClientTls.Mode.REQUIRED ? client.loginWithTls(login) : client.login(login);
  }

  enum Packing {
    NONE(0),
    ZLIB(Capability.COMPRESS),
    ZSTD(Capability.ZSTD_COMPRESSION_ALGORITHM);

    final long capability;

    Packing(long capability) {
      this.capability = capability;
    }
  }
}
