package dev.lastword.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Login;
import org.junit.jupiter.params.ParameterizedTest;
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
}
