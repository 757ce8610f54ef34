package dev.lastword.status;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** How sessions ended, by cause and protocol, and what became of their farewells. */
public final class LossCounters {
  private final ConcurrentHashMap<Loss, LongAdder> ended = new ConcurrentHashMap<>();
  private final LongAdder undeliverable = new LongAdder();

  /**
   * One way to end.
   *
   * @param cause name of the cause, as in the log
   * @param protocol {@code x} or {@code classic}
   */
  public record Loss(String cause, String protocol) {}

  /** Counts a session that ended. */
  public void ended(String cause, String protocol) {
    ended.computeIfAbsent(new Loss(cause, protocol), _ -> new LongAdder()).increment();
  }

  /** Counts a client that ought to have been told, and could not be. */
  public void undeliverable() {
    undeliverable.increment();
  }

  /** How many ended in which way. */
  public Map<Loss, Long> byCause() {
    Map<Loss, Long> all = new ConcurrentHashMap<>();
    ended.forEach((loss, count) -> all.put(loss, count.sum()));
    return all;
  }

  /** How many farewells could not be delivered. */
  public long undeliverableFarewells() {
    return undeliverable.sum();
  }
}
