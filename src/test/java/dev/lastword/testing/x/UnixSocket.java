package dev.lastword.testing.x;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/**
 * A Unix domain socket with the face of a {@link Socket}, so that timeouts and TLS work on it as
 * they do on TCP. The JDK has such sockets as channels only, and blocking channels know no
 * timeouts.
 */
public final class UnixSocket extends Socket {

  private final SocketChannel channel;
  private final Selector selector;
  private volatile int timeout;

  /** Connects. */
  public UnixSocket(UnixDomainSocketAddress address) throws IOException {
    channel = SocketChannel.open(address);
    channel.configureBlocking(false);
    selector = Selector.open();
    channel.register(selector, 0);
  }

  @Override
  public InputStream getInputStream() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
        int count = channel.read(buffer);
        while (count == 0 && length > 0) {
          awaitReady(SelectionKey.OP_READ, timeout);
          count = channel.read(buffer);
        }
        return count;
      }
    };
  }

  @Override
  public OutputStream getOutputStream() {
    return new OutputStream() {
      @Override
      public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
        while (buffer.hasRemaining()) {
          if (channel.write(buffer) == 0) {
            awaitReady(SelectionKey.OP_WRITE, 0);
          }
        }
      }
    };
  }

  private void awaitReady(int operation, int millis) throws IOException {
    SelectionKey key = channel.keyFor(selector);
    if (key == null || !key.isValid()) {
      throw new SocketException("closed");
    }
    int ready;
    try {
      key.interestOps(operation);
      ready = selector.select(millis);
      selector.selectedKeys().clear();
    } catch (ClosedSelectorException | CancelledKeyException closed) {
      throw new SocketException("closed", closed);
    }
    if (ready == 0) {
      throw new SocketTimeoutException("nothing within " + millis + " ms");
    }
  }

  @Override
  public boolean isConnected() {
    return true;
  }

  @Override
  public boolean isClosed() {
    return !channel.isOpen();
  }

  @Override
  public void setSoTimeout(int millis) {
    timeout = millis;
  }

  @Override
  public int getSoTimeout() {
    return timeout;
  }

  @Override
  public void setTcpNoDelay(boolean on) {
    // Such a socket never waits for more.
  }

  @Override
  public void setSoLinger(boolean on, int seconds) {
    // There is no RST on such a socket; an end with unread bytes is the nearest thing.
  }

  @Override
  public void shutdownOutput() throws IOException {
    channel.shutdownOutput();
  }

  @Override
  public void close() throws IOException {
    channel.close();
    selector.close();
  }
}
