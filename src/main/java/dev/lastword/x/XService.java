package dev.lastword.x;

import dev.lastword.config.ClientTls;
import dev.lastword.relay.Encryption;
import dev.lastword.session.Service;
import dev.lastword.status.SentCounters;

/**
 * What all X sessions of one listener share.
 *
 * @param shared what sessions of either protocol share
 * @param tls whether clients can or must encrypt
 * @param encryption begins TLS on a client's leg
 * @param sent counts what clients are sent
 */
public record XService(
    Service shared, ClientTls.Mode tls, Encryption encryption, SentCounters sent) {}
