/** Tests of what Prometheus reads. */
@NullMarked
package dev.lastword.admin.metrics;

import org.jspecify.annotations.NullMarked;
