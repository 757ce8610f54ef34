package dev.lastword;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.config.AdminSettings;
import dev.lastword.config.Config;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.x.XClient;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The HTTP API and the command line against a running proxy with a real server behind it, while things happen. */
class OperatorsIT {
  @TempDir Path data;

  private final HttpClient http = HttpClient.newHttpClient();
  private final List<XClient> clients = new ArrayList<>();
  private MySqlServer server;
  private Proxy proxy;
  private String url = "";

  @BeforeEach
  void start() {
    server = MySqlServer.launch();
    proxy =
        Proxy.start(
            Config.builder()
                .listener(Listener.x("x", "db1").withBind("127.0.0.1", 0))
                .server(Server.at("db1", server.host(), server.xPort(), server.classicPort()))
                .dataDirectory(data)
                .admin(AdminSettings.OFF.withHttp("127.0.0.1", 0))
                .build());
    url = "http://127.0.0.1:" + proxy.httpPort().orElseThrow();
  }

  @AfterEach
  void end() {
    clients.forEach(XClient::close);
    http.close();
    proxy.close();
    server.close();
  }

  private XClient login() {
    XClient client = XClient.connect("127.0.0.1", proxy.port("x"));
    clients.add(client);
    return client.login(server.user(), server.password());
  }

  private String get(String path) throws Exception {
    return http.send(
            HttpRequest.newBuilder(URI.create(url + path)).build(), BodyHandlers.ofString())
        .body();
  }

  private String lastword(int exitCode, String... args) {
    StringWriter out = new StringWriter();
    PrintWriter all = new PrintWriter(out, true);
    List<String> command = new ArrayList<>(List.of(args));
    command.addAll(List.of("--url", url));
    assertThat(Lastword.execute(all, all, command.toArray(String[]::new)))
        .as(out.toString())
        .isEqualTo(exitCode);
    return out.toString();
  }

  private static String first(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    assertThat(matcher.find()).as(text).isTrue();
    return matcher.group(1);
  }

  @Test
  void a_session_is_seen_killed_and_explained() throws Exception {
    XClient client = login();
    assertThat(client.sql("SELECT 1").value()).isEqualTo("1");
    String sessions = get("/api/v1/sessions");
    assertThat(sessions)
        .contains("\"total\":1,", "\"state\":\"idle\"", "\"server\":\"db1\"", "\"protocol\":\"x\"");
    assertThat(sessions).contains("\"user\":\"" + server.user() + "\"");
    String id = first("\"id\":(\\d+)", sessions);
    assertThat(lastword(0, "sessions", "--columns", "id,state,server"))
        .isEqualTo("ID  STATE  SERVER\n " + id + "  idle   db1\n");

    assertThat(lastword(0, "kill", id)).isEqualTo("session " + id + " was killed\n");
    assertThat(client.receive().asNotice().getPayload().toStringUtf8())
        .contains("Session was killed: by the operator of the proxy");
    client.awaitEof();
    await().until(() -> get("/api/v1/losses").contains("\"id\":" + id));
    assertThat(lastword(0, "explain", id))
        .contains("was killed by an operator of the proxy; told 3169 after ")
        .containsPattern("cause +killed-by-operator")
        .containsPattern("text +Session was killed: by the operator of the proxy");
    assertThat(lastword(4, "kill", id)).isEqualTo("lastword: there is no session " + id + "\n");
    assertThat(get("/api/v1/sessions")).contains("\"total\":0,");
    assertThat(get("/api/v1/losses/histogram")).contains("\"killed-by-operator\":[");
  }

  @Test
  void a_server_that_dies_is_seen_and_its_sessions_are_losses_on_every_surface() throws Exception {
    XClient client = login();
    await().until(() -> get("/health/ready").equals("ready\n"));
    server.kill();
    assertThat(client.receive().asNotice().getPayload().toStringUtf8())
        .contains("Server shutdown in progress");
    client.awaitEof();
    await().until(() -> get("/api/v1/losses").contains("\"total\":1,"));
    assertThat(get("/api/v1/losses"))
        .contains("\"told\":\"notice\"", "\"code\":1053,", "\"delivery\":\"written\"")
        .containsPattern(
            "\"text\":\"session \\d+ from 127.0.0.1:\\d+ lost db1: .*; told 1053 after");
    await().until(() -> get("/health/ready").startsWith("not ready: "));
    assertThat(lastword(0, "losses")).contains("db1", "1053");
    assertThat(lastword(0, "events")).contains("loss ");
    assertThat(lastword(0, "top"))
        .contains("LAST LOSSES\n")
        .containsPattern("lost db1: .*told 1053");
    // The four variables are the same wherever one asks.
    String api = get("/api/v1/status");
    proxy
        .sent()
        .statusVariables()
        .forEach((name, value) -> {
          assertThat(api).contains("\"" + name + "\":" + value);
          assertThat(lastword(0, "status")).containsPattern(name + " +" + value + "\n");
        });
    assertThat(get("/metrics")).contains("lastword_");
  }

  @Test
  void a_drain_takes_the_proxy_out_and_back() throws Exception {
    await().until(() -> get("/health/ready").equals("ready\n"));
    assertThat(lastword(0, "drain")).startsWith("the proxy takes no new sessions");
    assertThat(get("/health/ready")).isEqualTo("not ready: the proxy is being drained\n");
    assertThat(lastword(0, "status")).contains(": draining, ");
    assertThat(lastword(0, "undrain", "--json")).isEmpty();
    assertThat(lastword(0, "undrain")).startsWith("the proxy takes sessions again");
    await().until(() -> get("/health/ready").equals("ready\n"));
    assertThat(lastword(4, "drain", "--server", "db9")).contains("db9");
    assertThat(lastword(1, "reload")).contains("lastword: ");
    assertThat(lastword(0, "log-level", "lastword.nothing", "ERROR"))
        .isEqualTo("lastword.nothing logs ERROR\n");
  }
}
