package dev.lastword.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a session: buffers come in as they were read, and leave cut at the ends of frames.
 *
 * <p>A read that ends where a frame ends, which is the rule, is passed on as the buffer it came in: nothing is copied. The beginning of
 * a frame whose end has not been read is held back, so that the receiver is always between two frames and can be told something, up to
 * {@code holdBack} bytes; a longer frame is streamed. Not safe for threads: all calls are made on the session's event loop.
 *
 * <p>Both protocols begin a frame with four bytes that tell its length, which is all this class knows of them.
 */
public abstract class FrameFlow {
  /** Bytes that tell how long a frame is, in both protocols. */
  protected static final int HEADER = 4;

  /** A frame up to this long gets its whole buffer at once; a longer one grows with what really comes. */
  private static final int TRUSTED_LENGTH = 64 * 1024;

  /** Bytes that must be there before a frame is streamed: more would hold up a server that answers to the header alone. */
  private static final int STREAM_FROM = HEADER + 1;

  private final ByteBufAllocator allocator;
  private final int holdBack;

  private @Nullable ByteBuf held;
  private long streaming;
  private boolean stopped;
  private boolean paused;
  private boolean opaque;
  private boolean ended;

  /**
   * Makes a flow with nothing in it.
   *
   * @param holdBack the longest frame in bytes, header included, that is kept until it is complete
   */
  protected FrameFlow(ByteBufAllocator allocator, int holdBack) {
    this.allocator = allocator;
    this.holdBack = holdBack;
  }

  /** The length in bytes, header included, of the frame that begins at {@code at}, where {@link #HEADER} bytes are readable. */
  protected abstract long frameLength(ByteBuf in, int at);

  /**
   * Looks at a complete frame. Must not move the reader index.
   *
   * @return false to have it handed to {@link #intercept} and not forwarded with its neighbours
   */
  protected abstract boolean passes(ByteBuf in, int at, int length);

  /**
   * Decides what becomes of a frame that did not pass. Frames before it have been forwarded.
   *
   * @param frame the frame, header included; stays the caller's
   */
  protected abstract Interception intercept(ByteBuf frame);

  /**
   * A frame longer than {@code holdBack} begins, of which at least one byte after the header is there.
   *
   * @param length of the whole frame, header included
   * @return false if the session cannot let it through; it has then been ended and the flow drops what comes
   */
  protected abstract boolean streamBegins(ByteBuf in, int at, long length);

  /** More of the streamed frame, the first part included; {@code at} is behind the header and the first byte when it begins. */
  protected abstract void streamed(ByteBuf in, int at, int length);

  /** The streamed frame is complete. */
  protected abstract void streamEnds();

  /** Takes ownership of a buffer that is to be written to the other side. */
  protected abstract void forward(ByteBuf frames);

  /** What becomes of an intercepted frame. */
  public enum Interception {
    /** It is forwarded as it is. */
    FORWARD,
    /** It is not forwarded; whatever replaces it has been written. */
    DROP,
    /** It cannot be decided yet: the flow pauses before it, and asks again when it is resumed. */
    WAIT
  }

  /** Takes ownership of a buffer that was read. */
  public final void read(ByteBuf in) {
    if (ended || !in.isReadable()) {
      in.release();
    } else if (paused) {
      hold(in);
    } else if (held == null) {
      process(in);
    } else {
      completeHeld(in);
    }
  }

  /** From now on bytes are kept, not looked at, until {@link #resume()}. The caller stops reading the channel too. */
  public final void pause() {
    paused = true;
  }

  /** Goes on where {@link #pause()} stopped. */
  public final void resume() {
    paused = false;
    ByteBuf in = held;
    if (in != null) {
      held = null;
      process(in);
    }
  }

  /** Whether {@link #pause()} is in force. */
  public final boolean paused() {
    return paused;
  }

  /** Hands over the bytes that were read and not looked at, or null: they belong to another layer, such as TLS, from here on. */
  public final @Nullable ByteBuf takeHeld() {
    ByteBuf in = held;
    held = null;
    return in;
  }

  /** From now on everything is forwarded unseen, what is held first. */
  public final void becomeOpaque() {
    opaque = true;
    resume();
  }

