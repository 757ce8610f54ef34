/**
 * The SQL endpoint: one port that SQL clients of both protocols can ask what the proxy is doing. {@link
 * dev.lastword.admin.sql.SqlEndpoint} accepts them; a conversation in the classic or the X protocol, each on a thread of its own,
 * hands statements to a session. A rewriter turns them into what H2 understands, or into an act of {@link dev.lastword.admin.Steering}. H2
 * holds no data: its views read the {@link dev.lastword.admin.Catalog} when they are asked. Nothing here is on the path of a byte.
 *
 * <p>The packets of the classic protocol are written here once more, because what relays and what answers have little in common: the proxy
 * looks at a few bytes of what passes, and this writes whole results. The messages of X are the generated classes.
 */
@NullMarked
package dev.lastword.admin.sql;

import org.jspecify.annotations.NullMarked;
