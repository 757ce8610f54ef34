package dev.lastword.server;

import java.util.concurrent.TimeUnit;

/**
 * Which process of which server answered. The start time comes from the server's Uptime, which counts whole seconds.
 *
 * @param serverUuid of the data directory; stays over restarts
 * @param startedNanos when the process started, by this machine's {@link System#nanoTime()}; 0 if nobody was asked
 * @param connection number that the process gave to the connection that asked; a process counts upwards from 1
 */
public record Incarnation(String serverUuid, long startedNanos, long connection) {
  /** A process of which nothing is known but the number that it gave to a connection: another one begins to count again. */
  public static Incarnation numbered(long connection) {
    return new Incarnation("", 0, connection);
  }

  /** By how much two readings of the start time of one process may differ: rounding, twice, and the way there. */
  static final long TOLERANCE_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** Whether the process that is described here is the one that {@code later} describes, which was read after this. */
  boolean isSameProcessAs(Incarnation later) {
    return serverUuid.equals(later.serverUuid)
        && Math.abs(later.startedNanos - startedNanos) <= TOLERANCE_NANOS
        && later.connection >= connection;
  }
}
