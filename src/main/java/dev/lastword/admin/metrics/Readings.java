package dev.lastword.admin.metrics;

import dev.lastword.admin.Steering.Scope;
import dev.lastword.config.Config;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.farewell.Cause;
import dev.lastword.farewell.ServerView;
import dev.lastword.server.HealthFigures;
import dev.lastword.server.ServerHealth;
import dev.lastword.session.SessionCensus;
import dev.lastword.status.NoticeKind;
import dev.lastword.status.SessionCounters;
import dev.lastword.status.SessionCounters.Door;
import dev.lastword.status.Traffic;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Reads everything once for each scrape. What can be foreseen is there from the start, with 0: Prometheus sees a counter grow only if it
 * has seen it before.
 */
final class Readings implements MultiCollector {
  /** A loop that counts its sessions no sooner than that is in trouble, which other metrics tell. */
  private static final Duration COUNTING = Duration.ofSeconds(1);

  /** What clients that are logged in are told, by a server or the proxy. */
  private static final List<Cause.Reason> NOTICED =
      List.of(Cause.Reason.SHUTDOWN, Cause.Reason.KILLED, Cause.Reason.TIMEOUT);

  private static final Map<String, Cause> CAUSES = causes();

  private final Sources sources;
  private final LoopBeats beats;

  Readings(Sources sources, LoopBeats beats) {
    this.sources = sources;
    this.beats = beats;
  }

  @Override
  public MetricSnapshots collect() {
    Sheet sheet = new Sheet();
    Config config = sources.config().get();
    proxy(sheet, config);
    sessions(sheet, config);
    ends(sheet, config);
    farewells(sheet, config);
    notices(sheet);
    sources.monitors().monitors().forEach((name, health) -> server(sheet, name, health));
    beats.write(sheet);
    buffers(sheet);
    return sheet.snapshots();
  }

  private void proxy(Sheet sheet, Config config) {
    sheet.add(Family.BUILD, 1, sources.version());
    sheet.add(Family.START_TIME, sources.started().toEpochMilli() / 1e3);
    sheet.add(Family.READY, sources.steering().isReady());
    draining(sheet, new Scope.WholeProxy(), "proxy", "");
    for (Server server : config.servers()) {
      draining(sheet, new Scope.OneServer(server.name()), "server", server.name());
    }
    for (Listener listener : config.listeners()) {
      draining(sheet, new Scope.OneListener(listener.name()), "listener", listener.name());
    }
    sheet.add(Family.SESSIONS_LIMIT, config.limits().sessions());
  }

  private void draining(Sheet sheet, Scope scope, String kind, String name) {
    sheet.add(Family.DRAINING, sources.steering().drains(scope), kind, name);
  }

  // ---- Sessions

  private void sessions(Sheet sheet, Config config) {
    for (Listener listener : config.listeners()) {
      String name = listener.name();
      String protocol = protocol(listener);
      sheet.add(Family.LISTENER_SESSIONS_LIMIT, listener.maxSessions(), name, protocol);
      sheet.add(Family.SESSIONS, 0, name, protocol, "", "connecting");
      for (String server : listener.servers()) {
        for (String state : List.of("unauthenticated", "idle", "waiting", "mid-result")) {
          sheet.add(Family.SESSIONS, 0, name, protocol, server, state);
        }
      }
      sheet.add(Family.OPENED, 0, name, protocol);
      for (Cause cause : List.of(Cause.TOO_MANY_SESSIONS, Cause.CLIENT_REFUSED)) {
        sheet.add(Family.REFUSED, 0, name, protocol, cause.text());
      }
      for (Family flow : List.of(Family.REQUESTS, Family.BYTES_IN, Family.BYTES_OUT)) {
        sheet.add(flow, 0, name, protocol);
      }
    }
    census()
        .forEach((kind, count) ->
            sheet.add(
                Family.SESSIONS,
                count,
                kind.listener(),
                kind.protocol(),
                kind.server(),
                kind.state()));
    SessionCounters counters = sources.sessions().counters();
    counters
        .opened()
        .forEach(
            (door, count) -> sheet.add(Family.OPENED, count, door.listener(), door.protocol()));
    sources
        .losses()
        .refused()
        .forEach((place, count) ->
            sheet.add(
                Family.REFUSED,
                count,
                place.listener(),
                place.loss().protocol(),
                place.loss().cause()));
    counters.traffic().forEach((door, parts) -> traffic(sheet, door, parts));
  }

  private Map<SessionCensus.Kind, Long> census() {
    try {
      return SessionCensus.of(sources.sessions(), COUNTING);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return Map.of();
    }
  }

