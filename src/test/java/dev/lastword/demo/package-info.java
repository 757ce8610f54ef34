/** The demo, and how it gets its server. */
@NullMarked
package dev.lastword.demo;

import org.jspecify.annotations.NullMarked;
