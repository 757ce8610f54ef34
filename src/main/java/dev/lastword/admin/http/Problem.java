package dev.lastword.admin.http;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Map;

/** A request that cannot be done. It becomes an answer of type {@code application/problem+json} (RFC 9457). */
final class Problem extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient HttpResponseStatus status;
  private final transient Map<String, String> headers;

  /**
   * Made with what is wrong.
   *
   * @param status of the answer
   * @param detail a sentence for people, without a full stop
   */
  Problem(HttpResponseStatus status, String detail) {
    this(status, detail, Map.of());
  }

  Problem(HttpResponseStatus status, String detail, Map<String, String> headers) {
    super(detail, null, false, false);
    this.status = status;
    this.headers = Map.copyOf(headers);
  }

  static Problem badRequest(String detail) {
    return new Problem(HttpResponseStatus.BAD_REQUEST, detail);
  }

  static Problem notFound(String detail) {
    return new Problem(HttpResponseStatus.NOT_FOUND, detail);
  }

  Answer answer() {
    return Answer.json(
            status,
            json -> {
              json.writeStartObject();
              json.writeStringProperty("type", "about:blank");
              json.writeStringProperty("title", status.reasonPhrase());
              json.writeNumberProperty("status", status.code());
              json.writeStringProperty("detail", getMessage());
              json.writeEndObject();
            })
        .as("application/problem+json")
        .with(headers);
  }
}
