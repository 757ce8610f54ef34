package dev.lastword;

import dev.lastword.config.Config;
import dev.lastword.config.ConfigLoader;
import dev.lastword.tls.TlsFiles;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says everything that is wrong with a configuration, and starts nothing. */
@Command(
    name = "check",
    description = {
      "Checks a configuration without starting anything.",
      "Every problem is told at once, each with file, line, column, key, value and what is allowed."
          + " Certificates and keys are read, secrets fetched; no connection is made."
    })
final class CheckCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "The configuration.")
  private Path file = Path.of("");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    Config config = ConfigLoader.load(file, TlsFiles.CHECK);
    spec.commandLine()
        .getOut()
        .println(
            file
                + ": nothing is wrong ("
                + count(config.listeners().size(), "listener")
                + ", "
                + count(config.servers().size(), "server")
                + ")");
    return Lastword.OK;
  }

  private static String count(int number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }
}
