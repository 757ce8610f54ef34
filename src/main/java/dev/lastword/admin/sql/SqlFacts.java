package dev.lastword.admin.sql;

import dev.lastword.admin.Catalog;

/**
 * What a statement can refer to besides tables.
 *
 * @param user who logged in
 * @param host where from, an address
 * @param connection its number at this endpoint
 * @param schema the default one; empty if none was chosen
 * @param schemas what there is
 * @param sent the four {@code Mysqlx_} variables of this very connection
 */
record SqlFacts(
    String user,
    String host,
    long connection,
    String schema,
    Schemas schemas,
    SessionVariables variables,
    Catalog.Status sent) {}
