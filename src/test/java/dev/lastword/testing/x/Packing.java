package dev.lastword.testing.x;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import com.google.protobuf.ByteString;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorInputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorOutputStream;

/**
 * The compression of one connection, both directions, after the rules that the client has agreed
 * on with the server.
 */
abstract sealed class Packing implements AutoCloseable {

  /** For the name that an algorithm has in the capability. */
  static Packing of(String algorithm) {
    return switch (algorithm) {
      case "deflate_stream" -> new DeflateStream();
      case "lz4_message" -> new Lz4Message();
      case "zstd_stream" -> new ZstdStream();
      default -> throw new IllegalArgumentException("no such algorithm: " + algorithm);
    };
  }

  abstract ByteString pack(ByteString frames);

  abstract ByteString unpack(ByteString payload);

  @Override
  public void close() {}

  /** One zlib stream per direction, as long as the connection lives; a sync flush per frame. */
  private static final class DeflateStream extends Packing {
    private final Deflater deflater = new Deflater();
    private final Inflater inflater = new Inflater();

    @Override
    ByteString pack(ByteString frames) {
      deflater.setInput(frames.toByteArray());
      ByteString.Output packed = ByteString.newOutput();
      byte[] chunk = new byte[8192];
      int count;
      do {
        count = deflater.deflate(chunk, 0, chunk.length, Deflater.SYNC_FLUSH);
        packed.write(chunk, 0, count);
      } while (count == chunk.length);
      return packed.toByteString();
    }

    @Override
    ByteString unpack(ByteString payload) {
      inflater.setInput(payload.toByteArray());
      ByteString.Output unpacked = ByteString.newOutput();
      byte[] chunk = new byte[8192];
      try {
        int count;
        while ((count = inflater.inflate(chunk)) > 0) {
          unpacked.write(chunk, 0, count);
        }
      } catch (DataFormatException malformed) {
        throw new AssertionError("the server's zlib stream is broken", malformed);
      }
      return unpacked.toByteString();
    }

    @Override
    public void close() {
      deflater.end();
      inflater.end();
    }
  }

  /** Each payload is an LZ4 frame by itself. */
  private static final class Lz4Message extends Packing {
    @Override
    ByteString pack(ByteString frames) {
      try {
        var packed = new ByteArrayOutputStream();
        try (var lz4 = new FramedLZ4CompressorOutputStream(packed)) {
          frames.writeTo(lz4);
        }
        return ByteString.copyFrom(packed.toByteArray());
      } catch (IOException impossible) {
        throw new UncheckedIOException(impossible);
      }
    }

    @Override
    ByteString unpack(ByteString payload) {
      try (var lz4 =
          new FramedLZ4CompressorInputStream(
              new ByteArrayInputStream(payload.toByteArray()), false)) {
        return ByteString.readFrom(lz4);
      } catch (IOException malformed) {
        throw new AssertionError("the server's LZ4 frame is broken", malformed);
      }
    }
  }

  /**
   * One zstd stream per direction. Servers end a zstd frame with each payload, which a stream
   * reader does not mind; this client flushes and never ends its frame, because clients may.
   */
  private static final class ZstdStream extends Packing {
    private final ByteArrayOutputStream packed = new ByteArrayOutputStream();
    private final ZstdOutputStreamNoFinalizer compressor;
    private final Feed feed = new Feed();
    private final ZstdInputStreamNoFinalizer decompressor;

    ZstdStream() {
      try {
        compressor = new ZstdOutputStreamNoFinalizer(packed);
        decompressor = new ZstdInputStreamNoFinalizer(feed);
        decompressor.setContinuous(true);
      } catch (IOException impossible) {
        throw new UncheckedIOException(impossible);
      }
    }

    @Override
    ByteString pack(ByteString frames) {
      try {
        frames.writeTo(compressor);
        compressor.flush();
        ByteString payload = ByteString.copyFrom(packed.toByteArray());
        packed.reset();
        return payload;
      } catch (IOException impossible) {
        throw new UncheckedIOException(impossible);
      }
    }

    @Override
    ByteString unpack(ByteString payload) {
      feed.next = new ByteArrayInputStream(payload.toByteArray());
      ByteString.Output unpacked = ByteString.newOutput();
      byte[] chunk = new byte[8192];
      try {
        int count;
        while ((count = decompressor.read(chunk, 0, chunk.length)) > 0) {
          unpacked.write(chunk, 0, count);
        }
      } catch (IOException malformed) {
        throw new AssertionError("the server's zstd stream is broken", malformed);
      }
      return unpacked.toByteString();
    }

    @Override
    public void close() {
      try {
        compressor.close();
        decompressor.close();
      } catch (IOException impossible) {
        throw new UncheckedIOException(impossible);
      }
    }

    /** Says "no more" at the end of each payload and goes on with the next one. */
    private static final class Feed extends InputStream {
      private ByteArrayInputStream next = new ByteArrayInputStream(new byte[0]);

      @Override
      public int read() {
        return next.read();
      }

      @Override
      public int read(byte[] bytes, int offset, int length) {
        return next.read(bytes, offset, length);
      }
    }
  }
}
