/** Which server a session gets: pure functions from the configuration and what is known of the servers to an order to try them in. */
@NullMarked
package dev.lastword.route;

import org.jspecify.annotations.NullMarked;
