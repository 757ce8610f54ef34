package dev.lastword.demo;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A shell that does something if this JVM ends without having dismissed it, even by SIGKILL. It waits for the end of its standard input,
 * which the kernel brings about when the JVM is gone; a parent-death signal would not do, because that is about the thread that started
 * the child and not about the process.
 */
public final class Watchdog implements AutoCloseable {
  private final Process shell;

  private Watchdog(Process shell) {
    this.shell = shell;
  }

  /**
   * Starts a watchdog.
   *
   * @param script what a POSIX shell does if the JVM ends
   * @param arguments its {@code $1}, {@code $2} and so on
   */
  public static Watchdog start(String script, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "/bin/sh",
                "-c",
                // A signal to the whole process group, as from Ctrl-C, must not end the watchdog
                // before the JVM.
                "trap '' HUP INT QUIT TERM\nif read -r word && [ \"$word\" = dismissed ]; then exit 0; fi\n"
                    + script,
                "lastword-watchdog"));
    command.addAll(List.of(arguments));
    return new Watchdog(
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start());
  }

  /** Sends the watchdog away, because what it would do has been done. */
  @Override
  public void close() {
    try (OutputStream out = shell.getOutputStream()) {
      out.write("dismissed\n".getBytes(StandardCharsets.US_ASCII));
      out.flush();
    } catch (IOException e) {
      // It is gone already.
    }
    shell.destroyForcibly();
  }
}
