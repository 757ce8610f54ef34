package dev.lastword;

import static org.awaitility.Awaitility.await;

import dev.lastword.config.Config;
import dev.lastword.config.FarewellSettings;
import dev.lastword.config.Health;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.config.Timeouts;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.TcpRelay;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The server and the proxies of a reason matrix, and the faults that are done to them: what both protocols share. */
final class Faults implements AutoCloseable {
  static final Health HEALTH = new Health(Duration.ofMillis(200), Duration.ofMillis(300), 2, 1);
  static final Duration HALF_REQUEST = Duration.ofMillis(400);
  static final Duration PROXY_IDLE = Duration.ofMillis(800);
  static final Duration SERVER_IDLE = Duration.ofSeconds(2);
  static final Duration SOON = Duration.ofSeconds(30);

  /** How long a client waits for a word before it gives up, which makes its cell wrong. */
  static final Duration PATIENCE = Duration.ofSeconds(8);

  /** The server in the configuration of each proxy. */
  static final String NAME = "db1";

  private static final int CONNECTIONS = 300;

  private final MySqlServer server;

  /** When the last fault had been done, which takes a server that has to end some time of its own. */
  private long goneNanos;

  private Faults(MySqlServer server) {
    this.server = server;
  }

  /** Starts a server with the tables that the states of sessions need. */
  static Faults launch(String... options) {
    List<String> all = new java.util.ArrayList<>(List.of(options));
    all.add("--max-allowed-packet=64M");
    all.add("--innodb-lock-wait-timeout=60");
    all.add("--max-connections=" + CONNECTIONS);
    MySqlServer server = MySqlServer.launch(all.toArray(String[]::new));
    server.sql("CREATE SCHEMA matrix");
    server.sql("CREATE TABLE matrix.held (id INT PRIMARY KEY)");
    server.sql("INSERT INTO matrix.held VALUES (1)");
    server.sql("CREATE TABLE matrix.filled (id INT AUTO_INCREMENT PRIMARY KEY, line LONGTEXT)");
    return new Faults(server);
  }

  MySqlServer server() {
    return server;
  }

  /** Starts the server if the last fault ended it. */
  void recover() {
    if (!server.isRunning()) {
      server.start();
    }
  }

  /** On what the matrix is seen. */
  String environment() {
    return "Server: MySQL "
        + (server.isRunning() ? server.version() : "")
        + ". Health check: interval "
        + HEALTH.interval().toMillis()
        + " ms, timeout "
        + HEALTH.timeout().toMillis()
        + " ms, fall "
        + HEALTH.fall()
        + "; so a server that nothing comes from is lost after at most "
        + budget().toMillis()
        + " ms.";
  }

  private static Duration budget() {
    return HEALTH.interval().multipliedBy(HEALTH.fall()).plus(HEALTH.timeout());
  }

  /** A result that takes long to read. */
  static String rows(int count, int length) {
    return "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
        + count
        + ") SELECT i, REPEAT('x', "
        + length
        + ") FROM n";
  }

  /** The same, of which nothing is saved by compressing it: 480 rows of 96 KiB. */
  static String randomRows() {
    return "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 480) SELECT i, CONCAT("
        + String.join(", ", Collections.nCopies(96, "RANDOM_BYTES(1024)"))
        + ") FROM n";
  }

  // ---- The proxy

  /**
   * Starts a proxy in front of the server.
   *
   * @param listener with any port
   */
  Proxy proxy(
      Fault fault,
      Listener listener,
      int xPort,
      int classicPort,
      Duration handshake,
      Path dataDirectory) {
    Listener bound = listener.withBind("127.0.0.1", 0);
    return Proxy.start(
        Config.builder()
            .listener(fault == Fault.PROXY_IDLE ? bound.withIdleTimeout(PROXY_IDLE) : bound)
            .server(Server.at(NAME, server.host(), xPort, classicPort))
            .health(HEALTH)
            .timeouts(
                new Timeouts(
                    Duration.ofSeconds(2),
                    handshake,
                    fault == Fault.HALF_REQUEST ? HALF_REQUEST : Duration.ofMinutes(2)))
            .farewell(FarewellSettings.DEFAULT.withLinger(Duration.ofSeconds(3)))
            .dataDirectory(dataDirectory)
            .build());
  }

