package dev.lastword.it;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a program that is not ours to its end. */
final class Program {
  private static final int LIMIT_SECONDS = 180;

  private Program() {}

  /**
   * A program that has ended.
   *
   * @param status its exit status
   * @param output what it wrote to its standard output
   * @param errors what it wrote to its standard error
   */
  record Finished(int status, String output, String errors) {}

  /** Whether a command can be run at all, and ends well. */
  static boolean exists(String... command) throws InterruptedException {
    try {
      return run(List.of(command), Map.of(), "").status() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Runs a command and waits for its end.
   *
   * @param environment added to our own
   * @param input what it reads from its standard input
   * @throws AssertionError if it does not end
   */
  static Finished run(List<String> command, Map<String, String> environment, String input)
      throws IOException, InterruptedException {
    Path errors = Files.createTempFile("lastword-program-", ".txt");
    Path output = Files.createTempFile("lastword-program-", ".txt");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectError(errors.toFile())
              .redirectOutput(output.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      try (OutputStream in = process.getOutputStream()) {
        in.write(input.getBytes(StandardCharsets.UTF_8));
      } catch (IOException left) {
        // It ended without reading all; its status says whether that is right.
      }
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
        throw new AssertionError(command + " did not end: " + Files.readString(errors));
      }
      // Dumps hold bytes that are no text.
      return new Finished(
          process.exitValue(),
          Files.readString(output, StandardCharsets.ISO_8859_1),
          Files.readString(errors, StandardCharsets.ISO_8859_1));
    } finally {
      Files.delete(errors);
      Files.delete(output);
    }
  }
}
