/**
 * What the proxy costs, end to end: a real server, three ways to it, and a client that counts. {@link dev.lastword.benchmarks.Compare} is
 * started by the script {@code benchmarks/compare}, and its tables go into {@code benchmarks/results}. Nothing else calls in here. What is
 * measured without sockets, by JMH, stands in the packages of what it measures.
 */
@NullMarked
package dev.lastword.benchmarks;

import org.jspecify.annotations.NullMarked;
