package dev.lastword.config;

import java.time.Duration;

/**
 * How long the proxy waits.
 *
 * @param connect for one server address to accept a connection, 1 ms to 10 min
 * @param handshake for a client to authenticate, from its connection on, 100 ms to 10 min
 */
public record Timeouts(Duration connect, Duration handshake) {
  static final Range CONNECT = Range.ofMilliseconds(1, 600_000);
  static final Range HANDSHAKE = Range.ofMilliseconds(100, 600_000);

  /** What holds where the configuration says nothing. */
  public static final Timeouts DEFAULT =
      new Timeouts(Duration.ofSeconds(2), Duration.ofSeconds(30));

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if one is left
   */
  public Timeouts {
    CONNECT.require("connect", connect.toMillis());
    HANDSHAKE.require("handshake", handshake.toMillis());
  }

  /** The same with another time to connect. */
  public Timeouts withConnect(Duration connect) {
    return new Timeouts(connect, handshake);
  }

  /** The same with another time to authenticate. */
  public Timeouts withHandshake(Duration handshake) {
    return new Timeouts(connect, handshake);
  }
}
