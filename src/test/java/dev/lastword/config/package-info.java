/** Tests of the configuration: what a text becomes, and what is said of one that is wrong. */
@NullMarked
package dev.lastword.config;

import org.jspecify.annotations.NullMarked;
