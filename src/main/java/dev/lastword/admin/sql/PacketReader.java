package dev.lastword.admin.sql;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Takes a packet of the classic protocol apart. What is not there is an ERR 1835, never another exception. */
final class PacketReader {
  private final byte[] bytes;
  private int at;

  PacketReader(byte[] bytes, int from) {
    this.bytes = bytes;
    this.at = from;
  }

  boolean hasMore() {
    return at < bytes.length;
  }

  int left() {
    return bytes.length - at;
  }

  long integer(int size) {
    need(size);
    long value = 0;
    for (int i = 0; i < size; i++) {
      value |= (bytes[at + i] & 0xFFL) << (8 * i);
    }
    at += size;
    return value;
  }

  /** An integer that says how long it is itself. */
  long lengthEncoded() {
    int first = (int) integer(1);
    return switch (first) {
      case 0xFC -> integer(2);
      case 0xFD -> integer(3);
      case 0xFE -> integer(8);
      default -> first;
    };
  }

  byte[] bytes(long size) {
    if (size < 0 || size > left()) {
      throw malformed();
    }
    byte[] part = Arrays.copyOfRange(bytes, at, at + (int) size);
    at += (int) size;
    return part;
  }

  /** Up to a zero, or to the end. */
  String terminated() {
    int end = at;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    String text = new String(bytes, at, end - at, StandardCharsets.UTF_8);
    at = Math.min(end + 1, bytes.length);
    return text;
  }

  String rest() {
    String text = new String(bytes, at, left(), StandardCharsets.UTF_8);
    at = bytes.length;
    return text;
  }

  void skip(int size) {
    need(size);
    at += size;
  }

  private void need(int size) {
    if (size > left()) {
      throw malformed();
    }
  }

  static SqlRefusal malformed() {
    return new SqlRefusal(1835, "HY000", "Malformed communication packet.");
  }
}
