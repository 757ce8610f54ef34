package dev.lastword.testing;

import dev.lastword.demo.Cache;
import dev.lastword.demo.MySqlDistribution;
import dev.lastword.demo.MySqlProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A server that is a process of this machine. */
final class LocalMySqlServer implements MySqlServer {
  private static final Logger LOG = LoggerFactory.getLogger(MySqlServer.class);
  private static final Duration END_LIMIT = Duration.ofMinutes(1);

  private final MySqlProcess process;
  private final NetworkCut cut;

  private LocalMySqlServer(MySqlProcess process) {
    this.process = process;
    this.cut = new NetworkCut(process.classicPort(), process.xPort());
  }

  static LocalMySqlServer start(MySqlDistribution distribution, Cache cache, List<String> options)
      throws IOException, InterruptedException {
    MySqlProcess.Settings settings = MySqlProcess.Settings.of(options.toArray(String[]::new));
    MySqlProcess process = MySqlProcess.start(distribution, cache, settings, LOG::info);
    LOG.debug(
        "mysqld {} listens on {} (classic) and {} (X)",
        process.pid(),
        process.classicPort(),
        process.xPort());
    return new LocalMySqlServer(process);
  }

  /** The process itself, for what only a process has. */
  MySqlProcess process() {
    return process;
  }

  @Override
  public int xPort() {
    return process.xPort();
  }

  @Override
  public int classicPort() {
    return process.classicPort();
  }

  @Override
  public Optional<Path> xSocket() {
    return Optional.of(process.xSocket());
  }

  @Override
  public Optional<Path> classicSocket() {
    return Optional.of(process.classicSocket());
  }

  @Override
  public Optional<Path> certificateAuthority() {
    return Optional.of(process.dataDirectory().resolve("ca.pem")).filter(Files::isReadable);
  }

  @Override
  public Optional<List<String>> client() {
    return process.distribution().client();
  }

  @Override
  public String user() {
    return MySqlProcess.ROOT;
  }

  @Override
  public String password() {
    return MySqlProcess.ROOT_PASSWORD;
  }

  @Override
  public boolean isRunning() {
    return process.isRunning();
  }

  @Override
  public void stop() {
    Waiting.until(process::stop);
  }

  @Override
  public void start() {
    Waiting.until(process::start);
  }

  @Override
  public void terminate() {
    Waiting.until(process::terminate);
  }

  @Override
  public void kill() {
    Waiting.until(process::kill);
  }

  @Override
  public void awaitEnd() {
    Waiting.until(() -> process.awaitEnd(END_LIMIT));
  }

  @Override
  public void freeze() {
    Waiting.until(process::freeze);
  }

  @Override
  public void thaw() {
    Waiting.until(process::thaw);
  }

  @Override
  public void cutNetwork() {
    Waiting.until(cut::cut);
  }

  @Override
  public void restoreNetwork() {
    Waiting.until(cut::restore);
  }

  @Override
  public void close() {
    Waiting.until(cut::restore);
    Waiting.until(process::close);
  }
}
