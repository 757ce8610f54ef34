package dev.lastword.demo;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A MySQL server of our own on the loopback interface: with its own ports, sockets and data, and an account named {@code root} that any
 * address may use. It ends with this JVM, however that ends, and its data with it. The server can be ended in every way there is and
 * started again on the same ports and the same data. One thread at a time may act on it.
 */
public final class MySqlProcess implements AutoCloseable {
  /** The account with all rights. */
  public static final String ROOT = "root";

  /** Its password, unless the server's first statements change it. */
  public static final String ROOT_PASSWORD = "lastword";

  private static final Duration START_LIMIT = Duration.ofMinutes(2);
  private static final Duration STOP_LIMIT = Duration.ofMinutes(1);
  private static final Duration POLL = Duration.ofMillis(20);

  /** Enough for one that is killed; the kernel may have to write its pages first. */
  private static final Duration KILL_LIMIT = Duration.ofSeconds(20);

  /** The kernel's limit is 108 bytes with the final zero; the longest name in the folder is {@code x.sock.lock}. */
  private static final int SOCKET_PATH_LIMIT = 107;

  private final MySqlDistribution distribution;
  private final Settings settings;
  private final Path directory;
  private final Ports.@Nullable Reserved reservedClassic;
  private final Ports.@Nullable Reserved reservedX;
  private final int classicPort;
  private final int xPort;
  private final Thread exitHook;
  private @Nullable Process process;
  private @Nullable Watchdog watchdog;
  private boolean closed;

  /**
   * How a server is started.
   *
   * @param classicPort the port for the classic protocol; 0 for one that is free
   * @param xPort the port for X Protocol; 0 for one that is free
   * @param options options of {@code mysqld}, such as {@code --mysqlx-max-connections=10}; they win over what is set here
   * @param statements SQL statements, without the final semicolon, that it runs before it accepts connections, at each start
   * @param keptData a data folder that outlives the server, made if it is not there; null for one that is removed with the server
   */
  public record Settings(
      int classicPort,
      int xPort,
      List<String> options,
      List<String> statements,
      @Nullable Path keptData) {
    /** Copies the lists, so that nobody can change them afterwards. */
    public Settings {
      options = List.copyOf(options);
      statements = List.copyOf(statements);
    }

    /** Free ports, data that is removed with the server, and these options. */
    public static Settings of(String... options) {
      return new Settings(0, 0, List.of(options), List.of(), null);
    }

    private boolean speaksX() {
      return options.stream()
          .noneMatch(option ->
              option.matches(
                  "--(skip-mysqlx|mysqlx=(0|off|OFF)|disable-mysqlx|skip-networking.*)"));
    }
  }

  private MySqlProcess(MySqlDistribution distribution, Cache cache, Settings settings)
      throws IOException {
    this.distribution = distribution;
    this.settings = settings;
    this.reservedClassic = settings.classicPort() == 0 ? Ports.reserve(cache) : null;
    this.reservedX = settings.xPort() == 0 ? Ports.reserve(cache) : null;
    this.classicPort = reservedClassic == null ? settings.classicPort() : reservedClassic.port();
    this.xPort = reservedX == null ? settings.xPort() : reservedX.port();
    this.directory = directory();
    this.exitHook = new Thread(this::endWithJvm, "lastword-mysqld-exit");
  }

