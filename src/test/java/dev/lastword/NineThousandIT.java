package dev.lastword;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.x.XClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
import java.util.stream.Stream;
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
  private static final int FEW = MANY / 9;
  private static final Duration LOOKS_APART = Duration.ofMillis(50);
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
          clients.clear();
          clients.addAll(connect(FEW, port, lost, threads));
          Memory few = Memory.of(proxy);
          clients.addAll(connect(MANY - FEW, port, lost, threads));
          Memory each = Memory.of(proxy).minus(few).dividedBy(MANY - FEW);
          int looks = looks().size();
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
          for (Future<List<String>> one : told) {
            assertThat(one.get(60, TimeUnit.SECONDS)).containsExactly("N1053");
          }
          long took = System.nanoTime() - began;
          List<String> made = looks();
          made = made.subList(looks, made.size());
          System.out.printf(
              "%d sessions, %s: all told after %d ms, a new session elsewhere took %d ms meanwhile, %d looks at the server; per session %s%n",
              MANY,
              frozen ? "frozen" : "killed",
              TimeUnit.NANOSECONDS.toMillis(took),
              TimeUnit.NANOSECONDS.toMillis(answered),
              made.size(),
              each);
          // All who lose it within 50 ms share a look, and there is one of the monitor's own a
          // second.
          assertThat(made).hasSizeLessThanOrEqualTo((int) (took / LOOKS_APART.toNanos()) + 3);
          if (!frozen) {
            assertThat(made.stream().mapToInt(NineThousandIT::askedBy).sum())
                .as("those who asked, over all looks")
                .isGreaterThan(0)
                .isLessThanOrEqualTo(MANY);
          }
          assertThat(each.heapBytes() + each.directBytes()).isLessThan(32 << 10);
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

  /** The looks at the server so far, as the proxy logs them. */
  private List<String> looks() throws IOException {
    try (Stream<String> lines = Files.lines(folder.resolve("looks"))) {
      return lines.filter(line -> line.startsWith("server=db1 look=")).toList();
    }
  }

  private static int askedBy(String look) {
    return Integer.parseInt(look.replaceFirst(".* asked-by=", ""));
  }

  private static List<XClient> connect(
      int count, int port, MySqlServer server, ExecutorService threads) throws Exception {
    Semaphore atOnce = new Semaphore(64);
    List<Future<XClient>> connecting = new ArrayList<>();
    for (int i = 0; i < count; i++) {
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

  /**
   * What a process has in use, in bytes, after the collector has run: live objects, memory outside the heap that the program asked for
   * (direct buffers), and what the kernel counts as resident, which shrinks late if ever.
   */
  private record Memory(long heapBytes, long directBytes, long residentBytes) {
    private static final Pattern HEAP = Pattern.compile("used (\\d+)K");
    private static final Pattern DIRECT = Pattern.compile("-\\s+Other \\(reserved=(\\d+)KB");

    static Memory of(Process process) throws Exception {
      // What the first run makes unreachable, such as direct buffers behind a cleaner, the second
      // one finds.
      ask(process, "GC.run");
      ask(process, "GC.run");
      long resident =
          Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
              .filter(line -> line.startsWith("VmRSS:"))
              .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
              .findFirst()
              .orElseThrow();
      return new Memory(
          kib(HEAP, ask(process, "GC.heap_info")) << 10,
          kib(DIRECT, ask(process, "VM.native_memory")) << 10,
          resident << 10);
    }

    Memory minus(Memory other) {
      return new Memory(
          heapBytes - other.heapBytes,
          directBytes - other.directBytes,
          residentBytes - other.residentBytes);
    }

    Memory dividedBy(int sessions) {
      return new Memory(heapBytes / sessions, directBytes / sessions, residentBytes / sessions);
    }

    @Override
    public String toString() {
      return "%d bytes of heap, %d of direct memory, %d of resident memory"
          .formatted(heapBytes, directBytes, residentBytes);
    }

    private static long kib(Pattern pattern, String text) {
      Matcher matcher = pattern.matcher(text);
      assertThat(matcher.find()).as(text).isTrue();
      return Long.parseLong(matcher.group(1));
    }

    private static String ask(Process process, String question) throws Exception {
      Process jcmd =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                  Long.toString(process.pid()),
                  question)
              .redirectErrorStream(true)
              .start();
      String said = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(jcmd.waitFor()).as(said).isZero();
      return said;
    }
  }

  private static int port(BufferedReader out, String listener) throws IOException {
    String line = out.readLine();
    Matcher listens = LISTENS.matcher(String.valueOf(line));
    assertThat(listens.matches()).as(line).isTrue();
    assertThat(listens.group(1)).isEqualTo(listener);
    return Integer.parseInt(listens.group(2));
  }

  /** Only the looks: thousands of lines about sessions are written for nobody here. */
  private Path logSettings() throws IOException {
    return Files.writeString(
        folder.resolve("logback.xml"),
        """
        <configuration>
          <appender name="FILE" class="ch.qos.logback.core.FileAppender">
            <file>%s</file>
            <encoder><pattern>%%msg%%n</pattern></encoder>
          </appender>
          <logger name="dev.lastword.server.ServerHealth" level="DEBUG"/>
          <root level="WARN"><appender-ref ref="FILE"/></root>
        </configuration>
        """
            .formatted(folder.resolve("looks")));
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
        admin: { http: { bind: 127.0.0.1:0 }, sql: { bind: 127.0.0.1:0 } }
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
            "-XX:NativeMemoryTracking=summary",
            "-Dlogback.configurationFile=" + logSettings(),
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
