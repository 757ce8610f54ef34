/**
 * Evidence to verdict to farewell: pure functions and values, without Netty. {@link dev.lastword.farewell.Diagnosis} concludes from what
 * is known why a session ended; {@link dev.lastword.farewell.Farewell} says what its client is told; the {@link
 * dev.lastword.farewell.Ledger} remembers both. Sessions ask, and do what they are told.
 */
@NullMarked
package dev.lastword.farewell;

import org.jspecify.annotations.NullMarked;
