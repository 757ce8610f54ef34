package dev.lastword.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One way to the server that is a process of its own. It ends with this one. */
final class ProxyProcess implements AutoCloseable {
  private final Process process;
  private final int port;
  private final Thread hook;

  private ProxyProcess(Process process, int port, Thread hook) {
    this.process = process;
    this.port = port;
    this.hook = hook;
  }

  /**
   * Starts one and waits until it serves.
   *
   * @param listens matches the line of its output that tells the port, in the first group
   * @param log where everything else that it says goes
   * @throws IOException if it ends before it serves
   */
  static ProxyProcess start(List<String> command, Pattern listens, Path log) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    Process process = builder.start();
    Thread hook = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(hook);
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      Matcher matcher = listens.matcher(line);
      if (matcher.find()) {
        // Somebody has to read the log lines, as in production; it costs this process, not that
        // one.
        Thread.ofPlatform().daemon().start(() -> drain(out));
        return new ProxyProcess(process, Integer.parseInt(matcher.group(1)), hook);
      }
    }
    process.destroyForcibly();
    throw new IOException(command.getFirst() + " did not come up; see " + log);
  }

  private static void drain(BufferedReader out) {
    char[] buffer = new char[1 << 16];
    try {
      while (out.read(buffer) >= 0) {
        // Thrown away.
      }
    } catch (IOException _) {
      // The process is gone.
    }
  }

  int port() {
    return port;
  }

  long pid() {
    return process.pid();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException _) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().removeShutdownHook(hook);
  }
}
