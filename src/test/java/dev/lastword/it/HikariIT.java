package dev.lastword.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.lastword.testing.MySqlServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** HikariCP over each of the two JDBC drivers, with more threads than connections. */
class HikariIT {
  private static final int THREADS = 24;
  private static final int ROUNDS = 40;

  @ParameterizedTest(name = "{0}, TLS {2}")
  @CsvSource({
    "mysql, sslMode, DISABLED",
    "mysql, sslMode, REQUIRED",
    "mariadb, sslMode, disable",
    "mariadb, sslMode, trust"
  })
  @Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void a_pool_serves_through_the_proxy_as_it_does_without(
      String driver, String property, String tls) throws Exception {
    MySqlServer server = MySqlServer.shared();
    try (Front front = Front.classic(server)) {
      List<Integer> direct = play(settings(driver, property, tls, server, server.classicPort()));
      List<Integer> proxied = play(settings(driver, property, tls, server, front.classicPort()));
      assertThat(direct).hasSize(THREADS);
      assertThat(proxied).isEqualTo(direct);
      front.awaitNoSessions();
    }
  }

  private static HikariConfig settings(
      String driver, String property, String tls, MySqlServer server, int port) {
    HikariConfig settings = new HikariConfig();
    settings.setJdbcUrl(
        "jdbc:%s://127.0.0.1:%d/?%s=%s&allowPublicKeyRetrieval=true&useServerPrepStmts=true"
            .formatted(driver, port, property, tls));
    settings.setUsername(server.user());
    settings.setPassword(server.password());
    settings.setMaximumPoolSize(6);
    return settings;
  }

  /** Each thread adds up what it got; some statements fail, and some are rolled back. */
  private static List<Integer> play(HikariConfig settings) throws Exception {
    try (HikariDataSource pool = new HikariDataSource(settings);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> sums = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        int thread = i;
        sums.add(threads.submit(() -> work(pool, thread)));
      }
      List<Integer> all = new ArrayList<>();
      for (Future<Integer> sum : sums) {
        all.add(sum.get());
      }
      return all;
    }
  }

  private static int work(HikariDataSource pool, int thread) throws Exception {
    int sum = 0;
    for (int round = 0; round < ROUNDS; round++) {
      try (Connection connection = pool.getConnection()) {
        connection.setAutoCommit(round % 3 == 0);
        try (PreparedStatement ask = connection.prepareStatement("SELECT ? * ?, REPEAT('x', ?)")) {
          ask.setInt(1, thread);
          ask.setInt(2, round);
          ask.setInt(3, round * 1000);
          try (ResultSet row = ask.executeQuery()) {
            row.next();
            sum += row.getInt(1) + row.getString(2).length();
          }
        }
        // Given back in the middle of a transaction, every third time: the pool rolls back.
        if (round % 3 == 1) {
          connection.commit();
        }
      }
    }
    return sum;
  }
}
