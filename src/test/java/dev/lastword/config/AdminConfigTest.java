package dev.lastword.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who can reach the ways in for operators, and that nobody else finds them open. */
class AdminConfigTest {
  @TempDir Path folder;

  private Config load(String admin) {
    return ConfigLoader.parse(
        """
        listeners: [{ name: x, protocol: x, servers: [db1] }]
        servers: [{ name: db1, host: db1.example }]
        admin: { %s }
        """
            .formatted(admin),
        folder.resolve("lastword.yaml").toString(),
        Map.of("HOME", "/home/me", "PASSWORD", "secret", "EMPTY", ""));
  }

  private String complaints(String admin) {
    InvalidConfig e = catchThrowableOfType(InvalidConfig.class, () -> load(admin));
    assertThat(e).as("nothing is wrong with it").isNotNull();
    return String.valueOf(e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0:6480", "\"[::]:6480\"", "192.0.2.1:6480", "admin.example:6480"})
  void a_way_in_that_others_can_reach_needs_accounts_and_tls(String bind) {
    assertThat(complaints("http: { bind: " + bind + " }"))
        .contains("admin.http.bind", "is open to others, who could kill sessions")
        .contains("admin.http.tls.mode: DISABLED would send passwords in the clear");
    assertThat(complaints("sql: { bind: " + bind + ", tls: { mode: PREFERRED } }"))
        .contains("admin.sql.bind", "is open to others")
        .contains("admin.sql.tls.mode: PREFERRED is not enough");
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1:6480", "\"[::1]:6480\"", "127.8.9.1:0", "localhost:6480"})
  void on_this_machine_it_needs_neither(String bind) {
    assertThat(load("http: { bind: " + bind + " }").admin().authenticates()).isFalse();
  }

  @Test
  void with_accounts_and_tls_it_can_be_anywhere() {
    String account = "accounts: [{ user: op, password: { env: PASSWORD } }]";
    AdminSettings admin =
        load("http: { bind: 0.0.0.0:1, tls: { mode: REQUIRED } }, sql: { bind: 0.0.0.0:2, tls: { mode: REQUIRED } }, "
                + account)
            .admin();
    assertThat(admin.authenticates()).isTrue();
    assertThat(admin.http().orElseThrow().isLoopback()).isFalse();
  }

  @Test
  void a_token_is_no_way_in_for_sql() {
    assertThat(complaints("token: { env: PASSWORD }"))
        .contains("admin.accounts", "with admin.token alone nobody could use admin.sql");
    assertThat(load("token: { env: PASSWORD }, sql: { enabled: false }").admin().sql()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          http: { tls: { mode: PREFERRED } }                 | a port speaks HTTP or HTTPS
          http: { tls: { mode: PASSTHROUGH } }               | leads nowhere
          http: { bind: 127.0.0.1:6448 }                     | is taken by listener x
          sql: { bind: 127.0.0.1:6480 }                      | is taken by admin.http
          http: { bind: unix:/run/l.sock }                   | allowed: host:port or
          http: { enabled: maybe }                           | is neither
          token: { env: EMPTY }, sql: { enabled: false }     | is empty
          accounts: [{ user: a }]                            | password: is missing
          http: { tls: { certificate: a.pem } }              | would never be used
          """)
  void what_cannot_work_is_refused(String admin, String why) throws Exception {
    Files.writeString(folder.resolve("a.pem"), "");
    assertThat(complaints(admin)).contains(why);
  }

  @Test
  void two_accounts_have_two_names() {
    String account = "{ user: op, password: { env: PASSWORD } }";
    assertThat(complaints("accounts: [" + account + ", " + account + "]"))
        .contains("admin.accounts[1].user: op is the name of another account");
  }
}
