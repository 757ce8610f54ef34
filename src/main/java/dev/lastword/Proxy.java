package dev.lastword;

import dev.lastword.config.ClientTls;
import dev.lastword.config.Config;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.config.ServerTls;
import dev.lastword.listen.Listeners;
import dev.lastword.relay.Transport;
import dev.lastword.route.ServerOrder;
import dev.lastword.server.Dialer;
import dev.lastword.server.Resolver;
import dev.lastword.server.ServerTarget;
import dev.lastword.session.Session;
import dev.lastword.session.SessionRegistry;
import dev.lastword.tls.BadTlsFile;
import dev.lastword.tls.ListenerTls;
import dev.lastword.tls.ServerLegTls;
import dev.lastword.x.XService;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A running proxy, to be embedded. It serves from the moment {@link #start} returns until {@link #close}, which leaves no thread and no
 * socket behind. Several can run in one process.
 *
 * <pre>{@code
 * try (Proxy proxy = Proxy.start(config)) {
 *   connectTo("127.0.0.1", proxy.port("x"));
 * }
 * }</pre>
 */
public final class Proxy implements AutoCloseable {
  private static final long CERTIFICATE_CHECK_SECONDS = 2;

  private final EventLoopGroup loops;
  private final SessionRegistry registry;
  private final Listeners listeners;
  private final Resolver resolver = new Resolver();
  private final List<ListenerTls> listenerTls = new ArrayList<>();
  private final List<ServerLegTls> serverTls = new ArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final ThreadFactory loopThreads = new DefaultThreadFactory("lastword-loop", false);
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

  private Proxy(Config config, Transport transport) {
    int count =
        config.eventLoops() == 0 ? Runtime.getRuntime().availableProcessors() : config.eventLoops();
    loops = transport.eventLoops(count, this::newLoopThread);
    registry = new SessionRegistry(config.limits().sessions());
    listeners = new Listeners(transport, loops, config.limits().writeBuffer(), registry);
  }

  /**
   * Starts a proxy.
   *
   * @throws StartFailure if an address, a certificate or a key cannot be used; the message says which and why, and nothing is left
   *     running
   */
  public static Proxy start(Config config) {
    Transport transport = Transport.best();
    Proxy proxy = new Proxy(config, transport);
    try {
      proxy.open(config, transport);
      return proxy;
    } catch (IOException | BadTlsFile e) {
      proxy.close();
      throw new StartFailure(String.valueOf(e.getMessage()), e);
    } catch (RuntimeException e) {
      proxy.close();
      throw e;
    }
  }

  private Thread newLoopThread(Runnable loop) {
    Thread thread = loopThreads.newThread(loop);
    threads.add(thread);
    return thread;
  }

  private void open(Config config, Transport transport) throws IOException {
    Dialer dialer =
        new Dialer(transport, resolver, config.timeouts().connect(), config.limits().writeBuffer());
    for (Listener listener : config.listeners()) {
      List<ServerTarget> targets = new ArrayList<>();
      for (String name : listener.servers()) {
        targets.add(target(config.server(name)));
      }
      listeners.openX(listener, service(config, listener, dialer, List.copyOf(targets)));
    }
    if (!listenerTls.isEmpty() || !serverTls.isEmpty()) {
      threads.add(
          Thread.ofPlatform()
              .daemon()
              .name("lastword-certificates")
              .start(this::watchCertificates));
    }
  }

  private XService service(
      Config config, Listener listener, Dialer dialer, List<ServerTarget> targets) {
    ListenerTls tls =
        switch (listener.tls().mode()) {
          case DISABLED, PASSTHROUGH -> null;
          case PREFERRED, REQUIRED ->
              ListenerTls.create(listener.tls(), listener.name(), config.dataDirectory());
        };
    if (tls != null) {
      listenerTls.add(tls);
    }
    AtomicInteger turn = new AtomicInteger();
    ClientTls.Mode mode = listener.tls().mode();
    return new XService(
        mode,
        Listeners.encryption(tls),
        dialer,
        () -> ServerOrder.of(listener.policy(), targets, turn.getAndIncrement()),
        config.limits().holdBack(),
        config.timeouts().handshake());
  }

  private ServerTarget target(Server server) {
    if (server.tls().mode() == ServerTls.Mode.DISABLED) {
      return new ServerTarget(server, server.x(), null);
    }
    ServerLegTls tls = ServerLegTls.create(server.tls(), server.name());
    serverTls.add(tls);
    return new ServerTarget(server, server.x(), tls);
  }

  /** Certificates are files, and reading files blocks: a thread of its own, which sleeps nearly always. */
  private void watchCertificates() {
    try {
      while (!closed.await(CERTIFICATE_CHECK_SECONDS, TimeUnit.SECONDS)) {
        listenerTls.forEach(ListenerTls::reloadIfChanged);
        serverTls.forEach(ServerLegTls::reloadIfChanged);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * The TCP port of a listener, which matters where 0 was configured.
   *
   * @throws IllegalArgumentException if there is no TCP listener of that name
   */
  public int port(String listener) {
    return listeners.port(listener);
  }

  /** The sessions that live now. */
  public SessionRegistry sessions() {
    return registry;
  }

  /**
   * Accepts nobody any more, and waits until the last session has ended by itself.
   *
   * @param atMost how long to wait; sessions that are left then go on until {@link #close}
   * @return whether all have ended
   * @throws InterruptedException if the thread is interrupted meanwhile
   */
  public boolean drain(Duration atMost) throws InterruptedException {
    listeners.close();
    return registry.awaitEmpty(atMost);
  }

  /** Waits until {@link #close} has been called, by whomever. */
  public void awaitClosed() throws InterruptedException {
    closed.await();
  }

  /** Ends every session and every thread. Later calls do nothing. */
  @Override
  public void close() {
    listeners.close();
    for (Session session : registry.live()) {
      session.eventLoop().execute(session::proxyCloses);
    }
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    resolver.close();
    closed.countDown();
    threads.forEach(Proxy::join);
    listenerTls.forEach(ListenerTls::close);
    serverTls.forEach(ServerLegTls::close);
  }

  /** Netty calls a loop terminated while its thread has still a few instructions to go. */
  private static void join(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
