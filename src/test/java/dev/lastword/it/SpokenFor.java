package dev.lastword.it;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/**
 * Passes bytes between clients and a server, neither of which encrypts, until a test says something to the first client in the server's
 * name and ends that connection. The others go on.
 */
final class SpokenFor implements AutoCloseable {
  private final int server;
  private final ServerSocket listening;
  private final List<Socket> clients = new ArrayList<>();
  private final List<Socket> servers = new ArrayList<>();

  /** In front of this port of the loopback address. */
  SpokenFor(int server) {
    this.server = server;
    try {
      listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return listening.getLocalPort();
  }

  /** Sends this to the first client, then the end of the stream, and reads on as a server does that lets its client hear the end. */
  synchronized void lastWords(ByteString words) {
    try {
      Socket client = clients.getFirst();
      words.writeTo(client.getOutputStream());
      client.shutdownOutput();
      servers.getFirst().close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void accept() {
    while (true) {
      try {
        Socket client = listening.accept();
        Socket to = new Socket(InetAddress.getLoopbackAddress(), server);
        synchronized (this) {
          clients.add(client);
          servers.add(to);
        }
        Thread.ofVirtual().start(() -> pass(client, to));
        Thread.ofVirtual().start(() -> pass(to, client));
      } catch (IOException _) {
        return; // closed
      }
    }
  }

  private static void pass(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
      to.shutdownOutput();
    } catch (IOException _) {
      // One of them is gone. The other is told when the test is over, or by what was said last.
    }
  }

  @Override
  public synchronized void close() {
    try {
      listening.close();
      for (Socket socket : clients) {
        socket.close();
      }
      for (Socket socket : servers) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
