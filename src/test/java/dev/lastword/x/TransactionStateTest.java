package dev.lastword.x;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TransactionStateTest {

  /** Steps are an effect, or an effect and the error that answered it; every line was seen on a server. */
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          MAY_START                                    | no transaction
          BEGIN                                        | in a transaction
          BEGIN MAY_START/1062                         | in a transaction
          BEGIN COMMIT                                 | no transaction
          BEGIN COMMIT/1399                            | in a transaction
          BEGIN COMMIT/1180                            | no transaction
          BEGIN COMMIT/3101                            | no transaction
          BEGIN COMMIT_AND_CHAIN                       | in a transaction
          BEGIN ROLLBACK                               | no transaction
          BEGIN ROLLBACK_AND_CHAIN                     | in a transaction
          BEGIN IMPLICIT_COMMIT                        | no transaction
          BEGIN IMPLICIT_COMMIT/1050                   | no transaction
          BEGIN IMPLICIT_COMMIT/1146                   | no transaction
          BEGIN IMPLICIT_COMMIT/1064                   | in a transaction
          BEGIN IMPLICIT_COMMIT/5159                   | in a transaction
          BEGIN IMPLICIT_COMMIT/1046                   | in a transaction
          BEGIN IMPLICIT_COMMIT/1290                   | in a transaction?
          BEGIN MAY_START/1213                         | no transaction
          BEGIN MAY_START/1205                         | in a transaction
          BEGIN NONE/1064                              | in a transaction
          BEGIN/1064                                   | no transaction
          BEGIN UNLOCK_TABLES                          | in a transaction
          LOCK_TABLES                                  | no transaction, tables locked
          BEGIN LOCK_TABLES                            | no transaction, tables locked
          BEGIN LOCK_TABLES/1146                       | no transaction
          LOCK_TABLES BEGIN                            | in a transaction
          LOCK_TABLES COMMIT                           | no transaction, tables locked
          LOCK_TABLES UNLOCK_TABLES                    | no transaction
          AUTOCOMMIT_OFF                               | no transaction, autocommit off
          AUTOCOMMIT_OFF MAY_START                     | in a transaction, autocommit off
          AUTOCOMMIT_OFF MAY_START/1146                | no transaction, autocommit off
          AUTOCOMMIT_OFF MAY_START/1062                | in a transaction?, autocommit off
          AUTOCOMMIT_OFF MAY_START/1062 COMMIT         | no transaction, autocommit off
          AUTOCOMMIT_OFF MAY_START/1213                | no transaction, autocommit off
          AUTOCOMMIT_OFF MAY_START COMMIT              | no transaction, autocommit off
          AUTOCOMMIT_OFF MAY_START IMPLICIT_COMMIT     | no transaction, autocommit off
          AUTOCOMMIT_OFF MAY_START AUTOCOMMIT_ON       | no transaction
          AUTOCOMMIT_OFF MAY_START AUTOCOMMIT_OFF      | in a transaction, autocommit off
          AUTOCOMMIT_OFF AUTOCOMMIT_ON/1231            | no transaction, autocommit off
          AUTOCOMMIT_OFF LOCK_TABLES                   | in a transaction, autocommit off, tables locked
          AUTOCOMMIT_OFF LOCK_TABLES UNLOCK_TABLES     | no transaction, autocommit off
          BEGIN AUTOCOMMIT_ON                          | in a transaction
          BEGIN AUTOCOMMIT_OFF                         | in a transaction, autocommit off
          BEGIN AUTOCOMMIT_OFF AUTOCOMMIT_ON           | no transaction
          XA_START                                     | in a transaction
          XA_START XA_FINISH                           | no transaction
          XA_START XA_FINISH/1399                      | in a transaction
          XA_START XA_FINISH/1614                      | no transaction
          XA_START IMPLICIT_COMMIT/1399                | in a transaction
          XA_START BEGIN/1399                          | in a transaction
          BEGIN XA_START/1400                          | in a transaction
          UNKNOWN                                      | no transaction?
          UNKNOWN/1305                                 | no transaction?
          UNKNOWN/1064                                 | no transaction
          BEGIN UNKNOWN                                | in a transaction?
          BEGIN UNKNOWN COMMIT                         | no transaction
          UNKNOWN BEGIN                                | in a transaction
          AUTOCOMMIT_OFF UNKNOWN                       | in a transaction?, autocommit off
          BEGIN WARNINGS_OFF WARNINGS_ON               | in a transaction
          AUTOCOMMIT_OFF BEGIN RESET                   | no transaction
          LOCK_TABLES RESET_AND_AUTHENTICATE           | no transaction
          BEGIN CLOSE                                  | no transaction
          BEGIN RESET/5010                             | in a transaction
          """)
  void requests_and_their_answers_lead_to_a_state(String steps, String expected) {
    TransactionState state = TransactionState.INITIAL;
    for (String step : steps.split(" ", -1)) {
      String[] parts = step.split("/", -1);
      state =
          state.next(
              Effect.valueOf(parts[0]),
              parts.length == 1 ? TransactionState.SUCCESS : Integer.parseInt(parts[1]));
    }
    assertThat(state).hasToString(expected);
  }

  @Test
  void a_statement_that_was_refused_unseen_changes_nothing() {
    for (Effect effect : Effect.values()) {
      for (Effect before : Effect.values()) {
        TransactionState state = TransactionState.INITIAL.next(before, TransactionState.SUCCESS);
        for (int refused : new int[] {1064, 1399, 5000, 5110, 5159}) {
          assertThat(state.next(effect, refused)).isSameAs(state);
        }
      }
    }
  }

  @Test
  void a_deadlock_ends_the_transaction_whatever_was_asked() {
    for (Effect effect : Effect.values()) {
      assertThat(
              Arrays.asList(Effect.BEGIN, Effect.UNKNOWN).stream()
                  .map(before -> TransactionState.INITIAL.next(before, 0).next(effect, 1213)))
          .noneMatch(TransactionState::isOpen);
    }
  }
}
