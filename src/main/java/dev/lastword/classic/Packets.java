package dev.lastword.classic;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;

/**
 * Packets as bytes: three bytes of payload length, little endian, one sequence number, and the payload. A payload of {@link #LONGEST} bytes
 * goes on in the next packet.
 */
final class Packets {
  /** Bytes in front of the payload. */
  static final int HEADER = 4;

  /** The longest payload of one packet, in bytes; such a one is never the last of its message. */
  static final int LONGEST = 0xffffff;

  static final int OK = 0x00;
  static final int LOCAL_INFILE = 0xfb;
  static final int EOF = 0xfe;
  static final int ERR = 0xff;

  /** An EOF packet is shorter than this, in bytes of payload; anything longer that begins with its byte is a row. */
  static final int EOF_BELOW = 9;

  /** What {@link #lengthEncoded} finds where there is no number. */
  static final long NO_NUMBER = -1;

  private static final int LONGEST_TEXT = 512;

  private Packets() {}

  static int payloadLength(ByteBuf in, int at) {
    return in.getUnsignedMediumLE(at);
  }

  static int sequence(ByteBuf in, int at) {
    return in.getUnsignedByte(at + 3);
  }

  /** The number after {@code sequence}, which goes round at 256. */
  static int after(int sequence) {
    return (sequence + 1) & 0xff;
  }

  /** The bytes that a length-encoded integer takes, by its first one. */
  static int lengthEncodedBytes(int first) {
    return switch (first) {
      case 0xfc -> 3;
      case 0xfd -> 4;
      case 0xfe -> 9;
      default -> 1;
    };
  }

  /**
   * Reads a length-encoded integer without moving an index.
   *
   * @param end where the readable bytes end
   * @return {@link #NO_NUMBER} for NULL, an impossible first byte, or a number that is cut off
   */
  static long lengthEncoded(ByteBuf in, int at, int end) {
    if (at >= end) {
      return NO_NUMBER;
    }
    int first = in.getUnsignedByte(at);
    if (end - at < lengthEncodedBytes(first)) {
      return NO_NUMBER;
    }
    return switch (first) {
      case 0xfb, 0xff -> NO_NUMBER;
      case 0xfc -> in.getUnsignedShortLE(at + 1);
      case 0xfd -> in.getUnsignedMediumLE(at + 1);
      case 0xfe -> in.getLongLE(at + 1);
      default -> first;
    };
  }

  /** A packet with this payload, which is not longer than {@link #LONGEST}; owned by the caller. */
  static ByteBuf packet(ByteBufAllocator allocator, int sequence, byte... payload) {
    return allocator
        .buffer(HEADER + payload.length)
        .writeMediumLE(payload.length)
        .writeByte(sequence)
        .writeBytes(payload);
  }

  /**
   * An ERR packet, owned by the caller.
   *
   * @param sqlState five characters; empty in place of a greeting, where clients do not expect it
   */
  static ByteBuf err(
      ByteBufAllocator allocator, int sequence, int code, String sqlState, String text) {
    byte[] words = text.getBytes(StandardCharsets.UTF_8);
    int length = Math.min(words.length, LONGEST_TEXT);
    while (length < words.length && length > 0 && (words[length] & 0xc0) == 0x80) {
      length--;
    }
    byte[] state =
        sqlState.isEmpty() ? new byte[0] : ("#" + sqlState).getBytes(StandardCharsets.US_ASCII);
    return allocator
        .buffer(HEADER + 3 + state.length + length)
        .writeMediumLE(3 + state.length + length)
        .writeByte(sequence)
        .writeByte(ERR)
        .writeShortLE(code)
        .writeBytes(state)
        .writeBytes(words, 0, length);
  }

  /** The code of an ERR packet's payload. */
  static int errCode(ByteBuf in, int payload, int end) {
    return end - payload < 3 ? 0 : in.getUnsignedShortLE(payload + 1);
  }

  /** The text of an ERR packet's payload, for people. */
  static String errText(ByteBuf in, int payload, int end) {
    int at = payload + 3;
    if (end - at >= 6 && in.getByte(at) == '#') {
      at += 6;
    }
    return at >= end ? "" : in.toString(at, end - at, StandardCharsets.UTF_8);
  }
}
