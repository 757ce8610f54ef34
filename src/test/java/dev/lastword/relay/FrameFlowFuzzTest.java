package dev.lastword.relay;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lastword.relay.FrameFlow.Interception;

/** Runs the inputs beside it in the build; with JAZZER_FUZZ=1 in the environment it looks for new ones. */
class FrameFlowFuzzTest {
  /** Any bytes, cut into any reads, with any pauses between: no exception, nothing leaked, nothing held beyond the bound. */
  @FuzzTest(maxDuration = "3m")
  void any_bytes_in_any_pieces_are_only_cut(FuzzedDataProvider data) {
    int holdBack = data.consumeInt(1, 300);
    boolean opaqueLater = data.consumeBoolean();
    byte[] all = data.consumeBytes(4000);
    Wire wire = new Wire(holdBack);
    wire.on(1, Interception.FORWARD);
    wire.on(2, Interception.FORWARD);
    boolean[] waits = {true};
    wire.on(3, _ -> waits[0] ? Interception.WAIT : Interception.FORWARD);
    wire.on(
        4,
        _ -> {
          wire.pause();
          return Interception.FORWARD;
        });
    int at = 0;
    while (at < all.length) {
      int next = Math.min(all.length, at + data.consumeInt(0, 200));
      if (next == at) {
        next = Math.min(all.length, at + 1);
      }
      wire.read(wire.buffer(FrameFlowTest.part(all, at, next)));
      at = next;
      assertThat(wire.bytesOut).isLessThanOrEqualTo(at);
      if (wire.paused()) {
        waits[0] = data.consumeBoolean();
        wire.resume();
      } else {
        assertThat(at - wire.bytesOut).isLessThan(Math.max(holdBack, 6));
      }
      wire.releaseForwarded();
      assertThat(wire.allocatedBytes()).isLessThan(64 * 1024 + 1);
    }
    waits[0] = false;
    for (int i = 0; i <= all.length && wire.paused(); i++) {
      wire.resume();
    }
    if (opaqueLater) {
      wire.becomeOpaque();
      assertThat(wire.out()).isEqualTo(all);
    } else {
      assertThat(wire.out()).isEqualTo(FrameFlowTest.part(all, 0, (int) wire.bytesOut));
    }
    wire.end();
    wire.releaseForwarded();
    wire.assertNothingAllocated();
  }
}
