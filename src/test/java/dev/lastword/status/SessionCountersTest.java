package dev.lastword.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.status.SessionCounters.Door;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionCountersTest {
  private static final int TIMES = 100_000;

  private final SessionCounters counters = new SessionCounters();

  @Test
  void the_sessions_of_a_door_share_a_place_for_each_thread_that_serves_them() {
    Traffic first = counters.opened("a", "x", "one thread");
    assertThat(counters.opened("a", "x", "one thread")).isSameAs(first);
    assertThat(counters.opened("a", "x", "another")).isNotSameAs(first);
    assertThat(counters.opened("b", "x", "one thread")).isNotSameAs(first);
    assertThat(counters.opened())
        .containsEntry(new Door("a", "x"), 3L)
        .containsEntry(new Door("b", "x"), 1L);
    assertThat(counters.traffic().get(new Door("a", "x"))).hasSize(2).contains(first);
  }

  @Test
  void each_thread_counts_for_itself_and_nothing_is_lost_or_seen_to_shrink() throws Exception {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Traffic mine = counters.opened("a", "x", i);
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int n = 0; n < TIMES; n++) {
                  mine.in(3);
                  mine.out(5);
                  mine.requests(1);
                }
              }));
    }
    long before = 0;
    while (before < 3L * 3 * TIMES) {
      long now = sum(Traffic::bytesIn);
      assertThat(now).isGreaterThanOrEqualTo(before);
      before = now;
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(sum(Traffic::bytesIn)).isEqualTo(3L * 3 * TIMES);
    assertThat(sum(Traffic::bytesOut)).isEqualTo(3L * 5 * TIMES);
    assertThat(sum(Traffic::requests)).isEqualTo(3L * TIMES);
  }

  private long sum(java.util.function.ToLongFunction<Traffic> what) {
    return counters.traffic().values().stream().flatMap(List::stream).mapToLong(what).sum();
  }
}
