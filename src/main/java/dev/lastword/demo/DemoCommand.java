package dev.lastword.demo;

import dev.lastword.Proxy;
import dev.lastword.config.AdminSettings;
import dev.lastword.config.Config;
import dev.lastword.config.Endpoint;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A proxy in front of a real MySQL server, from nothing, for whoever wants to try it. */
@Command(
    name = "demo",
    description = {
      "Starts a MySQL server and the proxy in front of it, and says how to connect.",
      "A mysqld that is installed is used; otherwise one is fetched without root, once, into ~/.cache/lastword "
          + "(LASTWORD_CACHE names another folder, LASTWORD_MYSQL_HOME a server to use instead). "
          + "Both end with Ctrl-C, and nothing is left running."
    })
public final class DemoCommand implements Callable<Integer> {
  private static final int OK = 0;
  private static final int FAILED = 1;
  private static final String HOST = "127.0.0.1";
  private static final String SERVER = "demo";
  private static final String ACCOUNT = "demo";

  @Option(
      names = {"--x-port", "--port"},
      paramLabel = "PORT",
      description =
          "The proxy's X Protocol port; 0 for any. Without it: 6448, or any that is free if that is taken.")
  private @Nullable Integer xPort;

  @Option(
      names = "--classic-port",
      paramLabel = "PORT",
      description =
          "The proxy's port for the classic protocol; 0 for any. Without it: 6446, or any that is free if that is taken.")
  private @Nullable Integer classicPort;

  @Option(
      names = "--http-port",
      paramLabel = "PORT",
      description =
          "The port of the web page and the HTTP API; 0 for any. Without it: 6480, or any that is free if that is taken.")
  private @Nullable Integer httpPort;

  @Option(
      names = "--sql-port",
      paramLabel = "PORT",
      description =
          "The port of the SQL endpoint; 0 for any. Without it: 6481, or any that is free if that is taken.")
  private @Nullable Integer sqlPort;

  @Option(
      names = "--server-version",
      paramLabel = "VERSION",
      description = "The MySQL version to look for, such as 8.0. Without it: any from 8.0 on.")
  private String version = "";

  @Option(
      names = "--keep-data",
      paramLabel = "DIRECTORY",
      description =
          "Keeps the server's data there, and uses what is there. Without it the data ends with the demo.")
  private @Nullable Path keptData;

  @Option(
      names = "--server-option",
      paramLabel = "OPTION",
      description =
          "An option for mysqld, such as --server-option=--mysqlx-wait-timeout=60; may be repeated.")
  private List<String> serverOptions = new ArrayList<>();

  @Option(
      names = "--prepare",
      description = "Only gets the server and a data folder ready, says where they are, and ends.")
  private boolean prepare;

  @Spec private CommandSpec spec = CommandSpec.create();

  /** Held by whoever starts or ends the server: the thread of the command, or the one that a signal runs. */
  private final ReentrantLock serverLock = new ReentrantLock();

  private volatile boolean ending;

