package dev.lastword.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLParser;

/** The text of a configuration as a tree that knows where each of its parts stands. Lines and columns count from 1. */
sealed interface Yaml {
  int line();

  int column();

  /** Keys and their values in the order of the text, repeated ones included. */
  record Mapping(int line, int column, List<Entry> entries) implements Yaml {}

  /** One key with its value. The place is the key's. */
  record Entry(int line, int column, String key, Yaml value) {}

  /** A list. */
  record Sequence(int line, int column, List<Yaml> items) implements Yaml {}

  /** A single value as it is written, without quotes. */
  record Scalar(int line, int column, String text) implements Yaml {}

  /** A key without value, or {@code null}. */
  record Empty(int line, int column) implements Yaml {}

  /** The text is no YAML, or YAML of a kind that has no use here. */
  final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;
    private final int line;
    private final int column;

    Malformed(int line, int column, String reason) {
      super(reason);
      this.line = line;
      this.column = column;
    }

    int line() {
      return line;
    }

    int column() {
      return column;
    }
  }

  /**
   * Reads a text of one document.
   *
   * @return its root; {@link Empty} if there is nothing but comments
   * @throws Malformed at the first place that cannot be understood
   */
  static Yaml read(String text) throws Malformed {
    try (YAMLParser parser = parser(text)) {
      JsonToken first = parser.nextToken();
      if (first == null) {
        return new Empty(1, 1);
      }
      Yaml root = node(parser, first);
      if (parser.nextToken() != null) {
        TokenStreamLocation at = parser.currentTokenLocation();
        throw new Malformed(
            at.getLineNr(), at.getColumnNr(), "a second document begins; only one is expected");
      }
      return root;
    } catch (JacksonException e) {
      throw malformed(e);
    }
  }

  private static YAMLParser parser(String text) {
    return (YAMLParser) new YAMLFactory().createParser(ObjectReadContext.empty(), text);
  }

  private static Yaml node(YAMLParser parser, JsonToken token) throws Malformed {
    TokenStreamLocation at = parser.currentTokenLocation();
    int line = at.getLineNr();
    int column = at.getColumnNr();
    if (parser.isCurrentAlias()) {
      throw new Malformed(line, column, "aliases (*name) are not supported: repeat the values");
    }
    if (token == JsonToken.START_OBJECT) {
      List<Entry> entries = new ArrayList<>();
      while (next(parser) != JsonToken.END_OBJECT) {
        TokenStreamLocation key = parser.currentTokenLocation();
        String name = parser.currentName();
        Yaml value = node(parser, next(parser));
        entries.add(new Entry(key.getLineNr(), key.getColumnNr(), name, value));
      }
      return new Mapping(line, column, List.copyOf(entries));
    }
    if (token == JsonToken.START_ARRAY) {
      List<Yaml> items = new ArrayList<>();
      for (JsonToken t = next(parser); t != JsonToken.END_ARRAY; t = next(parser)) {
        items.add(node(parser, t));
      }
      return new Sequence(line, column, List.copyOf(items));
    }
    if (token == JsonToken.VALUE_NULL) {
      return new Empty(line, column);
    }
    return new Scalar(line, column, Optional.ofNullable(parser.getString()).orElse(""));
  }

  private static JsonToken next(YAMLParser parser) throws Malformed {
    JsonToken token = parser.nextToken();
    if (token == null) {
      throw new Malformed(1, 1, "the text ends too early");
    }
    return token;
  }

  private static Malformed malformed(JacksonException e) {
    TokenStreamLocation at = e.getLocation();
    int line = at == null ? 1 : Math.max(1, at.getLineNr());
    int column = at == null ? 1 : Math.max(1, at.getColumnNr());
    // The whole message quotes the lines around the place, and a secret may stand in them: only the
    // cause's own words are used.
    String reason =
        e.getCause() instanceof MarkedYamlEngineException marked
            ? marked.getProblem()
            : "this is not understood here";
    return new Malformed(line, column, "not valid YAML: " + reason.strip());
  }
}
