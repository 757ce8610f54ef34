package dev.lastword;

import dev.lastword.classic.ClassicProbe;
import dev.lastword.classic.ClassicService;
import dev.lastword.classic.PasswordKeys;
import dev.lastword.config.Config;
import dev.lastword.config.Endpoint;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.config.Settings;
import dev.lastword.farewell.Cause;
import dev.lastword.farewell.ClassicCodes;
import dev.lastword.farewell.Farewell;
import dev.lastword.farewell.Ledger;
import dev.lastword.listen.Listeners;
import dev.lastword.relay.Transport;
import dev.lastword.route.ServerOrder;
import dev.lastword.server.Dialer;
import dev.lastword.server.EitherProbe;
import dev.lastword.server.HealthListener;
import dev.lastword.server.Monitors;
import dev.lastword.server.Probe;
import dev.lastword.server.Resolver;
import dev.lastword.server.ServerHealth;
import dev.lastword.server.ServerTarget;
import dev.lastword.session.Service;
import dev.lastword.session.Session;
import dev.lastword.session.SessionRegistry;
import dev.lastword.status.SentCounters;
import dev.lastword.x.XProbe;
import dev.lastword.x.XSentinel;
import dev.lastword.x.XService;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What the configuration makes: listeners, what their sessions share, and the monitors of the servers. It can be changed while sessions
 * live: those keep what they began with, unless what serves them is gone.
 */
final class Serving {
  /** So long after a diagnosis is over at the latest nobody asks any more what became of a server that no session has. */
  private static final Duration UNUSED = Duration.ofSeconds(2);

  /** A server as sessions of one protocol reach it. */
  private record Place(String server, String protocol) {}

  private final Transport transport;
  private final EventLoopGroup loops;
  private final SessionRegistry registry;
  private final Ledger ledger;
  private final SentCounters sent;
  private final Certificates certificates;
  private final Drains drains;
  private final HealthListener healthListener;
  private final Consumer<Thread> threads;
  private final Resolver resolver = new Resolver();
  private final Monitors monitors;
  private final Listeners listeners;
  private final Map<String, AtomicInteger> turns = new HashMap<>();
  private @Nullable PasswordKeys passwordKeys;
  private @Nullable ScheduledFuture<?> ticks;
  private volatile Config config;

  /** When a place got another address. */
  private final Map<Place, Long> moved = new ConcurrentHashMap<>();

  /** Servers that are no longer used, and when a session was last seen on one. */
  private final Map<String, Long> leaving = new ConcurrentHashMap<>();

  private volatile boolean reloaded;
  private boolean stopped;

  /**
   * Makes it, with nothing open yet.
   *
   * @param threads is told of each thread that is started
   */
  Serving(
      Config config,
      Transport transport,
      EventLoopGroup loops,
      SessionRegistry registry,
      Ledger ledger,
      SentCounters sent,
      Certificates certificates,
      Drains drains,
      HealthListener healthListener,
      Consumer<Thread> threads) {
    this.config = config;
    this.transport = transport;
    this.loops = loops;
    this.registry = registry;
    this.ledger = ledger;
    this.sent = sent;
    this.certificates = certificates;
    this.drains = drains;
    this.healthListener = healthListener;
    this.threads = threads;
    monitors = new Monitors(config.farewell().diagnosisTimeout());
    listeners = new Listeners(transport, loops, registry);
  }

  Config config() {
    return config;
  }

  Monitors monitors() {
    return monitors;
  }

  Listeners listeners() {
    return listeners;
  }

  /**
   * Opens what the configuration says.
   *
   * @throws IOException if an address cannot be had
   * @throws dev.lastword.tls.BadTlsFile if a certificate or key cannot be used
   */
  synchronized void open() throws IOException {
    Dialer dialer = dialer(config);
    Map<Listener, Opening> openings = openings(config, dialer);
    for (Server server : config.servers()) {
      if (isUsed(config, server)) {
        monitor(config, server, dialer);
      }
    }
    for (Opening opening : openings.values()) {
      opening.open();
    }
    tick();
  }

  /**
   * Changes to another configuration.
   *
   * @return what is different, a line each
   * @throws IllegalStateException if it needs a restart; nothing has changed then
   * @throws IOException if an address cannot be had; nothing has changed then
   * @throws dev.lastword.tls.BadTlsFile if a certificate or key cannot be used; nothing has changed then
   */
  synchronized List<String> change(Config next) throws IOException {
    if (stopped) {
      throw new IllegalStateException("nothing was changed, because the proxy is ending");
    }
    Config before = config;
    List<String> changes = Settings.changes(before, next);
    refuseRestart(before, next);
    Dialer dialer = dialer(next);
    Certificates.Held held = certificates.held();
    try {
      openAll(before, next, dialer);
    } catch (IOException | RuntimeException e) {
      certificates.backTo(held);
      throw e;
    }
    for (Listener listener : before.listeners()) {
      if (find(next.listeners(), Listener::name, listener.name()) == null) {
        listeners.remove(listener.name());
      }
    }
    noteMoves(before, next);
    config = next;
    reloaded = true;
    monitor(before, next, dialer);
    registry.limit(next.limits().sessions());
    ledger.capacity(next.farewell().ledger());
    certificates.retain(next);
    certificates.reloadIfChanged();
    tick();
    endMisplaced();
    return changes;
  }

