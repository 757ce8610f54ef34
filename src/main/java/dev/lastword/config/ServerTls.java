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

  /** What holds where the configuration says nothing: encrypt as the client does, and demand nothing of the server. */
  public static final ServerTls DEFAULT =
      new ServerTls(
          Mode.AS_CLIENT,
          Verify.NONE,
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  /** The same with another mode. */
  public ServerTls withMode(Mode mode) {
    return new ServerTls(mode, verify, ca, certificate, key, keyPassword);
  }

  /** The same, demanding something of the server's certificate, by the Java platform's authorities unless others are set. */
  public ServerTls withVerify(Verify verify) {
    return new ServerTls(mode, verify, ca, certificate, key, keyPassword);
  }

  /** The same, demanding something of the server's certificate, by these authorities. */
  public ServerTls withVerify(Verify verify, Path ca) {
    return new ServerTls(mode, verify, Optional.of(ca), certificate, key, keyPassword);
  }

  /** The same, showing a certificate to the server, its key being without password. */
  public ServerTls withCertificate(Path certificate, Path key) {
    return new ServerTls(
        mode, verify, ca, Optional.of(certificate), Optional.of(key), Optional.empty());
  }

  /** The same, showing a certificate to the server, with the password of its key. */
  public ServerTls withCertificate(Path certificate, Path key, Secret keyPassword) {
    return new ServerTls(
        mode, verify, ca, Optional.of(certificate), Optional.of(key), Optional.of(keyPassword));
  }

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
