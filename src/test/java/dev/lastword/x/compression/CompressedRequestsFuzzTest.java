package dev.lastword.x.compression;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lastword.x.compression.Conversation.Log;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** Runs the inputs beside it in the build; with JAZZER_FUZZ=1 in the environment it looks for new ones. */
class CompressedRequestsFuzzTest {

  private static final int MAX_FRAME = 1 << 20;

  /** The first byte chooses algorithm and piece size; then frames, each behind a two-byte length. */
  @FuzzTest(maxDuration = "5m")
  void no_bytes_raise_an_exception(byte[] input) {
    if (input.length == 0) {
      return;
    }
    Algorithm[] algorithms = Algorithm.values();
    int choice = input[0] & 0xff;
    int piece = 1 << ((choice / algorithms.length) % 16);
    Log log = new Log();
    try (CompressedRequests requests =
        new CompressedRequests(algorithms[choice % algorithms.length], MAX_FRAME, MAX_FRAME, log)) {
      ByteBuf buffer = Unpooled.wrappedBuffer(input);
      int next = 1;
      while (next + 2 <= input.length) {
        int length = buffer.getUnsignedShort(next);
        next += 2;
        int end = Math.min(input.length, next + length);
        requests.frame(end - next);
        while (next < end) {
          int part = Math.min(piece, end - next);
          requests.bytes(buffer, next, part);
          next += part;
        }
      }
      assertThat(log.undecodable).isEqualTo(requests.isDecodable() ? 0 : 1);
    }
  }
}