  private static void refuseRestart(Config before, Config next) {
    List<String> fixed = new ArrayList<>();
    if (before.eventLoops() != next.eventLoops()) {
      fixed.add("event-loops");
    }
    if (!before.dataDirectory().equals(next.dataDirectory())) {
      fixed.add("data-directory");
    }
    if (!before.admin().equals(next.admin())) {
      fixed.add("admin");
    }
    if (!fixed.isEmpty()) {
      throw new IllegalStateException(
          "nothing was changed, because this takes a restart: " + String.join(", ", fixed));
    }
  }

  /** Either all listeners are as the new configuration has them, or all as they were. */
  private void openAll(Config before, Config next, Dialer dialer) throws IOException {
    Map<Listener, Opening> back = openings(before, dialer(before));
    List<String> opened = new ArrayList<>();
    try {
      for (var entry : openings(next, dialer).entrySet()) {
        entry.getValue().open();
        opened.add(entry.getKey().name());
      }
    } catch (IOException e) {
      for (String name : opened) {
        Listener was = find(before.listeners(), Listener::name, name);
        Listener is = find(next.listeners(), Listener::name, name);
        if (was == null || is == null || !was.bind().equals(is.bind())) {
          listeners.remove(name);
        }
      }
      for (var entry : back.entrySet()) {
        if (opened.contains(entry.getKey().name())) {
          entry.getValue().open();
        }
      }
      obeyDrains();
      throw e;
    }
  }

  // ---- Sessions whose place is gone

  private void noteMoves(Config before, Config next) {
    for (Server is : next.servers()) {
      Server was = find(before.servers(), Server::name, is.name());
      if (was != null && !was.x().equals(is.x())) {
        moved.put(new Place(is.name(), "x"), System.nanoTime());
      }
      if (was != null && !was.classic().equals(is.classic())) {
        moved.put(new Place(is.name(), "classic"), System.nanoTime());
      }
    }
  }

  /** Ends, as soon as they are done, the sessions that have no place any more: drained, or changed away. */
  void endMisplaced() {
    registry.forEach(_ -> true, session -> objection(session).ifPresent(session::drain));
  }

  /** Why a session is to end; asked on its event loop. */
  private Optional<String> objection(Session session) {
    return drains.objection(session).or(() -> reloaded ? misplaced(session) : Optional.empty());
  }

  /** Its listener or server is no more, or is another one under the same name. */
  private Optional<String> misplaced(Session session) {
    Config now = config;
    String server = session.server();
    Listener listener = find(now.listeners(), Listener::name, session.listener());
    if (listener == null) {
      return Optional.of("listener " + session.listener() + " was removed");
    }
    if (server.isEmpty()) {
      return Optional.empty();
    }
    if (find(now.servers(), Server::name, server) == null) {
      return Optional.of("server " + server + " was removed");
    }
    Long at = moved.get(new Place(server, session.protocol()));
    if (at != null && session.serverConnectedNanos() - at < 0) {
      return Optional.of("server " + server + " has another address");
    }
    return listener.servers().contains(server)
        ? Optional.empty()
        : Optional.of("listener " + listener.name() + " no longer uses server " + server);
  }

  private static <T> @Nullable T find(List<T> all, Function<T, String> name, String wanted) {
    for (T one : all) {
      if (name.apply(one).equals(wanted)) {
        return one;
      }
    }
    return null;
  }

  // ---- Monitors

  private void monitor(Config before, Config next, Dialer dialer) {
    if (!before.health().equals(next.health())
        || !before.farewell().diagnosisTimeout().equals(next.farewell().diagnosisTimeout())) {
      monitors.settings(next.health(), next.farewell().diagnosisTimeout());
    }
    for (Server server : next.servers()) {
      Server was = find(before.servers(), Server::name, server.name());
      boolean same =
          server.equals(was)
              && isClassic(before, server) == isClassic(next, server)
              && monitors.has(server.name());
      if (isUsed(next, server) && !same) {
        monitor(next, server, dialer);
      }
    }
    for (String name : monitors.servers()) {
      Server is = find(next.servers(), Server::name, name);
      if (is == null || !isUsed(next, is)) {
        // Its last sessions may still have to be told what becomes of it.
        leaving.put(name, System.nanoTime());
      } else {
        leaving.remove(name);
      }
    }
  }

  private static boolean isUsed(Config config, Server server) {
    return config.listeners().stream().anyMatch(l -> l.servers().contains(server.name()));
  }

  private static boolean isClassic(Config config, Server server) {
    return config.listeners().stream()
        .anyMatch(
            l -> l.protocol() == Listener.Protocol.CLASSIC && l.servers().contains(server.name()));
  }

