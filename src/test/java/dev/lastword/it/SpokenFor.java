package dev.lastword.it;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * Passes bytes between clients and a server, neither of which encrypts, until a test says something to the first client in the server's
 * name and ends that connection. The others go on.
 */
final class SpokenFor implements AutoCloseable {
  private final SocketAddress server;
  private final ServerSocketChannel listening;
  private final List<SocketChannel> clients = new ArrayList<>();
  private final List<SocketChannel> servers = new ArrayList<>();

  /** In front of a server on loopback, at any free port. */
  SpokenFor(int serverPort) {
    this(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
        new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort));
  }

  /**
   * In front of a server.
   *
   * @param bind where clients connect; both are TCP or Unix addresses, or one of each
   */
  SpokenFor(SocketAddress bind, SocketAddress server) {
    this.server = server;
    try {
      listening =
          bind instanceof UnixDomainSocketAddress
              ? ServerSocketChannel.open(StandardProtocolFamily.UNIX)
              : ServerSocketChannel.open();
      listening.bind(bind);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().start(this::accept);
  }

  /** The TCP port that it listens at. */
  int port() {
    return ((InetSocketAddress) address()).getPort();
  }

  /** Where it listens. */
  SocketAddress address() {
    try {
      return listening.getLocalAddress();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends this to the first client, then the end of the stream, and reads on as a server does that lets its client hear the end. */
  synchronized void lastWords(ByteString words) {
    try {
      SocketChannel client = clients.getFirst();
      write(client, words.asReadOnlyByteBuffer());
      client.shutdownOutput();
      servers.getFirst().close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void accept() {
    while (true) {
      try {
        SocketChannel client = listening.accept();
        SocketChannel to = SocketChannel.open(server);
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

  private static void pass(SocketChannel from, SocketChannel to) {
    ByteBuffer buffer = ByteBuffer.allocate(16 * 1024);
    try {
      while (from.read(buffer.clear()) >= 0) {
        write(to, buffer.flip());
      }
      to.shutdownOutput();
    } catch (IOException _) {
      // One of them is gone. The other is told when the test is over, or by what was said last.
    }
  }

  private static void write(SocketChannel to, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      to.write(bytes);
    }
  }

  @Override
  public synchronized void close() {
    try {
      listening.close();
      for (SocketChannel socket : clients) {
        socket.close();
      }
      for (SocketChannel socket : servers) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
