package dev.lastword.x.compression;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.FastThreadLocal;
import java.nio.ByteBuffer;

/** The compressed bytes of one session, in the order in which they come and cut anywhere, to plain ones. */
abstract sealed class Decompressor permits DeflateStream, Lz4Message, ZstdStream {

  /**
   * Decompresses some bytes and gives everything that can be known from them to {@code out}.
   *
   * @throws UndecodableException if the bytes are no such stream, or if {@code out} says so
   */
  abstract void decompress(ByteBuf in, int index, int length, InnerMessages out)
      throws UndecodableException;

  /** A COMPRESSION frame has ended: gives back what can be made anew. */
  abstract void frameEnded();

  /** Frees everything; nothing is called afterwards. */
  abstract void close();

  /** Room that a call needs and no session keeps: one per thread. */
  static final class Scratch {

    private static final int SIZE = 16 * 1024;

    private static final FastThreadLocal<Scratch> SCRATCH =
        new FastThreadLocal<>() {
          @Override
          protected Scratch initialValue() {
            return new Scratch();
          }
        };

    /** Compressed bytes, for a library that reads native memory only. */
    final ByteBuffer in = ByteBuffer.allocateDirect(SIZE);

    /** Plain bytes. */
    final ByteBuffer out = ByteBuffer.allocateDirect(SIZE);

    /** The memory of {@link #out}. */
    final ByteBuf plain = Unpooled.wrappedBuffer(out);

    static Scratch get() {
      return SCRATCH.get();
    }
  }
}
