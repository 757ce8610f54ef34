/**
 * The configuration: records in the shape of the file, and the loader that makes them. After loading everything is final, valid and
 * without null; nothing else in the program looks at the file again.
 */
@NullMarked
package dev.lastword.config;

import org.jspecify.annotations.NullMarked;
