package dev.lastword;

import dev.lastword.admin.Steering;
import dev.lastword.config.Config;
import dev.lastword.config.InvalidConfig;
import dev.lastword.config.Listener;
import dev.lastword.farewell.ServerView;
import dev.lastword.server.HealthEvent;
import dev.lastword.session.Session;
import dev.lastword.session.SessionRegistry;
import dev.lastword.status.Event;
import dev.lastword.status.EventLog;
import dev.lastword.tls.BadTlsFile;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is done to sessions from outside of them: by who operates the proxy, and by what becomes of the servers. */
final class Operator implements Steering {
  private static final Logger log = LoggerFactory.getLogger("lastword.server");
  private static final Logger operatorLog = LoggerFactory.getLogger("lastword.operator");

  private final Serving serving;
  private final SessionRegistry registry;
  private final Drains drains;
  private final EventLog events;
  private final @Nullable Supplier<Config> again;

  Operator(
      Serving serving,
      SessionRegistry registry,
      Drains drains,
      EventLog events,
      @Nullable Supplier<Config> again) {
    this.serving = serving;
    this.registry = registry;
    this.drains = drains;
    this.events = events;
    this.again = again;
  }

  // ---- What becomes of the servers

  void serverChanged(String name, HealthEvent event) {
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
    events.enter(kind(event), name, "", 0, event.view().detail());
  }

  private static Event.Kind kind(HealthEvent event) {
    return switch (event) {
      case HealthEvent.Lost _ -> Event.Kind.SERVER_LOST;
      case HealthEvent.Recovered _ -> Event.Kind.SERVER_RECOVERED;
      case HealthEvent.Restarted _ -> Event.Kind.SERVER_RESTARTED;
      case HealthEvent.ShuttingDown _ -> Event.Kind.SERVER_SHUTTING_DOWN;
      case HealthEvent.GroupChanged _ -> Event.Kind.GROUP_CHANGED;
      case HealthEvent.LostRole _ -> Event.Kind.ROLE_LOST;
      case HealthEvent.RegainedRole _ -> Event.Kind.ROLE_REGAINED;
    };
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
    return serving.config().listeners().stream()
        .anyMatch(l -> l.name().equals(listener) && concerns(l, lost));
  }

  private boolean anybodyNeeds(String server, Listener.Role role) {
    return serving.config().listeners().stream()
        .anyMatch(l -> l.servers().contains(server) && concerns(l, role));
  }

  private static boolean concerns(Listener listener, Listener.Role role) {
    return switch (role) {
      case ANY -> true;
      case PRIMARY -> listener.role() == Listener.Role.PRIMARY;
    };
  }

  // ---- What operators do

  @Override
  public boolean kill(long session) {
    boolean found = registry.live().stream().anyMatch(live -> live.id() == session);
    registry.forEach(live -> live.id() == session, Session::kill);
    return found;
  }

  @Override
  public synchronized void drain(Scope scope) {
    requireKnown(scope);
    if (!drains.add(scope)) {
      return;
    }
    enter(Event.Kind.DRAIN_BEGAN, scope, Drains.text(scope));
    try {
      serving.obeyDrains();
    } catch (IOException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
    serving.endMisplaced();
  }

  @Override
  public synchronized void undrain(Scope scope) {
    if (!drains.contains(scope)) {
      requireKnown(scope);
    }
    if (!drains.remove(scope)) {
      return;
    }
    try {
      serving.obeyDrains();
    } catch (IOException e) {
      drains.add(scope);
      pauseAgain();
      throw new IllegalStateException(e.getMessage(), e);
    }
    registry.forEach(_ -> true, Session::stay);
    serving.endMisplaced();
    enter(Event.Kind.DRAIN_ENDED, scope, Drains.text(scope).replace("is being", "is no longer"));
  }

  private void pauseAgain() {
    try {
      serving.obeyDrains();
    } catch (IOException e) {
      operatorLog.error("event=drain-kept detail=\"{}\"", e.getMessage());
    }
  }

  private void enter(Event.Kind kind, Scope scope, String text) {
    operatorLog.warn("event={} detail=\"{}\"", kind.text(), text);
    switch (scope) {
      case Scope.WholeProxy _ -> events.enter(kind, text);
      case Scope.OneServer(String name) -> events.enter(kind, name, "", 0, text);
      case Scope.OneListener(String name) -> events.enter(kind, "", name, 0, text);
    }
  }

  private void requireKnown(Scope scope) {
    Config config = serving.config();
    switch (scope) {
      case Scope.WholeProxy _ -> {
        // There is exactly one.
      }
      case Scope.OneServer(String name) -> {
        if (config.servers().stream().noneMatch(server -> server.name().equals(name))) {
          throw new IllegalArgumentException("no server is named " + name);
        }
      }
      case Scope.OneListener(String name) -> {
        if (config.listeners().stream().noneMatch(listener -> listener.name().equals(name))) {
          throw new IllegalArgumentException("no listener is named " + name);
        }
      }
    }
  }

  @Override
  public boolean drains(Scope scope) {
    return drains.contains(scope);
  }

  @Override
  public synchronized List<String> reload() {
    if (again == null) {
      throw new IllegalStateException(
          "this proxy was not started from a file, so there is nothing to load");
    }
    try {
      List<String> changes = serving.change(again.get());
      pauseAgain();
      changes.forEach(change -> operatorLog.info("event=reloaded change=\"{}\"", change));
      String summary = changes.isEmpty() ? "nothing has changed" : String.join("; ", changes);
      operatorLog.info("event=reloaded changes={}", changes.size());
      events.enter(Event.Kind.RELOADED, summary);
      return changes;
    } catch (InvalidConfig | IllegalStateException e) {
      refused(e);
      throw e;
    } catch (IOException | BadTlsFile e) {
      refused(e);
      throw new IllegalStateException(e.getMessage(), e);
    }
  }

  private void refused(Exception why) {
    // Every problem of a file is a line of its own; an event is one.
    String text = String.valueOf(why.getMessage()).strip().replace("\n", "; ").replace('"', '\'');
    operatorLog.error("event=reload-refused detail=\"{}\"", text);
    events.enter(Event.Kind.RELOAD_REFUSED, text);
  }

  @Override
  public void logLevel(String logger, String level) {
    Logging.level(logger, level);
    operatorLog.warn("event=log-level logger={} level={}", logger, level);
  }

  @Override
  public boolean isReady() {
    Map<String, ServerView> views = serving.monitors().views();
    return serving.config().listeners().stream()
        .filter(listener -> serving.listeners().accepts(listener.name()))
        .anyMatch(listener ->
            listener.servers().stream().anyMatch(name -> serves(name, listener.role(), views)));
  }

  private boolean serves(String server, Listener.Role role, Map<String, ServerView> views) {
    ServerView view = Optional.ofNullable(views.get(server)).orElse(ServerView.UNKNOWN);
    return serving.monitors().objection(server, role).isEmpty()
        && drains.objection(server).isEmpty()
        && switch (view.state()) {
          case ALIVE, ANSWERS, RESTARTED -> true;
          case UNKNOWN, SHUTTING_DOWN, REFUSED, NO_ANSWER, LOST_ROLE -> false;
        };
  }
}