  /** For picocli. */
  public DemoCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    checkPort("--x-port", xPort);
    checkPort("--classic-port", classicPort);
    checkPort("--http-port", httpPort);
    checkPort("--sql-port", sqlPort);
    if (xPort != null && xPort != 0 && xPort.equals(classicPort)) {
      throw new ParameterException(
          spec.commandLine(), "--x-port and --classic-port are both " + xPort);
    }
    try {
      Cache cache = Cache.perUser();
      Progress progress = out::println;
      MySqlDistribution distribution = MySqlDistribution.find(cache, version, progress);
      if (prepare) {
        out.println("server: " + distribution.home());
        out.println("data: " + DataTemplate.prepare(distribution, cache, progress));
        return OK;
      }
      serve(distribution, cache, out);
      return OK;
    } catch (IOException e) {
      PrintWriter err = spec.commandLine().getErr();
      err.println("lastword demo: " + e.getMessage());
      return FAILED;
    }
  }

  private void checkPort(String option, @Nullable Integer port) {
    if (port != null && (port < 0 || port > 65_535)) {
      throw new ParameterException(
          spec.commandLine(), option + "=" + port + ": 0 to 65535 are possible");
    }
  }

  private void serve(MySqlDistribution distribution, Cache cache, PrintWriter out)
      throws IOException, InterruptedException {
    Listener x = listener(Listener.x("x", SERVER), "--x-port", xPort, out);
    Listener classic =
        listener(Listener.classic("classic", SERVER), "--classic-port", classicPort, out);
    AdminSettings admin =
        AdminSettings.OFF
            .withHttp(HOST, port(AdminSettings.DEFAULT_HTTP, "--http-port", httpPort, out))
            .withSql(HOST, port(AdminSettings.DEFAULT_SQL, "--sql-port", sqlPort, out));
    out.println("starting " + distribution);
    String rootPassword = randomPassword();
    MySqlProcess.Settings settings =
        new MySqlProcess.Settings(0, 0, serverOptions, accounts(rootPassword), keptData);
    try (MySqlProcess server = MySqlProcess.start(distribution, cache, settings, out::println);
        Proxy proxy = Proxy.start(config(server, x, classic, admin))) {
      server.leaveExitToCaller();
      Thread main = Thread.currentThread();
      Thread onSignal = new Thread(() -> end(main, proxy, server), "lastword-demo-end");
      Runtime.getRuntime().addShutdownHook(onSignal);
      describe(server, proxy, rootPassword, out);
      try {
        keepServing(server, out);
      } finally {
        leaveEndToMain(onSignal);
      }
    }
  }

  /** The listener at the port that was asked for, or else at its default one if that is free. */
  private static Listener listener(
      Listener listener, String option, @Nullable Integer asked, PrintWriter out)
      throws IOException {
    return listener.bind() instanceof Endpoint.Tcp usual
        ? listener.withBind(HOST, port(usual, option, asked, out))
        : listener;
  }

  private static int port(
      Endpoint.Tcp usual, String option, @Nullable Integer asked, PrintWriter out)
      throws IOException {
    if (asked != null) {
      if (asked != 0 && !Ports.isFree(asked)) {
        throw new IOException(
            "port " + asked + " is in use; " + option + "=0 takes any that is free");
      }
      return asked;
    }
    if (!Ports.isFree(usual.port())) {
      out.println("port " + usual.port() + " is in use, so the proxy takes one that is free");
      return 0;
    }
    return usual.port();
  }

  private static Config config(
      MySqlProcess server, Listener x, Listener classic, AdminSettings admin) {
    return Config.builder()
        .listener(x)
        .listener(classic)
        .server(Server.at(SERVER, HOST, server.xPort(), server.classicPort()))
        .dataDirectory(server.workFolder().resolve("proxy"))
        .admin(admin)
        .build();
  }

  /**
   * The account's password is known to everybody on this machine, so it has what one needs to try things out, including to kill sessions
   * and to shut the server down, but nothing that reaches files of the user who runs the demo.
   */
  private static List<String> accounts(String rootPassword) {
    return List.of(
        "ALTER USER 'root'@'%' IDENTIFIED BY '" + rootPassword + "'",
        "ALTER USER 'root'@'localhost' IDENTIFIED BY '" + rootPassword + "'",
        "CREATE SCHEMA IF NOT EXISTS demo",
        "CREATE USER IF NOT EXISTS '" + ACCOUNT + "'@'%' IDENTIFIED BY '" + ACCOUNT + "'",
        "GRANT ALL PRIVILEGES ON `demo%`.* TO '" + ACCOUNT + "'@'%'",
        "GRANT SELECT ON performance_schema.* TO '" + ACCOUNT + "'@'%'",
        "GRANT PROCESS, SHUTDOWN, CONNECTION_ADMIN ON *.* TO '" + ACCOUNT + "'@'%'");
  }

  private static String randomPassword() {
    byte[] bytes = new byte[12];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  private static void describe(
      MySqlProcess server, Proxy proxy, String rootPassword, PrintWriter out) throws IOException {
    int classicPort = proxy.port("classic");
    out.println(
        """

        Lastword is ready: X Protocol on %1$s:%2$d, the classic protocol on %1$s:%3$d, in front of MySQL %4$s
        The account demo has the password demo and all rights in the schemas demo, demo1, ...

        X Protocol
          mysqlsh             mysqlsh 'mysqlx://demo:demo@%1$s:%2$d/demo'
          Connector/J         new SessionFactory().getSession("mysqlx://demo:demo@%1$s:%2$d/demo")
          Connector/Node.js   require('@mysql/xdevapi').getSession('mysqlx://demo:demo@%1$s:%2$d/demo')

        Classic protocol
          mysql               mysql --host=%1$s --port=%3$d --user=demo --password=demo demo
          Connector/J         DriverManager.getConnection("jdbc:mysql://%1$s:%3$d/demo", "demo", "demo")
          mysql2              require('mysql2').createConnection('mysql://demo:demo@%1$s:%3$d/demo')

        What it sees, and what you can do to it
          web page            http://%1$s:%5$d/
          mysql               mysql --host=%1$s --port=%6$d --user=demo --execute='SELECT * FROM losses' lastword
          lastword            ./lastword losses --url=http://%1$s:%5$d
        """
            .formatted(
                HOST,
                proxy.port("x"),
                classicPort,
                server.distribution().version(),
                proxy.httpPort().orElseThrow(),
                proxy.sqlPort().orElseThrow()));
    Optional<Path> client = client(server, classicPort);
    if (client.isPresent()) {
      out.println(
          "No mysql client here? One came with the server; this connects it through the proxy:\n  "
              + client.get()
              + "\n");
    }
    out.println(
        "The server behind it: X Protocol on "
            + HOST
            + ":"
            + server.xPort()
            + ", classic on "
            + HOST
            + ":"
            + server.classicPort());
    out.println(
        "Its account root has the password " + rootPassword + "; its log is " + server.errorLog());
    out.println("Ctrl-C ends both.");
    out.flush();
  }

  /** A script beside the server that connects its own {@code mysql} to the proxy; that command is too long to be typed. */
  private static Optional<Path> client(MySqlProcess server, int port) throws IOException {
    Optional<List<String>> command = server.distribution().client();
    if (command.isEmpty()) {
      return Optional.empty();
    }
    StringBuilder script = new StringBuilder("#!/bin/sh\nexec");
    List<String> options =
        List.of("--no-defaults", "--host=" + HOST, "--port=" + port, "--user=" + ACCOUNT);
    Stream.concat(command.get().stream(), options.stream())
        .forEach(word -> script.append(" '").append(word.replace("'", "'\\''")).append('\''));
    script.append(" \"--password=").append(ACCOUNT).append("\" \"$@\" demo\n");
    Path file = server.workFolder().resolve("mysql");
    Files.writeString(file, script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    return Optional.of(file);
  }

  /** Starts the server again whenever something other than us has ended it, which is what one tries here. */
  private void keepServing(MySqlProcess server, PrintWriter out)
      throws IOException, InterruptedException {
    while (!ending) {
      int status;
      try {
        status = server.awaitEnd(Duration.ofHours(1));
      } catch (TimeoutException e) {
        continue;
      }
      serverLock.lockInterruptibly();
      try {
        if (!ending) {
          out.println("the MySQL server has ended with status " + status + "; starting it again");
          server.start();
          out.println("the MySQL server is back");
        }
      } finally {
        serverLock.unlock();
      }
    }
  }

  /** What SIGINT and SIGTERM do: the proxy goes first, so that it and not the server has the last word. */
  private void end(Thread main, Proxy proxy, MySqlProcess server) {
    int status = OK;
    ending = true;
    main.interrupt();
    try {
      proxy.close();
    } catch (RuntimeException e) {
      e.printStackTrace(System.err);
      status = FAILED;
    }
    serverLock.lock();
    try {
      server.close();
    } catch (IOException e) {
      e.printStackTrace(System.err);
      status = FAILED;
    } finally {
      serverLock.unlock();
    }
    System.out.flush();
    // Without this the JVM would say 130 or 143, although nothing is wrong.
    Runtime.getRuntime().halt(status);
  }

  private static void leaveEndToMain(Thread onSignal) throws InterruptedException {
    try {
      Runtime.getRuntime().removeShutdownHook(onSignal);
    } catch (IllegalStateException e) {
      // It was the signal, and the hook ends the process.
      onSignal.join();
    }
  }
}
