package dev.lastword.x.compression;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** What a client sends in test conversations, and what an observer heard of it. */
final class Conversation {

  /** A message as the observer hears it. */
  record Heard(int type, String prefix, int length) {

    static Heard of(int type, byte[] payload) {
      byte[] prefix = Arrays.copyOf(payload, Math.min(payload.length, CompressedRequests.PREFIX));
      return new Heard(type, ByteBufUtil.hexDump(prefix), payload.length);
    }
  }

  /** Writes down what it hears. */
  static final class Log implements CompressedRequests.Observer {

    final List<Heard> heard = new ArrayList<>();
    int undecodable;

    @Override
    public void message(int type, ByteBuf prefix, int length) {
      if (undecodable > 0) {
        throw new AssertionError("a message after the end");
      }
      heard.add(new Heard(type, ByteBufUtil.hexDump(prefix), length));
    }

    @Override
    public void undecodable() {
      undecodable++;
    }
  }

  private Conversation() {}

  /** An X frame: length, type, payload. */
  static byte[] frame(int type, byte[] payload) {
    int length = payload.length + 1;
    byte[] frame = new byte[5 + payload.length];
    for (int i = 0; i < 4; i++) {
      frame[i] = (byte) (length >>> (8 * i));
    }
    frame[4] = (byte) type;
    System.arraycopy(payload, 0, frame, 5, payload.length);
    return frame;
  }

  /** Connection.Compression around a compressed payload. */
  static byte[] compression(byte[] compressed, int uncompressedSize) {
    return UnknownFieldSet.newBuilder()
        .addField(1, Field.newBuilder().addVarint(uncompressedSize).build())
        .addField(4, bytes(compressed))
        .build()
        .toByteArray();
  }

  static Field bytes(byte[] value) {
    return Field.newBuilder().addLengthDelimited(ByteString.copyFrom(value)).build();
  }

  static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      bytes.writeBytes(part);
    }
    return bytes.toByteArray();
  }

  /** Bytes that compress as real ones do: runs, repeated words, noise. */
  static byte[] payload(Random random, int size) {
    byte[] payload = new byte[size];
    int next = 0;
    while (next < size) {
      int run = Math.min(size - next, 1 + random.nextInt(1 + random.nextInt(2000)));
      switch (random.nextInt(3)) {
        case 0 -> Arrays.fill(payload, next, next + run, (byte) random.nextInt());
        case 1 -> {
          for (int i = next; i < next + run; i++) {
            payload[i] = (byte) random.nextInt();
          }
        }
        default -> {
          int back = next == 0 ? 0 : random.nextInt(Math.min(next, 70_000));
          for (int i = next; i < next + run && back > 0; i++) {
            payload[i] = payload[i - back];
          }
        }
      }
      next += run;
    }
    return payload;
  }
}
