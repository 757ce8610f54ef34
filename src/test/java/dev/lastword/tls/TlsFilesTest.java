package dev.lastword.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.config.ClientTls;
import dev.lastword.config.Config;
import dev.lastword.config.ConfigLoader;
import dev.lastword.config.InvalidConfig;
import dev.lastword.config.Problem;
import dev.lastword.config.Secret;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlsFilesTest {
  /** Of the throwaway keys below; made, as these were, by OpenSSL 3. */
  static final String PASSWORD = "open-sesame";

  static final String EC_CERTIFICATE =
      """
      -----BEGIN CERTIFICATE-----
      MIIBbTCCAROgAwIBAgIUcJVKt6UOsIKqBnqUbDGXdvfg0qAwCgYIKoZIzj0EAwIw
      DDEKMAgGA1UEAwwBeDAeFw0yNjExMjExNDExMDVaFw0yNjExMjIxNDExMDVaMAwx
      CjAIBgNVBAMMAXgwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARJFs85pzVSnaLQ
      bNEVIEkWt3O3nNrgndsu0m93Zqc+9p+LRa6/JIwyaLR0FMPufZ3K29XffZ/odEqP
      qUNe0Li7o1MwUTAdBgNVHQ4EFgQU+V2KNdoInbyurrNFqyftDXnv61gwHwYDVR0j
      BBgwFoAU+V2KNdoInbyurrNFqyftDXnv61gwDwYDVR0TAQH/BAUwAwEB/zAKBggq
      hkjOPQQDAgNIADBFAiEAreVMMCV4BYhzu9sOQVnlxMUoinDyocv55+Bh4xa8jW0C
      IHWDJFlYJ+iMrz6jiL6EQkLHvMuj6K/CgJz0Z2rzVy3n
      -----END CERTIFICATE-----
      """;

  /** {@code openssl ecparam -genkey}. */
  private static final String EC_SEC1 =
      """
      -----BEGIN EC PRIVATE KEY-----
      MHcCAQEEIAXzYfbiqZ77w4x0dLgsj/mD+UCx19b/CDPldB2a/FcToAoGCCqGSM49
      AwEHoUQDQgAESRbPOac1Up2i0GzRFSBJFrdzt5za4J3bLtJvd2anPvafi0WuvySM
      Mmi0dBTD7n2dytvV332f6HRKj6lDXtC4uw==
      -----END EC PRIVATE KEY-----
      """;

  /** {@code openssl pkcs8 -topk8}. */
  static final String EC_ENCRYPTED =
      """
      -----BEGIN ENCRYPTED PRIVATE KEY-----
      MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhxnh3ykf/TGwICCAAw
      DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEENbVlRgOE4JU+eQBnk0Cx1gEgZDe
      AgeyyF+QP5vbat88TFeYJ2kfo0wCNH0Obgt+WJZPvpp25ywAaqwEjg18PwYcuYuh
      StKSemetEN81uuCHvlqcPTnU4ImUqH1P7CF51CRiwvQOGfugLy5qsndZzDfSx+do
      LVqoc12f6cilj8VMBVpb+Z9ITF8YZGvqaKgwuHLmIJAOHgYvrmEbh+9ryBIq/H0=
      -----END ENCRYPTED PRIVATE KEY-----
      """;

  /** {@code openssl pkcs8 -topk8 -v1 PBE-SHA1-3DES}. */
  private static final String EC_ENCRYPTED_V1 =
      """
      -----BEGIN ENCRYPTED PRIVATE KEY-----
      MIGxMBwGCiqGSIb3DQEMAQMwDgQIXDjNsQBvV7gCAggABIGQi2zOO1n5L1kYxDOG
      a6L5DAlrjQky/UR8DfWl64w5o3C5NWbvl5lyAZB6OFM4MS4HSTuhuKDxI4V9i18s
      ToB9tMNgCeh5kwLhtn5cHeaY9e0na+WNoXBMATcJg2Pe63pNqJPFTIQWmsheYS49
      K7m4WH81TDNq9Ecfztv3W2P5B3BPOqE0D7ZpuYxUO7OC0nIG
      -----END ENCRYPTED PRIVATE KEY-----
      """;

  @TempDir Path folder;

  private TlsFiles.Credentials load(String certificate, String key, Optional<Secret> password)
      throws Exception {
    Path certificateFile = Certificates.write(folder, "cert.pem", certificate);
    Path keyFile = Certificates.write(folder, "key.pem", key);
    return TlsFiles.read(List.of(certificateFile, keyFile))
        .credentials(certificateFile, keyFile, password);
  }

  @ParameterizedTest
  @ValueSource(strings = {EC_SEC1, EC_ENCRYPTED, EC_ENCRYPTED_V1})
  void keys_are_read_as_openssl_writes_them(String key) throws Exception {
    assertThat(load(EC_CERTIFICATE, key, Optional.of(new Secret(PASSWORD))).key().getAlgorithm())
        .isEqualTo("EC");
  }

  @Test
  void a_key_is_read_as_a_mysql_server_makes_it() throws Exception {
    X509Bundle rsa =
        new CertificateBuilder()
            .rsa2048()
            .subject("CN=rsa")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    KeyPair pair = rsa.getKeyPair();
    byte[] pkcs8 = pair.getPrivate().getEncoded();
    // In PKCS#8 26 bytes stand before the PKCS#1 key of 2048 bits: version, algorithm, and the head
    // of the octet string.
    byte[] pkcs1 = Arrays.copyOfRange(pkcs8, 26, pkcs8.length);
    String key = pem("RSA PRIVATE KEY", pkcs1);
    assertThat(load(rsa.getCertificatePEM(), key, Optional.empty()).key())
        .isEqualTo(pair.getPrivate());
  }

  @Test
  void certificate_and_key_may_stand_in_one_file_with_remarks() throws Exception {
    String both = "Bag Attributes\n" + EC_SEC1 + "subject=CN = x\n" + EC_CERTIFICATE;
    assertThat(load(both, both, Optional.empty()).chain()).hasSize(1);
  }

  @Test
  void a_wrong_password_is_told_from_a_missing_one_and_not_shown() {
    assertThatThrownBy(() -> load(EC_CERTIFICATE, EC_ENCRYPTED, Optional.empty()))
        .isInstanceOf(BadTlsFile.class)
        .hasMessageContaining("no key-password is given");
    assertThatThrownBy(
            () -> load(EC_CERTIFICATE, EC_ENCRYPTED, Optional.of(new Secret("abracadabra"))))
        .isInstanceOf(BadTlsFile.class)
        .hasMessageContaining("the key-password is wrong")
        .hasMessageNotContaining("abracadabra");
  }

  @Test
  void a_key_of_another_certificate_is_refused() throws Exception {
    X509Bundle other = Certificates.authority("other");
    assertThatThrownBy(() -> load(EC_CERTIFICATE, other.getPrivateKeyPEM(), Optional.empty()))
        .isInstanceOf(BadTlsFile.class)
        .hasMessageContaining("key.pem")
        .hasMessageContaining("is not the key of the certificate");
  }

  @Test
  void the_old_encryption_of_openssl_is_refused_with_the_way_out() {
    String old =
        """
        -----BEGIN RSA PRIVATE KEY-----
        Proc-Type: 4,ENCRYPTED
        DEK-Info: AES-128-CBC,C89820CBEB4331B7618327AB9B3A3360

        AAAA
        -----END RSA PRIVATE KEY-----
        """;
    assertThatThrownBy(() -> load(EC_CERTIFICATE, old, Optional.of(new Secret(PASSWORD))))
        .isInstanceOf(BadTlsFile.class)
        .hasMessageContaining("openssl pkcs8 -topk8");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        "-----BEGIN EC PRIVATE KEY-----\nMAMCAQE=\n-----END EC PRIVATE KEY-----",
        "-----BEGIN EC PRIVATE KEY-----\nMA==\n-----END EC PRIVATE KEY-----",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nA\n-----END PRIVATE KEY-----"
      })
  void damaged_keys_are_refused_by_name(String key) {
    assertThatThrownBy(() -> load(EC_CERTIFICATE, key, Optional.of(new Secret(PASSWORD))))
        .isInstanceOf(BadTlsFile.class)
        .hasMessageContaining("key.pem");
  }

  @Test
  void a_damaged_certificate_is_refused_by_name() {
    String damaged = EC_CERTIFICATE.replace("MIIB", "MIIA");
    assertThatThrownBy(() -> load(damaged, EC_SEC1, Optional.empty()))
        .isInstanceOf(BadTlsFile.class)
        .hasMessageContaining("cert.pem");
  }

  @Test
  void the_check_finds_every_bad_file_and_its_line() throws Exception {
    Certificates.write(folder, "cert.pem", EC_CERTIFICATE);
    Certificates.write(folder, "key.pem", EC_ENCRYPTED);
    Certificates.write(folder, "empty.pem", "");
    String text =
        """
        listeners:
          - name: x
            protocol: x
            servers: [db1]
            tls:
              certificate: cert.pem
              key: key.pem
              key-password: { env: PASSWORD }
        servers:
          - name: db1
            host: db1.example
            tls: { mode: REQUIRED, verify: CA, ca: empty.pem, certificate: empty.pem, key: key.pem }
        admin:
          http: { tls: { mode: REQUIRED, certificate: cert.pem, key: cert.pem } }
        """;
    String file = folder.resolve("lastword.yaml").toString();
    assertThatThrownBy(
            () -> ConfigLoader.parse(text, file, Map.of("PASSWORD", "abracadabra"), TlsFiles.CHECK))
        .isInstanceOfSatisfying(
            InvalidConfig.class,
            e ->
                assertThat(e.problems())
                    .extracting(Problem::line, Problem::key)
                    .containsExactly(
                        org.assertj.core.api.Assertions.tuple(8, "listeners[0].tls.key-password"),
                        org.assertj.core.api.Assertions.tuple(12, "servers[0].tls.ca"),
                        org.assertj.core.api.Assertions.tuple(12, "servers[0].tls.certificate"),
                        org.assertj.core.api.Assertions.tuple(14, "admin.http.tls.key")))
        .hasMessageNotContaining("abracadabra");

    String good =
        text.replace("empty.pem, certificate: empty.pem, key: key.pem", "cert.pem")
            .replace("key: cert.pem", "key: key.pem, key-password: { env: PASSWORD }");
    Config config = ConfigLoader.parse(good, file, Map.of("PASSWORD", PASSWORD), TlsFiles.CHECK);
    assertThat(config.listeners().getFirst().tls().mode()).isEqualTo(ClientTls.Mode.PREFERRED);
    assertThat(config.toString()).doesNotContain(PASSWORD);
  }

  private static String pem(String label, byte[] content) {
    return "-----BEGIN "
        + label
        + "-----\n"
        + Base64.getMimeEncoder().encodeToString(content)
        + "\n-----END "
        + label
        + "-----\n";
  }
}
