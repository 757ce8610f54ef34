package dev.lastword.server;

import dev.lastword.status.Histogram;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** What one server's monitor counts of its own work. Safe for threads. */
public final class HealthFigures {
  private final EnumMap<Showed, LongAdder> looks = new EnumMap<>(Showed.class);
  private final ConcurrentHashMap<String, LongAdder> events = new ConcurrentHashMap<>();
  private final Histogram lookTimes = new Histogram();
  private final Histogram diagnosisTimes = new Histogram();

  HealthFigures() {
    for (Showed showed : Showed.values()) {
      looks.put(showed, new LongAdder());
    }
    HealthEvent.NAMES.forEach(name -> events.put(name, new LongAdder()));
  }

  /** What a look can show: the kinds of {@link ProbeResult}. */
  public enum Showed {
    /** The server answered. */
    ANSWERED,
    /** It did not, and yet lives. */
    BUSY,
    /** It closed the connection at once. */
    CLOSED,
    /** Nobody listens there. */
    REFUSED,
    /** Nothing came in time. */
    NO_ANSWER,
    /** It could not be tried. */
    UNREACHABLE,
    /** The look itself failed. */
    INCONCLUSIVE;

    static Showed of(ProbeResult result) {
      return switch (result) {
        case ProbeResult.Answered _ -> ANSWERED;
        case ProbeResult.Busy _ -> BUSY;
        case ProbeResult.Closed _ -> CLOSED;
        case ProbeResult.Refused _ -> REFUSED;
        case ProbeResult.NoAnswer _ -> NO_ANSWER;
        case ProbeResult.Unreachable _ -> UNREACHABLE;
        case ProbeResult.Inconclusive _ -> INCONCLUSIVE;
      };
    }

    /** As it stands in tables: {@code no-answer}. */
    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  void looked(ProbeResult result, long nanos) {
    Showed showed = Showed.of(result);
    LongAdder count = looks.get(showed);
    if (count != null) {
      count.increment();
    }
    lookTimes.took(nanos, TimeUnit.NANOSECONDS);
  }

  void happened(HealthEvent event) {
    events.computeIfAbsent(event.name(), _ -> new LongAdder()).increment();
  }

  void diagnosed(long nanos) {
    diagnosisTimes.took(nanos, TimeUnit.NANOSECONDS);
  }

  /** How many looks showed what; all kinds are there. */
  public Map<Showed, Long> looks() {
    EnumMap<Showed, Long> all = new EnumMap<>(Showed.class);
    looks.forEach((showed, count) -> all.put(showed, count.sum()));
    return all;
  }

  /** How often what became of the server, by the name of the event; all names are there. */
  public Map<String, Long> events() {
    Map<String, Long> all = new LinkedHashMap<>();
    for (String name : List.copyOf(HealthEvent.NAMES)) {
      LongAdder count = events.get(name);
      all.put(name, count == null ? 0 : count.sum());
    }
    return all;
  }

  /** How long looks took. */
  public Histogram lookTimes() {
    return lookTimes;
  }

  /** How long those had to wait who had lost a connection to this server and asked why. */
  public Histogram diagnosisTimes() {
    return diagnosisTimes;
  }
}