  /**
   * Starts a server and waits until it answers on both ports.
   *
   * @param distribution the programs
   * @param cache where the data folder to copy is
   * @param settings ports and options
   * @param progress is told about slow steps
   * @throws IOException if it does not start, with the end of its error log
   */
  public static MySqlProcess start(
      MySqlDistribution distribution, Cache cache, Settings settings, Progress progress)
      throws IOException, InterruptedException {
    Path template = DataTemplate.prepare(distribution, cache, progress);
    MySqlProcess server = new MySqlProcess(distribution, cache, settings);
    try {
      Runtime.getRuntime().addShutdownHook(server.exitHook);
      if (!Files.isDirectory(server.dataDirectory())) {
        DataTemplate.copy(template, server.dataDirectory());
      }
      server.start();
      return server;
    } catch (IOException | InterruptedException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  private static Path directory() throws IOException {
    var owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    Path directory = Files.createTempDirectory("lastword-", owner);
    int longest =
        directory.resolve("x.sock.lock").toString().getBytes(StandardCharsets.UTF_8).length;
    if (longest > SOCKET_PATH_LIMIT) {
      Files.delete(directory);
      directory = Files.createTempDirectory(Path.of("/tmp"), "lastword-", owner);
    }
    return directory;
  }

  /** The start of every command: the program, and what it needs to be run by the user that we are. */
  static List<String> baseCommand(MySqlDistribution distribution) {
    List<String> command = new ArrayList<>(distribution.server());
    if (System.getProperty("user.name", "").equals("root")) {
      command.add("--user=root");
    }
    return command;
  }

  /**
   * Starts the server again, on the same ports and with the same data, and waits until it answers on both ports.
   *
   * @throws IllegalStateException if it is running
   * @throws IOException if it does not start, with the end of its error log
   */
  public void start() throws IOException, InterruptedException {
    if (closed || isRunning()) {
      throw new IllegalStateException(closed ? "this server is closed" : "this server is running");
    }
    List<String> command =
        new ArrayList<>(
            List.of(
                "/bin/sh",
                "-c",
                // It becomes the server only when the watchdog knows it. Keys pressed in the
                // terminal are for us and not for the server.
                "read -r word && [ \"$word\" = go ] || exit 1; trap '' HUP INT QUIT; exec \"$@\" < /dev/null",
                "lastword-mysqld"));
    command.addAll(baseCommand(distribution));
    command.addAll(
        List.of(
            "--datadir=" + dataDirectory(),
            "--tmpdir=" + directory,
            "--socket=" + classicSocket(),
            "--pid-file=" + directory.resolve("mysqld.pid"),
            "--log-error=" + errorLog(),
            "--port=" + classicPort,
            "--bind-address=127.0.0.1",
            "--mysqlx-port=" + xPort,
            "--mysqlx-bind-address=127.0.0.1",
            "--mysqlx-socket=" + xSocket(),
            "--secure-file-priv=NULL",
            "--skip-log-bin",
            // The data does not outlive a crash of the machine, so waiting for the disk would be
            // for nothing.
            "--innodb-flush-log-at-trx-commit=2",
            "--innodb-doublewrite=OFF",
            "--innodb-buffer-pool-size=64M"));
    if (!settings.statements().isEmpty()) {
      Path file = directory.resolve("init.sql");
      Files.writeString(file, String.join(";\n", settings.statements()) + ";\n");
      command.add("--init-file=" + file);
    }
    command.addAll(settings.options());
    long logged = Files.exists(errorLog()) ? Files.size(errorLog()) : 0;
    Process started =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(directory.resolve("output.log").toFile()))
            .start();
    process = started;
    watchdog =
        Watchdog.start(
            "kill -KILL \"$1\"; n=0; while kill -0 \"$1\" && [ $n -lt 100 ]; do sleep 0.1; n=$((n+1)); done; rm -rf -- \"$2\"",
            String.valueOf(started.pid()),
            directory.toString());
    try (OutputStream out = started.getOutputStream()) {
      out.write("go\n".getBytes(StandardCharsets.US_ASCII));
    }
    awaitAnswers(started, logged);
  }

  private void awaitAnswers(Process started, long logged) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    boolean classic = false;
    boolean x = !settings.speaksX();
    boolean networking =
        settings.options().stream().noneMatch(option -> option.startsWith("--skip-networking"));
    while (!((classic || !networking) && x)) {
      if (!started.isAlive()) {
        dismissWatchdog();
        throw new IOException(
            "mysqld ended with status "
                + started.exitValue()
                + " while it started"
                + logTail(logged));
      }
      if (System.nanoTime() > deadline) {
        throw new IOException(
            "mysqld does not answer on port "
                + (classic ? xPort : classicPort)
                + " after "
                + START_LIMIT.toSeconds()
                + " s"
                + logTail(logged));
      }
      if (xFailed(logged)) {
        throw new IOException(
            "mysqld cannot listen for X Protocol on port " + xPort + logTail(logged));
      }
      // The log tells when it listens: what answers before that is another server on a port that
      // was given to us.
      boolean listening = log(logged).contains("ready for connections");
      classic = classic || (listening && Greeting.ofClassic(classicPort));
      x = x || (classic && Greeting.ofX(xPort));
      Thread.sleep(POLL);
    }
  }

  private boolean xFailed(long logged) throws IOException {
    return settings.speaksX()
        && log(logged)
            .matches(
                "(?s).*Plugin mysqlx reported: '[^']*(Setup of bind-address|Setup of socket)[^\\n]*fail.*");
  }

  private String log(long from) throws IOException {
    if (!Files.exists(errorLog())) {
      return "";
    }
    byte[] all = Files.readAllBytes(errorLog());
    int start = (int) Math.min(from, all.length);
    return new String(all, start, all.length - start, StandardCharsets.UTF_8);
  }

  private String logTail(long from) throws IOException {
    List<String> lines = new ArrayList<>(log(from).lines().toList());
    Path output = directory.resolve("output.log");
    if (Files.exists(output)) {
      lines.addAll(Files.readAllLines(output));
    }
    List<String> last = lines.subList(Math.max(0, lines.size() - 12), lines.size());
    return last.isEmpty() ? "" : ":\n  " + String.join("\n  ", last);
  }

  /** Whether the process is there; also true while it is stopped by {@link #freeze()}. */
  public boolean isRunning() {
    return process != null && process.isAlive();
  }

  /** Asks the server to shut down, by SIGTERM, and does not wait. */
  public void terminate() throws IOException, InterruptedException {
    signal("TERM");
  }

