/**
 * What Prometheus reads. {@link dev.lastword.admin.metrics.Meters} turns the counters of a running proxy into its text format whenever
 * somebody asks; in between it does nothing but look once a second whether event loops keep time. {@link
 * dev.lastword.admin.metrics.Family} lists all there is. Knows neither who asks nor how the text travels.
 */
@NullMarked
package dev.lastword.admin.metrics;

import org.jspecify.annotations.NullMarked;
