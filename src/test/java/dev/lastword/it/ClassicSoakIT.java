package dev.lastword.it;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.google.protobuf.ByteString;
import dev.lastword.config.Config;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.Row;
import dev.lastword.testing.TcpRelay;
import dev.lastword.testing.classic.Capability;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Commands;
import dev.lastword.testing.classic.Login;
import dev.lastword.testing.classic.Packet;
import dev.lastword.testing.classic.Received;
import dev.lastword.testing.classic.Response;
import dev.lastword.testing.x.XClient;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * Clients that do everything, on two servers that are killed, frozen, cut off and started again, for as long as {@code
 * -Dlastword.soak=PT10M} says. Every answer is checked, and whoever is lost must be told.
 *
 * <p>{@code -Dlastword.soak.seed} repeats the choice of faults and of work; their timing nothing can repeat.
 */
@Tag("long")
class ClassicSoakIT {
  private static final org.slf4j.Logger log =
      LoggerFactory.getLogger("dev.lastword.testing.ClassicSoak");

  private static final Duration DURATION =
      Duration.parse(System.getProperty("lastword.soak", "PT10M"));
  private static final long SEED = Long.getLong("lastword.soak.seed", System.nanoTime());
  private static final int CLIENTS = 12;
  private static final int ACCOUNTS = 20;
  private static final int LAST_ROW_SENT = 0x80;
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** What a session that ends may be told: shutdown, kill, reset, idle, and where a login could not be made. */
  private static final Set<Integer> LAST = Set.of(1053, 3169, 1158, 4031, 1043);

  /** What a statement may be told that goes wrong without its session: interrupted, lock timeout, deadlock. */
  private static final Set<Integer> STATEMENT = Set.of(1317, 1205, 1213, 3024);

  private static final Pattern ANSWERED = Pattern.compile("the server answered (\\d+) ");
  private static final Pattern GREETED = Pattern.compile("not a greeting: (\\d+) ");

  private final Map<String, LongAdder> counts = new ConcurrentSkipListMap<>();
  private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
  private final Queue<String> mistakes = new ConcurrentLinkedQueue<>();
  private final Map<String, LongAdder> ends = new ConcurrentSkipListMap<>();
  private final LongAdder untold = new LongAdder();
  private final LongAdder untoldBeforeLogin = new LongAdder();

