package dev.lastword.cli;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Command;

/** Has the configuration read again. */
@Command(
    name = "reload",
    description = "Has the proxy read its configuration file again, and shows what changed.")
final class ReloadCommand extends Remote {
  @Override
  void run(Api api, PrintWriter out) throws InterruptedException {
    String answer = api.post("reload");
    if (json()) {
      out.println(answer);
      return;
    }
    if (JsonText.object(answer).get("changes") instanceof List<?> changes && !changes.isEmpty()) {
      changes.forEach(change -> out.println(Cells.clean(String.valueOf(change))));
    } else {
      out.println("nothing changed");
    }
  }
}
