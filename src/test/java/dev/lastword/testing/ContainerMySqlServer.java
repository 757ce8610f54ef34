package dev.lastword.testing;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Ports;
import dev.lastword.demo.MySqlProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.TerminalFailureException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.ContainerLaunchException;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.AbstractWaitStrategy;
import org.testcontainers.utility.DockerImageName;

/**
 * A server in a container, made through Testcontainers. Its ports on this machine are fixed when it is made, so that they are the same when
 * it is started again, and they are published on the loopback address only.
 */
final class ContainerMySqlServer implements MySqlServer {
  /** Names the image. */
  static final String IMAGE_VARIABLE = "LASTWORD_TEST_IMAGE";

  private static final String DEFAULT_IMAGE = "mysql:8.0";
  private static final Logger LOG = LoggerFactory.getLogger(MySqlServer.class);
  private static final int CLASSIC = 3306;
  private static final int X = 33060;
  private static final int LOG_TAIL = 2_000;
  private static final Duration START_LIMIT = Duration.ofMinutes(3);
  private static final Duration END_LIMIT = Duration.ofMinutes(1);

  private final GenericContainer<?> container;
  private final int classicPort;
  private final int xPort;
  private final NetworkCut cut;
  private @Nullable String lastLog;

  private ContainerMySqlServer(GenericContainer<?> container, int classicPort, int xPort) {
    this.container = container;
    this.classicPort = classicPort;
    this.xPort = xPort;
    this.cut = new NetworkCut(classicPort, xPort);
  }

  static String image() {
    String named = Servers.setting(IMAGE_VARIABLE);
    return named.isEmpty() ? DEFAULT_IMAGE : named;
  }

  /** Why no container can be started here; empty if one can. */
  static Optional<String> obstacle() {
    try {
      return DockerClientFactory.instance().isDockerAvailable()
          ? Optional.empty()
          : Optional.of("Docker does not answer");
    } catch (IllegalStateException e) {
      return Optional.of("Docker does not answer: " + e.getMessage());
    }
  }

  static MySqlServer start(List<String> options) throws IOException {
    int classicPort = freePort();
    int xPort = freePort();
    List<String> command =
        new ArrayList<>(
            List.of(
                "mysqld",
                "--secure-file-priv=NULL",
                "--skip-log-bin",
                "--innodb-flush-log-at-trx-commit=2"));
    command.addAll(options);
    GenericContainer<?> container =
        new GenericContainer<>(DockerImageName.parse(image()))
            .withEnv("MYSQL_ROOT_PASSWORD", MySqlProcess.ROOT_PASSWORD)
            .withEnv("MYSQL_ROOT_HOST", "%")
            .withCommand(command.toArray(String[]::new))
            .withExposedPorts(CLASSIC, X)
            .withCreateContainerCmdModifier(create -> {
              HostConfig host =
                  Objects.requireNonNullElseGet(create.getHostConfig(), HostConfig::newHostConfig);
              create.withHostConfig(
                  host.withPortBindings(publish(classicPort, CLASSIC), publish(xPort, X)));
            });
    ContainerMySqlServer server = new ContainerMySqlServer(container, classicPort, xPort);
    container.waitingFor(
        new AbstractWaitStrategy() {
          @Override
          protected void waitUntilReady() {
            server.awaitAnswers();
          }
        });
    try {
      container.start();
    } catch (ContainerLaunchException e) {
      server.close();
      // The exception itself only says that it was one.
      throw new IOException(
          image() + " does not start" + (server.lastLog == null ? "" : ": " + server.lastLog), e);
    }
    return server;
  }

  private static PortBinding publish(int onHost, int inContainer) {
    return new PortBinding(
        Ports.Binding.bindIpAndPort("127.0.0.1", onHost), ExposedPort.tcp(inContainer));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      return socket.getLocalPort();
    }
  }

  /** The official image starts a server for its own set-up first, which listens on no port: only the real one answers. */
  private void awaitAnswers() {
    try {
      Awaitility.await()
          .atMost(START_LIMIT)
          .pollInterval(Duration.ofMillis(100))
          .failFast("the container has ended", () -> !isRunning())
          .ignoreExceptions()
          .untilAsserted(() -> {
            sql("SELECT 1");
            if (!XProbe.answers(host(), xPort)) {
              throw new AssertionError("nothing speaks X Protocol on port " + xPort);
            }
          });
    } catch (ConditionTimeoutException | TerminalFailureException e) {
      String log = container.getLogs();
      lastLog = log.substring(Math.max(0, log.length() - LOG_TAIL));
      throw new IllegalStateException("the server does not answer: " + lastLog, e);
    }
  }

  private DockerClient docker() {
    return container.getDockerClient();
  }

  private void signal(String name) {
    docker().killContainerCmd(container.getContainerId()).withSignal(name).exec();
  }

  @Override
  public int xPort() {
    return xPort;
  }

  @Override
  public int classicPort() {
    return classicPort;
  }

  @Override
  public Optional<Path> xSocket() {
    return Optional.empty();
  }

  @Override
  public Optional<Path> classicSocket() {
    return Optional.empty();
  }

  @Override
  public Optional<Path> certificateAuthority() {
    return Optional.empty();
  }

  @Override
  public Optional<List<String>> client() {
    return Optional.empty();
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
    return Boolean.TRUE.equals(
        docker().inspectContainerCmd(container.getContainerId()).exec().getState().getRunning());
  }

  @Override
  public void stop() {
    if (isRunning()) {
      docker()
          .stopContainerCmd(container.getContainerId())
          .withTimeout((int) END_LIMIT.toSeconds())
          .exec();
    }
  }

  @Override
  public void start() {
    docker().startContainerCmd(container.getContainerId()).exec();
    awaitAnswers();
  }

  @Override
  public void terminate() {
    signal("TERM");
  }

  @Override
  public void kill() {
    signal("KILL");
    awaitEnd();
  }

  @Override
  public void awaitEnd() {
    Awaitility.await().atMost(END_LIMIT).until(() -> !isRunning());
  }

  @Override
  public void freeze() {
    signal("STOP");
  }

  @Override
  public void thaw() {
    signal("CONT");
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
    container.stop();
    LOG.debug("container of {} is gone", image());
  }
}
