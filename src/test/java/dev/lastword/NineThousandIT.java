package dev.lastword;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.x.XClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Very many idle sessions lose their server at once: proxy, server and clients are processes of their own. As many as {@code
 * -Dlastword.many} says, or 3,000.
 */
@Tag("long")
class NineThousandIT {
  private static final int MANY = Integer.getInteger("lastword.many", 3_000);
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Pattern LISTENS =
      Pattern.compile("Listener (\\w+) serves .*:(\\d+) from .*");

  @TempDir Path folder;

  @Test
  void all_sessions_of_a_frozen_server_and_then_of_a_killed_one_are_told() throws Exception {
    String many = Integer.toString(MANY + 500);
    List<XClient> clients = new ArrayList<>();
    try (MySqlServer lost =
            MySqlServer.launch(
                "--mysqlx-max-connections=" + many,
                "--max-connections=" + many,
                "--performance-schema=OFF");
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      MySqlServer other = MySqlServer.shared();
      Process proxy = start(lost, other);
      try {
        BufferedReader out = proxy.inputReader();
        int port = port(out, "first");
        int otherPort = port(out, "second");
        try (XClient once = XClient.connect(lost.host(), lost.xPort())) {
          once.login(lost.user(), lost.password());
        }
        for (boolean frozen : new boolean[] {true, false}) {
          long before = residentKib(proxy);
          clients.clear();
          clients.addAll(connect(port, lost, threads));
          long perSession = (residentKib(proxy) - before) * 1024 / MANY;
          long began = System.nanoTime();
          if (frozen) {
            lost.freeze();
          } else {
            lost.kill();
          }
          List<Future<List<String>>> told = new ArrayList<>();
          clients.forEach(c -> told.add(threads.submit(() -> Farewells.in(c.awaitEnd()))));
          long asked = System.nanoTime();
          try (XClient meanwhile = XClient.connect("127.0.0.1", otherPort).within(SOON)) {
            meanwhile.login(other.user(), other.password()).sql("SELECT 1");
          }
          long answered = System.nanoTime() - asked;
          for (Future<List<String>> each : told) {
            assertThat(each.get(60, TimeUnit.SECONDS)).containsExactly("N1053");
          }
          long took = System.nanoTime() - began;
          System.out.printf(
              "%d sessions, %s: all told after %d ms, a new session elsewhere took %d ms meanwhile, %d bytes of memory per session%n",
              MANY,
              frozen ? "frozen" : "killed",
              TimeUnit.NANOSECONDS.toMillis(took),
              TimeUnit.NANOSECONDS.toMillis(answered),
              perSession);
          // interval * fall + timeout of the health check, and a second to tell them all, with as
          // much for reading it on a busy machine.
          assertThat(Duration.ofNanos(took)).isLessThan(Duration.ofSeconds(6));
          clients.forEach(XClient::close);
          if (frozen) {
            lost.thaw();
            // It finds out only now that thousands of its clients have left, and has room for no
            // others before.
            await()
                .atMost(SOON)
                .until(() ->
                    Long.parseLong(
                            String.valueOf(
                                lost.sql("SELECT COUNT(*) FROM information_schema.processlist")
                                    .getFirst()
                                    .first()))
                        < 50);
          }
        }
      } finally {
        proxy.destroyForcibly();
      }
    } finally {
      clients.forEach(XClient::close);
    }
  }

  private static List<XClient> connect(int port, MySqlServer server, ExecutorService threads)
      throws Exception {
    Semaphore atOnce = new Semaphore(64);
    List<Future<XClient>> connecting = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      connecting.add(
          threads.submit(() -> {
            atOnce.acquire();
            try {
              XClient client = XClient.connect("127.0.0.1", port).within(SOON);
              client.authenticateSha256Memory("", server.user(), server.password()).succeeded();
              return client;
            } finally {
              atOnce.release();
            }
          }));
    }
    List<XClient> connected = new ArrayList<>();
    for (Future<XClient> one : connecting) {
      connected.add(one.get(120, TimeUnit.SECONDS));
    }
    return connected;
  }

  private static long residentKib(Process process) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  private static int port(BufferedReader out, String listener) throws IOException {
    String line = out.readLine();
    Matcher listens = LISTENS.matcher(String.valueOf(line));
    assertThat(listens.matches()).as(line).isTrue();
    assertThat(listens.group(1)).isEqualTo(listener);
    return Integer.parseInt(listens.group(2));
  }

  private Process start(MySqlServer lost, MySqlServer other) throws IOException {
    Path config = folder.resolve("lastword.yaml");
    Files.writeString(
        config,
        """
        listeners:
          - { name: first, protocol: x, bind: "127.0.0.1:0", servers: [db1] }
          - { name: second, protocol: x, bind: "127.0.0.1:0", servers: [db2] }
        servers:
          - { name: db1, host: %s, x-port: %d, classic-port: %d }
          - { name: db2, host: %s, x-port: %d, classic-port: %d }
        limits:
          sessions: %d
        data-directory: %s
        """
            .formatted(
                lost.host(),
                lost.xPort(),
                lost.classicPort(),
                other.host(),
                other.xPort(),
                other.classicPort(),
                MANY + 100,
                folder));
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.lastword.Lastword",
            "run",
            "--config",
            config.toString())
        .redirectError(folder.resolve("log").toFile())
        .start();
  }
}
