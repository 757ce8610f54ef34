package dev.lastword.classic;

import dev.lastword.config.ClientTls;
import dev.lastword.farewell.ClassicCodes;
import dev.lastword.relay.Encryption;
import dev.lastword.session.Service;

/**
 * What all classic sessions of one listener share.
 *
 * @param shared what sessions of either protocol share
 * @param tls whether clients can or must encrypt
 * @param encryption begins TLS on a client's leg
 * @param codes with which numbers clients are told what
 * @param keys for passwords where one leg is encrypted and the other is not
 */
public record ClassicService(
    Service shared,
    ClientTls.Mode tls,
    Encryption encryption,
    ClassicCodes codes,
    PasswordKeys keys) {}
