package dev.lastword.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.lastword.config.ServerTls;
import dev.lastword.farewell.Cause;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Commands;
import dev.lastword.testing.classic.Payload;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A client that is in the middle of sending hears a farewell when it listens, with the number behind its last packet. */
class ClassicFarewellTest {
  private static final Duration PAUSE = Duration.ofMillis(300);
  private static final ByteString INTERRUPTED =
      Payload.of(0xff).u16(1317).text("#70100Query execution was interrupted").build();

  private final ClassicInMemory there = new ClassicInMemory();

  @AfterEach
  void leave() {
    there.close();
  }

  /** The only ERR that the client was sent behind {@code before} bytes. */
  private void assertTold(int before, int number, int code) {
    ByteString told = there.toClient().substring(before);
    assertThat(told.size()).as("something was said").isGreaterThan(4);
    assertThat((told.byteAt(0) & 0xff) + 4).as("and it is one packet").isEqualTo(told.size());
    assertThat(told.byteAt(3)).as("number").isEqualTo((byte) number);
    assertThat(told.substring(4, 7)).isEqualTo(Payload.of(0xff).u16(code).build());
  }

  private int changeUser() {
    there.clientSays(0, Payload.of(Commands.CHANGE_USER).zeroEnded("root").zeros(4).build());
    there.serverSays(1, Payload.of(0xfe).zeroEnded("caching_sha2_password").zeros(21).build());
    return there.toClient().size();
  }

  @Test
  void a_client_that_answers_in_a_change_of_user_is_told_behind_its_answer() {
    int before = changeUser();
    ClassicInMemory.finish(there.server);
    assertThat(there.toClient().size()).isEqualTo(before);
    there.clientSays(2, ByteString.copyFromUtf8("the proof"));
    assertTold(before, 3, 1053);
  }

  @Test
  void a_client_that_does_not_answer_in_a_change_of_user_is_told_all_the_same() {
    int before = changeUser();
    ClassicInMemory.finish(there.server);
    there.wait(PAUSE);
    assertTold(before, 2, 1053);
  }

  @Test
  void a_client_that_uploads_is_told_behind_the_end_of_its_file() {
    there.clientSays(0, Commands.queryWithAttributes("LOAD DATA LOCAL INFILE 'f' INTO TABLE t"));
    there.serverSays(1, Payload.of(0xfb).text("f").build());
    int before = there.toClient().size();
    there.clientSays(2, ByteString.copyFromUtf8("a line\n"));
    ClassicInMemory.finish(there.server);
    there.clientSays(3, ByteString.copyFromUtf8("a line\n"));
    assertThat(there.toClient().size()).isEqualTo(before);
    there.clientSays(4, ByteString.EMPTY);
    assertTold(before, 5, 1053);
  }

  @Test
  void a_client_in_the_middle_of_a_command_is_told_when_it_has_sent_it() {
    ByteString command = ClassicClient.packet(0, Commands.queryWithAttributes("SELECT 1"));
    there.say(there.client, command.substring(0, 9));
    ClassicInMemory.finish(there.server);
    assertThat(there.toClient()).isEqualTo(ByteString.EMPTY);
    there.say(there.client, command.substring(9));
    assertTold(0, 1, 1053);
  }

  /** What was held of it must be let go, which the build looks after. */
  @Test
  void a_client_that_leaves_in_the_middle_of_a_command_is_told_nothing() {
    ByteString command = ClassicClient.packet(0, Commands.queryWithAttributes("SELECT 1"));
    there.say(there.client, command.substring(0, 9));
    there.client.close();
    assertThat(there.session.cause()).isEqualTo(Cause.CLIENT_LOST);
    assertThat(there.toClient()).isEqualTo(ByteString.EMPTY);
    assertThat(there.heldBytes()).isZero();
  }

  @Test
  void a_client_that_leaves_while_it_is_waited_for_is_waited_for_no_longer() {
    ByteString command = ClassicClient.packet(0, Commands.queryWithAttributes("SELECT 1"));
    there.say(there.client, command.substring(0, 9));
    ClassicInMemory.finish(there.server);
    there.client.close();
    assertThat(there.session.cause()).isEqualTo(Cause.SERVER_SHUT_DOWN);
    assertThat(there.heldBytes()).isZero();
  }

