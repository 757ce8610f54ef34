package dev.lastword.admin.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.config.AdminSettings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is let in and who is not, and what clients that misbehave get, byte by byte. */
class HttpDoorTest {
  private static final String HOST = "Host: localhost\r\n";

  private final ShownProxy proxy = new ShownProxy();
  private HttpServer server = proxy.open();
  private final List<Socket> open = new ArrayList<>();

  @AfterEach
  void close() throws IOException {
    for (Socket socket : open) {
      socket.close();
    }
    server.close();
  }

  private void reopen(Connection.Limits limits) throws IOException {
    reopen(AdminSettings.OFF.withHttp("127.0.0.1", 0), limits);
  }

  private void reopen(AdminSettings settings, Connection.Limits limits) throws IOException {
    server.close();
    server = HttpServer.open(settings, proxy.subject(), Path.of("does-not-matter"), limits);
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), server.port());
    socket.setSoTimeout(30_000);
    open.add(socket);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** All that comes until the server closes; a reset ends it too. */
  private static String all(Socket socket) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try {
      socket.getInputStream().transferTo(all);
    } catch (IOException e) {
      all.writeBytes("(reset)".getBytes(StandardCharsets.ISO_8859_1));
    }
    return all.toString(StandardCharsets.ISO_8859_1);
  }

  /** One answer with its body, by its content length. */
  private static String one(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        return head.toString();
      }
      head.append((char) next);
    }
    String lower = head.toString().toLowerCase(Locale.ROOT);
    int at = lower.indexOf("content-length: ");
    if (at >= 0) {
      int length = Integer.parseInt(lower.substring(at + 16, lower.indexOf('\r', at)));
      head.append(new String(in.readNBytes(length), StandardCharsets.ISO_8859_1));
    }
    return head.toString();
  }

  private String ask(String request) throws IOException {
    Socket socket = connect();
    send(socket, request);
    return one(socket);
  }

  // ---- Names and origins

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "LocalHost:6480",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.8.8.8",
        "[::1]:6480",
        "lastword.localhost"
      })
  void on_loopback_it_answers_to_the_names_of_loopback(String host) throws IOException {
    assertThat(ask("GET /api/v1/status HTTP/1.1\r\nHost: " + host + "\r\n\r\n"))
        .startsWith("HTTP/1.1 200 OK\r\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example", "evil.example:6480", "127.0.0.1.evil.example", "localhost.evil.example",
        "10.0.0.1", "", "127.0.0.1@evil.example", "evillocalhost"
      })
  void on_loopback_it_answers_to_no_other_name(String host) throws IOException {
    for (String path : new String[] {"/", "/api/v1/status", "/metrics"}) {
      assertThat(ask("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n"))
          .startsWith("HTTP/1.1 421 ")
          .contains("application/problem+json");
    }
  }

  @Test
  void a_health_check_needs_no_name_at_all() throws IOException {
    assertThat(ask("GET /health/live HTTP/1.0\r\n\r\n")).startsWith("HTTP/1.1 200 ");
    assertThat(ask("GET /health/live HTTP/1.1\r\nHost: balancer.example\r\n\r\n"))
        .startsWith("HTTP/1.1 200 ");
  }

  @Test
  void one_host_and_no_more_must_be_named() throws IOException {
    assertThat(ask("GET / HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 400 ");
    assertThat(ask("GET / HTTP/1.1\r\n" + HOST + HOST + "\r\n")).startsWith("HTTP/1.1 400 ");
    assertThat(ask("GET http://evil.example/ HTTP/1.1\r\n" + HOST + "\r\n"))
        .startsWith("HTTP/1.1 400 ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          X-Lastword: 1                                               | 204
          Content-Type: application/json                              | 204
          Content-Type: Application/JSON; charset=utf-8               | 204
          Content-Type: text/plain                                    | 403
          Content-Type: application/x-www-form-urlencoded             | 403
          Content-Type: text/plain; application/json                  | 403
          Accept: application/json                                    | 403
          X-Lastword: 1#Origin: http://localhost                      | 204
          X-Lastword: 1#Origin: http://evil.example                   | 403
          X-Lastword: 1#Origin: http://localhost:81                   | 403
          X-Lastword: 1#Origin: null                                  | 403
          X-Lastword: 1#Origin: http://%%                             | 403
          """)
  void only_what_no_foreign_page_can_send_changes_something(String headers, int status)
      throws IOException {
    String answer =
        ask(
            "POST /api/v1/drain HTTP/1.1\r\n"
                + HOST
                + headers.replace("#", "\r\n")
                + "\r\nContent-Length: 0\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 " + status + " ");
    assertThat(proxy.done).hasSize(status == 204 ? 1 : 0);
  }

  // ---- Accounts

  private static String basic(String userAndPassword) {
    return "Basic "
        + Base64.getEncoder().encodeToString(userAndPassword.getBytes(StandardCharsets.UTF_8));
  }

  private String askAs(String path, String authorization) throws IOException {
    return ask(
        "GET " + path + " HTTP/1.1\r\n" + HOST + "Authorization: " + authorization + "\r\n\r\n");
  }

  @Test
  void who_is_known_is_let_in_and_nobody_else() throws IOException {
    reopen(
        AdminSettings.OFF
            .withHttp("127.0.0.1", 0)
            .withAccount("ann", "pässword:with colon")
            .withAccount("bob", "b")
            .withToken("t0ken"),
        new Connection.Limits(10_000, 60_000, 60_000, 1));
    String path = "/api/v1/status";
    for (String good :
        new String[] {
          basic("ann:pässword:with colon"),
          basic("bob:b"),
          "Bearer t0ken",
          "bearer t0ken",
          basic("token:t0ken"),
          basic("bob:b").replace("Basic", "bAsIc")
        }) {
      assertThat(askAs(path, good)).as(good).startsWith("HTTP/1.1 200 OK");
    }
    for (String bad :
        new String[] {
          basic("ann:b"),
          basic("bob:"),
          basic("bob"),
          basic(""),
          "Basic !!!",
          "Basic",
          "Bearer bob:b",
          "Bearer t0kenx",
          "Bearer",
          basic("Bob:b"),
          "Digest x"
        }) {
      assertThat(askAs(path, bad))
          .as(bad)
          .startsWith("HTTP/1.1 401 ")
          .containsIgnoringCase("WWW-Authenticate: Basic realm=\"Lastword\"");
    }
    for (String closed : new String[] {"/", "/metrics", "/openapi.json", "/nothing", path}) {
      assertThat(ask("GET " + closed + " HTTP/1.1\r\n" + HOST + "\r\n"))
          .as(closed)
          .startsWith("HTTP/1.1 401 ");
    }
    assertThat(ask("GET /health/ready HTTP/1.1\r\n" + HOST + "\r\n")).startsWith("HTTP/1.1 200 ");
    assertThat(ask("GET /healthy/ready HTTP/1.1\r\n" + HOST + "\r\n")).startsWith("HTTP/1.1 401 ");
  }

  // ---- Connections

  @Test
  void requests_follow_each_other_on_one_connection_also_in_pieces() throws IOException {
    Socket socket = connect();
    for (int i = 0; i < 3; i++) {
      String body = "{\"level\":\"INFO\"}";
      send(
          socket,
          "PUT /api/v1/loggers/x HTTP/1.1\r\n"
              + HOST
              + "Content-Type: application/json\r\nContent-Le");
      send(socket, "ngth: " + body.length() + "\r\n\r\n" + body.substring(0, 5));
      send(socket, body.substring(5));
      assertThat(one(socket)).startsWith("HTTP/1.1 204 ");
    }
    send(
        socket,
        "GET /health/live HTTP/1.1\r\n%sX: 1\r\n\r\nGET /nothing HTTP/1.1\r\n%s\r\nGET /health/ready HTTP/1.1\r\n%sConnection: close\r\n\r\n"
            .formatted(HOST, HOST, HOST));
    String answers = all(socket);
    assertThat(answers.split("HTTP/1.1 ", -1)).hasSize(4);
    assertThat(answers).containsSubsequence("200 OK", "live", "404 Not Found", "200 OK", "ready");
  }

  @Test
  void an_old_client_gets_an_answer_and_the_end() throws IOException {
    Socket socket = connect();
    send(socket, "GET /health/live HTTP/1.0\r\n" + HOST + "\r\n");
    assertThat(all(socket)).contains("live\n");
  }

  @Test
  void a_body_that_is_too_long_is_refused() throws IOException {
    int length = HttpServer.LONGEST_BODY + 1;
    Socket said = connect();
    send(
        said,
        "PUT /api/v1/loggers/x HTTP/1.1\r\n"
            + HOST
            + "Content-Type: application/json\r\nContent-Length: "
            + length
            + "\r\n\r\n");
    assertThat(one(said)).startsWith("HTTP/1.1 413 ").contains("longer than 65536 bytes");
    Socket chunked = connect();
    send(
        chunked,
        "PUT /api/v1/loggers/x HTTP/1.1\r\n"
            + HOST
            + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            + Integer.toHexString(length)
            + "\r\n"
            + "x".repeat(length));
    assertThat(one(chunked)).startsWith("HTTP/1.1 413 ");
    assertThat(proxy.done).isEmpty();
  }

  @Test
  void a_target_or_headers_that_are_too_long_are_refused() throws IOException {
    assertThat(ask("GET /" + "x".repeat(9_000) + " HTTP/1.1\r\n" + HOST + "\r\n"))
        .startsWith("HTTP/1.1 414 ");
    assertThat(ask("GET / HTTP/1.1\r\n" + HOST + "X: " + "x".repeat(20_000) + "\r\n\r\n"))
        .startsWith("HTTP/1.1 431 ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\r\n\r\nrubbish\r\n\r\n",
        "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
        "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /api/v1/sessions?id=%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
      })
  void rubbish_is_refused(String rubbish) throws IOException {
    Socket socket = connect();
    send(socket, rubbish);
    assertThat(all(socket)).startsWith("HTTP/1.1 400 ");
    assertThat(ask("GET /health/live HTTP/1.1\r\n" + HOST + "\r\n")).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void a_client_that_says_nothing_or_drips_is_left() throws Exception {
    reopen(new Connection.Limits(300, 60_000, 60_000, 0));
    Socket silent = connect();
    assertThat(all(silent)).isEmpty();
    Socket dripping = connect();
    send(dripping, "GET / HTTP/1.1\r\nHost: loc");
    Thread drip =
        Thread.ofVirtual()
            .start(() -> {
              try {
                while (true) {
                  Thread.sleep(20);
                  send(dripping, "a");
                }
              } catch (IOException | InterruptedException e) {
                // It was left, as it should.
              }
            });
    assertThat(all(dripping)).isIn("", "(reset)");
    drip.interrupt();
    drip.join();
  }

  @Test
  void a_connection_that_is_not_used_any_more_is_closed() throws IOException {
    reopen(new Connection.Limits(60_000, 300, 60_000, 0));
    Socket socket = connect();
    send(socket, "GET /health/live HTTP/1.1\r\n" + HOST + "\r\n");
    assertThat(all(socket)).startsWith("HTTP/1.1 200 ").endsWith("live\n");
  }

  @Test
  void a_connection_too_many_is_turned_away_and_a_free_place_is_used() throws Exception {
    for (int i = 0; i < HttpServer.MOST_CONNECTIONS; i++) {
      Socket socket = connect();
      send(socket, "GET /health/live HTTP/1.1\r\n" + HOST + "\r\n");
      assertThat(one(socket)).startsWith("HTTP/1.1 200 ");
    }
    assertThat(all(connect())).startsWith("HTTP/1.1 503 ");
    open.getFirst().close();
    await()
        .untilAsserted(() ->
            assertThat(ask("GET /health/live HTTP/1.1\r\n" + HOST + "\r\n"))
                .startsWith("HTTP/1.1 200 "));
  }

  @Test
  void closing_ends_what_is_open() throws IOException {
    Socket idle = connect();
    send(idle, "GET /health/live HTTP/1.1\r\n" + HOST + "\r\n");
    assertThat(one(idle)).startsWith("HTTP/1.1 200 ");
    Socket stream = connect();
    send(stream, "GET /api/v1/events/stream HTTP/1.1\r\n" + HOST + "\r\n");
    assertThat(one(stream)).startsWith("HTTP/1.1 200 ");
    server.close();
    assertThat(idle.getInputStream().read()).isEqualTo(-1);
    assertThat(all(stream)).doesNotContain("HTTP");
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().startsWith("lastword-admin"));
  }
}
