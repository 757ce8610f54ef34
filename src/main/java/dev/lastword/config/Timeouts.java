package dev.lastword.config;

import java.time.Duration;

/**
 * How long the proxy waits.
 *
 * @param connect for one server address to accept a connection, 1 ms to 10 min
 * @param handshake for a client to authenticate, from its connection on, 100 ms to 10 min
 */
public record Timeouts(Duration connect, Duration handshake) {}
