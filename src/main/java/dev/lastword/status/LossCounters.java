package dev.lastword.status;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** How sessions ended and which clients never became one, by cause, protocol and place, and what became of farewells. Safe for threads. */
public final class LossCounters {
  private final ConcurrentHashMap<Place, LongAdder> ended = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Place, LongAdder> refused = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Loss, LongAdder> undeliverable = new ConcurrentHashMap<>();

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

  /** Counts a client that never became a session. */
  public void refused(String cause, String protocol, String listener) {
    refused
        .computeIfAbsent(new Place(new Loss(cause, protocol), listener, ""), _ -> new LongAdder())
        .increment();
  }

  /** Counts a client that ought to have been told, and could not be. */
  public void undeliverable(String cause, String protocol) {
    undeliverable.computeIfAbsent(new Loss(cause, protocol), _ -> new LongAdder()).increment();
  }

  /** How many ended in which way. */
  public Map<Loss, Long> byCause() {
    Map<Loss, Long> all = new HashMap<>();
    ended.forEach((place, count) -> all.merge(place.loss(), count.sum(), Long::sum));
    return all;
  }

  /** How many ended in which way and where. */
  public Map<Place, Long> byPlace() {
    return sums(ended);
  }

  /** How many clients never became a session, and where; there is no server to any of them. */
  public Map<Place, Long> refused() {
    return sums(refused);
  }

  /** How many farewells could not be delivered. */
  public long undeliverableFarewells() {
    return undeliverable.values().stream().mapToLong(LongAdder::sum).sum();
  }

  /** The same by how the session ended. */
  public Map<Loss, Long> undeliverableByCause() {
    return sums(undeliverable);
  }

  private static <K> Map<K, Long> sums(ConcurrentHashMap<K, LongAdder> counters) {
    Map<K, Long> all = new HashMap<>();
    counters.forEach((key, count) -> all.put(key, count.sum()));
    return all;
  }
}
