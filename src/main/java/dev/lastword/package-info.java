/** x */
@NullMarked
package dev.lastword;

import org.jspecify.annotations.NullMarked;
