/**
 * What tests share: a real MySQL server that can be ended, frozen and cut off in every way. Tests ask for one and get what this machine
 * has; the log says which.
 */
@NullMarked
package dev.lastword.testing;

import org.jspecify.annotations.NullMarked;