  /** A port where nobody listens. */
  static int deadPort() throws IOException {
    try (ServerSocket nobody = new ServerSocket(0)) {
      return nobody.getLocalPort();
    }
  }

  // ---- What the sessions need

  /** Keeps something until it is closed or its server ends. */
  interface Holding extends AutoCloseable {
    @Override
    void close();
  }

  /** Keeps the row that others wait for. */
  Holding lock() throws SQLException {
    Connection holder = server.connect();
    holder.setAutoCommit(false);
    try (Statement statement = holder.createStatement()) {
      var _ = statement.execute("SELECT * FROM matrix.held FOR UPDATE");
    }
    return () -> {
      try {
        holder.close();
      } catch (SQLException ended) {
        // With its server.
      }
    };
  }

  /** Lets nobody in until it is closed. */
  Holding full() throws SQLException {
    Connection taken = server.connect();
    execute(taken, "SET GLOBAL max_connections = 1");
    return () -> {
      try (taken) {
        execute(taken, "SET GLOBAL max_connections = " + CONNECTIONS);
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    };
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      var _ = statement.execute(sql);
    }
  }

  /** Until all these connections are at work. */
  void awaitAtWork(Collection<Long> connections) {
    if (connections.isEmpty()) {
      return;
    }
    String ids = String.join(",", connections.stream().map(String::valueOf).toList());
    await()
        .atMost(SOON)
        .until(() ->
            server
                    .sql(
                        "SELECT COUNT(*) AS n FROM performance_schema.processlist WHERE COMMAND <> 'Sleep' AND ID IN ("
                            + ids
                            + ")")
                    .getFirst()
                    .number("n")
                == connections.size());
  }

  // ---- The faults

  /**
   * Does what happens to the server, the network or the whole proxy; does nothing if it is for the sessions or for time to do.
   *
   * @param relay between the proxy and the server, if the fault is {@link Fault#RESET}
   */
  void strike(Fault fault, Proxy proxy, TcpRelay relay) {
    switch (fault) {
      case SERVER_IDLE,
          PROXY_IDLE,
          HALF_REQUEST,
          KILL,
          KILL_QUERY,
          KILL_QUERY_THEN_KILL,
          KILL_ITSELF,
          OPERATOR_KILL -> {
        // Not for everybody at once.
      }
      case SIGTERM -> server.terminate();
      case SHUTDOWN -> server.sql("SHUTDOWN");
      case SIGKILL -> server.kill();
      case SIGKILL_AND_RESTART -> {
        server.kill();
        goneNanos = System.nanoTime();
        Thread.ofVirtual().start(server::start);
      }
      case SIGSTOP -> server.freeze();
      case PACKETS_DROPPED -> server.cutNetwork();
      case RESET -> relay.wires().forEach(TcpRelay.Wire::reset);
      case PROXY_DRAINED -> Thread.ofVirtual().start(() -> drain(proxy));
      case PROXY_GONE -> Thread.ofVirtual().start(proxy::close);
      case REFUSED, FULL -> throw new IllegalStateException("happens at connect");
    }
  }

