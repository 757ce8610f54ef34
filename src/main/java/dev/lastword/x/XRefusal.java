package dev.lastword.x;

import dev.lastword.x.protobuf.Mysqlx;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** What a client hears in place of the server's greeting that cannot become a session. */
public final class XRefusal {
  private XRefusal() {}

  /** As a server answers that has no connection left: observed on MySQL 9.7 at {@code max_connections}. */
  public static ByteBuf tooManySessions(ByteBufAllocator allocator) {
    return XMessages.error(
        allocator, Mysqlx.Error.Severity.FATAL, 1040, "HY000", "Too many connections");
  }
}
