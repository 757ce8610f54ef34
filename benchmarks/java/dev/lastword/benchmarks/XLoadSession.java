package dev.lastword.benchmarks;

import com.google.protobuf.ByteString;
import dev.lastword.testing.x.XMessages;
import dev.lastword.x.protobuf.Mysqlx;
import dev.lastword.x.protobuf.Mysqlx.ServerMessages;
import dev.lastword.x.protobuf.MysqlxSession;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.HexFormat;

/** A session in X Protocol; logs in with SHA256_MEMORY. */
final class XLoadSession extends LoadSession {
  private static final int PREFIX = 5;

  private final LoadDriver.Target target;

  XLoadSession(LoadDriver.Target target, Workload workload, Owner owner) {
    super(workload, owner, XMessages.frame(XMessages.sql(workload.statement())));
    this.target = target;
  }

  @Override
  void begin() {
    send(XMessages.frame(XMessages.authenticateStart("SHA256_MEMORY")));
  }

  @Override
  long frameLength(ByteBuf in, int at) {
    return 4 + in.getUnsignedIntLE(at);
  }

  @Override
  void frame(ByteBuf frame) throws IOException {
    int type = frame.getUnsignedByte(frame.readerIndex() + PREFIX - 1);
    byte[] payload = new byte[frame.readableBytes() - PREFIX];
    frame.getBytes(PREFIX + frame.readerIndex(), payload);
    switch (type) {
      case ServerMessages.Type.SESS_AUTHENTICATE_CONTINUE_VALUE ->
          send(
              XMessages.frame(
                  XMessages.authenticateContinue(
                      answer(
                          MysqlxSession.AuthenticateContinue.parseFrom(payload).getAuthData()))));
      case ServerMessages.Type.SESS_AUTHENTICATE_OK_VALUE -> loggedIn();
      case ServerMessages.Type.SQL_STMT_EXECUTE_OK_VALUE -> responseEnds();
      case ServerMessages.Type.ERROR_VALUE -> {
        Mysqlx.Error error = Mysqlx.Error.parseFrom(payload);
        throw new IOException(error.getCode() + " " + error.getMsg());
      }
      default -> {
        // A part of a result, or a notice.
      }
    }
  }

  @Override
  ByteString goodbye() {
    return XMessages.frame(XMessages.connectionClose());
  }

  /** The proof in hexadecimal, behind schema and user. */
  private ByteString answer(ByteString challenge) {
    byte[] proof = proof(target.password(), challenge.substring(0, 20).toByteArray());
    return ByteString.copyFromUtf8(
        "\0" + target.user() + "\0" + HexFormat.of().withUpperCase().formatHex(proof));
  }
}
