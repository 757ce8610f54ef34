package dev.lastword.config;

/**
 * The values that a number may have, both ends included. Stated once beside the record it belongs to; its constructor and the loader both
 * ask here.
 */
record Range(Unit unit, long min, long max) {

  /** What is counted, and how it is written in the file. */
  enum Unit {
    NUMBER,
    BYTES,
    MILLISECONDS
  }

  static Range of(long min, long max) {
    return new Range(Unit.NUMBER, min, max);
  }

  static Range ofBytes(long min, long max) {
    return new Range(Unit.BYTES, min, max);
  }

  static Range ofMilliseconds(long min, long max) {
    return new Range(Unit.MILLISECONDS, min, max);
  }

  /**
   * Lets the value through.
   *
   * @throws IllegalArgumentException if it is outside, saying on which side
   */
  long check(long value) {
    if (value < min) {
      throw new IllegalArgumentException("is less than " + show(min));
    }
    if (value > max) {
      throw new IllegalArgumentException("is more than " + show(max));
    }
    return value;
  }

  /** Guards a record component, for programs that build their configuration themselves. */
  void require(String component, long value) {
    try {
      check(value);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          component + ": " + show(value) + " " + e.getMessage() + "; allowed: " + this, e);
    }
  }

  /** The value as it is written in the file. */
  String show(long value) {
    return switch (unit) {
      case NUMBER -> Long.toString(value);
      case BYTES -> scaled(value, new long[] {1 << 20, 1 << 10, 1}, "MiB", "KiB", "");
      case MILLISECONDS -> scaled(value, new long[] {60_000, 1_000, 1}, "m", "s", "ms");
    };
  }

  private static String scaled(long value, long[] factors, String... suffixes) {
    for (int i = 0; i < factors.length - 1; i++) {
      if (value != 0 && value % factors[i] == 0) {
        return value / factors[i] + suffixes[i];
      }
    }
    return value + suffixes[suffixes.length - 1];
  }

  @Override
  public String toString() {
    return show(min) + " to " + show(max);
  }
}
