package dev.lastword.tls;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate that the proxy makes for itself at its first start and keeps, as a MySQL server does. Clients that
 * verify must be given the file of the certificate as their authority, or the operator configures a better one.
 *
 * @param certificate PEM file with the certificate and the authority that signed nothing else
 * @param key PEM file with its key, readable by the owner only
 */
record OwnCertificate(Path certificate, Path key) {
  private static final Logger LOG = LoggerFactory.getLogger(OwnCertificate.class);

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> ALL_READ =
      PosixFilePermissions.fromString("rw-r--r--");
  private static final Set<PosixFilePermission> OWNER_ONLY_DIRECTORY =
      PosixFilePermissions.fromString("rwx------");
  private static final Duration VALID = Duration.ofDays(3_650);
  // Clients whose clock is a little behind must not refuse it on the first day.
  private static final Duration BACKDATED = Duration.ofDays(1);

  /** Within one process; the lock file is for others. */
  private static final Object ONE_AT_A_TIME = new Object();

  /**
   * Finds it in the directory, or makes it and the directory. Of several processes that start at once one makes it and the others take
   * that.
   *
   * @throws BadTlsFile if the directory cannot be written
   */
  static OwnCertificate in(Path directory) {
    OwnCertificate own =
        new OwnCertificate(
            directory.resolve("lastword-cert.pem"), directory.resolve("lastword-key.pem"));
    try {
      Files.createDirectories(
          directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY_DIRECTORY));
      synchronized (ONE_AT_A_TIME) {
        own.makeUnlessThere(directory.resolve("lastword-cert.lock"));
      }
    } catch (IOException | UncheckedIOException e) {
      throw new BadTlsFile(
          BadTlsFile.Part.CERTIFICATE,
          directory,
          "the proxy's own certificate cannot be kept here (" + e + ")",
          e);
    }
    return own;
  }

  private void makeUnlessThere(Path lockFile) throws IOException {
    if (isThere()) {
      // A directory that is read-only by now is no obstacle.
      return;
    }
    try (FileChannel channel =
            FileChannel.open(
                lockFile,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        FileLock _ = channel.lock()) {
      if (isThere()) {
        return;
      }
      X509Bundle made = make();
      // The key first: who sees the certificate finds its key.
      Files.deleteIfExists(certificate);
      write(key, made.getPrivateKeyPEM(), OWNER_ONLY);
      write(certificate, made.getCertificatePathPEM() + made.getRootCertificatePEM(), ALL_READ);
      LOG.info(
          "event=certificate-made file={} valid-until={}", certificate, Instant.now().plus(VALID));
    }
  }

  private boolean isThere() {
    return Files.exists(certificate) && Files.exists(key);
  }

  private static X509Bundle make() throws IOException {
    CertificateBuilder builder =
        valid(new CertificateBuilder())
            .subject("CN=Lastword auto-generated certificate")
            .addSanDnsName("localhost")
            .addSanIpAddress("127.0.0.1")
            .addSanIpAddress("::1");
    try {
      String host = InetAddress.getLocalHost().getHostName();
      if (host.matches("[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
          && !host.matches("[0-9.]+")
          && !host.equals("localhost")) {
        builder.addSanDnsName(host);
      }
    } catch (UnknownHostException e) {
      LOG.debug("the name of this host is not known, so its certificate does not have it", e);
    }
    try {
      // The authority's key is never kept: who is made to trust it trusts this one certificate and
      // no other.
      X509Bundle authority =
          valid(new CertificateBuilder())
              .subject("CN=Lastword auto-generated authority")
              .setIsCertificateAuthority(true)
              .buildSelfSigned();
      return builder.addExtendedKeyUsageServerAuth().buildIssuedBy(authority);
    } catch (Exception e) {
      throw new IOException("making a certificate failed: " + e, e);
    }
  }

  private static CertificateBuilder valid(CertificateBuilder builder) {
    Instant now = Instant.now();
    return builder.ecp256().notBefore(now.minus(BACKDATED)).notAfter(now.plus(VALID));
  }

  /** Under another name first, so that nobody ever reads half a file. */
  private static void write(Path file, String text, Set<PosixFilePermission> rights)
      throws IOException {
    Path temporary = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(temporary);
    try (FileChannel out =
        FileChannel.open(
            temporary,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(OWNER_ONLY))) {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      out.force(true);
    }
    Files.setPosixFilePermissions(temporary, rights);
    Files.move(
        temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
