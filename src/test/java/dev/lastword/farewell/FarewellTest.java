package dev.lastword.farewell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.farewell.Farewell.Hearing;
import dev.lastword.farewell.Farewell.Why;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every cause, to clients in every state. */
class FarewellTest {
  private static final Set<Cause> NOTHING_TO_EXPLAIN =
      EnumSet.of(
          Cause.CLIENT_LEFT,
          Cause.CLIENT_LOST,
          Cause.CLIENT_REFUSED,
          Cause.CLIENT_TLS_FAILED,
          Cause.SERVER_SAID,
          Cause.MESSAGE_TOO_LONG);

  record Case(Cause cause, Hearing hearing) {}

  static List<Case> all() {
    List<Case> all = new ArrayList<>();
    for (Cause cause : Cause.values()) {
      for (int bits = 0; bits < 64; bits++) {
        all.add(
            new Case(
                cause,
                new Hearing(
                    (bits & 1) != 0,
                    (bits & 2) != 0,
                    (bits & 4) != 0,
                    (bits & 8) != 0,
                    (bits & 16) != 0,
                    (bits & 32) != 0)));
      }
    }
    return all;
  }

  private static boolean cannotHear(Hearing hearing) {
    return hearing.insideMessage() || hearing.passthrough();
  }

  private static boolean isLetGo(Case c) {
    boolean asDirect =
        !c.hearing.loggedIn()
            && (c.cause == Cause.CONNECTION_RESET || c.cause == Cause.KILLED_ON_SERVER);
    return asDirect || (c.hearing.failsOver() && c.cause.reason() == Cause.Reason.SHUTDOWN);
  }

  @ParameterizedTest
  @MethodSource("all")
  void an_x_client_is_told_exactly_if_there_is_a_reason_and_it_can_hear(Case c) {
    Farewell farewell = Farewell.x(c.cause, c.hearing);
    if (NOTHING_TO_EXPLAIN.contains(c.cause) || cannotHear(c.hearing) || isLetGo(c)) {
      assertThat(farewell).isInstanceOf(Farewell.Nothing.class);
    } else if (!c.hearing.loggedIn()) {
      assertThat(farewell)
          .isEqualTo(
              new Farewell.FatalError(c.cause.reason().xCode(), c.cause.reason().sqlState()));
    } else if (c.hearing.waiting()) {
      int code = c.cause.reason().xCode();
      String state = c.cause.reason().sqlState();
      assertThat(farewell)
          .isEqualTo(
              c.hearing.warningsOff()
                  ? new Farewell.FatalError(code, state)
                  : new Farewell.ErrorAndNotice(code, state));
    } else if (c.hearing.warningsOff()) {
      assertThat(farewell).isEqualTo(new Farewell.Nothing(Why.WARNINGS_OFF));
    } else {
      assertThat(farewell).isEqualTo(new Farewell.Notice(c.cause.reason().xCode()));
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void a_classic_client_is_told_in_an_err_packet_if_it_can_hear(Case c) {
    Farewell farewell = Farewell.classic(c.cause, c.hearing, ClassicCodes.DEFAULT);
    if (NOTHING_TO_EXPLAIN.contains(c.cause) || cannotHear(c.hearing) || isLetGo(c)) {
      assertThat(farewell).isInstanceOf(Farewell.Nothing.class);
    } else {
      assertThat(farewell)
          .isEqualTo(new Farewell.Err(c.cause.reason().classicCode(), c.cause.reason().sqlState()));
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void what_ought_to_have_been_said_and_could_not_be_is_undeliverable(Case c) {
    Farewell farewell = Farewell.x(c.cause, c.hearing);
    boolean undeliverable = farewell instanceof Farewell.Nothing(Why why) && why.undeliverable();
    assertThat(undeliverable)
        .isEqualTo(!NOTHING_TO_EXPLAIN.contains(c.cause) && cannotHear(c.hearing));
  }

  @Test
  void only_codes_that_servers_send_are_sent() {
    for (Cause.Reason reason : Cause.Reason.values()) {
      assertThat(reason.xCode()).isIn(0, 1053, 3169, 1810, 1040, 1043, 1159);
      assertThat(reason.classicCode()).isIn(0, 1053, 3169, 4031, 1158, 1040, 1043, 1159);
    }
  }

  @Test
  void a_listener_may_choose_its_codes() {
    ClassicCodes codes =
        new ClassicCodes(Map.of(Cause.Reason.KILLED, new Farewell.Err(1927, "70100")));
    Hearing loggedIn = new Hearing(true, false, false, false, false, false);
    assertThat(Farewell.classic(Cause.KILLED_ON_SERVER, loggedIn, codes))
        .isEqualTo(new Farewell.Err(1927, "70100"));
    assertThat(Farewell.classic(Cause.SERVER_GONE, loggedIn, codes))
        .isEqualTo(new Farewell.Err(1053, "08S01"));
  }

  @Test
  void a_session_that_was_killed_at_mariadb_is_told_as_mariadb_does_unless_a_code_was_chosen() {
    Farewell.Err chosen = new Farewell.Err(3169, "08S01");
    assertThat(ClassicCodes.DEFAULT.atMariaDb().of(Cause.Reason.KILLED))
        .isEqualTo(new Farewell.Err(1927, "70100"));
    for (Cause.Reason reason : Cause.Reason.values()) {
      if (reason != Cause.Reason.KILLED) {
        assertThat(ClassicCodes.DEFAULT.atMariaDb().of(reason))
            .isEqualTo(ClassicCodes.DEFAULT.of(reason));
      }
    }
    assertThat(
            new ClassicCodes(Map.of(Cause.Reason.KILLED, chosen))
                .atMariaDb()
                .of(Cause.Reason.KILLED))
        .isEqualTo(chosen);
    Verdict verdict = new Verdict(Cause.KILLED_BY_OPERATOR, "why");
    assertThat(verdict.classicText(1927)).isEqualTo("Connection was killed: why");
    assertThat(verdict.classicText(3169)).isEqualTo("Session was killed: why");
  }
}
