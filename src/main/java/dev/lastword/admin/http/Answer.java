package dev.lastword.admin.http;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * What a request is answered with, as a whole.
 *
 * @param status of the answer
 * @param type its content type; empty if there is no content
 * @param body the content
 * @param headers further ones, by name
 */
record Answer(HttpResponseStatus status, String type, ByteBuffer body, Map<String, String> headers)
    implements Reply {
  static final Answer NO_CONTENT =
      new Answer(HttpResponseStatus.NO_CONTENT, "", ByteBuffer.allocate(0), Map.of());

  static Answer json(Json.Content content) {
    return json(HttpResponseStatus.OK, content);
  }

  static Answer json(HttpResponseStatus status, Json.Content content) {
    return new Answer(status, "application/json", ByteBuffer.wrap(Json.bytes(content)), Map.of());
  }

  static Answer text(HttpResponseStatus status, String line) {
    return new Answer(
        status,
        "text/plain; charset=utf-8",
        ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)),
        Map.of());
  }

  Answer as(String otherType) {
    return new Answer(status, otherType, body, headers);
  }

  Answer with(Map<String, String> more) {
    Map<String, String> all = new HashMap<>(headers);
    all.putAll(more);
    return new Answer(status, type, body, Map.copyOf(all));
  }
}
