package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The fixture does what it says, on the server that the other tests run on. */
class MySqlServerIT {
  @Test
  void the_shared_server_is_one_and_speaks_both_protocols() {
    MySqlServer server = MySqlServer.shared();
    assertThat(MySqlServer.shared()).isSameAs(server);
    assertThat(server.isRunning()).isTrue();
    assertThat(server.version()).matches("(8|9|\\d\\d)\\.\\d+\\.\\d+.*");
    assertThat(XProbe.answers(server.host(), server.xPort())).isTrue();
    assertThat(server.sql("SELECT @@port AS port").getFirst().number("port")).isPositive();
  }

  @Test
  void rows_come_back_by_column_and_nulls_stay_null() {
    List<Row> rows =
        MySqlServer.shared().sql("SELECT 1 AS n, NULL AS nothing UNION SELECT 2, 'x' ORDER BY n");
    assertThat(rows).hasSize(2);
    assertThat(rows.get(1).number("n")).isEqualTo(2);
    assertThat(rows.get(0).text("nothing")).isNull();
    assertThat(rows.get(1).text("nothing")).isEqualTo("x");
    assertThatThrownBy(() -> rows.get(0).text("other"))
        .hasMessageContaining("other")
        .hasMessageContaining("nothing");
  }

  @Test
  void a_failing_statement_fails_the_test_with_the_servers_own_words() {
    assertThatThrownBy(() -> MySqlServer.shared().sql("SELECT nothing"))
        .hasMessageContaining("Unknown column");
  }

  @Test
  void the_server_offers_tls_with_a_certificate_of_its_own() {
    MySqlServer server = MySqlServer.shared();
    assertThat(server.isTlsAvailable()).isTrue();
    server
        .certificateAuthority()
        .ifPresent(file -> assertThat(file).content().contains("BEGIN CERTIFICATE"));
  }

  @Test
  void options_are_the_servers_own() {
    try (MySqlServer server = MySqlServer.launch("--mysqlx-max-connections=7", "--tls-version=")) {
      assertThat(server.sql("SELECT @@mysqlx_max_connections").getFirst().first()).isEqualTo("7");
      assertThat(server.isTlsAvailable()).isFalse();
    }
  }

  @Test
  void a_wrong_option_is_reported_with_the_servers_log() {
    assertThatThrownBy(() -> MySqlServer.launch("--no-such-option"))
        .hasMessageContaining("no-such-option");
  }

  @Test
  void both_unix_sockets_answer() throws IOException {
    MySqlServer server = MySqlServer.shared();
    Assumptions.assumeTrue(server.xSocket().isPresent(), "the server is in a container");
    for (Path path :
        List.of(server.xSocket().orElseThrow(), server.classicSocket().orElseThrow())) {
      assertThat(path.toString().getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(107);
      try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
        channel.connect(UnixDomainSocketAddress.of(path));
        channel.write(ByteBuffer.wrap(new byte[] {1, 0, 0, 0, 1}));
        assertThat(channel.read(ByteBuffer.allocate(16))).isPositive();
      }
    }
  }

  @Test
  void a_server_that_stops_is_gone_and_comes_back_on_the_same_ports_with_its_data() {
    try (MySqlServer server = MySqlServer.launch()) {
      int xPort = server.xPort();
      server.sql("CREATE SCHEMA kept");
      String uuid = server.sql("SELECT @@server_uuid").getFirst().first();
      server.stop();
      assertThat(server.isRunning()).isFalse();
      assertThat(refuses(xPort)).isTrue();
      assertThat(refuses(server.classicPort())).isTrue();
      server.start();
      assertThat(server.xPort()).isEqualTo(xPort);
      assertThat(XProbe.answers(server.host(), xPort)).isTrue();
      assertThat(server.sql("SHOW SCHEMAS LIKE 'kept'")).hasSize(1);
      assertThat(server.sql("SELECT @@server_uuid").getFirst().first()).isEqualTo(uuid);
      server.restart();
      assertThat(server.sql("SHOW SCHEMAS LIKE 'kept'")).hasSize(1);
    }
  }

  @Test
  void two_servers_have_identities_of_their_own() {
    try (MySqlServer server = MySqlServer.launch()) {
      assertThat(server.sql("SELECT @@server_uuid").getFirst().first())
          .isNotEqualTo(MySqlServer.shared().sql("SELECT @@server_uuid").getFirst().first());
    }
  }

  @Test
  void sigterm_shuts_down_in_order() throws IOException {
    try (MySqlServer server = MySqlServer.launch();
        Socket client = greeted(server)) {
      server.terminate();
      server.awaitEnd();
      assertThat(server.isRunning()).isFalse();
      // In order: the connection ends with a FIN and not with a reset.
      assertThat(client.getInputStream().readAllBytes()).isNotNull();
      server.start();
      assertThat(server.sql("SELECT 1")).hasSize(1);
    }
  }

