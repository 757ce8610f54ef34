package dev.lastword.it;

import static org.awaitility.Awaitility.await;

import dev.lastword.Proxy;
import dev.lastword.config.ClientTls;
import dev.lastword.config.Config;
import dev.lastword.config.Endpoint;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.session.Session;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.x.XClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.awaitility.core.ConditionFactory;

/**
 * A proxy for tests, which keeps its files in a folder of its own. Its listener for X is named {@link #LISTENER}, the one for the classic
 * protocol {@link #CLASSIC}.
 */
final class Front implements AutoCloseable {
  /** The name of the listener of a proxy that has one. */
  static final String LISTENER = "x";

  /** The name of the listener for the classic protocol of a proxy that has one. */
  static final String CLASSIC = "classic";

  private final Proxy proxy;
  private final Path directory;

  private Front(Proxy proxy, Path directory) {
    this.proxy = proxy;
    this.directory = directory;
  }

  /** A proxy in front of one server, with the defaults for all else. */
  static Front of(MySqlServer server) {
    return start(Config.builder().listener(listener(server(server))).server(server(server)));
  }

  /** A proxy with a listener for the classic protocol in front of one server, with the defaults for all else. */
  static Front classic(MySqlServer server) {
    return start(Config.builder().listener(classicListener(server(server))).server(server(server)));
  }

  /** Starts what was built, with a folder of its own for its certificate. */
  static Front start(Config.Builder builder) {
    Path directory = temporary();
    try {
      return new Front(Proxy.start(builder.dataDirectory(directory).build()), directory);
    } catch (RuntimeException e) {
      delete(directory);
      throw e;
    }
  }

  /** A server as a proxy's configuration names it, over TCP. */
  static Server server(MySqlServer server) {
    return Server.at("db", server.host(), server.xPort(), server.classicPort());
  }

  /** A listener for these servers on a free port. */
  static Listener listener(Server... servers) {
    return Listener.x(LISTENER, Stream.of(servers).map(Server::name).toArray(String[]::new))
        .withBind("127.0.0.1", 0);
  }

  /** A listener for the classic protocol and these servers on a free port. */
  static Listener classicListener(Server... servers) {
    return Listener.classic(CLASSIC, Stream.of(servers).map(Server::name).toArray(String[]::new))
        .withBind("127.0.0.1", 0);
  }

  /** The same with another TLS mode. */
  static Listener listener(ClientTls.Mode mode, Server... servers) {
    return listener(servers).withTls(ClientTls.DEFAULT.withMode(mode));
  }

  Proxy proxy() {
    return proxy;
  }

  /** The folder where the proxy keeps its files. */
  Path directory() {
    return directory;
  }

  int port() {
    return proxy.port(LISTENER);
  }

  /** The port of the listener for the classic protocol. */
  int classicPort() {
    return proxy.port(CLASSIC);
  }

  InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port());
  }

  /** Connects a raw client. */
  XClient connect() {
    return XClient.connect(address());
  }

  /** Where a Unix or TCP endpoint is reached. */
  static SocketAddress address(Endpoint endpoint) {
    return switch (endpoint) {
      case Endpoint.Tcp(String host, int port) ->
          new InetSocketAddress(InetAddress.ofLiteral(host), port);
      case Endpoint.Unix(Path path) -> UnixDomainSocketAddress.of(path);
    };
  }

  /** Waits as Awaitility does by default, but asks at once and often: most of what is waited for is a matter of a millisecond. */
  static ConditionFactory soon() {
    return await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(5));
  }

  /** The session that was opened last. */
  Session newestSession() {
    return soon()
        .until(
            () -> proxy.sessions().live().stream().max(Comparator.comparingLong(Session::id)),
            found -> found.isPresent())
        .orElseThrow();
  }

  /** What a session says of itself on its own event loop. */
  static <T> T ask(Session session, Callable<T> question) {
    try {
      return session.eventLoop().submit(question).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (java.util.concurrent.ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits until the last session is gone. */
  void awaitNoSessions() {
    soon().atMost(Duration.ofSeconds(20)).until(() -> proxy.sessions().size() == 0);
  }

  @Override
  public void close() {
    proxy.close();
    delete(directory);
  }

  /** A new folder, with a path that leaves room for sockets in it. */
  static Path temporary() {
    try {
      return Files.createTempDirectory("lastword-it-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Removes a folder with all that is in it. */
  static void delete(Path directory) {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
