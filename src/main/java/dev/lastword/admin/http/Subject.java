package dev.lastword.admin.http;

import dev.lastword.admin.Catalog;
import dev.lastword.admin.Steering;
import dev.lastword.farewell.Ledger;
import dev.lastword.status.EventLog;
import java.time.Instant;

/**
 * The running proxy, as far as it is shown over HTTP.
 *
 * @param version of the program
 * @param started when it was
 * @param catalog what can be looked at
 * @param steering what can be done
 * @param events what happens
 * @param ledger the sessions that ended, to be explained
 * @param metrics what {@code /metrics} shows
 */
public record Subject(
    String version,
    Instant started,
    Catalog catalog,
    Steering steering,
    EventLog events,
    Ledger ledger,
    Metrics metrics) {}
