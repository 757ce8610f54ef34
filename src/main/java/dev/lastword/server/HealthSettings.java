package dev.lastword.server;

import java.time.Duration;

/**
 * How a server is monitored. A server that nothing comes from is declared lost after at most {@code interval * fall + timeout}.
 *
 * @param interval from the beginning of one look to that of the next
 * @param timeout of one look
 * @param fall failed looks in a row after which the server is lost, 1 or more
 * @param rise looks in a row with an answer after which it is back, 1 or more
 */
public record HealthSettings(Duration interval, Duration timeout, int fall, int rise) {
  /** What holds where the configuration says nothing. */
  public static final HealthSettings DEFAULT =
      new HealthSettings(Duration.ofSeconds(1), Duration.ofSeconds(1), 2, 1);

  /**
   * Checks the counts.
   *
   * @throws IllegalArgumentException if one is less than 1
   */
  public HealthSettings {
    if (fall < 1 || rise < 1) {
      throw new IllegalArgumentException("fall and rise: must be 1 or more");
    }
  }
}
