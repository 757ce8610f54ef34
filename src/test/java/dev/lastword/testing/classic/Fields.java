package dev.lastword.testing.classic;

import com.google.protobuf.ByteString;
import org.jspecify.annotations.Nullable;

/** Reads the fields of a payload one after the other; reading past its end fails the test. */
final class Fields {

  private final ByteString payload;
  private int position;

  Fields(ByteString payload) {
    this.payload = payload;
  }

  int remaining() {
    return payload.size() - position;
  }

  int peek() {
    return payload.byteAt(position) & 0xff;
  }

  int u8() {
    return (int) unsigned(1);
  }

  int u16() {
    return (int) unsigned(2);
  }

  int u24() {
    return (int) unsigned(3);
  }

  long u32() {
    return unsigned(4);
  }

  ByteString bytes(int count) {
    if (count < 0 || count > remaining()) {
      throw new AssertionError(
          "no " + count + " bytes at " + position + " of " + Packet.escaped(payload));
    }
    position += count;
    return payload.substring(position - count, position);
  }

  ByteString rest() {
    return bytes(remaining());
  }

  /** Bytes up to a zero byte, which is skipped, or to the end if there is none. */
  ByteString zeroEnded() {
    int end = position;
    while (end < payload.size() && payload.byteAt(end) != 0) {
      end++;
    }
    ByteString bytes = payload.substring(position, end);
    position = Math.min(end + 1, payload.size());
    return bytes;
  }

  /** A length-encoded integer; -1 stands for the byte that means NULL. */
  long lenenc() {
    int first = u8();
    return switch (first) {
      case 0xfb -> -1;
      case 0xfc -> unsigned(2);
      case 0xfd -> unsigned(3);
      case 0xfe -> unsigned(8);
      default -> first;
    };
  }

  /** A length-encoded string; null is NULL. */
  @Nullable ByteString string() {
    long length = lenenc();
    return length < 0 ? null : bytes(Math.toIntExact(length));
  }

  private long unsigned(int count) {
    ByteString bytes = bytes(count);
    long value = 0;
    for (int i = count - 1; i >= 0; i--) {
      value = value << 8 | (bytes.byteAt(i) & 0xff);
    }
    return value;
  }
}
