package dev.lastword.config;

import java.nio.file.Path;

/** Where a connection is accepted or made. */
public sealed interface Endpoint {
  /**
   * A TCP address.
   *
   * @param host a host name or a literal IPv4 or IPv6 address, the latter without brackets
   * @param port 0 to 65535; 0 only where a listener may take any free port
   */
  record Tcp(String host, int port) implements Endpoint {
    @Override
    public String toString() {
      return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }
  }

  /**
   * A Unix domain socket.
   *
   * @param path the socket's path, at most 107 bytes, as the kernel demands
   */
  record Unix(Path path) implements Endpoint {
    @Override
    public String toString() {
      return "unix:" + path;
    }
  }
}
