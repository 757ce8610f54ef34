package dev.lastword.x.compression;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * The messages inside one COMPRESSION frame after another, found in the plain bytes in whatever pieces these come. Keeps a
 * message's first bytes only, and copies these only if they come in more than one piece.
 */
final class InnerMessages {

  private static final int HEADER = 5;
  private static final int COMPRESSION = 46;

  private final long maxMessage;
  private final long maxFrame;
  private final CompressedRequests.Observer observer;

  private long frameLeft;
  private boolean empty;

  // Of the message that is being read.
  private int headerRead;
  private int length;
  private int type;
  private int payloadLeft;
  private byte @Nullable [] prefix;
  private int prefixRead;

  InnerMessages(long maxMessage, long maxFrame, CompressedRequests.Observer observer) {
    this.maxMessage = maxMessage;
    this.maxFrame = maxFrame;
    this.observer = observer;
  }

  void frameStarts() {
    frameLeft = maxFrame;
    empty = true;
  }

  /** A COMPRESSION frame holds complete messages, and at least one. */
  void frameEnds() throws UndecodableException {
    if (empty || headerRead != 0) {
      throw new UndecodableException();
    }
  }

  void plain(ByteBuf bytes, int index, int count) throws UndecodableException {
    frameLeft -= count;
    if (frameLeft < 0) {
      throw new UndecodableException();
    }
    int next = index;
    int end = index + count;
    while (next < end) {
      if (headerRead < HEADER) {
        next = header(bytes, next, end);
        if (headerRead == HEADER && payloadLeft == 0) {
          bytes.setIndex(next, next);
          complete(bytes);
        }
      } else {
        next = payload(bytes, next, end);
      }
    }
  }

  private int header(ByteBuf bytes, int index, int end) throws UndecodableException {
    int next = index;
    if (headerRead == 0) {
      length = 0;
    }
    while (next < end && headerRead < HEADER) {
      int b = bytes.getByte(next++) & 0xff;
      if (headerRead < Integer.BYTES) {
        length |= b << (8 * headerRead);
      } else {
        type = b;
      }
      headerRead++;
    }
    if (headerRead >= Integer.BYTES && (length <= 0 || length > maxMessage)) {
      throw new UndecodableException();
    }
    if (headerRead == HEADER) {
      if (type == COMPRESSION) {
        throw new UndecodableException();
      }
      payloadLeft = length - 1;
    }
    return next;
  }

  private int payload(ByteBuf bytes, int index, int end) {
    int taken = Math.min(payloadLeft, end - index);
    int wanted = Math.min(CompressedRequests.PREFIX, length - 1) - prefixRead;
    if (payloadLeft == length - 1 && taken == payloadLeft) {
      payloadLeft = 0;
      bytes.setIndex(index, index + wanted);
      complete(bytes);
      return index + taken;
    }
    if (wanted > 0) {
      if (prefix == null) {
        prefix = new byte[wanted];
      }
      int copied = Math.min(wanted, taken);
      bytes.getBytes(index, prefix, prefixRead, copied);
      prefixRead += copied;
    }
    payloadLeft -= taken;
    if (payloadLeft == 0 && prefix != null) {
      complete(Unpooled.wrappedBuffer(prefix));
    }
    return index + taken;
  }

  private void complete(ByteBuf start) {
    headerRead = 0;
    prefix = null;
    prefixRead = 0;
    empty = false;
    observer.message(type, start, length - 1);
  }

  /** Forgets a message that will never be complete. */
  void close() {
    prefix = null;
  }
}
