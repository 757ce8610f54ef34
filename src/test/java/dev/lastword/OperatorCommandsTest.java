package dev.lastword;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.admin.http.HttpServer;
import dev.lastword.admin.http.ShownProxy;
import dev.lastword.config.AdminSettings;
import dev.lastword.farewell.Cause;
import dev.lastword.farewell.Farewell;
import dev.lastword.status.Event;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands for a proxy that runs, with the API up. */
class OperatorCommandsTest {
  @TempDir Path folder;

  private final ShownProxy proxy = new ShownProxy();
  private HttpServer server = proxy.open();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @AfterEach
  void close() {
    server.close();
  }

  private int lastword(String... args) {
    List<String> all = new ArrayList<>(List.of(args));
    if (!all.contains("--url")) {
      all.addAll(List.of("--url", server.url()));
    }
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return Lastword.execute(
        new PrintWriter(out, true), new PrintWriter(err, true), all.toArray(String[]::new));
  }

  private String shown(String... args) {
    assertThat(lastword(args)).as(err.toString()).isEqualTo(0);
    assertThat(err.toString()).isEmpty();
    return out.toString();
  }

  private String refused(int exitCode, String... args) {
    assertThat(lastword(args)).as(out + "\n" + err).isEqualTo(exitCode);
    return err.toString();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "status",
        "sessions",
        "servers",
        "listeners",
        "losses",
        "explain",
        "notices",
        "events",
        "kill",
        "drain",
        "undrain",
        "reload",
        "log-level",
        "top"
      })
  void every_command_has_help(String command) {
    assertThat(Lastword.execute(new PrintWriter(out), new PrintWriter(err), command, "--help"))
        .isEqualTo(0);
    assertThat(out.toString())
        .contains("Usage: lastword " + command, "--url=URL", "--json", "Exit codes:")
        .containsPattern("4 +there is no such session, server or listener");
  }

  @Test
  void status_shows_the_proxy_at_a_glance() {
    assertThat(shown("status"))
        .matches(
            "(?s)Lastword 1\\.2\\.3 at http://127\\.0\\.0\\.1:\\d+: ready, up .*, 2 sessions, 1 loss\n.*")
        .containsPattern("NAME +STATE")
        .containsPattern("db2 +refused")
        .containsPattern("Mysqlx_notice_warning_sent +3\n");
    proxy.ready = false;
    assertThat(shown("status")).contains(": not ready, ");
    assertThat(shown("status", "--json")).startsWith("{\"version\":\"1.2.3\",").endsWith("}\n");
  }

  @Test
  void a_table_stands_in_columns_with_units() {
    assertThat(shown("sessions", "--columns", "id,client,server,state,in_transaction,age_seconds"))
        .isEqualTo(
            """
            ID  CLIENT          SERVER  STATE       IN TRANSACTION  AGE SECONDS
             1  10.0.0.7:51234  db1     idle        -                      12 s
             2  10.0.0.8:51235  -       connecting  yes                  250 ms
            """);
  }

  @Test
  void a_table_is_filtered_ordered_and_cut() {
    assertThat(shown("sessions", "--columns", "id", "--order=-id")).isEqualTo("ID\n 2\n 1\n");
    assertThat(shown("sessions", "--columns", "id", "--where", "state=idle")).isEqualTo("ID\n 1\n");
    assertThat(shown("sessions", "--columns", "id", "--limit", "1"))
        .isEqualTo("ID\n 1\n(1 of 2)\n");
    assertThat(shown("sessions", "--where", "id=9")).isEqualTo("no sessions\n");
    assertThat(refused(1, "sessions", "--where", "size=9"))
        .startsWith("lastword: sessions has no column size; it has id, ");
    assertThat(refused(1, "sessions", "--where", "size")).contains("COLUMN=VALUE");
    assertThat(refused(1, "sessions", "--columns", "size")).contains("no column size");
    assertThat(refused(1, "sessions", "--limit", "0")).contains("less than 1");
  }

  @Test
  void more_rows_than_the_proxy_gives_at_once_are_fetched_in_pages() {
    for (int i = 10; i < 2_510; i++) {
      proxy.sessions.add(new ShownProxy.Lives(i, "x", "c", "db1", "idle", false, 1));
    }
    assertThat(shown("sessions", "--columns", "id", "--limit", "2400").lines())
        .hasSize(2_402)
        .endsWith("(2400 of 2502)");
    assertThat(refused(1, "sessions", "--json", "--limit", "2400")).contains("at most 1000");
  }

  @Test
  void json_is_what_the_proxy_answers() {
    assertThat(shown("servers", "--json", "--limit", "1"))
        .isEqualTo(
            "{\"table\":\"servers\",\"total\":2,\"offset\":0,\"limit\":1,\"rows\":["
                + "{\"name\":\"db1\",\"state\":\"alive\"}]}\n");
    assertThat(shown("explain", "7", "--json")).startsWith("{\"id\":7,\"sentence\":");
    assertThat(shown("reload", "--json")).startsWith("{\"changes\":[");
    assertThat(shown("kill", "1", "--json")).isEmpty();
  }

  @Test
  void a_loss_is_explained() {
    assertThat(shown("explain", "7"))
        .startsWith(
            "session 7 from 10.0.0.7:51234 lost db2: the server's process is gone; told 1053")
        .contains("Timeline\n  2026-11-21T12:02:10.245Z  connected from", "Evidence\n", "Verdict\n")
        .containsPattern("cause +server-gone\n")
        .containsPattern("micros +4\\.2 ms\n")
        .containsPattern("recoverable +no\n");
    assertThat(refused(4, "explain", "8")).startsWith("lastword: the ledger has no session 8");
    assertThat(refused(2, "explain", "eight")).contains("eight");
  }

  @Test
  void what_others_wrote_cannot_steer_the_terminal() {
    proxy.sessions.add(
        new ShownProxy.Lives(3, "x", "\u001b[2Jevil\r\n\u202e", "db1", "idle", false, 1));
    assertThat(shown("sessions", "--columns", "client", "--where", "id=3"))
        .isEqualTo("CLIENT\n?[2Jevil???\n");
  }

  @Test
  void sessions_are_killed() {
    assertThat(shown("kill", "1")).isEqualTo("session 1 was killed\n");
    assertThat(refused(4, "kill", "8", "2", "9"))
        .isEqualTo("lastword: there are no sessions 8, 9\n");
    assertThat(out.toString()).isEqualTo("session 2 was killed\n");
  }

  @Test
  void drains_begin_and_end() {
    assertThat(shown("drain")).startsWith("the proxy takes no new sessions");
    assertThat(shown("drain", "--server", "db1")).startsWith("server db1 takes no new sessions");
    assertThat(shown("undrain", "--listener", "x")).startsWith("listener x takes sessions again");
    assertThat(proxy.done).containsExactly("drain all", "drain server db1", "undrain listener x");
    assertThat(refused(4, "drain", "--server", "db9")).contains("there is no server db9");
    assertThat(refused(2, "drain", "--server", "db1", "--listener", "x")).contains("Usage:");
  }

  @Test
  void a_reload_says_what_changed_or_why_not() {
    assertThat(shown("reload")).isEqualTo("limits.sessions: 9000 instead of 100\n");
    proxy.refusal = ShownProxy.invalid();
    assertThat(refused(1, "reload"))
        .isEqualTo("lastword: lastword.yaml:10:13: limits.sessions: none is no number\n");
  }

  @Test
  void a_log_level_is_set() {
    assertThat(shown("log-level", "lastword.session", "debug"))
        .isEqualTo("lastword.session logs DEBUG\n");
    assertThat(proxy.done).containsExactly("log lastword.session DEBUG");
    assertThat(refused(1, "log-level", "ROOT", "LOUD")).contains("there is no level LOUD");
  }

  @Test
  void where_there_is_no_terminal_top_is_shown_once() {
    proxy.ledger.enter(
        ShownProxy.lost(
            8, Cause.SERVER_UNREACHABLE, new Farewell.Err(1053, "08S01"), Instant.now()));
    assertThat(shown("top"))
        .contains("Sessions: connecting 1 idle 1\n", "Losses: 2 since the start\n", "LAST LOSSES\n")
        .containsPattern(
            "\\d\\d:\\d\\d:\\d\\d session 8 from .* the server does not answer; told 1053")
        .doesNotContain("\u001b");
  }

  @Test
  void events_are_followed_until_the_proxy_ends() throws Exception {
    proxy.events.enter(Event.Kind.SERVER_LOST, "db1", "", 0, "db1 is lost");
    assertThat(shown("events")).contains("server-lost  db1 is lost\n");
    AtomicInteger exitCode = new AtomicInteger(-1);
    Thread follower =
        Thread.ofVirtual().start(() -> exitCode.set(lastword("events", "--follow", "--json")));
    await().until(() -> out.toString().contains("db1 is lost"));
    proxy.events.enter(Event.Kind.SERVER_RECOVERED, "db1", "", 0, "db1 answers again");
    await().until(() -> out.toString().contains("\"text\":\"db1 answers again\"}\n"));
    server.close();
    follower.join();
    assertThat(exitCode).hasValue(1);
    assertThat(err.toString()).isEqualTo("lastword: the proxy ended the stream of events\n");
  }

  // ---- What goes wrong

  @Test
  void where_nothing_listens_it_is_said_in_one_sentence() {
    String url = server.url();
    server.close();
    assertThat(refused(1, "status", "--url", url))
        .isEqualTo(
            "lastword: no Lastword answers at "
                + url
                + ": connection refused; is it running, and is admin.http enabled?\n");
    assertThat(refused(1, "status", "--url", "http://nowhere.invalid"))
        .contains("no Lastword answers at http://nowhere.invalid");
    assertThat(refused(1, "status", "--url", "::")).contains("is no URL");
  }

  @Test
  void what_is_no_lastword_is_told_as_such() throws Exception {
    try (ServerSocket other = new ServerSocket(0, 8, InetAddress.ofLiteral("127.0.0.1"))) {
      Thread.ofVirtual()
          .start(() -> {
            try (var client = other.accept()) {
              client
                  .getOutputStream()
                  .write("SSH-2.0-x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            } catch (IOException e) {
              // It has seen enough.
            }
          });
      assertThat(refused(1, "status", "--url", "127.0.0.1:" + other.getLocalPort()))
          .contains("broke")
          .hasLineCount(1);
    }
  }

  @Test
  void one_says_who_one_is_with_an_account_or_a_token() throws Exception {
    server.close();
    server =
        proxy.open(
            AdminSettings.OFF
                .withHttp("127.0.0.1", 0)
                .withAccount("ann", "secret")
                .withToken("t0ken"));
    Path secret = Files.writeString(folder.resolve("secret"), "secret\n");
    Path token = Files.writeString(folder.resolve("token"), "t0ken\n");
    assertThat(shown("servers", "--user", "ann", "--password-file", secret.toString()))
        .contains("db1");
    assertThat(shown("servers", "--token-file", token.toString())).contains("db1");
    assertThat(refused(1, "servers")).contains("wants to know who asks");
    assertThat(refused(1, "servers", "--user", "ann")).contains("LASTWORD_PASSWORD");
    assertThat(refused(1, "servers", "--token-file", secret.toString()))
        .contains("does not accept this account or token");
    assertThat(refused(1, "servers", "--token-file", "/nowhere"))
        .contains("/nowhere cannot be read");
  }

  @Test
  void over_https_the_proxys_certificate_is_trusted_if_one_says_so() throws Exception {
    server.close();
    server = HttpServer.open(ShownProxy.https(), proxy.subject(), folder);
    assertThat(refused(1, "servers")).contains("no safe connection", "--ca");
    assertThat(shown("servers", "--ca", folder.resolve("lastword-cert.pem").toString()))
        .contains("db1");
    assertThat(shown("servers", "--insecure")).contains("db1");
    Path empty = Files.writeString(folder.resolve("empty.pem"), "");
    assertThat(refused(1, "servers", "--ca", empty.toString())).contains("no certificate");
    assertThat(refused(1, "servers", "--url", "http" + server.url().substring(5)))
        .contains("is it https://?");
  }
}