  private static void drain(Proxy proxy) {
    try {
      var _ = proxy.drain(SOON);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** {@code KILL} or {@code KILL QUERY} of these connections. */
  void kill(String command, Collection<Long> connections) throws SQLException {
    try (Connection connection = server.connect()) {
      for (long id : connections) {
        execute(connection, command + id);
      }
    }
  }

  /** Waits until what {@link #strike} began is done; the time that clients are given begins now. */
  void struck(Fault fault) {
    if (fault == Fault.SIGTERM || fault == Fault.SHUTDOWN) {
      server.awaitEnd();
    }
    goneNanos = System.nanoTime();
  }

  /** When the last fault had been done. */
  long goneNanos() {
    return goneNanos;
  }

  /** Undoes what would be in the way of the next fault; a server that has ended stays so until {@link #recover}. */
  void restore(Fault fault) {
    switch (fault) {
      case SIGTERM, SHUTDOWN, SIGKILL -> server.awaitEnd();
      case SIGKILL_AND_RESTART -> await().atMost(SOON).until(this::answers);
      case SIGSTOP -> server.thaw();
      case PACKETS_DROPPED -> server.restoreNetwork();
      case SERVER_IDLE,
          HALF_REQUEST,
          KILL,
          KILL_QUERY,
          KILL_QUERY_THEN_KILL,
          KILL_ITSELF,
          RESET,
          REFUSED,
          FULL,
          PROXY_IDLE,
          OPERATOR_KILL,
          PROXY_DRAINED,
          PROXY_GONE -> {
        // Nothing is left of it.
      }
    }
  }

  private boolean answers() {
    try {
      return server.isRunning() && !server.sql("SELECT 1").isEmpty();
    } catch (IllegalStateException notYet) {
      return false;
    }
  }

  // ---- How long it may take

  /**
   * From when on the client can be told, by {@link System#nanoTime}.
   *
   * @param struckNanos when the fault began
   * @param quietNanos since when nothing has been said in the session
   */
  static long from(Fault fault, long struckNanos, long quietNanos) {
    return switch (fault) {
      case SERVER_IDLE -> quietNanos + SERVER_IDLE.toNanos();
      case PROXY_IDLE -> quietNanos + PROXY_IDLE.toNanos();
      case HALF_REQUEST -> struckNanos + HALF_REQUEST.toNanos();
      case KILL,
          KILL_QUERY,
          KILL_QUERY_THEN_KILL,
          KILL_ITSELF,
          SIGTERM,
          SHUTDOWN,
          SIGKILL,
          SIGKILL_AND_RESTART,
          SIGSTOP,
          PACKETS_DROPPED,
          RESET,
          REFUSED,
          FULL,
          OPERATOR_KILL,
          PROXY_DRAINED,
          PROXY_GONE ->
          struckNanos;
    };
  }

  /** Whether the time that a client is given has passed when it read the end, in milliseconds from when it could know. */
  boolean late(Fault fault, boolean muchToRead, long fromNanos, long endNanos) {
    long took = TimeUnit.NANOSECONDS.toMillis(endNanos - Math.max(fromNanos, goneNanos));
    return took > limit(fault, muchToRead).toMillis();
  }

  /**
   * From the fault, or from the end of the limit, to the end of the connection. A server that is to end takes its own time for it, so there
   * it is from the end of its process.
   */
  private static Duration limit(Fault fault, boolean muchToRead) {
    Duration second = Duration.ofSeconds(1);
    // What had not been read is read first, all 48 MB of it if the server goes on.
    Duration toRead = muchToRead ? Duration.ofSeconds(2) : Duration.ZERO;
    return switch (fault) {
      // A server looks whether it is to end a session every half second.
      case SERVER_IDLE, KILL, KILL_QUERY, KILL_QUERY_THEN_KILL, KILL_ITSELF ->
          second.plusSeconds(1).plus(toRead);
      case SIGTERM, SHUTDOWN -> second.plus(toRead);
      // The proxy looks at clients in intervals of a quarter of the limit.
      case HALF_REQUEST, PROXY_IDLE -> second.plusMillis(200).plus(toRead);
      case SIGSTOP, PACKETS_DROPPED -> second.plus(budget());
      case SIGKILL,
          SIGKILL_AND_RESTART,
          RESET,
          REFUSED,
          FULL,
          OPERATOR_KILL,
          PROXY_DRAINED,
          PROXY_GONE ->
          second.plus(toRead);
    };
  }

  @Override
  public void close() {
    server.close();
  }
}
