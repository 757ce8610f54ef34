package dev.lastword.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.mysql.cj.exceptions.CJException;
import com.mysql.cj.xdevapi.Client;
import com.mysql.cj.xdevapi.ClientFactory;
import com.mysql.cj.xdevapi.Session;
import com.mysql.cj.xdevapi.SessionFactory;
import dev.lastword.config.Config;
import dev.lastword.config.Endpoint;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.x.Frame;
import dev.lastword.testing.x.XMessages;
import dev.lastword.x.protobuf.Mysqlx;
import dev.lastword.x.protobuf.MysqlxConnection;
import dev.lastword.x.protobuf.MysqlxNotice;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the pools of unmodified drivers do when a session is lost. Every row of the table in {@code docs/drivers.md} is played and must
 * come out as it says there.
 *
 * <p>A pool knows two addresses and prefers the first. It has three sessions at the first one: one that is about to be lost, another one
 * that is taken and idle, and one that was given back.
 */
@Tag("long")
class DriversActIT {
  private static final Path TABLE =
      Path.of(System.getProperty("lastword.basedir", "."), "docs", "drivers.md");
  private static final String NODE = "Connector/Node.js";

  /** An outstanding request hears of the loss within this, or the row says that it does not. */
  private static final Duration PROMPTLY = Duration.ofSeconds(2);

  /** Longer than it takes to open three sessions on a busy machine. */
  private static final Duration IDLE_LIMIT = Duration.ofSeconds(2);

  private static final ByteString TLS_IS_POSSIBLE =
      XMessages.frame(
          Frame.CAPABILITIES,
          MysqlxConnection.Capabilities.newBuilder()
              .addCapabilities(XMessages.tls(true))
              .build()
              .toByteString());

  private static final AtomicInteger pools = new AtomicInteger();

  private static MySqlServer first;
  private static MySqlServer second;
  private static Front other;
  private static @Nullable Node node;

  @BeforeAll
  static void start() {
    first = MySqlServer.launch();
    second = MySqlServer.shared();
    other = Front.of(second);
    rememberPassword(first);
    rememberPassword(second);
  }

  /** Without TLS a server knows a password only after a login with TLS. */
  private static void rememberPassword(MySqlServer server) {
    new SessionFactory()
        .getSession(
            "mysqlx://%s:%s@127.0.0.1:%d/"
                .formatted(server.user(), server.password(), server.xPort()))
        .close();
  }

  @AfterAll
  static void stop() throws Exception {
    if (node != null) {
      node.close();
    }
    other.close();
    first.close();
  }

  /** A row of the table. */
  record Row(String driver, String loss, String state, Seen seen) {
    boolean busy() {
      return !state.equals("idle");
    }

    /** Whether the application gives the session back as soon as its request has failed. */
    boolean givesBack() {
      return state.equals("busy, given back");
    }
  }

  /**
   * What an application sees.
   *
   * @param request what its outstanding request came to
   * @param next what its next request on the same session came to
   * @param other what a request on the other taken session came to
   * @param then where the next session that it takes from the pool is
   * @param later where the one after is
   */
  record Seen(String request, String next, String other, String then, String later) {}

  static Stream<Row> rows() throws IOException {
    return cells(8)
        .map(cells ->
            new Row(
                cells.get(0),
                cells.get(1),
                cells.get(2),
                new Seen(cells.get(3), cells.get(4), cells.get(5), cells.get(6), cells.get(7))));
  }

  /** A row of the table of addresses that let nobody log in. */
  record Refusal(String driver, String refusal, Came came) {}

  /**
   * What an application comes to that wants a session.
   *
   * @param one if it knows only this address
   * @param two if it prefers this one to another
   */
  record Came(String one, String two) {}

  static Stream<Refusal> refusals() throws IOException {
    return cells(4)
        .map(
            cells -> new Refusal(cells.get(0), cells.get(1), new Came(cells.get(2), cells.get(3))));
  }

