package dev.lastword.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Every default, asserted once and against both ways to a configuration. */
class ConfigDefaultsTest {
  private static final Config EXPECTED =
      new Config(
          List.of(
              new Listener(
                  "x",
                  Listener.Protocol.X,
                  new Endpoint.Tcp("127.0.0.1", 6448),
                  List.of("db1"),
                  Listener.Policy.FIRST_AVAILABLE,
                  Listener.Role.ANY,
                  new ClientTls(
                      ClientTls.Mode.PREFERRED,
                      Optional.empty(),
                      Optional.empty(),
                      Optional.empty()),
                  9_000,
                  Duration.ZERO,
                  Listener.WhenNoServer.ERROR,
                  Map.of(),
                  List.of())),
          List.of(
              new Server(
                  "db1",
                  new Endpoint.Tcp("db1.example", 33060),
                  new Endpoint.Tcp("db1.example", 3306),
                  new ServerTls(
                      ServerTls.Mode.AS_CLIENT,
                      ServerTls.Verify.NONE,
                      Optional.empty(),
                      Optional.empty(),
                      Optional.empty(),
                      Optional.empty()),
                  Server.ProxyHeader.NONE,
                  Optional.empty())),
          new Timeouts(Duration.ofSeconds(2), Duration.ofSeconds(30), Duration.ofSeconds(30)),
          new Limits(9_000, 1_048_576, 1_048_576),
          new FarewellSettings(
              Duration.ofMillis(250), Duration.ofSeconds(5), Duration.ofSeconds(30), 10_000),
          new Health(Duration.ofSeconds(1), Duration.ofSeconds(1), 2, 1),
          Path.of("/home/me/.local/state/lastword"),
          0,
          AdminSettings.OFF);

  @Test
  void a_file_with_the_least_has_every_default() {
    Config config =
        ConfigLoader.parse(
            """
            listeners:
              - { name: x, protocol: x, servers: [db1] }
            servers:
              - { name: db1, host: db1.example }
            """,
            "lastword.yaml",
            Map.of("HOME", "/home/me"));
    assertThat(config).usingRecursiveComparison().ignoringFields("admin").isEqualTo(EXPECTED);
    AdminSettings admin = config.admin();
    assertThat(admin.authenticates()).isFalse();
    assertThat(admin.http().orElseThrow().bind()).hasToString("127.0.0.1:6480");
    assertThat(admin.sql().orElseThrow().bind()).hasToString("127.0.0.1:6481");
    assertThat(admin).isEqualTo(AdminSettings.DEFAULT);
  }

  @Test
  void a_program_that_says_the_least_has_every_default() {
    Config config =
        Config.builder()
            .listener(Listener.x("x", "db1"))
            .server(Server.at("db1", "db1.example"))
            .dataDirectory(EXPECTED.dataDirectory())
            .build();
    assertThat(config).isEqualTo(EXPECTED);
  }

  @Test
  void a_listener_takes_as_many_sessions_as_there_may_be_in_all() {
    Config config =
        Config.builder()
            .listener(Listener.x("all", "db1"))
            .listener(Listener.x("few", "db1").withBind("127.0.0.1", 0).withMaxSessions(7))
            .server(Server.at("db1", "db1.example"))
            .limits(Limits.DEFAULT.withSessions(123))
            .build();
    assertThat(config.listeners()).extracting(Listener::maxSessions).containsExactly(123, 7);
  }

  @Test
  void the_data_directory_follows_systemd_then_xdg_then_home() {
    assertThat(
            DataDirectory.of(
                Map.of("STATE_DIRECTORY", "/var/lib/lastword:/b", "XDG_STATE_HOME", "/x")))
        .isEqualTo(Path.of("/var/lib/lastword"));
    assertThat(DataDirectory.of(Map.of("XDG_STATE_HOME", "/x", "HOME", "/home/me")))
        .isEqualTo(Path.of("/x/lastword"));
    assertThat(DataDirectory.of(Map.of("XDG_STATE_HOME", "relative", "HOME", "/home/me")))
        .isEqualTo(Path.of("/home/me/.local/state/lastword"));
    assertThat(DataDirectory.of(Map.of()))
        .isEqualTo(Path.of(System.getProperty("user.home"), ".local/state/lastword"));
  }

