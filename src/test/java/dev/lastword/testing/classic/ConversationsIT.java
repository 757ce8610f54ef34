package dev.lastword.testing.classic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.testing.MySqlServer;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The measure measured: a conversation that differs from itself says nothing about a proxy. */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConversationsIT {

  private final MySqlServer server = MySqlServer.launch(Backstage.serverOptions());
  private final Backstage backstage;

  ConversationsIT() throws Exception {
    backstage = Backstage.of(server);
  }

  @BeforeAll
  void setUp() {
    backstage.setUp();
  }

  @AfterAll
  void stop() {
    backstage.close();
    server.close();
  }

  @ParameterizedTest
  @EnumSource
  void a_server_answers_the_same_way_twice(Access access) throws Exception {
    InetSocketAddress address = new InetSocketAddress(server.host(), server.classicPort());
    List<Plays.Play> plays = Plays.over(access);

    Plays first = Plays.at(address, backstage, plays);
    Plays second = Plays.at(address, backstage, plays);

    assertThat(first.differencesTo(second)).isEmpty();
  }
}
