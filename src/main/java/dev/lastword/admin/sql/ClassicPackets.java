package dev.lastword.admin.sql;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;

/** Packets of the classic protocol, with their sequence numbers. For one thread. */
final class ClassicPackets {
  private static final int HEADER = 4;
  private static final int WHOLE = 0xFFFFFF;

  private final Wire wire;
  private int sequence;
  private int longest = Client.LONGEST_LOGIN;

  ClassicPackets(Wire wire) {
    this.wire = wire;
  }

  Wire wire() {
    return wire;
  }

  /**
   * Reads a packet's payload.
   *
   * @throws SqlRefusal with 1153 if it is too long
   * @throws IOException if it does not come
   */
  byte[] read(Duration first, Duration rest) throws IOException {
    if (!wire.awaitBytes(first)) {
      throw new IOException("the client said nothing for too long");
    }
    byte[] header = wire.read(HEADER, rest);
    int length = (header[0] & 0xFF) | (header[1] & 0xFF) << 8 | (header[2] & 0xFF) << 16;
    sequence = (header[3] & 0xFF) + 1;
    if (length > longest) {
      throw new SqlRefusal(1153, "08S01", "Got a packet bigger than 'max_allowed_packet' bytes");
    }
    return wire.read(length, rest);
  }

  /** From here on the client may send as much at once as those may who have logged in. */
  void loggedIn() {
    longest = Client.LONGEST;
  }

  /** Whether the last packet that was read began a conversation, as none does that answers a greeting. */
  boolean beganAnew() {
    return sequence == 1;
  }

  /** Reads a command; the numbers begin anew with it. */
  byte[] command() throws IOException {
    return read(Client.IDLE, Client.REST);
  }

  /** Writes a packet. */
  void write(Consumer<ByteBuf> payload) throws IOException {
    ByteBuf out = wire.out();
    int begin = out.writerIndex();
    try {
      out.writeZero(HEADER);
      payload.accept(out);
    } catch (RuntimeException | Error e) {
      // Half a packet must not be sent.
      out.writerIndex(begin);
      throw e;
    }
    int length = out.writerIndex() - begin - HEADER;
    if (length >= WHOLE) {
      out.writerIndex(begin);
      throw new SqlRefusal(1153, "08S01", "A row is longer than a packet can be");
    }
    out.setMediumLE(begin, length);
    out.setByte(begin + 3, sequence++ & 0xFF);
    wire.flushIfMuch();
  }

  /** Writes an ERR packet and sends it. */
  void error(SqlRefusal refusal) throws IOException {
    write(out -> {
      out.writeByte(0xFF).writeShortLE(refusal.code());
      out.writeByte('#');
      bytes(out, refusal.sqlState());
      bytes(out, refusal.text());
    });
    wire.flush();
  }

  /** Writes an ERR packet for a client that was not greeted yet, which has no SQLSTATE, and sends it. */
  void errorInsteadOfGreeting(SqlRefusal refusal) throws IOException {
    write(out -> {
      out.writeByte(0xFF).writeShortLE(refusal.code());
      bytes(out, refusal.text());
    });
    wire.flush();
  }

  static void integer(ByteBuf out, long value) {
    if (value < 0 || value > 0xFFFFFF) {
      out.writeByte(0xFE).writeLongLE(value);
    } else if (value > 0xFFFF) {
      out.writeByte(0xFD).writeMediumLE((int) value);
    } else if (value > 250) {
      out.writeByte(0xFC).writeShortLE((int) value);
    } else {
      out.writeByte((int) value);
    }
  }

  static void text(ByteBuf out, String text) {
    bytes(out, text.getBytes(StandardCharsets.UTF_8));
  }

  static void bytes(ByteBuf out, byte[] bytes) {
    integer(out, bytes.length);
    out.writeBytes(bytes);
  }

  /** Without a length. */
  static void bytes(ByteBuf out, String text) {
    out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
  }

  /** With a zero behind it. */
  static void terminated(ByteBuf out, String text) {
    bytes(out, text);
    out.writeByte(0);
  }
}
