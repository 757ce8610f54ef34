package dev.lastword.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Promise;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One side of a session: a channel, when it is read, and how it is left. All calls are made on the channel's event loop.
 *
 * <p>A leg is read only while nobody has a reason against it; the reasons are kept apart so that the end of one does not end another.
 */
public final class Leg {
  /** The session is not ready for what this side says. */
  public static final int NOT_READY = 1;

  /** The other side does not take what was read from this one. */
  public static final int PEER_IS_SLOW = 2;

  /** How often a side that goes on reading gets another chance to read the rest. */
  private static final int LINGERS = 24;

  private final Channel channel;
  private final Origin origin;
  private int reasonsNotToRead;
  private boolean secure;
  private @Nullable Promise<Void> finished;
  private @Nullable SslHandler tls;

  /**
   * Wraps a channel that is not read automatically yet.
   *
   * @param secure whether nobody on the way can listen, as on a Unix domain socket
   */
  public Leg(Channel channel, boolean secure) {
    this(channel, secure, Origin.of(channel));
  }

  /**
   * The same for a channel that is somebody else's than its other end.
   *
   * @param origin whose it is
   */
  public Leg(Channel channel, boolean secure, Origin origin) {
    this.channel = channel;
    this.origin = origin;
    this.secure = secure;
    this.reasonsNotToRead = NOT_READY;
  }

  /** The channel itself; its pipeline belongs to those who assembled it. */
  public Channel channel() {
    return channel;
  }

  /** Whose it is. */
  public Origin origin() {
    return origin;
  }

  /** Whether nobody on the way can listen: TLS, or a Unix domain socket. */
  public boolean secure() {
    return secure;
  }

  /** Says that everything from now on goes through this handler, which is in the channel's pipeline. */
  public void securedBy(SslHandler handler) {
    secure = true;
    tls = handler;
  }

  /** Whether TLS is in force on this leg and ends here. */
  public boolean encrypted() {
    return tls != null;
  }

  /** Writes a buffer, whose ownership goes with it. */
  public void write(ByteBuf bytes) {
    channel.write(bytes, channel.voidPromise());
  }

  /** Sends what was written. */
  public void flush() {
    channel.flush();
  }

  /** Stops reading, for a reason such as {@link #NOT_READY}. */
  public void stopReading(int reason) {
    if (reasonsNotToRead == 0) {
      channel.config().setAutoRead(false);
    }
    reasonsNotToRead |= reason;
  }

  /** Whether it is read: that nothing comes from one that is not is no silence of the other side's. */
  public boolean isRead() {
    return reasonsNotToRead == 0;
  }

  /** Withdraws a reason; reads if it was the last one. */
  public void allowReading(int reason) {
    if (reasonsNotToRead != 0) {
      reasonsNotToRead &= ~reason;
      if (reasonsNotToRead == 0) {
        read();
      }
    }
  }

  /** Where nothing more can come, the kernel has nothing to be asked for, and complains. */
  private void read() {
    if (channel.isActive() && !isEndedByPeer()) {
      channel.config().setAutoRead(true);
    }
  }

  /** Reads no matter who had a reason against it, because what comes is thrown away. */
  public void drain() {
    reasonsNotToRead = 0;
    read();
  }

  /** Sends what was written and then the end of our stream, keeping the other direction open. Later calls do nothing. */
  public void finish() {
    if (finished != null) {
      return;
    }
    Promise<Void> done = channel.eventLoop().newPromise();
    finished = done;
    if (!channel.isActive()) {
      // A TLS handler that has left its pipeline cannot be closed any more.
      done.trySuccess(null);
      return;
    }
    SslHandler handler = tls;
    // TLS that is closed in the middle of its handshake throws away what waits for the handshake's
    // end, so the close waits for
    // the writes.
    channel
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(_ -> {
          if (handler == null) {
            endOutput(done);
          } else {
            handler.closeOutbound().addListener(_ -> endOutput(done));
          }
        });
  }

  private void endOutput(Promise<Void> done) {
    if (channel instanceof DuplexChannel duplex && channel.isActive()) {
      duplex.shutdownOutput();
    }
    done.trySuccess(null);
  }

  /** Whether the end of the other side's stream has been read. */
  public boolean isEndedByPeer() {
    return channel instanceof DuplexChannel duplex && duplex.isInputShutdown();
  }

  /** Whether everything that was written has been handed to the kernel. */
  public boolean allLeft() {
    return waiting() <= 0;
  }

  /** Bytes that were written and not handed to the kernel yet. */
  private long waiting() {
    var config = channel.config();
    return channel.isWritable()
        ? config.getWriteBufferHighWaterMark() - channel.bytesBeforeUnwritable()
        : config.getWriteBufferLowWaterMark() + channel.bytesBeforeWritable();
  }

  /**
   * Leaves so that the last bytes arrive: sends them, ends our direction, and then reads and discards until the other side has closed,
   * but not for longer than {@code lingerMillis}. A socket that is closed while unread bytes are in it sends RST, and the other side may
   * lose what it was told. A side that is slow to take what is still to be sent gets more time as long as it takes some of it. The
   * session's handler must discard what it reads and close the channel at the end of input.
   */
  public void linger(long lingerMillis) {
    if (!channel.isActive()) {
      channel.close();
      return;
    }
    finish();
    drain();
    if (isEndedByPeer() && finished != null) {
      // The other side has ended its direction already, and nobody will hear of that again.
      finished.addListener(_ -> channel.close());
    }
    lingerOn(lingerMillis, Long.MAX_VALUE, LINGERS);
  }

  private void lingerOn(long millis, long before, int more) {
    long left = waiting();
    if (more == 0 || (left > 0 && left >= before)) {
      closeWithoutFlush();
      return;
    }
    // With nothing left to send, one more round is all the time there is to read it.
    int rounds = left > 0 ? more - 1 : 0;
    var timer =
        channel
            .eventLoop()
            .schedule(() -> lingerOn(millis, left, rounds), millis, TimeUnit.MILLISECONDS);
    channel.closeFuture().addListener(_ -> timer.cancel(false));
  }

  /** TLS would try to send its last words for another ten seconds to a side that takes nothing. */
  private void closeWithoutFlush() {
    ChannelHandlerContext nearestToSocket = channel.pipeline().firstContext();
    if (nearestToSocket == null) {
      channel.close();
    } else {
      nearestToSocket.close();
    }
  }

  /** Closes at once. */
  public void close() {
    channel.close();
  }
}
