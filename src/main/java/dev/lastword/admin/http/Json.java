package dev.lastword.admin.http;

import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;

/** JSON as the API writes it: written as a stream, times in UTC with milliseconds, no value for what is no number. */
final class Json {
  private static final JsonFactory FACTORY = new JsonFactory();

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private Json() {}

  /** Writes a document. */
  @FunctionalInterface
  interface Content {
    void write(JsonGenerator json);
  }

  static byte[] bytes(Content content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      content.write(json);
    }
    return out.toByteArray();
  }

  static String time(Instant at) {
    return TIME.format(at);
  }

  static void property(JsonGenerator json, String name, @Nullable Object value) {
    json.writeName(name);
    value(json, value);
  }

  /** Writes what columns have, and maps and lists of it. */
  static void value(JsonGenerator json, @Nullable Object value) {
    switch (value) {
      case null -> json.writeNull();
      case String text -> json.writeString(text);
      case Long number -> json.writeNumber(number);
      case Integer number -> json.writeNumber(number);
      case Double number when Double.isFinite(number) -> json.writeNumber(number);
      case Double _ -> json.writeNull();
      case Boolean flag -> json.writeBoolean(flag);
      case Instant at -> json.writeString(time(at));
      case Map<?, ?> map -> {
        json.writeStartObject();
        map.forEach((key, inner) -> property(json, String.valueOf(key), inner));
        json.writeEndObject();
      }
      case List<?> list -> {
        json.writeStartArray();
        list.forEach(inner -> value(json, inner));
        json.writeEndArray();
      }
      default -> throw new IllegalArgumentException("no JSON for a " + value.getClass());
    }
  }

  /**
   * The text that an object has under a name.
   *
   * @param body a document that is an object
   * @throws Problem if it is none, or has no text there
   */
  static String text(String body, String name) {
    String found = null;
    try (JsonParser json = FACTORY.createParser(ObjectReadContext.empty(), body)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw Problem.badRequest("the body is not a JSON object");
      }
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean wanted = name.equals(json.currentName());
        boolean text = json.nextToken() == JsonToken.VALUE_STRING;
        if (wanted && text) {
          found = json.getString();
        } else {
          json.skipChildren();
        }
      }
    } catch (StreamReadException e) {
      throw Problem.badRequest("the body is not JSON: " + e.getOriginalMessage());
    }
    if (found == null) {
      throw Problem.badRequest("the body has no text named " + name);
    }
    return found;
  }
}
