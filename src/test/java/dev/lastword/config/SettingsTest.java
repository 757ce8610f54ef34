package dev.lastword.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A configuration as keys and values, and what is different between two. */
class SettingsTest {
  private static Config.Builder base() {
    return Config.builder().dataDirectory(Path.of("/var/lib/lastword"));
  }

  private static Config one() {
    return base()
        .listener(Listener.x("app", "db1"))
        .server(
            Server.at("db1", "db1.example").withMonitor(new Account("watch", new Secret("old"))))
        .build();
  }

  @Test
  void every_setting_goes_by_its_key_and_secrets_are_hidden() {
    assertThat(Settings.of(one()))
        .contains(
            entry("listeners.app.protocol", "x"),
            entry("listeners.app.bind", "127.0.0.1:6448"),
            entry("listeners.app.servers", "db1"),
            entry("listeners.app.policy", "first-available"),
            entry("listeners.app.tls.mode", "PREFERRED"),
            entry("listeners.app.idle-timeout", "0ms"),
            entry("servers.db1.x", "db1.example:33060"),
            entry("servers.db1.monitor.user", "watch"),
            entry("servers.db1.monitor.password", "***"),
            entry("timeouts.connect", "2s"),
            entry("limits.sessions", "9000"),
            entry("data-directory", "/var/lib/lastword"))
        .doesNotContainValue("old");
  }

  @Test
  void what_is_different_is_said_and_nothing_else() {
    Config other =
        base()
            .listener(
                Listener.x("app", "db1", "db2")
                    .withIdleTimeout(Duration.ofMinutes(5))
                    .withTrustedProxies("10.0.0.0/8"))
            .server(
                Server.at("db1", "db1.example")
                    .withMonitor(new Account("watch", new Secret("new"))))
            .server(Server.at("db2", "db2.example"))
            .build();
    assertThat(Settings.changes(one(), other))
        .contains(
            "listeners.app.servers is now db1, db2, was db1",
            "listeners.app.idle-timeout is now 5m, was 0ms",
            "listeners.app.trusted-proxies is now 10.0.0.0/8",
            "servers.db1.monitor.password has changed",
            "servers.db2.x is now db2.example:33060")
        .noneMatch(line -> line.contains("timeouts") || line.contains("new)"));
    assertThat(Settings.changes(other, one()))
        .contains("listeners.app.trusted-proxies is gone, was 10.0.0.0/8");
    assertThat(Settings.changes(one(), one())).isEmpty();
  }
}
