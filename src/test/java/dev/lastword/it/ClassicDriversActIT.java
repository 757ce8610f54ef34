package dev.lastword.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.lastword.config.Config;
import dev.lastword.config.Server;
import dev.lastword.it.ClassicDrivers.Driver;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.TcpRelay;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What unmodified drivers of the classic protocol, and their pools, do when a connection is lost, to the server and through the proxy.
 * Every row of the second table in {@code docs/drivers.md} is played and must come out as it says there.
 */
@Tag("long")
class ClassicDriversActIT {
  private static final Path TABLE =
      Path.of(System.getProperty("lastword.basedir", "."), "docs", "drivers.md");

  /** Where the rows that were seen are added to, if somebody wants them. */
  private static final String RECORD = System.getProperty("lastword.drivers.record", "");

  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** Longer than a driver is idle by itself while it connects, on a busy machine too. */
  private static final Duration IDLE_LIMIT = Duration.ofSeconds(4);

  private static MySqlServer server;
  private static Path directory;
  private static Map<String, ClassicDrivers.Opener> drivers;

  @BeforeAll
  static void start() throws Exception {
    // A connection that was in use a moment ago is given out untested, whatever the moment.
    System.setProperty("com.zaxxer.hikari.aliveBypassWindowMs", "600000");
    directory = Front.temporary();
    server = MySqlServer.launch();
    drivers = ClassicDrivers.all(server);
  }

  @AfterAll
  static void stop() {
    System.clearProperty("com.zaxxer.hikari.aliveBypassWindowMs");
    server.close();
    Front.delete(directory);
  }

  /** What a connection was doing when it was lost. */
  enum Doing {
    /** Nothing. */
    IDLE,
    /** A request was outstanding, and nothing of its result had come. */
    BUSY,
    /** Rows were coming. */
    MID_RESULT;

    String text() {
      return name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
    }
  }

  /** One loss, which all drivers suffer. */
  record Scenario(String loss, Doing doing, String way) {
    @Override
    public String toString() {
      return loss + ", " + doing.text() + ", " + way;
    }
  }

  /**
   * A row of the table.
   *
   * @param told what the application is told: by the outstanding request, or by the next one if there was none
   * @param then what comes of its next request, or of the next connection from the pool
   */
  record Row(String loss, String doing, String driver, String way, String told, String then) {
    @Override
    public String toString() {
      return "| " + String.join(" | ", loss, doing, driver, way, told, then) + " |";
    }
  }

  private static final List<String> MADE_UP =
      List.of(
          "ERR 3169 08S01", "ERR 3169 HY000", "ERR 1927 70100", "ERR 4031 08S01", "ERR 4031 HY000");

  static Stream<Scenario> scenarios() {
    List<Scenario> all = new ArrayList<>();
    for (String way : List.of("direct", "proxy")) {
      for (Doing doing : Doing.values()) {
        all.add(new Scenario("the server crashes", doing, way));
        all.add(new Scenario("killed on the server", doing, way));
      }
      all.add(new Scenario("wait_timeout of the server", Doing.IDLE, way));
      all.add(new Scenario("reset on the way to the server", Doing.BUSY, way));
    }
    all.add(new Scenario("idle limit of the proxy", Doing.IDLE, "proxy"));
    for (String words : MADE_UP) {
      all.add(new Scenario(words, Doing.IDLE, "made up"));
      all.add(new Scenario(words, Doing.BUSY, "made up"));
    }
    return all.stream();
  }

