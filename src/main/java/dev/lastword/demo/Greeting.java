package dev.lastword.demo;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/** Asks a port whether a MySQL server really answers there: the kernel accepts connections before the server does, and also while it is stopped. */
final class Greeting {
  private static final int LIMIT_MILLIS = 2_000;
  private static final int X_CAPABILITIES_GET = 1;
  private static final int X_NOTICE = 11;

  private Greeting() {}

  /** Whether the server sends its greeting of protocol version 10. */
  static boolean ofClassic(int port) {
    try (Socket socket = connect(port)) {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      in.readFully(new byte[4]);
      return in.readByte() == 10;
    } catch (IOException e) {
      return false;
    }
  }

  /** Whether the server answers a request for its capabilities. */
  static boolean ofX(int port) {
    try (Socket socket = connect(port)) {
      socket.getOutputStream().write(new byte[] {1, 0, 0, 0, X_CAPABILITIES_GET});
      DataInputStream in = new DataInputStream(socket.getInputStream());
      int type;
      do {
        int length = Integer.reverseBytes(in.readInt());
        type = in.readUnsignedByte();
        in.skipNBytes(length - 1L);
      } while (type == X_NOTICE);
      return true;
    } catch (IOException | IllegalArgumentException e) {
      return false;
    }
  }

  private static Socket connect(int port) throws IOException {
    Socket socket = new Socket();
    try {
      socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), LIMIT_MILLIS);
      socket.setSoTimeout(LIMIT_MILLIS);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }
}
