package dev.lastword.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.config.ClientTls;
import dev.lastword.config.Config;
import dev.lastword.config.Endpoint;
import dev.lastword.config.InvalidConfig;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.config.ServerTls;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.x.Frame;
import dev.lastword.testing.x.Response;
import dev.lastword.testing.x.XClient;
import dev.lastword.testing.x.XMessages;
import dev.lastword.x.protobuf.Mysqlx;
import dev.lastword.x.protobuf.MysqlxConnection.Capability;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every pair of TLS modes that a configuration may name, with clients that encrypt and clients that do not, over TCP and Unix sockets
 * on both sides: what the client is offered, what works, and which legs are encrypted when the server and the client are asked.
 */
class TlsModesIT {
  private static final String OWNER = "certified";

  private static Path directory;
  private static X509Bundle authority;
  private static X509Bundle stranger;
  private static MySqlServer server;

  @BeforeAll
  static void start() throws Exception {
    directory = Front.temporary();
    authority = authority("the authority");
    stranger = authority("another authority");
    X509Bundle certificate = forLoopback("the server").buildIssuedBy(authority);
    server =
        MySqlServer.launch(
            "--ssl-ca=" + write("ca.pem", authority.getCertificatePEM()),
            "--ssl-cert=" + write("server.pem", certificate.getCertificatePEM()),
            "--ssl-key=" + write("server-key.pem", certificate.getPrivateKeyPEM()));
    Assumptions.assumeTrue(
        server.xSocket().isPresent(), "the server is in a container, which has other files");
    server.sql("CREATE USER " + OWNER + " IDENTIFIED BY 'secret' REQUIRE X509");
    remember(server);
  }

  @AfterAll
  static void stop() {
    server.close();
    Front.delete(directory);
  }

  /** Without TLS only the challenge with SHA-256 is left, and the server remembers a password for it from a login with PLAIN. */
  private static void remember(MySqlServer server) {
    try (XClient client =
        XClient.connect(Front.address(new Endpoint.Unix(server.xSocket().orElseThrow())))) {
      client.authenticatePlain("", server.user(), server.password()).succeeded();
    }
  }

  private static X509Bundle authority(String name) throws Exception {
    return new CertificateBuilder()
        .ecp256()
        .subject("CN=" + name)
        .setIsCertificateAuthority(true)
        .buildSelfSigned();
  }

  private static CertificateBuilder forLoopback(String name) {
    return new CertificateBuilder().ecp256().subject("CN=" + name).addSanIpAddress("127.0.0.1");
  }

  private static Path write(String name, String text) throws Exception {
    return Files.writeString(directory.resolve(name), text);
  }

  private static Server overTcp(MySqlServer server, ServerTls tls) {
    return Server.at("tcp", server.host(), server.xPort(), server.classicPort()).withTls(tls);
  }

  private static Server overUnix(MySqlServer server, ServerTls tls) {
    return Server.at("unix", "localhost")
        .withX(new Endpoint.Unix(server.xSocket().orElseThrow()))
        .withClassic(new Endpoint.Unix(server.classicSocket().orElseThrow()))
        .withTls(tls);
  }

  private static ServerTls tls(ServerTls.Mode mode) {
    return ServerTls.DEFAULT.withMode(mode);
  }

  private static Front front(ClientTls.Mode mode, Server behind) {
    return Front.start(Config.builder().server(behind).listener(Front.listener(mode, behind)));
  }

  // ---- every pair

  static Stream<Arguments> pairs() {
    return Stream.of(ClientTls.Mode.values())
        .flatMap(client ->
            Stream.of(ServerTls.Mode.values())
                .filter(behind ->
                    client != ClientTls.Mode.PASSTHROUGH || behind == ServerTls.Mode.AS_CLIENT)
                .map(behind -> Arguments.of(client, behind)));
  }

  @Test
  void no_other_pair_is_a_configuration() {
    for (ServerTls.Mode mode : ServerTls.Mode.values()) {
      Server behind = overTcp(server, tls(mode));
      Config.Builder builder =
          Config.builder()
              .server(behind)
              .listener(Front.listener(ClientTls.Mode.PASSTHROUGH, behind));
      if (mode != ServerTls.Mode.AS_CLIENT) {
        assertThat(org.assertj.core.api.Assertions.catchThrowable(builder::build))
            .isInstanceOf(InvalidConfig.class)
            .hasMessageContaining("PASSTHROUGH");
      }
    }
  }

