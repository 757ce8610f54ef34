/**
 * What the sessions of both protocols share: identity, what the session is doing, the links to servers that it has, how it ends and
 * what of it is told, the registry of those that live and its limits, and the one log line per event. Knows nothing of either protocol.
 */
@NullMarked
package dev.lastword.session;

import org.jspecify.annotations.NullMarked;
