package dev.lastword.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChoiceTest {
  private static Choice choice(String words) {
    return Choice.of(words.isEmpty() ? List.of() : List.of(words.split(" ", -1)));
  }

  @Test
  void without_a_word_everything_is_compared_quickly() {
    assertThat(choice(""))
        .isEqualTo(
            new Choice(Length.QUICK, EnumSet.allOf(Protocol.class), EnumSet.allOf(Workload.class)));
    assertThat(choice("").isOfAllWorkloads()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "full --protocol classic connect point_8",
        "--protocol classic full point_8 connect",
        "connect full point_8 --protocol classic",
        "connect point_8 --protocol=classic full"
      })
  void words_come_in_any_order(String words) {
    assertThat(choice(words))
        .isEqualTo(
            new Choice(
                Length.FULL,
                EnumSet.of(Protocol.CLASSIC),
                EnumSet.of(Workload.POINT_8, Workload.CONNECT)));
    assertThat(choice(words).isOfAllWorkloads()).isFalse();
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          quick --protocol       | --protocol needs x or classic
          --protocol y           | there is no protocol y; there are x, classic
          quick full             | quick or full is to be said once
          --fast                 | there is no option --fast
          quick fast             | there is no workload fast; there are point_1, point_8, point_64, pipelined, results, connect
          """)
  void what_is_not_known_is_named(String words, String expected) {
    assertThatThrownBy(() -> choice(words))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(expected);
  }
}
