/**
 * What operators and their programs see of a running proxy, and what they can do to it. {@link dev.lastword.admin.Catalog} is everything
 * that can be looked at, each {@link dev.lastword.admin.Table} defined once; {@link dev.lastword.admin.Steering} is everything that can be
 * done. The packages below bring both to SQL clients, to HTTP clients and to Prometheus. Nothing here is on the path of a byte.
 */
@NullMarked
package dev.lastword.admin;

import org.jspecify.annotations.NullMarked;
