package dev.lastword.admin.metrics;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;

/**
 * The metrics of a proxy in the formats of Prometheus. The counters are read when somebody asks, and cost nothing in between. Safe for
 * threads.
 */
public final class Meters implements AutoCloseable {
  /** Prometheus' own text format; UTF-8 is its only encoding. */
  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

  private static final String OPEN_METRICS =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final LoopBeats beats;
  private final Jvm jvm;

  /** Begins to look whether the event loops keep time, until {@link #close}. */
  public Meters(Sources sources) {
    beats = new LoopBeats(sources.loops());
    jvm = new Jvm(registry);
    registry.getPrometheusRegistry().register(new Readings(sources, beats));
  }

  /**
   * Writes all metrics as they are now. It waits for event loops, so it must not be called on one.
   *
   * @param accept the formats that the scraper asks for, as in its {@code Accept} header: OpenMetrics if it is among them, else the text
   *     format
   * @param out where to; left open
   * @return the content type of what was written, with its version
   */
  public String scrape(String accept, OutputStream out) throws IOException {
    boolean open = accept.toLowerCase(Locale.ROOT).contains("application/openmetrics-text");
    String type = open ? OPEN_METRICS : TEXT;
    registry.scrape(out, type);
    return type;
  }

  /** Looks no more, and holds nothing any more. Later calls do nothing. */
  @Override
  public void close() {
    beats.close();
    jvm.close();
    registry.close();
  }
}
