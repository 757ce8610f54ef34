/**
 * The way in, for people and for programs: {@link dev.lastword.Lastword} is the command line, {@code Proxy} the proxy to embed. Everything else
 * is called from here and calls nothing here.
 */
@NullMarked
package dev.lastword;

import org.jspecify.annotations.NullMarked;
