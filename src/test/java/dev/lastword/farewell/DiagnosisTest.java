package dev.lastword.farewell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.farewell.ServerView.State;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every combination of evidence, and what is concluded from it. */
class DiagnosisTest {
  /** What is known of a loss when it is judged. */
  record Evidence(Trigger trigger, boolean tooLong, boolean maybeKilled, State state) {
    Verdict verdict() {
      return Diagnosis.of("db1", trigger, tooLong, maybeKilled, new ServerView(state, "seen"));
    }
  }

  static List<Evidence> all() {
    List<Evidence> all = new ArrayList<>();
    for (Trigger trigger : Trigger.values()) {
      for (boolean tooLong : new boolean[] {false, true}) {
        for (boolean maybeKilled : new boolean[] {false, true}) {
          for (State state : State.values()) {
            all.add(new Evidence(trigger, tooLong, maybeKilled, state));
          }
        }
      }
    }
    return all;
  }

  /** The table of the documentation, said another way than the code says it: from the verdict back to the evidence. */
  private static Cause expected(Evidence e) {
    if (e.state == State.SHUTTING_DOWN) {
      return Cause.SERVER_SHUT_DOWN;
    }
    if (e.state == State.REFUSED) {
      return Cause.SERVER_GONE;
    }
    if (e.state == State.RESTARTED) {
      return Cause.SERVER_RESTARTED;
    }
    if (e.state == State.NO_ANSWER) {
      return Cause.SERVER_UNREACHABLE;
    }
    if (e.state == State.LOST_ROLE) {
      return Cause.SERVER_LOST_ROLE;
    }
    if (e.state == State.UNKNOWN) {
      return e.trigger == Trigger.DECLARED_LOST ? Cause.SERVER_UNREACHABLE : Cause.CONNECTION_RESET;
    }
    if (e.tooLong) {
      return Cause.MESSAGE_TOO_LONG;
    }
    return e.maybeKilled && e.trigger == Trigger.END_OF_STREAM
        ? Cause.KILLED_ON_SERVER
        : Cause.CONNECTION_RESET;
  }

  @ParameterizedTest
  @MethodSource("all")
  void evidence_leads_to_one_verdict(Evidence evidence) {
    assertThat(evidence.verdict().cause()).isEqualTo(expected(evidence));
  }

  @ParameterizedTest
  @MethodSource("all")
  void a_server_that_is_lost_is_never_said_to_be_worth_a_reconnect(Evidence evidence) {
    boolean lost =
        switch (evidence.state()) {
          case SHUTTING_DOWN, REFUSED, RESTARTED, NO_ANSWER, LOST_ROLE -> true;
          case ALIVE, ANSWERS -> false;
          case UNKNOWN -> evidence.trigger() == Trigger.DECLARED_LOST;
        };
    assertThat(evidence.verdict().cause().reason().recoverable()).isEqualTo(!lost);
  }

  @Test
  void the_text_says_what_was_noticed_and_what_was_seen() {
    Verdict verdict = new Evidence(Trigger.RESET, false, false, State.REFUSED).verdict();
    assertThat(verdict.xText())
        .isEqualTo("Server shutdown in progress: db1 reset this connection; seen");
    Verdict timeout = new Verdict(Cause.IDLE_TOO_LONG, "idle for 2000 ms");
    assertThat(timeout.classicText(4031))
        .isEqualTo(
            "The client was disconnected by the server because of inactivity: idle for 2000 ms");
    assertThat(new Verdict(Cause.CLIENT_LEFT, "").classicText(0)).isEmpty();
  }
}
