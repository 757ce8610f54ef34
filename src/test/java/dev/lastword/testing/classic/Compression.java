package dev.lastword.testing.classic;

import com.github.luben.zstd.Zstd;
import com.google.protobuf.ByteString;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** The algorithms of the compressed protocol; each outer packet is compressed by itself. */
public enum Compression {
  ZLIB {
    @Override
    public ByteString pack(ByteString plain) {
      try (Deflater deflater = new Deflater()) {
        deflater.setInput(plain.toByteArray());
        deflater.finish();
        ByteString.Output packed = ByteString.newOutput();
        byte[] chunk = new byte[64 * 1024];
        while (!deflater.finished()) {
          packed.write(chunk, 0, deflater.deflate(chunk));
        }
        return packed.toByteString();
      }
    }

    @Override
    ByteString unpack(ByteString packed, int length) {
      try (Inflater inflater = new Inflater()) {
        inflater.setInput(packed.toByteArray());
        byte[] plain = new byte[length];
        int count = 0;
        while (count < length && !inflater.finished() && !inflater.needsInput()) {
          count += inflater.inflate(plain, count, length - count);
        }
        return ByteString.copyFrom(plain, 0, count);
      } catch (DataFormatException malformed) {
        throw new AssertionError("this is not zlib: " + Packet.escaped(packed), malformed);
      }
    }
  },
  ZSTD {
    @Override
    public ByteString pack(ByteString plain) {
      return ByteString.copyFrom(Zstd.compress(plain.toByteArray()));
    }

    @Override
    ByteString unpack(ByteString packed, int length) {
      return ByteString.copyFrom(Zstd.decompress(packed.toByteArray(), length));
    }
  };

  /** What is shorter is not worth it; the server and its clients have the same limit. */
  static final int LEAST = 50;

  /** The bytes of a payload. */
  public abstract ByteString pack(ByteString plain);

  abstract ByteString unpack(ByteString packed, int length);
}
