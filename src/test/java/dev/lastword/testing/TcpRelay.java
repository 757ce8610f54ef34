package dev.lastword.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A wire to a server of which each connection can be broken by itself, as a router or a firewall does. */
public final class TcpRelay implements AutoCloseable {
  private static final int BUFFER = 64 * 1024;

  private final ServerSocket listening;
  private final InetSocketAddress target;
  private final List<Wire> wires = new CopyOnWriteArrayList<>();

  private TcpRelay(ServerSocket listening, InetSocketAddress target) {
    this.listening = listening;
    this.target = target;
  }

  /** Begins to relay to a server from a free port of loopback. */
  public static TcpRelay to(String host, int port) {
    try {
      ServerSocket listening = new ServerSocket();
      // Small, so that a result which nobody reads stands still soon.
      listening.setReceiveBufferSize(BUFFER);
      listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1_000);
      TcpRelay relay = new TcpRelay(listening, new InetSocketAddress(host, port));
      Thread.ofVirtual().start(relay::accept);
      return relay;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where to connect. */
  public int port() {
    return listening.getLocalPort();
  }

  /** The connections that are open now, the oldest first. */
  public List<Wire> wires() {
    return List.copyOf(wires);
  }

  private void accept() {
    while (true) {
      try {
        Socket client = listening.accept();
        Socket server = new Socket();
        try {
          server.setReceiveBufferSize(BUFFER);
          client.setSendBufferSize(BUFFER);
          server.connect(target);
        } catch (IOException refused) {
          client.close();
          continue;
        }
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        Wire wire = new Wire(client, server);
        wires.add(wire);
        Thread.ofVirtual().start(() -> wire.pump(client, server));
        Thread.ofVirtual().start(() -> wire.pump(server, client));
      } catch (IOException closed) {
        return;
      }
    }
  }

  /** Ends everything. */
  @Override
  public void close() {
    try {
      listening.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      wires.forEach(Wire::close);
    }
  }

  /** One connection through the relay. */
  public final class Wire {
    private final Socket client;
    private final Socket server;

    Wire(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }

    /** The port that the side that connected has. */
    public int clientPort() {
      return client.getPort();
    }

    /** Tells both sides that this connection is broken (RST); what was under way is lost. */
    public void reset() {
      try {
        client.setSoLinger(true, 0);
        server.setSoLinger(true, 0);
      } catch (SocketException gone) {
        // It has ended already.
      }
      close();
    }

    private void pump(Socket from, Socket to) {
      byte[] bytes = new byte[BUFFER];
      try {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
          out.write(bytes, 0, count);
        }
        to.shutdownOutput();
        if (from.isOutputShutdown()) {
          close();
        }
      } catch (IOException broken) {
        close();
      }
    }

    private void close() {
      wires.remove(this);
      try (client;
          server) {
        // Closing is all.
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
