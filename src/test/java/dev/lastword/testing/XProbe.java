package dev.lastword.testing;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;

/** Asks a port whether something speaks X Protocol there. */
final class XProbe {
  private static final int LIMIT_MILLIS = 2_000;

  private XProbe() {}

  /** Whether a request for the capabilities is answered with a frame. */
  static boolean answers(String host, int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), LIMIT_MILLIS);
      socket.setSoTimeout(LIMIT_MILLIS);
      socket.getOutputStream().write(new byte[] {1, 0, 0, 0, 1});
      DataInputStream in = new DataInputStream(socket.getInputStream());
      int type;
      do {
        int length = Integer.reverseBytes(in.readInt());
        type = in.readUnsignedByte();
        in.skipNBytes(length - 1L);
        // A notice (11) is no answer yet.
      } while (type == 11);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
