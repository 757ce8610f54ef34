package dev.lastword.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Ends sessions. */
@Command(
    name = "kill",
    description = "Ends sessions; their clients are told that they were killed.")
final class KillCommand extends Remote {
  @Parameters(
      paramLabel = "ID",
      arity = "1..*",
      description = "The proxy's numbers of sessions, as \"sessions\" shows them.")
  private List<Long> ids = new ArrayList<>();

  @Override
  void run(Api api, PrintWriter out) throws InterruptedException {
    List<String> missing = new ArrayList<>();
    for (long id : ids) {
      try {
        api.post("sessions/" + id + "/kill");
        if (!json()) {
          out.println("session " + id + " was killed");
        }
      } catch (Failure failure) {
        if (failure.exitCode() != Failure.NOT_FOUND) {
          throw failure;
        }
        missing.add(Long.toString(id));
      }
    }
    if (!missing.isEmpty()) {
      throw new Failure(
          Failure.NOT_FOUND,
          (missing.size() == 1 ? "there is no session " : "there are no sessions ")
              + String.join(", ", missing));
    }
  }
}
