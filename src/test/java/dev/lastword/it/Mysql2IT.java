package dev.lastword.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.it.Program.Finished;
import dev.lastword.testing.MySqlServer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * mysql2, as it comes from npm: the application in {@code src/test/node} runs against the server and through the proxy, and what it
 * prints must be the same.
 */
class Mysql2IT {
  private static MySqlServer server;
  private static Front front;

  @BeforeAll
  static void start() throws Exception {
    ConnectorNodeIT.requireProgram("node");
    ConnectorNodeIT.requireProgram("npm");
    ConnectorNodeIT.install();
    server = MySqlServer.launch("--local-infile=ON");
    front = Front.classic(server);
  }

  @AfterAll
  static void stop() {
    // Not started where there is no Node.js.
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
    assertThat(direct).contains("node_user", "ER_NO_SUCH_TABLE");
    assertThat(proxied).isEqualTo(direct);
    front.awaitNoSessions();
  }

  private static String run(int port, boolean tls) throws Exception {
    String settings =
        "{\"port\": %d, \"user\": \"%s\", \"password\": \"%s\", \"schema\": \"mysql2\", \"tls\": %b}"
            .formatted(port, server.user(), server.password(), tls);
    Finished application =
        Program.run(
            List.of("node", ConnectorNodeIT.SOURCE.resolve("mysql2.js").toString(), settings),
            Map.of("NODE_PATH", ConnectorNodeIT.INSTALLED.resolve("node_modules").toString()),
            "");
    assertThat(application.status()).as(application.errors()).isZero();
    return application.output();
  }
}