  @Test
  void an_idle_client_is_told_with_number_0() {
    ClassicInMemory.finish(there.server);
    assertTold(0, 0, 1053);
  }

  @Test
  void the_server_is_not_said_again_after_a_statement_that_failed() {
    there.clientSays(0, Commands.queryWithAttributes("SELEC 1"));
    there.serverSays(1, Payload.of(0xff).u16(1064).text("#42000You have an error").build());
    int before = there.toClient().size();
    there.serverSays(0, Payload.of(0xff).u16(4031).text("#HY000idle").build());
    ClassicInMemory.finish(there.server);
    assertTold(before, 0, 4031);
    assertThat(there.session.cause()).isEqualTo(Cause.SERVER_SAID);
  }

  @Test
  void an_interrupted_statement_does_not_explain_a_shutdown() {
    there.clientSays(0, Commands.queryWithAttributes("SELECT SLEEP(60)"));
    there.serverSays(1, INTERRUPTED);
    int before = there.toClient().size();
    ClassicInMemory.finish(there.server);
    assertTold(before, 0, 1053);
  }

  @Test
  void the_end_of_a_binary_log_is_the_servers_last_word() {
    there.clientSays(0, Commands.binlogDump(4, 1, 2, "binlog.000001"));
    there.serverSays(1, Payload.of(0).text("an event").build());
    there.serverSays(2, Payload.of(0xfe).u16(0).u16(2).build());
    int before = there.toClient().size();
    ClassicInMemory.finish(there.server);
    assertThat(there.toClient().size()).isEqualTo(before);
    assertThat(there.session.cause()).isEqualTo(Cause.SERVER_SAID);
  }

  @Test
  void a_server_that_ends_a_session_whose_last_statement_failed_has_said_why_all_the_same() {
    there.clientSays(0, Commands.queryWithAttributes("SELECT * FROM nowhere"));
    there.serverSays(1, Payload.of(0xff).u16(1146).text("#42S02There is none").build());
    int before = there.toClient().size();
    there.serverSays(0, Payload.of(0xff).u16(4031).text("#HY000Idle for too long").build());
    ClassicInMemory.finish(there.server);
    assertTold(before, 0, 4031);
    assertThat(there.session.cause()).isEqualTo(Cause.SERVER_SAID);
  }

  @Test
  void a_client_that_never_ends_what_it_sends_is_told_all_the_same() {
    ByteString command = ClassicClient.packet(0, ByteString.copyFrom(new byte[100_000]));
    there.say(there.client, command.substring(0, 9));
    ClassicInMemory.finish(there.server);
    int at = 9;
    for (; at < 90_000 && there.toClient().isEmpty(); at++) {
      there.say(there.client, command.substring(at, at + 1));
      there.wait(Duration.ofMillis(200));
    }
    assertThat(Duration.ofMillis(200L * at))
        .isBetween(Duration.ofSeconds(30), Duration.ofMinutes(5));
    assertTold(0, 0, 1053);
  }

  @Test
  void a_client_that_goes_in_the_middle_of_sending_leaves_nothing_behind() {
    ByteString command = ClassicClient.packet(0, Commands.queryWithAttributes("SELECT 1"));
    there.say(there.client, command.substring(0, 9));
    ClassicInMemory.finish(there.server);
    there.client.close();
    there.client.runPendingTasks();
    assertThat(there.session.halfRequest()).isFalse();
  }

  @Test
  void a_client_that_vanishes_in_the_middle_of_a_command_leaves_nothing_behind() {
    ByteString command = ClassicClient.packet(0, Commands.queryWithAttributes("SELECT 1"));
    there.say(there.client, command.substring(0, 9));
    there.client.close();
    there.client.runPendingTasks();
    assertThat(there.session.cause()).isEqualTo(Cause.CLIENT_LOST);
    assertThat(there.session.halfRequest()).isFalse();
  }

  @Test
  void a_client_whose_server_cannot_encrypt_is_told_behind_its_response() {
    try (ClassicInMemory unsafe = new ClassicInMemory(ServerTls.Mode.REQUIRED)) {
      ByteString greeting = unsafe.toClient();
      ByteString told = greeting.substring(4 + (greeting.byteAt(0) & 0xff));
      assertThat(told.substring(3, 7)).isEqualTo(Payload.of(2).u8(0xff).u16(1043).build());
    }
  }
}
