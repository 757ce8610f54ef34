package dev.lastword.server;

import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Looks in one way, and where that gets no answer in another: a server is lost only to who finds it silent at both of its ports.
 *
 * <p>Which process it is can be compared only between answers of one way, so the second way's word on that is passed on only if the first
 * has none to give.
 */
public final class EitherProbe implements Probe {
  private final Probe first;
  private final ServerTarget firstTarget;
  private final boolean firstTellsProcess;
  private final Probe second;

  /**
   * Makes one of two.
   *
   * @param firstTarget where the first way looks; the second looks at the target that the monitor names
   * @param firstTellsProcess whether the first way finds out which process it is
   */
  public EitherProbe(
      Probe first, ServerTarget firstTarget, boolean firstTellsProcess, Probe second) {
    this.first = first;
    this.firstTarget = firstTarget;
    this.firstTellsProcess = firstTellsProcess;
    this.second = second;
  }

  @Override
  public void look(
      EventLoop loop, ServerTarget target, Duration timeout, Consumer<ProbeResult> answer) {
    long deadline = System.nanoTime() + timeout.toNanos();
    first.look(
        loop,
        firstTarget,
        timeout.dividedBy(2),
        result -> {
          if (result instanceof ProbeResult.Answered) {
            answer.accept(result);
          } else {
            Duration left = Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
            second.look(loop, target, left, other -> answer.accept(better(result, other)));
          }
        });
  }

  private ProbeResult better(ProbeResult one, ProbeResult other) {
    return switch (other) {
      case ProbeResult.Answered answered ->
          firstTellsProcess ? new ProbeResult.Answered(answered.address()) : answered;
      case ProbeResult.Inconclusive _ -> one;
      // Also where the first found its connections closed: a server that only has no room there
      // would
      // have answered here.
      case ProbeResult.Busy _,
          ProbeResult.Closed _,
          ProbeResult.Refused _,
          ProbeResult.NoAnswer _,
          ProbeResult.Unreachable _ ->
          other;
    };
  }

  @Override
  public void begin(EventLoop loop, ServerTarget target, Observer hears) {
    first.begin(loop, firstTarget, hears);
    second.begin(loop, target, hears);
  }

  @Override
  public void end() {
    first.end();
    second.end();
  }
}
