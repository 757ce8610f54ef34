package dev.lastword.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * TLS between clients and a listener.
 *
 * @param mode whether clients can or must encrypt, or encrypt with the server itself
 * @param certificate PEM file with the certificate chain; if absent, the proxy makes one and keeps it in the data directory
 * @param key PEM file with the private key of {@code certificate}; present exactly if that is
 * @param keyPassword password of {@code key}, if it is encrypted
 */
public record ClientTls(
    Mode mode, Optional<Path> certificate, Optional<Path> key, Optional<Secret> keyPassword) {

  /** What holds where the configuration says nothing: clients may encrypt, and the proxy makes its certificate. */
  public static final ClientTls DEFAULT =
      new ClientTls(Mode.PREFERRED, Optional.empty(), Optional.empty(), Optional.empty());

  /** The same with another mode. */
  public ClientTls withMode(Mode mode) {
    return new ClientTls(mode, certificate, key, keyPassword);
  }

  /** The same with a certificate of one's own, its key being without password. */
  public ClientTls withCertificate(Path certificate, Path key) {
    return new ClientTls(mode, Optional.of(certificate), Optional.of(key), Optional.empty());
  }

  /** The same with a certificate of one's own and the password of its key. */
  public ClientTls withCertificate(Path certificate, Path key, Secret keyPassword) {
    return new ClientTls(
        mode, Optional.of(certificate), Optional.of(key), Optional.of(keyPassword));
  }

  /** The client modes of MySQL Router, by its names. */
  public enum Mode {
    /** The proxy offers no TLS to its clients. */
    DISABLED,
    /** A client may encrypt; the proxy ends its TLS. */
    PREFERRED,
    /** A client must encrypt before it authenticates; the proxy ends its TLS. */
    REQUIRED,
    /** A client encrypts with the server, and the proxy relays what it cannot read. */
    PASSTHROUGH;

    /** Whether the proxy itself speaks TLS with clients, and so needs a certificate. */
    public boolean endsTls() {
      return this == PREFERRED || this == REQUIRED;
    }
  }
}
