/** The SQL endpoint, asked by clients that exist. */
@NullMarked
package dev.lastword.admin.sql;

import org.jspecify.annotations.NullMarked;
