/** Tests of the command line. */
@NullMarked
package dev.lastword;

import org.jspecify.annotations.NullMarked;
