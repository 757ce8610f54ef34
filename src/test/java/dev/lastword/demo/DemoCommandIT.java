package dev.lastword.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The demo as users run it: a program of its own, with a real server, ended by a signal. */
class DemoCommandIT {
  private static final Pattern READY =
      Pattern.compile("Lastword is ready: X Protocol on 127\\.0\\.0\\.1:(\\d+), the classic .*");
  private static final Pattern READY_CLASSIC =
      Pattern.compile(".* the classic protocol on 127\\.0\\.0\\.1:(\\d+), in front of .*");
  private static final Pattern JDBC =
      Pattern.compile(".*DriverManager.getConnection\\(\"(.*)\", \"demo\", \"demo\"\\)");
  private static final Pattern CLIENT = Pattern.compile("  (/.*/mysql)");
  private static final Pattern PAGE = Pattern.compile(" +web page +(http://127\\.0\\.0\\.1:\\d+/)");
  private static final Pattern SERVER =
      Pattern.compile("The server behind it: .*, classic on 127\\.0\\.0\\.1:(\\d+)");
  private static final Pattern LOG = Pattern.compile(".* its log is (.*)/error\\.log");

  @Test
  void it_serves_says_how_to_connect_and_leaves_nothing_when_it_is_ended() throws Exception {
    try (Demo demo = Demo.start("--x-port=0", "--classic-port=0")) {
      assertThat(Greeting.ofX(demo.xPort)).isTrue();
      assertThat(Greeting.ofClassic(demo.classicPort)).isTrue();
      assertThat(demo.lines)
          .anyMatch(line ->
              line.contains("mysqlsh 'mysqlx://demo:demo@127.0.0.1:" + demo.xPort + "/demo'"));
      assertThat(demo.lines).anyMatch(line -> line.contains("@mysql/xdevapi"));
      assertThat(demo.get("health/live")).isEqualTo(200);
      assertThat(demo.lines).anyMatch(line -> line.contains("SELECT * FROM losses"));
      String mysql =
          "mysql --host=127.0.0.1 --port=" + demo.classicPort + " --user=demo --password=demo demo";
      assertThat(demo.lines).anyMatch(line -> line.endsWith(mysql));
      assertThat(demo.lines)
          .anyMatch(
              line -> line.contains("'mysql://demo:demo@127.0.0.1:" + demo.classicPort + "/demo'"));
      try (Connection connection = demo.connect();
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE demo.t (id INT PRIMARY KEY)");
      }
      assertThat(demo.end()).isZero();
      assertThat(demo.folder).doesNotExist();
      assertThat(Ports.isFree(demo.xPort)).isTrue();
      assertThat(Ports.isFree(demo.classicPort)).isTrue();
      assertThat(Ports.isFree(demo.serverPort)).isTrue();
    }
  }

  @Test
  void the_client_that_came_with_the_server_is_connected_through_the_proxy() throws Exception {
    try (Demo demo = Demo.start("--x-port=0", "--classic-port=0")) {
      Assumptions.assumeTrue(
          demo.lines.stream().anyMatch(line -> CLIENT.matcher(line).matches()),
          "no client came with this server");
      String statement = "SELECT CONNECTION_ID(), CURRENT_USER(), DATABASE()";
      Process client =
          new ProcessBuilder(demo.find(CLIENT), "--batch", "--execute=" + statement)
              .redirectErrorStream(true)
              .start();
      List<String> said = client.inputReader().lines().toList();
      assertThat(client.waitFor()).as(said.toString()).isZero();
      assertThat(said).anyMatch(line -> line.matches("\\d+\tdemo@%\tdemo"));
      assertThat(Files.readString(Path.of(demo.find(CLIENT))))
          .contains("'--port=" + demo.classicPort + "'");
    }
  }

  /** From when there was one protocol. */
  @Test
  void the_x_port_has_its_old_name_too() throws Exception {
    try (Ports.Reserved free = Ports.reserve(Cache.perUser());
        Demo demo = Demo.start("--port=" + free.port(), "--classic-port=0")) {
      assertThat(demo.xPort).isEqualTo(free.port());
    }
  }

