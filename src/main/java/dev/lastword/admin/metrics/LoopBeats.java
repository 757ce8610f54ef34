package dev.lastword.admin.metrics;

import dev.lastword.status.Histogram;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** Whether event loops keep time: each has something to do once a second, and it is noted how late it did it. */
final class LoopBeats implements AutoCloseable {
  private static final long BEAT_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final List<Beat> beats = new ArrayList<>();

  LoopBeats(Iterable<EventExecutor> loops) {
    loops.forEach(loop -> beats.add(new Beat(loop)));
    beats.forEach(Beat::next);
  }

  void write(Sheet sheet) {
    long now = System.nanoTime();
    for (int i = 0; i < beats.size(); i++) {
      Beat beat = beats.get(i);
      String loop = Integer.toString(i);
      sheet.add(Family.LOOP_LAG, beat.lag, loop);
      sheet.add(Family.LOOP_OVERDUE, Math.max(0, now - beat.dueNanos) / 1e9, loop);
      if (beat.loop instanceof SingleThreadEventExecutor queue) {
        sheet.add(Family.LOOP_PENDING, queue.pendingTasks(), loop);
      }
    }
  }

  /** Loops have nothing to do for it any more. Later calls do nothing. */
  @Override
  public void close() {
    beats.forEach(beat -> beat.closed = true);
  }

  /** What is due on one loop. */
  private static final class Beat implements Runnable {
    private final EventExecutor loop;
    private final Histogram lag = new Histogram();
    private volatile long dueNanos = System.nanoTime() + BEAT_NANOS;
    private volatile boolean closed;

    Beat(EventExecutor loop) {
      this.loop = loop;
    }

    void next() {
      try {
        var _ = loop.schedule(this, dueNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
      } catch (RejectedExecutionException _) {
        // The loop has ended.
      }
    }

    @Override
    public void run() {
      if (closed) {
        return;
      }
      long now = System.nanoTime();
      lag.took(now - dueNanos, TimeUnit.NANOSECONDS);
      dueNanos = now + BEAT_NANOS;
      next();
    }
  }
}
