package dev.lastword;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.lastword.testing.x.Frame;
import dev.lastword.x.protobuf.MysqlxNotice;
import java.util.List;

/** Finds in what a client received why its session ended. */
final class Farewells {
  private Farewells() {}

  /** {@code N1053} for each notice of scope GLOBAL but the hello, {@code F1317} for each FATAL Error, in their order. */
  static List<String> in(List<Frame> frames) {
    return frames.stream().filter(Farewells::isReason).map(Farewells::text).toList();
  }

  /** What the notices among them say, for people. */
  static String words(List<Frame> frames) {
    return String.join(
        "\n",
        frames.stream()
            .filter(frame -> frame.type() == Frame.NOTICE && isReason(frame))
            .map(frame -> warning(frame).getMsg())
            .toList());
  }

  static boolean isReason(Frame frame) {
    return frame.isFatal()
        || (frame.type() == Frame.NOTICE
            && frame.asNotice().getScope() == MysqlxNotice.Frame.Scope.GLOBAL
            && frame.asNotice().getType() != MysqlxNotice.Frame.Type.SERVER_HELLO_VALUE);
  }

  private static String text(Frame frame) {
    if (frame.type() == Frame.ERROR) {
      return "F" + frame.asError().getCode();
    }
    MysqlxNotice.Warning warning = warning(frame);
    return (warning.getLevel() == MysqlxNotice.Warning.Level.ERROR ? "N" : "n") + warning.getCode();
  }

  private static MysqlxNotice.Warning warning(Frame frame) {
    try {
      return MysqlxNotice.Warning.parseFrom(frame.asNotice().getPayload());
    } catch (InvalidProtocolBufferException malformed) {
      throw new AssertionError("no warning: " + frame, malformed);
    }
  }
}