  @Test
  void the_server_comes_back_when_somebody_shuts_it_down() throws Exception {
    try (Demo demo = Demo.start("--port=0", "--classic-port=0")) {
      try (Connection connection = demo.connect();
          Statement statement = connection.createStatement()) {
        statement.execute("SHUTDOWN");
      }
      demo.readUntil("the MySQL server is back");
      assertThat(Greeting.ofX(demo.xPort)).isTrue();
      assertThat(Greeting.ofClassic(demo.classicPort)).isTrue();
      assertThat(demo.end()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--x-port", "--classic-port"})
  void a_port_in_use_is_an_error_if_it_was_asked_for(String option) throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      int port = taken.getLocalPort();
      Process process = Demo.program(option + "=" + port);
      try (BufferedReader out = process.inputReader()) {
        assertThat(out.lines().toList())
            .contains(
                "lastword demo: port "
                    + port
                    + " is in use; "
                    + option
                    + "=0 takes any that is free");
      }
      assertThat(process.waitFor()).isEqualTo(1);
    }
  }

  /** A running demo. */
  private static final class Demo implements AutoCloseable {
    final List<String> lines = new ArrayList<>();
    private final Process process;
    private final BufferedReader out;
    int xPort;
    int classicPort;
    int serverPort;
    Path folder = Path.of("");

    private Demo(Process process) {
      this.process = process;
      this.out = process.inputReader();
    }

    static Process program(String... arguments) throws IOException {
      List<String> command =
          new ArrayList<>(
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "--enable-native-access=ALL-UNNAMED",
                  "--sun-misc-unsafe-memory-access=allow",
                  "-cp",
                  System.getProperty("java.class.path"),
                  "dev.lastword.Lastword",
                  "demo"));
      command.addAll(List.of(arguments));
      // Several demos run at once here.
      command.addAll(List.of("--http-port=0", "--sql-port=0"));
      return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    static Demo start(String... arguments) throws IOException {
      Demo demo = new Demo(program(arguments));
      try {
        demo.readUntil("Ctrl-C ends both.");
        demo.xPort = Integer.parseInt(demo.find(READY));
        demo.classicPort = Integer.parseInt(demo.find(READY_CLASSIC));
        demo.serverPort = Integer.parseInt(demo.find(SERVER));
        demo.folder = Path.of(demo.find(LOG));
        return demo;
      } catch (IOException | RuntimeException | AssertionError e) {
        demo.close();
        throw e;
      }
    }

    /** What the web server answers. */
    int get(String path) throws IOException, InterruptedException {
      try (HttpClient http = HttpClient.newHttpClient()) {
        return http.send(
                HttpRequest.newBuilder(URI.create(find(PAGE) + path)).build(),
                HttpResponse.BodyHandlers.discarding())
            .statusCode();
      }
    }

    void readUntil(String wanted) throws IOException {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        lines.add(line);
        if (line.contains(wanted)) {
          return;
        }
      }
      throw new AssertionError("the demo ended without saying \"" + wanted + "\": " + lines);
    }

    private String find(Pattern pattern) {
      for (String line : lines) {
        Matcher matcher = pattern.matcher(line);
        if (matcher.matches()) {
          return Objects.requireNonNull(matcher.group(1));
        }
      }
      throw new AssertionError(String.format(Locale.ROOT, "no line like %s in %s", pattern, lines));
    }

    /** Connects as the demo says that one can. */
    Connection connect() throws java.sql.SQLException {
      return DriverManager.getConnection(find(JDBC), "demo", "demo");
    }

    /** Ends it by SIGTERM and gives its exit status. */
    int end() throws InterruptedException {
      process.destroy();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      return process.exitValue();
    }

    @Override
    public void close() {
      process.destroyForcibly();
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () -> !process.isAlive() && (folder.toString().isEmpty() || !Files.exists(folder)));
    }
  }
}
