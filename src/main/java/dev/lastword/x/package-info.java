/**
 * X Protocol: where a frame ends, what a session is doing, and the few messages that the proxy must understand or answer itself. Bytes
 * come from {@link dev.lastword.session.ClientHandler} and {@link dev.lastword.session.ServerHandler}, are walked over by {@link
 * dev.lastword.x.ClientFlow} and {@link dev.lastword.x.ServerFlow}, counted by {@link dev.lastword.x.XTracker}, and leave through the
 * other side's leg; {@link dev.lastword.x.XSession} decides whatever is not simply relayed.
 */
@NullMarked
package dev.lastword.x;

import org.jspecify.annotations.NullMarked;
