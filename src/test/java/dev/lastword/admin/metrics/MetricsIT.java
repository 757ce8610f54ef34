package dev.lastword.admin.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.Proxy;
import dev.lastword.admin.Steering;
import dev.lastword.config.Account;
import dev.lastword.config.AdminSettings;
import dev.lastword.config.Config;
import dev.lastword.config.Health;
import dev.lastword.config.Listener;
import dev.lastword.config.Secret;
import dev.lastword.config.Server;
import dev.lastword.farewell.LostSession;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.Prometheus;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Login;
import dev.lastword.testing.x.XClient;
import dev.lastword.testing.x.XMessages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** A proxy with a real server behind it, real faults, and a real Prometheus that looks on. */
class MetricsIT {
  static final Path CONFIG = Path.of(System.getProperty("lastword.basedir", ""), "config");
  private static final String TOKEN = "only prometheus";
  private static final Duration SOON = Duration.ofSeconds(60);

  private static MySqlServer db;

  @TempDir Path directory;
  private final List<AutoCloseable> open = new ArrayList<>();
  private Proxy proxy;

  @BeforeAll
  static void launch() {
    db = MySqlServer.launch();
  }

  @AfterAll
  static void stop() {
    db.close();
  }

  @BeforeEach
  void start() {
    if (!db.isRunning()) {
      db.start();
    }
    proxy =
        Proxy.start(
            Config.builder()
                .listener(Listener.x("documents", "db").withBind("127.0.0.1", 0))
                .listener(Listener.classic("tables", "db").withBind("127.0.0.1", 0))
                .server(
                    Server.at("db", db.host(), db.xPort(), db.classicPort())
                        .withMonitor(new Account(db.user(), new Secret(db.password()))))
                .health(new Health(Duration.ofMillis(200), Duration.ofSeconds(2), 2, 1))
                .dataDirectory(directory)
                .admin(AdminSettings.OFF.withHttp("127.0.0.1", 0).withToken(TOKEN))
                .build());
    soon()
        .untilAsserted(
            () -> assertThat(scrape().value("lastword_server_up{server=\"db\"}")).isOne());
  }