  /** The rows that have so many cells. */
  private static Stream<List<String>> cells(int count) throws IOException {
    return Files.readAllLines(TABLE).stream()
        .filter(line -> line.startsWith("| Connector/"))
        .map(line -> Stream.of(line.split("\\|")).skip(1).map(String::strip).toList())
        .filter(cells -> cells.size() == count);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rows")
  void a_pool_does_what_the_documentation_says(Row row) throws Exception {
    try (Way way = way(row.loss(), row.driver());
        Pool pool = pool(row.driver())) {
      String request =
          row.busy() ? "SELECT SLEEP(30), 'pool %d'".formatted(pools.incrementAndGet()) : "";
      pool.open(way, request);
      if (row.busy()) {
        awaitRunning(request);
      }
      way.lose();
      Seen seen = settled(pool.observe(row.givesBack()));
      assertThat(seen).isEqualTo(row.seen());
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refusals")
  void a_client_that_is_refused_does_what_the_documentation_says(Refusal row) throws Exception {
    try (Address address = address(row.refusal());
        Pool pool = pool(row.driver())) {
      Came came = pool.connect(address.port());
      assertThat(new Came(settled(came.one()), settled(came.two()))).isEqualTo(row.came());
    }
  }

  // ---- addresses that let nobody log in

  /** Where a client is refused. */
  private record Address(int port, Runnable end) implements AutoCloseable {
    @Override
    public void close() {
      end.run();
    }
  }

  private static Address address(String refusal) throws IOException {
    String text = "Server shutdown in progress";
    return switch (refusal) {
      case "nobody listens" -> new Address(freePort(), () -> {});
      case "closes at once" -> refusing();
      case "fatal Error 1053" -> refusing(error(1053, text));
      case "Error 1053, not fatal" -> refusing(error(Mysqlx.Error.Severity.ERROR, 1053, text));
      case "fatal Error 1040" -> refusing(error(1040, "Too many connections"));
      case "fatal Error 1053, asked for TLS" ->
          refusing(ByteString.EMPTY, TLS_IS_POSSIBLE, error(1053, text));
      case "fatal Error 1053 and notice" -> refusing(both(1053, text));
      case "notice 1053" -> refusing(notice(1053, text));
      case "proxy, when-no-server: error" -> withoutServer(Listener.WhenNoServer.ERROR);
      case "proxy, when-no-server: close" -> withoutServer(Listener.WhenNoServer.CLOSE);
      default -> throw new IllegalArgumentException(refusal);
    };
  }

  private static Address refusing(ByteString... words) {
    Refusing address = new Refusing(words);
    return new Address(address.port(), address::close);
  }

  private static Address withoutServer(Listener.WhenNoServer whenNoServer) throws IOException {
    Server dead = Server.at("db", "127.0.0.1", freePort(), freePort());
    Front front =
        Front.start(
            Config.builder()
                .server(dead)
                .listener(Front.listener(dead).withWhenNoServer(whenNoServer)));
    return new Address(front.port(), front::close);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Without what differs from run to run: ports, and how a server was found to be dead. */
  private static Seen settled(Seen seen) {
    return new Seen(
        settled(seen.request()),
        settled(seen.next()),
        settled(seen.other()),
        settled(seen.then()),
        settled(seen.later()));
  }

  private static String settled(String text) {
    return text.replaceAll("127\\.0\\.0\\.1:\\d+", "host:port")
        .replaceAll("(in progress: db) .*", "$1 ...");
  }

  private static void awaitRunning(String request) {
    String count =
        "SELECT COUNT(*) FROM performance_schema.processlist WHERE info = '%s'"
            .formatted(request.replace("'", "''"));
    Front.soon().until(() -> first.sql(count).getFirst().first(), "1"::equals);
  }

  // ---- ways to the first server, and how they lose the session

  private static Way way(String loss, String driver) {
    return switch (loss) {
      case "the proxy is drained" -> new Drained();
      case "the proxy is closed" -> new Closed();
      case "killed by the operator" -> new Killed();
      case "KILL at the server" -> new KilledAtServer();
      case "idle limit of the proxy" -> new Idle();
      case "the server crashes" -> new Crash();
      case "closed without a word" -> words(driver, ByteString.EMPTY);
      case "notice 1053" -> words(driver, notice(1053, "Server shutdown in progress"));
      case "notice 3169" -> words(driver, notice(3169, "Session was killed"));
      case "notice 1810" -> words(driver, notice(1810, "IO Read error: read_timeout exceeded"));
      case "error 1053" -> words(driver, error(1053, "Server shutdown in progress"));
      case "error and notice 1053" -> words(driver, both(1053, "Server shutdown in progress"));
      case "error and notice 3169" -> words(driver, both(3169, "Session was killed"));
      case "error and notice 1810" ->
          words(driver, both(1810, "IO Read error: read_timeout exceeded"));
      default -> throw new IllegalArgumentException(loss);
    };
  }

  private static Way words(String driver, ByteString words) {
    return driver.equals(NODE) ? new UnixWords(words) : new TcpWords(words);
  }

  private static ByteString both(int code, String text) {
    return error(code, text).concat(notice(code, text));
  }

  private static ByteString error(int code, String text) {
    return error(Mysqlx.Error.Severity.FATAL, code, text);
  }

  private static ByteString error(Mysqlx.Error.Severity severity, int code, String text) {
    return XMessages.frame(
        Frame.ERROR,
        Mysqlx.Error.newBuilder()
            .setSeverity(severity)
            .setCode(code)
            .setSqlState("08S01")
            .setMsg(text)
            .build()
            .toByteString());
  }

  private static ByteString notice(int code, String text) {
    return XMessages.frame(
        Frame.NOTICE,
        MysqlxNotice.Frame.newBuilder()
            .setType(MysqlxNotice.Frame.Type.WARNING_VALUE)
            .setScope(MysqlxNotice.Frame.Scope.GLOBAL)
            .setPayload(
                MysqlxNotice.Warning.newBuilder()
                    .setLevel(MysqlxNotice.Warning.Level.ERROR)
                    .setCode(code)
                    .setMsg(text)
                    .build()
                    .toByteString())
            .build()
            .toByteString());
  }

  /** A way to the first server on which a session is lost. */
  private interface Way extends AutoCloseable {
    Endpoint endpoint();

    /** The way to the second server, which lives. */
    int spare();

    boolean tls();

    /** Whether all sessions of a pool are lost, and not only the first. */
    boolean losesAll();

    /** Returns when all has been said to the client. */
    void lose() throws Exception;

    @Override
    void close();
  }

  /** A proxy. */
  private abstract static class Proxied implements Way {
    final Front front;

    Proxied(Duration idleLimit) {
      Server server = Front.server(first);
      front =
          Front.start(
              Config.builder()
                  .server(server)
                  .listener(Front.listener(server).withIdleTimeout(idleLimit)));
    }

    Proxied() {
      this(Duration.ZERO);
    }

    @Override
    public Endpoint endpoint() {
      return new Endpoint.Tcp("127.0.0.1", front.port());
    }

    @Override
    public int spare() {
      return other.port();
    }

    @Override
    public boolean tls() {
      return true;
    }

    @Override
    public boolean losesAll() {
      return true;
    }

    @Override
    public void close() {
      front.close();
    }
  }

  private static final class Drained extends Proxied {
    @Override
    public void lose() throws Exception {
      assertThat(front.proxy().drain(Duration.ofSeconds(10))).isTrue();
    }
  }

  private static final class Closed extends Proxied {
    private @Nullable CompletableFuture<Void> closing;

    @Override
    public void lose() {
      // Waits for clients that do not look, which a pool's idle sessions may be.
      closing = CompletableFuture.runAsync(front::close, DriversActIT::run);
      front.awaitNoSessions();
    }

    @Override
    public void close() {
      if (closing == null) {
        front.close();
      } else {
        closing.join();
      }
    }
  }

  private static final class Killed extends Proxied {
    @Override
    public boolean losesAll() {
      return false;
    }

    @Override
    public void lose() {
      var oldest =
          front.proxy().sessions().live().stream().mapToLong(session -> session.id()).min();
      assertThat(front.proxy().kill(oldest.orElseThrow())).isTrue();
      Front.soon().until(() -> front.proxy().sessions().size() == 2);
    }
  }

  /** Ends the newest request that sleeps: earlier rows may have left some. The server then sends its notice and nothing else. */
  private static final class KilledAtServer extends Proxied {
    @Override
    public boolean losesAll() {
      return false;
    }

    @Override
    public void lose() {
      String busy =
          "SELECT id FROM performance_schema.processlist WHERE info LIKE 'SELECT SLEEP%' ORDER BY id DESC";
      first.sql("KILL " + first.sql(busy).getFirst().first());
      Front.soon().until(() -> front.proxy().sessions().size() == 2);
    }
  }

  private static final class Idle extends Proxied {
    Idle() {
      super(IDLE_LIMIT);
    }

    @Override
    public void lose() {
      front.awaitNoSessions();
    }
  }

  private static final class Crash extends Proxied {
    @Override
    public void lose() {
      first.kill();
      front.awaitNoSessions();
    }

    @Override
    public void close() {
      super.close();
      first.start();
      rememberPassword(first);
    }
  }

  /** No proxy: these bytes and the end of the stream come in the server's name, on this one connection. */
  private abstract static class Words implements Way {
    final SpokenFor server;
    private final ByteString words;

    Words(SocketAddress bind, SocketAddress server, ByteString words) {
      this.server = new SpokenFor(bind, server);
      this.words = words;
    }

    @Override
    public int spare() {
      return second.xPort();
    }

    @Override
    public boolean losesAll() {
      return false;
    }

    @Override
    public void lose() {
      server.lastWords(words);
    }

    @Override
    public void close() {
      server.close();
    }
  }

  /** Over TCP without TLS. */
  private static final class TcpWords extends Words {
    TcpWords(ByteString words) {
      super(loopback(0), loopback(first.xPort()), words);
    }

    private static SocketAddress loopback(int port) {
      return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    @Override
    public Endpoint endpoint() {
      return new Endpoint.Tcp("127.0.0.1", ((InetSocketAddress) server.address()).getPort());
    }

    @Override
    public boolean tls() {
      return false;
    }
  }

  /** On Unix sockets, where Connector/Node.js can log in without TLS. */
  private static final class UnixWords extends Words {
    private final Path directory;

    UnixWords(ByteString words) {
      this(words, Front.temporary());
    }

    private UnixWords(ByteString words, Path directory) {
      Optional<Path> socket = first.xSocket();
      Assumptions.assumeTrue(socket.isPresent(), "the server is in a container");
      super(
          UnixDomainSocketAddress.of(directory.resolve("x.sock")),
          UnixDomainSocketAddress.of(socket.get()),
          words);
      this.directory = directory;
    }

    @Override
    public Endpoint endpoint() {
      return new Endpoint.Unix(((UnixDomainSocketAddress) server.address()).getPath());
    }

    @Override
    public boolean tls() {
      return true; // with the second server; on Unix sockets the driver never encrypts
    }

    @Override
    public void close() {
      super.close();
      Front.delete(directory);
    }
  }

  // ---- the drivers

  /** A driver's pool. */
  private interface Pool extends AutoCloseable {
    /** Opens three sessions by the first way, and sends the request on the first of them if it is not empty. */
    void open(Way way, String request) throws Exception;

    /**
     * What the application sees after the loss.
     *
     * @param givesBack whether it asks nothing more of the sessions that it has, and gives the lost one back
     */
    Seen observe(boolean givesBack) throws Exception;

    /** What comes of it when a session is wanted of this port, and of this port or else of the second server. */
    Came connect(int port) throws Exception;

    @Override
    void close() throws IOException;
  }

  private static Pool pool(String driver) throws Exception {
    if (!driver.equals(NODE)) {
      return new ConnectorJ();
    }
    if (node == null) {
      ConnectorNodeIT.requireProgram("node");
      ConnectorNodeIT.requireProgram("npm");
      ConnectorNodeIT.install();
      node = new Node();
    }
    return new ConnectorNode(node);
  }

  private static final class ConnectorJ implements Pool {
    private @Nullable Client client;
    private @Nullable Session lost;
    private @Nullable Session taken;
    private @Nullable CompletableFuture<String> outstanding;
    private String pooled = "";

    @Override
    public void open(Way way, String request) {
      String url =
          "mysqlx://%s:%s@[(address=%s,priority=100),(address=127.0.0.1:%d,priority=50)]/?xdevapi.ssl-mode=%s&xdevapi.connect-timeout=5000"
              .formatted(
                  first.user(),
                  first.password(),
                  way.endpoint(),
                  way.spare(),
                  way.tls() ? "REQUIRED" : "DISABLED");
      Client pool =
          new ClientFactory()
              .getClient(
                  url,
                  "{\"pooling\": {\"enabled\": true, \"maxSize\": 5, \"queueTimeout\": 3000}}");
      client = pool;
      Session one = pool.getSession();
      lost = one;
      taken = pool.getSession();
      Session back = pool.getSession();
      pooled = value(back, "SELECT CONNECTION_ID()");
      back.close();
      if (!request.isEmpty()) {
        outstanding = CompletableFuture.supplyAsync(() -> value(one, request), DriversActIT::run);
      }
    }

    @Override
    public Seen observe(boolean givesBack) {
      Session one = java.util.Objects.requireNonNull(lost);
      Session two = java.util.Objects.requireNonNull(taken);
      CompletableFuture<String> asked = outstanding;
      String request = asked == null ? "-" : outcome(() -> asked.get());
      String next = givesBack ? "-" : outcome(() -> works(one));
      String other = givesBack ? "-" : outcome(() -> works(two));
      String _ =
          outcome(() -> {
            one.close();
            return "";
          });
      return new Seen(request, next, other, outcome(this::where), outcome(this::where));
    }

    @Override
    public Came connect(int port) {
      String address = "(address=127.0.0.1:%d,priority=%d)";
      String one = address.formatted(port, 100);
      String two = one + "," + address.formatted(second.xPort(), 50);
      return new Came(outcome(() -> came(one)), outcome(() -> came(two)));
    }

    private static String came(String addresses) {
      String url =
          "mysqlx://%s:%s@[%s]/?xdevapi.ssl-mode=REQUIRED&xdevapi.connect-timeout=5000"
              .formatted(first.user(), first.password(), addresses);
      Client pool = new ClientFactory().getClient(url, "{\"pooling\": {\"enabled\": true}}");
      try {
        return value(pool.getSession(), "SELECT @@port")
                .equals(String.valueOf(second.classicPort()))
            ? "second"
            : "first";
      } finally {
        pool.close();
      }
    }

    private static String works(Session session) {
      value(session, "SELECT 1");
      return "works";
    }

    private String where() {
      Session session = java.util.Objects.requireNonNull(client).getSession();
      if (!value(session, "SELECT @@port").equals(String.valueOf(first.classicPort()))) {
        return "second";
      }
      return value(session, "SELECT CONNECTION_ID()").equals(pooled)
          ? "first, pooled"
          : "first, new";
    }

    private static String value(Session session, String sql) {
      return session.sql(sql).execute().fetchOne().getString(0);
    }

    private static String outcome(Callable<String> action) {
      FutureTask<String> task = new FutureTask<>(action);
      run(task);
      try {
        return task.get(PROMPTLY.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException _) {
        return "no answer";
      } catch (ExecutionException e) {
        Throwable cause = e.getCause();
        while (cause instanceof ExecutionException && cause.getCause() != null) {
          cause = cause.getCause();
        }
        return text(cause);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    private static String text(@Nullable Throwable failure) {
      String all = "";
      for (Throwable e = failure; e != null; e = e.getCause()) {
        String code = e instanceof CJException error ? " " + error.getVendorCode() : "";
        all +=
            (all.isEmpty() ? "" : " < ")
                + e.getClass().getSimpleName()
                + code
                + ": "
                + String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      }
      return all;
    }

    @Override
    public void close() {
      if (client != null) {
        client.close();
      }
    }
  }

  private static void run(Runnable task) {
    Thread.ofVirtual().start(task);
  }

  private record ConnectorNode(Node application, int id) implements Pool {
    ConnectorNode(Node application) {
      this(application, pools.incrementAndGet());
    }

    @Override
    public void open(Way way, String request) throws Exception {
      application.ask(
          Map.of(
              "do", "open",
              "id", id,
              "user", first.user(),
              "password", first.password(),
              "tls", way.tls(),
              "busy", request,
              "all", way.losesAll(),
              "endpoints",
                  List.of(
                      address(way.endpoint(), 100),
                      address(new Endpoint.Tcp("127.0.0.1", way.spare()), 50))));
    }

    @Override
    public Came connect(int port) throws Exception {
      var one = address(new Endpoint.Tcp("127.0.0.1", port), 100);
      var two = address(new Endpoint.Tcp("127.0.0.1", second.xPort()), 50);
      return new Came(came(List.of(one)), came(List.of(one, two)));
    }

    private String came(List<Map<String, Object>> endpoints) throws Exception {
      var came =
          application.ask(
              Map.of(
                  "do",
                  "connect",
                  "user",
                  first.user(),
                  "password",
                  first.password(),
                  "limit",
                  PROMPTLY.toMillis(),
                  "spare",
                  second.classicPort(),
                  "endpoints",
                  endpoints));
      return String.valueOf(came.get("came"));
    }

    private static Map<String, Object> address(Endpoint endpoint, int priority) {
      return switch (endpoint) {
        case Endpoint.Tcp(String host, int port) ->
            Map.of("host", host, "port", port, "priority", priority);
        case Endpoint.Unix(Path path) -> Map.of("socket", path.toString(), "priority", priority);
      };
    }

    @Override
    public Seen observe(boolean givesBack) throws Exception {
      var seen =
          application.ask(
              Map.of(
                  "do",
                  "observe",
                  "id",
                  id,
                  "limit",
                  PROMPTLY.toMillis(),
                  "home",
                  first.classicPort(),
                  "givesBack",
                  givesBack));
      return new Seen(
          String.valueOf(seen.get("request")),
          String.valueOf(seen.get("next")),
          String.valueOf(seen.get("other")),
          String.valueOf(seen.get("then")),
          String.valueOf(seen.get("later")));
    }

    @Override
    public void close() throws IOException {
      // Of no effect where no pool was opened.
      application.ask(Map.of("do", "close", "id", id));
    }
  }

  /** The application on Connector/Node.js, which reads commands and writes answers. */
  private static final class Node implements AutoCloseable {
    private final JsonMapper json = new JsonMapper();
    private final Process process;
    private final BufferedReader answers;

    Node() throws IOException {
      ProcessBuilder builder =
          new ProcessBuilder("node", ConnectorNodeIT.SOURCE.resolve("pools.js").toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT);
      builder
          .environment()
          .put("NODE_PATH", ConnectorNodeIT.INSTALLED.resolve("node_modules").toString());
      process = builder.start();
      answers = process.inputReader(StandardCharsets.UTF_8);
    }

    Map<?, ?> ask(Map<String, ?> command) throws IOException {
      var out = process.getOutputStream();
      out.write((json.writeValueAsString(command) + "\n").getBytes(StandardCharsets.UTF_8));
      out.flush();
      String line = answers.readLine();
      if (line == null) {
        throw new UncheckedIOException(new IOException("node has ended"));
      }
      Map<?, ?> answer = json.readValue(line, Map.class);
      assertThat(answer.containsKey("failed")).as(line).isFalse();
      return answer;
    }

    @Override
    public void close() throws IOException {
      process.getOutputStream().close();
      process.onExit().join();
    }
  }
}
