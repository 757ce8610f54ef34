package dev.lastword.it;

import static dev.lastword.it.Front.soon;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.x.XClient;
import dev.lastword.testing.x.XMessages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Two thousand sessions at once, again and again: all are served, and nothing of them is left. */
class ManySessionsIT {
  private static final int SESSIONS = 2_000;
  private static final int WAVES = 3;

  /** Descriptors that the JVM itself opens for virtual threads; the sessions need 18,000. */
  private static final int OURS = 20;

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @Test
  void two_thousand_sessions_at_once_are_served_and_leave_nothing_behind() throws Exception {
    try (MySqlServer server =
        MySqlServer.launch(
            "--max-connections=5000",
            "--mysqlx-max-connections=5000",
            "--back-log=2000",
            "--table-open-cache=400")) {
      server.sql("CREATE SCHEMA many");
      server.sql("CREATE TABLE many.t (wave INT, i INT, PRIMARY KEY (wave, i))");
      try (XClient client = XClient.connect(server.host(), server.xPort())) {
        client.login(server.user(), server.password());
      }
      soon().until(() -> serverSessions(server) == 0);
      long serverConnections = status(server, "Threads_connected");
      try (Front front = Front.of(server)) {
        // The first session makes what is made once: classes, event loops' own descriptors.
        session(server, front, 0, 0, new CyclicBarrier(1), new Semaphore(1));
        front.awaitNoSessions();
        server.sql("DELETE FROM many.t");
        long descriptors = descriptors();
        long threads = threadsOfProxy();
        for (int wave = 0; wave < WAVES; wave++) {
          wave(server, front, wave);
          front.awaitNoSessions();
          assertThat(server.sql("SELECT COUNT(*) AS n FROM many.t").getFirst().number("n"))
              .isEqualTo((wave + 1L) * SESSIONS);
        }
        assertThat(threadsOfProxy()).isEqualTo(threads);
        soon()
            .atMost(Duration.ofSeconds(20))
            .untilAsserted(() -> assertThat(descriptors()).isLessThan(descriptors + OURS));
        soon()
            .atMost(Duration.ofSeconds(30))
            .pollInterval(Duration.ofMillis(50))
            .untilAsserted(() -> {
              assertThat(serverSessions(server)).isZero();
              assertThat(status(server, "Threads_connected")).isEqualTo(serverConnections);
            });
      }
      assertThat(threadsOfProxy()).isZero();
    }
  }

  private static void wave(MySqlServer server, Front front, int wave) throws Exception {
    CyclicBarrier allLoggedIn =
        new CyclicBarrier(
            SESSIONS, () -> assertThat(front.proxy().sessions().size()).isEqualTo(SESSIONS));
    // As many at a time as a server can greet without dropping some.
    Semaphore door = new Semaphore(100);
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < SESSIONS; i++) {
        int number = i;
        all.add(
            clients.submit(() -> {
              session(server, front, wave, number, allLoggedIn, door);
              return true;
            }));
      }
      for (Future<?> one : all) {
        one.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      }
    }
  }

  /** One client's life. */
  private static void session(
      MySqlServer server, Front front, int wave, int number, CyclicBarrier barrier, Semaphore door)
      throws Exception {
    XClient client;
    door.acquire();
    try {
      client = front.connect().within(PATIENCE);
      if (number % 10 == 0) {
        client.startTls();
      }
      client.authenticateSha256Memory("many", server.user(), server.password()).succeeded();
    } finally {
      door.release();
    }
    try (client) {
      barrier.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      client.send(XMessages.sql("INSERT INTO t VALUES (" + wave + ", " + number + ")"));
      client.send(XMessages.sql("SELECT i, REPEAT('x', 2000) FROM t WHERE i = " + number));
      client.receiveResponse().succeeded();
      assertThat(client.receiveResponse().succeeded().rows()).hasSize(wave + 1);
      switch (number % 4) {
        case 0 -> client.ask(XMessages.connectionClose()).succeeded();
        case 1 -> client.finishSending().awaitEnd();
        case 2 -> client.reset();
        default -> {
          // It just closes.
        }
      }
    }
  }

  private static long serverSessions(MySqlServer server) {
    return status(server, "Mysqlx_sessions");
  }

  private static long status(MySqlServer server, String name) {
    return server
        .sql(
            "SELECT VARIABLE_VALUE AS v FROM performance_schema.global_status WHERE VARIABLE_NAME = '"
                + name
                + "'")
        .getFirst()
        .number("v");
  }

  private static long threadsOfProxy() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("lastword-") && !name.startsWith("lastword-mysqld"))
        .count();
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.count();
    }
  }
}
