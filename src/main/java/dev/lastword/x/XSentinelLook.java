package dev.lastword.x;

import dev.lastword.server.ProbeResult;
import dev.lastword.server.ServerTarget;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One look at a server: by the monitoring session, and from outside where that does not answer. Lives on its loop. */
final class XSentinelLook {
  private final EventLoop loop;
  private final ServerTarget target;
  private final XProbe outside;
  private final long deadlineNanos;
  private final Consumer<ProbeResult> answer;
  private @Nullable ScheduledFuture<?> patience;
  private boolean settled;

  XSentinelLook(
      EventLoop loop,
      ServerTarget target,
      XProbe outside,
      Duration timeout,
      Consumer<ProbeResult> answer) {
    this.loop = loop;
    this.target = target;
    this.outside = outside;
    this.deadlineNanos = System.nanoTime() + timeout.toNanos();
    this.answer = answer;
  }

  /** Gives the session half of the time; the other half is for a fresh connection. */
  void waitHalf() {
    long half = (deadlineNanos - System.nanoTime()) / 2;
    patience = loop.schedule(this::fromOutside, half, TimeUnit.NANOSECONDS);
  }

  void fromOutside() {
    if (settle()) {
      outside.look(
          loop, target, Duration.ofNanos(Math.max(1, deadlineNanos - System.nanoTime())), answer);
    }
  }

  void answered(ProbeResult result) {
    if (settle()) {
      answer.accept(result);
    }
  }

  private boolean settle() {
    if (settled) {
      return false;
    }
    settled = true;
    if (patience != null) {
      patience.cancel(false);
    }
    return true;
  }
}
