package dev.lastword.x.compression;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The requests inside the COMPRESSION frames that one client sends. Is told of each frame, {@link #frame}, and then given its
 * payload in any pieces as they pass through the proxy, {@link #bytes}; tells an {@link Observer} of each message in it as it
 * completes. Every COMPRESSION frame since authentication must be given, since a stream's state goes on from one to the next.
 *
 * <p>Decides as the server does what is no valid frame: the server then ends the session with a fatal Error (5171, 5174) or,
 * above its limit, without a word. The observer is told once, everything is released, and later bytes are not looked at.
 * No bytes that a client sends raise an exception.
 *
 * <p>Never holds the plain bytes of a frame: what a session holds is the algorithm's state (see {@link Algorithm}) and the first
 * bytes of one unfinished message. Until the first COMPRESSION frame that is nothing. Time spent is bounded by {@code
 * maxFrame}: inflating runs at some hundred MB/s. Belongs to one event loop.
 */
public final class CompressedRequests implements AutoCloseable {

  /** The most bytes of a message's payload that {@link Observer#message} is shown. */
  public static final int PREFIX = 1024;

  // Connection.Compression
  private static final int PAYLOAD_FIELD = 4;
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  /** Hears what is inside. Must not close the {@link CompressedRequests} that calls it. */
  public interface Observer {

    /**
     * One message is complete.
     *
     * @param type message type id, 0 to 255, never COMPRESSION
     * @param prefix its readable bytes are the first of the payload, at most {@link #PREFIX}; valid, and not to be released or
     *     changed, during the call
     * @param length of the whole payload in bytes, the type byte not counted
     */
    void message(int type, ByteBuf prefix, int length);

    /** The frame is not a valid one. Called at most once, and no message follows. */
    void undecodable();
  }

  private enum Step {
    TAG,
    VARINT_VALUE,
    LENGTH,
    SKIP,
    PAYLOAD
  }

  private final Algorithm algorithm;
  private final Observer observer;
  private final InnerMessages messages;

  private @Nullable Decompressor decompressor;
  private boolean closed;

  // Of the frame that is being read.
  private int frameLeft;
  private Step step = Step.TAG;
  private long varint;
  private int shift;
  private int field;
  private long fieldLeft;
  private boolean payloadSeen;

  /**
   * For a session whose server has accepted the capability.
   *
   * @param algorithm that the client chose
   * @param maxMessage the longest message inside a frame in bytes, its type byte included: the server's
   *     mysqlx_max_allowed_packet, 512 to 1 GiB
   * @param maxFrame the most plain bytes in one frame, {@code maxMessage} or more; the server has no such limit, but ours
   *     keeps an event loop from being held up
   * @param observer called from within {@link #frame} and {@link #bytes}
   */
  public CompressedRequests(
      Algorithm algorithm, long maxMessage, long maxFrame, Observer observer) {
    this.algorithm = algorithm;
    this.observer = observer;
    this.messages = new InnerMessages(maxMessage, maxFrame, observer);
  }

  /**
   * A COMPRESSION frame starts.
   *
   * @param length of its protobuf payload in bytes: what the header says, less the type byte
   * @throws IllegalStateException if the frame before has not been given in full
   */
  public void frame(int length) {
    if (closed) {
      return;
    }
    if (frameLeft != 0) {
      throw new IllegalStateException(frameLeft + " bytes of the previous frame are missing");
    }
    frameLeft = length;
    step = Step.TAG;
    varint = 0;
    shift = 0;
    payloadSeen = false;
    messages.frameStarts();
    if (length == 0) {
      undecodable();
    }
  }

  /**
   * The next bytes of the frame's protobuf payload.
   *
   * @param buffer holds them; its indexes are not moved, and no reference is kept
   * @param index of the first one
   * @param length how many, not more than the frame still has
   */
  public void bytes(ByteBuf buffer, int index, int length) {
    if (closed) {
      return;
    }
    if (length > frameLeft) {
      throw new IllegalStateException("the frame has only " + frameLeft + " bytes more");
    }
    try {
      body(buffer, index, index + length);
      frameLeft -= length;
      if (frameLeft == 0) {
        ended();
      }
    } catch (UndecodableException e) {
      undecodable();
    }
  }

  /** True until the observer was told otherwise, or {@link #close}. */
  public boolean isDecodable() {
    return !closed;
  }

  /** Frees native memory. The session is over, or authenticates anew. Can be called more than once. */
  @Override
  public void close() {
    closed = true;
    messages.close();
    if (decompressor != null) {
      decompressor.close();
      decompressor = null;
    }
  }

  private void body(ByteBuf buffer, int index, int end) throws UndecodableException {
    int next = index;
    while (next < end) {
      switch (step) {
        case TAG -> {
          if (varint(buffer.getByte(next++))) {
            tag();
          }
        }
        case VARINT_VALUE -> {
          if (varint(buffer.getByte(next++))) {
            varint = 0;
            step = Step.TAG;
          }
        }
        case LENGTH -> {
          if (varint(buffer.getByte(next++))) {
            lengthKnown(frameLeft - (next - index));
          }
        }
        case SKIP -> next += skip(Math.min(fieldLeft, end - next));
        case PAYLOAD -> {
          int part = (int) Math.min(fieldLeft, end - next);
          decompressor().decompress(buffer, next, part, messages);
          next += skip(part);
        }
      }
    }
  }

  private void tag() throws UndecodableException {
    field = (int) (varint >>> 3);
    int wireType = (int) varint & 7;
    if (field == 0 || varint >>> 32 != 0) {
      throw new UndecodableException();
    }
    // Field 4 as anything but bytes is an unknown field to protobuf.
    switch (wireType) {
      case VARINT -> step = Step.VARINT_VALUE;
      case FIXED64 -> fixed(Long.BYTES);
      case BYTES -> step = Step.LENGTH;
      case FIXED32 -> fixed(Integer.BYTES);
      default -> throw new UndecodableException();
    }
    varint = 0;
  }

  private void fixed(int size) {
    fieldLeft = size;
    step = Step.SKIP;
  }

  private void lengthKnown(int left) throws UndecodableException {
    fieldLeft = varint;
    varint = 0;
    if (fieldLeft < 0 || fieldLeft > left) {
      throw new UndecodableException();
    }
    if (field == PAYLOAD_FIELD) {
      // Of two the server takes the last; no client sends two, and what was inflated cannot be
      // taken back.
      if (payloadSeen) {
        throw new UndecodableException();
      }
      payloadSeen = true;
    }
    step = fieldLeft == 0 ? Step.TAG : field == PAYLOAD_FIELD ? Step.PAYLOAD : Step.SKIP;
  }

  private int skip(long bytes) {
    fieldLeft -= bytes;
    if (fieldLeft == 0) {
      step = Step.TAG;
    }
    return (int) bytes;
  }

  private boolean varint(byte b) throws UndecodableException {
    if (shift == 70) {
      throw new UndecodableException();
    }
    varint |= (long) (b & 0x7f) << shift;
    shift += 7;
    if (b >= 0) {
      shift = 0;
      return true;
    }
    return false;
  }

  private Decompressor decompressor() {
    if (decompressor == null) {
      decompressor = algorithm.newDecompressor();
    }
    return decompressor;
  }

  private void ended() throws UndecodableException {
    if (step != Step.TAG || shift != 0 || !payloadSeen) {
      throw new UndecodableException();
    }
    messages.frameEnds();
    decompressor().frameEnded();
  }

  private void undecodable() {
    close();
    observer.undecodable();
  }
}
