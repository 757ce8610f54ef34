package dev.lastword.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.config.ServerTls;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.LeakPresenceDetector;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass
@EnumSource(
    value = SslProvider.class,
    names = {"JDK", "OPENSSL_REFCNT"})
class ServerLegTlsTest {
  @Parameter SslProvider provider = SslProvider.JDK;

  @TempDir Path folder;

  private X509Bundle authority;
  private X509Bundle server;
  private Path ca;

  ServerLegTlsTest() throws Exception {
    authority = Certificates.authority("the authority");
    server = Certificates.issuedBy(authority, "the server");
    ca = Path.of("");
  }

  @BeforeEach
  void writeAuthority() throws Exception {
    ca = Certificates.write(folder, "ca.pem", authority.getCertificatePEM());
  }

  private ServerLegTls create(ServerTls config) {
    return ServerLegTls.create(config, "db1", provider);
  }

  private static ServerTls verify(ServerTls.Verify verify, Path ca) {
    return ServerTls.DEFAULT.withVerify(verify, ca);
  }

  private static SslHandler handler(ServerLegTls tls, String host) {
    return tls.newHandler(ByteBufAllocator.DEFAULT, host, 33_060);
  }

  private void assertAccepted(ServerTls config, String host, X509Bundle shown) throws Exception {
    try (ServerLegTls tls = create(config);
        Handshake handshake = Handshake.between(handler(tls, host), Certificates.server(shown))) {
      assertThat(handshake.succeeded()).as(handshake.clientFailure()).isTrue();
    }
  }

