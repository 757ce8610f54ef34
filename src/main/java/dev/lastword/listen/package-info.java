/**
 * Accepting clients. A client that may come in gets a session and a pipeline, both assembled here; one that may not is told why. Nothing
 * outside this package and {@code server} changes the order of a pipeline.
 */
@NullMarked
package dev.lastword.listen;

import org.jspecify.annotations.NullMarked;
