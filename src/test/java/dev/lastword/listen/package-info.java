/** Tests of how clients are accepted, in memory. */
@NullMarked
package dev.lastword.listen;

import org.jspecify.annotations.NullMarked;
