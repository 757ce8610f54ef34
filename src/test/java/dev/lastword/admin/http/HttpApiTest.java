package dev.lastword.admin.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.farewell.Cause;
import dev.lastword.farewell.Farewell;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the API answers, to the JDK's own client. */
class HttpApiTest {
  private final ShownProxy proxy = new ShownProxy();
  private final HttpServer server = proxy.open();
  private final HttpClient client = HttpClient.newHttpClient();

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  private HttpResponse<String> send(String method, String path, String... headers)
      throws IOException, InterruptedException {
    return send(method, path, "", headers);
  }

  private HttpResponse<String> send(String method, String path, String body, String[] headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(server.url() + path))
            .method(method, HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private String get(String path) throws IOException, InterruptedException {
    HttpResponse<String> response = send("GET", path);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
    return response.body();
  }

  private HttpResponse<String> act(String path) throws IOException, InterruptedException {
    return send("POST", path, "X-Lastword", "test");
  }

  private static void isProblem(HttpResponse<String> response, int status, String detail) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(response.headers().firstValue("content-type")).hasValue("application/problem+json");
    assertThat(response.body())
        .startsWith("{\"type\":\"about:blank\",\"title\":\"")
        .contains("\"status\":" + status + ",")
        .contains(detail);
  }

  // ---- Tables

  @Test
  void a_table_has_its_rows_with_the_names_of_the_columns() throws Exception {
    assertThat(get("/api/v1/sessions"))
        .isEqualTo(
            "{\"table\":\"sessions\",\"total\":2,\"offset\":0,\"limit\":100,\"rows\":["
                + "{\"id\":1,\"protocol\":\"x\",\"client\":\"10.0.0.7:51234\",\"server\":\"db1\","
                + "\"state\":\"idle\",\"in_transaction\":false,\"age_seconds\":12.5},"
                + "{\"id\":2,\"protocol\":\"classic\",\"client\":\"10.0.0.8:51235\",\"server\":null,"
                + "\"state\":\"connecting\",\"in_transaction\":true,\"age_seconds\":0.25}]}");
  }

