package dev.lastword.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.awaitility.Awaitility.await;

import dev.lastword.farewell.Ledger;
import dev.lastword.session.SessionCensus.Kind;
import dev.lastword.status.LossCounters;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SessionCensusTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
  private final SessionRegistry registry =
      new SessionRegistry(10_000, new Ledger(10), new LossCounters());
  private final List<Quiet> sessions = new ArrayList<>();

  @AfterEach
  void end() {
    loops.shutdownGracefully(0, 10, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  /** On one loop and then on the other. */
  private void open(int count, String listener, String server, Activity doing) {
    for (int i = 0; i < count; i++) {
      Quiet session =
          new Quiet(Objects.requireNonNull(registry.admit(listener, 10_000)), loops.next());
      session.activity = doing;
      if (!server.isEmpty()) {
        session.connect(server, "10.0.0.1:33060");
      }
      session.open();
      sessions.add(session);
    }
  }

  @Test
  void every_session_is_counted_once_by_place_and_by_what_it_does() throws Exception {
    open(3_000, "a", "db1", Activity.IDLE);
    open(500, "a", "db2", Activity.WAITING);
    open(7, "b", "", Activity.CONNECTING);
    assertThat(SessionCensus.of(registry, LONG))
        .containsOnly(
            entry(new Kind("a", "x", "db1", "idle"), 3_000L),
            entry(new Kind("a", "x", "db2", "waiting"), 500L),
            entry(new Kind("b", "x", "", "connecting"), 7L));
  }

  @Test
  void nobody_is_counted_where_there_is_nobody() throws Exception {
    assertThat(SessionCensus.of(registry, LONG)).isEmpty();
  }

  @Test
  void what_else_a_loop_has_to_do_is_done_in_between() throws Exception {
    open(2_000, "a", "db1", Activity.IDLE);
    EventLoop loop = sessions.getFirst().eventLoop();
    List<Integer> countedBefore = new ArrayList<>();
    CountDownLatch stands = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    var _ =
        loop.submit(() -> {
          stands.countDown();
          go.await();
          return null;
        });
    stands.await();
    Thread counting =
        Thread.ofVirtual()
            .start(() -> {
              try {
                var _ = SessionCensus.of(registry, LONG);
              } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
              }
            });
    // Behind its first step.
    CountDownLatch done = new CountDownLatch(1);
    try {
      await().until(() -> ((SingleThreadEventExecutor) loop).pendingTasks() > 0);
      loop.execute(() -> {
        countedBefore.add(
            sessions.stream().filter(s -> s.eventLoop().equals(loop)).mapToInt(s -> s.asked).sum());
        done.countDown();
      });
    } finally {
      go.countDown();
    }
    done.await();
    counting.join();
    assertThat(countedBefore.getFirst()).isPositive().isLessThan(500);
  }

  @Test
  void sessions_of_a_loop_that_is_held_up_are_there_and_nobody_knows_what_they_do()
      throws Exception {
    open(21, "a", "db1", Activity.IDLE);
    CountDownLatch goOn = new CountDownLatch(1);
    var _ =
        sessions
            .getFirst()
            .eventLoop()
            .submit(() -> {
              goOn.await();
              return null;
            });
    try {
      assertThat(SessionCensus.of(registry, Duration.ofMillis(200)))
          .containsOnly(
              entry(new Kind("a", "x", "", "unknown"), 11L),
              entry(new Kind("a", "x", "db1", "idle"), 10L));
    } finally {
      goOn.countDown();
    }
  }

  @Test
  void sessions_of_a_loop_that_has_ended_keep_nobody_waiting() throws Exception {
    open(4, "a", "db1", Activity.IDLE);
    loops.shutdownGracefully(0, 10, TimeUnit.SECONDS).awaitUninterruptibly();
    assertThat(SessionCensus.of(registry, LONG))
        .containsOnly(entry(new Kind("a", "x", "", "unknown"), 4L));
  }
}
