package dev.lastword.testing.classic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.classic.Commands.Parameter;
import dev.lastword.testing.classic.Reading.Part;
import java.net.UnixDomainSocketAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The client alone with a real server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClassicClientIT {

  private static final long BOTH_COMPRESSIONS =
      Capability.COMPRESS | Capability.ZSTD_COMPRESSION_ALGORITHM;

  private final MySqlServer server = MySqlServer.launch();
  private final Login root = Login.as(server.user(), server.password());

  @AfterAll
  void stop() {
    server.close();
  }

  private ClassicClient connect() {
    return ClassicClient.connect(server.host(), server.classicPort());
  }

  private static ByteString text(String text) {
    return ByteString.copyFromUtf8(text);
  }

  @Test
  void a_client_logs_in_with_tls_and_leaves() {
    try (ClassicClient client = connect().loginWithTls(root.withDatabase("mysql"))) {
      assertThat(client.sql("SELECT DATABASE()").value()).isEqualTo("mysql");
      assertThat(client.sql("SHOW STATUS LIKE 'Ssl_version'").rows().getFirst().getLast())
          .isEqualTo("TLSv1.3");
      client.quit();
      assertThat(client.endedInOrder()).isTrue();
    }
  }

  @Test
  void a_client_logs_in_without_tls_by_the_servers_key() {
    server.sql("CREATE USER IF NOT EXISTS 'fresh'@'%'");
    server.sql("ALTER USER 'fresh'@'%' IDENTIFIED BY 'never seen'");
    Login fresh = Login.as("fresh", "never seen");
    try (ClassicClient client = connect()) {
      client.receiveGreeting();
      Response full = client.authenticate(fresh).succeeded();
      assertThat(full.packets()).hasSize(3).extracting(Packet::sequence).containsExactly(2, 4, 6);
      assertThat(full.packets().get(1).payload().toStringUtf8()).contains("PUBLIC KEY");
    }
    try (ClassicClient client = connect()) {
      client.receiveGreeting();
      assertThat(client.authenticate(fresh).packets())
          .extracting(Packet::sequence)
          .containsExactly(2, 3);
    }
  }

  @Test
  void a_client_logs_in_at_a_unix_socket() {
    Assumptions.assumeTrue(server.classicSocket().isPresent(), "the server has no Unix socket");
    try (ClassicClient client =
        ClassicClient.connect(UnixDomainSocketAddress.of(server.classicSocket().orElseThrow()))
            .login(root)) {
      assertThat(client.changeUser(root).parts()).startsWith(Part.AUTHENTICATION).endsWith(Part.OK);
      assertThat(client.sql("SELECT 1").value()).isEqualTo("1");
      client.quit();
    }
  }

  @Test
  void a_wrong_password_is_an_error() {
    try (ClassicClient client = connect()) {
      client.receiveGreeting();
      client.startTls(root);
      Response refused = client.authenticate(Login.as(server.user(), "wrong"));
      assertThat(refused.error().code()).isEqualTo(1045);
      assertThat(refused.error().state()).isEqualTo("28000");
      client.awaitEof();
    }
  }

  @Test
  void the_password_account_of_the_elder_sha256_plugin_is_asked_for_it() {
    server.sql("CREATE USER IF NOT EXISTS 'elder'@'%'");
    server.sql("ALTER USER 'elder'@'%' IDENTIFIED WITH sha256_password BY 'Secret-1'");
    Login elder = Login.as("elder", "Secret-1");
    try (ClassicClient client = connect().login(elder)) {
      assertThat(client.sql("SELECT 1").value()).isEqualTo("1");
    }
    try (ClassicClient client = connect().loginWithTls(elder)) {
      assertThat(client.sql("SELECT 1").value()).isEqualTo("1");
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, Capability.DEPRECATE_EOF})
  void results_of_every_shape_are_read_to_their_end(long eof) {
    Login login = root.without(Capability.DEPRECATE_EOF).with(eof);
    for (long metadata : List.of(0L, Capability.OPTIONAL_RESULTSET_METADATA)) {
      try (ClassicClient client = connect().loginWithTls(login.with(metadata))) {
        if (metadata != 0) {
          client.sql("SET resultset_metadata = NONE");
        }
        assertThat(client.sql("SELECT 1, NULL, 'x'").rows().getFirst())
            .containsExactly("1", null, "x");
        assertThat(client.sql("SELECT 1 WHERE FALSE").rows()).isEmpty();
        assertThat(client.sql("SELECT 1; DO 0; SELECT 2").rows()).hasSize(2);
        long statement = client.prepare("SELECT ?, ?");
        assertThat(
                client
                    .ask(client.execute(statement, 0, Parameter.of(1), Parameter.of("x")))
                    .succeeded()
                    .rowCount())
            .isEqualTo(1);
        assertThat(
                client
                    .ask(
                        client.execute(
                            statement,
                            Commands.CURSOR_READ_ONLY,
                            Parameter.of(1),
                            Parameter.ofNull()))
                    .succeeded()
                    .rowCount())
            .isZero();
        assertThat(client.ask(Commands.fetch(statement, 10)).succeeded().rowCount()).isEqualTo(1);
        assertThat(client.ask(Commands.fieldList("missing", "")).error().code()).isEqualTo(1046);
        assertThat(client.ask(Commands.statistics()).parts()).containsExactly(Part.TEXT);
        assertThat(client.ask(Commands.ping()).ok().isAutocommit()).isTrue();
        client.quit();
      }
    }
  }

  @Test
  void sequence_numbers_wrap_in_a_long_result() {
    try (ClassicClient client = connect().loginWithTls(root)) {
      Response rows =
          client.sql(
              "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700)"
                  + " SELECT i FROM n");
      assertThat(rows.rowCount()).isEqualTo(700);
      assertThat(rows.end().sequence()).isEqualTo((700 + 3) % 256);
    }
  }

  @Test
  void a_row_of_more_than_16_mib_comes_in_chunks_and_goes_out_in_chunks() {
    int length = Packet.LARGEST_CHUNK + 1000;
    try (ClassicClient client = connect().loginWithTls(root)) {
      Response row = client.sql("SELECT REPEAT('x', " + length + ")");
      assertThat(row.packets().get(2).chunks()).isEqualTo(2);
      assertThat(row.value()).hasSize(length);
      String sql = "SELECT LENGTH('" + "x".repeat(length) + "')";
      assertThat(client.sql(sql).value()).isEqualTo(Integer.toString(length));
    }
  }

  @ParameterizedTest
  @ValueSource(
      longs = {Capability.COMPRESS, Capability.ZSTD_COMPRESSION_ALGORITHM, BOTH_COMPRESSIONS})
  void a_client_speaks_compressed(long compression) {
    try (ClassicClient client = connect().loginWithTls(root.with(compression))) {
      assertThat(client.sql("SELECT REPEAT('x', 100000)").value()).hasSize(100000);
      assertThat(client.takeOuters()).hasSizeGreaterThan(1).anyMatch(o -> o.plainLength() > 0);
      assertThat(client.sql("SELECT LENGTH('" + "x".repeat(40_000_000) + "')").value())
          .isEqualTo("40000000");
      client.quit();
    }
  }

  @Test
  void commands_in_one_write_are_answered_one_by_one() {
    try (ClassicClient client = connect().loginWithTls(root)) {
      long statement = client.prepare("SELECT ?");
      client.commandsAtOnce(
          client.query("SELECT 1"),
          Commands.sendLongData(statement, 0, text("long")),
          Commands.closeStatement(statement),
          Commands.ping(),
          client.query("SELECT 2"));
      assertThat(client.receiveResponse().value()).isEqualTo("1");
      assertThat(client.receiveResponse().parts()).containsExactly(Part.OK);
      assertThat(client.receiveResponse().value()).isEqualTo("2");
    }
  }

  @Test
  void a_wrong_sequence_number_fails_the_test() {
    try (ClassicClient client = connect().loginWithTls(root)) {
      // The server says with number 0 that 5 was wrong; after two commands it should be 1.
      client.command(Commands.ping()).receiveResponse();
      client.send(5, Commands.ping());
      assertThatThrownBy(client::receive)
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("out of order");
    }
  }

  @Test
  void an_error_of_an_idle_connection_has_number_0() {
    try (ClassicClient client = connect().loginWithTls(root)) {
      client.sql("SET wait_timeout = 1");
      Packet last = client.receive();
      assertThat(last.sequence()).isZero();
      assertThat(last.asError().code()).isEqualTo(4031);
      client.awaitEof();
    }
  }

  @Test
  void silence_is_no_end() {
    try (ClassicClient client = connect()) {
      client.receiveGreeting();
      assertThat(client.next(Duration.ofMillis(10))).isInstanceOf(Received.Silence.class);
      client.finishSending();
      // The server takes a client that leaves before its login for a broken one.
      assertThat(client.awaitEnd())
          .singleElement()
          .satisfies(packet -> assertThat(packet.asError().code()).isEqualTo(1158));
    }
  }
}
