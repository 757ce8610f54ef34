package dev.lastword.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * TLS between the proxy and a server.
 *
 * @param mode whether the proxy encrypts
 * @param verify what the proxy demands of the server's certificate
 * @param ca PEM file with the authorities that may have signed it; if absent, the Java platform's own
 * @param certificate PEM file with the certificate chain that the proxy shows to the server, if any
 * @param key PEM file with the private key of {@code certificate}; present exactly if that is
 * @param keyPassword password of {@code key}, if it is encrypted
 */
public record ServerTls(
    Mode mode,
    Verify verify,
    Optional<Path> ca,
    Optional<Path> certificate,
    Optional<Path> key,
    Optional<Secret> keyPassword) {

  /** The server modes of MySQL Router, by its names. */
  public enum Mode {
    /** Never encrypt. */
    DISABLED,
    /** Encrypt if the server can. */
    PREFERRED,
    /** Encrypt, or give up the connection. */
    REQUIRED,
    /** Encrypt exactly if the client does. */
    AS_CLIENT
  }

  /** What is demanded of a server's certificate, by MySQL Router's names. */
  public enum Verify {
    /** Nothing: encrypted, but not authenticated. */
    NONE,
    /** That one of the authorities signed it. */
    CA,
    /** That, and that it names the configured host. */
    IDENTITY
  }
}
