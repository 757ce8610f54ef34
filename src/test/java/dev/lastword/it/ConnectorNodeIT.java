package dev.lastword.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.config.Config;
import dev.lastword.config.Endpoint;
import dev.lastword.config.Server;
import dev.lastword.testing.MySqlServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * MySQL Connector/Node.js, as it comes from npm: the application in {@code src/test/node} runs against the server and through the proxy,
 * and what it prints must be the same. The packages are installed into {@code target} once, as the lock file names them, and again when
 * that has changed. This driver knows no compression.
 */
class ConnectorNodeIT {
  private static final Path BASE = Path.of(System.getProperty("lastword.basedir", "."));
  static final Path SOURCE = BASE.resolve("src/test/node");
  static final Path INSTALLED = BASE.resolve("target/node");
  private static final List<String> PACKAGE = List.of("package.json", "package-lock.json");
  private static final int LIMIT_SECONDS = 180;

  private static MySqlServer server;
  private static Front front;

  @BeforeAll
  static void start() throws Exception {
    requireProgram("node");
    requireProgram("npm");
    install();
    server = MySqlServer.shared();
    front = Front.of(server);
  }

  @AfterAll
  static void stop() {
    // Not started where there is no Node.js.
    if (front != null) {
      front.close();
    }
  }

  @Test
  void an_application_that_encrypts_sees_through_the_proxy_what_it_sees_without() throws Exception {
    String direct = run(server.xPort(), Optional.empty());
    String proxied = run(front.port(), Optional.empty());
    assertThat(direct).contains("Mysqlx_ssl_cipher", "42");
    assertThat(proxied).isEqualTo(direct);
    front.awaitNoSessions();
  }

  /** The driver has no mechanism for TCP without TLS that a server 9.7 takes; on Unix sockets it sends the password as it is. */
  @Test
  void an_application_on_a_unix_socket_sees_through_the_proxy_what_it_sees_without()
      throws Exception {
    Optional<Path> socket = server.xSocket();
    Assumptions.assumeTrue(socket.isPresent(), "the server is in a container");
    Path directory = Front.temporary();
    Path ours = directory.resolve("x.sock");
    Server behind = Front.server(server).withX(new Endpoint.Unix(socket.get()));
    try (Front unix =
        Front.start(
            Config.builder()
                .server(behind)
                .listener(Front.listener(behind).withBind(new Endpoint.Unix(ours))))) {
      String direct = run(0, socket);
      String proxied = run(0, Optional.of(ours));
      assertThat(direct).contains("\"Mysqlx_ssl_cipher\": \"\"", "42");
      assertThat(proxied).isEqualTo(direct);
      unix.awaitNoSessions();
    } finally {
      Front.delete(directory);
    }
  }

  private static String run(int port, Optional<Path> socket) throws Exception {
    String where =
        socket
            .map(path -> "\"socket\": \"" + path + "\", \"tls\": false")
            .orElse("\"host\": \"127.0.0.1\", \"port\": " + port + ", \"tls\": true");
    String settings =
        "{%s, \"user\": \"%s\", \"password\": \"%s\", \"schema\": \"connector_node\"}"
            .formatted(where, server.user(), server.password());
    Finished application =
        execute(INSTALLED, List.of("node", SOURCE.resolve("application.js").toString(), settings));
    assertThat(application.status()).as(application.errors()).isZero();
    return application.output();
  }

  static void requireProgram(String name) throws Exception {
    try {
      Finished version = execute(BASE, List.of(name, "--version"));
      Assumptions.assumeTrue(
          version.status() == 0, () -> name + " --version fails: " + version.errors());
    } catch (IOException e) {
      Assumptions.abort(
          "Connector/Node.js is not tested: there is no " + name + " on this machine's PATH");
    }
  }

  /** Leaves what is installed alone while it is what the lock file names. */
  static void install() throws Exception {
    Path stamp = INSTALLED.resolve("installed-lock.json");
    Path lock = SOURCE.resolve("package-lock.json");
    if (!Files.exists(stamp) || Files.mismatch(stamp, lock) != -1) {
      Files.createDirectories(INSTALLED);
      for (String file : PACKAGE) {
        Files.copy(
            SOURCE.resolve(file), INSTALLED.resolve(file), StandardCopyOption.REPLACE_EXISTING);
      }
      Finished npm =
          execute(
              INSTALLED,
              List.of(
                  "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"));
      assertThat(npm.status()).as("npm ci says: %s", npm.errors()).isZero();
      Files.copy(lock, stamp, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** A program that has ended. */
  private record Finished(int status, String output, String errors) {}

  private static Finished execute(Path directory, List<String> command) throws Exception {
    Path errors = Files.createTempFile("lastword-node-", ".txt");
    Path output = Files.createTempFile("lastword-node-", ".txt");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectError(errors.toFile())
              .redirectOutput(output.toFile());
      builder.environment().put("NODE_PATH", INSTALLED.resolve("node_modules").toString());
      Process process = builder.start();
      process.getOutputStream().close();
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
        throw new AssertionError(command.getFirst() + " did not end: " + Files.readString(errors));
      }
      return new Finished(
          process.exitValue(),
          Files.readString(output, StandardCharsets.UTF_8),
          Files.readString(errors, StandardCharsets.UTF_8));
    } finally {
      Files.delete(errors);
      Files.delete(output);
    }
  }
}
