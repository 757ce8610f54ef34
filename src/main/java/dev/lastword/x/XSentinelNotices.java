package dev.lastword.x;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.lastword.x.protobuf.MysqlxDatatypes.Any;
import dev.lastword.x.protobuf.MysqlxDatatypes.Array;
import dev.lastword.x.protobuf.MysqlxDatatypes.Object.ObjectField;
import dev.lastword.x.protobuf.MysqlxDatatypes.Scalar;
import dev.lastword.x.protobuf.MysqlxNotice;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Locale;

/** What a server announces to the monitoring session without being asked: which notices there are to ask for, and what each means. */
final class XSentinelNotices {
  static final int ER_SERVER_SHUTDOWN = 1053;

  /** A server sends these only to who wants them. */
  private static final List<String> OF_THE_GROUP =
      List.of(
          "group_replication/membership/quorum_loss",
          "group_replication/membership/view",
          "group_replication/status/role_change",
          "group_replication/status/state_change");

  private XSentinelNotices() {}

  /** What a notice says. */
  sealed interface Heard {
    /** The server shuts down. */
    record ShuttingDown() implements Heard {}

    /**
     * The server's group changed.
     *
     * @param what for people, such as "role change"
     */
    record GroupChanged(String what) implements Heard {}

    /** The server's number for this session. */
    record Numbered(long connection) implements Heard {}

    /** Nothing that matters here: the hello, a warning to a statement. */
    record Other() implements Heard {}
  }

  /** The argument of {@code enable_notices}. */
  static Any wanted() {
    Array.Builder names = Array.newBuilder();
    for (String name : OF_THE_GROUP) {
      names.addValue(
          Any.newBuilder()
              .setType(Any.Type.SCALAR)
              .setScalar(
                  Scalar.newBuilder()
                      .setType(Scalar.Type.V_STRING)
                      .setVString(
                          Scalar.String.newBuilder().setValue(ByteString.copyFromUtf8(name)))));
    }
    return Any.newBuilder()
        .setType(Any.Type.OBJECT)
        .setObj(
            dev.lastword.x.protobuf.MysqlxDatatypes.Object.newBuilder()
                .addFld(
                    ObjectField.newBuilder()
                        .setKey("notice")
                        .setValue(Any.newBuilder().setType(Any.Type.ARRAY).setArray(names))))
        .build();
  }

  /** What the notice in a frame says; one that cannot be read says nothing. */
  static Heard in(ByteBuf frame) {
    var notice = XMessages.parse(MysqlxNotice.Frame.parser(), frame);
    if (notice == null) {
      return new Heard.Other();
    }
    try {
      return switch (notice.getType()) {
        case MysqlxNotice.Frame.Type.WARNING_VALUE -> {
          var warning = MysqlxNotice.Warning.parseFrom(notice.getPayload());
          yield notice.getScope() == MysqlxNotice.Frame.Scope.GLOBAL
                  && warning.getCode() == ER_SERVER_SHUTDOWN
              ? new Heard.ShuttingDown()
              : new Heard.Other();
        }
        case MysqlxNotice.Frame.Type.SESSION_STATE_CHANGED_VALUE -> {
          var change = MysqlxNotice.SessionStateChanged.parseFrom(notice.getPayload());
          yield change.getParam() == MysqlxNotice.SessionStateChanged.Parameter.CLIENT_ID_ASSIGNED
                  && change.getValueCount() > 0
              ? new Heard.Numbered(change.getValue(0).getVUnsignedInt())
              : new Heard.Other();
        }
        case MysqlxNotice.Frame.Type.GROUP_REPLICATION_STATE_CHANGED_VALUE ->
            new Heard.GroupChanged(
                name(
                    MysqlxNotice.GroupReplicationStateChanged.parseFrom(notice.getPayload())
                        .getType()));
        default -> new Heard.Other();
      };
    } catch (InvalidProtocolBufferException _) {
      return new Heard.Other();
    }
  }

  private static String name(int type) {
    var known = MysqlxNotice.GroupReplicationStateChanged.Type.forNumber(type);
    return known == null
        ? "change " + type
        : known.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
