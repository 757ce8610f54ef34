package dev.lastword.demo;

import dev.lastword.Proxy;
import dev.lastword.config.Config;
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
  private static final int DEFAULT_PORT = 6448;
  private static final String HOST = "127.0.0.1";
  private static final String LISTENER = "x";
  private static final String ACCOUNT = "demo";

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description =
          "The proxy's X Protocol port; 0 for any. Without it: 6448, or any that is free if that is taken.")
  private @Nullable Integer port;

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
    if (port != null && (port < 0 || port > 65_535)) {
      throw new ParameterException(
          spec.commandLine(), "--port=" + port + ": 0 to 65535 are possible");
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

  private void serve(MySqlDistribution distribution, Cache cache, PrintWriter out)
      throws IOException, InterruptedException {
    int wanted = proxyPort(out);
    out.println("starting " + distribution);
    String rootPassword = randomPassword();
    MySqlProcess.Settings settings =
        new MySqlProcess.Settings(0, 0, serverOptions, accounts(rootPassword), keptData);
    try (MySqlProcess server = MySqlProcess.start(distribution, cache, settings, out::println);
        Proxy proxy = Proxy.start(config(server, wanted))) {
      server.leaveExitToCaller();
      Thread main = Thread.currentThread();
      Thread onSignal = new Thread(() -> end(main, proxy, server), "lastword-demo-end");
      Runtime.getRuntime().addShutdownHook(onSignal);
      describe(server, proxy.port(LISTENER), rootPassword, out);
      try {
        keepServing(server, out);
      } finally {
        leaveEndToMain(onSignal);
      }
    }
  }

  private int proxyPort(PrintWriter out) throws IOException {
    if (port != null) {
      if (port != 0 && !Ports.isFree(port)) {
        throw new IOException("port " + port + " is in use; --port=0 takes any that is free");
      }
      return port;
    }
    if (Ports.isFree(DEFAULT_PORT)) {
      return DEFAULT_PORT;
    }
    out.println("port " + DEFAULT_PORT + " is in use, so the proxy takes one that is free");
    return 0;
  }

  private static Config config(MySqlProcess server, int port) {
    return Config.builder()
        .listener(Listener.x(LISTENER, "demo").withBind(HOST, port))
        .server(Server.at("demo", HOST, server.xPort(), server.classicPort()))
        .dataDirectory(server.workFolder().resolve("proxy"))
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

  private static void describe(MySqlProcess server, int port, String rootPassword, PrintWriter out)
      throws IOException {
    String x = "mysqlx://" + ACCOUNT + ":" + ACCOUNT + "@" + HOST + ":" + port + "/demo";
    out.println(
        """

        Lastword is ready: X Protocol on %1$s:%2$d, in front of MySQL %3$s
        The account demo has the password demo and all rights in the schemas demo, demo1, ...

          mysqlsh             mysqlsh '%4$s'
          Connector/J         new SessionFactory().getSession("%4$s")
          Connector/Node.js   require('@mysql/xdevapi').getSession('%4$s')
          mysql               mysql --host=%1$s --port=%5$d --user=demo --password=demo demo
                              (straight to the server: the proxy does not serve the classic protocol yet)
        """
            .formatted(HOST, port, server.distribution().version(), x, server.classicPort()));
    Optional<Path> client = client(server);
    if (client.isPresent()) {
      out.println(
          "No mysql client here? One came with the server; this connects it:\n  "
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

  /** A script beside the server that runs its own {@code mysql} on it; that command is too long to be typed. */
  private static Optional<Path> client(MySqlProcess server) throws IOException {
    Optional<List<String>> command = server.distribution().client();
    if (command.isEmpty()) {
      return Optional.empty();
    }
    StringBuilder script = new StringBuilder("#!/bin/sh\nexec");
    List<String> options =
        List.of(
            "--no-defaults",
            "--host=" + HOST,
            "--port=" + server.classicPort(),
            "--user=" + ACCOUNT);
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
