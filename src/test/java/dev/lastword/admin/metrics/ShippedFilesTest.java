package dev.lastword.admin.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What is written about the metrics, and over them, is about the metrics that there are. */
class ShippedFilesTest {
  private static final Path BASE = Path.of(System.getProperty("lastword.basedir", ""));
  private static final Path PAGE = BASE.resolve("docs").resolve("metrics.md");

  /** Which of these there are depends on the collector, and on whether it has worked yet. */
  private static final Set<String> OF_COLLECTORS =
      Set.of(
          "jvm_gc_pause_seconds",
          "jvm_gc_pause_seconds_max",
          "jvm_gc_concurrent_phase_time_seconds",
          "jvm_gc_concurrent_phase_time_seconds_max");

  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| `([a-z0-9_]+)` \\|([^|\n]*)\\|([^|\n]*)\\|");
  private static final Pattern NAME = Pattern.compile("\\b(lastword|jvm|process)_[a-z0-9_]+");

  private static Set<String> names() {
    return Arrays.stream(Family.values())
        .map(Family::text)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> namesOfTheMachine() {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    try (Jvm _ = new Jvm(registry)) {
      Set<String> names = new TreeSet<>();
      Matcher types = Pattern.compile("(?m)^# TYPE (\\w+)").matcher(registry.scrape());
      while (types.find()) {
        names.add(types.group(1));
      }
      return names;
    } finally {
      registry.close();
    }
  }

  @Test
  void the_page_names_exactly_the_metrics_that_there_are_with_their_types_and_labels()
      throws IOException {
    TreeMap<String, String> ours = new TreeMap<>();
    Set<String> machine = new TreeSet<>();
    Matcher rows = ROW.matcher(Files.readString(PAGE));
    while (rows.find()) {
      if (rows.group(1).startsWith("lastword_")) {
        ours.put(rows.group(1), rows.group(2).strip() + "; " + rows.group(3).strip());
      } else {
        machine.add(rows.group(1));
      }
    }
    TreeMap<String, String> expected = new TreeMap<>();
    for (Family family : Family.values()) {
      String labels =
          family.labels().stream().map(l -> "`" + l + "`").collect(Collectors.joining(", "));
      expected.put(
          family.text(), family.type().name().toLowerCase(java.util.Locale.ROOT) + "; " + labels);
    }
    assertThat(ours).isEqualTo(expected);
    Set<String> known = new TreeSet<>(namesOfTheMachine());
    known.addAll(OF_COLLECTORS);
    assertThat(machine).containsExactlyInAnyOrderElementsOf(known);
  }

  @Test
  void rules_dashboard_and_page_speak_of_metrics_that_there_are() throws IOException {
    Set<String> known = new HashSet<>(names());
    known.addAll(namesOfTheMachine());
    known.addAll(OF_COLLECTORS);
    for (Path file :
        List.of(
            MetricsIT.CONFIG.resolve("alerts.yml"),
            MetricsIT.CONFIG.resolve("grafana-dashboard.json"),
            PAGE)) {
      Matcher names = NAME.matcher(Files.readString(file));
      while (names.find()) {
        assertThat(known).as(file.toString()).contains(withoutPart(names.group(), known));
      }
    }
  }

  /** Of a histogram, queries name the parts. */
  private static String withoutPart(String name, Set<String> known) {
    return known.contains(name) ? name : name.replaceAll("_(bucket|sum|count)$", "");
  }

  @Test
  void every_metric_has_a_place_in_the_dashboard() throws IOException {
    String dashboard = Files.readString(MetricsIT.CONFIG.resolve("grafana-dashboard.json"));
    assertThat(names()).allSatisfy(name -> assertThat(dashboard).contains(name));
  }

  @Test
  void the_dashboard_can_be_imported() throws IOException {
    JsonNode dashboard = MetricsIT.dashboard();
    assertThat(dashboard.path("uid").asString()).isEqualTo("lastword");
    assertThat(dashboard.path("title").asString()).isEqualTo("Lastword");
    assertThat(dashboard.path("schemaVersion").asInt()).isGreaterThanOrEqualTo(39);
    assertThat(dashboard.path("id").isNull()).as("an id belongs to one Grafana").isTrue();
    JsonNode source = dashboard.path("templating").path("list").path(0);
    assertThat(source.path("type").asString()).isEqualTo("datasource");
    assertThat(source.path("query").asString()).isEqualTo("prometheus");
    Set<Integer> ids = new HashSet<>();
    for (JsonNode panel : dashboard.path("panels")) {
      assertThat(ids.add(panel.path("id").asInt())).as(panel.path("title").asString()).isTrue();
      JsonNode place = panel.path("gridPos");
      assertThat(place.path("x").asInt() + place.path("w").asInt()).isLessThanOrEqualTo(24);
      if (!panel.path("type").asString().equals("row")) {
        assertThat(panel.path("targets").size()).isPositive();
        for (JsonNode uid : panel.findValues("datasource")) {
          assertThat(uid.path("uid").asString()).isEqualTo("${datasource}");
        }
      }
    }
  }
}
