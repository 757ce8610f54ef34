package dev.lastword.classic;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** What a client hears in place of the server's greeting that cannot become a session. */
public final class ClassicRefusal {
  private ClassicRefusal() {}

  /** As a server answers at {@code max_connections}, without a SQLSTATE: observed on MySQL 9.7. */
  public static ByteBuf tooManySessions(ByteBufAllocator allocator) {
    return Packets.err(allocator, 0, 1040, "", "Too many connections");
  }
}
