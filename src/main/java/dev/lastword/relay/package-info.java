/**
 * Bytes from one channel to the other. Buffers come in as they were read and leave in whole frames; the owner of a buffer is always the
 * one it was handed to last. Knows channels and lengths, but no protocol: {@code x} and {@code classic} say where a frame ends and what
 * it means.
 */
@NullMarked
package dev.lastword.relay;

import org.jspecify.annotations.NullMarked;
