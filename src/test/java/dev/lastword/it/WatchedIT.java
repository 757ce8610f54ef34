package dev.lastword.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.config.AdminSettings;
import dev.lastword.config.Config;
import dev.lastword.config.Server;
import dev.lastword.farewell.Cause;
import dev.lastword.farewell.Farewell;
import dev.lastword.farewell.LostSession;
import dev.lastword.farewell.Verdict;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.x.XClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What operators who look cost the sessions: as many idle ones as {@code -Dlastword.many} says, or 3,000, a full ledger, and one session
 * that works, with and without somebody who asks for metrics and pages all the time. It prints what it measured.
 */
@Tag("long")
class WatchedIT {
  private static final int MANY = Integer.getInteger("lastword.many", 3_000);
  private static final int LEDGER = 10_000;
  private static final int ROUNDS = 8;
  private static final int STATEMENTS = 3_000;
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(250);

  private static final List<String> LOOKS =
      List.of(
          "/metrics",
          "/api/v1/sessions?limit=50",
          "/api/v1/sessions?group=state",
          "/api/v1/losses?limit=50",
          "/api/v1/losses/histogram?minutes=60");

  private final List<Long> looks = new ArrayList<>();

  @Test
  void sessions_do_not_feel_that_they_are_looked_at() throws Exception {
    String many = Integer.toString(MANY + 100);
    List<XClient> idle = new ArrayList<>();
    try (MySqlServer mysql =
            MySqlServer.launch(
                "--mysqlx-max-connections=" + many,
                "--max-connections=" + many,
                "--performance-schema=OFF");
        HttpClient http = HttpClient.newHttpClient();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Server server = Front.server(mysql);
      try (XClient once = XClient.connect(mysql.host(), mysql.xPort())) {
        once.login(mysql.user(), mysql.password());
      }
      try (Front front =
              Front.start(
                  Config.builder()
                      .listener(Front.listener(server))
                      .server(server)
                      .admin(AdminSettings.OFF.withHttp("127.0.0.1", 0)));
          XClient worker = front.connect()) {
        worker.login(mysql.user(), mysql.password());
        for (int i = 1; i < MANY; i++) {
          XClient client = front.connect();
          idle.add(client);
          client.login(mysql.user(), mysql.password());
        }
        for (int i = 0; i < LEDGER; i++) {
          front.proxy().ledger().enter(lost(1_000_000 + i));
        }
        String base = "http://127.0.0.1:" + front.proxy().httpPort().orElseThrow();
        assertThat(ask(http, base + "/api/v1/sessions?limit=1")).contains("\"total\":" + MANY);
        work(worker);
        List<long[]> alone = new ArrayList<>();
        List<long[]> watched = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
          alone.add(work(worker));
          Future<?> watcher = threads.submit(() -> watch(http, base));
          watched.add(work(worker));
          watcher.cancel(true);
        }
        System.out.printf(
            "%d sessions, %d losses; a statement alone: p50 %d us, p99 %d us; watched: p50 %d us, p99 %d us; a look takes %d us (median of %d)%n",
            MANY,
            LEDGER,
            quantile(alone, 0.5),
            quantile(alone, 0.99),
            quantile(watched, 0.5),
            quantile(watched, 0.99),
            quantile(List.of(looks.stream().mapToLong(Long::longValue).toArray()), 0.5),
            looks.size());
        assertThat(looks).isNotEmpty();
      }
    } finally {
      idle.forEach(XClient::close);
    }
  }

  private static long[] work(XClient worker) {
    long[] nanos = new long[STATEMENTS];
    for (int i = 0; i < STATEMENTS; i++) {
      long began = System.nanoTime();
      assertThat(worker.sql("SELECT 7").value()).isEqualTo("7");
      nanos[i] = System.nanoTime() - began;
    }
    return nanos;
  }

  private Void watch(HttpClient http, String base) throws IOException, InterruptedException {
    while (true) {
      for (String look : LOOKS) {
        long began = System.nanoTime();
        ask(http, base + look);
        looks.add(System.nanoTime() - began);
      }
      // The rhythm of those who look, and nothing that anybody waits for.
      Thread.sleep(BETWEEN_LOOKS);
    }
  }

  private static String ask(HttpClient http, String url) throws IOException, InterruptedException {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(url).isEqualTo(200);
    return answer.body();
  }

  /** The median over the rounds of a quantile of each, in microseconds. */
  private static long quantile(List<long[]> rounds, double part) {
    long[] each =
        rounds.stream()
            .mapToLong(round -> {
              long[] sorted = round.clone();
              Arrays.sort(sorted);
              return sorted[(int) (part * (sorted.length - 1))];
            })
            .sorted()
            .toArray();
    return TimeUnit.NANOSECONDS.toMicros(each[each.length / 2]);
  }

  private static LostSession lost(long id) {
    return new LostSession(
        id,
        "x",
        "x",
        "10.0.0.7:51234",
        "db",
        "10.0.0.2:33060",
        id,
        "app",
        "idle",
        false,
        false,
        new Verdict(Cause.SERVER_GONE, "db refused a new connection"),
        new Farewell.Notice(1053),
        LostSession.Delivery.WRITTEN,
        Instant.now(),
        1_000,
        2_000,
        100,
        100);
  }
}
