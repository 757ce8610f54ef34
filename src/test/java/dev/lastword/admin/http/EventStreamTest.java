package dev.lastword.admin.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.status.Event;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Events as they happen. */
class EventStreamTest {
  private final ShownProxy proxy = new ShownProxy();
  private final HttpServer server = proxy.open();
  private final List<Socket> open = new ArrayList<>();

  @AfterEach
  void close() throws IOException {
    for (Socket socket : open) {
      socket.close();
    }
    server.close();
  }

  private BufferedReader follow(String target, String headers) throws IOException {
    Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), server.port());
    socket.setSoTimeout(30_000);
    open.add(socket);
    socket
        .getOutputStream()
        .write(
            ("GET " + target + " HTTP/1.0\r\nHost: localhost\r\n" + headers + "\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    BufferedReader reader =
        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    assertThat(reader.readLine()).isEqualTo("HTTP/1.1 200 OK");
    while (!reader.readLine().isEmpty()) {
      // The headers.
    }
    assertThat(reader.readLine()).startsWith("retry: ");
    assertThat(reader.readLine()).isEmpty();
    return reader;
  }

  private static String next(BufferedReader reader) throws IOException {
    StringBuilder event = new StringBuilder();
    for (String line = reader.readLine();
        line != null && !line.isEmpty();
        line = reader.readLine()) {
      event.append(line).append('\n');
    }
    return event.toString();
  }

  private void happens(String text) {
    proxy.events.enter(Event.Kind.SERVER_LOST, "db1", "", 0, text);
  }

  @Test
  void an_event_comes_as_the_row_of_its_table() throws Exception {
    happens("before");
    BufferedReader reader = follow("/api/v1/events/stream", "");
    happens("with \"quotes\" and\na line");
    assertThat(next(reader))
        .matches(
            "event: server-lost\nid: 2\ndata: \\{\"id\":2,\"at\":\"[-0-9]{10}T[0-9:.]{12}Z\","
                + "\"kind\":\"server-lost\",\"server\":\"db1\",\"listener\":null,\"session\":null,"
                + "\"text\":\"with \\\\\"quotes\\\\\" and\\\\na line\"}\n");
    proxy.events.enter(Event.Kind.LOSS, "", "x", 4711, "session 4711");
    assertThat(next(reader)).contains("\"listener\":\"x\",\"session\":4711,");
  }

  @Test
  void who_says_what_it_had_gets_what_came_since() throws Exception {
    happens("one");
    happens("two");
    happens("three");
    BufferedReader back = follow("/api/v1/events/stream?since=2", "Last-Event-ID: 1\r\n");
    assertThat(next(back)).contains("\"text\":\"two\"");
    assertThat(next(back)).contains("\"text\":\"three\"");
    BufferedReader newcomer = follow("/api/v1/events/stream?since=2", "");
    assertThat(next(newcomer)).contains("\"text\":\"three\"");
    happens("four");
    assertThat(next(back)).contains("\"text\":\"four\"");
    assertThat(next(newcomer)).contains("\"text\":\"four\"");
  }

  @Test
  void who_knows_an_earlier_life_of_the_proxy_begins_anew() throws Exception {
    happens("one");
    assertThat(next(follow("/api/v1/events/stream?since=500", ""))).contains("\"text\":\"one\"");
  }

  @Test
  void a_client_that_does_not_read_is_dropped_and_holds_up_nobody() throws Exception {
    BufferedReader lazy = follow("/api/v1/events/stream", "");
    BufferedReader reads = follow("/api/v1/events/stream", "");
    String long_ = "x".repeat(4_000);
    // Until the sockets' buffers and the stream's own are full. The other one is read meanwhile.
    int sent = 0;
    for (int round = 0; round < 40; round++) {
      for (int i = 0; i < 200; i++) {
        happens(long_);
        sent++;
      }
      for (int i = 0; i < 200; i++) {
        assertThat(next(reads)).contains(long_);
      }
    }
    int got = 0;
    while (!next(lazy).isEmpty()) {
      got++;
    }
    assertThat(got).isLessThan(sent);
    happens("last");
    assertThat(next(reads)).contains("last");
  }

  @Test
  void who_leaves_is_forgotten_so_that_others_can_come() throws Exception {
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < HttpServer.MOST_STREAMS; i++) {
        await().untilAsserted(() -> follow("/api/v1/events/stream", ""));
      }
      for (Socket socket : open) {
        socket.close();
      }
      open.clear();
    }
  }
}
