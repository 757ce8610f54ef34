package dev.lastword.testing;

import static org.assertj.core.api.Assertions.fail;
import static org.awaitility.Awaitility.await;

import dev.lastword.demo.Cache;
import dev.lastword.demo.Watchdog;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Login;
import dev.lastword.testing.classic.Response;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real MariaDB server for tests: a process on this machine, with its own data and a port of its own, which ends with this JVM. It takes
 * the {@code mariadbd} that is installed; without one the test is skipped with the reason.
 */
public final class MariaDbServer implements AutoCloseable {
  /** An account with all rights, from any address. */
  public static final String USER = "admin";

  /** Its password. */
  public static final String PASSWORD = "lastword";

  private static final Logger LOG = LoggerFactory.getLogger(MariaDbServer.class);
  private static final Duration LIMIT = Duration.ofMinutes(1);

  /** Plugins that the installed server came without, such as those that are packaged apart. */
  private static final Path MORE_PLUGINS = Cache.perUser().directory().resolve("mariadb-plugins");

  private final Path directory;
  private final Process process;
  private final Watchdog watchdog;
  private final int port;

  private MariaDbServer(Path directory, Process process, Watchdog watchdog, int port) {
    this.directory = directory;
    this.process = process;
    this.watchdog = watchdog;
    this.port = port;
  }

  private static Optional<Path> program(String name) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
        .filter(folder -> folder.startsWith("/"))
        .map(Path::of)
        .map(folder -> folder.resolve(name))
        .filter(Files::isExecutable)
        .findFirst()
        .or(() -> Optional.of(Path.of("/usr/sbin", name)).filter(Files::isExecutable));
  }

  /** Whether an authentication plugin, such as {@code auth_ed25519}, can be installed with INSTALL SONAME. */
  public static boolean hasMorePlugins(String name) {
    return Files.isReadable(MORE_PLUGINS.resolve(name + ".so"));
  }

  /**
   * Starts a server and waits until it answers.
   *
   * @param options of {@code mariadbd}, which win over the fixture's own
   */
  public static MariaDbServer launch(String... options) {
    Optional<Path> server = program("mariadbd");
    Optional<Path> installer = program("mariadb-install-db");
    Assumptions.assumeTrue(
        server.isPresent() && installer.isPresent(),
        "no MariaDB server here: mariadbd and mariadb-install-db are not on PATH");
    return Waiting.uninterrupted(
        () -> start(server.orElseThrow(), installer.orElseThrow(), options));
  }

  private static MariaDbServer start(Path server, Path installer, String... options)
      throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("lastword-maria-");
    Path data = directory.resolve("data");
    Path log = directory.resolve("error.log");
    String user = System.getProperty("user.name", "");
    Process install =
        new ProcessBuilder(
                installer.toString(),
                "--no-defaults",
                "--user=" + user,
                "--datadir=" + data,
                "--skip-test-db",
                "--auth-root-authentication-method=normal")
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("install.log").toFile())
            .start();
    if (!install.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS) || install.exitValue() != 0) {
      install.destroyForcibly();
      throw new IOException(
          "mariadb-install-db: " + Files.readString(directory.resolve("install.log")));
    }
    Path accounts =
        Files.writeString(
            directory.resolve("init.sql"),
            "CREATE USER '%1$s'@'%%' IDENTIFIED BY '%2$s';\nGRANT ALL ON *.* TO '%1$s'@'%%' WITH GRANT OPTION;\n"
                .formatted(USER, PASSWORD));
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    List<String> command =
        new ArrayList<>(
            List.of(
                server.toString(),
                "--no-defaults",
                "--user=" + user,
                "--datadir=" + data,
                "--tmpdir=" + directory,
                "--socket=" + directory.resolve("m.sock"),
                "--pid-file=" + directory.resolve("m.pid"),
                "--log-error=" + log,
                "--bind-address=127.0.0.1",
                "--port=" + port,
                "--init-file=" + accounts,
                "--skip-name-resolve",
                "--innodb-buffer-pool-size=64M",
                "--innodb-flush-log-at-trx-commit=2"));
    if (Files.isDirectory(MORE_PLUGINS)) {
      command.add("--plugin-dir=" + MORE_PLUGINS);
    }
    command.addAll(List.of(options));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("output.log").toFile())
            .start();
    Watchdog watchdog =
        Watchdog.start(
            "kill -KILL \"$1\"; rm -rf -- \"$2\"",
            String.valueOf(process.pid()),
            directory.toString());
    MariaDbServer started = new MariaDbServer(directory, process, watchdog, port);
    try {
      started.awaitAnswer(log);
    } catch (RuntimeException | Error e) {
      started.close();
      throw e;
    }
    return started;
  }

  private void awaitAnswer(Path log) {
    await()
        .atMost(LIMIT)
        .ignoreExceptions()
        .failFast("mariadbd ended", () -> !process.isAlive())
        .until(() -> !sql("SELECT VERSION()").rows().isEmpty());
    LOG.info("tests run on MariaDB {}, log {}", sql("SELECT VERSION()").value(), log);
  }

  /** The address of its port. */
  public String host() {
    return "127.0.0.1";
  }

  /** Its port. */
  public int port() {
    return port;
  }

  /** Its socket. */
  public Path socket() {
    return directory.resolve("m.sock");
  }

  /** Who may do everything. */
  public Login login() {
    return Login.as(USER, PASSWORD);
  }

  /** Runs one statement on a connection of its own, past any proxy; fails if it fails. */
  public Response sql(String statement) {
    try (ClassicClient client = ClassicClient.connect(host(), port).login(login())) {
      return client.sql(statement).succeeded();
    }
  }

  /** SIGTERM: asks for a shutdown in order and does not wait for it. */
  public void terminate() {
    process.destroy();
  }

  /** SIGKILL: the server is gone when this returns, and has told nobody. */
  public void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  /** Waits until it is gone, whoever ended it. */
  public void awaitEnd() {
    Waiting.until(() -> {
      if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        fail("mariadbd does not end");
      }
    });
  }

  /** What it has logged. */
  public String log() {
    return Waiting.uninterrupted(
        () -> Files.readString(directory.resolve("error.log"), StandardCharsets.UTF_8));
  }

  @Override
  public void close() {
    kill();
    watchdog.close();
    Waiting.until(() -> {
      try (Stream<Path> all = Files.walk(directory)) {
        for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(path);
        }
      }
    });
  }
}
