package dev.lastword.config;

/**
 * A MySQL server behind the proxy.
 *
 * @param name unique among the servers; appears in the log
 * @param x where it speaks X Protocol
 * @param classic where it speaks the classic protocol
 * @param tls how the proxy encrypts towards it
 */
public record Server(String name, Endpoint x, Endpoint classic, ServerTls tls) {}
