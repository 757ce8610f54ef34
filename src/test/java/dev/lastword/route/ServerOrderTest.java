package dev.lastword.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.config.Listener;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerOrderTest {
  private static final List<String> ABC = List.of("a", "b", "c");

  @ParameterizedTest(name = "{0}, turn {1}: {2}")
  @CsvSource(
      textBlock =
          """
          FIRST_AVAILABLE,           0, abc
          FIRST_AVAILABLE,           1, abc
          FIRST_AVAILABLE, -2147483648, abc
          ROUND_ROBIN,               0, abc
          ROUND_ROBIN,               1, bca
          ROUND_ROBIN,               2, cab
          ROUND_ROBIN,               3, abc
          ROUND_ROBIN,      2147483647, bca
          ROUND_ROBIN,     -2147483648, bca
          ROUND_ROBIN,              -1, cab
          """)
  void a_turn_has_its_order(Listener.Policy policy, int turn, String expected) {
    assertThat(String.join("", ServerOrder.of(policy, ABC, turn, _ -> false))).isEqualTo(expected);
  }

  @Test
  void every_session_can_try_every_server_once() {
    for (Listener.Policy policy : Listener.Policy.values()) {
      for (int turn = -7; turn < 7; turn++) {
        assertThat(ServerOrder.of(policy, ABC, turn, _ -> false))
            .containsExactlyInAnyOrderElementsOf(ABC);
      }
    }
  }

  @ParameterizedTest(name = "{0}, turn {1}, last resort {2}: {3}")
  @CsvSource(
      textBlock =
          """
          FIRST_AVAILABLE, 0, a,   bca
          FIRST_AVAILABLE, 0, b,   acb
          FIRST_AVAILABLE, 0, ab,  cab
          FIRST_AVAILABLE, 0, abc, abc
          ROUND_ROBIN,     1, b,   cab
          ROUND_ROBIN,     1, abc, bca
          """)
  void servers_of_last_resort_come_last(
      Listener.Policy policy, int turn, String lastResort, String expected) {
    assertThat(String.join("", ServerOrder.of(policy, ABC, turn, lastResort::contains)))
        .isEqualTo(expected);
  }

  @Test
  void a_single_server_is_always_first() {
    for (Listener.Policy policy : Listener.Policy.values()) {
      assertThat(ServerOrder.of(policy, List.of("only"), 41, _ -> true)).containsExactly("only");
    }
  }

  @Test
  void round_robin_is_even_also_where_the_count_of_sessions_overflows() {
    List<String> two = List.of("a", "b");
    int turn = Integer.MAX_VALUE - 500;
    long first = 0;
    for (int i = 0; i < 1000; i++) {
      if (ServerOrder.of(Listener.Policy.ROUND_ROBIN, two, turn++, _ -> false)
          .getFirst()
          .equals("a")) {
        first++;
      }
    }
    assertThat(first).isEqualTo(500);
  }
}