  @Test
  void a_time_is_in_utc_with_milliseconds() throws Exception {
    assertThat(get("/api/v1/losses")).contains("\"ended\":\"2026-11-21T12:03:11.250Z\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          state=idle                                | 1
          state=idle&in_transaction=true            |
          in_transaction=true                       | 2
          state=idle&state=connecting               | 1 2
          server=                                   | 2
          age_seconds=0.25                          | 2
          id=2                                      | 2
          id=3                                      |
          order=-id                                 | 2 1
          order=age_seconds                         | 2 1
          order=server                              | 1 2
          order=-server                             | 1 2
          order=state,-id                           | 2 1
          client=10.0.0.7%3A51234                   | 1
          """)
  void a_table_is_filtered_and_ordered_by_its_columns(String query, String ids) throws Exception {
    String body = get("/api/v1/sessions?" + query);
    StringBuilder found = new StringBuilder();
    for (String part : body.split("\\{\"id\":", -1)) {
      if (!part.startsWith("{")) {
        found.append(part, 0, 1).append(' ');
      }
    }
    assertThat(found.toString().strip()).isEqualTo(ids == null ? "" : ids);
    assertThat(body).contains("\"total\":" + (ids == null ? 0 : ids.split(" ").length));
  }

  @Test
  void a_loss_is_found_by_the_time_that_is_shown() throws Exception {
    proxy.ledger.enter(
        ShownProxy.lost(
            8,
            Cause.CLIENT_LOST,
            new Farewell.Nothing(Farewell.Why.CLIENT_LEFT),
            Instant.parse("2026-11-21T12:03:12.000999Z")));
    assertThat(get("/api/v1/losses?ended=2026-11-21T12:03:12.000Z"))
        .contains("\"total\":1,", "\"id\":8,");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "limit=0", "limit=1001", "limit=ten", "limit=", "offset=-1", "offset=99999999999",
        "nothing=1", "order=nothing", "order=-", "order=id,", "id=one", "in_transaction=yes",
        "age_seconds=old", "%zz=1"
      })
  void a_parameter_that_is_wrong_is_refused_and_said(String query) throws Exception {
    // Not a URI to the JDK's client, which is what curl sends as it is.
    String encoded = query.replace("%zz", "%25zz");
    isProblem(send("GET", "/api/v1/sessions?" + encoded), 400, "");
  }

  @Test
  void what_is_refused_names_what_there_is() throws Exception {
    isProblem(
        send("GET", "/api/v1/servers?size=1"),
        400,
        "servers has no column size; it has name, state");
    isProblem(
        send("GET", "/api/v1/tables"),
        404,
        "there is no table tables; there are sessions, servers, losses, notices, events");
  }

  @Test
  void a_table_comes_in_pages() throws Exception {
    for (int i = 100; i < 350; i++) {
      proxy.sessions.add(new ShownProxy.Lives(i, "x", "c", "db1", "idle", false, 1));
    }
    assertThat(get("/api/v1/sessions").split("\"id\":")).hasSize(101);
    String last = get("/api/v1/sessions?limit=50&offset=250");
    assertThat(last)
        .startsWith("{\"table\":\"sessions\",\"total\":252,\"offset\":250,\"limit\":50,")
        .contains("\"id\":348,", "\"id\":349,");
    assertThat(last.split("\"id\":")).hasSize(3);
    assertThat(get("/api/v1/sessions?offset=252")).endsWith("\"rows\":[]}");
    assertThat(get("/api/v1/sessions?offset=2147483647&limit=1000")).endsWith("\"rows\":[]}");
  }

  @Test
  void a_row_is_found_by_its_first_column() throws Exception {
    assertThat(get("/api/v1/servers/db2")).isEqualTo("{\"name\":\"db2\",\"state\":\"refused\"}");
    isProblem(send("GET", "/api/v1/servers/db9"), 404, "servers has no row whose name is db9");
    isProblem(send("GET", "/api/v1/sessions/9"), 404, "sessions has no row whose id is 9");
    isProblem(send("GET", "/api/v1/sessions/one"), 404, "");
    isProblem(send("GET", "/api/v1/notices/warning"), 404, "several rows");
  }

  @Test
  void rows_are_counted_by_the_values_of_a_column() throws Exception {
    assertThat(get("/api/v1/sessions?limit=1&group=state"))
        .contains("\"limit\":1,\"groups\":{\"connecting\":1,\"idle\":1},\"rows\":[{\"id\":1,");
    assertThat(get("/api/v1/sessions?group=server&state=connecting"))
        .contains("\"groups\":{\"\":1}");
    isProblem(send("GET", "/api/v1/sessions?group=size"), 400, "sessions has no column size");
  }

  // ---- What is not a table

  @Test
  void the_status_variables_are_numbers_by_name() throws Exception {
    assertThat(get("/api/v1/status"))
        .isEqualTo("{\"Mysqlx_notice_warning_sent\":3,\"Threads_connected\":2,\"Uptime\":60}");
  }

  @Test
  void the_summary_has_the_proxy_at_a_glance() throws Exception {
    assertThat(get("/api/v1/summary"))
        .matches(
            "\\{\"version\":\"1.2.3\",\"started\":\"2026-11-21T12:03:11.250Z\","
                + "\"uptime_seconds\":-?\\d+,\"ready\":true,\"draining\":false,\"sessions\":2,"
                + "\"losses\":1}");
  }

  @Test
  void a_loss_is_explained() throws Exception {
    assertThat(get("/api/v1/losses/7/explanation"))
        .isEqualTo(
            "{\"id\":7,\"sentence\":\"session 7 from 10.0.0.7:51234 lost db2: the server's process"
                + " is gone; told 1053 after 4.2 ms\",\"timeline\":["
                + "{\"at\":\"2026-11-21T12:02:10.245Z\",\"text\":\"connected from 10.0.0.7:51234 to"
                + " listener x\"},"
                + "{\"at\":\"2026-11-21T12:03:11.245Z\",\"text\":\"while it waited for an answer, in"
                + " a transaction, it lost db2: the server's process is gone\"},"
                + "{\"at\":\"2026-11-21T12:03:11.245Z\",\"text\":\"evidence: db2 closed this"
                + " connection; db2 (127.0.0.1:33060) refused\"},"
                + "{\"at\":\"2026-11-21T12:03:11.250Z\",\"text\":\"told 1053 after 4.2 ms\"},"
                + "{\"at\":\"2026-11-21T12:03:11.250Z\",\"text\":\"its connection was closed\"}],"
                + "\"evidence\":{\"protocol\":\"x\",\"listener\":\"x\",\"client\":\"10.0.0.7:51234\","
                + "\"user\":\"app\",\"server\":\"db2\",\"server_address\":\"127.0.0.1:33060\","
                + "\"connection_id\":17,\"state\":\"waiting\",\"in_transaction\":true,"
                + "\"half_request\":false,\"detail\":\"db2 closed this connection; db2"
                + " (127.0.0.1:33060) refused\",\"age_millis\":61000,\"bytes_in\":120,"
                + "\"bytes_out\":9000},"
                + "\"verdict\":{\"cause\":\"server-gone\",\"side\":\"server\",\"code\":1053,"
                + "\"sql_state\":\"08S01\",\"recoverable\":false,\"detail\":\"db2 closed this"
                + " connection; db2 (127.0.0.1:33060) refused\"},"
                + "\"farewell\":{\"told\":\"notice\",\"code\":1053,\"silence\":null,"
                + "\"delivery\":\"written\",\"micros\":4200,\"text\":\"Server shutdown in progress:"
                + " db2 closed this connection; db2 (127.0.0.1:33060) refused\"}}");
    isProblem(send("GET", "/api/v1/losses/8/explanation"), 404, "the ledger has no session 8");
    isProblem(send("GET", "/api/v1/losses/x/explanation"), 404, "there is no session x");
  }

  @Test
  void losses_are_counted_by_minute_and_cause() throws Exception {
    Farewell none = new Farewell.Nothing(Farewell.Why.CLIENT_LEFT);
    Instant now = Instant.now();
    proxy.ledger.enter(ShownProxy.lost(8, Cause.CLIENT_LOST, none, now.minusSeconds(3 * 60)));
    proxy.ledger.enter(ShownProxy.lost(9, Cause.CLIENT_LOST, none, now.minusSeconds(3 * 60)));
    proxy.ledger.enter(ShownProxy.lost(11, Cause.CLIENT_LEFT, none, now));
    proxy.ledger.enter(ShownProxy.lost(10, Cause.BUG, none, now.minusSeconds(61 * 60)));
    // A minute may end between the two looks at the clock.
    assertThat(get("/api/v1/losses/histogram?minutes=5"))
        .matches(
            "\\{\"from\":\"[-0-9]+T[0-9]+:[0-9]+:00.000Z\",\"step_seconds\":60,"
                + "\"causes\":\\{\"client-lost\":\\[(0,2,0,0,0|2,0,0,0,0)]}}");
    assertThat(get("/api/v1/losses/histogram")).doesNotContain("bug");
    assertThat(get("/api/v1/losses/histogram?minutes=1440")).contains("\"bug\":[");
    isProblem(send("GET", "/api/v1/losses/histogram?minutes=1441"), 400, "from 1 to 1440");
  }

  // ---- Steering

  @Test
  void a_session_is_killed_once() throws Exception {
    HttpResponse<String> killed = act("/api/v1/sessions/1/kill");
    assertThat(killed.statusCode()).isEqualTo(204);
    assertThat(killed.body()).isEmpty();
    isProblem(act("/api/v1/sessions/1/kill"), 404, "there is no session 1");
    isProblem(act("/api/v1/sessions/first/kill"), 404, "there is no session first");
    assertThat(proxy.done).containsExactly("kill 1", "kill 1");
  }

  @Test
  void everything_that_can_be_drained_is_drained_and_taken_back() throws Exception {
    for (String path :
        new String[] {
          "drain",
          "undrain",
          "servers/db1/drain",
          "servers/db1/undrain",
          "listeners/x/drain",
          "listeners/x/undrain"
        }) {
      assertThat(act("/api/v1/" + path).statusCode()).as(path).isEqualTo(204);
    }
    assertThat(proxy.done)
        .containsExactly(
            "drain all",
            "undrain all",
            "drain server db1",
            "undrain server db1",
            "drain listener x",
            "undrain listener x");
    isProblem(act("/api/v1/servers/db9/drain"), 404, "there is no server db9");
    isProblem(act("/api/v1/listeners/y/undrain"), 404, "there is no listener y");
  }

  @Test
  void a_reload_says_what_changed_or_why_not() throws Exception {
    assertThat(act("/api/v1/reload").body())
        .isEqualTo("{\"changes\":[\"limits.sessions: 9000 instead of 100\"]}");
    proxy.refusal = ShownProxy.invalid();
    isProblem(
        act("/api/v1/reload"), 422, "lastword.yaml:10:13: limits.sessions: none is no number");
    proxy.refusal = new IllegalStateException("event-loops: takes a restart");
    isProblem(act("/api/v1/reload"), 409, "event-loops: takes a restart");
    proxy.refusal = new UnsupportedOperationException("a secret of the program");
    HttpResponse<String> failed = act("/api/v1/reload");
    isProblem(failed, 500, "its log has more");
    assertThat(failed.body()).doesNotContain("secret");
  }

  @Test
  void a_log_level_is_set() throws Exception {
    String[] json = {"Content-Type", "application/json; charset=utf-8"};
    String path = "/api/v1/loggers/lastword.session";
    assertThat(send("PUT", path, "{\"x\":[1],\"level\":\"debug\"}", json).statusCode())
        .isEqualTo(204);
    assertThat(proxy.done).containsExactly("log lastword.session DEBUG");
    isProblem(send("PUT", path, "{\"level\":\"LOUD\"}", json), 400, "there is no level LOUD");
    isProblem(send("PUT", path, "{\"level\":5}", json), 400, "no text named level");
    isProblem(send("PUT", path, "{\"level\":", json), 400, "the body is not JSON");
    isProblem(send("PUT", path, "[]", json), 400, "not a JSON object");
    isProblem(send("PUT", path, "", json), 400, "not a JSON object");
  }

  // ---- The rest

  @Test
  void health_says_whether_sessions_can_be_served_and_why_not() throws Exception {
    assertThat(send("GET", "/health/live").body()).isEqualTo("live\n");
    assertThat(send("GET", "/health/ready").body()).isEqualTo("ready\n");
    proxy.ready = false;
    HttpResponse<String> not = send("GET", "/health/ready");
    assertThat(not.statusCode()).isEqualTo(503);
    assertThat(not.body())
        .isEqualTo("not ready: no listener accepts clients and has a server that answers\n");
    act("/api/v1/drain");
    assertThat(send("GET", "/health/ready").body())
        .isEqualTo("not ready: the proxy is being drained\n");
    assertThat(send("GET", "/health/live").statusCode()).isEqualTo(200);
  }

  @Test
  void metrics_are_as_they_are_written() throws Exception {
    HttpResponse<String> metrics = send("GET", "/metrics");
    assertThat(metrics.body()).isEqualTo("lastword_up 1\n");
    assertThat(metrics.headers().firstValue("content-type"))
        .hasValue("text/plain; version=0.0.4; charset=utf-8");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/nothing",
        "/api",
        "/api/v1",
        "/api/v2/sessions",
        "/api/v1/sessions/1/2/3",
        "/..%2fsecret",
        "/dev/lastword/build.properties",
        "/../build.properties",
        "/build.properties",
        "//",
        "/.hidden.txt",
        "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t.txt"
      })
  void at_an_unknown_path_there_is_nothing(String path) throws Exception {
    isProblem(send("GET", path), 404, "there is ");
  }

  @ParameterizedTest
  @CsvSource({
    "POST, /api/v1/sessions, 'GET, HEAD'",
    "DELETE, /api/v1/sessions/1, 'GET, HEAD'",
    "GET, /api/v1/sessions/1/kill, POST",
    "GET, /api/v1/loggers/ROOT, PUT",
    "OPTIONS, /api/v1/drain, POST",
    "POST, /metrics, 'GET, HEAD'"
  })
  void a_method_that_is_not_possible_is_refused_with_those_that_are(
      String method, String path, String allowed) throws Exception {
    HttpResponse<String> response = send(method, path, "X-Lastword", "1");
    isProblem(response, 405, method + " is not possible here, only " + allowed);
    assertThat(response.headers().firstValue("allow")).hasValue(allowed);
  }

  @Test
  void every_answer_forbids_foreign_pages_to_use_it() throws Exception {
    for (String path : new String[] {"/health/live", "/api/v1/status", "/nothing"}) {
      var headers = send("GET", path).headers();
      assertThat(headers.firstValue("content-security-policy").orElse(""))
          .contains("default-src 'self'", "frame-ancestors 'none'");
      assertThat(headers.firstValue("x-content-type-options")).hasValue("nosniff");
      assertThat(headers.firstValue("referrer-policy")).hasValue("no-referrer");
      assertThat(headers.firstValue("access-control-allow-origin")).isEmpty();
      assertThat(headers.firstValue("cache-control")).hasValue("no-store");
    }
  }
}
