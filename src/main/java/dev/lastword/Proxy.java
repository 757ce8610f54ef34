package dev.lastword;

import dev.lastword.classic.ClassicProbe;
import dev.lastword.classic.ClassicService;
import dev.lastword.classic.PasswordKeys;
import dev.lastword.config.Config;
import dev.lastword.config.Endpoint;
import dev.lastword.config.FarewellSettings;
import dev.lastword.config.Health;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.config.ServerTls;
import dev.lastword.farewell.Cause;
import dev.lastword.farewell.ClassicCodes;
import dev.lastword.farewell.Farewell;
import dev.lastword.farewell.Ledger;
import dev.lastword.farewell.ServerView;
import dev.lastword.listen.Listeners;
import dev.lastword.relay.Transport;
import dev.lastword.route.ServerOrder;
import dev.lastword.server.Dialer;
import dev.lastword.server.EitherProbe;
import dev.lastword.server.HealthEvent;
import dev.lastword.server.Monitors;
import dev.lastword.server.Probe;
import dev.lastword.server.Resolver;
import dev.lastword.server.ServerHealth;
import dev.lastword.server.ServerTarget;
import dev.lastword.session.Service;
import dev.lastword.session.Session;
import dev.lastword.session.SessionRegistry;
import dev.lastword.status.LossCounters;
import dev.lastword.status.SentCounters;
import dev.lastword.tls.BadTlsFile;
import dev.lastword.tls.ListenerTls;
import dev.lastword.tls.ServerLegTls;
import dev.lastword.x.XProbe;
import dev.lastword.x.XSentinel;
import dev.lastword.x.XService;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
  private static final Logger log = LoggerFactory.getLogger("lastword.server");

  private static final long CERTIFICATE_CHECK_SECONDS = 2;

  /** How long it may take until a drain notices that it is to end. */
  private static final Duration DRAIN_LOOK = Duration.ofMillis(50);

  private final Config config;
  private final EventLoopGroup loops;
  private final FarewellSettings farewell;
  private final SentCounters sent = new SentCounters();
  private final LossCounters losses = new LossCounters();
  private final Ledger ledger;
  private final Monitors monitors;
  private final SessionRegistry registry;
  private final Listeners listeners;
  private final Resolver resolver = new Resolver();
  private final List<ListenerTls> listenerTls = new ArrayList<>();
  private final Map<String, ServerLegTls> serverTls = new LinkedHashMap<>();
  private @Nullable PasswordKeys passwordKeys;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final ThreadFactory loopThreads = new DefaultThreadFactory("lastword-loop", false);
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

  private Proxy(Config config, Transport transport) {
    this.config = config;
    int count =
        config.eventLoops() == 0 ? Runtime.getRuntime().availableProcessors() : config.eventLoops();
    loops = transport.eventLoops(count, this::newLoopThread);
    farewell = config.farewell();
    ledger = new Ledger(farewell.ledger());
    monitors = new Monitors(farewell.diagnosisTimeout());
    registry = new SessionRegistry(config.limits().sessions(), ledger, losses);
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
    Map<Listener, Service> services = new LinkedHashMap<>();
    Map<String, Boolean> classicByServer = new LinkedHashMap<>();
    for (Listener listener : config.listeners()) {
      boolean classic = listener.protocol() == Listener.Protocol.CLASSIC;
      for (String name : listener.servers()) {
        classicByServer.merge(name, classic, Boolean::logicalOr);
      }
      services.put(listener, service(config, listener, dialer));
    }
    classicByServer.forEach(
        (name, classic) -> monitor(config.server(name), classic, dialer, config.health()));
    for (var entry : services.entrySet()) {
      Listener listener = entry.getKey();
      Service shared = entry.getValue();
      ListenerTls tls = tls(config, listener);
      switch (listener.protocol()) {
        case X ->
            listeners.openX(
                listener,
                new XService(shared, listener.tls().mode(), Listeners.encryption(tls), sent));
        case CLASSIC ->
            listeners.openClassic(
                listener,
                new ClassicService(
                    shared,
                    listener.tls().mode(),
                    Listeners.encryption(tls),
                    codes(listener),
                    passwordKeys()));
      }
    }
    long period = tickMillis(config);
    loops
        .next()
        .scheduleAtFixedRate(
            () -> registry.forEach(_ -> true, session -> session.tick(System.nanoTime())),
            period,
            period,
            TimeUnit.MILLISECONDS);
    if (!listenerTls.isEmpty() || !serverTls.isEmpty()) {
      threads.add(
          Thread.ofPlatform()
              .daemon()
              .name("lastword-certificates")
              .start(this::watchCertificates));
    }
  }

  /** A server that classic sessions use is looked at over X too: that is what it counts as no failed login. */
  private void monitor(Server server, boolean classic, Dialer dialer, Health settings) {
    ServerTarget x = target(server, Listener.Protocol.X);
    Probe overX =
        server
            .monitor()
            .<Probe>map(account -> new XSentinel(dialer, account))
            .orElseGet(() -> new XProbe(dialer));
    Probe probe =
        classic
            ? new EitherProbe(overX, x, server.monitor().isPresent(), new ClassicProbe(dialer))
            : overX;
    ServerTarget target = classic ? target(server, Listener.Protocol.CLASSIC) : x;
    monitors.add(new ServerHealth(loops.next(), target, probe, settings), this::serverChanged);
  }

  private void serverChanged(ServerHealth health, HealthEvent event) {
    String name = health.target().server().name();
    switch (event) {
      case HealthEvent.Lost lost -> sessionsLost(name, _ -> true, lost.view());
      case HealthEvent.Restarted restarted ->
          sessionsLost(
              name, session -> restarted.ends(session.serverConnectedNanos()), restarted.view());
      case HealthEvent.LostRole lost -> {
        if (!anybodyNeeds(name, lost.need())) {
          return;
        }
        sessionsLost(name, session -> needs(session.listener(), lost.need()), lost.view());
      }
      case HealthEvent.RegainedRole regained -> {
        if (!anybodyNeeds(name, regained.need())) {
          return;
        }
      }
      case HealthEvent.Recovered _, HealthEvent.ShuttingDown _, HealthEvent.GroupChanged _ -> {
        // Evidence for those who ask; no session ends for it.
      }
    }
    log.warn("event=server-{} server={} detail=\"{}\"", event.name(), name, event.view().detail());
  }

  /** Which server a session has is asked on its own loop: one that is just being connected may have it when the loop gets there. */
  private void sessionsLost(String server, Predicate<Session> which, ServerView view) {
    registry.forEach(
        _ -> true,
        session -> {
          if (session.server().equals(server) && which.test(session)) {
            session.serverLost(view);
          }
        });
  }

  /** Whether sessions of that listener are concerned by the loss of a role. */
  private boolean needs(String listener, Listener.Role lost) {
    return config.listeners().stream()
        .anyMatch(l -> l.name().equals(listener) && concerns(l, lost));
  }

  private boolean anybodyNeeds(String server, Listener.Role role) {
    return config.listeners().stream()
        .anyMatch(l -> l.servers().contains(server) && concerns(l, role));
  }

  private static boolean concerns(Listener listener, Listener.Role role) {
    return switch (role) {
      case ANY -> true;
      case PRIMARY -> listener.role() == Listener.Role.PRIMARY;
    };
  }

  /** Often enough that no limit on silence is exceeded by more than a quarter of itself, or by a second. */
  private static long tickMillis(Config config) {
    long shortest = config.timeouts().halfRequest().toMillis();
    for (Listener listener : config.listeners()) {
      if (!listener.idleTimeout().isZero()) {
        shortest = Math.min(shortest, listener.idleTimeout().toMillis());
      }
    }
    return Math.clamp(shortest / 4, 25, 1_000);
  }

  private Service service(Config config, Listener listener, Dialer dialer) {
    List<ServerTarget> targets = new ArrayList<>();
    for (String name : listener.servers()) {
      targets.add(target(config.server(name), listener.protocol()));
    }
    List<ServerTarget> all = List.copyOf(targets);
    AtomicInteger turn = new AtomicInteger();
    return new Service(
        dialer.unless(server -> monitors.objection(server, listener.role())),
        () ->
            ServerOrder.of(listener.policy(), all, turn.getAndIncrement(), monitors::isLastResort),
        config.limits().holdBack(),
        config.timeouts().handshake(),
        listener.idleTimeout(),
        config.timeouts().halfRequest(),
        listener.whenNoServer(),
        farewell.linger(),
        monitors);
  }

  private @Nullable ListenerTls tls(Config config, Listener listener) {
    ListenerTls tls =
        switch (listener.tls().mode()) {
          case DISABLED, PASSTHROUGH -> null;
          case PREFERRED, REQUIRED ->
              ListenerTls.create(listener.tls(), listener.name(), config.dataDirectory());
        };
    if (tls != null) {
      listenerTls.add(tls);
    }
    return tls;
  }

  private static ClassicCodes codes(Listener listener) {
    Map<Cause.Reason, Farewell.Err> chosen = new EnumMap<>(Cause.Reason.class);
    listener
        .codes()
        .forEach((reason, error) ->
            chosen.put(reason(reason), new Farewell.Err(error.code(), error.sqlState())));
    return new ClassicCodes(chosen);
  }

  private static Cause.Reason reason(Listener.Reason reason) {
    return switch (reason) {
      case SHUTDOWN -> Cause.Reason.SHUTDOWN;
      case KILLED -> Cause.Reason.KILLED;
      case TIMEOUT -> Cause.Reason.TIMEOUT;
      case RESET -> Cause.Reason.RESET;
      case TOO_MANY -> Cause.Reason.TOO_MANY;
      case HANDSHAKE_TIMEOUT -> Cause.Reason.HANDSHAKE_TIMEOUT;
      case BAD_HANDSHAKE -> Cause.Reason.BAD_HANDSHAKE;
    };
  }

  private PasswordKeys passwordKeys() {
    PasswordKeys known = passwordKeys;
    if (known == null) {
      known =
          new PasswordKeys(task ->
              threads.add(Thread.ofPlatform().daemon().name("lastword-password-keys").start(task)));
      passwordKeys = known;
    }
    return known;
  }

  private ServerTarget target(Server server, Listener.Protocol protocol) {
    Endpoint endpoint =
        switch (protocol) {
          case X -> server.x();
          case CLASSIC -> server.classic();
        };
    return new ServerTarget(server, endpoint, tls(server));
  }

  private @Nullable ServerLegTls tls(Server server) {
    if (server.tls().mode() == ServerTls.Mode.DISABLED) {
      return null;
    }
    return serverTls.computeIfAbsent(
        server.name(), name -> ServerLegTls.create(server.tls(), name));
  }

  /** Certificates are files, and reading files blocks: a thread of its own, which sleeps nearly always. */
  private void watchCertificates() {
    try {
      while (!closed.await(CERTIFICATE_CHECK_SECONDS, TimeUnit.SECONDS)) {
        listenerTls.forEach(ListenerTls::reloadIfChanged);
        serverTls.values().forEach(ServerLegTls::reloadIfChanged);
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
    return monitors;
  }

  /** The last sessions that ended, and why. */
  public Ledger ledger() {
    return ledger;
  }

  /**
   * Ends a session as its operator; its client is told that it was killed.
   *
   * @return whether a session of that number lives
   */
  public boolean kill(long session) {
    boolean found = registry.live().stream().anyMatch(live -> live.id() == session);
    registry.forEach(live -> live.id() == session, Session::kill);
    return found;
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
    listeners.close();
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
    listeners.close();
    monitors.close();
    registry.forEach(_ -> true, session -> session.proxyGoesAway(true));
    try {
      registry.awaitFarewells(farewell.linger());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    listeners.closeClients();
    // Without a quiet period a loop that is at work just now ends without closing what it has open.
    loops.shutdownGracefully(1, 5_000, TimeUnit.MILLISECONDS).awaitUninterruptibly();
    resolver.close();
    closed.countDown();
    threads.forEach(Proxy::join);
    listenerTls.forEach(ListenerTls::close);
    serverTls.values().forEach(ServerLegTls::close);
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
