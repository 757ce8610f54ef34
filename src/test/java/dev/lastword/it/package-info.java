/**
 * The whole proxy, started as an application that embeds it starts it, between real clients and real servers. What comes in is a
 * configuration; what is looked at is what clients get, what the server says of its sessions, and what the proxy leaves behind. Wherever
 * it can be had, the measure is the same conversation without the proxy.
 */
@NullMarked
package dev.lastword.it;

import org.jspecify.annotations.NullMarked;
