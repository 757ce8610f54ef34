package dev.lastword.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import javax.net.ssl.SSLException;

/** Throwaway certificates, and plain peers that use them. */
final class Certificates {
  private Certificates() {}

  static X509Bundle authority(String name) throws Exception {
    return new CertificateBuilder()
        .ecp256()
        .subject("CN=" + name)
        .setIsCertificateAuthority(true)
        .buildSelfSigned();
  }

  static X509Bundle issuedBy(X509Bundle authority, String commonName) throws Exception {
    return forLocalhost(commonName).buildIssuedBy(authority);
  }

  static X509Bundle expiredIssuedBy(X509Bundle authority) throws Exception {
    return expired(forLocalhost("expired")).buildIssuedBy(authority);
  }

  static X509Bundle expiredSelfSigned() throws Exception {
    return expired(forLocalhost("expired")).setIsCertificateAuthority(true).buildSelfSigned();
  }

  static X509Bundle selfSigned(String commonName) throws Exception {
    return forLocalhost(commonName).setIsCertificateAuthority(true).buildSelfSigned();
  }

  private static CertificateBuilder expired(CertificateBuilder builder) {
    Instant now = Instant.now();
    return builder.notBefore(now.minus(Duration.ofDays(9))).notAfter(now.minus(Duration.ofDays(1)));
  }

  private static CertificateBuilder forLocalhost(String commonName) {
    return new CertificateBuilder()
        .ecp256()
        .subject("CN=" + commonName)
        .addSanDnsName("localhost")
        .addSanIpAddress("127.0.0.1")
        .addSanIpAddress("::1");
  }

  static Path write(Path directory, String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  /** A server on the Java platform's own TLS. The handler of one connection. */
  static SslHandler server(X509Bundle certificate, String... versions) throws SSLException {
    return newHandler(
        SslContextBuilder.forServer(certificate.getKeyPair().getPrivate(), path(certificate))
            .sslProvider(SslProvider.JDK)
            .protocols(versions.length == 0 ? new String[] {"TLSv1.3", "TLSv1.2"} : versions)
            .build());
  }

  /** As {@link #server}, demanding a certificate of its clients. */
  static SslHandler demandingServer(X509Bundle certificate, X509Bundle clientAuthority)
      throws SSLException {
    return newHandler(
        SslContextBuilder.forServer(certificate.getKeyPair().getPrivate(), path(certificate))
            .sslProvider(SslProvider.JDK)
            .trustManager(clientAuthority.getCertificate())
            .clientAuth(ClientAuth.REQUIRE)
            .build());
  }

  /** A client on the Java platform's own TLS that verifies nothing. The handler of one connection. */
  static SslHandler client(String... versions) throws SSLException {
    SslContextBuilder builder =
        SslContextBuilder.forClient()
            .sslProvider(SslProvider.JDK)
            .endpointIdentificationAlgorithm(null)
            .trustManager(io.netty.handler.ssl.util.InsecureTrustManagerFactory.INSTANCE);
    return newHandler((versions.length == 0 ? builder : builder.protocols(versions)).build());
  }

  /** As {@link #client}, trusting one certificate and comparing the host. */
  static SslHandler verifyingClient(java.security.cert.X509Certificate trusted, String host)
      throws SSLException {
    return SslContextBuilder.forClient()
        .sslProvider(SslProvider.JDK)
        .trustManager(trusted)
        .build()
        .newHandler(ByteBufAllocator.DEFAULT, host, 33_060);
  }

  private static SslHandler newHandler(SslContext context) {
    return context.newHandler(ByteBufAllocator.DEFAULT);
  }

  private static java.security.cert.X509Certificate[] path(X509Bundle certificate) {
    return certificate.getCertificatePath();
  }
}
