package dev.lastword.cli;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Takes the proxy, a server or a listener out of use, or takes that back. */
final class DrainCommand extends Remote {
  private final String verb;
  private final String done;

  @ArgGroup private @Nullable One one;

  /** What is drained if not the whole proxy. */
  private static final class One {
    @Option(
        names = "--server",
        paramLabel = "NAME",
        description = "Only this server, for all listeners.")
    private @Nullable String server;

    @Option(names = "--listener", paramLabel = "NAME", description = "Only this listener.")
    private @Nullable String listener;
  }

  DrainCommand(String verb, String done) {
    this.verb = verb;
    this.done = done;
  }

  @Override
  void run(Api api, PrintWriter out) throws InterruptedException {
    String path = "";
    String what = "the proxy";
    if (one != null && one.server != null) {
      path = "servers/" + Api.encoded(one.server) + "/";
      what = "server " + one.server;
    } else if (one != null && one.listener != null) {
      path = "listeners/" + Api.encoded(one.listener) + "/";
      what = "listener " + one.listener;
    }
    api.post(path + verb);
    if (!json()) {
      out.println(what + " " + done);
    }
  }
}
