package dev.lastword.benchmarks;

import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Login;
import dev.lastword.testing.x.XClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Compares three ways to one real MySQL server: direct, through a relay that looks at nothing, and through Lastword. Every round runs each
 * workload on each way, one right after the other and every time beginning with another one, and only figures of the same round are
 * divided by each other: a machine that is slow for a minute is slow for all three.
 */
@SuppressWarnings("SystemOut")
final class Compare {
  private static final String DIRECT = "direct";
  private static final String BARE = "bare relay";
  private static final String LASTWORD = "Lastword";

  private static final Pattern LASTWORD_LISTENS =
      Pattern.compile("Listener bench serves .+ on 127\\.0\\.0\\.1:(\\d+)");
  private static final Pattern BARE_LISTENS = Pattern.compile(BareRelay.READY + "(\\d+)");

  private final Path project;
  private final Choice choice;

  private Compare(Path project, Choice choice) {
    this.project = project;
    this.choice = choice;
  }

  /**
   * Takes the folder of the project, its commit, and then what {@link Choice} reads. Prints the report; if it is of all workloads, it is
   * written into a file too. Ends with status 2 if it was not called rightly.
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path project = Path.of(arguments[0]);
    String commit = arguments[1];
    Choice choice;
    try {
      choice = Choice.of(List.of(arguments).subList(2, arguments.length));
    } catch (IllegalArgumentException wrong) {
      say(wrong.getMessage());
      System.err.println(Choice.USAGE);
      System.exit(2);
      return;
    }
    String report = new Compare(project, choice).run(commit);
    System.out.println(report);
    if (choice.isOfAllWorkloads()) {
      String day = Instant.now().toString().substring(0, 10);
      Set<Protocol> protocols = choice.protocols();
      String suffix =
          protocols.size() == Protocol.values().length
              ? ""
              : "-" + protocols.iterator().next().key();
      Path file = project.resolve("benchmarks/results/" + day + "-" + commit + suffix + ".md");
      Files.createDirectories(project.resolve("benchmarks/results"));
      Files.writeString(file, report);
      System.out.println("written to " + project.relativize(file));
    }
    System.exit(0);
  }

  private String run(String commit) throws IOException, InterruptedException {
    String loadBefore = load();
    Path log = project.resolve("target/compare.log");
    Files.deleteIfExists(log);
    try (MySqlServer server = MySqlServer.launch();
        LoadDriver driver = new LoadDriver()) {
      prepare(server);
      say("server: MySQL " + server.version());
      Map<Protocol, Map<Workload, Map<String, Figures>>> figures = new EnumMap<>(Protocol.class);
      for (Protocol protocol : choice.protocols()) {
        figures.put(protocol, measure(protocol, server, driver, log));
      }
      return new Report(figures, DIRECT, BARE, LASTWORD)
          .text(
              commit,
              choice.length().name().toLowerCase(Locale.ROOT)
                  + ": "
                  + choice.length().rounds
                  + " rounds of "
                  + choice.length().measured.toMillis()
                  + " ms",
              server.version(),
              loadBefore + " before, " + load() + " after");
    }
  }

  /** All rounds of one protocol; the proxies are there for it alone. */
  private Map<Workload, Map<String, Figures>> measure(
      Protocol protocol, MySqlServer server, LoadDriver driver, Path log)
      throws IOException, InterruptedException {
    try (ProxyProcess bare =
            ProxyProcess.start(bareCommand(protocol.port(server)), BARE_LISTENS, log);
        ProxyProcess lastword =
            ProxyProcess.start(lastwordCommand(protocol, server), LASTWORD_LISTENS, log)) {
      List<LoadDriver.Target> targets =
          List.of(
              target(DIRECT, protocol, server, null),
              target(BARE, protocol, server, bare),
              target(LASTWORD, protocol, server, lastword));
      Map<Workload, Map<String, Figures>> figures = new EnumMap<>(Workload.class);
      for (Workload workload : choice.workloads()) {
        Map<String, Figures> byTarget = new LinkedHashMap<>();
        for (LoadDriver.Target target : targets) {
          byTarget.put(target.name(), new Figures(workload));
          driver.run(target, workload, choice.length().firstWarmUp, Duration.ofMillis(1));
        }
        figures.put(workload, byTarget);
      }
      for (int round = 0; round < choice.length().rounds; round++) {
        say(protocol.title() + ", round " + (round + 1) + " of " + choice.length().rounds);
        for (var entry : figures.entrySet()) {
          for (int i = 0; i < targets.size(); i++) {
            LoadDriver.Target target = targets.get((round + i) % targets.size());
            var sample =
                driver.run(
                    target, entry.getKey(), choice.length().warmUp, choice.length().measured);
            Objects.requireNonNull(entry.getValue().get(target.name())).add(sample);
          }
        }
      }
      return figures;
    }
  }

  private static LoadDriver.Target target(
      String name, Protocol protocol, MySqlServer server, @Nullable ProxyProcess proxy) {
    return new LoadDriver.Target(
        name,
        protocol,
        proxy == null ? protocol.port(server) : proxy.port(),
        proxy,
        server.user(),
        server.password());
  }

  /** Data, and for each protocol a login that leaves the password in the server's cache, without which no login works in the clear. */
  private static void prepare(MySqlServer server) {
    server.sql("CREATE SCHEMA lastword_bench");
    server.sql("CREATE TABLE lastword_bench.point (id INT PRIMARY KEY, v VARCHAR(100))");
    server.sql("INSERT INTO lastword_bench.point VALUES (7, REPEAT('v', 60))");
    server.sql("CREATE TABLE lastword_bench.bulk (id INT PRIMARY KEY AUTO_INCREMENT, v TEXT)");
    server.sql("INSERT INTO lastword_bench.bulk (v) VALUES (REPEAT('v', 1018))");
    for (int doubled = 0; doubled < 10; doubled++) {
      server.sql("INSERT INTO lastword_bench.bulk (v) SELECT v FROM lastword_bench.bulk");
    }
    try (XClient client = XClient.connect(server.host(), server.xPort())) {
      client.login(server.user(), server.password());
    }
    try (ClassicClient client = ClassicClient.connect(server.host(), server.classicPort())) {
      client.loginWithTls(Login.as(server.user(), server.password()));
      client.quit();
    }
  }

  private static List<String> bareCommand(int port) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(BareRelay.class.getName());
    command.add(Integer.toString(port));
    return command;
  }

  /** Through the launcher, so that the program, its flags and its class cache are those that users have. */
  private List<String> lastwordCommand(Protocol protocol, MySqlServer server) throws IOException {
    Path config =
        Files.writeString(
            project.resolve("target/compare.yaml"),
            """
            listeners:
              - { name: bench, protocol: %s, bind: "127.0.0.1:0", servers: [db1], tls: { mode: DISABLED } }
            servers:
              - { name: db1, host: 127.0.0.1, x-port: %d, classic-port: %d, tls: { mode: DISABLED } }
            data-directory: compare-state
            """
                .formatted(protocol.key(), server.xPort(), server.classicPort()));
    return List.of(project.resolve("lastword").toString(), "run", "--config", config.toString());
  }

  private static String load() throws IOException {
    return Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0];
  }

  private static void say(@Nullable String line) {
    System.err.println("compare: " + line);
  }
}