  @ParameterizedTest(name = "client {0}, server {1}")
  @MethodSource("pairs")
  void each_pair_of_modes_does_what_it_says(ClientTls.Mode clientMode, ServerTls.Mode serverMode) {
    Path sockets = Front.temporary();
    Config.Builder builder = Config.builder();
    List<Server> servers =
        List.of(overTcp(server, tls(serverMode)), overUnix(server, tls(serverMode)));
    for (Server behind : servers) {
      builder.server(behind);
      for (Endpoint at :
          List.of(
              new Endpoint.Tcp("127.0.0.1", 0),
              new Endpoint.Unix(sockets.resolve(behind.name() + ".sock")))) {
        String side = at instanceof Endpoint.Tcp ? "tcp-" : "unix-";
        builder.listener(
            Listener.x(side + behind.name(), behind.name())
                .withBind(at)
                .withTls(ClientTls.DEFAULT.withMode(clientMode)));
      }
    }
    try (Front front = Front.start(builder)) {
      for (Server behind : servers) {
        boolean serverOnUnix = behind.x() instanceof Endpoint.Unix;
        for (boolean encrypts : new boolean[] {false, true}) {
          Endpoint tcp = new Endpoint.Tcp("127.0.0.1", front.proxy().port("tcp-" + behind.name()));
          Endpoint unix = new Endpoint.Unix(sockets.resolve(behind.name() + ".sock"));
          new Way(clientMode, serverMode, tcp, false, serverOnUnix, encrypts).check();
          new Way(clientMode, serverMode, unix, true, serverOnUnix, encrypts).check();
        }
      }
      front.awaitNoSessions();
    } finally {
      Front.delete(sockets);
    }
  }

  /** One way from a client to the server, and what the modes promise about it. */
  private record Way(
      ClientTls.Mode clientMode,
      ServerTls.Mode serverMode,
      Endpoint at,
      boolean clientOnUnix,
      boolean serverOnUnix,
      boolean wantsTls) {

    boolean clientEncrypts() {
      return wantsTls && clientMode != ClientTls.Mode.DISABLED;
    }

    boolean serverEncrypts() {
      return switch (serverMode) {
        case DISABLED -> false;
        // A Unix socket needs none.
        case PREFERRED -> !serverOnUnix;
        case REQUIRED -> true;
        case AS_CLIENT -> clientEncrypts();
      };
    }

    boolean clientLegIsSafe(boolean encrypted) {
      return encrypted || clientOnUnix;
    }

    /** Whether a password may be sent as it is: what the server allows, and what the proxy allows. */
    boolean plainWorks(boolean clientEncrypted) {
      boolean serverEncrypted =
          serverMode == ServerTls.Mode.AS_CLIENT ? clientEncrypted : serverEncrypts();
      boolean serverTakesIt = serverEncrypted || serverOnUnix;
      return serverTakesIt
          && (clientLegIsSafe(clientEncrypted) || clientMode == ClientTls.Mode.PASSTHROUGH);
    }

    boolean loginAllowed() {
      return clientMode != ClientTls.Mode.REQUIRED || clientLegIsSafe(clientEncrypts());
    }

    void check() {
      withPlain();
      withChallenge();
    }

    private XClient open() {
      XClient client = XClient.connect(Front.address(at));
      List<String> mechanisms =
          plainWorks(false) ? List.of("PLAIN", "SHA256_MEMORY") : List.of("SHA256_MEMORY");
      Optional<String> tls =
          clientMode == ClientTls.Mode.DISABLED ? Optional.empty() : Optional.of("false");
      assertThat(offered(client)).as("%s before TLS", this).isEqualTo(new Offer(tls, mechanisms));
      if (wantsTls) {
        if (clientMode == ClientTls.Mode.DISABLED) {
          Mysqlx.Error refused = client.ask(XMessages.capabilitiesSet(XMessages.tls(true))).error();
          assertThat(refused.getCode()).as("%s", this).isEqualTo(5001);
          assertThat(refused.getSeverity()).isEqualTo(Mysqlx.Error.Severity.ERROR);
        } else {
          client.startTls();
          assertThat(client.tlsSession()).isPresent();
          List<String> after =
              plainWorks(true) ? List.of("PLAIN", "SHA256_MEMORY") : List.of("SHA256_MEMORY");
          assertThat(offered(client))
              .as("%s after TLS", this)
              .isEqualTo(new Offer(Optional.of("true"), after));
          boolean serversOwn = subject(client).equals("CN=the server");
          assertThat(serversOwn).as("%s", this).isEqualTo(clientMode == ClientTls.Mode.PASSTHROUGH);
        }
      }
      return client;
    }

    private void withPlain() {
      try (XClient client = open()) {
        Response login = client.authenticatePlain("", server.user(), server.password());
        if (plainWorks(clientEncrypts())) {
          login.succeeded();
          assertThat(serverIsEncrypted(client)).as("%s", this).isEqualTo(serverEncrypts());
        } else {
          assertThat(login.error().getCode())
              .as("%s", this)
              .isEqualTo(loginAllowed() || plainExposed() ? 1251 : 3159);
        }
      }
    }

    /** Would the server have taken the password, so that the proxy had to be the one who refuses it? */
    private boolean plainExposed() {
      return serverEncrypts() || serverOnUnix;
    }

    private void withChallenge() {
      try (XClient client = open()) {
        Response login = client.authenticateSha256Memory("", server.user(), server.password());
        if (loginAllowed()) {
          login.succeeded();
          assertThat(serverIsEncrypted(client)).as("%s", this).isEqualTo(serverEncrypts());
        } else {
          assertThat(login.error().getCode()).as("%s", this).isEqualTo(3159);
        }
      }
    }
  }

