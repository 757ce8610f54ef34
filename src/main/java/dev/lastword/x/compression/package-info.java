/**
 * Looking into the COMPRESSION frames that a client sends. A compressed session is relayed as it is; but such a frame hides
 * how many requests it holds, and the relay must know which answers are outstanding. In come the bytes of these frames as they
 * pass, out go the type, the length and the first bytes of each message inside. The X relay calls it, one {@link
 * dev.lastword.x.compression.CompressedRequests} for each session that negotiated compression.
 *
 * <p>The other direction needs nothing of the kind: a server puts no message into a COMPRESSION frame that ends a response.
 */
@NullMarked
package dev.lastword.x.compression;

import org.jspecify.annotations.NullMarked;
