package dev.lastword.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.farewell.Ledger;
import dev.lastword.session.SessionRegistry.Ticket;
import dev.lastword.status.LossCounters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SessionRegistryTest {
  private final SessionRegistry registry =
      new SessionRegistry(3, new Ledger(10), new LossCounters());

  @Test
  void as_many_sessions_as_are_allowed_may_live() {
    List<Quiet> sessions = List.of(open("a"), open("a"), open("b"));
    assertThat(registry.admit("a", 10)).isNull();
    assertThat(registry.admit("b", 10)).isNull();
    assertThat(registry.size()).isEqualTo(3);
    sessions.get(1).end();
    assertThat(registry.live()).containsExactlyInAnyOrder(sessions.get(0), sessions.get(2));
    open("b");
    assertThat(registry.admit("b", 10)).isNull();
  }

  @Test
  void a_listener_has_a_limit_of_its_own() {
    Quiet first = open("a", 1);
    assertThat(registry.admit("a", 1)).isNull();
    open("b", 1);
    first.end();
    open("a", 1);
    assertThat(registry.admit("a", 1)).isNull();
    assertThat(registry.size()).isEqualTo(2);
  }

  @Test
  void who_is_refused_takes_no_place() {
    open("a", 1);
    for (int i = 0; i < 100; i++) {
      assertThat(registry.admit("a", 1)).isNull();
    }
    open("b");
    open("c");
    for (int i = 0; i < 100; i++) {
      assertThat(registry.admit("d", 1)).isNull();
    }
    registry.live().forEach(session -> ((Quiet) session).end());
    open("d", 1);
  }

  @Test
  void a_place_is_taken_from_the_moment_it_was_given() {
    Ticket first = admit("a", 10);
    admit("a", 10);
    admit("a", 10);
    assertThat(registry.size()).isZero();
    assertThat(registry.admit("a", 10)).isNull();
    new Quiet(first).open();
    assertThat(registry.size()).isEqualTo(1);
  }

  @Test
  void a_session_frees_its_place_once_however_often_it_ends() {
    Quiet session = open("a");
    open("a");
    open("a");
    assertThat(session.end()).isTrue();
    assertThat(session.end()).isFalse();
    registry.remove(session);
    open("a");
    assertThat(registry.admit("a", 10)).isNull();
  }

  @Test
  void numbers_begin_at_one_and_are_never_used_twice() {
    assertThat(open("a").id()).isEqualTo(1);
    Quiet second = open("b");
    assertThat(second.id()).isEqualTo(2);
    second.end();
    registry.admit("c", 0);
    assertThat(open("b").id()).isEqualTo(3);
  }

  @Test
  void the_live_sessions_cannot_be_changed_through_the_view() {
    open("a");
    org.assertj.core.api.Assertions.assertThatThrownBy(() -> registry.live().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void limits_hold_when_many_threads_ask_at_once() throws Exception {
    int limit = 50;
    int listenerLimit = 20;
    SessionRegistry registry = new SessionRegistry(limit, new Ledger(10), new LossCounters());
    String[] listeners = {"a", "b", "c", "d"};
    AtomicInteger[] here = {
      new AtomicInteger(), new AtomicInteger(), new AtomicInteger(), new AtomicInteger()
    };
    AtomicInteger all = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    AtomicInteger mostHere = new AtomicInteger();
    AtomicInteger opened = new AtomicInteger();
    Set<Long> ids = ConcurrentHashMap.newKeySet();
    int threads = 8;
    CountDownLatch together = new CountDownLatch(threads);
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> running = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int seed = t;
        running.add(
            pool.submit(() -> {
              java.util.Random random = new java.util.Random(seed);
              List<Quiet> mine = new ArrayList<>();
              List<Integer> where = new ArrayList<>();
              together.countDown();
              together.await();
              for (int i = 0; i < 20_000; i++) {
                int at = random.nextInt(listeners.length);
                Ticket ticket = registry.admit(listeners[at], listenerLimit);
                if (ticket != null) {
                  most.accumulateAndGet(all.incrementAndGet(), Math::max);
                  mostHere.accumulateAndGet(here[at].incrementAndGet(), Math::max);
                  assertThat(ids.add(ticket.id())).isTrue();
                  opened.incrementAndGet();
                  Quiet session = new Quiet(ticket);
                  session.open();
                  mine.add(session);
                  where.add(at);
                }
                if (!mine.isEmpty() && (ticket == null || random.nextInt(3) == 0)) {
                  here[where.removeLast()].decrementAndGet();
                  all.decrementAndGet();
                  mine.removeLast().end();
                }
              }
              for (int i = 0; i < mine.size(); i++) {
                here[where.get(i)].decrementAndGet();
                all.decrementAndGet();
                mine.get(i).end();
              }
              return null;
            }));
      }
      for (Future<?> one : running) {
        one.get();
      }
    }
    assertThat(most.get()).isBetween(1, limit);
    assertThat(mostHere.get()).isBetween(1, listenerLimit);
    assertThat(opened.get()).isGreaterThan(threads);
    assertThat(registry.size()).isZero();
    for (int i = 0; i < limit; i++) {
      assertThat(registry.admit("e", limit)).as("all places are free again").isNotNull();
    }
    assertThat(registry.admit("e", limit + 1)).isNull();
  }

  @Test
  void an_empty_registry_is_not_waited_for() throws InterruptedException {
    assertThat(registry.awaitEmpty(Duration.ZERO)).isTrue();
    assertThat(registry.awaitEmpty(Duration.ofDays(36_500))).isTrue();
  }

  @Test
  void waiting_ends_without_success_when_the_time_is_over() throws InterruptedException {
    Quiet session = open("a");
    assertThat(registry.awaitEmpty(Duration.ZERO)).isFalse();
    assertThat(registry.awaitEmpty(Duration.ofMillis(1))).isFalse();
    session.end();
    assertThat(registry.awaitEmpty(Duration.ZERO)).isTrue();
  }

  @Test
  void whoever_waits_hears_of_the_last_end() throws Exception {
    for (int round = 0; round < 200; round++) {
      Quiet first = open("a");
      Quiet second = open("b");
      try (ExecutorService pool = Executors.newFixedThreadPool(3)) {
        Future<Boolean> waiting = pool.submit(() -> registry.awaitEmpty(Duration.ofMinutes(1)));
        pool.execute(first::end);
        pool.execute(second::end);
        assertThat(waiting.get(30, TimeUnit.SECONDS)).isTrue();
      }
    }
  }

  private Ticket admit(String listener, int limit) {
    return java.util.Objects.requireNonNull(registry.admit(listener, limit), "refused");
  }

  private Quiet open(String listener) {
    return open(listener, 10);
  }

  private Quiet open(String listener, int limit) {
    Quiet session = new Quiet(admit(listener, limit));
    session.open();
    return session;
  }
}
