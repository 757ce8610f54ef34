package dev.lastword.config;

import java.util.Optional;

/**
 * A MySQL server behind the proxy.
 *
 * @param name unique among the servers; appears in the log
 * @param x where it speaks X Protocol
 * @param classic where it speaks the classic protocol
 * @param tls how the proxy encrypts towards it
 * @param proxyHeader whether each connection to it begins with a PROXY protocol header, which says for which client it is
 * @param monitor the account with which the proxy watches it; needs no rights. Without one it is watched from outside only
 */
public record Server(
    String name,
    Endpoint x,
    Endpoint classic,
    ServerTls tls,
    ProxyHeader proxyHeader,
    Optional<Account> monitor) {
  /** The X port of a server whose configuration names none: MySQL's own default. */
  public static final int DEFAULT_X_PORT = 33_060;

  /** The classic port of a server whose configuration names none: MySQL's own default. */
  public static final int DEFAULT_CLASSIC_PORT = 3_306;

  /**
   * Checks the endpoints.
   *
   * @throws IllegalArgumentException if a port is 0
   */
  public Server {
    requirePort("x", x);
    requirePort("classic", classic);
  }

  /** A server on MySQL's default ports, with default TLS. */
  public static Server at(String name, String host) {
    return at(name, host, DEFAULT_X_PORT, DEFAULT_CLASSIC_PORT);
  }

  /**
   * A server with default TLS.
   *
   * @param host a host name or a literal IPv4 or IPv6 address, the latter without brackets
   */
  public static Server at(String name, String host, int xPort, int classicPort) {
    return new Server(
        name,
        new Endpoint.Tcp(host, xPort),
        new Endpoint.Tcp(host, classicPort),
        ServerTls.DEFAULT,
        ProxyHeader.NONE,
        Optional.empty());
  }

  /** The same with other TLS. */
  public Server withTls(ServerTls tls) {
    return new Server(name, x, classic, tls, proxyHeader, monitor);
  }

  /** The same, speaking X Protocol elsewhere, such as on a Unix domain socket. */
  public Server withX(Endpoint x) {
    return new Server(name, x, classic, tls, proxyHeader, monitor);
  }

  /** The same, speaking the classic protocol elsewhere, such as on a Unix domain socket. */
  public Server withClassic(Endpoint classic) {
    return new Server(name, x, classic, tls, proxyHeader, monitor);
  }

  /** The same, told whom a connection is for. */
  public Server withProxyHeader(ProxyHeader proxyHeader) {
    return new Server(name, x, classic, tls, proxyHeader, monitor);
  }

  /** The same, watched with an account. */
  public Server withMonitor(Account account) {
    return new Server(name, x, classic, tls, proxyHeader, Optional.of(account));
  }

  private static void requirePort(String component, Endpoint endpoint) {
    if (endpoint instanceof Endpoint.Tcp tcp) {
      Endpoint.Tcp.PORT.require(component, tcp.port());
    }
  }

  /** With which header of the PROXY protocol a connection begins. */
  public enum ProxyHeader {
    /** None, which is all that a MySQL server takes. */
    NONE,
    /** A line of text. */
    V1,
    /** The binary one. */
    V2
  }
}
