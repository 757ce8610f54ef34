package dev.lastword.admin.sql;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.lastword.x.protobuf.Mysqlx;
import dev.lastword.x.protobuf.MysqlxDatatypes.Scalar;
import dev.lastword.x.protobuf.MysqlxNotice;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** Frames of the X protocol, and how many of them were sent. Written and read by one thread. */
final class XFrames {
  private static final int LENGTH = 4;

  private final Wire wire;
  private final AtomicLong messages = new AtomicLong();
  private int longest = Client.LONGEST_LOGIN;
  private final AtomicLong others = new AtomicLong();

  XFrames(Wire wire) {
    this.wire = wire;
  }

  /**
   * What came.
   *
   * @param type its number among the messages of clients
   */
  record Frame(int type, ByteString payload) {}

  Wire wire() {
    return wire;
  }

  /**
   * Reads a frame.
   *
   * @throws SqlRefusal with 5000 if it is none
   * @throws IOException if none comes, or it is longer than a server would take, who says nothing about it either
   */
  Frame read(Duration first, Duration rest) throws IOException {
    if (!wire.awaitBytes(first)) {
      throw new IOException("the client said nothing for too long");
    }
    byte[] header = wire.read(LENGTH, rest);
    long length =
        (header[0] & 0xFFL)
            | (header[1] & 0xFFL) << 8
            | (header[2] & 0xFFL) << 16
            | (header[3] & 0xFFL) << 24;
    if (length == 0) {
      throw new SqlRefusal(5000, "HY000", "Messages without payload are not supported");
    }
    if (length > longest) {
      throw new IOException("a frame of " + length + " bytes");
    }
    int type = wire.read(1, rest)[0] & 0xFF;
    return new Frame(type, ByteString.copyFrom(wire.read((int) length - 1, rest)));
  }

  /** Lets the client send as much at once as those may who have logged in, or only what a login needs. */
  void loggedIn(boolean is) {
    longest = is ? Client.LONGEST : Client.LONGEST_LOGIN;
  }

  /** Writes a message. */
  void write(int type, MessageLite message) throws IOException {
    byte[] payload = message.toByteArray();
    ByteBuf out = wire.out();
    out.writeIntLE(1 + payload.length).writeByte(type).writeBytes(payload);
    messages.incrementAndGet();
    wire.flushIfMuch();
  }

  /** Writes a notice that speaks of this session only. */
  void stateChanged(MysqlxNotice.SessionStateChanged.Parameter parameter, long value)
      throws IOException {
    notice(
        MysqlxNotice.Frame.Type.SESSION_STATE_CHANGED,
        MysqlxNotice.SessionStateChanged.newBuilder()
            .setParam(parameter)
            .addValue(
                Scalar.newBuilder().setType(Scalar.Type.V_UINT).setVUnsignedInt(value).build())
            .build());
    others.incrementAndGet();
  }

  private void notice(MysqlxNotice.Frame.Type type, MessageLite payload) throws IOException {
    write(
        Mysqlx.ServerMessages.Type.NOTICE_VALUE,
        MysqlxNotice.Frame.newBuilder()
            .setType(type.getNumber())
            .setScope(MysqlxNotice.Frame.Scope.LOCAL)
            .setPayload(ByteString.copyFrom(payload.toByteArray()))
            .build());
  }

  /** Writes an Error and sends it. */
  void error(SqlRefusal refusal, boolean fatal) throws IOException {
    write(
        Mysqlx.ServerMessages.Type.ERROR_VALUE,
        Mysqlx.Error.newBuilder()
            .setSeverity(fatal ? Mysqlx.Error.Severity.FATAL : Mysqlx.Error.Severity.ERROR)
            .setCode(refusal.code())
            .setSqlState(refusal.sqlState())
            .setMsg(refusal.text())
            .build());
    wire.flush();
  }

  /** Writes an Ok and sends it. */
  void ok() throws IOException {
    write(Mysqlx.ServerMessages.Type.OK_VALUE, Mysqlx.Ok.getDefaultInstance());
    wire.flush();
  }

  /** The {@code Mysqlx_} variables of this connection: the endpoint has nothing to warn of. */
  Map<String, Long> sent() {
    return Map.of(
        "Mysqlx_messages_sent",
        messages.get(),
        "Mysqlx_notice_warning_sent",
        0L,
        "Mysqlx_notice_global_sent",
        0L,
        "Mysqlx_notice_other_sent",
        others.get());
  }
}
