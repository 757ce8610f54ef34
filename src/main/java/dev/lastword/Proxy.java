package dev.lastword;

import dev.lastword.admin.Catalog;
import dev.lastword.admin.Steering;
import dev.lastword.admin.Tables;
import dev.lastword.admin.http.Subject;
import dev.lastword.admin.metrics.Meters;
import dev.lastword.admin.metrics.Sources;
import dev.lastword.config.Config;
import dev.lastword.farewell.Ledger;
import dev.lastword.farewell.LostSession;
import dev.lastword.relay.Transport;
import dev.lastword.server.HealthEvent;
import dev.lastword.server.Monitors;
import dev.lastword.server.ServerHealth;
import dev.lastword.session.SessionRegistry;
import dev.lastword.status.Event;
import dev.lastword.status.EventLog;
import dev.lastword.status.LossCounters;
import dev.lastword.status.SentCounters;
import dev.lastword.tls.BadTlsFile;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

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
  /** How long it may take until a drain notices that it is to end. */
  private static final Duration DRAIN_LOOK = Duration.ofMillis(50);

  private static final int EVENTS_REMEMBERED = 1_000;

  private final EventLoopGroup loops;
  private final SentCounters sent = new SentCounters();
  private final LossCounters losses = new LossCounters();
  private final EventLog events = new EventLog(EVENTS_REMEMBERED);
  private final Instant started = Instant.now();
  private final Ledger ledger;
  private final SessionRegistry registry;
  private final Certificates certificates = new Certificates();
  private final Serving serving;
  private final Operator operator;
  private @Nullable Meters meters;
  private @Nullable AdminServers admin;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final ThreadFactory loopThreads = new DefaultThreadFactory("lastword-loop", false);
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

  private Proxy(Config config, Transport transport, @Nullable Supplier<Config> again) {
    int count =
        config.eventLoops() == 0 ? Runtime.getRuntime().availableProcessors() : config.eventLoops();
    loops = transport.eventLoops(count, this::newLoopThread);
    ledger = new Ledger(config.farewell().ledger());
    registry = new SessionRegistry(config.limits().sessions(), ledger, losses);
    registry.onLoss(this::lost);
    Drains drains = new Drains();
    serving =
        new Serving(
            config,
            transport,
            loops,
            registry,
            ledger,
            sent,
            certificates,
            drains,
            this::serverChanged,
            threads::add);
    operator = new Operator(serving, registry, drains, events, again);
  }

  /**
   * Starts a proxy.
   *
   * @throws StartFailure if an address, a certificate or a key cannot be used; the message says which and why, and nothing is left
   *     running
   */
  public static Proxy start(Config config) {
    return start(config, null);
  }

  /**
   * Starts a proxy whose configuration can be loaded anew.
   *
   * @param again loads it, and throws {@link dev.lastword.config.InvalidConfig} if it cannot be used; null if it cannot be loaded anew
   * @throws StartFailure if an address, a certificate or a key cannot be used; the message says which and why, and nothing is left
   *     running
   */
  public static Proxy start(Config config, @Nullable Supplier<Config> again) {
    Proxy proxy = new Proxy(config, Transport.best(), again);
    try {
      proxy.serving.open();
      proxy.threads.add(proxy.certificates.watch());
      AdminServers admin =
          AdminServers.open(config.admin(), proxy.subject(), config.dataDirectory());
      proxy.admin = admin;
      proxy.certificates.also(admin::reloadCertificates);
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

  private void lost(LostSession lost) {
    events.enter(
        Event.Kind.LOSS,
        lost.server(),
        lost.listener(),
        lost.id(),
        lost.verdict().cause().text() + ": " + lost.verdict().detail());
  }

  private void serverChanged(ServerHealth health, HealthEvent event) {
    operator.serverChanged(health.target().server().name(), event);
  }

  /**
   * The TCP port of a listener, which matters where 0 was configured.
   *
   * @throws IllegalArgumentException if there is no TCP listener of that name
   */
  public int port(String listener) {
    return serving.listeners().port(listener);
  }

  /** The sessions that live now. */
  public SessionRegistry sessions() {
    return registry;
  }

  /** What X clients were sent: the status variables, and the notices by kind. */
  public SentCounters sent() {
    return sent;
  }

  /** How sessions ended. */
  public LossCounters losses() {
    return losses;
  }

  /** What is known of the servers. */
  public Monitors servers() {
    return serving.monitors();
  }

  /** The last sessions that ended, and why. */
  public Ledger ledger() {
    return ledger;
  }

  /** What happened lately. */
  public EventLog events() {
    return events;
  }

  private Subject subject() {
    return new Subject(
        Version.version(),
        started,
        catalog(),
        operator,
        events,
        ledger,
        (accept, out) -> meters().scrape(accept, out));
  }

  /** The port of the web page and the HTTP API; empty if the configuration has none. */
  public OptionalInt httpPort() {
    return admin == null ? OptionalInt.empty() : admin.httpPort();
  }

  /** The port of the SQL endpoint; empty if the configuration has none. */
  public OptionalInt sqlPort() {
    return admin == null ? OptionalInt.empty() : admin.sqlPort();
  }

  /** All that can be looked at. */
  public Catalog catalog() {
    return new Tables(
            Version.version(),
            started,
            serving::config,
            registry,
            serving.monitors(),
            ledger,
            sent,
            losses,
            events,
            operator,
            this::portOrNone,
            serving.listeners()::accepts)
        .catalog();
  }

  /** A listener may be gone since its name was asked for. */
  private int portOrNone(String listener) {
    try {
      return port(listener);
    } catch (IllegalArgumentException _) {
      return -1;
    }
  }

  /** What Prometheus reads, made when it is first asked for. */
  public synchronized Meters meters() {
    Meters known = meters;
    if (known == null) {
      known =
          new Meters(
              new Sources(
                  Version.version(),
                  started,
                  serving::config,
                  sent,
                  losses,
                  registry,
                  serving.monitors(),
                  operator,
                  loops));
      meters = known;
    }
    return known;
  }

  private void closeAdmin() {
    if (admin != null) {
      admin.close();
    }
    // Only now: an operator who still asks needs the lock, too.
    synchronized (this) {
      if (meters != null) {
        meters.close();
      }
    }
  }

  /** What an operator can do. */
  public Steering steering() {
    return operator;
  }

  /**
   * Ends a session as its operator; its client is told that it was killed.
   *
   * @return whether a session of that number lives
   */
  public boolean kill(long session) {
    return operator.kill(session);
  }

  /**
   * Accepts nobody any more, tells the sessions that are doing nothing that the proxy is going away, and lets the others finish their
   * request and their transaction before they are told.
   *
   * @param atMost how long to wait for those; sessions that are left then go on until {@link #close}
   * @return whether all have ended
   * @throws InterruptedException if the thread is interrupted meanwhile
   */
  public boolean drain(Duration atMost) throws InterruptedException {
    return drain(atMost, new CountDownLatch(1));
  }

  /** The same, which waits no longer when {@code enough} is counted down. */
  boolean drain(Duration atMost, CountDownLatch enough) throws InterruptedException {
    serving.stopListening();
    long deadline = System.nanoTime() + atMost.toNanos();
    do {
      // More than once, because a client that was accepted just before may have become a session
      // just now.
      registry.forEach(_ -> true, session -> session.proxyGoesAway(false));
      if (registry.awaitEmpty(DRAIN_LOOK)) {
        return true;
      }
    } while (System.nanoTime() < deadline && enough.getCount() > 0);
    return false;
  }

  /** Waits until {@link #close} has been called, by whomever. */
  public void awaitClosed() throws InterruptedException {
    closed.await();
  }

  /**
   * Tells every session that the proxy is going away, gives the clients {@code farewell.linger} to read it, and ends every thread. Later
   * calls do nothing.
   */
  @Override
  public void close() {
    serving.stopListening();
    closeAdmin();
    registry.forEach(_ -> true, session -> session.proxyGoesAway(true));
    // Behind that: who waits for a diagnosis is told before it gets none.
    serving.monitors().close();
    try {
      registry.awaitFarewells(serving.config().farewell().linger());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    serving.listeners().closeClients();
    // Without a quiet period a loop that is at work just now ends without closing what it has open.
    loops.shutdownGracefully(1, 5_000, TimeUnit.MILLISECONDS).awaitUninterruptibly();
    serving.close();
    certificates.stopWatching();
    closed.countDown();
    threads.forEach(Proxy::join);
    certificates.close();
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
