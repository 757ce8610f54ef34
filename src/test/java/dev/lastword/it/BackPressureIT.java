package dev.lastword.it;

import static dev.lastword.it.Front.soon;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.lastword.config.Config;
import dev.lastword.config.Server;
import dev.lastword.session.Activity;
import dev.lastword.session.Session;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.x.Frame;
import dev.lastword.testing.x.Received;
import dev.lastword.testing.x.XClient;
import dev.lastword.testing.x.XMessages;
import dev.lastword.x.protobuf.MysqlxNotice;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Slow readers, large messages and halves of messages: what they cost the proxy, and that they arrive as they were sent. */
class BackPressureIT {
  private static final int MIB = 1 << 20;

  /** Rows of the long result, of a million bytes each: more than two gigabytes. */
  private static final int ROWS = 2_100;

  /** What one session may cost: the write buffer, a held frame and what one read brings, each with room for the allocator's chunks. */
  private static final long BOUND = 32L * MIB;

  private static MySqlServer server;
  private static Front front;

  @BeforeAll
  static void start() {
    server = MySqlServer.launch("--max-allowed-packet=256M", "--mysqlx-max-allowed-packet=128M");
    Server behind = Front.server(server);
    // One event loop: whoever holds it up holds up everybody.
    front =
        Front.start(Config.builder().server(behind).listener(Front.listener(behind)).eventLoops(1));
  }

  @AfterAll
  static void stop() {
    front.close();
    server.close();
  }

  private static XClient login() {
    return front.connect().within(Duration.ofMinutes(1)).login(server.user(), server.password());
  }