  /** What a server, or the proxy in its name, offers. */
  private record Offer(Optional<String> tls, List<String> mechanisms) {}

  private static Offer offered(XClient client) {
    Optional<String> tls = Optional.empty();
    List<String> mechanisms = new ArrayList<>();
    for (Capability capability :
        client
            .ask(XMessages.capabilitiesGet())
            .succeeded()
            .end()
            .asCapabilities()
            .getCapabilitiesList()) {
      switch (capability.getName()) {
        case "tls" ->
            tls = Optional.of(String.valueOf(capability.getValue().getScalar().getVBool()));
        case "authentication.mechanisms" ->
            capability
                .getValue()
                .getArray()
                .getValueList()
                .forEach(name ->
                    mechanisms.add(name.getScalar().getVString().getValue().toStringUtf8()));
        default -> {
          // Not about security.
        }
      }
    }
    // MYSQL41 is there or not, as the server's version has it.
    mechanisms.remove("MYSQL41");
    mechanisms.sort(null);
    return new Offer(tls, mechanisms);
  }

  private static boolean serverIsEncrypted(XClient client) {
    return !status(client, "Mysqlx_ssl_cipher").isEmpty();
  }

  private static String status(XClient client, String name) {
    return String.valueOf(
        client.sql("SHOW SESSION STATUS LIKE '" + name + "'").rows().getFirst().get(1));
  }

  private static Certificate certificate(XClient client) {
    try {
      return client.tlsSession().orElseThrow().getPeerCertificates()[0];
    } catch (javax.net.ssl.SSLPeerUnverifiedException e) {
      throw new AssertionError(e);
    }
  }

  private static String subject(XClient client) {
    return ((java.security.cert.X509Certificate) certificate(client))
        .getSubjectX500Principal()
        .getName();
  }

  // ---- versions

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void both_versions_of_tls_work_on_both_legs(String version) {
    try (MySqlServer old = MySqlServer.launch("--tls-version=" + version);
        Front front = front(ClientTls.Mode.PREFERRED, overTcp(old, ServerTls.DEFAULT));
        Front other = front(ClientTls.Mode.PREFERRED, overTcp(server, ServerTls.DEFAULT))) {
      for (Front each : List.of(front, other)) {
        try (XClient client = each.connect()) {
          client.startTls(version);
          client.authenticatePlain("", server.user(), server.password()).succeeded();
          assertThat(client.tlsSession().orElseThrow().getProtocol()).isEqualTo(version);
          assertThat(status(client, "Mysqlx_ssl_version"))
              .isEqualTo(each == front ? version : "TLSv1.3");
        }
      }
    }
  }

  // ---- certificates

