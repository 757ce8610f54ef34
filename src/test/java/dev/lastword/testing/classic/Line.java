package dev.lastword.testing.classic;

import com.google.protobuf.ByteString;
import dev.lastword.testing.x.UnixSocket;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * The socket of a client, with or without TLS, and what has come through it and was not taken yet.
 * It knows nothing of packets.
 */
final class Line implements AutoCloseable {

  private final Socket socket;
  private final boolean local;
  private Socket top;
  private InputStream in;
  private OutputStream out;
  private final ByteQueue received = new ByteQueue();
  private Received.@Nullable End end;
  private boolean endedInOrder;
  private long bytesReceived;
  private long bytesSent;

  private Line(Socket socket, boolean local) throws IOException {
    this.socket = socket;
    this.local = local;
    top = socket;
    in = socket.getInputStream();
    out = socket.getOutputStream();
  }

  static Line to(SocketAddress address, Duration deadline) {
    try {
      if (address instanceof UnixDomainSocketAddress unix) {
        return new Line(new UnixSocket(unix), true);
      }
      Socket socket = new Socket();
      try {
        socket.setTcpNoDelay(true);
        socket.connect(address, (int) deadline.toMillis());
        return new Line(socket, false);
      } catch (IOException refused) {
        socket.close();
        throw refused;
      }
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot connect to " + address, failed);
    }
  }

  /** Whether a password may go over it as it is: inside TLS, or never leaving the machine. */
  boolean isSecure() {
    return local || top instanceof SSLSocket;
  }

  Optional<SSLSession> tlsSession() {
    return top instanceof SSLSocket tls ? Optional.of(tls.getSession()) : Optional.empty();
  }

  /** Writes, and closes the socket if that takes too long. */
  void write(ByteString bytes, Duration deadline) {
    // A blocking write has no timeout; closing the socket is the one thing that ends it.
    Thread watch =
        Thread.ofVirtual()
            .start(() -> {
              try {
                Thread.sleep(deadline);
                socket.close();
              } catch (InterruptedException written) {
                // In time.
              } catch (IOException closed) {
                // That is all it was for.
              }
            });
    try {
      bytes.writeTo(out);
      out.flush();
      bytesSent += bytes.size();
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot send", failed);
    } finally {
      watch.interrupt();
    }
  }

  /** What has come and was not taken. */
  ByteQueue received() {
    return received;
  }

  /**
   * Waits for more bytes.
   *
   * @param until a time of {@link System#nanoTime}
   * @return null if there are more, else why there are none; the rest of a packet is not in it
   */
  @Nullable Received await(long until) {
    if (end != null) {
      return end;
    }
    long millis = Duration.ofNanos(until - System.nanoTime()).toMillis();
    if (millis <= 0) {
      return new Received.Silence(ByteString.EMPTY);
    }
    try {
      top.setSoTimeout((int) millis);
      int count = received.addFrom(in);
      if (count < 0) {
        endedInOrder = true;
        return ended(Received.How.EOF, "");
      }
      bytesReceived += count;
      return null;
    } catch (SocketTimeoutException nothing) {
      return new Received.Silence(ByteString.EMPTY);
    } catch (IOException over) {
      Received.How how = how(over);
      return ended(how, how == Received.How.TLS_FAILURE ? String.valueOf(over.getMessage()) : "");
    }
  }

  private Received.End ended(Received.How how, String detail) {
    Received.End ended = new Received.End(how, ByteString.EMPTY, detail);
    end = ended;
    return ended;
  }

  private static Received.How how(IOException over) {
    if (over instanceof EOFException || over.getCause() instanceof EOFException) {
      return Received.How.EOF;
    }
    if (over instanceof SSLException && !(over.getCause() instanceof SocketException)) {
      return Received.How.TLS_FAILURE;
    }
    return Received.How.RESET;
  }

  boolean endedInOrder() {
    return endedInOrder;
  }

  long bytesReceived() {
    return bytesReceived;
  }

  long bytesSent() {
    return bytesSent;
  }

  /** Goes over to TLS. Nothing may have come that was not taken. */
  void handshake(SSLContext context, Duration deadline, String... versions) {
    try {
      SSLSocket tls =
          (SSLSocket)
              context
                  .getSocketFactory()
                  .createSocket(socket, "localhost", Math.max(socket.getPort(), 1), true);
      if (versions.length > 0) {
        tls.setEnabledProtocols(versions);
      }
      tls.setSoTimeout((int) deadline.toMillis());
      tls.startHandshake();
      top = tls;
      in = tls.getInputStream();
      out = tls.getOutputStream();
    } catch (IOException failed) {
      throw new UncheckedIOException("no TLS", failed);
    }
  }

  void finishSending() {
    try {
      if (top instanceof SSLSocket tls) {
        // This sends the FIN as well.
        tls.shutdownOutput();
      } else {
        socket.shutdownOutput();
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  void reset() {
    try {
      socket.setSoLinger(true, 0);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    close();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
