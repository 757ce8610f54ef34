package dev.lastword.admin.sql;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection as something that is read and written like a stream. The thread that serves the client waits here, the event loop
 * never does. The socket is read only while somebody waits for bytes.
 */
final class Wire extends ChannelInboundHandlerAdapter {
  private static final int FLUSH_AT = 64 * 1024;

  /** A client that takes nothing for so long has left. */
  private static final Duration WRITING = Duration.ofSeconds(60);

  private final Channel channel;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<byte[]> unread = new ArrayDeque<>();
  private int offset;
  private int available;
  private boolean ended;
  private @Nullable ByteBuf pending;
  private boolean encrypted;

  Wire(Channel channel) {
    this.channel = channel;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    byte[] bytes;
    try {
      bytes = ByteBufUtil.getBytes((ByteBuf) message);
    } finally {
      ReferenceCountUtil.release(message);
    }
    lock.lock();
    try {
      unread.add(bytes);
      available += bytes.length;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    ended();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    // A reset, or TLS that went wrong: for whoever reads both are the end.
    ended();
    ctx.close();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    signal();
  }

  private void ended() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Looks whether there is still somebody for whom to go on.
   *
   * @throws IOException if the client has left, or this side is being closed
   */
  void checkOpen() throws IOException {
    lock.lock();
    try {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedIOException("the endpoint is being closed");
      }
      if (ended) {
        throw new EOFException();
      }
      if (available == 0) {
        // Whether it has left is seen only where somebody reads.
        channel.read();
      }
    } finally {
      lock.unlock();
    }
  }

  private void signal() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until there is something to read.
   *
   * @return whether there is, before the time was over
   * @throws IOException if the client has left
   */
  boolean awaitBytes(Duration limit) throws IOException {
    return await(1, limit);
  }

  private boolean await(int bytes, Duration limit) throws IOException {
    lock.lock();
    try {
      long left = limit.toNanos();
      while (available < bytes) {
        if (ended) {
          throw new EOFException();
        }
        if (left <= 0) {
          return false;
        }
        channel.read();
        left = changed.awaitNanos(left);
      }
      return true;
    } catch (InterruptedException e) {
      throw interrupted(e);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Reads exactly so many bytes.
   *
   * @throws IOException if they do not come in that time, or the client has left
   */
  byte[] read(int bytes, Duration limit) throws IOException {
    if (bytes > 0 && !await(bytes, limit)) {
      throw new IOException("the client sent nothing for too long");
    }
    // Only now: who announces much need not send it.
    byte[] all = new byte[bytes];
    lock.lock();
    try {
      int filled = 0;
      while (filled < bytes) {
        byte[] first = unread.element();
        int part = Math.min(bytes - filled, first.length - offset);
        System.arraycopy(first, offset, all, filled, part);
        filled += part;
        offset += part;
        if (offset == first.length) {
          unread.remove();
          offset = 0;
        }
      }
      available -= bytes;
    } finally {
      lock.unlock();
    }
    return all;
  }

  /** What is written next goes in here; it leaves with {@link #flush()}, or before when it has become much. */
  ByteBuf out() {
    ByteBuf buffer = pending;
    if (buffer == null) {
      buffer = channel.alloc().buffer();
      pending = buffer;
    }
    return buffer;
  }

  /** {@link #flush() Sends} what was written if it is much. */
  void flushIfMuch() throws IOException {
    if (pending != null && pending.readableBytes() >= FLUSH_AT) {
      flush();
    }
  }

  /**
   * Sends what was written, and waits while the client takes less than it is given.
   *
   * @throws IOException if it takes nothing for too long, or has left
   */
  void flush() throws IOException {
    ByteBuf buffer = pending;
    if (buffer != null) {
      pending = null;
      var _ = channel.writeAndFlush(buffer);
      await(channel::isWritable, WRITING);
    }
  }

  private void await(BooleanSupplier condition, Duration limit) throws IOException {
    lock.lock();
    try {
      long left = limit.toNanos();
      while (!condition.getAsBoolean()) {
        if (ended || left <= 0) {
          throw new EOFException();
        }
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    } finally {
      lock.unlock();
    }
  }

  private static IOException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    IOException ended = new InterruptedIOException("the endpoint is being closed");
    ended.initCause(e);
    return ended;
  }

  /**
   * Encrypts from here on.
   *
   * @param handler makes the handler; called once at most, on the event loop
   * @throws IOException if that fails
   */
  void startTls(Supplier<SslHandler> handler, Duration limit) throws IOException {
    flush();
    boolean[] outcome = new boolean[2];
    channel
        .eventLoop()
        .execute(() -> {
          if (!channel.isActive()) {
            return;
          }
          SslHandler tls = handler.get();
          channel.pipeline().addFirst(tls);
          tls.handshakeFuture()
              .addListener(done -> {
                lock.lock();
                try {
                  outcome[0] = true;
                  outcome[1] = done.isSuccess();
                  changed.signalAll();
                } finally {
                  lock.unlock();
                }
              });
          byte[] early = takeAll();
          if (early.length > 0) {
            // The client did not wait: its handshake came in the same segment.
            channel.pipeline().fireChannelRead(Unpooled.wrappedBuffer(early));
            channel.pipeline().fireChannelReadComplete();
          }
          channel.read();
        });
    await(() -> outcome[0], limit);
    if (!outcome[1]) {
      throw new IOException("the TLS handshake failed");
    }
    encrypted = true;
  }

  private byte[] takeAll() {
    lock.lock();
    try {
      ByteBuf all = Unpooled.buffer(available);
      int skip = offset;
      for (byte[] bytes : unread) {
        all.writeBytes(bytes, skip, bytes.length - skip);
        skip = 0;
      }
      unread.clear();
      offset = 0;
      available = 0;
      return ByteBufUtil.getBytes(all);
    } finally {
      lock.unlock();
    }
  }

  boolean isEncrypted() {
    return encrypted;
  }

  /** Sends what was written, and closes. */
  void close() {
    ByteBuf buffer = pending;
    pending = null;
    if (buffer == null) {
      channel.close();
    } else {
      channel.writeAndFlush(buffer).addListener(io.netty.channel.ChannelFutureListener.CLOSE);
    }
  }
}
