package dev.lastword.x;

import dev.lastword.status.NoticeKind;
import dev.lastword.status.NoticeKind.Origin;
import dev.lastword.status.NoticeKind.Scope;
import dev.lastword.status.SentCounters;
import dev.lastword.x.protobuf.MysqlxNotice;
import io.netty.buffer.ByteBuf;
import java.util.Map;

/**
 * What one client was sent, and its part of what all were. Messages are noted as they are forwarded and count when they have left the
 * proxy; a message is found to be a notice by looking at its first bytes, without parsing.
 */
final class XSent {
  private static final int TYPE_TAG = 0x08;
  private static final int SCOPE_TAG = 0x10;

  private static final NoticeKind LOCAL_WARNING = kind(NoticeKind.Type.WARNING, Scope.LOCAL);
  private static final NoticeKind LOCAL_STATE =
      kind(NoticeKind.Type.SESSION_STATE_CHANGED, Scope.LOCAL);

  private final SentCounters all;

  // Forwarded, and perhaps still in the channel's buffer.
  private long messages;
  private long localWarnings;
  private long localStates;

  // Counted.
  private long sentMessages;
  private long sentWarnings;
  private long sentGlobal;
  private long sentOther;

  XSent(SentCounters all) {
    this.all = all;
  }

  /** A message that is no notice was forwarded. */
  void message() {
    messages++;
  }

  /**
   * A notice is about to be forwarded.
   *
   * @return its kind if it is of a rare one, and must be counted by {@link #sent}; null if it has been noted here
   */
  @org.jspecify.annotations.Nullable
  NoticeKind notice(ByteBuf in, int at, int length) {
    int payload = at + XMessages.PREFIX;
    if (length >= XMessages.PREFIX + 4
        && in.getByte(payload) == TYPE_TAG
        && in.getByte(payload + 2) == SCOPE_TAG
        && in.getByte(payload + 3) == MysqlxNotice.Frame.Scope.LOCAL_VALUE) {
      switch (in.getByte(payload + 1)) {
        case MysqlxNotice.Frame.Type.SESSION_STATE_CHANGED_VALUE -> {
          messages++;
          localStates++;
          return null;
        }
        case MysqlxNotice.Frame.Type.WARNING_VALUE -> {
          messages++;
          localWarnings++;
          return null;
        }
        default -> {
          // Parsed below.
        }
      }
    }
    MysqlxNotice.Frame frame = XMessages.parse(MysqlxNotice.Frame.parser(), in, at, length);
    return frame == null
        ? new NoticeKind(NoticeKind.Type.OTHER, Scope.GLOBAL, 0, Origin.SERVER)
        : kind(frame);
  }

  private static NoticeKind kind(MysqlxNotice.Frame frame) {
    NoticeKind.Type type =
        switch (frame.getType()) {
          case MysqlxNotice.Frame.Type.WARNING_VALUE -> NoticeKind.Type.WARNING;
          case MysqlxNotice.Frame.Type.SESSION_VARIABLE_CHANGED_VALUE ->
              NoticeKind.Type.SESSION_VARIABLE_CHANGED;
          case MysqlxNotice.Frame.Type.SESSION_STATE_CHANGED_VALUE ->
              NoticeKind.Type.SESSION_STATE_CHANGED;
          case MysqlxNotice.Frame.Type.GROUP_REPLICATION_STATE_CHANGED_VALUE ->
              NoticeKind.Type.GROUP_REPLICATION_STATE_CHANGED;
          case MysqlxNotice.Frame.Type.SERVER_HELLO_VALUE -> NoticeKind.Type.SERVER_HELLO;
          default -> NoticeKind.Type.OTHER;
        };
    Scope scope =
        switch (frame.getScope()) {
          case GLOBAL -> Scope.GLOBAL;
          case LOCAL -> Scope.LOCAL;
        };
    int code = type == NoticeKind.Type.WARNING && scope == Scope.GLOBAL ? XNotices.code(frame) : 0;
    return new NoticeKind(type, scope, code, Origin.SERVER);
  }

  private static NoticeKind kind(NoticeKind.Type type, Scope scope) {
    return new NoticeKind(type, scope, 0, Origin.SERVER);
  }

  /** Everything that was forwarded has left the proxy. */
  void allLeft() {
    if (messages == 0) {
      return;
    }
    all.messages(messages);
    sentMessages += messages;
    messages = 0;
    if (localStates > 0) {
      all.notices(LOCAL_STATE, localStates);
      sentOther += localStates;
      localStates = 0;
    }
    if (localWarnings > 0) {
      all.notices(LOCAL_WARNING, localWarnings);
      sentWarnings += localWarnings;
      localWarnings = 0;
    }
  }

  /** An Error of the proxy's own was written to the client's connection. */
  void sentError() {
    all.messages(1);
    sentMessages++;
  }

  /** A notice of a rare kind was written to the client's connection. */
  void sent(NoticeKind kind) {
    all.messages(1);
    all.notices(kind, 1);
    sentMessages++;
    if (kind.type() == NoticeKind.Type.WARNING) {
      sentWarnings++;
    }
    if (kind.scope() == Scope.GLOBAL) {
      sentGlobal++;
    } else if (kind.type() != NoticeKind.Type.WARNING) {
      sentOther++;
    }
  }

  /** The client's own status variables. */
  Map<String, Long> statusVariables() {
    return SentCounters.variables(sentWarnings, sentGlobal, sentOther, sentMessages);
  }
}
