package dev.lastword.status;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** How sessions ended, by cause and protocol, and what became of their farewells. */
public final class LossCounters {
  private final ConcurrentHashMap<Place, LongAdder> ended = new ConcurrentHashMap<>();
  private final LongAdder undeliverable = new LongAdder();

  /**
   * One way to end.
   *
   * @param cause name of the cause, as in the log
   * @param protocol {@code x} or {@code classic}
   */
  public record Loss(String cause, String protocol) {}

  /**
   * One way to end, and where.
   *
   * @param listener the listener it came through
   * @param server the server that served it; empty if it never had one
   */
  public record Place(Loss loss, String listener, String server) {}

  /** Counts a session that ended. */
  public void ended(String cause, String protocol, String listener, String server) {
    ended
        .computeIfAbsent(
            new Place(new Loss(cause, protocol), listener, server), _ -> new LongAdder())
        .increment();
  }

  /** Counts a client that ought to have been told, and could not be. */
  public void undeliverable() {
    undeliverable.increment();
  }

  /** How many ended in which way. */
  public Map<Loss, Long> byCause() {
    Map<Loss, Long> all = new HashMap<>();
    ended.forEach((place, count) -> all.merge(place.loss(), count.sum(), Long::sum));
    return all;
  }

  /** How many ended in which way and where. */
  public Map<Place, Long> byPlace() {
    Map<Place, Long> all = new HashMap<>();
    ended.forEach((place, count) -> all.put(place, count.sum()));
    return all;
  }

  /** How many farewells could not be delivered. */
  public long undeliverableFarewells() {
    return undeliverable.sum();
  }
}
