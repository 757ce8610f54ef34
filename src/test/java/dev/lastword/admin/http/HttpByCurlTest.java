package dev.lastword.admin.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lastword.status.Event;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server as curl sees it. */
class HttpByCurlTest {
  @TempDir Path data;

  private final ShownProxy proxy = new ShownProxy();
  private HttpServer server = proxy.open();

  @BeforeAll
  static void curlIsThere() {
    boolean there;
    try {
      there = new ProcessBuilder("curl", "--version").start().waitFor() == 0;
    } catch (IOException | InterruptedException e) {
      there = false;
    }
    assumeTrue(there, "curl is not installed");
  }

  @AfterEach
  void close() {
    server.close();
  }

  private static Process start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("curl", "-sS", "--max-time", "60"));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static String curl(String... arguments) throws IOException, InterruptedException {
    Process curl = start(arguments);
    String said = new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(curl.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return said;
  }

  @Test
  void two_requests_go_over_one_connection() throws Exception {
    String said = curl("-v", server.url() + "/health/live", server.url() + "/health/ready");
    assertThat(said).contains("live\n", "ready\n");
    assertThat(said.split("Connected to 127.0.0.1|Established connection to", -1)).hasSize(2);
    assertThat(said).containsIgnoringCase("re-using");
  }

  @Test
  void head_has_the_headers_of_get_and_no_body() throws Exception {
    String url = server.url() + "/api/v1/sessions";
    String body = curl(url);
    String head = curl("-I", url);
    assertThat(head)
        .startsWith("HTTP/1.1 200 OK")
        .containsIgnoringCase(
            "content-length: " + body.getBytes(StandardCharsets.UTF_8).length + "\r\n");
    assertThat(curl("-I", server.url() + "/api/v1/events/stream"))
        .startsWith("HTTP/1.1 200 OK")
        .contains("text/event-stream");
  }

  @Test
  void what_is_large_is_compressed_for_who_takes_it() throws Exception {
    String url = server.url() + "/openapi.json";
    String plain = curl("-i", url);
    String compressed = curl("-i", "--compressed", url);
    assertThat(plain).doesNotContainIgnoringCase("content-encoding");
    assertThat(compressed).containsIgnoringCase("content-encoding: gzip");
    assertThat(compressed.substring(compressed.indexOf('{')))
        .isEqualTo(plain.substring(plain.indexOf('{')));
    assertThat(curl("-i", "--compressed", server.url() + "/health/live"))
        .doesNotContainIgnoringCase("content-encoding");
  }

  @Test
  void a_file_is_sent_again_only_if_it_has_changed() throws Exception {
    String url = server.url() + "/probe.css";
    String first = curl("-i", url);
    // Scripts and styles are no templates of the build.
    assertThat(first).contains("text/css; charset=utf-8", "color: ${x};");
    assertThat(first).containsIgnoringCase("cache-control: no-cache");
    String tag = first.replaceAll("(?is).*\\betag: (\\S+).*", "$1");
    String again = curl("-i", "-H", "If-None-Match: " + tag, url);
    assertThat(again).startsWith("HTTP/1.1 304 ").endsWith("\r\n\r\n").contains(tag);
    assertThat(curl("-i", "-H", "If-None-Match: W/\"other\"", url)).startsWith("HTTP/1.1 200 ");
    assertThat(curl("-i", "-X", "POST", "-H", "X-Lastword: 1", url)).startsWith("HTTP/1.1 405 ");
  }

  @Test
  void nothing_outside_the_folder_is_a_file() throws Exception {
    for (String path :
        new String[] {
          "/../build.properties",
          "/..%2fbuild.properties",
          "/%2e%2e/build.properties",
          "//etc/passwd",
          "/probe.css/",
          "/./probe.css",
          "/probe.css%00.html"
        }) {
      assertThat(curl("-i", "--path-as-is", server.url() + path))
          .as(path)
          .startsWith("HTTP/1.1 404 ");
    }
  }

  @Test
  void a_body_of_more_than_is_taken_gets_an_answer() throws Exception {
    Path body = Files.write(data.resolve("body"), new byte[1_000_000]);
    assertThat(
            curl(
                "-o",
                "/dev/null",
                "-w",
                "%{http_code}",
                "-X",
                "PUT",
                "-H",
                "Content-Type: application/json",
                "--data-binary",
                "@" + body,
                server.url() + "/api/v1/loggers/x"))
        .contains("413");
  }

  @Test
  void events_come_as_they_happen() throws Exception {
    Process curl = start("-N", "--compressed", server.url() + "/api/v1/events/stream?since=0");
    try (var lines = curl.inputReader(StandardCharsets.UTF_8)) {
      assertThat(lines.readLine()).isEqualTo("retry: 2000");
      assertThat(lines.readLine()).isEmpty();
      proxy.events.enter(Event.Kind.DRAIN_BEGAN, "it began");
      assertThat(lines.readLine()).isEqualTo("event: drain-began");
      assertThat(lines.readLine()).isEqualTo("id: 1");
      assertThat(lines.readLine()).contains("\"text\":\"it began\"");
    } finally {
      curl.destroy();
    }
  }

  @Test
  void over_https_it_has_the_proxys_own_certificate() throws Exception {
    server.close();
    server = HttpServer.open(ShownProxy.https(), proxy.subject(), data);
    String url = server.url() + "/health/live";
    assertThat(url).startsWith("https://");
    assertThat(curl("--cacert", data.resolve("lastword-cert.pem").toString(), url))
        .isEqualTo("live\n");
    assertThat(curl(url)).contains("certificate");
    assertThat(curl("http" + url.substring(5))).doesNotContain("live");
    assertThat(server.reloadCertificate()).isFalse();
  }
}
