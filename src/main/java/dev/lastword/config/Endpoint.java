package dev.lastword.config;

import java.nio.charset.StandardCharsets;
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
    static final Range PORT = Range.of(1, 65_535);
    static final Range PORT_TO_BIND = Range.of(0, 65_535);

    /**
     * Checks the port.
     *
     * @throws IllegalArgumentException if it is no port, or the host is empty
     */
    public Tcp {
      if (host.isEmpty()) {
        throw new IllegalArgumentException("host: is empty");
      }
      PORT_TO_BIND.require("port", port);
    }

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
    /** What fits into {@code sun_path} of {@code sockaddr_un} beside its terminating zero. */
    static final int LONGEST = 107;

    /**
     * Checks the length.
     *
     * @throws IllegalArgumentException if the kernel would refuse it
     */
    public Unix {
      int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
      if (length > LONGEST) {
        throw new IllegalArgumentException(
            "the path of the socket has "
                + length
                + " bytes, and more than "
                + LONGEST
                + " are not possible");
      }
    }

    @Override
    public String toString() {
      return "unix:" + path;
    }
  }
}
