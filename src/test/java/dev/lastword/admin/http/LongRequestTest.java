package dev.lastword.admin.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;

/** Requests that do not fit into what is read at once. */
class LongRequestTest {
  @Test
  void a_request_that_takes_several_reads_is_answered() throws Exception {
    try (HttpServer server = new ShownProxy().open();
        HttpClient client = HttpClient.newHttpClient()) {
      for (int i = 0; i < 5; i++) {
        HttpRequest request =
            HttpRequest.newBuilder(URI.create(server.url() + "/api/v1/status"))
                .header("X-Long", "x".repeat(6_000))
                .build();
        assertThat(client.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
      }
    }
  }
}
