package dev.lastword.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.config.Health;
import dev.lastword.config.Listener;
import dev.lastword.farewell.ServerView;
import dev.lastword.server.HealthState.Change;
import dev.lastword.server.HealthState.Look;
import dev.lastword.server.HealthState.Step;
import dev.lastword.server.ServerRole.Membership;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What follows from looks, as a table: one look a second, told in words. */
class HealthStateTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final String AT = "10.0.0.1:33060";

  private record Run(HealthState state, List<Change> changes, long now) {}

  /**
   * Plays looks: {@code answer} without account; {@code A5}, {@code B5} process A or B that started in second 5; {@code refused}, {@code
   * silent}, {@code unreachable}, {@code closed}, {@code odd}; a {@code +} behind one means that sessions heard from the server meanwhile; {@code
   * goodbye}; {@code broken}, the end of a connection kept open. {@code A5/primary} tells a role too: see {@link #role}.
   */
  private static Run play(String script, int fall, int rise) {
    Health settings = new Health(Duration.ofSeconds(1), Duration.ofSeconds(1), fall, rise);
    HealthState state = HealthState.NEW;
    List<Change> changes = new ArrayList<>();
    long now = 100 * SECOND;
    long connection = 0;
    for (String word : script.split(" ", -1)) {
      now += SECOND;
      boolean heard = word.endsWith("+");
      String what = heard ? word.substring(0, word.length() - 1) : word;
      Step step;
      if (what.equals("goodbye")) {
        step = state.afterGoodbye();
      } else if (what.equals("broken")) {
        step = new Step(state.afterBrokenConnection(now), List.of());
      } else {
        ProbeResult result =
            switch (what) {
              case "answer" -> new ProbeResult.Answered(AT);
              case "answer/offline_mode" ->
                  new ProbeResult.Answered(
                      AT, Optional.empty(), Optional.of(ServerRole.IN_OFFLINE_MODE));
              case "refused" -> new ProbeResult.Refused(AT);
              case "silent" -> new ProbeResult.NoAnswer(AT);
              case "unreachable" -> new ProbeResult.Unreachable("no route to " + AT);
              case "closed" -> new ProbeResult.Closed(AT);
              case "odd" -> new ProbeResult.Inconclusive("held up");
              default -> {
                // "A5": connection numbers grow; "A5!": they start again, as in a new process.
                String process = what.replaceFirst("/.*", "");
                connection = process.endsWith("!") ? 1 : connection + 10;
                yield new ProbeResult.Answered(
                    AT,
                    Optional.of(
                        new Incarnation(
                            process.substring(0, 1),
                            (long)
                                (Double.parseDouble(process.substring(1).replace("!", ""))
                                    * SECOND),
                            connection)),
                    what.equals(process)
                        ? Optional.empty()
                        : Optional.of(role(what.substring(process.length() + 1))));
              }
            };
        step = state.after(new Look(now - 1_000_000, now, result, heard), settings);
      }
      state = step.state();
      changes.addAll(step.changes());
    }
    return new Run(state, changes, now);
  }

  /** The words of a group: primary, secondary, and the states; a plain server is writable or read_only; {@code mute} may not say. */
  private static ServerRole role(String word) {
    return switch (word) {
      case "writable" -> new ServerRole(Membership.NONE, false, false);
      case "read_only" -> new ServerRole(Membership.NONE, false, true);
      case "mute" -> new ServerRole(Membership.UNKNOWN, false, false);
      case "mute_read_only" -> new ServerRole(Membership.UNKNOWN, false, true);
      case "primary" -> new ServerRole(Membership.ONLINE, false, false);
      case "elected" -> new ServerRole(Membership.ONLINE, false, true);
      case "secondary" -> new ServerRole(Membership.ONLINE, true, true);
      default -> new ServerRole(Membership.valueOf(word.toUpperCase(Locale.ROOT)), false, true);
    };
  }

  @ParameterizedTest(name = "{0}: {1} -> {2}, any: {3}, primary: {4}")
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      textBlock =
          """
          A5                                 | -                               | alive     | - | -
          A5/writable                        | -                               | alive     | - | -
          A5/read_only                       | no_primary                      | alive     | - | is read-only, and not a primary
          A5/read_only A5/read_only          | no_primary                      | alive     | - | is read-only, and not a primary
          A5/read_only A5/writable           | no_primary back_for_writers     | alive     | - | -
          A5/writable A5/read_only answer    | no_primary                      | answers   | - | is read-only, and not a primary
          A5/mute A5/mute_read_only          | no_primary                      | alive     | - | is read-only, and not a primary
          A5/primary                         | -                               | alive     | - | -
          A5/primary A5/secondary            | no_primary                      | alive     | - | is a secondary of its group, and not the primary
          A5/secondary A5/elected            | no_primary                      | alive     | - | is read-only, and not a primary
          A5/secondary A5/elected A5/primary | no_primary back_for_writers     | alive     | - | -
          A5/offline                         | no_primary                      | alive     | - | is read-only, and not a primary
          A5/primary A5/offline              | out_of_group                    | lost_role | is out of its group (OFFLINE) | is out of its group (OFFLINE)
          A5/secondary A5/offline            | no_primary out_of_group         | lost_role | is out of its group (OFFLINE) | is out of its group (OFFLINE)
          A5/primary A5/offline A5/recovering | out_of_group                   | lost_role | is joining its group and has not caught up (RECOVERING) | is joining its group and has not caught up (RECOVERING)
          A5/primary A5/offline A5/recovering A5/secondary | out_of_group back_in_group | alive | - | is a secondary of its group, and not the primary
          A5/primary A5/offline A5/primary   | out_of_group back_in_group back_for_writers | alive | - | -
          A5/primary A5/offline A5/writable  | out_of_group back_in_group back_for_writers | alive | - | -
          A5/primary A5/writable A5/offline  | no_primary                      | alive     | - | is read-only, and not a primary
          A5/primary A5/mute A5/offline      | out_of_group                    | lost_role | is out of its group (OFFLINE) | is out of its group (OFFLINE)
          A5/error                           | out_of_group                    | lost_role | is out of its group (ERROR) | is out of its group (ERROR)
          A5/primary A5/no_quorum            | out_of_group                    | lost_role | cannot reach the majority of its group | cannot reach the majority of its group
          A5/primary A5/offline silent silent A5/offline | out_of_group lost recovered | lost_role | is out of its group (OFFLINE) | is out of its group (OFFLINE)
          A5/primary A105/offline            | restarted out_of_group          | lost_role | is out of its group (OFFLINE) | is out of its group (OFFLINE)
          A5/primary B105/offline            | restarted no_primary            | alive     | - | is read-only, and not a primary
          A5/primary A5/offline A105         | out_of_group restarted          | alive     | - | -
          A5/primary answer/offline_mode     | -                               | answers   | is in offline mode | is in offline mode
          A5/primary answer/offline_mode A5/primary | -                        | alive     | - | -
          A5/secondary answer/offline_mode A5/secondary | no_primary no_primary | alive | - | is a secondary of its group, and not the primary
          """)
  void what_follows_from_roles(
      String script, String changes, String view, String forAny, String forPrimary) {
    Run run = play(script, 2, 1);
    List<String> expected = changes == null ? List.of() : List.of(changes.split(" ", -1));
    assertThat(run.changes().stream().map(c -> c.name().toLowerCase(Locale.ROOT)))
        .containsExactlyElementsOf(expected);
    assertThat(run.state().view("db1", null, run.now()).state())
        .isEqualTo(ServerView.State.valueOf(view.toUpperCase(Locale.ROOT)));
    assertThat(run.state().roles().objection(Listener.Role.ANY))
        .isEqualTo(Optional.ofNullable(forAny));
    assertThat(run.state().roles().objection(Listener.Role.PRIMARY))
        .isEqualTo(Optional.ofNullable(forPrimary));
  }

  @ParameterizedTest(name = "{0}, {2} of {1}: {3}")
  @CsvSource(
      textBlock =
          """
          '',          0, 0, NONE
          '',          3, 3, NONE
          ONLINE,      1, 1, ONLINE
          ONLINE,      2, 1, NO_QUORUM
          ONLINE,      3, 2, ONLINE
          ONLINE,      3, 1, NO_QUORUM
          RECOVERING,  3, 3, RECOVERING
          OFFLINE,     1, 0, OFFLINE
          ERROR,       1, 0, ERROR
          UNREACHABLE, 3, 2, ERROR
          """)
  void a_list_of_members_says_how_the_server_stands(
      String state, int members, int reachable, Membership expected) {
    assertThat(ServerRole.membership(state, members, reachable)).isEqualTo(expected);
  }

  @Test
  void who_lost_a_server_by_its_role_is_told_which_role() {
    Run demoted = play("A5/primary A5/secondary", 2, 1);
    assertThat(demoted.state().viewFor("db1", Listener.Role.PRIMARY))
        .isEqualTo(
            new ServerView(
                ServerView.State.LOST_ROLE,
                "db1 (10.0.0.1:33060) is a secondary of its group, and not the primary"));
    Run out = play("A5/primary A5/error", 2, 1);
    assertThat(out.state().view("db1", null, out.now()).detail())
        .isEqualTo("db1 (10.0.0.1:33060) is out of its group (ERROR)");
    Run back = play("A5/primary A5/error A5/primary", 2, 1);
    assertThat(back.state().backFor("db1", Listener.Role.PRIMARY, back.now()).detail())
        .endsWith("and it is the process that it was; it takes writes");
  }

  @ParameterizedTest(name = "{0} (fall 2, rise {1}): {2}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          refused                          | 1 | false
          answer silent                    | 1 | false
          answer silent silent             | 1 | true
          answer refused refused           | 1 | true
          answer unreachable unreachable   | 1 | true
          refused refused                  | 1 | true
          answer silent silent refused     | 1 | true
          answer silent silent answer      | 1 | false
          answer refused refused answer    | 2 | true
          answer refused refused answer answer | 2 | false
          answer silent+ silent+ silent+   | 1 | false
          answer goodbye                   | 1 | true
          A5 goodbye A5                    | 1 | true
          A5 goodbye refused A104          | 1 | false
          answer goodbye refused answer    | 1 | false
          answer closed                    | 1 | true
          answer closed answer             | 1 | false
          """)
  void a_new_session_most_likely_gets_nothing_from_a_server_of_last_resort(
      String script, int rise, boolean expected) {
    assertThat(play(script, 2, rise).state().isLastResort()).isEqualTo(expected);
  }

  @ParameterizedTest(name = "{0} (fall {1}, rise {2}): {3} -> {4}")
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      textBlock =
          """
          answer                           | 2 | 1 | -                        | answers
          A5                               | 2 | 1 | -                        | alive
          refused                          | 2 | 1 | -                        | refused
          answer silent                    | 2 | 1 | -                        | no_answer
          answer silent silent             | 2 | 1 | lost                     | no_answer
          answer refused refused           | 2 | 1 | lost                     | refused
          answer unreachable unreachable   | 2 | 1 | lost                     | no_answer
          answer refused silent            | 2 | 1 | lost                     | no_answer
          silent silent                    | 2 | 1 | lost                     | no_answer
          answer silent                    | 1 | 1 | lost                     | no_answer
          answer silent silent             | 3 | 1 | -                        | no_answer
          answer silent answer silent      | 2 | 1 | -                        | no_answer
          answer silent silent silent silent | 2 | 1 | lost                   | no_answer
          answer silent+ silent+ silent+   | 2 | 1 | -                        | answers
          answer silent silent+ silent     | 2 | 1 | -                        | no_answer
          answer silent+ silent silent     | 2 | 1 | lost                     | no_answer
          answer refused refused+          | 2 | 1 | -                        | refused
          answer refused refused+ refused  | 2 | 1 | lost                     | refused
          answer closed closed closed      | 2 | 1 | -                        | answers
          answer silent closed silent      | 2 | 1 | -                        | no_answer
          answer silent odd silent         | 2 | 1 | lost                     | no_answer
          answer odd odd odd               | 2 | 1 | -                        | answers
          silent silent answer             | 2 | 1 | lost recovered           | answers
          silent silent answer             | 2 | 2 | lost                     | answers
          silent silent answer answer      | 2 | 2 | lost recovered           | answers
          silent silent answer silent answer | 2 | 2 | lost                   | answers
          silent silent closed             | 2 | 1 | lost                     | answers
          silent silent answer silent silent | 2 | 1 | lost recovered lost    | no_answer
          A5 A5 A5                         | 2 | 1 | -                        | alive
          A5 A6.5 A4.9                     | 2 | 1 | -                        | alive
          A5 A101                          | 2 | 1 | restarted                | alive
          A5 B5                            | 2 | 1 | restarted                | alive
          A5 A5!                           | 2 | 1 | restarted                | alive
          A5 answer A5                     | 2 | 1 | -                        | alive
          A5 answer                        | 2 | 1 | -                        | answers
          A5 refused refused A104          | 2 | 1 | lost recovered restarted | alive
          A5 silent silent A5              | 2 | 1 | lost recovered           | alive
          A5 goodbye                       | 2 | 1 | shutting_down            | shutting_down
          goodbye                          | 2 | 1 | shutting_down            | shutting_down
          A5 goodbye goodbye               | 2 | 1 | shutting_down            | shutting_down
          A5 goodbye A5                    | 2 | 1 | shutting_down            | shutting_down
          A5 goodbye refused               | 2 | 1 | shutting_down            | shutting_down
          A5 goodbye refused refused       | 2 | 1 | shutting_down lost       | shutting_down
          A5 goodbye refused A104          | 2 | 1 | shutting_down restarted  | alive
          A5 goodbye refused refused A104  | 2 | 1 | shutting_down lost recovered restarted | alive
          A5 goodbye refused answer A104   | 2 | 1 | shutting_down restarted  | alive
          answer goodbye answer            | 2 | 1 | shutting_down            | shutting_down
          answer goodbye refused answer    | 2 | 1 | shutting_down restarted  | answers
          answer goodbye refused answer refused answer | 2 | 1 | shutting_down restarted | answers
          """)
  void what_follows_from_looks(String script, int fall, int rise, String changes, String view) {
    Run run = play(script, fall, rise);
    List<String> expected = changes == null ? List.of() : List.of(changes.split(" ", -1));
    assertThat(run.changes().stream().map(c -> c.name().toLowerCase(Locale.ROOT)))
        .containsExactlyElementsOf(expected);
    assertThat(run.state().view("db1", null, run.now()).state())
        .isEqualTo(ServerView.State.valueOf(view.toUpperCase(Locale.ROOT)));
  }

  @Test
  void a_goodbye_that_nothing_follows_is_forgotten() {
    String answers = " answer".repeat(HealthState.ANSWERS_AGAINST_SHUTDOWN - 1);
    assertThat(play("answer goodbye" + answers, 2, 1).state().view("db1", null, 0).state())
        .isEqualTo(ServerView.State.SHUTTING_DOWN);
    Run longer = play("answer goodbye answer" + answers, 2, 1);
    assertThat(longer.state().view("db1", null, 0).state()).isEqualTo(ServerView.State.ANSWERS);
    assertThat(longer.changes()).containsExactly(Change.SHUTTING_DOWN);
  }

  @Test
  void a_connection_is_told_of_a_restart_only_if_it_was_made_before() {
    // The first process was last seen in second 103, and the second started in second 110.
    Run run = play("A5 A5 A5 silent silent silent silent silent silent silent silent A110", 2, 1);
    assertThat(view(run, 50).state()).isEqualTo(ServerView.State.RESTARTED);
    assertThat(view(run, 108.9).state()).isEqualTo(ServerView.State.RESTARTED);
    assertThat(view(run, 111).state()).isEqualTo(ServerView.State.ALIVE);
  }

  @Test
  void a_connection_made_while_the_first_process_still_answered_is_told_however_fast_the_restart() {
    Run run = play("A101.5 A101.5 A102.5!", 2, 1);
    assertThat(run.changes()).containsExactly(Change.RESTARTED);
    assertThat(view(run, 101.9).state()).isEqualTo(ServerView.State.RESTARTED);
    assertThat(view(run, 102.9).state()).isEqualTo(ServerView.State.ALIVE);
  }

  @Test
  void a_connection_made_just_before_the_watching_one_broke_is_told() {
    Run run = play("A5 broken A102.5", 2, 1);
    assertThat(view(run, 101.9).state()).isEqualTo(ServerView.State.RESTARTED);
    assertThat(view(run, 102.1).state()).isEqualTo(ServerView.State.ALIVE);
    Run refused = play("A5 broken refused refused refused answer A102.5", 2, 1);
    assertThat(view(refused, 104.9).state()).isEqualTo(ServerView.State.RESTARTED);
    assertThat(view(refused, 105.1).state()).isEqualTo(ServerView.State.ALIVE);
    Run later = play("A5 silent silent silent silent A100.5", 2, 1);
    assertThat(view(later, 101.8).state())
        .as("the last looks may have met the new process")
        .isEqualTo(ServerView.State.ALIVE);
  }

  @Test
  void an_answer_that_names_no_process_does_not_vouch_for_the_one_before() {
    Run run = play("A5 answer answer A102.5", 2, 1);
    assertThat(view(run, 101).state()).isEqualTo(ServerView.State.RESTARTED);
    assertThat(view(run, 102.8).state()).isEqualTo(ServerView.State.ALIVE);
  }

  @Test
  void the_texts_are_for_people() {
    assertThat(text("answer refused"))
        .isEqualTo("db1 (10.0.0.1:33060) refused a new connection just now");
    assertThat(text("answer silent silent"))
        .isEqualTo("db1 (10.0.0.1:33060) has not answered for 2.0 s");
    assertThat(text("silent")).isEqualTo("db1 (10.0.0.1:33060) has never answered");
    assertThat(text("unreachable"))
        .isEqualTo("db1 could not be reached just now: no route to 10.0.0.1:33060");
    assertThat(text("answer goodbye refused"))
        .isEqualTo(
            "db1 said that it is shutting down, and then refused a new connection at 10.0.0.1:33060");
    assertThat(HealthState.ago(3_400_000)).isEqualTo("3 ms ago");
    assertThat(HealthState.ago(2_340_000_000L)).isEqualTo("2.3 s ago");
  }

  private static String text(String script) {
    Run run = play(script, 2, 1);
    return run.state().view("db1", null, run.now()).detail();
  }

  private static ServerView view(Run run, double connectedSecond) {
    return run.state().view("db1", (long) (connectedSecond * SECOND), run.now());
  }
}
