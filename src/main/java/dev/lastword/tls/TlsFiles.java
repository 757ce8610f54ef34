package dev.lastword.tls;

import dev.lastword.config.Check;
import dev.lastword.config.ClientTls;
import dev.lastword.config.Secret;
import dev.lastword.config.Server;
import dev.lastword.config.ServerTls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The contents of certificate and key files, all read before any is looked at, so that what was looked at is what the fingerprint is of.
 */
public final class TlsFiles {
  /** Whether every certificate and key that a configuration names can be used. */
  public static final Check CHECK =
      (listeners, servers, admin, findings) -> {
        admin.http().ifPresent(http -> checkKeyPair("admin.http.tls.", http.tls(), findings));
        admin.sql().ifPresent(sql -> checkKeyPair("admin.sql.tls.", sql.tls(), findings));
        for (int i = 0; i < listeners.size(); i++) {
          String path = "listeners[" + i + "].tls.";
          checkKeyPair(path, listeners.get(i).tls(), findings);
        }
        for (int i = 0; i < servers.size(); i++) {
          Server server = servers.get(i);
          String path = "servers[" + i + "].tls.";
          ServerTls tls = server.tls();
          checkKeyPair(path, tls.certificate(), tls.key(), tls.keyPassword(), findings);
          tls.ca().ifPresent(ca -> report(path, findings, () -> read(List.of(ca)).authorities(ca)));
        }
      };

  private final Map<Path, byte[]> contents;
  private final Map<Path, String> unreadable;

  private TlsFiles(Map<Path, byte[]> contents, Map<Path, String> unreadable) {
    this.contents = contents;
    this.unreadable = unreadable;
  }

  /**
   * What one side shows of itself.
   *
   * @param key the private key of the first certificate
   * @param chain the own certificate first, then those that lead to an authority
   */
  record Credentials(PrivateKey key, List<X509Certificate> chain) {}

  /** Reads the files. One that cannot be read is complained about only when it is asked for. */
  static TlsFiles read(List<Path> files) {
    Map<Path, byte[]> contents = new HashMap<>();
    Map<Path, String> unreadable = new HashMap<>();
    for (Path file : files) {
      try {
        contents.put(file, Files.readAllBytes(file));
      } catch (NoSuchFileException e) {
        unreadable.put(file, "does not exist");
      } catch (IOException e) {
        unreadable.put(file, "cannot be read");
      }
    }
    return new TlsFiles(contents, unreadable);
  }

  /** Stands for the contents without keeping them. */
  byte[] fingerprint() {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    contents.keySet().stream()
        .sorted()
        .forEach(file -> {
          digest.update(file.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
          digest.update((byte) 0);
          byte[] bytes = contents.getOrDefault(file, new byte[0]);
          digest.update(
              Integer.toString(bytes.length).getBytes(java.nio.charset.StandardCharsets.US_ASCII));
          digest.update((byte) 0);
          digest.update(bytes);
        });
    return digest.digest();
  }

  /**
   * The certificate chain and its key.
   *
   * @throws BadTlsFile if they cannot be read, or do not belong together
   */
  Credentials credentials(Path certificate, Path key, Optional<Secret> keyPassword) {
    List<X509Certificate> chain = certificates(BadTlsFile.Part.CERTIFICATE, certificate);
    PrivateKey privateKey;
    try {
      privateKey =
          PrivateKeys.read(blocks(BadTlsFile.Part.KEY, key), keyPassword.map(Secret::value));
    } catch (PrivateKeys.BadPassword e) {
      throw new BadTlsFile(BadTlsFile.Part.KEY_PASSWORD, key, String.valueOf(e.getMessage()), e);
    } catch (GeneralSecurityException e) {
      throw new BadTlsFile(BadTlsFile.Part.KEY, key, String.valueOf(e.getMessage()), e);
    }
    if (!belongTogether(privateKey, chain.getFirst().getPublicKey())) {
      throw new BadTlsFile(
          BadTlsFile.Part.KEY, key, "is not the key of the certificate in " + certificate);
    }
    return new Credentials(privateKey, chain);
  }

  /**
   * The authorities in a file.
   *
   * @throws BadTlsFile if there are none
   */
  List<X509Certificate> authorities(Path ca) {
    return certificates(BadTlsFile.Part.CA, ca);
  }

  private List<X509Certificate> certificates(BadTlsFile.Part part, Path file) {
    List<X509Certificate> certificates = new ArrayList<>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (Pem block : blocks(part, file)) {
        if (block.label().equals("CERTIFICATE")) {
          certificates.add(
              (X509Certificate)
                  factory.generateCertificate(new ByteArrayInputStream(block.content())));
        }
      }
    } catch (CertificateException e) {
      throw new BadTlsFile(part, file, "has a certificate that is damaged", e);
    }
    if (certificates.isEmpty()) {
      throw new BadTlsFile(part, file, "has no certificate in PEM form in it");
    }
    return certificates;
  }

  private List<Pem> blocks(BadTlsFile.Part part, Path file) {
    byte[] bytes = contents.get(file);
    if (bytes == null) {
      throw new BadTlsFile(part, file, unreadable.getOrDefault(file, "was not read"));
    }
    try {
      return Pem.blocks(bytes);
    } catch (IllegalArgumentException e) {
      throw new BadTlsFile(part, file, "is a damaged PEM file", e);
    }
  }

  private static boolean belongTogether(PrivateKey privateKey, PublicKey publicKey) {
    String algorithm =
        switch (privateKey.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> privateKey.getAlgorithm();
        };
    byte[] probe = {1, 2, 3};
    try {
      Signature signer = Signature.getInstance(algorithm);
      signer.initSign(privateKey);
      signer.update(probe);
      byte[] signature = signer.sign();
      signer.initVerify(publicKey);
      signer.update(probe);
      return signer.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static void checkKeyPair(String path, ClientTls tls, Check.Findings findings) {
    checkKeyPair(path, tls.certificate(), tls.key(), tls.keyPassword(), findings);
  }

  private static void checkKeyPair(
      String path,
      Optional<Path> certificate,
      Optional<Path> key,
      Optional<Secret> keyPassword,
      Check.Findings findings) {
    if (certificate.isPresent() && key.isPresent()) {
      List<Path> files = List.of(certificate.get(), key.get());
      report(
          path, findings, () -> read(files).credentials(certificate.get(), key.get(), keyPassword));
    }
  }

  private static void report(String path, Check.Findings findings, Runnable use) {
    try {
      use.run();
    } catch (BadTlsFile e) {
      findings.problem(path + e.part().key(), e.file().toString(), e.reason());
    }
  }
}
