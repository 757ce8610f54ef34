package dev.lastword.testing;

import static org.awaitility.Awaitility.await;

import dev.lastword.demo.Cache;
import dev.lastword.demo.Watchdog;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * A real Prometheus for tests: a process on this machine with data of its own, which ends with this JVM. It takes what is on PATH or was
 * unpacked into the cache; without it the test is skipped with the reason.
 */
public final class Prometheus implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Where programs are unpacked that came without being installed. */
  private static final Path UNPACKED = Cache.perUser().directory().resolve("prometheus");

  private final HttpClient http = HttpClient.newHttpClient();
  private final Path directory;
  private final Process process;
  private final Watchdog watchdog;
  private final int port;

  private Prometheus(Path directory, Process process, Watchdog watchdog, int port) {
    this.directory = directory;
    this.process = process;
    this.watchdog = watchdog;
    this.port = port;
  }

  private static Optional<Path> program(String name) {
    return Stream.concat(
            Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
                .filter(folder -> folder.startsWith("/"))
                .map(Path::of),
            Stream.of(UNPACKED))
        .map(folder -> folder.resolve(name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static String required(String name) {
    Optional<Path> found = program(name);
    Assumptions.assumeTrue(
        found.isPresent(),
        name + " is not on PATH and not in " + UNPACKED + " (Debian: package prometheus)");
    return found.orElseThrow().toString();
  }

  /** Skips the test where there is no Prometheus. */
  public static void require() {
    var _ = required("prometheus");
    var _ = required("promtool");
  }

  /**
   * Runs promtool to its end.
   *
   * @param input what it reads from its standard input
   * @return what it wrote, which is empty if it was asked to check metrics and found nothing wrong; fails if its status is not 0
   */
  public static String promtool(String input, String... arguments) {
    List<String> command = new ArrayList<>(List.of(required("promtool")));
    command.addAll(List.of(arguments));
    return Waiting.uninterrupted(() -> run(command, input));
  }

  private static String run(List<String> command, String input)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile("lastword-promtool-", ".txt");
    try {
      Process promtool =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      try (OutputStream in = promtool.getOutputStream()) {
        in.write(input.getBytes(StandardCharsets.UTF_8));
      }
      if (!promtool.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        promtool.destroyForcibly();
        throw new AssertionError(command + " did not end");
      }
      String said = Files.readString(output);
      if (promtool.exitValue() != 0) {
        throw new AssertionError(command + " says: " + said);
      }
      return said;
    } finally {
      Files.delete(output);
    }
  }

  /**
   * Starts one on a free port and waits until it answers.
   *
   * @param configuration its file; the files that it names are beside it
   */
  public static Prometheus start(Path configuration) {
    String program = required("prometheus");
    return Waiting.uninterrupted(() -> start(program, configuration));
  }

  private static Prometheus start(String program, Path configuration) throws IOException {
    Path directory = Files.createTempDirectory("lastword-prometheus-");
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Process process =
        new ProcessBuilder(
                program,
                "--config.file=" + configuration,
                "--storage.tsdb.path=" + directory.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port,
                "--log.level=warn")
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("output.log").toFile())
            .start();
    Watchdog watchdog =
        Watchdog.start(
            "kill -KILL \"$1\"; rm -rf -- \"$2\"",
            String.valueOf(process.pid()),
            directory.toString());
    Prometheus started = new Prometheus(directory, process, watchdog, port);
    try {
      await()
          .atMost(LIMIT)
          .ignoreExceptions()
          .failFast(() -> {
            if (!process.isAlive()) {
              throw new IllegalStateException(
                  "prometheus ended: " + Files.readString(directory.resolve("output.log")));
            }
          })
          .until(() -> started.get("/-/ready").statusCode() == 200);
    } catch (RuntimeException | Error e) {
      started.close();
      throw e;
    }
    return started;
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(LIMIT)
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** What its API answers below {@code /api/v1/}, without the envelope; fails with what it says if it refuses. */
  public JsonNode ask(String path) {
    return Waiting.uninterrupted(() -> {
      HttpResponse<String> response = get("/api/v1/" + path);
      JsonNode answer = JSON.readTree(response.body());
      if (response.statusCode() != 200) {
        throw new AssertionError(path + ": " + answer.path("error").asString());
      }
      return answer.path("data");
    });
  }

  /** The result of a query as it is now: one element for each series; fails if it is not valid. */
  public JsonNode query(String expression) {
    return ask("query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8))
        .path("result");
  }

  /** The names of the alerts that fire now. */
  public List<String> firing() {
    List<String> names = new ArrayList<>();
    for (JsonNode alert : ask("alerts").path("alerts")) {
      if (alert.path("state").asString().equals("firing")) {
        names.add(alert.path("labels").path("alertname").asString());
      }
    }
    return names;
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
      watchdog.close();
      http.close();
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
