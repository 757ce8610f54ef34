package dev.lastword.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Medians and spreads over the rounds of one workload on one way to the server. */
final class Figures {
  private static final double MICRO = 1e3;
  private static final double GIBIBYTE = 1L << 30;

  private final Workload workload;
  private final List<LoadDriver.Sample> rounds = new ArrayList<>();

  Figures(Workload workload) {
    this.workload = workload;
  }

  void add(LoadDriver.Sample sample) {
    rounds.add(sample);
  }

  /** Microseconds of CPU of the proxy per operation, or milliseconds per GiB, by round. */
  double[] proxyCost() {
    return rounds.stream().mapToDouble(sample -> cost(sample, sample.proxyNanos())).toArray();
  }

  /** The same of its event loops alone. */
  double[] loopCost() {
    return rounds.stream().mapToDouble(sample -> cost(sample, sample.loopNanos())).toArray();
  }

  /** The same of the driver. */
  double[] driverCost() {
    return rounds.stream().mapToDouble(sample -> cost(sample, sample.driverNanos())).toArray();
  }

  /** The part of the proxy's CPU time that is not the kernel's, 0 to 1. */
  double[] userPart() {
    return rounds.stream()
        .mapToDouble(sample -> (double) sample.proxyUserNanos() / Math.max(1, sample.proxyNanos()))
        .toArray();
  }

  double[] perSecond() {
    return rounds.stream()
        .mapToDouble(sample -> sample.operations() * 1e9 / sample.nanos())
        .toArray();
  }

  /** The median latency in microseconds, by round. */
  double[] p50() {
    return rounds.stream().mapToDouble(sample -> sample.p50() / MICRO).toArray();
  }

  /** The latency in microseconds that one operation in a hundred exceeds, by round. */
  double[] p99() {
    return rounds.stream().mapToDouble(sample -> sample.p99() / MICRO).toArray();
  }

  /** Round by round, what this is of that. */
  static double[] ratios(double[] these, double[] those) {
    double[] ratios = new double[these.length];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = these[i] / those[i];
    }
    return ratios;
  }

  static double median(double[] values) {
    return quantile(values, 0.5);
  }

  /** The value below which this part of the values lies, between neighbours in proportion. */
  static double quantile(double[] values, double part) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double at = part * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }

  /** Median, and in brackets the quartiles. */
  static String withSpread(double[] values, String format) {
    return String.format(
        Locale.ROOT,
        format + " (" + format + "-" + format + ")",
        median(values),
        quantile(values, 0.25),
        quantile(values, 0.75));
  }

  private double cost(LoadDriver.Sample sample, long nanos) {
    return workload.bulk()
        ? nanos / 1e6 / (sample.operations() * sample.responseBytes() / GIBIBYTE)
        : nanos / MICRO / sample.operations();
  }
}
