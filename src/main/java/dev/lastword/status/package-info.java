/**
 * What the proxy counts, for programs: the status variables that MySQL users know, and the same split further. Counters only grow, and
 * are safe for threads.
 */
@NullMarked
package dev.lastword.status;

import org.jspecify.annotations.NullMarked;
