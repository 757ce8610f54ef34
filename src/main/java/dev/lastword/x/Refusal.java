package dev.lastword.x;

import dev.lastword.farewell.Verdict;
import dev.lastword.x.protobuf.Mysqlx;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * What a client is told that is refused: only codes that a server sends, never a client library's.
 *
 * @param code MySQL's number of the error
 * @param sqlState five characters
 * @param text beginning with the server's own wording for the code
 */
record Refusal(int code, String sqlState, String text) {
  /** What a verdict amounts to for a client that understands nothing but an Error. */
  static Refusal of(Verdict verdict) {
    return new Refusal(
        verdict.cause().reason().xCode(), verdict.cause().reason().sqlState(), verdict.text());
  }

  ByteBuf frame(ByteBufAllocator allocator, Mysqlx.Error.Severity severity) {
    return XMessages.frame(
        allocator,
        Mysqlx.ServerMessages.Type.ERROR_VALUE,
        Mysqlx.Error.newBuilder()
            .setSeverity(severity)
            .setCode(code)
            .setSqlState(sqlState)
            .setMsg(text)
            .build());
  }
}
