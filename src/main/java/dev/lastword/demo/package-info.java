/**
 * A real MySQL server on this machine, for {@code lastword demo} and for tests. In comes nothing but the machine: a {@code mysqld} that is
 * there is used, one that is missing is fetched without root from the machine's own package sources into a per-user cache. Out goes a
 * {@link dev.lastword.demo.MySqlProcess}: a server with ports of its own, a data directory of its own and a known account, which never
 * outlives this JVM. Nothing that serves sessions depends on this package.
 */
@NullMarked
package dev.lastword.demo;

import org.jspecify.annotations.NullMarked;