  private static void traffic(Sheet sheet, Door door, List<Traffic> parts) {
    for (Traffic part : parts) {
      sheet.add(Family.REQUESTS, part.requests(), door.listener(), door.protocol());
      sheet.add(Family.BYTES_IN, part.bytesIn(), door.listener(), door.protocol());
      sheet.add(Family.BYTES_OUT, part.bytesOut(), door.listener(), door.protocol());
    }
  }

  private void ends(Sheet sheet, Config config) {
    for (Listener listener : config.listeners()) {
      for (Cause cause : Cause.values()) {
        if (cause == Cause.TOO_MANY_SESSIONS) {
          // That is never a session.
          continue;
        }
        for (String server : cause == Cause.NO_SERVER ? List.of("") : listener.servers()) {
          ended(sheet, 0, listener.name(), protocol(listener), server, cause.text());
        }
      }
    }
    sources
        .losses()
        .byPlace()
        .forEach((place, count) ->
            ended(
                sheet,
                count,
                place.listener(),
                place.loss().protocol(),
                place.server(),
                place.loss().cause()));
  }

  private static void ended(
      Sheet sheet, long count, String listener, String protocol, String server, String text) {
    sheet.add(Family.ENDED, count, listener, protocol, server, text);
    Cause cause = CAUSES.get(text);
    if (cause != null && cause != Cause.CLIENT_LEFT) {
      String side = cause.side().name().toLowerCase(Locale.ROOT);
      sheet.add(Family.LOSSES, count, listener, protocol, server, text, side);
    }
  }

  private void farewells(Sheet sheet, Config config) {
    SessionCounters counters = sources.sessions().counters();
    for (String protocol : protocols(config)) {
      sheet.add(Family.FAREWELL_TIME, counters.farewells(protocol), protocol);
      for (Cause cause : Cause.values()) {
        if (cause.reason() != Cause.Reason.NONE && cause != Cause.TOO_MANY_SESSIONS) {
          sheet.add(Family.UNDELIVERABLE, 0, protocol, cause.text());
        }
      }
    }
    sources
        .losses()
        .undeliverableByCause()
        .forEach(
            (loss, count) -> sheet.add(Family.UNDELIVERABLE, count, loss.protocol(), loss.cause()));
  }

  private void notices(Sheet sheet) {
    sheet.add(
        Family.X_MESSAGES,
        sources.sent().statusVariables().getOrDefault("Mysqlx_messages_sent", 0L));
    for (Cause.Reason reason : NOTICED) {
      for (NoticeKind.Origin origin : NoticeKind.Origin.values()) {
        notices(
            sheet,
            0,
            new NoticeKind(
                NoticeKind.Type.WARNING, NoticeKind.Scope.GLOBAL, reason.xCode(), origin));
      }
    }
    sources.sent().notices().forEach((kind, count) -> notices(sheet, count, kind));
  }

  private static void notices(Sheet sheet, long count, NoticeKind kind) {
    sheet.add(
        Family.X_NOTICES,
        count,
        lower(kind.type()),
        lower(kind.scope()),
        Integer.toString(kind.code()),
        lower(kind.origin()));
  }

  // ---- Servers

  private static void server(Sheet sheet, String name, ServerHealth health) {
    sheet.add(Family.SERVER_UP, health.isUp(), name);
    ServerView.State now = health.view().state();
    for (ServerView.State state : ServerView.State.values()) {
      sheet.add(Family.SERVER_STATE, state == now, name, lower(state));
    }
    HealthFigures figures = health.figures();
    figures.events().forEach((event, count) -> sheet.add(Family.SERVER_EVENTS, count, name, event));
    figures.looks().forEach((showed, count) -> sheet.add(Family.LOOKS, count, name, showed.text()));
    sheet.add(Family.LOOK_TIME, figures.lookTimes(), name);
    sheet.add(Family.DIAGNOSIS_TIME, figures.diagnosisTimes(), name);
  }

  // ---- Memory

  private static void buffers(Sheet sheet) {
    if (ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider known) {
      sheet.add(Family.BUFFER_MEMORY, known.metric().usedDirectMemory(), "direct");
      sheet.add(Family.BUFFER_MEMORY, known.metric().usedHeapMemory(), "heap");
    }
  }

  // ---- Words

  private static Map<String, Cause> causes() {
    Map<String, Cause> byText = new HashMap<>();
    for (Cause cause : Cause.values()) {
      byText.put(cause.text(), cause);
    }
    return Map.copyOf(byText);
  }

  private static Set<String> protocols(Config config) {
    Set<String> all = new LinkedHashSet<>();
    config.listeners().forEach(listener -> all.add(protocol(listener)));
    return all;
  }

  private static String protocol(Listener listener) {
    return lower(listener.protocol());
  }

  /** As these words stand everywhere: {@code no-answer}. */
  private static String lower(Enum<?> word) {
    return word.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
