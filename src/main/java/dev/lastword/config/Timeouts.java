package dev.lastword.config;

import java.time.Duration;

/**
 * How long the proxy waits.
 *
 * @param connect for one server address to accept a connection, 1 ms to 10 min
 * @param handshake for a client to authenticate, from its connection on, 100 ms to 10 min
 * @param halfRequest for the rest of a request whose beginning has come, 100 ms to 1 h
 */
public record Timeouts(Duration connect, Duration handshake, Duration halfRequest) {
  static final Range CONNECT = Range.ofMilliseconds(1, 600_000);
  static final Range HANDSHAKE = Range.ofMilliseconds(100, 600_000);
  static final Range HALF_REQUEST = Range.ofMilliseconds(100, 3_600_000);

  /** What holds where the configuration says nothing. */
  public static final Timeouts DEFAULT =
      new Timeouts(Duration.ofSeconds(2), Duration.ofSeconds(30), Duration.ofSeconds(30));

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if one is left
   */
  public Timeouts {
    CONNECT.require("connect", connect.toMillis());
    HANDSHAKE.require("handshake", handshake.toMillis());
    HALF_REQUEST.require("halfRequest", halfRequest.toMillis());
  }

  /** The same with another time to connect. */
  public Timeouts withConnect(Duration connect) {
    return new Timeouts(connect, handshake, halfRequest);
  }

  /** The same with another time to authenticate. */
  public Timeouts withHandshake(Duration handshake) {
    return new Timeouts(connect, handshake, halfRequest);
  }

  /** The same with another time for the rest of a request. */
  public Timeouts withHalfRequest(Duration halfRequest) {
    return new Timeouts(connect, handshake, halfRequest);
  }
}
