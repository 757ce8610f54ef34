package dev.lastword.testing.classic;

import com.google.protobuf.ByteString;

/** Puts a payload together, field by field. */
public final class Payload {

  private final ByteString.Output bytes = ByteString.newOutput();

  /** One that begins with this byte, as most do. */
  public static Payload of(int header) {
    return new Payload().u8(header);
  }

  public Payload u8(long value) {
    return number(value, 1);
  }

  public Payload u16(long value) {
    return number(value, 2);
  }

  public Payload u24(long value) {
    return number(value, 3);
  }

  public Payload u32(long value) {
    return number(value, 4);
  }

  public Payload u64(long value) {
    return number(value, 8);
  }

  public Payload zeros(int count) {
    for (int i = 0; i < count; i++) {
      u8(0);
    }
    return this;
  }

  public Payload bytes(ByteString value) {
    byte[] array = value.toByteArray();
    bytes.write(array, 0, array.length);
    return this;
  }

  public Payload text(String value) {
    return bytes(ByteString.copyFromUtf8(value));
  }

  /** A text and a zero byte. */
  public Payload zeroEnded(String value) {
    return text(value).u8(0);
  }

  public Payload lenenc(long value) {
    if (value < 0xfb) {
      return u8(value);
    }
    if (value <= 0xffff) {
      return u8(0xfc).u16(value);
    }
    return value <= 0xffffff ? u8(0xfd).u24(value) : u8(0xfe).u64(value);
  }

  /** A string with its length before it. */
  public Payload string(ByteString value) {
    return lenenc(value.size()).bytes(value);
  }

  public Payload string(String value) {
    return string(ByteString.copyFromUtf8(value));
  }

  public ByteString build() {
    return bytes.toByteString();
  }

  private Payload number(long value, int count) {
    for (int i = 0; i < count; i++) {
      bytes.write((int) (value >> (8 * i)));
    }
    return this;
  }
}