  @Test
  void a_server_certificate_of_the_right_authority_and_host_is_accepted() throws Exception {
    Path ca = directory.resolve("ca.pem");
    for (ServerTls.Verify verify : ServerTls.Verify.values()) {
      ServerTls tls = tls(ServerTls.Mode.REQUIRED);
      ServerTls verified = verify == ServerTls.Verify.NONE ? tls : tls.withVerify(verify, ca);
      try (Front front = front(ClientTls.Mode.PREFERRED, overTcp(server, verified));
          XClient client = front.connect()) {
        client.login(server.user(), server.password());
        assertThat(serverIsEncrypted(client)).as("%s", verify).isTrue();
      }
    }
  }

  @Test
  void a_server_certificate_of_a_strange_authority_is_refused_in_clear_words() throws Exception {
    Path ca = write("stranger.pem", stranger.getCertificatePEM());
    for (ServerTls.Mode mode : List.of(ServerTls.Mode.REQUIRED, ServerTls.Mode.PREFERRED)) {
      ServerTls verified = tls(mode).withVerify(ServerTls.Verify.CA, ca);
      try (Front front = front(ClientTls.Mode.PREFERRED, overTcp(server, verified));
          XClient client = front.connect()) {
        assertRefused(client);
      }
    }
    // The client is in the middle of TLS of its own when the server's turns out to be wrong.
    ServerTls asClient = tls(ServerTls.Mode.AS_CLIENT).withVerify(ServerTls.Verify.CA, ca);
    try (Front front = front(ClientTls.Mode.PREFERRED, overTcp(server, asClient));
        XClient client = front.connect()) {
      client.startTls();
      assertRefused(client);
    }
  }

  @Test
  void a_server_certificate_for_another_host_is_refused_if_the_host_counts() throws Exception {
    Path ca = directory.resolve("ca.pem");
    Server named = Server.at("named", "localhost", server.xPort(), server.classicPort());
    ServerTls required = tls(ServerTls.Mode.REQUIRED);
    try (Front front =
            front(
                ClientTls.Mode.PREFERRED,
                named.withTls(required.withVerify(ServerTls.Verify.IDENTITY, ca)));
        XClient client = front.connect()) {
      assertRefused(client);
    }
    try (Front front =
            front(
                ClientTls.Mode.PREFERRED,
                named.withTls(required.withVerify(ServerTls.Verify.CA, ca)));
        XClient client = front.connect()) {
      client.login(server.user(), server.password());
    }
  }

  /** A FATAL Error that names TLS and the server, and then the end. */
  private static void assertRefused(XClient client) {
    Frame last = client.awaitEnd().getLast();
    assertThat(last.isFatal()).as("%s", last).isTrue();
    assertThat(last.asError().getCode()).isEqualTo(1043);
    assertThat(last.asError().getSqlState()).isEqualTo("08S01");
    assertThat(last.asError().getMsg())
        .startsWith("Bad handshake: TLS with the server ")
        .containsPattern("certif|subject|host|no TLS|No ");
  }

  @Test
  void an_account_that_requires_a_certificate_is_served_with_the_proxys() throws Exception {
    X509Bundle own = forLoopback("the proxy").buildIssuedBy(authority);
    Path certificate = write("proxy.pem", own.getCertificatePEM());
    Path key = write("proxy-key.pem", own.getPrivateKeyPEM());
    ServerTls shown = ServerTls.DEFAULT.withCertificate(certificate, key);
    try (Front front = front(ClientTls.Mode.PREFERRED, overTcp(server, shown));
        XClient client = front.connect()) {
      client.login(OWNER, "secret");
      assertThat(serverIsEncrypted(client)).isTrue();
    }
    try (Front front = front(ClientTls.Mode.PREFERRED, overTcp(server, ServerTls.DEFAULT));
        XClient client = front.connect()) {
      client.startTls();
      assertThat(client.authenticatePlain("", OWNER, "secret").error().getCode()).isEqualTo(1045);
    }
  }

