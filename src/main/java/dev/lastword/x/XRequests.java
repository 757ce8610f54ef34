package dev.lastword.x;

import dev.lastword.x.compression.Algorithm;
import dev.lastword.x.compression.CompressedRequests;
import dev.lastword.x.protobuf.Mysqlx.ClientMessages;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/** Counts what the client asks for: one request a frame, except for compressed frames, which are looked into. */
final class XRequests {
  private static final int TYPE = 4;
  private static final int SMALL_PREFIX = 64;

  /** A longer message inside a compressed frame is not looked at: twice what mysqlx_max_allowed_packet is by default, in bytes. */
  private static final long LONGEST_MESSAGE = 128 << 20;

  /** Plain bytes of one compressed frame that are looked at; inflating more would hold up the other sessions of the event loop. */
  private static final long LONGEST_FRAME = 128 << 20;

  private final XTracker tracker;
  private final RequestEffects effects = new RequestEffects();

  private @Nullable CompressedRequests compressed;
  private int countedInFrame;
  private int streamedType;
  // Of a frame that comes in pieces, the beginning, which says what it does: on the heap, so nobody
  // need release it.
  private @Nullable ByteBuf streamedPrefix;
  private @Nullable CompressedRequests streamedInside;

  XRequests(XTracker tracker) {
    this.tracker = tracker;
  }

  /** The server accepted this algorithm; only the last one counts, and only once the client has authenticated. */
  void compressedWith(Algorithm algorithm) {
    close();
    compressed =
        new CompressedRequests(
            algorithm,
            LONGEST_MESSAGE,
            LONGEST_FRAME,
            new CompressedRequests.Observer() {
              @Override
              public void message(int type, ByteBuf prefix, int length) {
                countedInFrame++;
                tracker.request(
                    type, effects.of(type, prefix, prefix.readerIndex(), prefix.readableBytes()));
              }

              @Override
              public void undecodable() {
                // The server will say so, in one answer, which endOfCompressed() makes room for.
              }
            });
  }

  /** A complete frame, which will be forwarded. */
  void frame(ByteBuf in, int at, int length) {
    if (length < XMessages.PREFIX) {
      tracker.request(XTracker.NO_TYPE, Effect.NONE);
      return;
    }
    int type = in.getUnsignedByte(at + TYPE);
    int payload = at + XMessages.PREFIX;
    int payloadLength = length - XMessages.PREFIX;
    CompressedRequests inside = lookInto(type);
    if (inside == null) {
      tracker.request(type, effects.of(type, in, payload, payloadLength));
    } else {
      countedInFrame = 0;
      inside.frame(payloadLength);
      inside.bytes(in, payload, payloadLength);
      endOfCompressed();
    }
  }

  /** The first bytes of a frame that will be streamed; {@code length} counts the whole frame. */
  void streamBegins(ByteBuf in, int at, long length) {
    streamedType = in.getUnsignedByte(at + TYPE);
    streamedInside = length > LONGEST_FRAME ? null : lookInto(streamedType);
    if (streamedInside == null) {
      streamedPrefix = Unpooled.buffer(SMALL_PREFIX, RequestEffects.PREFIX);
    } else {
      countedInFrame = 0;
      streamedInside.frame((int) length - XMessages.PREFIX);
    }
  }

  /** More of its payload. */
  void streamed(ByteBuf in, int at, int length) {
    if (streamedInside != null) {
      streamedInside.bytes(in, at, length);
    } else if (streamedPrefix != null) {
      streamedPrefix.writeBytes(in, at, Math.min(length, streamedPrefix.maxWritableBytes()));
    }
  }

  /** Its end. */
  void streamEnds() {
    if (streamedInside != null) {
      endOfCompressed();
      streamedInside = null;
    } else if (streamedPrefix != null) {
      Effect effect = effects.of(streamedType, streamedPrefix, 0, streamedPrefix.readableBytes());
      streamedPrefix = null;
      tracker.request(streamedType, effect);
    }
  }

  /** A compressed frame that shows no request is answered with an Error. */
  private void endOfCompressed() {
    if (countedInFrame == 0) {
      tracker.request(ClientMessages.Type.COMPRESSION_VALUE, Effect.NONE);
    }
  }

  /** A client may send compressed requests right behind its authentication, before it knows that this succeeded. */
  private @Nullable CompressedRequests lookInto(int type) {
    return type == ClientMessages.Type.COMPRESSION_VALUE
            && (tracker.authenticated() || tracker.outstanding() > 0)
        ? compressed
        : null;
  }

  /** Frees what looking into compressed frames needs. */
  void close() {
    if (compressed != null) {
      compressed.close();
      compressed = null;
    }
  }
}
