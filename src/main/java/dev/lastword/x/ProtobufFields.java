package dev.lastword.x;

import io.netty.buffer.ByteBuf;

/**
 * A walk over the fields of a protobuf message that may be cut, without making objects. After {@link #next} returned true,
 * the field's number, its varint value or the place of its bytes can be asked for. A message that is no protobuf just ends
 * early: the server judges it, not we.
 */
final class ProtobufFields {

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  @SuppressWarnings("NullAway.Init") // over() sets it first
  private ByteBuf buffer;

  private int next;
  private int limit;
  private int number;
  private int wireType;
  private long value;
  private int start;
  private int end;
  private boolean cut;
  private boolean ended;

  ProtobufFields over(ByteBuf message, int index, int end) {
    buffer = message;
    next = index;
    limit = end;
    ended = false;
    return this;
  }

  ProtobufFields inside(ProtobufFields outer) {
    return over(outer.buffer, outer.start, outer.end);
  }

  /** Moves to the next field; false behind the last one that can be read. */
  boolean next() {
    long tag = varint();
    if (ended || tag >>> 3 > 0x1fffffff) {
      return false;
    }
    number = (int) (tag >>> 3);
    wireType = (int) tag & 7;
    cut = false;
    switch (wireType) {
      case VARINT -> value = varint();
      case FIXED64 -> skip(Long.BYTES);
      case FIXED32 -> skip(Integer.BYTES);
      case BYTES -> {
        long length = varint();
        if (ended || length < 0) {
          return false;
        }
        start = next;
        cut = length > limit - next;
        end = cut ? limit : next + (int) length;
        next = end;
      }
      default -> ended = true;
    }
    return !ended;
  }

  boolean isVarint(int field) {
    return number == field && wireType == VARINT;
  }

  boolean isBytes(int field) {
    return number == field && wireType == BYTES;
  }

  long value() {
    return value;
  }

  ByteBuf buffer() {
    return buffer;
  }

  /** Where the bytes of the field begin. */
  int start() {
    return start;
  }

  /** Where the bytes of the field, or what is there of them, end. */
  int end() {
    return end;
  }

  /** True if the field goes on behind {@link #end()}. */
  boolean isCut() {
    return cut;
  }

  private void skip(int bytes) {
    if (limit - next < bytes) {
      ended = true;
    } else {
      next += bytes;
    }
  }

  private long varint() {
    long result = 0;
    for (int shift = 0; shift < Long.SIZE && next < limit; shift += 7) {
      byte b = buffer.getByte(next++);
      result |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return result;
      }
    }
    ended = true;
    return 0;
  }
}