  private static long memory() {
    return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT).metric().usedDirectMemory();
  }

  @Test
  void a_client_that_stops_reading_costs_a_bounded_buffer_and_others_nothing() {
    try (XClient other = login();
        XClient slow = front.connect().within(Duration.ofMinutes(2))) {
      // Without TLS, which would only make it slower.
      slow.authenticateSha256Memory("", server.user(), server.password()).succeeded();
      Session session = front.newestSession();
      long before = memory();
      slow.send(
          XMessages.sql(
              "SELECT REPEAT('x', 1000000) FROM information_schema.collations a,"
                  + " information_schema.collations b LIMIT "
                  + ROWS));
      long sent = awaitStandstill(session);
      assertThat(sent).isLessThan(200L * MIB);
      assertThat(Front.ask(session, session::activity)).isEqualTo(Activity.MID_RESULT);
      assertThat(memory() - before).isLessThan(BOUND);
      for (int i = 0; i < 100; i++) {
        assertThat(other.sql("SELECT " + i).value()).isEqualTo(String.valueOf(i));
      }
      assertThat(other.sql("SELECT REPEAT('y', 20000000)").value()).hasSize(20_000_000);
      assertThat(Front.ask(session, session::bytesOut)).isEqualTo(sent);
      int rows = 0;
      Frame frame = slow.receive();
      while (!frame.endsResponse()) {
        if (frame.type() == Frame.ROW) {
          assertThat(frame.payload().size()).isGreaterThan(1_000_000);
          rows++;
          if (rows % 500 == 0) {
            assertThat(memory() - before).as("while it reads").isLessThan(2 * BOUND);
          }
        }
        frame = slow.receive();
      }
      assertThat(frame.type()).isEqualTo(Frame.STMT_EXECUTE_OK);
      assertThat(rows).isEqualTo(ROWS);
      assertThat(slow.sql("SELECT 'on it goes'").value()).isEqualTo("on it goes");
    }
    front.awaitNoSessions();
  }

  /** Waits until the proxy sends nothing more to a client, and returns what it has sent. */
  private static long awaitStandstill(Session session) {
    long[] last = {-1, 0};
    soon()
        .pollInterval(Duration.ofMillis(50))
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          long now = Front.ask(session, session::bytesOut);
          last[1] = now == last[0] && now > MIB ? last[1] + 1 : 0;
          last[0] = now;
          return last[1] >= 8;
        });
    return last[0];
  }

  @Test
  void a_client_that_goes_away_in_the_middle_of_a_long_result_frees_what_waits_for_it() {
    long before = memory();
    for (int i = 0; i < 5; i++) {
      XClient slow = login();
      Session session = front.newestSession();
      slow.send(
          XMessages.sql(
              "SELECT REPEAT('x', 1000000) FROM information_schema.collations a,"
                  + " information_schema.collations b LIMIT 1000"));
      soon().until(() -> Front.ask(session, session::activity) == Activity.MID_RESULT);
      slow.reset();
    }
    front.awaitNoSessions();
    assertThat(memory() - before).isLessThan(BOUND);
  }

  @Test
  void a_statement_of_sixty_megabytes_arrives() {
    long before = memory();
    try (XClient client = login()) {
      assertThat(client.sql("SELECT LENGTH('" + "z".repeat(60_000_000) + "')").value())
          .isEqualTo("60000000");
      assertThat(memory() - before).isLessThan(2 * BOUND);
    }
  }

  /** A frame of exactly this many bytes, header included, that asks for the length of its own text. */
  private static ByteString frameOf(int bytes) {
    int text = bytes - 64;
    ByteString frame = ask(text);
    while (frame.size() != bytes) {
      text += bytes - frame.size();
      frame = ask(text);
    }
    return frame;
  }

  private static ByteString ask(int text) {
    return XMessages.frame(XMessages.sql("SELECT LENGTH('" + "a".repeat(text) + "')"));
  }

  @ParameterizedTest
  @ValueSource(ints = {MIB - 5, MIB - 1, MIB, MIB + 1, MIB + 5, 2 * MIB})
  void frames_around_the_hold_back_bound_arrive(int bytes) {
    try (XClient client = login()) {
      ByteString frame = frameOf(bytes);
      for (int cut : new int[] {4, 5, 6, bytes / 2, bytes - 1}) {
        client.sendRaw(frame.substring(0, cut));
        client.sendRaw(frame.substring(cut));
        assertThat(Integer.parseInt(String.valueOf(client.receiveResponse().succeeded().value())))
            .isBetween(bytes - 100, bytes);
      }
      // Rows of that size come back the same way.
      assertThat(client.sql("SELECT REPEAT('b', " + (bytes - 10) + ")").value())
          .hasSize(bytes - 10);
    }
  }

  @Test
  void the_servers_own_answer_to_a_frame_over_its_limit_reaches_the_client_and_is_explained() {
    int limit = 3_000_000;
    server.sql("SET GLOBAL mysqlx_max_allowed_packet = " + limit);
    try {
      for (int port : new int[] {server.xPort(), front.port()}) {
        try (XClient client = XClient.connect(server.host(), port)) {
          client.login(server.user(), server.password());
          // The limit counts from the type on.
          client.sendRaw(frameOf(limit + 4));
          client.receiveResponse().succeeded();
          try {
            client.sendRaw(frameOf(limit + 5));
          } catch (UncheckedIOException thrownAway) {
            // The server does not read it to the end.
          }
          List<Frame> last = client.awaitEnd();
          // The server just closes; the proxy, which finds it alive, says so.
          assertThat(last).as("port %d", port).hasSize(port == front.port() ? 2 : 0);
          assertThat(last.toString()).matches(port == front.port() ? ".*code: 1810 .*" : "\\[\\]");
        }
      }
    } finally {
      server.sql("SET GLOBAL mysqlx_max_allowed_packet = " + 128 * MIB);
    }
  }

  @Test
  void a_client_may_pause_in_the_middle_of_a_frame_that_is_held_back() {
    ByteString frame = frameOf(900_000);
    try (XClient client = login()) {
      for (int cut : new int[] {2, 5, 450_000}) {
        client.sendRaw(frame.substring(0, cut));
        // A server alone would wait half a second for the rest.
        assertThat(client.next(Duration.ofMillis(900))).isInstanceOf(Received.Silence.class);
        client.sendRaw(frame.substring(cut));
        client.receiveResponse().succeeded();
      }
    }
  }

  @Test
  void a_pause_in_a_longer_frame_is_the_servers_to_judge() {
    ByteString frame = frameOf(3 * MIB);
    for (int port : new int[] {server.xPort(), front.port()}) {
      try (XClient client = XClient.connect(server.host(), port)) {
        client.login(server.user(), server.password());
        client.sendRaw(frame.substring(0, MIB));
        List<Frame> last = client.awaitEnd();
        assertThat(last).as("port %d", port).hasSize(1);
        assertThat(last.getFirst().asNotice().getType())
            .isEqualTo(MysqlxNotice.Frame.Type.WARNING_VALUE);
      }
    }
    front.awaitNoSessions();
  }
}
