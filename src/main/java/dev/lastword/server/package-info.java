/**
 * The MySQL servers: finding their addresses, connecting to them, encrypting towards them. Gives the session a connected {@link
 * dev.lastword.server.ServerLink}; knows neither protocol. The pipelines of server channels are assembled here and nowhere else.
 */
@NullMarked
package dev.lastword.server;

import org.jspecify.annotations.NullMarked;
