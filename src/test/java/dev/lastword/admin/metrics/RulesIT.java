package dev.lastword.admin.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.testing.Prometheus;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The files for Prometheus, judged by its own tool. */
class RulesIT {
  private static final Path PLAYED =
      MetricsIT.CONFIG.resolveSibling(Path.of("src", "test", "prometheus", "alerts-test.yml"));

  @Test
  void the_configuration_and_the_rules_are_valid() {
    assertThat(
            Prometheus.promtool(
                "", "check", "config", MetricsIT.CONFIG.resolve("prometheus.yml").toString()))
        .contains("1 rule files found", "14 rules found");
    assertThat(
            Prometheus.promtool(
                "", "check", "rules", MetricsIT.CONFIG.resolve("alerts.yml").toString()))
        .contains("SUCCESS");
  }

  @Test
  void each_alert_fires_when_it_should_and_only_then() {
    assertThat(Prometheus.promtool("", "test", "rules", PLAYED.toString())).contains("SUCCESS");
  }
}
