package dev.lastword.x;

import dev.lastword.config.ClientTls;
import dev.lastword.relay.Encryption;
import dev.lastword.server.Diagnoser;
import dev.lastword.server.Dialer;
import dev.lastword.server.ServerTarget;
import dev.lastword.status.SentCounters;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * What all X sessions of one listener share.
 *
 * @param tls whether clients can or must encrypt
 * @param encryption begins TLS on a client's leg
 * @param dialer connects to servers
 * @param order in which order the next session tries the servers
 * @param holdBack the longest frame in bytes that is kept until it is complete
 * @param handshake how long a client may take to authenticate
 * @param idle how long an idle client is kept; zero means for ever
 * @param halfRequest how long the rest of a request may take to come
 * @param linger how long a client may take to read its farewell
 * @param diagnoser who knows how the servers are
 * @param sent counts what clients are sent
 */
public record XService(
    ClientTls.Mode tls,
    Encryption encryption,
    Dialer dialer,
    Supplier<List<ServerTarget>> order,
    int holdBack,
    Duration handshake,
    Duration idle,
    Duration halfRequest,
    Duration linger,
    Diagnoser diagnoser,
    SentCounters sent) {}
