package dev.lastword.testing.classic;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;

/**
 * A packet from the server; one of 16 MiB or more came in several chunks and is whole here.
 *
 * @param sequence the sequence number of its last chunk, 0 to 255
 * @param chunks how many chunks it came in, 1 and more
 * @param expected the sequence number that its first chunk should have had
 * @param inOrder whether the numbers of all chunks are such that libmysqlclient takes the packet
 */
public record Packet(int sequence, int chunks, int expected, boolean inOrder, ByteString payload)
    implements Received {

  /** The greatest payload of a chunk; a chunk of that size is followed by another one. */
  public static final int LARGEST_CHUNK = 0xffffff;

  static final int OK = 0x00;
  static final int EOF = 0xfe;
  static final int ERR = 0xff;
  static final int LOCAL_INFILE = 0xfb;
  static final int AUTH_MORE_DATA = 0x01;
  static final int AUTH_NEXT_FACTOR = 0x02;

  /** The first byte of the payload, or -1 if there is none. */
  public int header() {
    return payload.isEmpty() ? -1 : payload.byteAt(0) & 0xff;
  }

  public int length() {
    return payload.size();
  }

  /** Whether it is an error, wherever a packet may begin. */
  public boolean isError() {
    return header() == ERR;
  }

  /** What it says, if it is an error. */
  public ServerError asError() {
    return ServerError.of(payload);
  }

  /** Its payload with everything that is not ASCII escaped; two payloads never have one text. */
  public String escaped() {
    return escaped(payload);
  }

  static String escaped(ByteString bytes) {
    StringBuilder text = new StringBuilder(bytes.size() + 16);
    for (int i = 0; i < bytes.size(); i++) {
      int value = bytes.byteAt(i) & 0xff;
      if (value == '\\') {
        text.append("\\\\");
      } else if (value >= ' ' && value < 0x7f) {
        text.append((char) value);
      } else {
        text.append('\\').append(Character.forDigit(value >> 4, 16));
        text.append(Character.forDigit(value & 15, 16));
      }
    }
    return text.toString();
  }

  /**
   * What an ERR packet says.
   *
   * @param state the SQLSTATE, or an empty string if it has none, as before the greeting
   */
  public record ServerError(int code, String state, String message) {

    static ServerError of(ByteString payload) {
      Fields fields = new Fields(payload);
      if (fields.u8() != ERR) {
        throw new AssertionError("not an error: " + escaped(payload));
      }
      int code = fields.u16();
      String state = "";
      if (fields.remaining() >= 6 && fields.peek() == '#') {
        fields.u8();
        state = fields.bytes(5).toString(StandardCharsets.ISO_8859_1);
      }
      return new ServerError(code, state, fields.rest().toStringUtf8());
    }

    @Override
    public String toString() {
      return "%d (%s) %s".formatted(code, state, message);
    }
  }
}
