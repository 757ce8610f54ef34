/**
 * The commands for a proxy that runs: look at it, and steer it. They come in from the command line, go out over the HTTP API, and what comes
 * back is shown as a table for people, or as it is for programs. {@link dev.lastword.cli.OperatorCommands} adds them to the program's
 * commands. Nothing here knows the proxy itself.
 */
@NullMarked
package dev.lastword.cli;

import org.jspecify.annotations.NullMarked;
