package dev.lastword.x.compression;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/** {@link Algorithm#DEFLATE_STREAM}: the stream's window is the session's as long as it lives. */
final class DeflateStream extends Decompressor {

  private @Nullable Inflater inflater;

  @Override
  void decompress(ByteBuf in, int index, int length, InnerMessages out)
      throws UndecodableException {
    if (in.nioBufferCount() == 1) {
      inflate(in.internalNioBuffer(index, length), out);
    } else {
      for (ByteBuffer part : in.nioBuffers(index, length)) {
        inflate(part, out);
      }
    }
  }

  private void inflate(ByteBuffer in, InnerMessages out) throws UndecodableException {
    Inflater stream = inflater;
    if (stream == null) {
      stream = new Inflater();
      inflater = stream;
    }
    Scratch scratch = Scratch.get();
    try {
      stream.setInput(in);
      while (true) {
        scratch.out.clear();
        int inflated = stream.inflate(scratch.out);
        if (inflated > 0) {
          out.plain(scratch.plain, 0, inflated);
        }
        if (stream.finished()) {
          // The end of the stream; it has one only if the client gave up compression for good.
          if (in.hasRemaining()) {
            throw new UndecodableException();
          }
          return;
        }
        if (stream.needsDictionary()) {
          throw new UndecodableException();
        }
        if (scratch.out.hasRemaining()) {
          return; // all input is used
        }
      }
    } catch (DataFormatException e) {
      throw new UndecodableException();
    } finally {
      stream.setInput(NOTHING); // it would keep the buffer
    }
  }

  private static final byte[] NOTHING = {};

  @Override
  void frameEnded() {
    // The window reaches over frames.
  }

  @Override
  void close() {
    if (inflater != null) {
      inflater.end();
      inflater = null;
    }
  }
}
