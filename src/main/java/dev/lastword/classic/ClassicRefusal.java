package dev.lastword.classic;

import dev.lastword.farewell.Cause;
import dev.lastword.farewell.ClassicCodes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** What a client hears in place of the server's greeting that cannot become a session. */
public final class ClassicRefusal {
  private ClassicRefusal() {}

  /**
   * As a server answers at {@code max_connections}, without a SQLSTATE: observed on MySQL 9.7.
   *
   * @param codes with which numbers clients are told what
   */
  public static ByteBuf tooManySessions(ByteBufAllocator allocator, ClassicCodes codes) {
    Cause.Reason reason = Cause.Reason.TOO_MANY;
    return Packets.err(allocator, 0, codes.of(reason).code(), "", reason.classicText());
  }
}