  /** A server that classic sessions use is looked at over X too: that is what it counts as no failed login. */
  private void monitor(Config config, Server server, Dialer dialer) {
    ServerTarget x = target(server, Listener.Protocol.X);
    boolean classic = isClassic(config, server);
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
    monitors.add(new ServerHealth(loops.next(), target, probe, config.health()), healthListener);
  }

  // ---- Listeners

  /** One listener that is about to open. */
  @FunctionalInterface
  private interface Opening {
    void open() throws IOException;
  }

  /** Everything that can go wrong but binding has been tried when this returns. */
  private Map<Listener, Opening> openings(Config config, Dialer dialer) {
    Map<Listener, Opening> openings = new LinkedHashMap<>();
    int writeBuffer = config.limits().writeBuffer();
    for (Listener listener : config.listeners()) {
      Service shared = service(config, listener, dialer);
      var encryption = Listeners.encryption(certificates.of(listener, config.dataDirectory()));
      openings.put(
          listener,
          switch (listener.protocol()) {
            case X -> {
              XService service = new XService(shared, listener.tls().mode(), encryption, sent);
              yield () -> listeners.openX(listener, service, writeBuffer);
            }
            case CLASSIC -> {
              ClassicService service =
                  new ClassicService(
                      shared, listener.tls().mode(), encryption, codes(listener), passwordKeys());
              yield () -> listeners.openClassic(listener, service, writeBuffer);
            }
          });
    }
    return openings;
  }

  private Dialer dialer(Config config) {
    return new Dialer(
        transport, resolver, config.timeouts().connect(), config.limits().writeBuffer());
  }

  private Service service(Config config, Listener listener, Dialer dialer) {
    List<ServerTarget> targets = new ArrayList<>();
    for (String name : listener.servers()) {
      targets.add(target(config.server(name), listener.protocol()));
    }
    List<ServerTarget> all = List.copyOf(targets);
    AtomicInteger turn = turns.computeIfAbsent(listener.name(), _ -> new AtomicInteger());
    Predicate<ServerTarget> hopeless =
        server ->
            monitors.isLastResort(server) || drains.objection(server.server().name()).isPresent();
    return new Service(
        dialer.unless(server -> objection(server, listener.role())),
        () -> ServerOrder.of(listener.policy(), all, turn.getAndIncrement(), hopeless),
        config.limits().holdBack(),
        config.timeouts().handshake(),
        listener.idleTimeout(),
        config.timeouts().halfRequest(),
        listener.whenNoServer(),
        config.farewell().linger(),
        monitors);
  }

  private Optional<String> objection(ServerTarget server, Listener.Role role) {
    return drains.objection(server.server().name()).or(() -> monitors.objection(server, role));
  }

  private ServerTarget target(Server server, Listener.Protocol protocol) {
    Endpoint endpoint =
        switch (protocol) {
          case X -> server.x();
          case CLASSIC -> server.classic();
        };
    return new ServerTarget(server, endpoint, certificates.of(server));
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
              threads.accept(
                  Thread.ofPlatform().daemon().name("lastword-password-keys").start(task)));
      passwordKeys = known;
    }
    return known;
  }

  /** Lets the listener accept clients, or not, as what is drained has it. */
  synchronized void obeyDrains() throws IOException {
    if (stopped) {
      return;
    }
    for (Listener listener : config.listeners()) {
      if (drains.closes(listener.name())) {
        listeners.pause(listener.name());
      } else {
        listeners.resume(listener.name());
      }
    }
  }

  // ---- Time

  private void tick() {
    if (ticks != null) {
      ticks.cancel(false);
    }
    long period = tickMillis(config);
    ticks = loops.next().scheduleAtFixedRate(this::askAll, period, period, TimeUnit.MILLISECONDS);
  }

  private void askAll() {
    long now = System.nanoTime();
    long unused = config.farewell().diagnosisTimeout().plus(UNUSED).toNanos();
    leaving.forEach((name, seenNanos) -> {
      if (now - seenNanos > unused && leaving.remove(name, seenNanos)) {
        monitors.remove(name);
      }
    });
    boolean objecting = drains.any() || reloaded;
    registry.forEach(
        _ -> true,
        session -> {
          session.tick(System.nanoTime());
          if (objecting) {
            // One that was just being connected when its place was taken away.
            objection(session).ifPresent(session::drain);
            leaving.computeIfPresent(session.server(), (_, _) -> System.nanoTime());
          }
        });
  }

  /** Often enough that no limit on silence is exceeded by more than a quarter of itself, or by a second. */
  private static long tickMillis(Config config) {
    long shortest = config.timeouts().halfRequest().toMillis();
    for (Listener listener : config.listeners()) {
      Duration idle = listener.idleTimeout();
      if (!idle.isZero()) {
        shortest = Math.min(shortest, idle.toMillis());
      }
    }
    return Math.clamp(shortest / 4, 25, 1_000);
  }

  /** Accepts nobody any more, and takes no other configuration. */
  synchronized void stopListening() {
    stopped = true;
    listeners.close();
  }

  /** Ends what is still open; the event loops have ended. */
  void close() {
    resolver.close();
  }
}
