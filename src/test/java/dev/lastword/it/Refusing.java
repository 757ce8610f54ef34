package dev.lastword.it;

import com.google.protobuf.ByteString;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** An address where every client is told the same and then sees the end of the stream. */
final class Refusing implements AutoCloseable {
  private final ServerSocket listening;

  /**
   * Listens on a free port.
   *
   * @param words all that clients are told, one item for the greeting and one for each of their first requests
   */
  Refusing(ByteString... words) {
    try {
      listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().start(() -> accept(words));
  }

  int port() {
    return listening.getLocalPort();
  }

  private void accept(ByteString... words) {
    while (true) {
      try {
        Socket client = listening.accept();
        Thread.ofVirtual().start(() -> serve(client, words));
      } catch (IOException _) {
        return; // closed
      }
    }
  }

  private static void serve(Socket client, ByteString... words) {
    try (client) {
      DataInputStream in = new DataInputStream(client.getInputStream());
      for (int i = 0; i < words.length; i++) {
        if (i > 0) {
          in.skipNBytes(Integer.reverseBytes(in.readInt()));
        }
        words[i].writeTo(client.getOutputStream());
      }
      client.shutdownOutput();
      // What a client has sent and nobody has read would throw away what it was told.
      in.skipNBytes(Long.MAX_VALUE);
    } catch (IOException _) {
      // It has left.
    }
  }

  @Override
  public void close() {
    try {
      listening.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
