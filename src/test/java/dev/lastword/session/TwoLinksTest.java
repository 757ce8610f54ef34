package dev.lastword.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.lastword.farewell.Cause;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Commands;
import dev.lastword.testing.classic.Payload;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A session with two links, one that serves the client and one that does not now. Whatever comes from the other one, and however it ends,
 * belongs to nothing that the client asked: a proxy that took its error for an answer would give the client a wrong one.
 */
class TwoLinksTest {
  private static final ByteString END = Payload.of(0xfe).u8(0).u8(0).u16(2).u16(0).build();

  private final ClassicInMemory there = new ClassicInMemory();

  @AfterEach
  void leave() {
    there.close();
  }

  /** How a link ends. */
  enum Loss {
    FIN,
    RST,
    CLOSED,
    /** A server's last words before it ends. */
    ERR_AND_FIN,
    /** The same inside a packet that is never completed. */
    HALF_AN_ERR_AND_FIN
  }

  private static ByteString err() {
    return ClassicClient.packet(
        0, Payload.of(0xff).u16(1053).text("#08S01Server shutdown in progress").build());
  }

  private void lose(Loss loss) {
    switch (loss) {
      case FIN -> ClassicInMemory.finish(there.other);
      case RST ->
          there.other.pipeline().fireExceptionCaught(new IOException("Connection reset by peer"));
      case CLOSED -> there.other.close();
      case ERR_AND_FIN -> {
        there.say(there.other, err());
        ClassicInMemory.finish(there.other);
      }
      case HALF_AN_ERR_AND_FIN -> {
        there.say(there.other, err().substring(0, 20));
        ClassicInMemory.finish(there.other);
      }
    }
  }

  private ByteString row(int number) {
    return ClassicClient.packet(number, new Payload().string("row " + number).build());
  }

  @ParameterizedTest
  @EnumSource
  void a_result_stays_whole_when_another_link_is_lost_in_the_middle_of_it(Loss loss) {
    ByteString result =
        ClassicClient.packet(1, Payload.of(1).build())
            .concat(ClassicClient.packet(2, ByteString.copyFromUtf8("a column")))
            .concat(row(3))
            .concat(row(4))
            .concat(row(5))
            .concat(ClassicClient.packet(6, END));
    there.clientSays(0, Commands.queryWithAttributes("SELECT a FROM t"));
    int middle = result.size() - 30;
    there.say(there.server, result.substring(0, middle));
    assertThat(there.session.activity()).isEqualTo(Activity.MID_RESULT);

    lose(loss);

    assertThat(there.session.activity()).isEqualTo(Activity.MID_RESULT);
    there.say(there.server, result.substring(middle));
    assertThat(there.toClient()).isEqualTo(result);
    assertThat(there.other.isOpen()).isFalse();
    there.clientSays(0, Commands.ping());
    there.serverSays(1, ClassicInMemory.OK);
    assertThat(there.toClient())
        .isEqualTo(result.concat(ClassicClient.packet(1, ClassicInMemory.OK)));
    assertThat(there.session.cause()).isNull();
  }

  @ParameterizedTest
  @EnumSource
  void an_idle_client_hears_nothing_of_another_link(Loss loss) {
    lose(loss);
    assertThat(there.toClient()).isEqualTo(ByteString.EMPTY);
    there.clientSays(0, Commands.ping());
    there.serverSays(1, ClassicInMemory.OK);
    assertThat(there.toClient()).isEqualTo(ClassicClient.packet(1, ClassicInMemory.OK));
    assertThat(there.session.cause()).isNull();
  }

  @Test
  void the_loss_of_the_link_that_serves_it_ends_the_session_and_both_links() {
    there.clientSays(0, Commands.queryWithAttributes("SELECT a FROM t"));
    there.serverSays(1, Payload.of(1).build());
    ClassicInMemory.finish(there.server);
    assertThat(there.session.cause()).isEqualTo(Cause.SERVER_SHUT_DOWN);
    assertThat(there.other.isOpen()).isFalse();
    ByteString farewell = there.toClient().substring(5);
    assertThat(farewell.byteAt(3))
        .as("the number behind that of the column count")
        .isEqualTo((byte) 2);
    assertThat(farewell.substring(4, 7)).isEqualTo(Payload.of(0xff).u16(1053).build());
    assertThat(there.toClient().toStringUtf8()).containsOnlyOnce("Server shutdown in progress");
  }
}
