package dev.lastword;

import dev.lastword.cli.OperatorCommands;
import dev.lastword.config.InvalidConfig;
import dev.lastword.demo.DemoCommand;
import dev.lastword.demo.TrainCommand;
import dev.lastword.tls.BadTlsFile;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ScopeType;

/** The command line. */
@Command(
    name = "lastword",
    description = "A MySQL proxy that tells every client the truth about why its connection ended.",
    versionProvider = Version.class,
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    sortOptions = false,
    usageHelpWidth = 100,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:it was done; of run: it was asked to end (SIGTERM, SIGINT) and did",
      "1:it failed: a port is in use, a file cannot be written, ...",
      "2:the command line is wrong",
      "3:the configuration is wrong",
      "4:there is no such session, server or listener"
    },
    subcommands = {
      RunCommand.class,
      DemoCommand.class,
      CheckCommand.class,
      TrainCommand.class,
    })
public final class Lastword {
  static final int OK = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int INVALID_CONFIG = 3;

  private Lastword() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] args) {
    int exitCode =
        execute(
            new PrintWriter(System.out, true, StandardCharsets.UTF_8),
            new PrintWriter(System.err, true, StandardCharsets.UTF_8),
            args);
    System.exit(exitCode);
  }

  /** Runs one command. */
  static int execute(PrintWriter out, PrintWriter err, String... args) {
    CommandLine commandLine = new CommandLine(new Lastword());
    OperatorCommands.addTo(commandLine);
    commandLine.setOut(out).setErr(err);
    commandLine.setExecutionExceptionHandler((e, command, _) -> explain(e, command.getErr()));
    if (args.length == 0) {
      commandLine.usage(err);
      return USAGE;
    }
    return commandLine.execute(args);
  }

  /** Says what went wrong: a sentence where the user can do something about it, everything there is where it is our fault. */
  private static int explain(Exception e, PrintWriter err) {
    return switch (e) {
      case InvalidConfig invalid -> {
        err.println(invalid.getMessage());
        yield INVALID_CONFIG;
      }
      case StartFailure failure -> {
        err.println("lastword: " + failure.getMessage());
        yield FAILED;
      }
      case BadTlsFile bad -> {
        err.println("lastword: " + bad.getMessage());
        yield FAILED;
      }
      default -> {
        err.println("lastword: this should not have happened; please report it with what follows");
        e.printStackTrace(err);
        yield FAILED;
      }
    };
  }
}