  /** The first {@link #HEADER} bytes, little endian, of a frame whose end has not been read; 0 if there are none. */
  public final int beginning() {
    ByteBuf in = held;
    return in == null || in.readableBytes() < HEADER ? 0 : in.getIntLE(in.readerIndex());
  }

  /** Whether the beginning of a frame has been read and its end has not. */
  public final boolean insideFrame() {
    return streaming > 0 || held != null;
  }

  /** Whether the beginning of a frame has been forwarded and its end has not: the receiver cannot be told anything now. */
  public final boolean insideForwardedFrame() {
    return streaming > 0 || opaque;
  }

  /** Releases what is held and drops everything that still comes. */
  public final void end() {
    ended = true;
    if (held != null) {
      held.release();
      held = null;
    }
  }

  /** Owns {@code in}. */
  private void process(ByteBuf in) {
    while (!ended) {
      if (opaque) {
        forward(in);
        return;
      }
      int end = walk(in);
      if (ended) {
        break;
      }
      if (end == in.writerIndex()) {
        forward(in);
        return;
      }
      if (end > in.readerIndex()) {
        forward(in.readRetainedSlice(end - in.readerIndex()));
        if (ended) {
          break;
        }
      }
      if (!stopped) {
        hold(in);
        return;
      }
      int at = in.readerIndex();
      int length = (int) frameLength(in, at);
      switch (intercept(in.slice(at, length))) {
        case FORWARD -> forward(in.readRetainedSlice(length));
        case DROP -> in.skipBytes(length);
        case WAIT -> paused = true;
      }
      if (!in.isReadable()) {
        break;
      }
      if (paused && !ended) {
        hold(in);
        return;
      }
    }
    in.release();
  }

  /** Returns the index behind the last byte that may be forwarded now; sets {@link #stopped} if the frame there did not pass. */
  private int walk(ByteBuf in) {
    stopped = false;
    int at = in.readerIndex();
    int end = in.writerIndex();
    if (streaming > 0) {
      at += continueStream(in, at, end);
    }
    while (end - at >= HEADER) {
      long length = frameLength(in, at);
      int available = end - at;
      if (length <= available) {
        if (!passes(in, at, (int) length)) {
          stopped = true;
          return at;
        }
        at += (int) length;
      } else if (length > holdBack && available >= STREAM_FROM) {
        if (!streamBegins(in, at, length)) {
          end();
          return at;
        }
        streaming = length - HEADER - 1;
        at += HEADER + 1;
        return at + continueStream(in, at, end);
      } else {
        return at;
      }
    }
    return at;
  }

  private int continueStream(ByteBuf in, int at, int end) {
    int part = (int) Math.min(streaming, end - at);
    if (part > 0) {
      streamed(in, at, part);
      streaming -= part;
      if (streaming == 0) {
        streamEnds();
      }
    }
    return part;
  }

  /** Keeps what is left of {@code in}, which it owns. */
  private void hold(ByteBuf in) {
    if (held != null) {
      held.writeBytes(in);
      in.release();
      return;
    }
    int rest = in.readableBytes();
    if (rest == 0) {
      in.release();
      return;
    }
    long wanted = rest;
    if (!paused && rest >= HEADER) {
      wanted = Math.clamp(goal(in), rest, Math.max(rest, TRUSTED_LENGTH));
    }
    // A copy, not a slice: the rest of a frame is mostly short, and a slice would keep the whole
    // read buffer alive.
    held = allocator.buffer((int) Math.max(wanted, 64)).writeBytes(in);
    in.release();
  }

  /** Owns {@code in}; moves just the bytes that complete the held frame, so that those behind it need no copy. */
  private void completeHeld(ByteBuf in) {
    while (in.isReadable()) {
      ByteBuf partial = held;
      if (partial == null || paused || ended) {
        read(in);
        return;
      }
      int have = partial.readableBytes();
      long goal = have < HEADER ? HEADER : goal(partial);
      partial.writeBytes(in, (int) Math.min(goal - have, in.readableBytes()));
      if (partial.readableBytes() == goal) {
        held = null;
        process(partial);
      }
    }
    in.release();
  }

  /** How many bytes of the frame that begins at the reader index must be there before anything can be done about it. */
  private long goal(ByteBuf in) {
    long length = frameLength(in, in.readerIndex());
    return length > holdBack ? STREAM_FROM : length;
  }
}
