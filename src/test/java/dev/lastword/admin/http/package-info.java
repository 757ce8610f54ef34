/** Tests of the HTTP API, by clients that exist. */
@NullMarked
package dev.lastword.admin.http;

import org.jspecify.annotations.NullMarked;
