package dev.lastword.x.compression;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.apache.commons.compress.compressors.lz4.BlockLZ4CompressorOutputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorOutputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorOutputStream.BlockSize;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorOutputStream.Parameters;

/** The client's side of a compressed session, in each way that a client may do it, by the libraries that clients use. */
interface Compressor {

  /** The payload of the next COMPRESSION frame. */
  byte[] compress(byte[] plain);

  /** Every way; each call of session() is a new session. */
  enum Way {
    DEFLATE(Algorithm.DEFLATE_STREAM),
    DEFLATE_STORED(Algorithm.DEFLATE_STREAM),
    ZSTD_FRAMES(Algorithm.ZSTD_STREAM),
    ZSTD_UNSIZED_FRAMES(Algorithm.ZSTD_STREAM),
    ZSTD_STREAM(Algorithm.ZSTD_STREAM),
    LZ4(Algorithm.LZ4_MESSAGE),
    LZ4_LARGE_BLOCKS(Algorithm.LZ4_MESSAGE),
    LZ4_DEPENDENT_BLOCKS(Algorithm.LZ4_MESSAGE);

    final Algorithm algorithm;

    Way(Algorithm algorithm) {
      this.algorithm = algorithm;
    }

    Compressor session() {
      return switch (this) {
        case DEFLATE -> deflate(Deflater.DEFAULT_COMPRESSION);
        case DEFLATE_STORED -> deflate(Deflater.NO_COMPRESSION);
        case ZSTD_FRAMES -> plain -> Zstd.compress(plain, 3);
        case ZSTD_UNSIZED_FRAMES -> Way::unsized;
        case ZSTD_STREAM -> zstdStream();
        case LZ4 -> lz4(BlockSize.K64, false, false);
        case LZ4_LARGE_BLOCKS -> lz4(BlockSize.M4, true, false);
        case LZ4_DEPENDENT_BLOCKS -> lz4(BlockSize.K64, true, true);
      };
    }

    private static Compressor deflate(int level) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      return flushing(bytes, new DeflaterOutputStream(bytes, new Deflater(level), true));
    }

    private static byte[] unsized(byte[] plain) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (OutputStream stream = new ZstdOutputStream(bytes, 11)) {
        stream.write(plain);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return bytes.toByteArray();
    }

    private static Compressor zstdStream() {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try {
        return flushing(bytes, new ZstdOutputStream(bytes, 3));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static Compressor flushing(ByteArrayOutputStream bytes, OutputStream stream) {
      return plain -> {
        try {
          stream.write(plain);
          stream.flush();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        byte[] compressed = bytes.toByteArray();
        bytes.reset();
        return compressed;
      };
    }

    private static Compressor lz4(BlockSize size, boolean checksums, boolean dependent) {
      return plain -> {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream stream =
            new FramedLZ4CompressorOutputStream(
                bytes,
                new Parameters(
                    size,
                    true,
                    checksums,
                    dependent,
                    BlockLZ4CompressorOutputStream.createParameterBuilder().build()))) {
          stream.write(plain);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
      };
    }
  }
}