  private void assertRefused(ServerTls config, String host, X509Bundle shown, String reason)
      throws Exception {
    try (ServerLegTls tls = create(config);
        Handshake handshake = Handshake.between(handler(tls, host), Certificates.server(shown))) {
      assertThat(handshake.succeeded()).isFalse();
      assertThat(handshake.clientFailure()).containsIgnoringCase(reason);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void servers_of_both_versions_are_reached(String version) throws Exception {
    try (ServerLegTls tls = create(verify(ServerTls.Verify.IDENTITY, ca));
        Handshake handshake =
            Handshake.between(handler(tls, "localhost"), Certificates.server(server, version))) {
      assertThat(handshake.succeeded()).as(handshake.clientFailure()).isTrue();
      assertThat(handshake.version()).isEqualTo(version);
    }
  }

  @Test
  void verify_none_accepts_any_certificate_of_any_host() throws Exception {
    X509Bundle expired = Certificates.expiredSelfSigned();
    assertAccepted(ServerTls.DEFAULT, "elsewhere.example", expired);
  }

  @Test
  void verify_ca_accepts_another_host() throws Exception {
    assertAccepted(verify(ServerTls.Verify.CA, ca), "elsewhere.example", server);
    assertAccepted(verify(ServerTls.Verify.CA, ca), "192.0.2.1", server);
  }

  @ParameterizedTest
  @EnumSource(
      value = ServerTls.Verify.class,
      names = {"CA", "IDENTITY"})
  void an_unknown_authority_is_refused(ServerTls.Verify verify) throws Exception {
    X509Bundle foreign = Certificates.issuedBy(Certificates.authority("another"), "the server");
    assertRefused(verify(verify, ca), "localhost", foreign, "PKIX path");
  }

  @Test
  void the_platforms_authorities_are_asked_where_none_is_configured() throws Exception {
    assertRefused(
        ServerTls.DEFAULT.withVerify(ServerTls.Verify.CA), "localhost", server, "PKIX path");
  }

  @ParameterizedTest
  @EnumSource(
      value = ServerTls.Verify.class,
      names = {"CA", "IDENTITY"})
  void an_expired_certificate_is_refused(ServerTls.Verify verify) throws Exception {
    X509Bundle expired = Certificates.expiredIssuedBy(authority);
    assertRefused(verify(verify, ca), "localhost", expired, "validity check failed");
  }

  @Test
  void an_expired_certificate_is_refused_even_where_it_is_its_own_authority() throws Exception {
    X509Bundle expired = Certificates.expiredSelfSigned();
    Path pinned = Certificates.write(folder, "pinned.pem", expired.getCertificatePEM());
    assertRefused(verify(ServerTls.Verify.CA, pinned), "localhost", expired, "NotAfter");
  }

  @Test
  void a_self_signed_certificate_can_be_its_own_authority() throws Exception {
    X509Bundle self = Certificates.selfSigned("self");
    Path pinned = Certificates.write(folder, "pinned.pem", self.getCertificatePEM());
    assertAccepted(verify(ServerTls.Verify.IDENTITY, pinned), "localhost", self);
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1", "::1"})
  void verify_identity_accepts_the_names_and_addresses_of_the_certificate(String host)
      throws Exception {
    assertAccepted(verify(ServerTls.Verify.IDENTITY, ca), host, server);
  }

  @ParameterizedTest
  @ValueSource(strings = {"elsewhere.example", "db1", "127.0.0.2", "::2"})
  void verify_identity_refuses_any_other_host(String host) throws Exception {
    assertRefused(verify(ServerTls.Verify.IDENTITY, ca), host, server, "No ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "db1", "db1.example"})
  void a_server_is_told_the_name_it_was_asked_by(String host) throws Exception {
    try (ServerLegTls tls = create(ServerTls.DEFAULT);
        Handshake handshake = Handshake.between(handler(tls, host), Certificates.server(server))) {
      assertThat(handshake.succeeded()).isTrue();
      assertThat(handshake.serverNames()).containsExactly(host);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1", "db_1"})
  void a_server_is_told_no_name_where_there_is_none_to_tell(String host) throws Exception {
    try (ServerLegTls tls = create(ServerTls.DEFAULT);
        Handshake handshake = Handshake.between(handler(tls, host), Certificates.server(server))) {
      assertThat(handshake.succeeded()).as(handshake.clientFailure()).isTrue();
      assertThat(handshake.serverNames()).isEmpty();
    }
  }

  @Test
  void the_configured_certificate_is_shown_to_the_server() throws Exception {
    X509Bundle proxy = Certificates.issuedBy(authority, "the proxy");
    ServerTls config =
        ServerTls.DEFAULT.withCertificate(
            Certificates.write(folder, "cert.pem", proxy.getCertificatePathPEM()),
            Certificates.write(folder, "key.pem", proxy.getPrivateKeyPEM()));
    try (ServerLegTls tls = create(config);
        Handshake handshake =
            Handshake.between(
                handler(tls, "localhost"), Certificates.demandingServer(server, authority))) {
      assertThat(handshake.succeeded()).as(handshake.clientFailure()).isTrue();
      assertThat(handshake.shownToServer()).isEqualTo(proxy.getCertificate());
    }
  }

  @Test
  void without_a_certificate_a_server_that_demands_one_refuses() throws Exception {
    try (ServerLegTls tls = create(ServerTls.DEFAULT);
        Handshake handshake =
            Handshake.between(
                handler(tls, "localhost"), Certificates.demandingServer(server, authority))) {
      assertThat(handshake.succeeded()).isFalse();
    }
  }

  @Test
  void a_new_authority_is_for_new_sessions_and_old_sessions_live_on() throws Exception {
    X509Bundle newAuthority = Certificates.authority("the new authority");
    X509Bundle newServer = Certificates.issuedBy(newAuthority, "the server");
    try (ServerLegTls tls = create(verify(ServerTls.Verify.CA, ca));
        Handshake old = Handshake.between(handler(tls, "localhost"), Certificates.server(server))) {
      assertThat(old.succeeded()).isTrue();
      assertThat(tls.reloadIfChanged()).isFalse();

      Certificates.write(folder, "ca.pem", newAuthority.getCertificatePEM());
      assertThat(tls.reloadIfChanged()).isTrue();

      try (Handshake fresh =
          Handshake.between(handler(tls, "localhost"), Certificates.server(newServer))) {
        assertThat(fresh.succeeded()).as(fresh.clientFailure()).isTrue();
      }
      assertThat(old.carry("still here")).isEqualTo("still here");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void a_session_is_resumed(String version) throws Exception {
    SslContext remembering =
        SslContextBuilder.forServer(server.getKeyPair().getPrivate(), server.getCertificatePath())
            .sslProvider(SslProvider.JDK)
            .protocols(version)
            .build();
    try (ServerLegTls tls = create(verify(ServerTls.Verify.IDENTITY, ca));
        Handshake first =
            Handshake.between(
                handler(tls, "localhost"), remembering.newHandler(ByteBufAllocator.DEFAULT))) {
      assertThat(first.succeeded()).isTrue();
      long made = first.serverSession().getCreationTime();
      // A session made anew would have another time.
      await().until(() -> System.currentTimeMillis() > made);
      try (Handshake second =
          Handshake.between(
              handler(tls, "localhost"), remembering.newHandler(ByteBufAllocator.DEFAULT))) {
        assertThat(second.succeeded()).isTrue();
        assertThat(second.serverSession().getCreationTime()).isEqualTo(made);
      }
    }
  }

  @Test
  void a_mode_that_never_encrypts_is_refused() {
    assertThatThrownBy(() -> create(ServerTls.DEFAULT.withMode(ServerTls.Mode.DISABLED)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_file_without_authorities_is_named() throws Exception {
    Path empty = Certificates.write(folder, "empty.pem", "");
    assertThatThrownBy(() -> create(verify(ServerTls.Verify.CA, empty)))
        .isInstanceOf(BadTlsFile.class)
        .hasMessageContaining("empty.pem");
  }

  @AfterAll
  static void nothing_is_leaked() {
    LeakPresenceDetector.check();
  }
}
