package dev.lastword.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigLoaderTest {
  private static final String PASSWORD = "abracadabra";

  @TempDir Path folder;

  private Config load(String text) {
    return ConfigLoader.parse(
        text,
        folder.resolve("lastword.yaml").toString(),
        Map.of("KEY_PASSWORD", PASSWORD, "HOME", "/home/me"));
  }

  /** What is said of a text, one line for each problem, without the name of the file. */
  private String complaints(String text) {
    InvalidConfig e = catchThrowableOfType(InvalidConfig.class, () -> load(text));
    assertThat(e).as("nothing is wrong with it").isNotNull();
    return String.valueOf(e.getMessage()).replace(folder + "/lastword.yaml:", "");
  }

  private static String with(String listener, String server, String rest) {
    return """
    listeners:
      - name: x
        protocol: x
        servers: [db1]
        %s
    servers:
      - name: db1
        host: db1.example
        %s
    %s
    """
        .formatted(listener, server, rest);
  }

  @Test
  void everything_that_can_be_said_is_understood() throws Exception {
    Path file = Files.writeString(folder.resolve("a.pem"), "");
    Files.writeString(folder.resolve("password"), PASSWORD + "\n");
    Config config =
        load(
            """
            listeners:
              - name: one
                protocol: x
                bind: "[::1]:7000"
                servers: [db1, db2]
                policy: round-robin
                max-sessions: 5
                when-no-server: close
                tls:
                  mode: REQUIRED
                  certificate: a.pem
                  key: a.pem
                  key-password: { env: KEY_PASSWORD }
              - name: two
                protocol: x
                bind: unix:run/x.sock
                servers:
                  - db1
                role: primary
              - name: three
                protocol: classic
                servers: [db2]
                codes: { killed: 1927 70100, reset: "65534  08S01", too-many: 1 HY000 }
                proxy-protocol: { trusted: [10.0.0.0/8, "::1", "2001:db8::/33"] }
            servers:
              - name: db1
                host: "2001:db8::1"
                x-port: 1
                classic-port: 65535
                tls:
                  mode: REQUIRED
                  verify: IDENTITY
                  ca: a.pem
                  certificate: a.pem
                  key: a.pem
                  key-password: { file: password }
                monitor: { user: watcher, password: { env: KEY_PASSWORD } }
              - name: db2
                x-socket: /run/mysqlx.sock
                classic-socket: /run/mysqld.sock
                proxy-protocol: v2
            timeouts: { connect: 250ms, handshake: 5m }
            limits: { sessions: 10, hold-back: 64KiB, write-buffer: 20000 }
            health: { interval: 200ms, timeout: 3s, fall: 4, rise: 5 }
            data-directory: state
            event-loops: 3
            admin:
              http:
                bind: 0.0.0.0:7480
                tls: { mode: REQUIRED, certificate: a.pem, key: a.pem }
              sql: { enabled: false, bind: 127.0.0.1:1 }
              accounts:
                - { user: operator, password: { env: KEY_PASSWORD } }
              token: { file: password }
            """);
    Secret secret = new Secret(PASSWORD);
    assertThat(config)
        .isEqualTo(
            Config.builder()
                .listener(
                    Listener.x("one", "db1", "db2")
                        .withBind("::1", 7000)
                        .withPolicy(Listener.Policy.ROUND_ROBIN)
                        .withMaxSessions(5)
                        .withWhenNoServer(Listener.WhenNoServer.CLOSE)
                        .withTls(
                            ClientTls.DEFAULT
                                .withMode(ClientTls.Mode.REQUIRED)
                                .withCertificate(file, file, secret)))
                .listener(
                    Listener.x("two", "db1")
                        .withRole(Listener.Role.PRIMARY)
                        .withBind(new Endpoint.Unix(folder.resolve("run/x.sock"))))
                .listener(
                    Listener.classic("three", "db2")
                        .withCode(Listener.Reason.KILLED, 1927, "70100")
                        .withCode(Listener.Reason.RESET, 65_534, "08S01")
                        .withCode(Listener.Reason.TOO_MANY, 1, "HY000")
                        .withTrustedProxies("10.0.0.0/8", "::1/128", "2001:db8::/33"))
                .server(
                    Server.at("db1", "2001:db8::1", 1, 65535)
                        .withTls(
                            ServerTls.DEFAULT
                                .withMode(ServerTls.Mode.REQUIRED)
                                .withVerify(ServerTls.Verify.IDENTITY, file)
                                .withCertificate(file, file, secret))
                        .withMonitor(new Account("watcher", secret)))
                .server(
                    new Server(
                        "db2",
                        new Endpoint.Unix(Path.of("/run/mysqlx.sock")),
                        new Endpoint.Unix(Path.of("/run/mysqld.sock")),
                        ServerTls.DEFAULT,
                        Server.ProxyHeader.V2,
                        Optional.empty()))
                .timeouts(
                    new Timeouts(
                        Duration.ofMillis(250), Duration.ofMinutes(5), Duration.ofSeconds(30)))
                .limits(new Limits(10, 65_536, 20_000))
                .health(new Health(Duration.ofMillis(200), Duration.ofSeconds(3), 4, 5))
                .dataDirectory(folder.resolve("state"))
                .eventLoops(3)
                .admin(
                    new AdminSettings(
                            Optional.of(
                                AdminSettings.Access.at(new Endpoint.Tcp("0.0.0.0", 7480))
                                    .withCertificate(file, file)),
                            Optional.empty(),
                            List.of(),
                            Optional.empty())
                        .withAccount("operator", PASSWORD)
                        .withToken(PASSWORD))
                .build());
    assertThat(config.toString()).doesNotContain(PASSWORD).contains("***");
  }

  @Test
  void what_is_no_network_cannot_be_trusted() {
    assertThat(
            complaints(
                with(
                    "proxy-protocol: { trusted: [10.1.0.0/8, lb.example, 1.2.3.4/33, '::/129'] }",
                    "proxy-protocol: v3",
                    "")))
        .isEqualTo(
            """
            5:33: listeners[0].proxy-protocol.trusted[0]: 10.1.0.0/8 is no network: its address has more bits than its prefix; 10.0.0.0/8 is the network that it is in; allowed: an IPv4 or IPv6 address, with a prefix such as 10.0.0.0/8 or without one
            5:45: listeners[0].proxy-protocol.trusted[1]: lb.example is not a network; allowed: an IPv4 or IPv6 address, with a prefix such as 10.0.0.0/8 or without one
            5:57: listeners[0].proxy-protocol.trusted[2]: 1.2.3.4/33 has a prefix that is not one of 0 to 32; allowed: an IPv4 or IPv6 address, with a prefix such as 10.0.0.0/8 or without one
            5:69: listeners[0].proxy-protocol.trusted[3]: ::/129 has a prefix that is not one of 0 to 128; allowed: an IPv4 or IPv6 address, with a prefix such as 10.0.0.0/8 or without one
            9:21: servers[0].proxy-protocol: v3 is not known; allowed: none, v1, v2
            """
                .strip());
    assertThat(complaints(with("proxy-protocol: {}", "", "")))
        .contains("listeners[0].proxy-protocol.trusted: is missing");
    assertThat(
            complaints(
                with("bind: unix:x.sock\n    proxy-protocol: { trusted: [10.0.0.1] }", "", "")))
        .contains("nobody who comes through a Unix domain socket has an address");
  }

  @Test
  void a_primary_cannot_be_known_without_an_account() {
    assertThat(
            complaints(
                """
                listeners:
                  - { name: x, protocol: x, servers: [db1, db2], role: primary }
                servers:
                  - { name: db1, host: h, monitor: { user: u, password: { env: KEY_PASSWORD } } }
                  - { name: db2, host: h }
                """))
        .contains(
            "listeners[0].role: primary cannot be known of server db2, which has no monitor: an account is needed to ask it");
  }

  @Test
  void every_problem_is_told_at_once_with_line_key_value_and_range() {
    assertThat(
            complaints(
                """
                listeners:
                  - name: x
                    protocoll: x
                    servers: [db1, db3]
                    max-sessions: 0
                    tls: { mode: MAYBE }
                servers:
                  - name: db1
                    host: db1.example:3306
                    x-port: many
                limits:
                  hold-back: 128MiB
                  hold-back: 1MiB
                timeout:
                  connect: 1s
                event-loops: [1]
                """))
        .isEqualTo(
            """
            2:5: listeners[0].protocol: is missing; allowed: x, classic
            3:5: listeners[0].protocoll: is not a known key; did you mean protocol?
            4:20: listeners[0].servers[1]: db3 is not among the servers; did you mean db1?
            5:19: listeners[0].max-sessions: 0 is less than 1; allowed: 1 to 1000000
            6:18: listeners[0].tls.mode: MAYBE is not known; allowed: DISABLED, PREFERRED, REQUIRED, PASSTHROUGH
            9:11: servers[0].host: db1.example:3306 is not a host: a port does not belong here; allowed: a host name, an IPv4 address or an IPv6 address
            10:13: servers[0].x-port: many is not a whole number; allowed: 1 to 65535
            12:14: limits.hold-back: 128MiB is more than 64MiB; allowed: 1KiB to 64MiB
            13:3: limits.hold-back: stands here a second time
            14:1: timeout: is not a known key; did you mean timeouts?
            16:14: event-loops: a list is not a single value; allowed: 0 to 1024\
            """);
  }

  @Test
  void problems_carry_their_parts() {
    InvalidConfig e =
        catchThrowableOfType(InvalidConfig.class, () -> load(with("", "", "event-loops: 1025")));
    assertThat(e.problems())
        .containsExactly(
            new Problem(
                10,
                14,
                "event-loops",
                Optional.of("1025"),
                "is more than 1024",
                Optional.of("0 to 1024")));
    assertThat(e.source()).isEqualTo(folder + "/lastword.yaml");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0:1", "[::]:0", "localhost:65535", "db-1.example:33060"})
  void addresses_to_bind_are_understood(String bind) {
    assertThat(load(with("bind: '" + bind + "'", "", "")).listeners().getFirst().bind())
        .hasToString(bind);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          6448             | is not an address with a port
          127.0.0.1        | is not an address with a port
          127.0.0.1:65536  | has a port that is more than 65535
          127.0.0.1:-1     | has a port that is less than 0
          127.0.0.1:x      | has a port that is not a whole number
          :6448            | is not a host
          '::1:6448'       | is not an address with a port
          [db1]:6448       | is not an IPv6 address between its brackets
          a b:6448         | is not a host
          unix:            | is empty
          """)
  void addresses_that_cannot_be_bound_are_refused(String bind, String reason) {
    assertThat(complaints(with("bind: '" + bind + "'", "", "")))
        .startsWith("5:11: listeners[0].bind: " + bind + " " + reason)
        .contains("allowed: host:port, [IPv6 address]:port or unix:/path");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"db1", "db1.example", "10.0.0.1", "::1", "'[::1]'", "db_1", "\"fe80::1%eth0\""})
  void hosts_are_names_or_addresses(String host) {
    String text = with("", "", "").replace("host: db1.example", "host: " + host);
    assertThat(load(text).servers().getFirst().x())
        .isEqualTo(new Endpoint.Tcp(host.replaceAll("[\\[\\]'\"]", ""), 33060));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "a/b", "':::'", "'[db1]'", "-a", "''"})
  void anything_else_is_no_host(String host) {
    String text = with("", "", "").replace("host: db1.example", "host: " + host);
    assertThat(complaints(text)).contains("servers[0].host: ").contains("is not a host");
  }

  @Test
  void a_socket_path_is_at_most_as_long_as_the_kernel_takes() {
    String longest = "/" + "a".repeat(106);
    assertThat(load(with("bind: unix:" + longest, "", "")).listeners().getFirst().bind())
        .isEqualTo(new Endpoint.Unix(Path.of(longest)));
    assertThat(complaints(with("bind: unix:" + longest + "a", "", ""))).contains("108 bytes");
    assertThat(complaints(with("", "x-socket: " + longest + "ä", ""))).contains("109 bytes");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          timeouts: { connect: 2 }          | 2 is not a time
          timeouts: { connect: 2 s }        | 2 s is not a time
          timeouts: { connect: 0ms }        | 0ms is less than 1ms
          timeouts: { connect: 11m }        | 11m is more than 10m
          timeouts: { handshake: 99ms }     | 99ms is less than 100ms
          timeouts: { handshake: 1h }       | 1h is more than 10m
          limits: { hold-back: 1MB }        | 1MB is not a size
          limits: { hold-back: 1023 }       | 1023 is less than 1KiB
          limits: { write-buffer: 15KiB }   | 15KiB is less than 16KiB
          limits: { write-buffer: 99999999999GiB } | 99999999999GiB is far too large
          limits: { sessions: 1.5 }         | 1.5 is not a whole number
          limits: { sessions: 99999999999999999999 } | 99999999999999999999 is not a whole number
          limits: 5                         | 5 is not a group of keys
          limits:                           | has no value
          event-loops: null                 | has no value
          event-loops: {}                   | a group of keys is not a single value
          data-directory: ''                | is empty
          listeners: 3                      | stands here a second time
          """)
  void values_of_the_wrong_form_are_refused(String line, String reason) {
    assertThat(complaints(with("", "", line))).contains(reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          'listeners: x'       | listeners: x is not a list
          'listeners: []'      | listeners: is missing or empty
          'listeners: [x]'     | listeners[0]: x is not a group of keys
          ''                   | servers: is missing or empty
          '[]'                 | a list is not a group of keys
          'a: [1'              | not valid YAML: expected
          'a: *b'              | aliases (*name) are not supported
          '{a: 1, ? [b] : 2}'  | not valid YAML
          """)
  void texts_of_another_shape_are_refused(String text, String reason) {
    assertThat(complaints(text)).contains(reason);
  }

  @Test
  void a_second_document_is_refused() {
    assertThat(complaints("a: 1\n---\nb: 2\n"))
        .isEqualTo("3:1: a second document begins; only one is expected");
  }

  @Test
  void broken_yaml_is_located_and_not_quoted() {
    assertThat(complaints("a: b\nc: d: " + PASSWORD + "\n"))
        .startsWith("2:5: not valid YAML: mapping values are not allowed here")
        .doesNotContain(PASSWORD);
  }

  @Test
  void a_byte_order_mark_is_no_problem() {
    assertThat(load("\uFEFF" + with("", "", "")).servers()).hasSize(1);
  }

  @Test
  void names_are_unique_and_fit_into_the_log() {
    String text =
        """
        listeners:
          - { name: x, protocol: x, servers: [db1, db1] }
          - { name: x, protocol: x, servers: [db1], bind: "127.0.0.1:0" }
          - { name: a b, protocol: x, servers: [db1], bind: "127.0.0.1:0" }
          - { protocol: x, servers: [], bind: "127.0.0.1:0" }
        servers:
          - { name: db1, host: a }
          - { name: db1, host: b }
        """;
    assertThat(complaints(text).lines())
        .satisfiesExactly(
            l -> assertThat(l).endsWith("servers[1]: db1 is named twice"),
            l -> assertThat(l).endsWith("[1].name: x is the name of another listener already"),
            l -> assertThat(l).contains("[2].name: a b is not possible here; allowed: 1 to 64"),
            l -> assertThat(l).contains("[3].name: is missing; allowed: 1 to 64"),
            l -> assertThat(l).contains("[3].servers: is missing or empty"),
            l -> assertThat(l).endsWith("[1].name: db1 is the name of another server already"));
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          127.0.0.1:7, 127.0.0.1:7
          0.0.0.0:7, 127.0.0.1:7
          127.0.0.1:7, 0.0.0.0:7
          [::]:7, 127.0.0.1:7
          [::1]:7, [::]:7
          LOCALHOST:7, localhost:7
          unix:/a, unix:/b/../a
          """)
  void two_listeners_cannot_have_one_address(String one, String two) {
    assertThat(complaints(twoListeners(one, two)))
        .startsWith("3:52: listeners[1].bind: ")
        .contains("is taken by listener one, which binds ");
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          127.0.0.1:7, 127.0.0.1:8
          127.0.0.1:7, 127.0.0.2:7
          127.0.0.1:0, 127.0.0.1:0
          0.0.0.0:7, [::1]:7
          unix:/a, unix:/b
          """)
  void two_listeners_can_have_two_addresses(String one, String two) {
    assertThat(load(twoListeners(one, two)).listeners()).hasSize(2);
  }

  private static String twoListeners(String one, String two) {
    return """
    listeners:
      - { name: one, protocol: x, servers: [db], bind: "%s" }
      - { name: two, protocol: x, servers: [db], bind: "%s" }
    servers:
      - { name: db, host: a }
    """
        .formatted(one, two);
  }

  @Test
  void a_host_is_needed_unless_both_sockets_are_given() {
    String noHost = with("", "x-socket: /a", "").replace("    host: db1.example\n", "");
    assertThat(complaints(noHost)).contains("servers[0].host: is missing: it can be left out only");
    assertThat(complaints(noHost.replace("x-socket: /a", "")))
        .endsWith("servers[0].host: is missing");
    String both = noHost.replace("x-socket: /a", "x-socket: /a\n    classic-socket: b");
    assertThat(load(both).servers().getFirst().classic())
        .isEqualTo(new Endpoint.Unix(folder.resolve("b")));
    assertThat(complaints(with("", "x-socket: /a\n    x-port: 1", "")))
        .contains("x-socket: cannot go together with x-port");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          certificate: f                            |                                      | listeners[0].tls.key: is missing, and certificate needs it
          key: f                                    |                                      | listeners[0].tls.certificate: is missing, and key needs it
          'key-password: { env: KEY_PASSWORD }'     |                                      | listeners[0].tls.key: is missing, and key-password needs it
          'mode: DISABLED, certificate: f, key: f'  |                                      | listeners[0].tls.certificate: {}/f would never be used: with mode DISABLED
          'mode: PASSTHROUGH, certificate: f, key: f' |                                    | listeners[0].tls.certificate: {}/f would never be used: with mode PASSTHROUGH
          mode: PASSTHROUGH                         | mode: REQUIRED                       | listeners[0].tls.mode: PASSTHROUGH cannot work with server db1, whose tls.mode is REQUIRED
          mode: PASSTHROUGH                         | mode: PREFERRED                      | listeners[0].tls.mode: PASSTHROUGH cannot work with server db1
          mode: PASSTHROUGH                         | mode: DISABLED                       | listeners[0].tls.mode: PASSTHROUGH cannot work with server db1
          mode: PASSTHROUGH                         | verify: CA                           | servers[0].tls.verify: CA would never be done
          mode: DISABLED                            | verify: IDENTITY                     | servers[0].tls.verify: IDENTITY would never be done
                                                    | 'mode: DISABLED, verify: CA'         | servers[0].tls.verify: CA cannot be done: with mode DISABLED
                                                    | 'mode: DISABLED, verify: IDENTITY'   | servers[0].tls.verify: IDENTITY cannot be done: with mode DISABLED
                                                    | 'mode: DISABLED, ca: f'              | servers[0].tls.ca: {}/f would never be used
                                                    | 'mode: DISABLED, certificate: f, key: f' | servers[0].tls.certificate: {}/f would never be used
                                                    | ca: f                                | servers[0].tls.ca: {}/f would never be used: with verify NONE
                                                    | certificate: f                       | servers[0].tls.key: is missing, and certificate needs it
                                                    | key: f                               | servers[0].tls.certificate: is missing, and key needs it
          certificate: g                            |                                      | listeners[0].tls.certificate: g does not exist (looked for {}/g)
          certificate: .                            |                                      | listeners[0].tls.certificate: . is a directory
          """)
  void tls_that_cannot_work_is_refused(String client, String server, String reason)
      throws Exception {
    Files.writeString(folder.resolve("f"), "");
    assertThat(
            complaints(
                with(
                    "tls: { " + (client == null ? "" : client) + " }",
                    "tls: { " + (server == null ? "" : server) + " }",
                    "")))
        .contains(reason.replace("{}", folder.toString()));
  }

  @Test
  void every_other_pair_of_tls_modes_is_allowed() {
    for (ClientTls.Mode client : ClientTls.Mode.values()) {
      for (ServerTls.Mode server : ServerTls.Mode.values()) {
        if (client != ClientTls.Mode.PASSTHROUGH || server == ServerTls.Mode.AS_CLIENT) {
          Config config =
              load(with("tls: { mode: " + client + " }", "tls: { mode: " + server + " }", ""));
          assertThat(config.listeners().getFirst().tls().mode()).isEqualTo(client);
          assertThat(config.servers().getFirst().tls().mode()).isEqualTo(server);
        }
      }
    }
  }

  @Test
  void what_is_verified_for_the_account_of_the_proxy_is_verified_indeed() {
    String account = "monitor: { user: a, password: { env: HOME } }\n    ";
    String text = with("tls: { mode: PASSTHROUGH }", account + "tls: { verify: CA }", "");
    assertThat(load(text).servers().getFirst().tls().verify()).isEqualTo(ServerTls.Verify.CA);
    assertThat(complaints(text.replace("monitor:", "x-socket: /a\n    monitor:")))
        .as("a socket is not encrypted")
        .contains("servers[0].tls.verify: CA would never be done");
  }

  private static String classic(String text) {
    return text.replace("protocol: x", "protocol: classic");
  }

  @Test
  void the_rules_of_passthrough_hold_for_the_classic_protocol_too() {
    String text = classic(with("tls: { mode: PASSTHROUGH }", "tls: { mode: REQUIRED }", ""));
    assertThat(complaints(text))
        .contains("listeners[0].tls.mode: PASSTHROUGH cannot work with server db1");
    assertThat(load(text.replace("REQUIRED", "AS_CLIENT")).listeners().getFirst().protocol())
        .isEqualTo(Listener.Protocol.CLASSIC);
    assertThat(complaints(classic(with("tls: { mode: DISABLED }", "tls: { verify: CA }", ""))))
        .contains("servers[0].tls.verify: CA would never be done");
  }

  @Test
  void identity_cannot_be_verified_on_a_socket() {
    String x = with("", "x-socket: /a\n    tls: { verify: IDENTITY }", "");
    assertThat(complaints(x))
        .endsWith(
            "servers[0].tls.verify: IDENTITY cannot be done on x-socket, which has no host name to"
                + " compare with; use x-port, or verify CA")
        .hasLineCount(1);
    String classic = classic(x).replace("x-socket", "classic-socket");
    assertThat(complaints(classic))
        .endsWith(
            "servers[0].tls.verify: IDENTITY cannot be done on classic-socket, which has no host name"
                + " to compare with; use classic-port, or verify CA")
        .hasLineCount(1);
  }

  @Test
  void identity_matters_on_the_way_to_a_server_that_is_used() {
    String x = with("", "x-socket: /a\n    tls: { verify: IDENTITY }", "");
    assertThat(load(classic(x)).servers().getFirst().x())
        .isEqualTo(new Endpoint.Unix(Path.of("/a")));
    assertThat(load(x.replace("x-socket", "classic-socket")).servers().getFirst().classic())
        .isEqualTo(new Endpoint.Unix(Path.of("/a")));
    String watched =
        classic(x).replace("tls:", "monitor: { user: a, password: { env: HOME } }\n    tls:");
    assertThat(complaints(watched))
        .as("the proxy's account")
        .contains("cannot be done on x-socket");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          codes: 1053                    | listeners[0].codes: 1053 is not a group of keys
          'codes: { shutdow: 1 HY000 }'  | listeners[0].codes.shutdow: is not a known key; did you mean shutdown?
          'codes: { none: 1 HY000 }'     | listeners[0].codes.none: is not a known key
          'codes: { reset: [1, HY000] }' | listeners[0].codes.reset: a list is not a single value
          'codes: { reset: 1158 }'       | listeners[0].codes.reset: 1158 is not a code and a SQLSTATE; allowed: a code (1 to 65534, not 2000 to 2999) and a SQLSTATE, such as 1053 08S01
          'codes: { reset: 1 2 08S01 }'  | listeners[0].codes.reset: 1 2 08S01 is not a code and a SQLSTATE
          'codes: { reset: 08S01 1158 }' | listeners[0].codes.reset: 08S01 1158 has a code that is not a whole number
          'codes: { reset: 0 08S01 }'    | listeners[0].codes.reset: 0 08S01 has a code that is less than 1
          'codes: { reset: 65535 08S01 }' | listeners[0].codes.reset: 65535 08S01 has a code that is more than 65534
          'codes: { reset: 2000 08S01 }' | listeners[0].codes.reset: 2000 08S01 has a code that no server sends: 2000 to 2999 are the client libraries' own
          'codes: { reset: 2999 08S01 }' | listeners[0].codes.reset: 2999 08S01 has a code that no server sends
          'codes: { reset: 1158 08s01 }' | listeners[0].codes.reset: 1158 08s01 has a SQLSTATE that is not five of 0-9 and A-Z
          'codes: { reset: 1158 08S0 }'  | listeners[0].codes.reset: 1158 08S0 has a SQLSTATE that
          'codes: { reset: 1158 08S010 }' | listeners[0].codes.reset: 1158 08S010 has a SQLSTATE that
          'codes: { reset: 1158 00000 }' | listeners[0].codes.reset: 1158 00000 has a SQLSTATE that
          """)
  void codes_are_errors_that_a_server_could_send(String codes, String reason) {
    assertThat(complaints(classic(with(codes, "", "")))).contains(reason).hasLineCount(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1 01000", "1999 08S01", "3000 ZZZZZ", "65534 70100"})
  void codes_may_be_up_to_the_borders(String code) {
    Config config = load(classic(with("codes: { handshake-timeout: " + code + " }", "", "")));
    assertThat(config.listeners().getFirst().codes().get(Listener.Reason.HANDSHAKE_TIMEOUT))
        .hasToString(code);
  }

  @Test
  void codes_are_for_the_classic_protocol() {
    assertThat(complaints(with("codes: { reset: 1158 08S01, killed: 1927 70100 }", "", "")))
        .isEqualTo(
            """
            5:21: listeners[0].codes.reset: 1158 08S01 would never be used: only a listener for the \
            classic protocol can choose its codes, as X drivers act on the three that they know
            5:41: listeners[0].codes.killed: 1927 70100 would never be used: only a listener for the \
            classic protocol can choose its codes, as X drivers act on the three that they know\
            """);
  }

  @Test
  void one_mistake_is_one_problem() throws Exception {
    Files.writeString(folder.resolve("f"), "");
    assertThat(complaints(with("tls: { certificate: g, key: f }", "", "")).lines())
        .as("nothing is said of the key that now has no certificate")
        .singleElement()
        .asString()
        .contains("g does not exist");
    assertThat(complaints(with("tls: { certificate: g, key: h }", "", "")).lines())
        .as("nothing is said of a pair that would be complete")
        .hasSize(2)
        .allMatch(line -> line.contains("does not exist"));
    assertThat(complaints(with("", "", "").replace("name: db1", "nam: db1")).lines())
        .as("nothing is said of the listener that names it")
        .hasSize(2)
        .allMatch(line -> line.contains("servers[0].nam"));
    assertThat(complaints(twoListeners("nonsense", "127.0.0.1:6448")).lines()).hasSize(1);
    assertThat(
            complaints(classic(with("codes: { reset: 1 HY000 }", "", "")).replace("classic", "y"))
                .lines())
        .as("nothing is said of codes that may well be right")
        .hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "key-password: abracadabra",
        "key-password: [abracadabra]",
        "key-password: { env: KEY_PASSWORD, file: password }",
        "key-password: { env: KEY_PASSWORD, abracadabr: abracadabra }",
        "key-password: {}",
        "key-passwort: abracadabra",
        "key-password: { env: OTHER }",
        "key-password: { file: missing }"
      })
  void a_secret_is_not_shown_in_a_complaint_about_it(String line) throws Exception {
    Files.writeString(folder.resolve("password"), PASSWORD);
    Files.writeString(folder.resolve("f"), "");
    String said = complaints(with("tls: { certificate: f, key: f, " + line + " }", "", ""));
    assertThat(said).contains("listeners[0].tls.key-passwor").doesNotContain(PASSWORD);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          monitor: x                                    | servers[0].monitor: x is not a group of keys
          'monitor: { user: a }'                        | servers[0].monitor.password: is missing
          'monitor: { password: { env: KEY_PASSWORD } }' | servers[0].monitor.user: is missing
          'monitor: { user: a, password: abracadabra }' | servers[0].monitor.password: is a secret
          'monitor: { user: a, password: {} }'          | servers[0].monitor.password: has neither env nor file
          'monitor: { usr: a }'                         | servers[0].monitor.usr: is not a known key; did you mean user?
          'monitor: { user: "" }'                       | servers[0].monitor.user: "" is not possible here
          """)
  void an_account_is_a_name_and_a_password(String line, String reason) {
    assertThat(complaints(with("", line, ""))).contains(reason).doesNotContain(PASSWORD);
  }

  @ParameterizedTest
  @ValueSource(strings = {"interval: 49ms", "timeout: 61s", "fall: 0", "fall: 101", "rise: 0"})
  void health_stays_in_its_ranges(String line) {
    assertThat(complaints(with("", "", "health: { " + line + " }")))
        .contains("health." + line)
        .contains("allowed: ");
  }

  @Test
  void a_file_that_cannot_be_read_is_said_in_one_sentence() throws Exception {
    Path missing = folder.resolve("none.yaml");
    assertThatThrownBy(() -> ConfigLoader.load(missing))
        .isInstanceOf(InvalidConfig.class)
        .hasMessage(missing + ": there is no such file");
    assertThatThrownBy(() -> ConfigLoader.load(folder)).hasMessage(folder + ": is a directory");
    Path latin = Files.write(folder.resolve("latin.yaml"), new byte[] {'#', (byte) 0xe4, '\n'});
    assertThatThrownBy(() -> ConfigLoader.load(latin))
        .hasMessage(latin + ": is not a text in UTF-8");
  }

  @Test
  void further_checks_report_beside_the_others() {
    Check check =
        (listeners, servers, admin, findings) -> findings.problem("servers[0].host", "a", "is odd");
    assertThatThrownBy(() ->
            ConfigLoader.parse(
                with("", "", "event-loops: x"), "/etc/lastword.yaml", Map.of(), check))
        .hasMessage(
            "/etc/lastword.yaml:8:11: servers[0].host: a is odd\n"
                + "/etc/lastword.yaml:10:14: event-loops: x is not a whole number; allowed: 0 to 1024");
  }
}
