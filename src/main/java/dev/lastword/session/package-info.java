/**
 * What the sessions of both protocols share: identity, what the session is doing, why it ended, the registry of those that live and its
 * limits, and the one log line per event. Knows nothing of either protocol.
 */
@NullMarked
package dev.lastword.session;

import org.jspecify.annotations.NullMarked;
