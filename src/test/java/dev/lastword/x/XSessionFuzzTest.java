package dev.lastword.x;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lastword.config.ClientTls;

/** Runs the inputs beside it in the build; with JAZZER_FUZZ=1 in the environment it looks for new ones. */
class XSessionFuzzTest {
  private static final int HOLD_BACK = 512;
  private static final int[] CLIENT_TYPES = {1, 2, 3, 4, 5, 6, 7, 12, 18, 40, 41, 46};
  private static final int[] SERVER_TYPES = {0, 1, 2, 3, 4, 11, 12, 13, 14, 17, 19};

  /**
   * Two sides that say anything: frames with any content, or bytes that are no frames. No mistake of the proxy may end the session, no
   * buffer may be left, and what is held is bounded by the frames that may be held and what one read brings.
   */
  @FuzzTest(maxDuration = "3m")
  void two_sides_that_say_anything_do_no_harm(FuzzedDataProvider data) {
    ClientTls.Mode mode = data.pickValue(ClientTls.Mode.values());
    try (Memory memory = new Memory(mode, HOLD_BACK)) {
      while (data.remainingBytes() > 0 && memory.session.cause() == null) {
        boolean client = data.consumeBoolean();
        byte[] bytes = data.consumeBoolean() ? frame(data, client) : data.consumeBytes(40);
        int piece = data.consumeInt(1, 700);
        for (int at = 0; at < bytes.length; ) {
          int next = Math.min(bytes.length, at + piece);
          if (client ? memory.readsClient() : memory.readsServer()) {
            if (client) {
              memory.clientSays(bytes, at, next);
            } else {
              memory.serverSays(bytes, at, next);
            }
          }
          at = next;
        }
        memory.session.activity();
        memory.session.halfRequest();
        memory.session.inTransaction();
        assertThat(memory.heldBytes()).isLessThan(16 * 1024);
      }
    }
  }

  private static byte[] frame(FuzzedDataProvider data, boolean client) {
    int type = data.pickValue(client ? CLIENT_TYPES : SERVER_TYPES);
    byte[] payload = data.consumeBytes(data.consumeInt(0, 1000));
    byte[] frame = new byte[5 + payload.length];
    int length = payload.length + 1;
    for (int i = 0; i < 4; i++) {
      frame[i] = (byte) (length >>> (8 * i));
    }
    frame[4] = (byte) type;
    System.arraycopy(payload, 0, frame, 5, payload.length);
    return frame;
  }
}
