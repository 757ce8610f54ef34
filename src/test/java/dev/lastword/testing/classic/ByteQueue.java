package dev.lastword.testing.classic;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** Bytes that wait to be taken, first in, first out. */
final class ByteQueue {

  private static final int LEAST_ROOM = 16 * 1024;

  private byte[] bytes = new byte[LEAST_ROOM];
  private int start;
  private int end;

  int size() {
    return end - start;
  }

  int u8(int index) {
    return bytes[start + index] & 0xff;
  }

  int u24(int index) {
    return u8(index) | u8(index + 1) << 8 | u8(index + 2) << 16;
  }

  ByteString take(int count) {
    ByteString taken = ByteString.copyFrom(bytes, start, count);
    start += count;
    if (start == end) {
      start = 0;
      end = 0;
    }
    return taken;
  }

  void skip(int count) {
    start += count;
  }

  /** Everything that is there; it stays there. */
  ByteString all() {
    return ByteString.copyFrom(bytes, start, size());
  }

  void add(ByteString more) {
    room(more.size());
    more.copyTo(bytes, end);
    end += more.size();
  }

  /** Adds what one read gives; returns what it returned. */
  int addFrom(InputStream in) throws IOException {
    room(LEAST_ROOM);
    int count = in.read(bytes, end, bytes.length - end);
    end += Math.max(0, count);
    return count;
  }

  private void room(int wanted) {
    if (bytes.length - end >= wanted) {
      return;
    }
    int size = size();
    byte[] target =
        bytes.length - size >= wanted ? bytes : new byte[Math.max(size + wanted, 2 * bytes.length)];
    System.arraycopy(bytes, start, target, 0, size);
    bytes = target;
    start = 0;
    end = size;
    if (bytes.length - end < wanted) {
      bytes = Arrays.copyOf(bytes, end + wanted);
    }
  }
}