  /** Looks at what the proxy writes, and keeps only what it must not write, and how often it writes what. */
  private final AppenderBase<ILoggingEvent> lines =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          String line = event.getFormattedMessage();
          // Servers and sessions that are lost are worth a warning; nothing else is.
          boolean expected =
              event.getLevel().toInt() < Level.WARN_INT
                  || (event.getLevel().equals(Level.WARN)
                      && event.getLoggerName().startsWith("lastword."));
          if (!expected || line.contains("cause=bug")) {
            mistakes.add(line + " " + event.getThrowableProxy());
          }
          Matcher end = Pattern.compile("cause=(\\S+) .*told=(\\S+)").matcher(line);
          if (end.find()) {
            ends.computeIfAbsent(end.group(1) + " " + end.group(2), _ -> new LongAdder())
                .increment();
          }
        }
      };

  private volatile boolean over;
  private volatile boolean calm;

  /** Those who have had a whole session since the last fault. */
  private final Set<Thread> calmed = ConcurrentHashMap.newKeySet();

  @Test
  void whatever_happens_answers_are_right_and_who_is_lost_is_told() throws Exception {
    log.info("-Dlastword.soak.seed={} for {}", SEED, DURATION);
    Logger sessions = (Logger) LoggerFactory.getLogger("lastword.session");
    Logger all = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
    lines.start();
    sessions.setLevel(Level.INFO);
    boolean additive = sessions.isAdditive();
    sessions.setAdditive(false);
    sessions.addAppender(lines);
    all.addAppender(lines);
    String[] options = {"--local-infile=ON", "--max-allowed-packet=64M", "--max-connections=500"};
    try (MySqlServer first = MySqlServer.launch(options);
        MySqlServer second = MySqlServer.launch(options);
        TcpRelay wire = TcpRelay.to(first.host(), first.classicPort())) {
      List<MySqlServer> servers = List.of(first, second);
      servers.forEach(ClassicSoakIT::fill);
      Server a = Server.at("a", first.host(), first.xPort(), wire.port());
      Server b = Server.at("b", second.host(), second.xPort(), second.classicPort());
      try (Front front =
          Front.start(
              Config.builder()
                  .listener(Listener.classic("classic", "a", "b").withBind("127.0.0.1", 0))
                  .listener(Listener.classic("other", "b", "a").withBind("127.0.0.1", 0))
                  .listener(Listener.x(Front.LISTENER, "a", "b").withBind("127.0.0.1", 0))
                  .server(a)
                  .server(b))) {
        soak(front, servers, wire);
        front.awaitNoSessions();
        settle();
      }
      assertThat(wrong).as("wrong answers").isEmpty();
      assertThat(mistakes).as("mistakes in the log").isEmpty();
      for (MySqlServer server : servers) {
        assertThat(server.sql("SELECT SUM(v) AS s FROM soak.account").getFirst().number("s"))
            .isEqualTo(ACCOUNTS * 1000L);
      }
    } finally {
      sessions.detachAppender(lines);
      all.detachAppender(lines);
      sessions.setLevel(Level.ERROR);
      sessions.setAdditive(additive);
      log.info("clients: {}", counts);
      log.info("sessions: {}", ends);
    }
    long undeliverable = endedWith("/undeliverable") + endedWith("nothing/inside-message");
    assertThat(untold.sum())
        .as("clients that were told nothing and could have been told")
        .isLessThanOrEqualTo(undeliverable);
    assertThat(untold.sum() + untoldBeforeLogin.sum())
        .as("the same with those that were not logged in yet")
        .isLessThanOrEqualTo(undeliverable + endedWith("nothing/as-without-proxy"));
  }

  private long endedWith(String told) {
    return ends.entrySet().stream()
        .filter(end -> end.getKey().endsWith(told))
        .mapToLong(end -> end.getValue().sum())
        .sum();
  }

  private static void fill(MySqlServer server) {
    server.sql("CREATE DATABASE soak");
    server.sql("CREATE TABLE soak.account (id INT PRIMARY KEY, v BIGINT NOT NULL)");
    server.sql(
        "INSERT INTO soak.account VALUES "
            + IntStream.range(0, ACCOUNTS)
                .mapToObj(i -> "(" + i + ", 1000)")
                .collect(Collectors.joining(",")));
  }

  private void soak(Front front, List<MySqlServer> servers, TcpRelay wire) throws Exception {
    long until = System.nanoTime() + DURATION.toNanos();
    List<Thread> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      Random random = new Random(SEED + i);
      int port = front.proxy().port(i % 3 == 0 ? "other" : "classic");
      clients.add(Thread.ofVirtual().start(() -> live(port, servers.getFirst(), random)));
    }
    clients.add(Thread.ofVirtual().start(() -> liveOnX(front, servers.getFirst())));
    try {
      Random random = new Random(SEED - 1);
      while (System.nanoTime() < until) {
        pass(random.nextInt(200, 3_000));
        fault(front, servers, wire, random);
      }
    } finally {
      calm = true;
      for (MySqlServer server : servers) {
        server.thaw();
      }
      // Everything works again, and everybody gets through a session.
      try {
        Front.soon().atMost(PATIENCE).until(() -> calmed.size() == CLIENTS);
      } finally {
        over = true;
      }
    }
    for (Thread client : clients) {
      assertThat(client.join(PATIENCE.plusSeconds(30))).as("a client hangs").isTrue();
    }
  }

  // ---- Faults

  private void fault(Front front, List<MySqlServer> servers, TcpRelay wire, Random random) {
    MySqlServer server = servers.get(random.nextInt(2));
    switch (random.nextInt(20)) {
      case 0, 1, 2, 3 -> kill(server, "KILL ", random);
      case 4, 5, 6 -> kill(server, "KILL QUERY ", random);
      case 7, 8, 9, 10, 11 -> {
        List<TcpRelay.Wire> wires = wire.wires();
        if (!wires.isEmpty()) {
          count("fault: reset");
          wires.get(random.nextInt(wires.size())).reset();
        }
      }
      case 12, 13, 14 -> {
        count("fault: operator's kill");
        front.proxy().sessions().live().stream()
            .skip(random.nextInt(6))
            .findFirst()
            .ifPresent(session -> front.proxy().kill(session.id()));
      }
      case 15, 16 -> {
        count("fault: frozen");
        server.freeze();
        pass(random.nextInt(100, 9_000));
        server.thaw();
      }
      case 17, 18 -> {
        count("fault: crash");
        server.kill();
        pass(random.nextInt(2_000));
        server.start();
      }
      default -> {
        count("fault: restart");
        server.restart();
      }
    }
  }

  private void kill(MySqlServer server, String how, Random random) {
    List<Row> all =
        server.sql(
            "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = 'root'"
                + " AND ID <> CONNECTION_ID()");
    if (!all.isEmpty()) {
      count("fault: " + how);
      try {
        server.sql(how + all.get(random.nextInt(all.size())).number("id"));
      } catch (IllegalStateException gone) {
        // It left before it could be killed.
      }
    }
  }

  // ---- Clients

  private void liveOnX(Front front, MySqlServer server) {
    while (!over) {
      try (XClient client = front.connect().within(PATIENCE)) {
        client.login(server.user(), server.password());
        for (int i = 0; i < 50 && !over; i++) {
          String value = client.sql("SELECT REPEAT('x', " + i * 1000 + ")").value();
          if (!"x".repeat(i * 1000).equals(value)) {
            wrong.add("X: " + i);
          }
          pass(20);
        }
        count("X session");
      } catch (AssertionError | RuntimeException lost) {
        count("X session lost");
      }
    }
  }

  private void live(int port, MySqlServer server, Random random) {
    while (!over) {
      Login login =
          Login.as(server.user(), server.password())
              .with(
                  switch (random.nextInt(4)) {
                    case 0 -> Capability.COMPRESS;
                    case 1 -> Capability.ZSTD_COMPRESSION_ALGORITHM;
                    default -> 0;
                  })
              .without(random.nextInt(3) == 0 ? Capability.DEPRECATE_EOF : 0)
              .withDatabase("soak");
      boolean tls = random.nextInt(3) == 0;
      boolean in = false;
      String doing = "connecting";
      boolean undisturbed = calm;
      try (ClassicClient client = ClassicClient.connect("127.0.0.1", port).within(PATIENCE)) {
        try {
          if (tls) {
            client.loginWithTls(login);
          } else {
            client.login(login);
          }
          in = true;
          count("session");
          for (int work = random.nextInt(30); work > 0 && !over; work--) {
            doing = work(client, login, random);
          }
          doing = "leaving";
          leave(client, random);
          if (undisturbed) {
            calmed.add(Thread.currentThread());
          }
        } catch (AssertionError | RuntimeException failure) {
          judge(client, failure, in, failure instanceof Working working ? working.doing : doing);
          pass(random.nextInt(100));
        }
      } catch (AssertionError | RuntimeException failure) {
        wrong.add(doing + ": " + failure);
      }
    }
  }

  /** What a client makes of an answer that it did not want. */
  private void judge(ClassicClient client, Throwable failure, boolean in, String doing) {
    String message = String.valueOf(failure.getMessage());
    Matcher answered = ANSWERED.matcher(message);
    Matcher greeted = GREETED.matcher(message);
    if (answered.find() || (greeted.find() && (answered = greeted) != null)) {
      int code = Integer.parseInt(answered.group(1));
      if (LAST.contains(code)) {
        count("told " + code);
        if (!(client.next(PATIENCE) instanceof Received.End)) {
          wrong.add(doing + ": something behind " + message);
        }
        return;
      }
      if (STATEMENT.contains(code)) {
        count("interrupted " + code);
        return;
      }
    } else if (failure instanceof UncheckedIOException
        || failure.getCause() instanceof UncheckedIOException) {
      if (wasTold(client)) {
        count("told, and sent something");
      } else {
        count("untold, and sent something");
        (in ? untold : untoldBeforeLogin).increment();
      }
      return;
    } else if (message.contains("End[how=")) {
      count((in ? "untold while " : "untold before login, while ") + doing);
      (in ? untold : untoldBeforeLogin).increment();
      return;
    }
    wrong.add(doing + (calm ? " (calm)" : "") + ": " + failure);
  }

  /** Reads what is left to be read, up to the last word. */
  private static boolean wasTold(ClassicClient client) {
    while (true) {
      switch (client.next(PATIENCE)) {
        case Packet packet -> {
          if (packet.isError() && LAST.contains(packet.asError().code())) {
            return true;
          }
        }
        case Received.End _, Received.Silence _ -> {
          return false;
        }
      }
    }
  }

  private String work(ClassicClient client, Login login, Random random) {
    int kind = random.nextInt(16);
    String name = KINDS.get(kind);
    try {
      switch (kind) {
        case 0, 1 -> rows(client, random.nextInt(1, 2_000), random.nextInt(200));
        case 2 -> big(client, random.nextInt(1, 3_000_000));
        case 3 -> prepared(client, random);
        case 4 -> cursor(client, random.nextInt(1, 60));
        case 5 -> several(client);
        case 6 -> upload(client, random.nextInt(1, 400));
        case 7 -> {
          client.changeUser(login).succeeded();
          must("1".equals(client.sql("SELECT 1").value()), "after a change of user");
        }
        case 8 -> reset(client);
        case 9, 10, 11 -> transfer(client, random);
        case 12 -> pipeline(client, random.nextInt(2, 20));
        case 13 -> longData(client, random.nextInt(1, 300_000));
        case 14 -> stall(client, random);
        default -> {
          client.ask(Commands.ping()).succeeded();
          if (random.nextInt(30) == 0) {
            big(client, 17_000_000);
          }
          pass(random.nextInt(50));
        }
      }
    } catch (AssertionError | RuntimeException failure) {
      Matcher answered = ANSWERED.matcher(String.valueOf(failure.getMessage()));
      boolean one = kind != 12 && kind != 6 && kind != 7;
      if (one && answered.find() && STATEMENT.contains(Integer.parseInt(answered.group(1)))) {
        count("interrupted " + answered.group(1));
        client.sql("ROLLBACK");
      } else {
        throw new Working(name, failure);
      }
    }
    count("did " + name);
    return name;
  }

  private static final List<String> KINDS =
      List.of(
          "rows",
          "rows",
          "big",
          "prepared",
          "cursor",
          "several",
          "upload",
          "change",
          "reset",
          "transfer",
          "transfer",
          "transfer",
          "pipeline",
          "long data",
          "stall",
          "ping");

  private static void rows(ClassicClient client, int rows, int length) {
    Response response =
        client.sql(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                + rows
                + ") SELECT /*+ SET_VAR(cte_max_recursion_depth = 5000) */ i,"
                + " REPEAT(CHAR(97 + i % 26), "
                + length
                + ") FROM n");
    List<? extends List<?>> all = response.rows();
    must(all.size() == rows, all.size() + " rows and not " + rows);
    for (int i = 1; i <= rows; i++) {
      String expected = String.valueOf((char) ('a' + i % 26)).repeat(length);
      must(all.get(i - 1).equals(List.of(String.valueOf(i), expected)), "row " + i);
    }
  }

  private static void big(ClassicClient client, int length) {
    String value = client.sql("SELECT REPEAT('abcdefg', " + length / 7 + ")").value();
    must("abcdefg".repeat(length / 7).equals(value), "a value of " + length);
  }

  private static void prepared(ClassicClient client, Random random) {
    long statement = client.prepare("SELECT CONCAT(?, '-', ?)");
    for (int i = 0; i < 3; i++) {
      String text = "t" + random.nextInt();
      Response response =
          client
              .ask(
                  client.execute(
                      statement, 0, Commands.Parameter.of(text), Commands.Parameter.of(text)))
              .succeeded();
      must(response.rowCount() == 1, "one row");
      must(
          response.packets().stream()
              .anyMatch(packet -> packet.payload().toStringUtf8().endsWith(text + "-" + text)),
          "what was put in");
    }
    client.command(Commands.closeStatement(statement));
  }

  private static void cursor(ClassicClient client, int rows) {
    long statement =
        client.prepare(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                + rows
                + ") SELECT i, 'row' FROM n");
    client.ask(client.execute(statement, Commands.CURSOR_READ_ONLY)).succeeded();
    long seen = 0;
    boolean last = false;
    while (!last) {
      Response fetched = client.ask(Commands.fetch(statement, 7)).succeeded();
      seen += fetched.rowCount();
      last = (fetched.ok().status() & LAST_ROW_SENT) != 0;
    }
    must(seen == rows, seen + " rows of a cursor and not " + rows);
    client.ask(Commands.resetStatement(statement)).succeeded();
    client.command(Commands.closeStatement(statement));
  }

  private static void several(ClassicClient client) {
    Response response = client.sql("SELECT 1; DO 0; SELECT 2; SELECT REPEAT('x', 1000)");
    must(
        response.rows().equals(List.of(List.of("1"), List.of("2"), List.of("x".repeat(1000)))),
        "three results");
  }

  private static void upload(ClassicClient client, int lines) {
    client.sql("CREATE TEMPORARY TABLE up (i INT, t VARCHAR(100))");
    ByteString[] parts =
        IntStream.range(0, lines)
            .mapToObj(i -> ByteString.copyFromUtf8(i + "\t" + "u".repeat(50) + "\n"))
            .toArray(ByteString[]::new);
    client.load("LOAD DATA LOCAL INFILE 'f' INTO TABLE up", parts).succeeded();
    String sum = client.sql("SELECT CONCAT(COUNT(*), ' ', SUM(i)) FROM up").value();
    must((lines + " " + (lines - 1L) * lines / 2).equals(sum), "what was uploaded: " + sum);
    client.sql("DROP TEMPORARY TABLE up");
  }

  private static void reset(ClassicClient client) {
    client.sql("SET @soak = 1");
    must("1".equals(client.sql("SELECT @soak").value()), "a variable");
    client.ask(Commands.resetConnection()).succeeded();
    must(client.sql("SELECT @soak").value() == null, "a variable of before");
  }

  private static void transfer(ClassicClient client, Random random) {
    int from = random.nextInt(ACCOUNTS);
    int to = random.nextInt(ACCOUNTS);
    int much = random.nextInt(50);
    client.sql("START TRANSACTION");
    client.sql("UPDATE soak.account SET v = v - " + much + " WHERE id = " + from);
    client.sql("UPDATE soak.account SET v = v + " + much + " WHERE id = " + to);
    String sum = client.sql("SELECT SUM(v) FROM soak.account").value();
    must(String.valueOf(ACCOUNTS * 1000).equals(sum), "the sum in a transaction: " + sum);
    client.sql(random.nextInt(4) == 0 ? "ROLLBACK" : "COMMIT");
  }

  private static void pipeline(ClassicClient client, int many) {
    ByteString[] all =
        IntStream.range(0, many)
            .mapToObj(i -> client.query("SELECT " + i + ", REPEAT('p', " + i * 10 + ")"))
            .toArray(ByteString[]::new);
    client.commandsAtOnce(all);
    for (int i = 0; i < many; i++) {
      Response response = client.receiveResponse().succeeded();
      must(
          response.rows().equals(List.of(List.of(String.valueOf(i), "p".repeat(i * 10)))),
          "the answer to number " + i);
    }
  }

  private static void longData(ClassicClient client, int length) {
    long statement = client.prepare("SELECT CONCAT(LENGTH(?), '')");
    ByteString data = ByteString.copyFrom(new byte[length]);
    client.command(Commands.sendLongData(statement, 0, data));
    client.command(Commands.sendLongData(statement, 0, data));
    Response response =
        client.ask(client.execute(statement, 0, Commands.Parameter.sentBefore())).succeeded();
    must(
        response.packets().stream()
            .anyMatch(p -> p.payload().toStringUtf8().endsWith(String.valueOf(2L * length))),
        "the length of long data");
    client.command(Commands.closeStatement(statement));
  }

  /** Reads nothing for a while, and then what it must read. */
  private static void stall(ClassicClient client, Random random) {
    int length = random.nextInt(1_000_000, 20_000_000);
    client.command(client.query("SELECT REPEAT('s', " + length + ")"));
    pass(random.nextInt(3_000));
    must("s".repeat(length).equals(client.receiveResponse().value()), "what was read late");
  }

  private static void leave(ClassicClient client, Random random) {
    switch (random.nextInt(8)) {
      case 0 -> client.reset();
      case 1 -> {
        // It closes without a word.
      }
      case 2 -> client.sendHalf(client.query("SELECT 1"));
      case 3 -> client.command(client.query("SELECT REPEAT('x', 10000000)"));
      case 4 -> client.command(client.query("SELECT SLEEP(3)"));
      case 5 -> client.finishSending().awaitEnd();
      default -> {
        client.command(Commands.quit());
        client.awaitEnd();
      }
    }
  }

  /**
   * Lets time pass in the story: between two faults, during one, at a client that thinks or is slow. Nothing is waited for.
   */
  private static void pass(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void count(String what) {
    counts.computeIfAbsent(what, _ -> new LongAdder()).increment();
  }

  private static void must(boolean right, String what) {
    if (!right) {
      throw new AssertionError("WRONG: " + what);
    }
  }

  /** Something went wrong while it did this; says what as the failure does. */
  private static final class Working extends RuntimeException {
    private static final long serialVersionUID = 1L;

    final String doing;

    Working(String doing, Throwable failure) {
      super(doing + ": " + failure.getMessage(), failure);
      this.doing = doing;
    }
  }

  /** What the sessions held is given back; the allocator keeps some of it for the next ones. */
  private static void settle() {
    if (ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider allocator) {
      log.info("direct memory: {}", allocator.metric().usedDirectMemory());
      Front.soon()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() ->
              assertThat(allocator.metric().usedDirectMemory()).isLessThan(128L * 1024 * 1024));
    }
  }
}
