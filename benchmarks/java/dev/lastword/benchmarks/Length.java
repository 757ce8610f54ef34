package dev.lastword.benchmarks;

import java.time.Duration;

/** How long and how often: enough to see the shape, or enough to tell small differences. */
enum Length {
  QUICK(7, Duration.ofMillis(700), Duration.ofMillis(100), Duration.ofMillis(1500)),
  FULL(21, Duration.ofSeconds(2), Duration.ofMillis(300), Duration.ofSeconds(10));

  final int rounds;
  final Duration measured;
  final Duration warmUp;

  /** Before the first round, for each workload on each way: for the compilers of three JVMs. */
  final Duration firstWarmUp;

  Length(int rounds, Duration measured, Duration warmUp, Duration firstWarmUp) {
    this.rounds = rounds;
    this.measured = measured;
    this.warmUp = warmUp;
    this.firstWarmUp = firstWarmUp;
  }
}