  @AfterEach
  void end() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
    proxy.close();
  }

  private static ConditionFactory soon() {
    return await().atMost(SOON).pollInterval(Duration.ofMillis(100));
  }

  private Scraped scrape() {
    return Scraped.of(proxy.meters());
  }

  private XClient documents() {
    XClient client =
        XClient.connect("127.0.0.1", proxy.port("documents"))
            .within(SOON)
            .login(db.user(), db.password());
    open.add(client);
    return client;
  }

  private ClassicClient tables() {
    ClassicClient client =
        ClassicClient.connect("127.0.0.1", proxy.port("tables"))
            .within(SOON)
            .login(Login.as(db.user(), db.password()));
    open.add(client);
    return client;
  }

  @Test
  void what_is_said_is_what_happened_and_promtool_finds_nothing_wrong_with_it() {
    check(scrape());
    List<XClient> documents = List.of(documents(), documents(), documents());
    List<ClassicClient> tables = List.of(tables(), tables());
    documents.getFirst().send(XMessages.sql("SELECT SLEEP(600)"));
    String live = "lastword_sessions{listener=\"%s\",protocol=\"%s\",server=\"db\",state=\"%s\"}";
    soon()
        .untilAsserted(() -> {
          Scraped scraped = scrape();
          assertThat(scraped.value(live.formatted("documents", "x", "idle"))).isEqualTo(2);
          assertThat(scraped.value(live.formatted("documents", "x", "waiting"))).isEqualTo(1);
          assertThat(scraped.value(live.formatted("tables", "classic", "idle"))).isEqualTo(2);
          assertThat(scraped.sum("lastword_sessions")).isEqualTo(5);
        });
    for (ClassicClient client : tables) {
      var _ = client.sql("SELECT 1").succeeded();
      var _ = client.sql("SELECT 2").succeeded();
    }
    Scraped busy = scrape();
    check(busy);
    assertThat(busy.value("lastword_requests_total{listener=\"tables\",protocol=\"classic\"}"))
        .as("two statements on each of two sessions")
        .isEqualTo(4);
    assertThat(busy.sum("lastword_sessions_opened_total")).isEqualTo(5);
    assertThat(busy.sum("lastword_sessions_ended_total")).isZero();

    db.kill();
    documents.forEach(XClient::awaitEnd);
    tables.forEach(ClassicClient::awaitEnd);
    soon()
        .untilAsserted(() -> {
          Scraped lost = scrape();
          assertThat(lost.sum("lastword_sessions")).isZero();
          assertThat(lost.sum("lastword_losses_total")).isEqualTo(5);
          assertThat(lost.value("lastword_server_up{server=\"db\"}")).isZero();
          assertThat(lost.value("lastword_ready")).isZero();
        });
    Scraped lost = scrape();
    check(lost);
    assertThat(lost.sum("lastword_sessions_ended_total")).isEqualTo(5);
    assertThat(lost.sum("lastword_farewells_undeliverable_total")).isZero();
    assertThat(
            lost.value(
                "lastword_x_notices_sent_total{code=\"1053\",origin=\"proxy\",scope=\"global\",type=\"warning\"}"))
        .isEqualTo(3);
    assertThat(lost.value("lastword_x_messages_sent_total"))
        .isEqualTo(
            proxy.sent().statusVariables().getOrDefault("Mysqlx_messages_sent", -1L).doubleValue());
    assertThat(lost.value("lastword_farewell_duration_seconds_count{protocol=\"x\"}")).isEqualTo(3);
    assertThat(lost.value("lastword_farewell_duration_seconds_count{protocol=\"classic\"}"))
        .isEqualTo(2);
    assertThat(lost.value("lastword_diagnosis_duration_seconds_count{server=\"db\"}"))
        .isBetween(1.0, 5.0);
    assertThat(lost.value("lastword_server_state{server=\"db\",state=\"refused\"}")).isOne();
    assertThat(lost.sum("lastword_server_state")).as("it is in one state").isOne();
    assertThat(lost.value("lastword_server_looks_total{result=\"refused\",server=\"db\"}"))
        .isPositive();
    List<LostSession> ledger = proxy.ledger().latest();
    assertThat(lost.sum("lastword_received_bytes_total"))
        .isEqualTo((double) ledger.stream().mapToLong(LostSession::bytesIn).sum());
    assertThat(lost.sum("lastword_sent_bytes_total"))
        .isEqualTo((double) ledger.stream().mapToLong(LostSession::bytesOut).sum());

    db.start();
    soon()
        .untilAsserted(() -> {
          Scraped back = scrape();
          assertThat(back.value("lastword_server_up{server=\"db\"}")).isOne();
          assertThat(back.value("lastword_server_events_total{event=\"restarted\",server=\"db\"}"))
              .isOne();
          assertThat(back.value("lastword_ready")).isOne();
        });
    check(scrape());
  }

  @Test
  void the_time_until_a_farewell_has_the_diagnosis_in_it() {
    List<XClient> documents = List.of(documents(), documents(), documents());
    db.kill();
    documents.forEach(XClient::awaitEnd);
    soon()
        .untilAsserted(() ->
            assertThat(scrape().value("lastword_farewell_duration_seconds_count{protocol=\"x\"}"))
                .isEqualTo(3));
    Scraped lost = scrape();
    double diagnoses = lost.sum("lastword_diagnosis_duration_seconds_sum");
    assertThat(diagnoses).isPositive();
    // Farewells are measured in whole microseconds.
    assertThat(lost.sum("lastword_farewell_duration_seconds_sum")).isGreaterThan(diagnoses - 3e-6);
  }

  private static void check(Scraped scraped) {
    assertThat(Prometheus.promtool(scraped.text(), "check", "metrics")).isEmpty();
  }

  @Test
  void a_real_prometheus_reads_it_its_alerts_fire_and_every_panel_has_data() throws Exception {
    Files.writeString(directory.resolve("lastword.token"), TOKEN);
    Files.writeString(
        directory.resolve("alerts.yml"),
        // Nobody waits for an hour here.
        Files.readString(CONFIG.resolve("alerts.yml")).replaceAll("for: \\w+", "for: 1s"));
    Path configuration =
        Files.writeString(
            directory.resolve("prometheus.yml"),
            Files.readString(CONFIG.resolve("prometheus.yml"))
                .replace("127.0.0.1:6480", "127.0.0.1:" + proxy.httpPort().orElseThrow())
                .replaceAll("#(authorization:|  credentials_file:)", "$1")
                .replaceAll("(_interval): \\w+", "$1: 500ms"));
    Prometheus prometheus = Prometheus.start(configuration);
    open.add(prometheus);
    List<XClient> documents = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      documents.add(documents());
    }
    ClassicClient tables = tables();
    var _ = tables.sql("SELECT 1").succeeded();
    System.gc();
    soon()
        .untilAsserted(() -> {
          assertThat(value(prometheus, "sum(lastword_sessions)")).isEqualTo(13);
          // Twice, so that it can be seen to grow.
          assertThat(value(prometheus, "min(count_over_time(lastword_losses_total[1m]))"))
              .isGreaterThanOrEqualTo(2);
        });
    assertThat(prometheus.firing()).isEmpty();
    JsonNode target = prometheus.ask("targets").path("activeTargets").path(0);
    assertThat(target.path("health").asString()).isEqualTo("up");
    assertThat(target.path("lastError").asString()).isEmpty();

    db.kill();
    documents.forEach(XClient::awaitEnd);
    var _ = tables.awaitEnd();
    proxy.steering().drain(new Steering.Scope.OneListener("tables"));
    soon()
        .untilAsserted(() ->
            assertThat(prometheus.firing())
                .contains(
                    "LastwordServerDown",
                    "LastwordNotReady",
                    "LastwordSessionsLost",
                    "LastwordDrainLeftOn"));
    for (JsonNode rule : prometheus.ask("rules").path("groups").path(0).path("rules")) {
      assertThat(rule.path("health").asString()).as(rule.toString()).isEqualTo("ok");
    }
    JsonNode dashboard = dashboard();
    for (String expression : expressions(dashboard.path("panels"))) {
      soon()
          .untilAsserted(
              () -> assertThat(prometheus.query(expression).size()).as(expression).isPositive());
    }
    for (String expression : expressions(dashboard.path("annotations").path("list"))) {
      var _ = prometheus.query(expression);
    }
    whatThePageAsksIsAnswered(prometheus);
  }

  private void whatThePageAsksIsAnswered(Prometheus prometheus) throws IOException {
    String page = Files.readString(CONFIG.resolveSibling("docs").resolve("metrics.md"));
    List<String> examples = page.lines().filter(line -> line.startsWith("    ")).toList();
    assertThat(examples).hasSizeGreaterThan(3);
    for (String example : examples) {
      var _ = prometheus.query(example.strip());
    }
    Matcher variables = Pattern.compile("(?m)^\\| `(Mysqlx_\\w+)` \\| `([^`]+)` \\|").matcher(page);
    Map<String, String> queries = new TreeMap<>();
    while (variables.find()) {
      queries.put(variables.group(1), variables.group(2));
    }
    soon()
        .untilAsserted(() -> {
          Map<String, Long> shown = new TreeMap<>();
          queries.forEach((name, query) -> shown.put(name, (long) value(prometheus, query)));
          assertThat(shown).isEqualTo(proxy.sent().statusVariables());
        });
  }

  private static double value(Prometheus prometheus, String expression) {
    JsonNode value = prometheus.query(expression).path(0).path("value").path(1);
    return value.isMissingNode() ? Double.NaN : Double.parseDouble(value.asString());
  }

  static JsonNode dashboard() throws IOException {
    return new ObjectMapper().readTree(Files.readString(CONFIG.resolve("grafana-dashboard.json")));
  }

  /** All queries in panels or annotations, as Grafana sends them when everything is chosen. */
  static Set<String> expressions(JsonNode in) {
    Set<String> all = new LinkedHashSet<>();
    in.findValues("expr").forEach(found -> all.add(filled(found.asString())));
    assertThat(all).isNotEmpty();
    return all;
  }

  private static String filled(String expression) {
    String filled = expression;
    for (Map.Entry<String, String> variable :
        Map.of(
                "$__rate_interval", "5m",
                "$__range", "1h",
                "$instance", ".*",
                "$listener", ".*",
                "$server", ".*")
            .entrySet()) {
      filled = filled.replace(variable.getKey(), variable.getValue());
    }
    assertThat(filled).doesNotContain("$");
    return filled;
  }
}
