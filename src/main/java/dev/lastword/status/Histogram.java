package dev.lastword.status;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * How long something took, in classes from half a millisecond to half a minute. For what happens now and then: once for a look, a
 * diagnosis, a farewell. Safe for threads.
 */
public final class Histogram {
  private static final double[] BOUNDS = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30
  };

  private final LongAdder[] counts = new LongAdder[BOUNDS.length + 1];
  private final LongAdder nanos = new LongAdder();

  /** Makes an empty one. */
  public Histogram() {
    for (int i = 0; i < counts.length; i++) {
      counts[i] = new LongAdder();
    }
  }

  /** The upper ends of the classes in seconds, each belonging to its class; one class more has no end. */
  public static double[] bounds() {
    return BOUNDS.clone();
  }

  /** Counts one; less than no time counts as none. */
  public void took(long duration, TimeUnit unit) {
    long took = Math.max(0, unit.toNanos(duration));
    double seconds = took / 1e9;
    int at = 0;
    while (at < BOUNDS.length && seconds > BOUNDS[at]) {
      at++;
    }
    counts[at].increment();
    nanos.add(took);
  }

  /** How many there were in each class, one number more than there are {@link #bounds()}. */
  public long[] counts() {
    long[] all = new long[counts.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = counts[i].sum();
    }
    return all;
  }

  /** All of them together in seconds. */
  public double seconds() {
    return nanos.sum() / 1e9;
  }
}
