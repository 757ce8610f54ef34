/** Tests of finding, reaching and watching servers. */
@NullMarked
package dev.lastword.server;

import org.jspecify.annotations.NullMarked;
