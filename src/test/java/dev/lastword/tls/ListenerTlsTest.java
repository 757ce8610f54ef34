package dev.lastword.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.lastword.config.ClientTls;
import dev.lastword.config.Secret;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.LeakPresenceDetector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

class ListenerTlsTest {
  @TempDir Path folder;

  private Path data() {
    return folder.resolve("state/lastword");
  }

  private ListenerTls own() {
    return ListenerTls.create(ClientTls.DEFAULT, "x", data());
  }

  private ListenerTls configured(X509Bundle certificate) throws Exception {
    return ListenerTls.create(configure(certificate), "x", data());
  }

  private ClientTls configure(X509Bundle certificate) throws Exception {
    return ClientTls.DEFAULT.withCertificate(
        Certificates.write(folder, "cert.pem", certificate.getCertificatePathPEM()),
        Certificates.write(folder, "key.pem", certificate.getPrivateKeyPEM()));
  }

  private static SslHandler handler(ListenerTls tls) {
    return tls.newHandler(ByteBufAllocator.DEFAULT);
  }

  @Test
  void the_native_library_is_used_on_this_platform() {
    assertThat(OpenSsl.isAvailable()).as("%s", OpenSsl.unavailabilityCause()).isTrue();
    assertThat(ReloadingContext.fastestProvider()).isEqualTo(SslProvider.OPENSSL_REFCNT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void clients_of_both_versions_are_served(String version) throws Exception {
    try (ListenerTls tls = own();
        Handshake handshake = Handshake.between(Certificates.client(version), handler(tls))) {
      assertThat(handshake.succeeded()).as(handshake.clientFailure()).isTrue();
      assertThat(handshake.version()).isEqualTo(version);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = SslProvider.class,
      names = {"JDK", "OPENSSL_REFCNT"})
  void every_provider_serves_the_same_certificate(SslProvider provider) throws Exception {
    X509Bundle certificate = Certificates.selfSigned("mine");
    try (ListenerTls tls = ListenerTls.create(configure(certificate), "x", data(), provider);
        Handshake handshake = Handshake.between(Certificates.client(), handler(tls))) {
      assertThat(handshake.succeeded()).as(handshake.clientFailure()).isTrue();
      assertThat(handshake.shownToClient()).isEqualTo(certificate.getCertificate());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1", "::1"})
  void the_own_certificate_is_good_for_every_name_of_loopback(String host) throws Exception {
    try (ListenerTls tls = own()) {
      X509Certificate made = madeCertificate();
      try (Handshake handshake =
          Handshake.between(Certificates.verifyingClient(made, host), handler(tls))) {
        assertThat(handshake.succeeded()).as(handshake.clientFailure()).isTrue();
      }
    }
  }

  @Test
  void the_own_certificate_is_good_for_about_ten_years() throws Exception {
    try (ListenerTls _ = own()) {
      X509Certificate made = madeCertificate();
      made.checkValidity(Date.from(Instant.now().plus(Duration.ofDays(3_600))));
      assertThat(made.getNotAfter()).isBefore(Instant.now().plus(Duration.ofDays(3_700)));
    }
  }

  @Test
  void the_own_certificate_is_kept_with_owner_only_rights() throws Exception {
    try (ListenerTls _ = own()) {
      assertThat(rights(data())).isEqualTo("rwx------");
      assertThat(rights(data().resolve("lastword-key.pem"))).isEqualTo("rw-------");
      assertThat(rights(data().resolve("lastword-cert.pem"))).isEqualTo("rw-r--r--");
    }
  }

  @Test
  void the_own_certificate_is_made_once() throws Exception {
    try (ListenerTls first = own();
        ListenerTls second = own();
        Handshake one = Handshake.between(Certificates.client(), handler(first));
        Handshake two = Handshake.between(Certificates.client(), handler(second))) {
      assertThat(one.succeeded() && two.succeeded()).isTrue();
      assertThat(one.shownToClient()).isEqualTo(two.shownToClient());
    }
  }

  @Test
  void a_lost_key_is_made_anew_with_its_certificate() throws Exception {
    X509Certificate before;
    try (ListenerTls _ = own()) {
      before = madeCertificate();
    }
    Files.delete(data().resolve("lastword-key.pem"));
    try (ListenerTls tls = own();
        Handshake handshake = Handshake.between(Certificates.client(), handler(tls))) {
      assertThat(handshake.succeeded()).isTrue();
      assertThat(handshake.shownToClient()).isNotEqualTo(before);
    }
  }

  @Test
  void many_that_start_at_once_agree_on_one_certificate() throws Exception {
    try (ExecutorService starters = Executors.newFixedThreadPool(8)) {
      List<Callable<ListenerTls>> starts = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        starts.add(this::own);
      }
      List<Future<ListenerTls>> started = starters.invokeAll(starts);
      X509Certificate made = madeCertificate();
      for (Future<ListenerTls> one : started) {
        try (ListenerTls tls = one.get();
            Handshake handshake = Handshake.between(Certificates.client(), handler(tls))) {
          assertThat(handshake.succeeded()).isTrue();
          assertThat(handshake.shownToClient()).isEqualTo(made);
        }
      }
    }
  }

  @Test
  void processes_that_start_at_once_agree_on_one_certificate() throws Exception {
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      processes.add(
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  MakeOwnCertificate.class.getName(),
                  data().toString())
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("out" + i).toFile())
              .start());
    }
    for (int i = 0; i < processes.size(); i++) {
      assertThat(processes.get(i).waitFor())
          .as(Files.readString(folder.resolve("out" + i)))
          .isZero();
    }
    List<String> fingerprints = new ArrayList<>();
    for (int i = 0; i < processes.size(); i++) {
      List<String> lines = Files.readAllLines(folder.resolve("out" + i));
      fingerprints.add(lines.getLast());
    }
    assertThat(fingerprints).containsOnly(fingerprints.getFirst());
  }

  @Test
  void a_data_directory_that_cannot_be_written_is_named() throws Exception {
    Path file = Certificates.write(folder, "a-file", "");
    assertThatThrownBy(() -> ListenerTls.create(ClientTls.DEFAULT, "x", file.resolve("below")))
        .isInstanceOf(BadTlsFile.class)
        .hasMessageContaining(file.toString());
  }

  @Test
  void an_encrypted_key_is_opened_with_its_password() throws Exception {
    ClientTls tls =
        ClientTls.DEFAULT.withCertificate(
            Certificates.write(folder, "cert.pem", TlsFilesTest.EC_CERTIFICATE),
            Certificates.write(folder, "key.pem", TlsFilesTest.EC_ENCRYPTED),
            new Secret(TlsFilesTest.PASSWORD));
    try (ListenerTls listener = ListenerTls.create(tls, "x", data());
        Handshake handshake = Handshake.between(Certificates.client(), handler(listener))) {
      assertThat(handshake.succeeded()).as(handshake.clientFailure()).isTrue();
    }
  }

  @Test
  void a_new_certificate_is_for_new_sessions_and_old_sessions_live_on() throws Exception {
    X509Bundle before = Certificates.selfSigned("before");
    X509Bundle after = Certificates.selfSigned("after");
    try (ListenerTls tls = configured(before);
        Handshake old = Handshake.between(Certificates.client(), handler(tls))) {
      assertThat(old.shownToClient()).isEqualTo(before.getCertificate());
      assertThat(tls.reloadIfChanged()).as("nothing has changed").isFalse();

      configure(after);
      assertThat(tls.reloadIfChanged()).isTrue();
      assertThat(tls.reloadIfChanged()).as("once is enough").isFalse();

      try (Handshake fresh = Handshake.between(Certificates.client(), handler(tls))) {
        assertThat(fresh.succeeded()).isTrue();
        assertThat(fresh.shownToClient()).isEqualTo(after.getCertificate());
      }
      assertThat(old.carry("still here")).isEqualTo("still here");
    }
  }

  @Test
  void a_bad_new_file_keeps_the_old_and_is_warned_of_once() throws Exception {
    X509Bundle before = Certificates.selfSigned("before");
    X509Bundle after = Certificates.selfSigned("after");
    try (ListenerTls tls = configured(before);
        Log log = new Log()) {
      Path certificate = Certificates.write(folder, "cert.pem", "no certificate");
      assertThat(tls.reloadIfChanged()).isFalse();
      assertThat(tls.reloadIfChanged()).isFalse();
      assertThat(log.warnings())
          .singleElement()
          .asString()
          .contains("listener=x", certificate.toString(), "no certificate in PEM form");
      try (Handshake handshake = Handshake.between(Certificates.client(), handler(tls))) {
        assertThat(handshake.shownToClient()).isEqualTo(before.getCertificate());
      }

      configure(after);
      assertThat(tls.reloadIfChanged()).as("a good one after it").isTrue();
    }
  }

  @Test
  void a_file_that_is_gone_keeps_the_old() throws Exception {
    X509Bundle before = Certificates.selfSigned("before");
    try (ListenerTls tls = configured(before);
        Log log = new Log()) {
      Files.delete(folder.resolve("key.pem"));
      assertThat(tls.reloadIfChanged()).isFalse();
      assertThat(log.warnings()).singleElement().asString().contains("key.pem", "does not exist");
      try (Handshake handshake = Handshake.between(Certificates.client(), handler(tls))) {
        assertThat(handshake.succeeded()).isTrue();
      }
    }
  }

  @Test
  void a_session_lives_on_after_the_end_of_its_listener() throws Exception {
    ListenerTls tls = own();
    try (Handshake handshake = Handshake.between(Certificates.client(), handler(tls))) {
      tls.close();
      assertThat(handshake.carry("still here")).isEqualTo("still here");
      assertThatThrownBy(() -> handler(tls)).isInstanceOf(IllegalStateException.class);
      assertThat(tls.reloadIfChanged()).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ClientTls.Mode.class,
      names = {"DISABLED", "PASSTHROUGH"})
  void modes_in_which_the_proxy_ends_no_tls_are_refused(ClientTls.Mode mode) {
    assertThatThrownBy(() -> ListenerTls.create(ClientTls.DEFAULT.withMode(mode), "x", data()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(data()).doesNotExist();
  }

  @AfterAll
  static void nothing_is_leaked() {
    LeakPresenceDetector.check();
  }

  private X509Certificate madeCertificate() {
    Path file = data().resolve("lastword-cert.pem");
    return TlsFiles.read(List.of(file)).authorities(file).getFirst();
  }

  private static String rights(Path file) throws Exception {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  /** What a process does that starts for the first time, and then the certificate it shows. */
  static final class MakeOwnCertificate {
    private MakeOwnCertificate() {}

    public static void main(String[] args) throws Exception {
      OwnCertificate own = OwnCertificate.in(Path.of(args[0]));
      TlsFiles files = TlsFiles.read(List.of(own.certificate(), own.key()));
      TlsFiles.Credentials loaded =
          files.credentials(own.certificate(), own.key(), java.util.Optional.empty());
      System.out.println(loaded.chain().getFirst().getSerialNumber());
    }
  }

  private static final class Log implements AutoCloseable {
    private final Logger logger = (Logger) LoggerFactory.getLogger(ReloadingContext.class);
    private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

    Log() {
      appender.start();
      logger.addAppender(appender);
    }

    List<String> warnings() {
      return appender.list.stream()
          .filter(e -> e.getLevel() == Level.WARN)
          .map(ILoggingEvent::getFormattedMessage)
          .toList();
    }

    @Override
    public void close() {
      logger.detachAppender(appender);
    }
  }
}
