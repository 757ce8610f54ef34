package dev.lastword.x;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.lastword.farewell.Cause;
import dev.lastword.x.protobuf.Mysqlx;
import dev.lastword.x.protobuf.MysqlxNotice;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** The notices that end a session. */
final class XNotices {
  private XNotices() {}

  /**
   * The notice with which a client is told why its session is over: scope GLOBAL, type Warning, level ERROR, as the X Plugin sends it and
   * as drivers look for it.
   */
  static ByteBuf farewell(ByteBufAllocator allocator, int code, String text) {
    return XMessages.frame(
        allocator,
        Mysqlx.ServerMessages.Type.NOTICE_VALUE,
        MysqlxNotice.Frame.newBuilder()
            .setType(MysqlxNotice.Frame.Type.WARNING_VALUE)
            .setScope(MysqlxNotice.Frame.Scope.GLOBAL)
            .setPayload(
                MysqlxNotice.Warning.newBuilder()
                    .setLevel(MysqlxNotice.Warning.Level.ERROR)
                    .setCode(code)
                    .setMsg(text)
                    .build()
                    .toByteString())
            .build());
  }

  /** The code of a warning; 0 if it cannot be read. */
  static int code(MysqlxNotice.Frame frame) {
    try {
      return MysqlxNotice.Warning.parseFrom(frame.getPayload()).getCode();
    } catch (InvalidProtocolBufferException _) {
      return 0;
    }
  }

  /** Whether a server sends a GLOBAL warning with this code only when it ends the session. */
  static boolean endsSession(int code) {
    return code == Cause.Reason.SHUTDOWN.xCode()
        || code == Cause.Reason.KILLED.xCode()
        || code == Cause.Reason.TIMEOUT.xCode();
  }
}
