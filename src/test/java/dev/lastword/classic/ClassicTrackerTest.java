package dev.lastword.classic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.testing.classic.Payload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Packets as bytes, and what the tracker makes of them; the shapes are those that the protocol's description gives each command. */
class ClassicTrackerTest {
  /** What stands in front of a payload and behind it is none of the tracker's business. */
  private static final int IN_FRONT = 4;

  /**
   * What was said, one word after the other, and where the session is then, with and without DEPRECATE_EOF.
   *
   * <p>{@code >17:5} is a command, with the statement that it names; {@code >data} and {@code >empty} are further packets of the client, and
   * {@code >long:03} a command that goes on in {@code >rest}. The others are the server's: {@code ok}, {@code end} and {@code count} with
   * flags behind a colon (m more results, c cursor, l last row, t in a transaction), {@code defs} the EOF behind definitions, which only one
   * of the two has, {@code /} the beginning of the response to the next of several commands, and {@code .} that to one of two packets.
   */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          a session that says nothing                | ''                                     | idle
          a ping                                     | >0e                                    | waiting, 1 out, next 1
          its answer                                 | >0e ok                                 | idle
          an empty packet is a command               | >none                                  | waiting, 1 out, next 1
          and refused                                | >none err:1047                         | idle, error 1047
          a schema is chosen                         | >02 ok                                 | idle
          a schema is unknown                        | >02 err:1049                           | idle, error 1049
          a statement without a result               | >03 ok                                 | idle
          a transaction                              | >03 ok:t                               | idle, transaction
          a transaction, over                        | >03 ok:t >03 ok                        | idle
          a statement that fails                     | >03 err:1064                           | idle, error 1064
          the error is over with the next command    | >03 err:1064 >0e                       | waiting, 1 out, next 1
          an error is over with the next answer      | >03 >0e err:1064 / ok                  | idle
          how many columns                           | >03 count:2                            | mid-result, 1 out, next 2
          the first column                           | >03 count:2 def                        | mid-result, 1 out, next 3
          the last column                            | >03 count:1 def defs                   | mid-result, 1 out, next after defs
          a row                                      | >03 count:1 def defs row               | mid-result, 1 out, next after defs and row
          a row of nothing                           | >03 count:1 def defs nothing           | mid-result, 1 out, next after defs and row
          a row that begins like an end              | >03 count:1 def defs longrow           | mid-result, 1 out, next after defs and row
          the end of the rows                        | >03 count:1 def defs row end           | idle
          an end that tells how the session changed  | >03 count:1 def defs row longend       | idle
          no rows                                    | >03 count:1 def defs end               | idle
          a result in a transaction                  | >03 count:1 def defs row end:t         | idle, transaction
          an error in place of a column              | >03 count:2 def err:1317               | idle, error 1317, interrupted
          an error behind the columns                | >03 count:1 def defs err:1317          | idle, error 1317, interrupted
          an error among the rows                    | >03 count:1 def defs row err:1053      | idle, error 1053, the last
          one of several results                     | >03 ok:m                               | mid-result, 1 out, next 2
          another one                                | >03 ok:m ok                            | idle
          rows, and more                             | >03 count:1 def defs row end:m         | mid-result, 1 out, next after defs and two
          rows, and rows                             | >03 count:1 def defs end:m count:1 def defs row end | idle
          a call                                     | >03 count:1 def defs row end:m ok      | idle
          several, and then an error                 | >03 ok:m err:1064                      | idle, error 1064
          an upload is asked for                     | >03 infile                             | waiting, 1 out, next 2, uploading
          an upload                                  | >03 infile >data >data                 | waiting, 1 out, next 4, uploading
          the end of an upload                       | >03 infile >data >empty                | waiting, 1 out, next 4
          its answer after the upload                | >03 infile >data >empty ok             | idle
          an upload of nothing                       | >03 infile >empty ok                   | idle
          an upload that fails                       | >03 infile >data >empty err:1062       | idle, error 1062
          an upload that is given up                 | >03 infile >data err:1159              | idle, error 1159, the last
          an upload among statements                 | >03 ok:m infile >data >empty ok:m ok   | idle
          fields of a table                          | >04 def                                | mid-result, 1 out, next 2
          all fields of a table                      | >04 def def end                        | idle
          no such table                              | >04 err:1146                           | idle, error 1146
          a line of statistics                       | >09 text                               | idle
          statistics that begin like an error        | >09 textff                             | idle
          what the server is doing                   | >0d end                                | idle
          processes, of old servers                  | >0a count:1 def defs row end           | idle
          an unknown command                         | >05 err:1047                           | idle, error 1047
          an option                                  | >1b end                                | idle
          an unknown option                          | >1b err:1047                           | idle, error 1047
          a reset                                    | >1f ok                                 | idle
          a statement is prepared                    | >16 prep:5,0,0                         | idle, 1 statements
          it has columns                             | >16 prep:5,1,0 def defs                | idle, 1 statements
          it has parameters                          | >16 prep:5,0,2 def def defs            | idle, 1 statements
          it has both                                | >16 prep:5,1,1 def defs def defs       | idle, 1 statements
          it has both, and not all have come         | >16 prep:5,1,2 def                     | mid-result, 1 out, next 3, 1 statements
          it cannot be prepared                      | >16 err:1064                           | idle, error 1064
          a statement is executed                    | >16 prep:5,0,0 >17:5 ok                | idle, 1 statements
          its rows begin as an OK does               | >16 prep:5,0,0 >17:5 count:1 def defs binary | mid-result, 1 out, next after defs and row, 1 statements
          all rows                                   | >16 prep:5,0,0 >17:5 count:1 def defs binary end | idle, 1 statements
          many results of one statement              | >16 prep:5,0,0 >17:5 count:1 def defs binary end:m ok | idle, 1 statements
          a bulk of values                           | >16 prep:5,0,0 >fa:5 ok                | idle, 1 statements
          a cursor                                   | >16 prep:5,0,0 >17:5 count:1 def defs:c end:c | idle, 1 statements, 1 cursors
          a fetch                                    | >16 prep:5,0,0 >17:5 count:1 def defs:c end:c >1c:5 binary | mid-result, 1 out, next 2, 1 statements, 1 cursors
          fetched, and there is more                 | >16 prep:5,0,0 >17:5 count:1 def defs:c end:c >1c:5 binary end:c | idle, 1 statements, 1 cursors
          fetched to the end                         | >16 prep:5,0,0 >17:5 count:1 def defs:c end:c >1c:5 binary end:cl | idle, 1 statements
          fetched behind the end                     | >16 prep:5,0,0 >1c:5 err:1421          | idle, error 1421, 1 statements
          a cursor is closed by a reset              | >16 prep:5,0,0 >17:5 count:1 def defs:c end:c >1a:5 ok | idle, 1 statements
          a cursor is closed with its statement      | >16 prep:5,0,0 >17:5 count:1 def defs:c end:c >19:5 | idle
          a statement is closed without an answer    | >16 prep:5,0,0 >19:5                   | idle
          long data, without an answer               | >16 prep:5,0,1 def defs >18:5          | idle, 1 statements, long data
          long data for nobody                       | >18:5                                  | idle
          long data is used                          | >16 prep:5,0,1 def defs >18:5 >17:5 ok | idle, 1 statements
          long data is thrown away                   | >16 prep:5,0,1 def defs >18:5 >1a:5 ok | idle, 1 statements
          a reset forgets statements                 | >16 prep:5,0,0 >1f ok                  | idle
          a user is changed                          | >11                                    | waiting, 1 out, next 1, login
          the server asks                            | >11 switch                             | waiting, 1 out, next 2, login, sending
          the client answers                         | >11 switch >data                       | waiting, 1 out, next 3, login
          the fast path                              | >11 switch >data more                  | waiting, 1 out, next 4, login
          the fast path, done                        | >11 switch >data more ok               | idle
          the long path is the client's turn         | >11 switch >data key                   | waiting, 1 out, next 4, login, sending
          the long path                              | >11 switch >data key >data key >data ok | idle
          an empty answer is an answer               | >11 switch >empty ok                   | idle
          the user is not changed                    | >11 switch >data err:1045              | idle, error 1045, the last
          a change of user forgets statements        | >16 prep:5,0,0 >11 ok                  | idle
          a binary log                               | >12 binary binary                      | mid-result, 1 out, next 3, binlog
          a binary log by GTID                       | >1e binary                             | mid-result, 1 out, next 2, binlog
          the replica acknowledges                   | >12 binary >data binary                | mid-result, 1 out, next 4, binlog
          a binary log has an end                    | >12 binary eof                         | idle, end of log
          and the client may go on                   | >12 binary eof >0e                     | waiting, 1 out, next 1
          a binary log cannot be read                | >12 err:1236                           | idle, error 1236, the last
          goodbye                                    | >01                                    | idle, goodbye
          goodbye in the middle                      | >03 count:1 >01                        | mid-result, 1 out, next 2, goodbye
          three commands at once                     | >03 >0e >09                            | waiting, 3 out, next 1
          the first one's columns                    | >03 >0e >09 count:1 def                | mid-result, 3 out, next 3
          the first one is answered                  | >03 >0e >09 count:1 def defs end       | waiting, 2 out, next 1
          the second one failed                      | >03 >0e >09 ok / err:1317              | waiting, 1 out, next 1, error 1317
          all are answered                           | >03 >0e >09 ok / ok / text             | idle
          what has no answer does not count          | >16 prep:5,0,1 def defs >18:5 >17:5 >19:5 ok | idle
          an upload behind another command           | >0e >03 ok / infile                    | waiting, 1 out, next 2, uploading
          a command of many packets                  | >long:03                               | waiting, 1 out, next 1, sending
          its last packet                            | >long:03 >rest                         | waiting, 1 out, next 2
          its answer has the number behind           | >long:03 >rest ok                      | idle
          a command of many packets behind another   | >0e >long:03 >rest ok                  | waiting, 1 out, next 2
          and is answered                            | >0e >long:03 >rest ok . ok             | idle
          one of three packets                       | >long:03 >longrest                     | waiting, 1 out, next 2, sending
          long data of many packets                  | >long:18 >rest                         | idle
          long data of many packets behind another   | >0e >long:18 >rest                     | waiting, 1 out, next 1
          an upload of many packets among statements | >03 ok:m infile >longrest >rest        | mid-result, 1 out, next 3, uploading
          a row of many packets                      | >03 count:1 def defs first             | mid-result, 1 out, next after defs and row, inside
          its last packet has no header              | >03 count:1 def defs first last        | mid-result, 1 out, next after defs and two
          and is not the end                         | >03 count:1 def defs first last end    | idle
          an unknown command that says more          | >2a strange strange                    | mid-result, 1 out, next 3
          is over when an EOF comes                  | >2a strange eof                        | idle
          or with the next command                   | >2a strange >0e                        | waiting, 1 out, next 1
          nobody asked                               | unasked                                | idle
          the last words of an idle connection       | unasked unasked                        | idle
          """)
  void a_conversation_leads_to_a_place(String name, String words, String expected) {
    for (boolean deprecateEof : new boolean[] {false, true}) {
      Talk talk = new Talk(deprecateEof ? Capabilities.DEPRECATE_EOF : 0);
      talk.say(words);
      int defs = deprecateEof ? 3 : 4;
      String place =
          expected
              .replace("after defs and two", String.valueOf(defs + 2))
              .replace("after defs and row", String.valueOf(defs + 1))
              .replace("after defs", String.valueOf(defs));
      assertThat(talk.text()).as("DEPRECATE_EOF %s", deprecateEof).isEqualTo(place);
    }
  }

  /** A client and a server that count as they should. */
  private static final class Talk {
    final ClassicTracker tracker = new ClassicTracker();
    private final boolean deprecateEof;
    private int number;
    private int clientNumber;

    Talk(long capabilities) {
      deprecateEof = Capabilities.has(capabilities, Capabilities.DEPRECATE_EOF);
      tracker.loggedIn(capabilities, StatusFlags.AUTOCOMMIT);
    }

    void say(String words) {
      for (String word : words.isEmpty() ? new String[0] : words.split(" ", -1)) {
        if (word.equals("/") || word.equals(".")) {
          // The next command's last packet had this number.
          number = word.equals("/") ? 0 : 1;
        } else if (word.startsWith(">")) {
          client(word.substring(1));
        } else if (word.equals("unasked")) {
          assertThat(
                  server(new Payload().u8(0xff).u16(4031).text("#HY000").build().toByteArray(), 0))
              .as("answers something")
              .isFalse();
        } else {
          server(word);
        }
      }
    }

    private void client(String word) {
      String[] parts = word.split(":", -1);
      switch (parts[0]) {
        case "data" -> client(++number, new byte[] {1, 2, 3}, 3);
        case "empty" -> client(++number, new byte[0], 0);
        case "none" -> command(new byte[0], 0);
        case "long" -> command(commandBytes(parts[1], "5"), Packets.LONGEST);
        case "rest" -> further(3);
        case "longrest" -> further(Packets.LONGEST);
        default -> {
          byte[] command = commandBytes(parts[0], parts.length > 1 ? parts[1] : "0");
          command(command, command.length);
        }
      }
    }

    private static byte[] commandBytes(String command, String statement) {
      return Payload.of(Integer.parseInt(command, 16))
          .u32(Integer.parseInt(statement))
          .u32(0)
          .build()
          .toByteArray();
    }

    private void command(byte[] payload, int length) {
      clientNumber = 0;
      if (tracker.outstanding() == 0 || tracker.nextSequence() == 1) {
        number = 0;
      }
      client(0, payload, length);
    }

    private void further(int length) {
      clientNumber++;
      number = clientNumber;
      client(clientNumber, new byte[] {0x0e, 0, 0}, length);
    }

    private void client(int sequence, byte[] payload, int length) {
      ByteBuf in = wrapped(payload);
      tracker.clientPacket(in, IN_FRONT, IN_FRONT + payload.length, length, sequence & 0xff);
    }

    private void server(String word) {
      String[] parts = word.split(":", -1);
      String more = parts.length > 1 ? parts[1] : "";
      int flags = flags(more);
      switch (parts[0]) {
        case "ok" -> answer(Payload.of(0).u8(0).u8(0).u16(flags).u16(0));
        case "err" -> answer(Payload.of(0xff).u16(Integer.parseInt(more)).text("#HY000why"));
        case "end" -> {
          if (deprecateEof) {
            answer(Payload.of(0xfe).u8(0).u8(0).u16(flags).u16(0));
          } else if ((flags & StatusFlags.CURSOR_EXISTS) == 0 || tracker.outstanding() > 0) {
            answer(Payload.of(0xfe).u16(0).u16(flags));
          }
        }
        case "longend" -> {
          Payload end = Payload.of(0xfe);
          if (deprecateEof) {
            end.u8(0).u8(0).u16(flags | 0x4000).u16(0).string("").string("x".repeat(300));
          } else {
            end.u16(0).u16(flags);
          }
          answer(end);
        }
        case "eof" -> answer(Payload.of(0xfe).u16(0).u16(flags));
        case "defs" -> {
          if (!deprecateEof) {
            answer(Payload.of(0xfe).u16(0).u16(flags));
          }
        }
        case "count" -> answer(Payload.of(Integer.parseInt(more)));
        case "def" -> answer(new Payload().string("def").string("t").string("a"));
        case "row" -> answer(new Payload().string("a value"));
        case "nothing" -> answer(Payload.of(0xfb));
        case "longrow" -> {
          // Its first value is longer than 16 MiB, so the packet is as long as one can be.
          serverPacket(Payload.of(0xfe).u64(20_000_000).build().toByteArray(), Packets.LONGEST);
          number--;
          tracker.serverPacket(
              wrapped(new byte[] {1}), IN_FRONT, IN_FRONT + 1, 1, (number + 1) & 0xff);
          number++;
        }
        case "binary" -> answer(Payload.of(0).u8(0).text("a value"));
        case "infile" -> answer(Payload.of(0xfb).text("lines"));
        case "text" -> answer(new Payload().text("Uptime: 1"));
        case "textff" -> answer(Payload.of(0xff).text("Uptime"));
        case "prep" -> prepared(more);
        case "switch" -> answer(Payload.of(0xfe).zeroEnded("caching_sha2_password").zeros(21));
        case "more" -> answer(Payload.of(1).u8(3));
        case "key" -> answer(Payload.of(1).u8(4));
        case "strange" -> answer(Payload.of(0x77).text("new"));
        case "first" ->
            serverPacket(Payload.of(0xfd).u24(0xfffffe).build().toByteArray(), Packets.LONGEST);
        case "last" -> serverPacket(new byte[] {(byte) 0xfe, 0, 0, 0, 0}, 5);
        default -> throw new IllegalArgumentException(word);
      }
    }

    private void prepared(String numbers) {
      String[] three = numbers.split(",", -1);
      answer(
          Payload.of(0)
              .u32(Integer.parseInt(three[0]))
              .u16(Integer.parseInt(three[1]))
              .u16(Integer.parseInt(three[2]))
              .u8(0)
              .u16(0));
    }

    private static int flags(String letters) {
      return (letters.contains("m") ? StatusFlags.MORE_RESULTS_EXISTS : 0)
          | (letters.contains("c") ? StatusFlags.CURSOR_EXISTS : 0)
          | (letters.contains("l") ? StatusFlags.LAST_ROW_SENT : 0)
          | (letters.contains("t") ? StatusFlags.IN_TRANS : 0)
          | StatusFlags.AUTOCOMMIT;
    }

    private void answer(Payload payload) {
      byte[] bytes = payload.build().toByteArray();
      serverPacket(bytes, bytes.length);
    }

    private void serverPacket(byte[] payload, int length) {
      number++;
      assertThat(server(payload, length, number)).as("answers something").isTrue();
    }

    private boolean server(byte[] payload, int sequence) {
      return server(payload, payload.length, sequence);
    }

    private boolean server(byte[] payload, int length, int sequence) {
      return tracker.serverPacket(
          wrapped(payload), IN_FRONT, IN_FRONT + payload.length, length, sequence & 0xff);
    }

    private static ByteBuf wrapped(byte[] payload) {
      byte[] bytes = new byte[IN_FRONT + payload.length + 2];
      java.util.Arrays.fill(bytes, (byte) 0xff);
      System.arraycopy(payload, 0, bytes, IN_FRONT, payload.length);
      return Unpooled.wrappedBuffer(bytes);
    }

    String text() {
      return tracker.outstanding() == 0
          ? "idle" + more()
          : String.format(
              Locale.ROOT,
              "%s, %d out, next %d%s",
              tracker.midResult() ? "mid-result" : "waiting",
              tracker.outstanding(),
              tracker.nextSequence(),
              more());
    }

    private String more() {
      int error = tracker.lastError();
      return (error == 0 ? "" : ", error " + error)
          + (error != 0 && tracker.errorEndsConnection() ? ", the last" : "")
          + (tracker.interrupted() ? ", interrupted" : "")
          + (tracker.dumpEnded() ? ", end of log" : "")
          + (tracker.uploading() ? ", uploading" : "")
          + (tracker.changingUser() ? ", login" : "")
          + (tracker.dumpingBinlog() ? ", binlog" : "")
          + (tracker.clientIsSending() && !tracker.uploading() ? ", sending" : "")
          + (tracker.serverContinues() ? ", inside" : "")
          + (tracker.inTransaction() ? ", transaction" : "")
          + count(tracker.statements().count(), "statements")
          + count(tracker.statements().cursors(), "cursors")
          + (tracker.statements().longDataPending() ? ", long data" : "")
          + (tracker.askedToLeave() ? ", goodbye" : "");
    }

    private static String count(int count, String what) {
      return count == 0 ? "" : ", " + count + " " + what;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 252, 253, 254, 255, 256, 1000})
  void sequence_numbers_go_round_in_a_long_result(int rows) {
    Talk talk = new Talk(Capabilities.DEPRECATE_EOF);
    talk.say(">03 count:1 def" + " row".repeat(rows));
    assertThat(talk.tracker.nextSequence()).isEqualTo((3 + rows) & 0xff);
    assertThat(talk.tracker.midResult()).isTrue();
    talk.say("end");
    assertThat(talk.tracker.outstanding()).isZero();
    assertThat(talk.tracker.nextSequence()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        Capabilities.OPTIONAL_RESULTSET_METADATA,
        Capabilities.OPTIONAL_RESULTSET_METADATA | Capabilities.DEPRECATE_EOF,
        Capabilities.MARIADB_CACHE_METADATA | Capabilities.DEPRECATE_EOF
      })
  void a_result_may_leave_its_columns_out(long capabilities) {
    Talk talk = new Talk(capabilities);
    talk.say(">03");
    talk.answer(Payload.of(2).u8(0));
    talk.say("defs row end");
    assertThat(talk.text()).isEqualTo("idle");
    talk.say(">03");
    talk.answer(Payload.of(2).u8(1));
    talk.say("def def defs row end");
    assertThat(talk.text()).isEqualTo("idle");
    talk.say(">16");
    talk.answer(Payload.of(0).u32(5).u16(1).u16(1).u8(0).u16(0).u8(1));
    talk.say("def defs def defs");
    assertThat(talk.text()).isEqualTo("idle, 1 statements");
  }

  @Test
  void a_progress_report_of_mariadb_is_no_error() {
    Talk talk = new Talk(Capabilities.MARIADB_PROGRESS);
    talk.say(">03 err:65535");
    assertThat(talk.text()).isEqualTo("mid-result, 1 out, next 2");
    talk.say("ok");
    assertThat(talk.text()).isEqualTo("idle");
    Talk other = new Talk(0);
    other.say(">03 err:65535");
    assertThat(other.tracker.outstanding()).isZero();
  }

  @Test
  void thousands_of_commands_can_be_out_and_are_answered_in_their_order() {
    Talk talk = new Talk(Capabilities.DEPRECATE_EOF);
    Random random = new Random(1);
    Deque<String> answers = new ArrayDeque<>();
    for (int i = 0; i < 50_000; i++) {
      if (random.nextInt(50_000) > i) {
        boolean rows = random.nextBoolean();
        talk.say(rows ? ">03" : ">09");
        answers.add(rows ? "/ count:1 def row end" : "/ text");
      } else {
        String answer = answers.poll();
        if (answer != null) {
          talk.say(answer);
        }
      }
      assertThat(talk.tracker.outstanding()).isEqualTo(answers.size());
    }
    for (String answer : answers) {
      talk.say(answer);
    }
    assertThat(talk.text()).isEqualTo("idle");
  }

  /** As in a streamed packet, of which no more than the first byte of the payload can be seen. */
  @Test
  void one_byte_of_a_payload_is_enough_to_follow() {
    Talk talk = new Talk(0);
    talk.say(">03 count:1 def defs");
    ByteBuf in = Unpooled.wrappedBuffer(new byte[] {(byte) 0xfd});
    assertThat(talk.tracker.serverPacket(in, 0, 1, 2_000_000, 5)).isTrue();
    assertThat(talk.tracker.midResult()).isTrue();
    assertThat(talk.tracker.nextSequence()).isEqualTo(6);
    ByteBuf command = Unpooled.wrappedBuffer(new byte[] {0x18});
    talk.tracker.clientPacket(command, 0, 1, 2_000_000, 0);
    assertThat(talk.tracker.outstanding()).isEqualTo(1);
  }
}
