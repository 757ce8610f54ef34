package dev.lastword.server;

import dev.lastword.config.Health;
import dev.lastword.config.Listener;
import dev.lastword.farewell.ServerView;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;

/** The monitors of all servers, found by the server's name. Safe for threads. */
public final class Monitors implements Diagnoser, AutoCloseable {
  private volatile Duration diagnosisTimeout;
  private final Map<String, ServerHealth> byServer = new ConcurrentSkipListMap<>();

  /**
   * Makes an empty set.
   *
   * @param diagnosisTimeout how long a diagnosis may take
   */
  public Monitors(Duration diagnosisTimeout) {
    this.diagnosisTimeout = diagnosisTimeout;
  }

  /**
   * Adds a server's monitor, which belongs to this set from then on, and makes it look. One that the server had before ends.
   *
   * @param listener is told what becomes of the server
   */
  public void add(ServerHealth health, HealthListener listener) {
    ServerHealth before = byServer.put(health.target().server().name(), health);
    health.subscribe(listener);
    if (before != null) {
      before.close();
    }
  }

  /** Ends the monitor of a server that is no longer used. */
  public void remove(String server) {
    ServerHealth before = byServer.remove(server);
    if (before != null) {
      before.close();
    }
  }

  /** The names of the servers that have one, in their order. */
  public Set<String> servers() {
    return Set.copyOf(byServer.keySet());
  }

  /** Changes how the servers are looked at, and how long a diagnosis may take, without forgetting what is known of them. */
  public void settings(Health health, Duration diagnosis) {
    diagnosisTimeout = diagnosis;
    byServer.values().forEach(monitor -> monitor.settings(health));
  }

  /** The process that answered last, if that is known, by server. */
  public Map<String, Incarnation> incarnations() {
    Map<String, Incarnation> known = new LinkedHashMap<>();
    byServer.forEach(
        (name, health) -> health.incarnation().ifPresent(process -> known.put(name, process)));
    return known;
  }

  /** Whether this server has one. */
  public boolean has(String server) {
    return byServer.containsKey(server);
  }

  /** Why a new session whose listener has that need should not go to a server, for people; empty if nothing is known against it. */
  public Optional<String> objection(ServerTarget target, Listener.Role need) {
    return objection(target.server().name(), need);
  }

  /** The same by the server's name. */
  public Optional<String> objection(String server, Listener.Role need) {
    ServerHealth health = byServer.get(server);
    return health == null ? Optional.empty() : health.objection(need);
  }

  /** Whether a new session should try a server only after all others: it is lost, shuts down, or closes every new connection. */
  public boolean isLastResort(ServerTarget target) {
    ServerHealth health = byServer.get(target.server().name());
    return health != null && health.isLastResort();
  }

  @Override
  public void diagnose(ServerLink lost, EventLoop answerOn, Consumer<ServerView> answer) {
    ServerHealth health = byServer.get(lost.target().server().name());
    if (health == null) {
      answer.accept(ServerView.UNKNOWN);
    } else {
      health.diagnose(answerOn, lost.connectedNanos(), diagnosisTimeout, answer);
    }
  }

  @Override
  public void heard(ServerTarget target) {
    ServerHealth health = byServer.get(target.server().name());
    if (health != null) {
      health.heard();
    }
  }

  @Override
  public void heardShutdown(ServerTarget target) {
    ServerHealth health = byServer.get(target.server().name());
    if (health != null) {
      health.heardShutdown();
    }
  }

  /** The monitor of each server, by name. */
  public Map<String, ServerHealth> monitors() {
    return Collections.unmodifiableMap(byServer);
  }

  /** What is known of each server now, by name. */
  public Map<String, ServerView> views() {
    Map<String, ServerView> views = new LinkedHashMap<>();
    byServer.forEach((name, health) -> views.put(name, health.view()));
    return views;
  }

  @Override
  public void close() {
    byServer.values().forEach(ServerHealth::close);
  }
}
