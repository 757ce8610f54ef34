/** Tests of the classic protocol's side. */
@NullMarked
package dev.lastword.classic;

import org.jspecify.annotations.NullMarked;
