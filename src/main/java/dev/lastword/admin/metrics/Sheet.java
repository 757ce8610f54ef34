package dev.lastword.admin.metrics;

import dev.lastword.status.Histogram;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is to be said in one scrape. */
final class Sheet {
  private final EnumMap<Family, Map<List<String>, Double>> numbers = new EnumMap<>(Family.class);
  private final EnumMap<Family, Map<List<String>, Histogram>> times = new EnumMap<>(Family.class);

  /** Adds to the number with those labels, which is 0 at first. */
  void add(Family family, double number, String... labels) {
    numbers
        .computeIfAbsent(family, _ -> new LinkedHashMap<>())
        .merge(labels(family, labels), number, Double::sum);
  }

  void add(Family family, long number, String... labels) {
    add(family, (double) number, labels);
  }

  void add(Family family, boolean holds, String... labels) {
    add(family, holds ? 1.0 : 0.0, labels);
  }

  void add(Family family, Histogram durations, String... labels) {
    times
        .computeIfAbsent(family, _ -> new LinkedHashMap<>())
        .put(labels(family, labels), durations);
  }

  private static List<String> labels(Family family, String... values) {
    if (values.length != family.labels().size()) {
      throw new IllegalArgumentException(family + " has the labels " + family.labels());
    }
    return Arrays.asList(values);
  }

  MetricSnapshots snapshots() {
    List<MetricSnapshot> all = new ArrayList<>();
    for (Family family : Family.values()) {
      all.add(
          switch (family.type()) {
            case COUNTER -> counter(family);
            case GAUGE -> gauge(family);
            case HISTOGRAM -> histogram(family);
            case INFO -> info(family);
          });
    }
    return new MetricSnapshots(all);
  }

  private Map<List<String>, Double> numbers(Family family) {
    return numbers.getOrDefault(family, Map.of());
  }

  private MetricSnapshot counter(Family family) {
    var snapshot = CounterSnapshot.builder().name(family.stem()).help(family.help());
    numbers(family)
        .forEach((labels, number) ->
            snapshot.dataPoint(
                CounterDataPointSnapshot.builder()
                    .labels(labels(family, labels))
                    .value(number)
                    .build()));
    return snapshot.build();
  }

  private MetricSnapshot gauge(Family family) {
    var snapshot = GaugeSnapshot.builder().name(family.stem()).help(family.help());
    numbers(family)
        .forEach((labels, number) ->
            snapshot.dataPoint(
                GaugeDataPointSnapshot.builder()
                    .labels(labels(family, labels))
                    .value(number)
                    .build()));
    return snapshot.build();
  }

  private MetricSnapshot info(Family family) {
    var snapshot = InfoSnapshot.builder().name(family.stem()).help(family.help());
    numbers(family)
        .forEach((labels, _) ->
            snapshot.dataPoint(
                InfoDataPointSnapshot.builder().labels(labels(family, labels)).build()));
    return snapshot.build();
  }

  private MetricSnapshot histogram(Family family) {
    double[] bounds = Histogram.bounds();
    double[] withInfinity = Arrays.copyOf(bounds, bounds.length + 1);
    withInfinity[bounds.length] = Double.POSITIVE_INFINITY;
    var snapshot = HistogramSnapshot.builder().name(family.stem()).help(family.help());
    times
        .getOrDefault(family, Map.of())
        .forEach((labels, durations) ->
            snapshot.dataPoint(
                HistogramDataPointSnapshot.builder()
                    .labels(labels(family, labels))
                    .sum(durations.seconds())
                    .classicHistogramBuckets(
                        ClassicHistogramBuckets.of(withInfinity, durations.counts()))
                    .build()));
    return snapshot.build();
  }

  private static Labels labels(Family family, List<String> values) {
    return Labels.of(family.labels(), values);
  }
}