  static List<Row> documented() throws IOException {
    List<String> lines = Files.readAllLines(TABLE);
    int begin =
        lines.indexOf("| Lost by | While | Driver | Way | The application is told | Then |");
    return lines.subList(begin < 0 ? lines.size() : begin + 2, lines.size()).stream()
        .takeWhile(line -> line.startsWith("| "))
        .map(line -> Stream.of(line.split("\\|")).skip(1).map(String::strip).toList())
        .map(cells ->
            new Row(
                cells.get(0), cells.get(1), cells.get(2), cells.get(3), cells.get(4), cells.get(5)))
        .toList();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("scenarios")
  @Timeout(value = 240, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void drivers_do_what_the_documentation_says(Scenario scenario) throws Exception {
    List<Row> seen = play(scenario);
    if (!RECORD.isEmpty()) {
      Files.write(
          Path.of(RECORD),
          seen.stream().map(Row::toString).toList(),
          java.nio.file.StandardOpenOption.CREATE,
          java.nio.file.StandardOpenOption.APPEND);
      return;
    }
    List<Row> expected =
        documented().stream()
            .filter(row ->
                row.loss().equals(scenario.loss())
                    && row.doing().equals(scenario.doing().text())
                    && row.way().equals(scenario.way())
                    && drivers.containsKey(row.driver()))
            .toList();
    assertThat(expected).hasSameSizeAs(drivers.keySet());
    assertThat(lines(seen)).isEqualTo(lines(expected));
  }

  private static String lines(List<Row> rows) {
    return rows.stream().map(Row::toString).collect(Collectors.joining("\n"));
  }

  // ---- One scenario

  private static List<Row> play(Scenario scenario) throws Exception {
    Map<String, Driver> open = new LinkedHashMap<>();
    Map<String, Long> numbers = new LinkedHashMap<>();
    Map<String, FutureTask<String>> outstanding = new LinkedHashMap<>();
    try (Way way = way(scenario)) {
      for (var entry : drivers.entrySet()) {
        Driver driver = entry.getValue().open(directory, way.port());
        open.put(entry.getKey(), driver);
        numbers.put(entry.getKey(), driver.number());
        if (scenario.loss().startsWith("wait_timeout")) {
          assertThat(driver.ask("SET SESSION wait_timeout = 1", false)).isEqualTo("works");
        }
        if (scenario.doing() != Doing.IDLE) {
          FutureTask<String> task =
              new FutureTask<>(() -> driver.ask(request(scenario.doing()), false));
          outstanding.put(entry.getKey(), task);
          Thread.ofVirtual().start(task);
        }
      }
      if (scenario.doing() != Doing.IDLE) {
        numbers.values().forEach(number -> awaitUnderWay(number, scenario.doing()));
      }
      way.lose(List.copyOf(numbers.values()));
      List<Row> rows = new ArrayList<>();
      for (var entry : open.entrySet()) {
        Driver driver = entry.getValue();
        FutureTask<String> task = outstanding.get(entry.getKey());
        String told =
            settled(task == null ? within(() -> driver.ask("SELECT 1", true)) : result(task));
        String then = settled(within(driver::then));
        rows.add(
            new Row(
                scenario.loss(),
                scenario.doing().text(),
                entry.getKey(),
                scenario.way(),
                told,
                then));
      }
      return rows;
    } finally {
      for (Driver driver : open.values()) {
        driver.close();
      }
    }
  }

  private static String request(Doing doing) {
    return switch (doing) {
      case IDLE -> "";
      case BUSY -> "SELECT SLEEP(100)";
      // Each row is longer than the buffer that a server fills before it sends.
      case MID_RESULT ->
          "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT REPEAT(i, 30000), SLEEP(0.1) FROM n";
    };
  }

  private static void awaitUnderWay(long number, Doing doing) {
    String running =
        "SELECT COUNT(*) FROM performance_schema.processlist WHERE id = "
            + number
            + " AND info LIKE '%SLEEP%'";
    Front.soon().atMost(LIMIT).until(() -> server.sql(running).getFirst().first(), "1"::equals);
    if (doing == Doing.MID_RESULT) {
      String sent =
          "SELECT COUNT(*) FROM performance_schema.status_by_thread JOIN performance_schema.threads USING (thread_id) WHERE processlist_id = "
              + number
              + " AND variable_name = 'Bytes_sent' AND variable_value > 60000";
      Front.soon().atMost(LIMIT).until(() -> server.sql(sent).getFirst().first(), "1"::equals);
    }
  }

  private static String within(Callable<String> action) throws Exception {
    FutureTask<String> task = new FutureTask<>(action);
    Thread.ofVirtual().start(task);
    return result(task);
  }

  private static String result(FutureTask<String> task) throws Exception {
    return task.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Without what differs from run to run: numbers of connections, and how it was found out what became of a server. */
  private static String settled(String text) {
    return text.replaceAll("\\(conn=\\d+\\) ?", "")
        .replaceAll(": db (closed|reset|was declared)[^;]*(; db [^;]*)?", ": db ...")
        .replaceAll(
            "to read [\\d,]+ bytes, read [\\d,]+ bytes", "to read ... bytes, read ... bytes")
        .replaceAll("\\|", "/");
  }

  // ---- Ways to the server, and how connections are lost on them

  private static Way way(Scenario scenario) {
    if (scenario.way().equals("made up")) {
      List<String> words = List.of(scenario.loss().split(" ", 3));
      return new Words(Integer.parseInt(words.get(1)), words.get(2), scenario.doing());
    }
    boolean proxied = scenario.way().equals("proxy");
    return switch (scenario.loss()) {
      case "the server crashes" ->
          new Real(proxied) {
            @Override
            void strike(List<Long> numbers) {
              server.kill();
              awaitEnd();
              server.start();
            }
          };
      case "killed on the server" ->
          new Real(proxied) {
            @Override
            void strike(List<Long> numbers) {
              numbers.forEach(number -> server.sql("KILL " + number));
              awaitGone(numbers);
            }
          };
      case "wait_timeout of the server" ->
          new Real(proxied) {
            @Override
            void strike(List<Long> numbers) {
              awaitGone(numbers);
            }
          };
      case "idle limit of the proxy" ->
          new Real(true, IDLE_LIMIT) {
            @Override
            void strike(List<Long> numbers) {
              awaitEnd();
            }
          };
      case "reset on the way to the server" ->
          new Real(proxied) {
            @Override
            void strike(List<Long> numbers) {
              relay.wires().forEach(TcpRelay.Wire::reset);
            }
          };
      default -> throw new IllegalArgumentException(scenario.loss());
    };
  }

  private static void awaitGone(List<Long> numbers) {
    String alive =
        "SELECT COUNT(*) FROM performance_schema.processlist WHERE id IN (%s)"
            .formatted(numbers.stream().map(String::valueOf).collect(Collectors.joining(", ")));
    Front.soon().atMost(LIMIT).until(() -> server.sql(alive).getFirst().first(), "0"::equals);
  }

  /** A way to the server on which connections are lost. */
  private interface Way extends AutoCloseable {
    /** Where to connect; asked once for each connection. */
    int port();

    /**
     * Returns when all has been said to the clients, and the server can be had again.
     *
     * @param numbers the server's numbers for the connections
     */
    void lose(List<Long> numbers) throws Exception;

    @Override
    void close();
  }

  /** Straight to the server, or through a proxy, with a wire before the server that can be broken. */
  private abstract static class Real implements Way {
    final TcpRelay relay = TcpRelay.to(server.host(), server.classicPort());
    private final Front front;
    private final boolean proxied;

    Real(boolean proxied) {
      this(proxied, Duration.ZERO);
    }

    Real(boolean proxied, Duration idleLimit) {
      this.proxied = proxied;
      Server behind = Server.at("db", server.host(), server.xPort(), relay.port());
      front =
          Front.start(
              Config.builder()
                  .server(behind)
                  .listener(Front.classicListener(behind).withIdleTimeout(idleLimit)));
    }

    abstract void strike(List<Long> numbers);

    final void awaitEnd() {
      if (proxied) {
        front.awaitNoSessions();
      }
    }

    @Override
    public int port() {
      return proxied ? front.classicPort() : relay.port();
    }

    @Override
    public void lose(List<Long> numbers) {
      strike(numbers);
      awaitEnd();
    }

    @Override
    public void close() {
      front.close();
      relay.close();
    }
  }

  /** These words and the end of the stream come in the server's name. */
  private static final class Words implements Way {
    private final List<SpokenFor> wires = new ArrayList<>();
    private final int code;
    private final String state;
    private final Doing doing;

    Words(int code, String state, Doing doing) {
      this.code = code;
      this.state = state;
      this.doing = doing;
    }

    @Override
    public int port() {
      SpokenFor wire = new SpokenFor(server.classicPort());
      wires.add(wire);
      return wire.port();
    }

    @Override
    public void lose(List<Long> numbers) {
      wires.forEach(wire -> wire.lastWords(err()));
    }

    private ByteString err() {
      ByteArrayOutputStream packet = new ByteArrayOutputStream();
      String text =
          switch (code) {
            case 1927 -> "Connection was killed";
            case 3169 -> "Session was killed";
            default -> "The client was disconnected by the server because of inactivity";
          };
      byte[] said = ("#" + state + text).getBytes(StandardCharsets.US_ASCII);
      packet.write(said.length + 3);
      packet.write(0);
      packet.write(0);
      packet.write(doing == Doing.IDLE ? 0 : 1);
      packet.write(0xff);
      packet.write(code & 0xff);
      packet.write(code >> 8);
      packet.writeBytes(said);
      return ByteString.copyFrom(packet.toByteArray());
    }

    @Override
    public void close() {
      wires.forEach(SpokenFor::close);
    }
  }
}