  /** Ends the server at once, by SIGKILL, as a crash would, and waits until it is gone. */
  public void kill() throws IOException, InterruptedException {
    signal("KILL");
    try {
      awaitEnd(KILL_LIMIT);
    } catch (TimeoutException e) {
      throw new IOException(
          "mysqld is still there " + KILL_LIMIT.toSeconds() + " s after SIGKILL", e);
    }
  }

  /** Stops the server where it stands, by SIGSTOP; its sockets stay open and nobody serves them. */
  public void freeze() throws IOException, InterruptedException {
    signal("STOP");
  }

  /** Lets the server go on after {@link #freeze()}, by SIGCONT. */
  public void thaw() throws IOException, InterruptedException {
    signal("CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    Process running = process;
    if (running == null || !running.isAlive()) {
      throw new IllegalStateException("the server is not running");
    }
    // Its pid is not given to another process before we have seen its end, so this cannot hit a
    // stranger.
    Command.run(
            List.of("/bin/sh", "-c", "kill -" + name + " " + running.pid()), Duration.ofSeconds(10))
        .orThrow("sending SIG" + name);
  }

  /**
   * Waits until the process has ended, whoever ends it.
   *
   * @return its exit status; 128 and the signal's number if a signal ended it
   * @throws TimeoutException if it is still there after the limit
   */
  public int awaitEnd(Duration limit) throws InterruptedException, TimeoutException {
    Process running = process;
    if (running == null) {
      return 0;
    }
    if (!running.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new TimeoutException("mysqld is still running after " + limit.toMillis() + " ms");
    }
    dismissWatchdog();
    return running.exitValue();
  }

  /** Shuts the server down in order and waits until it is gone; it is killed if that takes more than a minute. */
  public void stop() throws IOException, InterruptedException {
    if (!isRunning()) {
      dismissWatchdog();
      return;
    }
    // A stopped process takes no SIGTERM until it goes on.
    signal("CONT");
    signal("TERM");
    try {
      awaitEnd(STOP_LIMIT);
    } catch (TimeoutException e) {
      kill();
    }
  }

  /**
   * Ends the server and removes everything it had, but not data that is to be kept. It is stopped in order if its data is kept, and
   * killed if not, which is faster and which nobody can tell afterwards.
   */
  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try {
      if (settings.keptData() != null) {
        stop();
      }
    } catch (InterruptedException e) {
      // Somebody is in a hurry; below it is killed.
      Thread.currentThread().interrupt();
    } finally {
      removeExitHook();
      endWithJvm();
      if (reservedClassic != null) {
        reservedClassic.close();
      }
      if (reservedX != null) {
        reservedX.close();
      }
    }
  }

  private void removeExitHook() {
    try {
      Runtime.getRuntime().removeShutdownHook(exitHook);
    } catch (IllegalStateException e) {
      // The JVM is already ending, and the hook runs anyway.
    }
  }

  /** The last resort: nothing of the server is left when this returns. */
  private void endWithJvm() {
    try {
      Process running = process;
      if (running != null && running.isAlive()) {
        running.destroyForcibly();
        running.onExit().get(KILL_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      }
      dismissWatchdog();
      Cache.delete(directory);
    } catch (IOException | ExecutionException | TimeoutException e) {
      // A folder for temporary files stays; there is nobody left to tell.
    } catch (InterruptedException e) {
      // The watchdog is still there and does it when the JVM is gone.
      Thread.currentThread().interrupt();
    }
  }

  private void dismissWatchdog() {
    Watchdog dismissed = watchdog;
    if (dismissed != null) {
      watchdog = null;
      dismissed.close();
    }
  }

  /** From now on only {@link #close()} and the watchdog end the server, so that its caller can end something else before it. */
  void leaveExitToCaller() {
    removeExitHook();
  }

  /** A folder that goes away with the server, for what belongs to it. */
  Path workFolder() {
    return directory;
  }

  /** What it runs. */
  public MySqlDistribution distribution() {
    return distribution;
  }

  /** The port for the classic protocol, the same for the life of this object. */
  public int classicPort() {
    return classicPort;
  }

  /** The port for X Protocol, the same for the life of this object. */
  public int xPort() {
    return xPort;
  }

  /** The Unix socket for the classic protocol. */
  public Path classicSocket() {
    return directory.resolve("m.sock");
  }

  /** The Unix socket for X Protocol. */
  public Path xSocket() {
    return directory.resolve("x.sock");
  }

  /** The data folder, which also holds the certificates that the server made for itself, such as {@code ca.pem}. */
  public Path dataDirectory() {
    Path kept = settings.keptData();
    return kept == null ? directory.resolve("data") : kept.toAbsolutePath();
  }

  /** The error log. */
  public Path errorLog() {
    return directory.resolve("error.log");
  }

  /** The process id of the running or the last server. */
  public long pid() {
    Process last = process;
    return last == null ? 0 : last.pid();
  }
}
