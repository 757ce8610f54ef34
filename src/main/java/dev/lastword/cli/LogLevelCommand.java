package dev.lastword.cli;

import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Sets how much is logged. */
@Command(name = "log-level", description = "Sets how much the proxy logs, until it ends.")
final class LogLevelCommand extends Remote {
  @Parameters(
      index = "0",
      paramLabel = "LOGGER",
      description = "Such as lastword.session; ROOT is all that have no level of their own.")
  private String logger = "";

  @Parameters(
      index = "1",
      paramLabel = "LEVEL",
      description = "One of ERROR, WARN, INFO, DEBUG, TRACE, OFF.")
  private String level = "";

  @Override
  void run(Api api, PrintWriter out) throws InterruptedException {
    if (!level.matches("[A-Za-z]+")) {
      throw new Failure("there is no level " + level);
    }
    api.put("loggers/" + Api.encoded(logger), "{\"level\":\"" + level + "\"}");
    if (!json()) {
      out.println(logger + " logs " + level.toUpperCase(Locale.ROOT));
    }
  }
}
