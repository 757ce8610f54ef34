package dev.lastword.x;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.lastword.x.ModelServer.Request;
import dev.lastword.x.ModelServer.Said;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class XTrackerTest {

  /**
   * What was said, one word after the other, and what the session is doing then. {@code >} is a request by its type, with its effect if it
   * has one; {@code <} is a message of the server by its type, {@code <1:1045} an Error with its code, and {@code !} makes it fatal.
   */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          a connection that says nothing           |                              | out
          the greeting is no answer                | <11                          | out
          capabilities are asked for               | >1                           | out, 1 out
          and given                                | >1 <2                        | out
          capabilities are set                     | >2 <0                        | out
          capabilities are refused                 | >2 <1:5001                   | out
          a challenge answers the first step       | >4 <3                        | out
          the second step is out                   | >4 <3 >5                     | out, 1 out
          notices come before the login is done    | >4 <3 >5 <11 <11             | out, 1 out
          logged in                                | >4 <3 >5 <11 <4              | idle
          logged in with one step                  | >4 <11 <4                    | idle
          the password was wrong                   | >4 <3 >5 <1:1045             | out
          wrong the third time                     | >4 <3 >5 <1:1045!            | out, fatal
          everything at once                       | >1 >2 >4                     | out, 3 out
          everything at once, answered             | >1 >2 >4 <2 <0 <11 <4        | idle
          Reset is ignored before the login        | >6:RESET                     | out
          Reset is ignored between requests        | >1 >6:RESET >4               | out, 3 out
          and skipped once it is its turn          | >1 >6:RESET >4 <2            | out, 1 out
          two of them                              | >1 >6 >6 >4 <2 <11 <4        | idle
          Reset behind a login that fails          | >4 >6:RESET <1:1045          | out
          Reset behind a login that succeeds       | >4 >6:RESET <4               | waiting, 1 out
          and is answered then                     | >4 >6:RESET <4 <0            | idle
          Reset in the middle of a login           | >4 <3 >6:RESET               | out, 1 out
          Reset pipelined into it                  | >4 >6:RESET <3               | out, 1 out
          which ends the connection                | >4 >6:RESET <3 <1:5000!      | out, fatal
          login, failure, Reset, login             | >4 >6 >4 <1:1045 <4          | idle
          Reset is answered in a session           | >4 <4 >6:RESET               | waiting, 1 out
          a session that is kept                   | >4 <4 >6:RESET <0            | idle
          a session that is not                    | >4 <4 >6:RESET_AND_AUTHENTICATE <0 | out
          Reset that failed                        | >4 <4 >6:RESET_AND_AUTHENTICATE <1:5010 | idle
          logged out                               | >4 <4 >7:CLOSE <0            | out
          logged out and in again at once          | >4 <4 >7:CLOSE >4 <0         | out, 1 out
          and done                                 | >4 <4 >7:CLOSE >4 <0 <4      | idle
          Reset of a closed session is answered    | >4 <4 >7:CLOSE <0 >6:RESET   | out, 1 out
          a statement                              | >4 <4 >12                    | waiting, 1 out
          its warning                              | >4 <4 >12 <11                | waiting, 1 out
          its columns                              | >4 <4 >12 <12                | mid-result, 1 out
          its rows, a notice between               | >4 <4 >12 <12 <13 <11 <13    | mid-result, 1 out
          its end of rows                          | >4 <4 >12 <12 <13 <14        | mid-result, 1 out
          its end                                  | >4 <4 >12 <12 <13 <14 <11 <17 | idle
          a failure among the rows                 | >4 <4 >12 <12 <13 <1:1317    | idle
          no rows at all                           | >4 <4 >12 <11 <17            | idle
          two results                              | >4 <4 >12 <12 <13 <16 <12 <13 <16 <14 | mid-result, 1 out
          out parameters                           | >4 <4 >41 <12 <13 <18 <12 <13 <14 | mid-result, 1 out
          out parameters, done                     | >4 <4 >41 <12 <13 <18 <12 <13 <14 <11 <17 | idle
          a cursor                                 | >4 <4 >43 <12 <15            | mid-result, 1 out
          a cursor, open                           | >4 <4 >43 <12 <15 <17        | idle
          a fetch                                  | >4 <4 >43 <12 <15 <17 >45 <13 <15 | mid-result, 1 out
          a fetch, done                            | >4 <4 >43 <12 <15 <17 >45 <13 <14 <17 | idle
          a fetch beyond the end                   | >4 <4 >45 <1:5123            | idle
          a compressed result                      | >4 <4 >12 <19                | mid-result, 1 out
          a compressed result, done                | >4 <4 >12 <19 <17            | idle
          three statements at once                 | >4 <4 >12 >12 >12            | waiting, 3 out
          the first one's rows                     | >4 <4 >12 >12 >12 <12 <13    | mid-result, 3 out
          the first one is done                    | >4 <4 >12 >12 >12 <12 <13 <14 <17 | waiting, 2 out
          the second one failed                    | >4 <4 >12 >12 >12 <17 <1:1146 | waiting, 1 out
          all are done                             | >4 <4 >12 >12 >12 <17 <1:1146 <17 | idle
          an expectation                           | >4 <4 >24 <0                 | idle
          an expectation that is not met           | >4 <4 >24 >12 >12 >25 <0 <1:1064 <1:5159 | waiting, 1 out
          and its end                              | >4 <4 >24 >12 >12 >25 <0 <1:1064 <1:5159 <1:5159 | idle
          preparing and running                    | >4 <4 >40 >41 >42 <0 <17     | waiting, 1 out
          an unknown request                       | >4 <4 >99 <1:1047            | idle
          a frame without a type                   | >4 <4 >0                     | waiting, 1 out
          a fatal error ends all that is out       | >4 <4 >12 >12 >12 <1:1053!   | idle, fatal
          a fatal error among the rows             | >4 <4 >12 >12 <12 <13 <1:1053! | idle, fatal
          a fatal error that nobody asked for      | >4 <4 <1:1053!               | idle, fatal
          fatal in word only                       | >4 <4 >7:CLOSE <0 >2 <1:5009! >4 <4 | idle, fatal
          goodbye is on its way                    | >4 <4 >3                     | waiting, 1 out
          goodbye                                  | >4 <4 >3 <0                  | idle, goodbye
          goodbye without a login                  | >3 <0                        | out, goodbye
          goodbye, whatever is behind it           | >4 <4 >12 >3 >12 >12 <17 <0  | idle, goodbye
          goodbye is refused                       | >4 <4 >7:CLOSE <0 >3 <1:5000! | out, fatal
          a transaction                            | >4 <4 >12:BEGIN              | waiting, 1 out
          a transaction, open                      | >4 <4 >12:BEGIN <17          | idle, transaction
          a transaction that did not begin         | >4 <4 >12:BEGIN <1:1064      | idle
          a transaction, statement after statement | >4 <4 >12:BEGIN >12:MAY_START >12:COMMIT <17 <17 | waiting, 1 out, transaction
          committed                                | >4 <4 >12:BEGIN >12:MAY_START >12:COMMIT <17 <17 <17 | idle
          a deadlock                               | >4 <4 >12:BEGIN <17 >12:MAY_START <1:1213 | idle
          a transaction that a Reset ended         | >4 <4 >12:BEGIN <17 >6:RESET <0 | idle
          an expectation kept it                   | >4 <4 >12:BEGIN <17 >12:COMMIT <1:5159 | idle, transaction
          warnings switched off                    | >4 <4 >12:WARNINGS_OFF <17   | idle, no warnings
          warnings not switched off                | >4 <4 >12:WARNINGS_OFF <1:5015 | idle
          and on again                             | >4 <4 >12:WARNINGS_OFF <17 >12:WARNINGS_ON <17 | idle
          off, and a Reset that keeps the session  | >4 <4 >12:WARNINGS_OFF <17 >6:RESET <0 | idle, no warnings
          off, and a new session                   | >4 <4 >12:WARNINGS_OFF <17 >7:CLOSE <0 >4 <4 | idle
          an answer to nothing                     | >4 <4 <17 <0                 | idle
          """)
  void a_conversation_leads_to_a_state(String name, @Nullable String words, String expected) {
    assertThat(text(words == null ? new XTracker() : after(words))).isEqualTo(expected);
  }

  private static XTracker after(String words) {
    XTracker tracker = new XTracker();
    for (String word : words.split(" ", -1)) {
      boolean fatal = word.endsWith("!");
      String[] parts = word.substring(1, word.length() - (fatal ? 1 : 0)).split(":", -1);
      int type = Integer.parseInt(parts[0]);
      if (word.startsWith(">")) {
        tracker.request(type, parts.length == 1 ? Effect.NONE : Effect.valueOf(parts[1]));
      } else {
        hear(tracker, new Said(type, parts.length == 1 ? 0 : Integer.parseInt(parts[1]), fatal));
      }
    }
    return tracker;
  }

  @Test
  void an_answer_names_the_request_it_answers() {
    XTracker tracker = new XTracker();
    assertThat(tracker.answered(0)).isEqualTo(XTracker.NOTHING);
    tracker.request(2, Effect.NONE);
    tracker.request(6, Effect.RESET);
    tracker.request(255, Effect.CLOSE);
    assertThat(tracker.answered(0)).isEqualTo(2);
    assertThat(tracker.failed(1047, false)).isEqualTo(255);
    assertThat(tracker.failed(1047, true)).isEqualTo(XTracker.NOTHING);
    tracker.request(XTracker.NO_TYPE, Effect.NONE);
    assertThat(tracker.failed(5000, true)).isZero();
  }

  @Test
  void thousands_of_requests_can_be_out_and_keep_their_order() {
    XTracker tracker = new XTracker();
    tracker.request(4, Effect.NONE);
    tracker.answered(4);
    Random random = new Random(1);
    Deque<Integer> out = new ArrayDeque<>();
    for (int i = 0; i < 100_000; i++) {
      boolean more = random.nextInt(100_000) > i;
      if (more) {
        int type = 7 + random.nextInt(249);
        tracker.request(type, Effect.NONE);
        out.add(type);
      } else if (!out.isEmpty()) {
        assertThat(tracker.answered(17)).isEqualTo(out.remove());
      }
      assertThat(tracker.outstanding()).isEqualTo(out.size());
    }
    while (!out.isEmpty()) {
      assertThat(tracker.answered(17)).isEqualTo(out.remove());
    }
    assertThat(tracker.outstanding()).isZero();
  }

  @Test
  void every_effect_is_remembered_beside_every_type() {
    for (Effect effect : Effect.values()) {
      for (int type : new int[] {0, 7, 12, 127, 128, 255}) {
        XTracker tracker = new XTracker();
        tracker.request(type, effect);
        assertThat(tracker.answered(17)).isEqualTo(type);
        assertThat(tracker.transaction()).isEqualTo(TransactionState.INITIAL.next(effect, 0));
      }
    }
  }

  @Test
  void any_conversation_is_followed_as_a_server_leads_it() {
    for (int seed = 0; seed < 3000; seed++) {
      Random random = new Random(seed);
      ModelServer server = new ModelServer(random);
      XTracker tracker = new XTracker();
      StringBuilder said = new StringBuilder();
      int steps = 1 + random.nextInt(200);
      int pipelined = 1 + random.nextInt(20);
      for (int i = 0; i < steps && !server.gone(); i++) {
        if (server.outstanding() < pipelined && random.nextBoolean()) {
          Request request = server.newRequest();
          said.append(" >").append(request);
          tracker.request(request.type(), request.effect());
          server.send(request);
        } else {
          Said answer = server.say();
          if (answer == null) {
            continue;
          }
          said.append(" <").append(answer);
          hear(tracker, answer);
        }
        if (!text(tracker).equals(server.text())) {
          fail("seed %d: %s%n%s, but should be %s", seed, said, text(tracker), server.text());
        }
      }
    }
  }

  /** As the session tells the tracker of what the server says. */
  private static void hear(XTracker tracker, Said said) {
    switch (said.type()) {
      case 11 -> {
        // Notices are no answers.
      }
      case 12, 13, 14, 15, 16, 18, 19 -> tracker.resultPart();
      case 1 -> tracker.failed(said.code(), said.fatal());
      default -> tracker.answered(said.type());
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          before the login                         | >4                           | false
          after the login                          | >4 <4                        | true
          a statement is out                       | >4 <4 >12                    | true
          a Reset that keeps the session is out    | >4 <4 >6:RESET               | true
          a Reset that ends it is out              | >4 <4 >6:RESET_AND_AUTHENTICATE | false
          behind a statement                       | >4 <4 >12 >6:RESET_AND_AUTHENTICATE <12 | false
          with the next login behind it            | >4 <4 >6:RESET_AND_AUTHENTICATE >4 <0 | false
          it has failed                            | >4 <4 >6:RESET_AND_AUTHENTICATE <1:5000 | true
          the next login has succeeded             | >4 <4 >6:RESET_AND_AUTHENTICATE >4 <0 <4 | true
          a Close is out                           | >4 <4 >7:CLOSE               | false
          """)
  void a_notice_may_be_sent(String name, String words, boolean expected) {
    assertThat(after(words).hearsNotices()).isEqualTo(expected);
  }

  private static String text(XTracker tracker) {
    String doing =
        !tracker.authenticated()
            ? "out"
            : tracker.outstanding() == 0 ? "idle" : tracker.midResult() ? "mid-result" : "waiting";
    return String.format(
        Locale.ROOT,
        "%s%s%s%s%s%s",
        doing,
        tracker.outstanding() == 0 ? "" : ", " + tracker.outstanding() + " out",
        tracker.transaction().isOpen() ? ", transaction" : "",
        tracker.warningsOff() ? ", no warnings" : "",
        tracker.saidGoodbye() ? ", goodbye" : "",
        tracker.fatal() ? ", fatal" : "");
  }
}
