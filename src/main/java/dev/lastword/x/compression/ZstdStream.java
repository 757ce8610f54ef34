package dev.lastword.x.compression;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocal;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * {@link Algorithm#ZSTD_STREAM}: a native context is taken at the first byte of a Zstandard frame and put back at the first
 * end of a COMPRESSION frame at which a Zstandard frame is over too.
 */
final class ZstdStream extends Decompressor {

  /**
   * The largest window that is decoded, in bytes: what RFC 8878 asks every decoder to support, and twice what level 11, the
   * highest that servers allow, uses. The library would go on to 128 MiB.
   */
  static final int MAX_WINDOW = 8 * 1024 * 1024;

  private static final int MAGIC = 0xfd2fb528;
  private static final int SKIPPABLE_MAGIC = 0x184d2a50;
  private static final int SKIPPABLE_MASK = 0xfffffff0;
  private static final int HEADER_UNKNOWN = 6; // magic, descriptor, and what comes next

  /** At most one context per thread waits for its next session. */
  private static final FastThreadLocal<@Nullable ZstdDecompressCtx> SPARE =
      new FastThreadLocal<>() {
        @Override
        protected void onRemoval(@Nullable ZstdDecompressCtx spare) {
          if (spare != null) {
            spare.close();
          }
        }
      };

  private @Nullable ZstdDecompressCtx context;

  // The header of the current Zstandard frame, as far as it was seen: MAX_VALUE behind it.
  private int headerSeen;
  private long header;
  private int descriptor;
  private int headerSize;

  @Override
  void decompress(ByteBuf in, int index, int length, InnerMessages out)
      throws UndecodableException {
    ByteBuffer copy = Scratch.get().in;
    for (int done = 0; done < length; ) {
      int part = Math.min(length - done, copy.capacity());
      copy.clear().limit(part);
      in.getBytes(index + done, copy);
      copy.flip();
      decompress(copy, out);
      done += part;
    }
  }

  private void decompress(ByteBuffer in, InnerMessages out) throws UndecodableException {
    int end = in.limit();
    while (in.position() < end) {
      if (headerSeen < Integer.MAX_VALUE) {
        checkHeader(in.get(in.position()) & 0xff);
        in.limit(in.position() + 1);
      } else {
        in.limit(end);
      }
      if (stream(in, out)) {
        headerSeen = 0;
      }
      in.limit(end);
    }
  }

  /** Looks at the next byte of a frame header before the library sees it, and refuses a window that is too large. */
  private void checkHeader(int next) throws UndecodableException {
    if (headerSeen == 0) {
      header = 0;
      headerSize = HEADER_UNKNOWN;
    }
    if (headerSeen < 4) {
      header |= (long) next << (8 * headerSeen);
      headerSeen++;
      if (headerSeen == 4) {
        if (((int) header & SKIPPABLE_MASK) == SKIPPABLE_MAGIC) {
          headerSeen = Integer.MAX_VALUE;
        } else if ((int) header != MAGIC) {
          throw new UndecodableException();
        }
        header = 0;
      }
      return;
    }
    if (headerSeen == 4) {
      descriptor = next;
      headerSeen++;
      if (isSingleSegment()) {
        // The window is as large as the content, whose size stands behind the dictionary id.
        int idSize = dictionaryIdSize();
        headerSize = 5 + idSize + contentSizeSize();
      }
      return;
    }
    if (isSingleSegment()) {
      int digit = headerSeen - 5 - dictionaryIdSize();
      if (digit >= 0) {
        header |= (long) next << (8 * digit);
      }
      headerSeen++;
      if (headerSeen == headerSize) {
        long content = header + (contentSizeSize() == 2 ? 256 : 0);
        requireSmall(content);
        headerSeen = Integer.MAX_VALUE;
      }
    } else {
      long base = 1L << (10 + (next >>> 3));
      requireSmall(base + base / 8 * (next & 7));
      headerSeen = Integer.MAX_VALUE;
    }
  }

  private boolean isSingleSegment() {
    return (descriptor & 0x20) != 0;
  }

  private int dictionaryIdSize() {
    int flag = descriptor & 3;
    return flag == 3 ? 4 : flag;
  }

  private int contentSizeSize() {
    return 1 << (descriptor >>> 6);
  }

  private static void requireSmall(long window) throws UndecodableException {
    if (window < 0 || window > MAX_WINDOW) {
      throw new UndecodableException();
    }
  }

  /** Returns true if the end of the input is the end of a Zstandard frame, which then was all that was taken of it. */
  private boolean stream(ByteBuffer in, InnerMessages out) throws UndecodableException {
    ZstdDecompressCtx decompressor = context;
    if (decompressor == null) {
      decompressor = SPARE.get();
      if (decompressor == null) {
        decompressor = new ZstdDecompressCtx();
      } else {
        SPARE.set(null);
      }
      context = decompressor;
    }
    Scratch scratch = Scratch.get();
    while (true) {
      scratch.out.clear();
      boolean ended;
      try {
        ended = decompressor.decompressDirectByteBufferStream(scratch.out, in);
      } catch (ZstdException e) {
        throw new UndecodableException();
      }
      if (scratch.out.position() > 0) {
        out.plain(scratch.plain, 0, scratch.out.position());
      }
      if (ended) {
        return true;
      }
      if (!in.hasRemaining() && scratch.out.hasRemaining()) {
        return false;
      }
    }
  }

  @Override
  void frameEnded() {
    if (headerSeen == 0) {
      close();
    }
  }

  @Override
  void close() {
    ZstdDecompressCtx unused = context;
    context = null;
    if (unused == null) {
      return;
    }
    if (SPARE.get() != null) {
      unused.close();
      return;
    }
    unused.reset();
    SPARE.set(unused);
  }
}
