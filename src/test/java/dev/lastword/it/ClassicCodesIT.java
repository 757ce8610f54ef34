package dev.lastword.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.config.Config;
import dev.lastword.config.Limits;
import dev.lastword.config.Listener;
import dev.lastword.config.Listener.Reason;
import dev.lastword.farewell.Farewell;
import dev.lastword.session.Session;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Login;
import dev.lastword.testing.classic.Packet;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The codes and SQLSTATEs that an operator has chosen for a classic listener are what its clients receive. */
class ClassicCodesIT {
  private final MySqlServer server = MySqlServer.shared();

  private Front front(Listener listener, Limits limits) {
    return Front.start(
        Config.builder()
            .listener(listener.withBind("127.0.0.1", 0))
            .server(Front.server(server))
            .limits(limits));
  }

  private Front front(Listener listener) {
    return front(listener, Limits.DEFAULT);
  }

  private static Listener listener() {
    return Listener.classic(Front.LISTENER, "db");
  }

  private ClassicClient login(Front front) {
    return ClassicClient.connect(front.address()).login(Login.as(server.user(), server.password()));
  }

  private static Packet.ServerError farewell(ClassicClient client) {
    return client.awaitEnd().getLast().asError();
  }

  @Test
  void a_reason_has_the_code_that_was_chosen_and_the_others_their_own() throws Exception {
    try (Front front = front(listener().withCode(Reason.KILLED, 1927, "70100"))) {
      try (ClassicClient client = login(front)) {
        Session session = front.newestSession();
        assertThat(front.proxy().kill(session.id())).isTrue();
        Packet.ServerError told = farewell(client);
        assertThat(told.code()).isEqualTo(1927);
        assertThat(told.state()).isEqualTo("70100");
        assertThat(told.message()).startsWith("Connection was killed: by the operator");
        assertThat(front.proxy().ledger().find(session.id()))
            .hasValueSatisfying(
                lost -> assertThat(lost.farewell()).isEqualTo(new Farewell.Err(1927, "70100")));
      }
      try (ClassicClient client = login(front)) {
        assertThat(front.proxy().drain(Duration.ofSeconds(20))).isTrue();
        assertThat(farewell(client).toString()).startsWith("1053").contains("08S01");
      }
    }
  }

  @Test
  void a_client_for_which_there_is_no_room_hears_the_chosen_code_in_place_of_the_greeting() {
    Listener listener = listener().withCode(Reason.TOO_MANY, 1203, "42000");
    try (Front front = front(listener, Limits.DEFAULT.withSessions(1));
        ClassicClient first = login(front);
        ClassicClient second = ClassicClient.connect(front.address())) {
      Packet.ServerError told = farewell(second);
      assertThat(told.code()).isEqualTo(1203);
      assertThat(told.message()).isEqualTo("Too many connections");
      assertThat(first.sql("SELECT 1").value()).isEqualTo("1");
    }
  }

  @Test
  void a_client_that_is_idle_for_too_long_hears_the_chosen_code() {
    Listener listener =
        listener().withIdleTimeout(Duration.ofMillis(200)).withCode(Reason.TIMEOUT, 1159, "08S01");
    try (Front front = front(listener);
        ClassicClient client = login(front)) {
      Packet.ServerError told = farewell(client);
      assertThat(told.code()).isEqualTo(1159);
      assertThat(told.state()).isEqualTo("08S01");
      assertThat(told.message()).startsWith("The client was disconnected by the server because");
    }
  }
}
