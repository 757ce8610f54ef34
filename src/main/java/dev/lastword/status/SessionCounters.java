package dev.lastword.status;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** What sessions were opened and refused, what went through them, and what became of their farewells. Safe for threads. */
public final class SessionCounters {
  private final ConcurrentHashMap<Door, LongAdder> opened = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Refused, LongAdder> refused = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Untold, LongAdder> untold = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, Histogram> farewells = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Lane, Traffic> traffic = new ConcurrentHashMap<>();

  /**
   * Where clients come in.
   *
   * @param listener its name
   * @param protocol {@code x} or {@code classic}
   */
  public record Door(String listener, String protocol) {}

  /**
   * Clients that never became sessions.
   *
   * @param door where they came in
   * @param cause name of the cause, as in the log
   */
  public record Refused(Door door, String cause) {}

  /**
   * Clients that ought to have been told why their session ended, and could not be.
   *
   * @param protocol {@code x} or {@code classic}
   * @param cause name of the cause, as in the log
   */
  public record Untold(String protocol, String cause) {}

  /** The part of a door's sessions that one thread serves. */
  private record Lane(Door door, Object thread) {}

  /**
   * Counts a session that begins.
   *
   * @param thread what stands for the only thread that counts its traffic
   * @return where that counts it
   */
  public Traffic opened(String listener, String protocol, Object thread) {
    Door door = new Door(listener, protocol);
    opened.computeIfAbsent(door, _ -> new LongAdder()).increment();
    return traffic.computeIfAbsent(new Lane(door, thread), _ -> new Traffic());
  }

  /** Counts a client that never became a session. */
  public void refused(String listener, String protocol, String cause) {
    refused
        .computeIfAbsent(new Refused(new Door(listener, protocol), cause), _ -> new LongAdder())
        .increment();
  }

  /** Counts a client that ought to have been told, and could not be. */
  public void undeliverable(String protocol, String cause) {
    untold.computeIfAbsent(new Untold(protocol, cause), _ -> new LongAdder()).increment();
  }

  /** How long it took until clients of a protocol had their farewell, from the first sign of the end. */
  public Histogram farewells(String protocol) {
    return farewells.computeIfAbsent(protocol, _ -> new Histogram());
  }

  /** How many sessions began. */
  public Map<Door, Long> opened() {
    return sums(opened);
  }

  /** How many clients were refused. */
  public Map<Refused, Long> refused() {
    return sums(refused);
  }

  /** How many clients could not be told. */
  public Map<Untold, Long> undeliverable() {
    return sums(untold);
  }

  /** What went through, a part for each thread. */
  public Map<Door, List<Traffic>> traffic() {
    Map<Door, List<Traffic>> byDoor = new LinkedHashMap<>();
    traffic.forEach(
        (lane, part) -> byDoor.computeIfAbsent(lane.door(), _ -> new ArrayList<>()).add(part));
    return byDoor;
  }

  private static <K> Map<K, Long> sums(ConcurrentHashMap<K, LongAdder> counters) {
    Map<K, Long> all = new LinkedHashMap<>();
    counters.forEach((key, count) -> all.put(key, count.sum()));
    return all;
  }
}
