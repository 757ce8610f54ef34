package dev.lastword;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.x.XClient;
import dev.lastword.testing.x.XMessages;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program as its operator runs it: what signals do to it and to its sessions. */
class RunCommandIT {
  private static final Pattern LISTENS = Pattern.compile("Listener x serves .*:(\\d+) from db1");

  @TempDir Path folder;

  @Test
  void sigterm_tells_the_idle_and_lets_the_busy_finish() throws Exception {
    MySqlServer server = MySqlServer.shared();
    try (Program program = new Program(server);
        XClient idle = program.login(server);
        XClient busy = program.login(server)) {
      busy.send(XMessages.sql("SELECT SLEEP(2)"));
      program.signal();
      assertThat(Farewells.in(idle.awaitEnd())).containsExactly("N1053");
      assertThat(busy.receiveResponse().succeeded().value()).isEqualTo("0");
      assertThat(Farewells.in(busy.awaitEnd())).containsExactly("N1053");
      assertThat(program.exitCode()).isZero();
      assertThat(program.rest())
          .last()
          .isEqualTo(
              "Lastword has ended: 2 sessions were open, 0 of them were cut off while busy, 0 farewells could not be delivered since the start.");
    }
  }

  @Test
  void a_second_signal_ends_the_busy_too() throws Exception {
    MySqlServer server = MySqlServer.shared();
    try (Program program = new Program(server);
        XClient busy = program.login(server)) {
      busy.send(XMessages.sql("SELECT SLEEP(30)"));
      program.signal();
      program.readUntil("Lastword is ending: 1 sessions are told");
      program.signal();
      assertThat(Farewells.in(busy.awaitEnd())).containsExactly("F1053", "N1053");
      assertThat(program.exitCode()).isZero();
      assertThat(program.rest())
          .last()
          .asString()
          .startsWith(
              "Lastword has ended: 1 sessions were open, 1 of them were cut off while busy,");
    }
  }

  @Test
  void sighup_loads_the_configuration_anew() throws Exception {
    MySqlServer server = MySqlServer.shared();
    try (Program program = new Program(server);
        XClient idle = program.login(server)) {
      Path config = folder.resolve("lastword.yaml");
      String before = Files.readString(config);
      Files.writeString(config, before.replace("500ms", "soon"));
      program.hangUp();
      assertThat(program.readUntil("event=reload-refused")).contains("farewell.linger: soon");
      Files.writeString(config, before.replace("500ms", "700ms"));
      program.hangUp();
      assertThat(program.readUntil("event=reloaded"))
          .contains("farewell.linger is now 700ms, was 500ms");
      assertThat(idle.sql("SELECT 1").value()).isEqualTo("1");
    }
  }

  /** A running program. */
  private final class Program implements AutoCloseable {
    private final Process process;
    private final BufferedReader out;
    private final int port;

    Program(MySqlServer server) throws IOException {
      Path config = folder.resolve("lastword.yaml");
      Files.writeString(
          config,
          """
          listeners:
            - name: x
              protocol: x
              bind: 127.0.0.1:0
              servers: [db1]
          servers:
            - name: db1
              host: %s
              x-port: %d
              classic-port: %d
          farewell:
            linger: 500ms
          data-directory: %s
          admin:
            http: { bind: 127.0.0.1:0 }
            sql: { bind: 127.0.0.1:0 }
          """
              .formatted(server.host(), server.xPort(), server.classicPort(), folder));
      List<String> command =
          List.of(
              // A JVM obeys no SIGHUP if the tests were started with nohup.
              "env",
              "--default-signal=HUP",
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "--enable-native-access=ALL-UNNAMED",
              "--sun-misc-unsafe-memory-access=allow",
              "-cp",
              System.getProperty("java.class.path"),
              "dev.lastword.Lastword",
              "run",
              "--config",
              config.toString());
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
      out = process.inputReader();
      Matcher listens = LISTENS.matcher(readUntil("Listener x serves"));
      assertThat(listens.find()).isTrue();
      port = Integer.parseInt(listens.group(1));
      var _ = readUntil("Lastword is ready.");
    }

    String readUntil(String part) throws IOException {
      List<String> lines = new ArrayList<>();
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        lines.add(line);
        if (line.contains(part)) {
          return line;
        }
      }
      throw new AssertionError("no line has " + part + ": " + lines);
    }

    List<String> rest() {
      return out.lines().toList();
    }

    XClient login(MySqlServer server) {
      return XClient.connect("127.0.0.1", port)
          .within(Duration.ofSeconds(60))
          .login(server.user(), server.password());
    }

    void signal() {
      assertThat(process.toHandle().destroy()).isTrue();
    }

    void hangUp() throws IOException, InterruptedException {
      String pid = Long.toString(process.pid());
      assertThat(new ProcessBuilder("kill", "-HUP", pid).start().waitFor()).isZero();
    }

    int exitCode() throws InterruptedException {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      return process.exitValue();
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }
}
