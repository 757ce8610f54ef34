package dev.lastword;

import dev.lastword.config.ClientTls;
import dev.lastword.config.Config;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.config.ServerTls;
import dev.lastword.tls.ListenerTls;
import dev.lastword.tls.ServerLegTls;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** TLS of all listeners and servers. What the configuration says the same about as before is used on. */
final class Certificates implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Certificates.class);

  private static final long CHECK_SECONDS = 2;

  private record OfListener(ClientTls settings, ListenerTls tls) {}

  private record OfServer(ServerTls settings, ServerLegTls tls) {}

  private final Map<String, OfListener> listeners = new ConcurrentHashMap<>();
  private final Map<String, OfServer> servers = new ConcurrentHashMap<>();

  /** What is in use at one moment. */
  record Held(Map<String, OfListener> listeners, Map<String, OfServer> servers) {}

  /** A session that began with them may still have to encrypt. */
  private final Set<AutoCloseable> retired = ConcurrentHashMap.newKeySet();

  private final List<Runnable> others = new CopyOnWriteArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);

  /**
   * What a listener encrypts with; null if it does not.
   *
   * @throws dev.lastword.tls.BadTlsFile if a file cannot be used
   */
  @Nullable ListenerTls of(Listener listener, Path dataDirectory) {
    if (!listener.tls().mode().endsTls()) {
      return null;
    }
    OfListener known = listeners.get(listener.name());
    if (known != null && known.settings().equals(listener.tls())) {
      return known.tls();
    }
    ListenerTls tls = ListenerTls.create(listener.tls(), listener.name(), dataDirectory);
    OfListener before = listeners.put(listener.name(), new OfListener(listener.tls(), tls));
    if (before != null) {
      retired.add(before.tls());
    }
    return tls;
  }

  /**
   * What the proxy encrypts with towards a server; null if it does not.
   *
   * @throws dev.lastword.tls.BadTlsFile if a file cannot be used
   */
  @Nullable ServerLegTls of(Server server) {
    if (server.tls().mode() == ServerTls.Mode.DISABLED) {
      return null;
    }
    OfServer known = servers.get(server.name());
    if (known != null && known.settings().equals(server.tls())) {
      return known.tls();
    }
    ServerLegTls tls = ServerLegTls.create(server.tls(), server.name());
    OfServer before = servers.put(server.name(), new OfServer(server.tls(), tls));
    if (before != null) {
      retired.add(before.tls());
    }
    return tls;
  }

  /** Forgets what belongs to listeners and servers that are no more. */
  void retain(Config config) {
    Set<String> named = new HashSet<>();
    config.listeners().forEach(listener -> named.add(listener.name()));
    listeners.forEach((name, of) -> {
      if (!named.contains(name) && listeners.remove(name, of)) {
        retired.add(of.tls());
      }
    });
    named.clear();
    config.servers().forEach(server -> named.add(server.name()));
    servers.forEach((name, of) -> {
      if (!named.contains(name) && servers.remove(name, of)) {
        retired.add(of.tls());
      }
    });
  }

  /** Begins to look whether files have changed. Reading files blocks: a thread of its own, which sleeps nearly always. */
  Thread watch() {
    return Thread.ofPlatform()
        .daemon()
        .name("lastword-certificates")
        .start(this::reloadUntilClosed);
  }

  private void reloadUntilClosed() {
    try {
      while (!closed.await(CHECK_SECONDS, TimeUnit.SECONDS)) {
        try {
          reloadIfChanged();
        } catch (RuntimeException e) {
          log.error("event=certificates-not-looked-at", e);
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** What is in use now. */
  Held held() {
    return new Held(Map.copyOf(listeners), Map.copyOf(servers));
  }

  /** Uses again what was in use then, because nothing came of the change. */
  void backTo(Held held) {
    listeners.values().forEach(of -> retired.add(of.tls()));
    servers.values().forEach(of -> retired.add(of.tls()));
    listeners.clear();
    listeners.putAll(held.listeners());
    servers.clear();
    servers.putAll(held.servers());
    held.listeners().values().forEach(of -> retired.remove(of.tls()));
    held.servers().values().forEach(of -> retired.remove(of.tls()));
  }

  /** Names who else has certificates and looks at them when this does. */
  void also(Runnable look) {
    others.add(look);
  }

  /** Looks now. */
  void reloadIfChanged() {
    others.forEach(Runnable::run);
    listeners.values().forEach(of -> of.tls().reloadIfChanged());
    servers.values().forEach(of -> of.tls().reloadIfChanged());
  }

  /** Ends the watch; to be called before {@link #close}. */
  void stopWatching() {
    closed.countDown();
  }

  @Override
  public void close() {
    listeners.values().forEach(of -> of.tls().close());
    servers.values().forEach(of -> of.tls().close());
    for (AutoCloseable tls : retired) {
      try {
        tls.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
