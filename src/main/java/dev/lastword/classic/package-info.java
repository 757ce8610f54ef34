/**
 * The classic MySQL protocol: packets, the handshake and who encrypts what in it, where in a response a session is, and how a client is
 * told that it is over. Bytes come from the session's two handlers and leave through its two legs; {@code listen} makes the sessions.
 * Knows nothing of X Protocol.
 */
@NullMarked
package dev.lastword.classic;

import org.jspecify.annotations.NullMarked;
