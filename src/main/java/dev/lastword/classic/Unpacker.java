package dev.lastword.classic;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocal;
import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Takes apart the packets of the compressed protocol: seven bytes of header (compressed length, sequence number, plain length, which is 0
 * where the payload is not compressed) and a payload that is a whole zlib stream or Zstandard frame, whichever it begins as.
 */
final class Unpacker {
  /** Bytes in front of the payload. */
  static final int HEADER = 7;

  private static final int PLAIN_LENGTH = 4;
  private static final int ZSTD_MAGIC = 0xfd2fb528;
  private static final int CHUNK = 32 * 1024;

  /** Takes what is inside, in pieces. */
  interface Sink {
    /** A piece; the array is used again. */
    void take(byte[] bytes, int length);
  }

  /** What is inside cannot be had. */
  static final class Undecodable extends Exception {
    private static final long serialVersionUID = 1L;

    Undecodable(String why) {
      super(why);
    }
  }

  /** One for each event loop, used between two of its tasks. */
  private static final FastThreadLocal<Unpacker> LOCAL =
      new FastThreadLocal<>() {
        @Override
        protected Unpacker initialValue() {
          return new Unpacker();
        }

        @Override
        protected void onRemoval(Unpacker unpacker) {
          unpacker.close();
        }
      };

  private final byte[] in = new byte[CHUNK];
  private final byte[] out = new byte[CHUNK];
  private final Inflater inflater = new Inflater();
  private @Nullable ZstdDecompressCtx zstd;
  private final ByteBuffer zstdIn = ByteBuffer.allocateDirect(CHUNK);
  private final ByteBuffer zstdOut = ByteBuffer.allocateDirect(CHUNK);

  private Unpacker() {}

  /** The one of this thread. */
  static Unpacker get() {
    return LOCAL.get();
  }

  /** The length of the packet at {@code at}, header included. */
  static long length(ByteBuf in, int at) {
    return (long) HEADER + in.getUnsignedMediumLE(at);
  }

  static int sequence(ByteBuf in, int at) {
    return in.getUnsignedByte(at + 3);
  }

  /**
   * Hands over what is in a packet.
   *
   * @param packet the whole of it begins at {@code at}
   * @throws Undecodable if it is neither plain nor what it says to be
   */
  void unpack(ByteBuf packet, int at, int length, Sink sink) throws Undecodable {
    if (length < HEADER) {
      throw new Undecodable("shorter than its header");
    }
    int from = at + HEADER;
    int end = at + length;
    int plain = packet.getUnsignedMediumLE(at + PLAIN_LENGTH);
    if (plain == 0) {
      for (int done = from; done < end; done += CHUNK) {
        int part = Math.min(CHUNK, end - done);
        packet.getBytes(done, in, 0, part);
        sink.take(in, part);
      }
    } else if (end - from >= 4 && packet.getIntLE(from) == ZSTD_MAGIC) {
      unzstd(packet, from, end, plain, sink);
    } else {
      inflate(packet, from, end, plain, sink);
    }
  }

  private void inflate(ByteBuf packet, int from, int end, int plain, Sink sink) throws Undecodable {
    inflater.reset();
    int at = from;
    long total = 0;
    try {
      while (!inflater.finished()) {
        if (inflater.needsInput()) {
          int part = Math.min(CHUNK, end - at);
          if (part == 0) {
            throw new Undecodable("its zlib stream does not end");
          }
          packet.getBytes(at, in, 0, part);
          at += part;
          inflater.setInput(in, 0, part);
        }
        int some = inflater.inflate(out);
        if (inflater.needsDictionary()) {
          // It would wait for one for ever.
          throw new Undecodable("its zlib stream wants a dictionary");
        }
        total = checked(total + some, plain);
        sink.take(out, some);
      }
    } catch (DataFormatException e) {
      throw new Undecodable("it is no zlib stream: " + e.getMessage());
    }
    complete(total, plain);
  }

  private void unzstd(ByteBuf packet, int from, int end, int plain, Sink sink) throws Undecodable {
    ZstdDecompressCtx context = zstd;
    if (context == null) {
      context = new ZstdDecompressCtx();
      zstd = context;
    }
    context.reset();
    long total = 0;
    try {
      boolean over = false;
      for (int at = from; at < end && !over; ) {
        int part = Math.min(CHUNK, end - at);
        zstdIn.clear().limit(part);
        packet.getBytes(at, zstdIn);
        zstdIn.flip();
        at += part;
        do {
          zstdOut.clear();
          over = context.decompressDirectByteBufferStream(zstdOut, zstdIn);
          zstdOut.flip();
          int some = zstdOut.remaining();
          zstdOut.get(out, 0, some);
          total = checked(total + some, plain);
          sink.take(out, some);
        } while (!over && (zstdIn.hasRemaining() || zstdOut.limit() == CHUNK));
      }
    } catch (ZstdException e) {
      throw new Undecodable("it is no Zstandard frame: " + e.getMessage());
    }
    complete(total, plain);
  }

  private static long checked(long total, int plain) throws Undecodable {
    if (total > plain) {
      throw new Undecodable("more is inside than it says");
    }
    return total;
  }

  private static void complete(long total, int plain) throws Undecodable {
    if (total != plain) {
      throw new Undecodable("less is inside than it says");
    }
  }

  private void close() {
    inflater.end();
    if (zstd != null) {
      zstd.close();
    }
  }
}
