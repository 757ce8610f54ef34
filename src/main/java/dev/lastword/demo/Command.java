package dev.lastword.demo;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Runs one external program to its end. */
final class Command {
  private Command() {}

  /**
   * Runs a program and waits for its end.
   *
   * @param command the program and its arguments
   * @param environment what is set besides this JVM's own environment
   * @param limit after which the program is killed
   * @param line is given each line of its output and its errors, as it comes, from another thread
   * @return its exit status and all it said
   * @throws IOException if it cannot be started or does not end within the limit
   */
  static Result run(
      List<String> command, Map<String, String> environment, Duration limit, Consumer<String> line)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    Process process = builder.start();
    List<String> output = new ArrayList<>();
    Thread reader =
        Thread.ofVirtual()
            .start(() -> {
              try (BufferedReader in = process.inputReader(StandardCharsets.UTF_8)) {
                for (String next = in.readLine(); next != null; next = in.readLine()) {
                  synchronized (output) {
                    output.add(next);
                  }
                  line.accept(next);
                }
              } catch (IOException | UncheckedIOException e) {
                // The program was killed below; what it said until then has been kept.
              }
            });
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException(
            String.join(" ", command) + " did not end within " + limit.toSeconds() + " s");
      }
      // Something that the program started may keep its output open for longer than the program
      // lives.
      reader.join(Duration.ofSeconds(5));
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    synchronized (output) {
      return new Result(command, process.exitValue(), List.copyOf(output));
    }
  }

  static Result run(List<String> command, Duration limit) throws IOException, InterruptedException {
    return run(command, Map.of(), limit, _ -> {});
  }

  /** The end of a program: its status, and the lines of its output and errors. */
  record Result(List<String> command, int status, List<String> output) {
    boolean succeeded() {
      return status == 0;
    }

    /**
     * Passes a success on.
     *
     * @throws IOException with the last lines of the output if the program failed
     */
    Result orThrow(String what) throws IOException {
      if (status != 0) {
        List<String> last = output.subList(Math.max(0, output.size() - 8), output.size());
        throw new IOException(
            what
                + " failed (exit status "
                + status
                + " of "
                + command.getFirst()
                + "):\n  "
                + String.join("\n  ", last));
      }
      return this;
    }
  }
}