  @Test
  void a_program_cannot_make_what_a_file_could_not() {
    assertThatThrownBy(() -> Config.builder().build())
        .isInstanceOf(InvalidConfig.class)
        .hasMessageContaining("listeners: is missing or empty")
        .hasMessageContaining("servers: is missing or empty");
    assertThatThrownBy(() -> Limits.DEFAULT.withHoldBack(1))
        .hasMessage("holdBack: 1 is less than 1KiB; allowed: 1KiB to 64MiB");
    assertThatThrownBy(() -> Timeouts.DEFAULT.withConnect(Duration.ofHours(1)))
        .hasMessage("connect: 60m is more than 10m; allowed: 1ms to 10m");
    assertThatThrownBy(() -> Health.DEFAULT.withInterval(Duration.ofMillis(1)))
        .hasMessage("interval: 1ms is less than 50ms; allowed: 50ms to 60m");
    assertThatThrownBy(() -> Health.DEFAULT.withTimeout(Duration.ofHours(1)))
        .hasMessageContaining("timeout: 60m is more than 1m");
    assertThatThrownBy(() -> Health.DEFAULT.withFall(0)).hasMessageContaining("fall: 0");
    assertThatThrownBy(() -> Health.DEFAULT.withRise(101)).hasMessageContaining("rise: 101");
    assertThatThrownBy(() -> Listener.x("x", "a").withMaxSessions(0))
        .hasMessageContaining("maxSessions");
    Listener classic = Listener.classic("c", "a");
    assertThatThrownBy(() -> classic.withCode(Listener.Reason.RESET, 65_535, "08S01"))
        .hasMessage("code: 65535 is more than 65534; allowed: 1 to 65534");
    assertThatThrownBy(() -> classic.withCode(Listener.Reason.RESET, 2_013, "08S01"))
        .hasMessage("code: 2013 is of a client library; allowed: 1 to 65534 but not 2000 to 2999");
    assertThatThrownBy(() -> classic.withCode(Listener.Reason.RESET, 1_158, "00000"))
        .hasMessage("sqlState: 00000 is no SQLSTATE of an error");
    assertThatThrownBy(() -> Server.at("a", "h", 0, 1)).hasMessageContaining("x: 0 is less than 1");
    assertThatThrownBy(() -> new Endpoint.Unix(Path.of("/" + "a".repeat(107))))
        .hasMessageContaining("108 bytes");
    assertThat(new Endpoint.Unix(Path.of("/" + "a".repeat(106))).path()).isAbsolute();
  }

  @Test
  void a_classic_listener_has_the_other_port_and_no_codes_of_its_own() {
    Listener listener = Listener.classic("c", "db1");
    assertThat(listener.bind()).isEqualTo(new Endpoint.Tcp("127.0.0.1", 6446));
    assertThat(listener.codes()).isEmpty();
    assertThat(listener.withBind("::1", 0).withPolicy(Listener.Policy.ROUND_ROBIN))
        .isEqualTo(
            new Listener(
                "c",
                Listener.Protocol.CLASSIC,
                new Endpoint.Tcp("::1", 0),
                List.of("db1"),
                Listener.Policy.ROUND_ROBIN,
                Listener.Role.ANY,
                ClientTls.DEFAULT,
                Listener.ALL_SESSIONS,
                Duration.ZERO,
                Listener.WhenNoServer.ERROR,
                Map.of(),
                List.of()));
    Listener coded =
        listener
            .withCode(Listener.Reason.KILLED, 1927, "70100")
            .withTls(ClientTls.DEFAULT)
            .withIdleTimeout(Duration.ofSeconds(1))
            .withMaxSessions(3);
    assertThat(coded.codes())
        .isEqualTo(Map.of(Listener.Reason.KILLED, new ErrorCode(1927, "70100")));
  }

  @Test
  void a_server_is_found_by_its_name() {
    assertThat(EXPECTED.server("db1").x()).hasToString("db1.example:33060");
    assertThatThrownBy(() -> EXPECTED.server("db2")).hasMessageContaining("db2");
  }
}