  @Test
  void sigkill_ends_it_at_once_and_it_recovers_on_the_same_ports() {
    try (MySqlServer server = MySqlServer.launch()) {
      server.sql("CREATE SCHEMA kept");
      server.kill();
      assertThat(server.isRunning()).isFalse();
      assertThat(refuses(server.xPort())).isTrue();
      server.start();
      assertThat(server.sql("SHOW SCHEMAS LIKE 'kept'")).hasSize(1);
    }
  }

  @Test
  void a_frozen_server_accepts_connections_and_says_nothing_until_it_thaws() throws IOException {
    try (MySqlServer server = MySqlServer.launch()) {
      server.freeze();
      assertThat(server.isRunning()).isTrue();
      try (Socket client = connect(server)) {
        client.setSoTimeout(300);
        InputStream in = client.getInputStream();
        assertThatThrownBy(in::read).isInstanceOf(SocketTimeoutException.class);
        server.thaw();
        client.setSoTimeout(10_000);
        assertThat(in.read()).isPositive();
      }
    }
  }

  @Test
  void a_frozen_server_can_be_stopped_and_killed() {
    try (MySqlServer server = MySqlServer.launch()) {
      server.freeze();
      server.stop();
      assertThat(server.isRunning()).isFalse();
      server.start();
      server.freeze();
      server.kill();
      assertThat(server.isRunning()).isFalse();
    }
  }

  @Test
  void a_cut_network_drops_packets_both_ways_and_delivers_them_when_restored() throws IOException {
    try (MySqlServer server = MySqlServer.launch();
        Socket client = greeted(server)) {
      server.cutNetwork();
      assertThatThrownBy(() -> connect(server, 300).close())
          .isInstanceOf(SocketTimeoutException.class);
      // A packet that a live server would refuse with an ERR packet and a close.
      client.getOutputStream().write(new byte[] {1, 0, 0, 1, 0});
      client.setSoTimeout(500);
      InputStream in = client.getInputStream();
      assertThatThrownBy(in::read).isInstanceOf(SocketTimeoutException.class);
      assertThat(MySqlServer.shared().sql("SELECT 1"))
          .as("another server is not cut off")
          .hasSize(1);
      server.restoreNetwork();
      client.setSoTimeout(20_000);
      assertThat(in.read()).isNotEqualTo(-1);
      assertThat(server.sql("SELECT 1")).hasSize(1);
    }
  }

  @Test
  void closing_a_server_leaves_no_process_and_no_file() {
    MySqlServer server = MySqlServer.launch();
    Assumptions.assumeTrue(server instanceof LocalMySqlServer, "the server is in a container");
    LocalMySqlServer local = (LocalMySqlServer) server;
    Path files = Optional.ofNullable(local.process().errorLog().getParent()).orElseThrow();
    long pid = local.process().pid();
    assertThat(files).exists();
    server.close();
    assertThat(files).doesNotExist();
    assertThat(ProcessHandle.of(pid)).isEmpty();
    assertThat(ProcessHandle.current().children().filter(child -> mentions(child, files)))
        .isEmpty();
  }

  /** A JVM of its own starts a server and is then killed. */
  @Test
  void a_server_does_not_outlive_a_killed_jvm() throws IOException, InterruptedException {
    Assumptions.assumeTrue(
        MySqlServer.shared() instanceof LocalMySqlServer, "the server is in a container");
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-Xmx128m",
                StartedAndForgotten.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var out = jvm.inputReader()) {
      String line;
      do {
        line = out.readLine();
      } while (line != null && !line.startsWith("started "));
      assertThat(line).isNotNull();
      String[] words = line.split(" ", -1);
      long pid = Long.parseLong(words[1]);
      Path files = Path.of(words[2]);
      assertThat(ProcessHandle.of(pid)).isPresent();
      jvm.destroyForcibly().waitFor();
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> ProcessHandle.of(pid).isEmpty() && !Files.exists(files));
    } finally {
      jvm.destroyForcibly();
    }
  }

  private static boolean mentions(ProcessHandle process, Path files) {
    return process.info().arguments().map(List::of).orElse(List.of()).stream()
        .anyMatch(argument -> argument.contains(files.toString()));
  }

  private static boolean refuses(int port) {
    try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return false;
    } catch (ConnectException e) {
      return true;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Socket connect(MySqlServer server) throws IOException {
    return connect(server, 5_000);
  }

  private static Socket connect(MySqlServer server, int limit) throws IOException {
    Socket socket = new Socket();
    socket.connect(new InetSocketAddress(server.host(), server.classicPort()), limit);
    return socket;
  }

  /** A classic client that has read the server's greeting and says nothing. */
  private static Socket greeted(MySqlServer server) throws IOException {
    Socket socket = connect(server);
    InputStream in = socket.getInputStream();
    int length = in.read() | in.read() << 8 | in.read() << 16;
    in.readNBytes(1 + length);
    return socket;
  }
}
