package dev.lastword;

import dev.lastword.config.Config;
import dev.lastword.config.ConfigLoader;
import dev.lastword.config.Endpoint;
import dev.lastword.config.InvalidConfig;
import dev.lastword.config.Listener;
import dev.lastword.tls.TlsFiles;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Serves until it is asked to end. */
@Command(
    name = "run",
    description = "Runs the proxy in the foreground until SIGTERM or SIGINT (Ctrl-C).")
final class RunCommand implements Callable<Integer> {
  @Option(
      names = {"-c", "--config"},
      required = true,
      paramLabel = "FILE",
      description = "The configuration; config/lastword.yaml shows every key.")
  private Path file = Path.of("");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws Exception {
    Config config = ConfigLoader.load(file, TlsFiles.CHECK);
    PrintWriter out = spec.commandLine().getOut();
    try (Proxy proxy = Proxy.start(config, () -> ConfigLoader.load(file, TlsFiles.CHECK))) {
      Thread onSignal = new Thread(() -> end(proxy, config, out), "lastword-end");
      Runtime.getRuntime().addShutdownHook(onSignal);
      for (Listener listener : config.listeners()) {
        out.println(
            "Listener "
                + listener.name()
                + " serves "
                + protocol(listener)
                + " on "
                + address(listener, proxy)
                + " from "
                + String.join(", ", listener.servers()));
      }
      proxy
          .httpPort()
          .ifPresent(
              port -> out.println("Admin: " + url(config, port) + " (web page, API, metrics)"));
      proxy
          .sqlPort()
          .ifPresent(port -> out.println("Admin: SQL on port " + port + ", in both protocols"));
      Signals.onHangUp(() -> reload(proxy));
      out.println("Lastword is ready.");
      try {
        proxy.awaitClosed();
      } finally {
        leaveEndToMain(onSignal);
      }
    } finally {
      Logging.flush();
    }
    return Lastword.OK;
  }

  /**
   * What SIGTERM and SIGINT do: tell the sessions, let those that are busy finish, and end; at once if there is a second signal. Without the
   * last line the JVM would say 143 or 130 although nothing is wrong; and the log is written by a thread that nobody would wait for.
   */
  private static void end(Proxy proxy, Config config, PrintWriter out) {
    int exitCode = Lastword.OK;
    try {
      CountDownLatch now = new CountDownLatch(1);
      Signals.onEnd(now::countDown);
      int open = proxy.sessions().size();
      if (open > 0) {
        out.println(
            "Lastword is ending: "
                + open
                + " sessions are told; a second signal ends those that"
                + " are busy now.");
        out.flush();
      }
      proxy.drain(config.farewell().drain(), now);
      int busy = proxy.sessions().size();
      proxy.close();
      long untold = proxy.losses().undeliverableFarewells();
      out.println(
          "Lastword has ended: "
              + open
              + " sessions were open, "
              + busy
              + " of them were cut off while busy, "
              + untold
              + " farewells could not be delivered since the start.");
    } catch (InterruptedException | RuntimeException e) {
      e.printStackTrace(System.err);
      exitCode = Lastword.FAILED;
    }
    Logging.flush();
    out.flush();
    System.out.flush();
    Runtime.getRuntime().halt(exitCode);
  }

  /** Whoever else closed the proxy, the exit code is then the command's own. */
  private static void leaveEndToMain(Thread onSignal) {
    try {
      Runtime.getRuntime().removeShutdownHook(onSignal);
    } catch (IllegalStateException e) {
      // It was the signal.
    }
  }

  private static String url(Config config, int port) {
    return config
        .admin()
        .http()
        .map(http ->
            (http.tls().mode().endsTls() ? "https://" : "http://")
                + new Endpoint.Tcp(http.bind().host(), port)
                + "/")
        .orElse("");
  }

  /** What came of it is in the log. */
  private static void reload(Proxy proxy) {
    try {
      var _ = proxy.steering().reload();
    } catch (InvalidConfig | IllegalStateException _) {
      // Refused, and everything is as it was.
    } catch (RuntimeException e) {
      LoggerFactory.getLogger("lastword.operator").error("event=reload-failed", e);
    }
  }

  private static String protocol(Listener listener) {
    return switch (listener.protocol()) {
      case X -> "X Protocol";
      case CLASSIC -> "the classic protocol";
    };
  }

  private static String address(Listener listener, Proxy proxy) {
    return switch (listener.bind()) {
      case Endpoint.Tcp tcp -> new Endpoint.Tcp(tcp.host(), proxy.port(listener.name())).toString();
      case Endpoint.Unix unix -> unix.toString();
    };
  }
}
