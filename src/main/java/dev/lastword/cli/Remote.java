package dev.lastword.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A command that asks a running proxy. */
abstract class Remote implements Callable<Integer> {
  @Mixin private ApiOptions options = new ApiOptions();

  @Option(names = "--json", description = "Shows what the proxy answers as it is, for programs.")
  private boolean json;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public final Integer call() throws InterruptedException {
    try (Api api = new Api(options, System.getenv())) {
      run(api, out());
      return 0;
    } catch (Failure failure) {
      out().flush();
      spec.commandLine().getErr().println("lastword: " + failure.getMessage());
      return failure.exitCode();
    }
  }

  /**
   * Does it.
   *
   * @throws Failure if it cannot be done
   */
  abstract void run(Api api, PrintWriter out) throws InterruptedException;

  /** Whether a program reads what is written. */
  final boolean json() {
    return json;
  }

  final String url() {
    return options.url(System.getenv());
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
