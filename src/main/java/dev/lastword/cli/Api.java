package dev.lastword.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;

/** The HTTP API of one proxy. Everything that goes wrong is a {@link Failure} that says what to do. */
final class Api implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofSeconds(60);

  private final String url;
  private final Optional<String> authorization;
  private final HttpClient client;

  Api(ApiOptions options, Map<String, String> environment) {
    url = options.url(environment);
    authorization = options.authorization(environment);
    HttpClient.Builder builder =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT);
    if (url.startsWith("https:")) {
      Trust.of(options).ifPresent(builder::sslContext);
    }
    client = builder.build();
  }

  /** A text as it stands in a path or a query. */
  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** Asks for something that is JSON, and returns it as it is. */
  String get(String path) throws InterruptedException {
    return send(request(path).GET());
  }

  /** Has something done. */
  String post(String path) throws InterruptedException {
    return send(request(path).POST(HttpRequest.BodyPublishers.noBody()));
  }

  /** Sets something to a JSON object. */
  String put(String path, String body) throws InterruptedException {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .PUT(HttpRequest.BodyPublishers.ofString(body)));
  }

  /** The lines of a stream, until it ends. */
  Stream<String> stream(String path) throws InterruptedException {
    HttpRequest request = request(path).header("Accept", "text/event-stream").GET().build();
    try {
      HttpResponse<Stream<String>> response = client.send(request, BodyHandlers.ofLines());
      if (response.statusCode() != 200) {
        try (Stream<String> lines = response.body()) {
          throw refused(response.statusCode(), String.join("\n", lines.toList()));
        }
      }
      return response.body();
    } catch (IOException e) {
      throw unreachable(e);
    }
  }

  private HttpRequest.Builder request(String path) {
    try {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(url + "/api/v1/" + path))
              .header("X-Lastword", "command line");
      authorization.ifPresent(shown -> request.header("Authorization", shown));
      return request;
    } catch (IllegalArgumentException e) {
      throw new Failure(url + " is no URL such as " + ApiOptions.DEFAULT_URL);
    }
  }

  private String send(HttpRequest.Builder request) throws InterruptedException {
    try {
      HttpResponse<InputStream> response =
          client.send(request.timeout(ANSWER).build(), BodyHandlers.ofInputStream());
      try (InputStream in = response.body()) {
        String body = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        if (response.statusCode() >= 300) {
          throw refused(response.statusCode(), body);
        }
        return body;
      }
    } catch (IOException e) {
      throw unreachable(e);
    }
  }

  private Failure refused(int status, String body) {
    String detail = "";
    if (body.startsWith("{")) {
      detail = Cells.clean(JsonText.text(JsonText.object(body), "detail"));
    }
    return switch (status) {
      case 401 ->
          new Failure(
              authorization.isPresent()
                  ? url + " does not accept this account or token"
                  : url + " wants to know who asks: give --user, or a token");
      case 404 -> new Failure(Failure.NOT_FOUND, said(detail, status));
      default -> new Failure(said(detail, status));
    };
  }

  private String said(String detail, int status) {
    return detail.isEmpty() ? url + " answered with HTTP status " + status : detail;
  }

  private Failure unreachable(IOException e) {
    if (e instanceof SSLException) {
      return new Failure(
          "no safe connection to "
              + url
              + ": "
              + message(e)
              + "; give the proxy's certificate with --ca, or --insecure, or is it http://?");
    }
    if (e instanceof HttpTimeoutException && !(e instanceof HttpConnectTimeoutException)) {
      return new Failure(url + " did not answer within " + ANSWER.toSeconds() + " s");
    }
    if (e instanceof ConnectException || e instanceof HttpTimeoutException) {
      return new Failure(
          "no Lastword answers at "
              + url
              + ": "
              + why(e)
              + "; is it running, and is admin.http enabled?");
    }
    return new Failure("the connection to " + url + " broke: " + message(e) + "; is it https://?");
  }

  private static String why(IOException e) {
    if (e instanceof HttpTimeoutException) {
      return "no connection within " + CONNECT.toSeconds() + " s";
    }
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnresolvedAddressException) {
        return "the name is unknown";
      }
    }
    String message = message(e);
    return message.isEmpty() ? "connection refused" : message.toLowerCase(Locale.ROOT);
  }

  private static String message(Throwable e) {
    return e.getMessage() == null ? "" : e.getMessage();
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
