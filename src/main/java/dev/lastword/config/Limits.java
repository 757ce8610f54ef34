package dev.lastword.config;

/**
 * How much may be used.
 *
 * @param sessions sessions that all listeners together serve at once, 1 to 1,000,000
 * @param holdBack bytes of a frame that are kept until its end has been read, 1 KiB to 64 MiB; a longer frame is streamed
 * @param writeBuffer bytes that may wait for one slow reader before its peer is no longer read, 16 KiB to 64 MiB
 */
public record Limits(int sessions, int holdBack, int writeBuffer) {
  static final Range SESSIONS = Range.of(1, 1_000_000);
  static final Range HOLD_BACK = Range.ofBytes(1 << 10, 64 << 20);
  static final Range WRITE_BUFFER = Range.ofBytes(16 << 10, 64 << 20);

  /** What holds where the configuration says nothing. */
  public static final Limits DEFAULT = new Limits(9_000, 1 << 20, 1 << 20);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if one is left
   */
  public Limits {
    SESSIONS.require("sessions", sessions);
    HOLD_BACK.require("holdBack", holdBack);
    WRITE_BUFFER.require("writeBuffer", writeBuffer);
  }

  /** The same with another number of sessions. */
  public Limits withSessions(int sessions) {
    return new Limits(sessions, holdBack, writeBuffer);
  }

  /** The same with another bound, in bytes, on held back frames. */
  public Limits withHoldBack(int holdBack) {
    return new Limits(sessions, holdBack, writeBuffer);
  }

  /** The same with another bound, in bytes, on what waits for a slow reader. */
  public Limits withWriteBuffer(int writeBuffer) {
    return new Limits(sessions, holdBack, writeBuffer);
  }
}