  @Test
  void a_new_certificate_is_used_without_a_restart_and_old_sessions_go_on() throws Exception {
    X509Bundle first = forLoopback("first").buildIssuedBy(authority);
    X509Bundle second = forLoopback("second").buildIssuedBy(authority);
    Path certificate = write("listener.pem", first.getCertificatePEM());
    Path key = write("listener-key.pem", first.getPrivateKeyPEM());
    Server behind = overTcp(server, ServerTls.DEFAULT);
    try (Front front =
            Front.start(
                Config.builder()
                    .server(behind)
                    .listener(
                        Front.listener(behind)
                            .withTls(ClientTls.DEFAULT.withCertificate(certificate, key))));
        XClient old = front.connect()) {
      old.login(server.user(), server.password());
      assertThat(subject(old)).isEqualTo("CN=first");
      write("listener-key.pem", second.getPrivateKeyPEM());
      write("listener.pem", second.getCertificatePEM());
      Front.soon()
          .atMost(Duration.ofSeconds(15))
          .pollInterval(Duration.ofMillis(50))
          .untilAsserted(() -> {
            try (XClient client = front.connect()) {
              client.login(server.user(), server.password());
              assertThat(subject(client)).isEqualTo("CN=second");
            }
          });
      assertThat(old.sql("SELECT 'still here'").value()).isEqualTo("still here");
    }
  }

  @Test
  void the_proxys_own_certificate_is_kept_over_a_restart() throws Exception {
    Path data = Front.temporary();
    try {
      List<Certificate> shown = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        Server behind = overTcp(server, ServerTls.DEFAULT);
        Config config =
            Config.builder()
                .server(behind)
                .listener(Front.listener(behind))
                .dataDirectory(data)
                .build();
        try (dev.lastword.Proxy proxy = dev.lastword.Proxy.start(config);
            XClient client = XClient.connect("127.0.0.1", proxy.port(Front.LISTENER))) {
          client.startTls();
          shown.add(certificate(client));
        }
      }
      assertThat(shown.getFirst()).isEqualTo(shown.getLast());
    } finally {
      Front.delete(data);
    }
  }

  // ---- servers with another mind

  @Test
  void a_server_without_tls_is_used_as_far_as_the_modes_allow() {
    try (MySqlServer bare = MySqlServer.launch("--tls-version=")) {
      remember(bare);
      for (ServerTls.Mode mode : ServerTls.Mode.values()) {
        try (Front front = front(ClientTls.Mode.PREFERRED, overTcp(bare, tls(mode)));
            XClient client = front.connect()) {
          switch (mode) {
            case REQUIRED -> assertRefused(client);
            case AS_CLIENT -> {
              // Both legs or none, and the server's cannot.
              assertThat(offered(client).tls()).isEmpty();
              Response refused = client.ask(XMessages.capabilitiesSet(XMessages.tls(true)));
              assertThat(refused.error().getCode()).isEqualTo(5001);
              client.authenticateSha256Memory("", bare.user(), bare.password()).succeeded();
            }
            case DISABLED, PREFERRED -> {
              assertThat(offered(client).tls()).contains("false");
              client.startTls();
              client.authenticateSha256Memory("", bare.user(), bare.password()).succeeded();
              assertThat(serverIsEncrypted(client)).isFalse();
            }
          }
        }
      }
      try (Front front = front(ClientTls.Mode.PASSTHROUGH, overTcp(bare, ServerTls.DEFAULT));
          XClient client = front.connect()) {
        assertThat(offered(client).tls()).isEmpty();
        client.authenticateSha256Memory("", bare.user(), bare.password()).succeeded();
      }
    }
  }

  @Test
  void a_server_that_insists_on_tls_sees_the_proxys_leg() {
    server.sql("SET GLOBAL require_secure_transport = ON");
    try {
      for (ServerTls.Mode mode : ServerTls.Mode.values()) {
        try (Front front = front(ClientTls.Mode.PREFERRED, overTcp(server, tls(mode)));
            XClient plain = front.connect();
            XClient encrypting = front.connect()) {
          boolean worksWithout =
              mode == ServerTls.Mode.PREFERRED || mode == ServerTls.Mode.REQUIRED;
          Response without = plain.authenticateSha256Memory("", server.user(), server.password());
          assertThat(without.failed()).as("%s", mode).isEqualTo(!worksWithout);
          if (!worksWithout) {
            assertThat(without.error().getCode()).isEqualTo(3159);
          }
          encrypting.startTls();
          Response with = encrypting.authenticateSha256Memory("", server.user(), server.password());
          assertThat(with.failed()).as("%s", mode).isEqualTo(mode == ServerTls.Mode.DISABLED);
        }
      }
    } finally {
      // Over TLS or not at all: the fixture's own connections are unencrypted.
      try (XClient client = XClient.connect(server.host(), server.xPort())) {
        client.login(server.user(), server.password());
        client.sql("SET GLOBAL require_secure_transport = OFF");
      }
    }
  }
}
