package dev.lastword.testing.x;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.TextFormat;
import dev.lastword.x.protobuf.Mysqlx;
import dev.lastword.x.protobuf.MysqlxConnection;
import dev.lastword.x.protobuf.MysqlxCrud;
import dev.lastword.x.protobuf.MysqlxCursor;
import dev.lastword.x.protobuf.MysqlxExpect;
import dev.lastword.x.protobuf.MysqlxNotice;
import dev.lastword.x.protobuf.MysqlxPrepare;
import dev.lastword.x.protobuf.MysqlxResultset;
import dev.lastword.x.protobuf.MysqlxSession;
import dev.lastword.x.protobuf.MysqlxSql;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Frames as text: complete, on one line, and the same text for the same bytes only. */
final class FrameText {

  private static final Map<Integer, Descriptor> SERVER = new TreeMap<>();
  private static final Map<Integer, Parser<? extends Message>> NOTICES =
      Map.of(
          1, MysqlxNotice.Warning.parser(),
          2, MysqlxNotice.SessionVariableChanged.parser(),
          3, MysqlxNotice.SessionStateChanged.parser(),
          4, MysqlxNotice.GroupReplicationStateChanged.parser(),
          5, MysqlxNotice.ServerHello.parser());

  static {
    for (FileDescriptor file :
        List.of(
            Mysqlx.getDescriptor(),
            MysqlxConnection.getDescriptor(),
            MysqlxCrud.getDescriptor(),
            MysqlxCursor.getDescriptor(),
            MysqlxExpect.getDescriptor(),
            MysqlxNotice.getDescriptor(),
            MysqlxPrepare.getDescriptor(),
            MysqlxResultset.getDescriptor(),
            MysqlxSession.getDescriptor(),
            MysqlxSql.getDescriptor())) {
      for (Descriptor message : file.getMessageTypes()) {
        if (message.getOptions().hasExtension(Mysqlx.serverMessageId)) {
          SERVER.put(
              message.getOptions().getExtension(Mysqlx.serverMessageId).getNumber(), message);
        }
      }
    }
  }

  private FrameText() {}

  /** The name of a type of server message, or its number if it has none. */
  static String serverType(int type) {
    return Optional.ofNullable(Mysqlx.ServerMessages.Type.forNumber(type))
        .map(Enum::name)
        .orElse("type " + type);
  }

  static String of(Frame frame) {
    return (serverType(frame.type()) + " " + body(frame)).strip();
  }

  static String body(Frame frame) {
    Descriptor message = SERVER.get(frame.type());
    if (message == null) {
      return hex(frame.payload());
    }
    try {
      return frame.type() == Frame.NOTICE
          ? notice(frame.asNotice(), frame.payload())
          : exact(DynamicMessage.parseFrom(message, frame.payload()), frame.payload());
    } catch (InvalidProtocolBufferException malformed) {
      return "malformed " + hex(frame.payload());
    }
  }

  private static String notice(MysqlxNotice.Frame notice, ByteString frame)
      throws InvalidProtocolBufferException {
    String kind =
        Optional.ofNullable(MysqlxNotice.Frame.Type.forNumber(notice.getType()))
            .map(Enum::name)
            .orElse("type " + notice.getType());
    // A scope that is left out means the same and is not the same bytes.
    String scope = notice.hasScope() ? notice.getScope().name() : "(GLOBAL)";
    Parser<? extends Message> parser = NOTICES.get(notice.getType());
    String body =
        parser == null
            ? hex(notice.getPayload())
            : exact(parser.parseFrom(notice.getPayload()), notice.getPayload());
    String text = (scope + " " + kind + " " + body).strip();
    return notice.toByteString().equals(frame) ? text : text + " as " + hex(frame);
  }

  /** The text of a message; with its bytes where the text does not determine them. */
  private static String exact(Message message, ByteString bytes) {
    return message.toByteString().equals(bytes)
        ? text(message)
        : text(message) + " as " + hex(bytes);
  }

  static String text(Message message) {
    return TextFormat.printer().emittingSingleLine(true).printToString(message).strip();
  }

  static String hex(ByteString bytes) {
    return bytes.isEmpty() ? "" : "0x" + HexFormat.of().formatHex(bytes.toByteArray());
  }
}
