package dev.lastword.config;

import java.time.Duration;

/**
 * How the servers are monitored. A server that nothing comes from is declared lost after at most {@code interval * fall + timeout}.
 *
 * @param interval from one look at a server to the next, 50 ms to 1 h
 * @param timeout how long one look may take, 50 ms to 1 min
 * @param fall failed looks in a row after which a server is lost, 1 to 100
 * @param rise looks in a row with an answer after which a lost server is back, 1 to 100
 */
public record Health(Duration interval, Duration timeout, int fall, int rise) {
  static final Range INTERVAL = Range.ofMilliseconds(50, 3_600_000);
  static final Range TIMEOUT = Range.ofMilliseconds(50, 60_000);
  static final Range FALL = Range.of(1, 100);
  static final Range RISE = Range.of(1, 100);

  /** What holds where the configuration says nothing. */
  public static final Health DEFAULT =
      new Health(Duration.ofSeconds(1), Duration.ofSeconds(1), 2, 1);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if one is left
   */
  public Health {
    INTERVAL.require("interval", interval.toMillis());
    TIMEOUT.require("timeout", timeout.toMillis());
    FALL.require("fall", fall);
    RISE.require("rise", rise);
  }

  /** The same with another time between two looks. */
  public Health withInterval(Duration interval) {
    return new Health(interval, timeout, fall, rise);
  }

  /** The same with another time for one look. */
  public Health withTimeout(Duration timeout) {
    return new Health(interval, timeout, fall, rise);
  }

  /** The same with another number of failed looks that make a loss. */
  public Health withFall(int fall) {
    return new Health(interval, timeout, fall, rise);
  }

  /** The same with another number of answers that end a loss. */
  public Health withRise(int rise) {
    return new Health(interval, timeout, fall, rise);
  }
}
