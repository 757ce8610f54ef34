package dev.lastword.testing;

import dev.lastword.demo.Cache;
import dev.lastword.demo.MySqlDistribution;
import dev.lastword.demo.NoServerException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses, once per JVM, where servers come from. */
final class Servers {
  /** {@code local}, {@code container}, or nothing for what this machine has. */
  static final String VARIABLE = "LASTWORD_TEST_SERVER";

  /** The version of local servers, such as {@code 8.0}; nothing for any. */
  static final String VERSION_VARIABLE = "LASTWORD_TEST_SERVER_VERSION";

  private static final Logger LOG = LoggerFactory.getLogger(MySqlServer.class);

  private static @Nullable Source source;
  private static @Nullable MySqlServer shared;

  private Servers() {}

  /** Starts servers of one kind. */
  @FunctionalInterface
  private interface Source {
    MySqlServer start(List<String> options) throws IOException, InterruptedException;
  }

  static synchronized MySqlServer shared() {
    if (shared == null) {
      shared = start(List.of());
    }
    return shared;
  }

  static MySqlServer start(List<String> options) {
    return Waiting.uninterrupted(() -> source().start(options));
  }

  private static synchronized Source source() throws IOException, InterruptedException {
    if (source == null) {
      source = choose(setting(VARIABLE), setting(VERSION_VARIABLE));
    }
    return source;
  }

  private static Source choose(String kind, String version)
      throws IOException, InterruptedException {
    if (kind.equals("container")) {
      LOG.info("tests run on containers of {}, as {} asks", ContainerMySqlServer.image(), VARIABLE);
      return ContainerMySqlServer::start;
    }
    if (!kind.isEmpty() && !kind.equals("local")) {
      throw new IllegalArgumentException(
          VARIABLE + "=" + kind + ": local and container are possible");
    }
    Cache cache = Cache.perUser();
    try {
      MySqlDistribution distribution = MySqlDistribution.find(cache, version, LOG::info);
      LOG.info("tests run on local processes of {}", distribution);
      return options -> LocalMySqlServer.start(distribution, cache, options);
    } catch (NoServerException e) {
      Optional<String> obstacle = ContainerMySqlServer.obstacle();
      if (kind.equals("local") || obstacle.isPresent()) {
        throw new NoServerForTestsException(
            e.getMessage() + obstacle.map(why -> "\nNo container either: " + why).orElse(""), e);
      }
      LOG.info(
          "tests run on containers of {}, because: {}",
          ContainerMySqlServer.image(),
          e.getMessage());
      return ContainerMySqlServer::start;
    }
  }

  /** A system property or an environment variable; the former is named like the latter, in lower case with dots. */
  static String setting(String variable) {
    String property =
        System.getProperty(variable.toLowerCase(java.util.Locale.ROOT).replace('_', '.'), "");
    return property.isEmpty() ? System.getenv().getOrDefault(variable, "") : property;
  }

  /** Neither a local server nor a container can be had. */
  static final class NoServerForTestsException extends IOException {
    private static final long serialVersionUID = 1;

    NoServerForTestsException(@Nullable String message, Throwable cause) {
      super(message, cause);
    }
  }
}
