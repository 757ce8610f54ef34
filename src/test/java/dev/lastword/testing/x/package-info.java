/**
 * The X protocol from a client's side, frame by frame, for tests: what no driver will send, and
 * what no driver will show.
 *
 * <p>{@link dev.lastword.testing.x.XClient} is one connection on a plain blocking socket, {@link
 * dev.lastword.testing.x.XMessages} makes what goes out, {@link
 * dev.lastword.testing.x.Received} is what comes in: a frame, or how the connection ended. Nothing
 * in here uses the code under test, so that a mistake of ours cannot be made twice and go unseen;
 * only the generated messages are shared.
 *
 * <p>A {@link dev.lastword.testing.x.Conversation} is a script for such a client. Played against
 * an address it leaves a transcript, and two transcripts of one conversation can be compared: one
 * from a server, one from a proxy in front of it.
 */
@NullMarked
package dev.lastword.testing.x;

import org.jspecify.annotations.NullMarked;
