package dev.lastword.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Reads JSON into maps, lists, texts, numbers (Long and Double), Boolean and null, with the parser alone, which loads fast. */
final class JsonText {
  private JsonText() {}

  /**
   * Reads an object.
   *
   * @throws Failure if it is none
   */
  static Map<String, @Nullable Object> object(String text) {
    try (JsonParser json = new JsonFactory().createParser(ObjectReadContext.empty(), text)) {
      if (json.nextToken() == JsonToken.START_OBJECT) {
        return map(json);
      }
    } catch (JacksonException e) {
      // Said below.
    }
    throw new Failure("what answers there is no Lastword: it sent no JSON object");
  }

  private static Map<String, @Nullable Object> map(JsonParser json) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = json.currentName();
      map.put(name, value(json, json.nextToken()));
    }
    return map;
  }

  private static @Nullable Object value(JsonParser json, JsonToken token) {
    return switch (token) {
      case START_OBJECT -> map(json);
      case START_ARRAY -> {
        List<@Nullable Object> list = new ArrayList<>();
        for (JsonToken next = json.nextToken();
            next != JsonToken.END_ARRAY;
            next = json.nextToken()) {
          list.add(value(json, next));
        }
        yield list;
      }
      case VALUE_STRING -> json.getString();
      case VALUE_NUMBER_INT -> json.getLongValue();
      case VALUE_NUMBER_FLOAT -> json.getDoubleValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> null;
    };
  }

  /** An object inside another; empty if there is none. */
  @SuppressWarnings("unchecked")
  static Map<String, @Nullable Object> inner(Map<String, ?> map, String name) {
    return map.get(name) instanceof Map<?, ?> inner
        ? (Map<String, @Nullable Object>) inner
        : Map.of();
  }

  /** The objects in a list; empty if there is none. */
  @SuppressWarnings("unchecked")
  static List<Map<String, @Nullable Object>> rows(Map<String, ?> map, String name) {
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    if (map.get(name) instanceof List<?> list) {
      for (Object row : list) {
        if (row instanceof Map<?, ?> object) {
          rows.add((Map<String, @Nullable Object>) object);
        }
      }
    }
    return rows;
  }

  static String text(Map<String, ?> map, String name) {
    Object value = map.get(name);
    return value == null ? "" : value.toString();
  }

  static long number(Map<String, ?> map, String name) {
    return map.get(name) instanceof Number number ? number.longValue() : 0;
  }

  static boolean flag(Map<String, ?> map, String name) {
    return Boolean.TRUE.equals(map.get(name));
  }
}
