package dev.lastword.status;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** How many sessions were opened, what went through them, and how soon their clients had their farewells. Safe for threads. */
public final class SessionCounters {
  private final ConcurrentHashMap<Door, LongAdder> opened = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, Histogram> farewells = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Lane, Traffic> traffic = new ConcurrentHashMap<>();

  /**
   * Where clients come in.
   *
   * @param listener its name
   * @param protocol {@code x} or {@code classic}
   */
  public record Door(String listener, String protocol) {}

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

  /** How long it took until clients of a protocol had their farewell, from the first sign of the end. */
  public Histogram farewells(String protocol) {
    return farewells.computeIfAbsent(protocol, _ -> new Histogram());
  }

  /** How many sessions began. */
  public Map<Door, Long> opened() {
    Map<Door, Long> all = new LinkedHashMap<>();
    opened.forEach((door, count) -> all.put(door, count.sum()));
    return all;
  }

  /** What went through, a part for each thread. */
  public Map<Door, List<Traffic>> traffic() {
    Map<Door, List<Traffic>> byDoor = new LinkedHashMap<>();
    traffic.forEach(
        (lane, part) -> byDoor.computeIfAbsent(lane.door(), _ -> new ArrayList<>()).add(part));
    return byDoor;
  }
}
