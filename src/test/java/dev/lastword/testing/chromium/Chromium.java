package dev.lastword.testing.chromium;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A running Chromium with a profile of its own, which ends and is deleted with {@link #close}. */
public final class Chromium implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.shared();

  /** Names under which distributions and people have it. */
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");

  private static final Duration START_LIMIT = Duration.ofSeconds(90);

  private final Process process;
  private final Path profile;
  private final HttpClient http = HttpClient.newHttpClient();
  private final URI address;

  private Chromium(Process process, Path profile) {
    this.process = process;
    this.profile = profile;
    this.address = URI.create("http://127.0.0.1:" + debuggingPort());
  }

  /** Where it is: what {@code LASTWORD_CHROMIUM} names, or the first of its names in the path of the shell. */
  public static Optional<Path> find() {
    String named = System.getenv("LASTWORD_CHROMIUM");
    if (named != null) {
      return Optional.of(Path.of(named));
    }
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
        .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Starts it. */
  public static Chromium start(Path program) {
    try {
      Path profile = Files.createTempDirectory("lastword-chromium-");
      List<String> command = new ArrayList<>(List.of(program.toString()));
      command.addAll(
          List.of(
              "--headless=new",
              "--remote-debugging-port=0",
              "--user-data-dir=" + profile,
              "--disable-gpu",
              "--disable-dev-shm-usage",
              "--disable-background-networking",
              "--disable-component-update",
              "--disable-default-apps",
              "--disable-extensions",
              "--disable-sync",
              "--metrics-recording-only",
              "--no-default-browser-check",
              "--no-first-run",
              "--no-proxy-server",
              // Nothing leaves the machine, whatever the page or the browser itself wants.
              "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
              "--force-device-scale-factor=1",
              "--hide-scrollbars",
              "--lang=en-GB"));
      if (System.getProperty("user.name").equals("root")) {
        command.add("--no-sandbox");
      }
      command.add("about:blank");
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(profile.resolve("output.txt").toFile())
              .start();
      process.getOutputStream().close();
      return new Chromium(process, profile);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int debuggingPort() {
    Path file = profile.resolve("DevToolsActivePort");
    try {
      await("Chromium listens")
          .atMost(START_LIMIT)
          .until(() -> !process.isAlive() || (Files.exists(file) && Files.size(file) > 0));
      if (!process.isAlive()) {
        throw new AssertionError(
            "Chromium does not start: " + Files.readString(profile.resolve("output.txt")));
      }
      return Integer.parseInt(Files.readAllLines(file).getFirst());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** A new empty tab. */
  public Page newPage() {
    HttpRequest request =
        HttpRequest.newBuilder(address.resolve("/json/new?about:blank"))
            .PUT(HttpRequest.BodyPublishers.noBody())
            .build();
    try {
      JsonNode tab = JSON.readTree(http.send(request, BodyHandlers.ofString()).body());
      return new Page(http, URI.create(tab.path("webSocketDebuggerUrl").asString()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    // Its own children first: what has lost its parent is hard to find.
    List<ProcessHandle> all =
        Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
    all.forEach(ProcessHandle::destroyForcibly);
    try {
      for (ProcessHandle one : all) {
        one.onExit().orTimeout(10, TimeUnit.SECONDS).join();
      }
    } finally {
      http.close();
      delete();
    }
  }

  private void delete() {
    try (Stream<Path> files = Files.walk(profile)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
