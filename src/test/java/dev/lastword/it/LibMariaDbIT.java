package dev.lastword.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.it.Program.Finished;
import dev.lastword.testing.MySqlServer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * libmariadb, under Perl's DBD::MariaDB as Debian has it: the application in {@code src/test/perl} runs against the server and through
 * the proxy, and what it prints must be the same. Where the module is not installed the test is skipped.
 */
class LibMariaDbIT {
  static final Path SOURCE =
      Path.of(System.getProperty("lastword.basedir", "."), "src", "test", "perl");

  private static MySqlServer server;
  private static Front front;

  @BeforeAll
  static void start() throws Exception {
    require();
    server = MySqlServer.launch();
    front = Front.classic(server);
  }

  /** Skips what wants libmariadb where it is not. */
  static void require() throws InterruptedException {
    Assumptions.assumeTrue(
        isThere(),
        "libmariadb is not tested: there is no perl with DBD::MariaDB on this machine (Debian: libdbd-mariadb-perl)");
  }

  static boolean isThere() throws InterruptedException {
    return Program.exists("perl", "-MDBD::MariaDB", "-MJSON::PP", "-e", "1");
  }

  @AfterAll
  static void stop() {
    // Not started where there is no driver.
    if (front != null) {
      front.close();
    }
    if (server != null) {
      server.close();
    }
  }

  @ParameterizedTest(name = "TLS {0}")
  @ValueSource(booleans = {true, false})
  void an_application_sees_through_the_proxy_what_it_sees_without(boolean tls) throws Exception {
    String direct = run(server.classicPort(), tls);
    String proxied = run(front.classicPort(), tls);
    assertThat(direct).contains("failed 1146", "alive");
    assertThat(proxied).isEqualTo(direct);
    front.awaitNoSessions();
  }

  private static String run(int port, boolean tls) throws Exception {
    Finished application =
        Program.run(
            List.of(
                "perl",
                SOURCE.resolve("application.pl").toString(),
                String.valueOf(port),
                server.user(),
                server.password(),
                "libmariadb",
                tls ? "1" : "0"),
            Map.of(),
            "");
    assertThat(application.status()).as(application.errors()).isZero();
    return application.output();
  }
}
