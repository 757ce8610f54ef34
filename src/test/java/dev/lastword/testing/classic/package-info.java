/**
 * The classic protocol from a client's side, packet by packet, for tests: what no driver will send,
 * and what no driver will show.
 *
 * <p>{@link dev.lastword.testing.classic.ClassicClient} is one connection on a plain blocking
 * socket, {@link dev.lastword.testing.classic.Commands} makes what goes out, {@link
 * dev.lastword.testing.classic.Received} is what comes in: a packet, or how the connection ended;
 * {@link dev.lastword.testing.classic.Reading} says what each packet of a response is. Nothing in
 * here uses the code under test, so that a mistake of ours cannot be made twice and go unseen.
 *
 * <p>A {@link dev.lastword.testing.classic.Conversation} is a script for such a client. Played
 * against an address it leaves a transcript, and two transcripts of one conversation can be
 * compared: one from a server, one from a proxy in front of it.
 */
@NullMarked
package dev.lastword.testing.classic;

import org.jspecify.annotations.NullMarked;
