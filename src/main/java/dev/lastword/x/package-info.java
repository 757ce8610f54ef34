/**
 * The X protocol: frames and messages as they pass between client and server, and what they tell about a session. In come
 * buffers from the relay, out go frames, states and effects. The listeners' pipelines call it; it knows nothing of the
 * classic protocol.
 */
@NullMarked
package dev.lastword.x;

import org.jspecify.annotations.NullMarked;
