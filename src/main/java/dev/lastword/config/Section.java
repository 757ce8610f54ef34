package dev.lastword.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The keys at one place of the configuration. Who reads it asks for each key it knows; what was not asked for is unknown, and reported by
 * {@link #read}.
 */
final class Section {
  private final Report report;
  private final String path;
  private final Map<String, Yaml> values = new LinkedHashMap<>();
  private final List<Yaml.Entry> entries;
  private final List<String> asked = new ArrayList<>();

  private Section(Report report, String path, List<Yaml.Entry> entries) {
    this.report = report;
    this.path = path;
    this.entries = entries;
    for (Yaml.Entry entry : entries) {
      if (values.putIfAbsent(entry.key(), entry.value()) == null) {
        report.place(path(entry.key()), entry.value().line(), entry.value().column());
      } else {
        report.add(
            new Problem(
                entry.line(),
                entry.column(),
                path(entry.key()),
                Optional.empty(),
                "stands here a second time",
                Optional.empty()));
      }
    }
  }

  /** Reads what stands at a path. If it is not there, or is no mapping, the reader finds no key and takes its defaults. */
  static <T> T read(Report report, String path, Optional<Yaml> node, Function<Section, T> reader) {
    List<Yaml.Entry> entries = List.of();
    if (node.isPresent()) {
      report.place(path, node.get().line(), node.get().column());
      if (node.get() instanceof Yaml.Mapping mapping) {
        entries = mapping.entries();
      } else {
        report.wrong(path, shown(node.get()), "is not a group of keys", Optional.empty());
      }
    }
    Section section = new Section(report, path, entries);
    T result = reader.apply(section);
    section.reportUnknown();
    return result;
  }

  /** The path of a key of this section. */
  String path(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  /** Whether the key stands there, with whatever value. */
  boolean has(String key) {
    return values.containsKey(key);
  }

  /** The value of a key; nothing if it is not there, or wrong, which is then reported. */
  <T> Optional<T> value(String key, Form<T> form) {
    return ask(key, form.allowed()).flatMap(node -> scalar(path(key), node, form));
  }

  /** The value of a key that must be there; what to go on with instead if it is not, or wrong, which is then reported. */
  <T> T required(String key, Form<T> form, T instead) {
    if (!has(key)) {
      report.known(path(key), form.allowed());
      asked.add(key);
      report.wrong(path(key), Optional.empty(), "is missing", Optional.of(form.allowed()));
      return instead;
    }
    return value(key, form).orElse(instead);
  }

  /** The keys below a key. */
  <T> T section(String key, Function<Section, T> reader) {
    return read(report, path(key), ask(key, ""), reader);
  }

  /** The items below a key, each with keys. */
  <T> List<T> sections(String key, Function<Section, T> reader) {
    List<T> all = new ArrayList<>();
    for (Yaml item : items(key, "")) {
      String itemPath = path(key) + "[" + all.size() + "]";
      all.add(read(report, itemPath, Optional.of(item), reader));
    }
    return all;
  }

  /** The items below a key, each a value. One that is wrong is reported and left as it is written. */
  List<String> texts(String key, Form<String> form) {
    List<String> all = new ArrayList<>();
    for (Yaml item : items(key, form.allowed())) {
      String itemPath = path(key) + "[" + all.size() + "]";
      report.place(itemPath, item.line(), item.column());
      all.add(scalar(itemPath, item, form).orElse(shown(item).orElse("")));
    }
    return all;
  }

  /** The items below a key, each a value. One that is wrong is reported and left out. */
  <T> List<T> values(String key, Form<T> form) {
    List<T> all = new ArrayList<>();
    int index = 0;
    for (Yaml item : items(key, form.allowed())) {
      String itemPath = path(key) + "[" + index++ + "]";
      report.place(itemPath, item.line(), item.column());
      scalar(itemPath, item, form).ifPresent(all::add);
    }
    return all;
  }

  /** A value that must not be shown, not even where it is wrong: the key holds either {@code env} or {@code file}. */
  Optional<Secret> secret(String key, Form<Secret> variable, Form<Secret> file) {
    Optional<Yaml> node = ask(key, "");
    report.known(path(key) + ".env", variable.allowed());
    report.known(path(key) + ".file", file.allowed());
    if (node.isEmpty()) {
      return Optional.empty();
    }
    if (!(node.get() instanceof Yaml.Mapping mapping)) {
      report.wrong(
          path(key),
          Optional.empty(),
          "is a secret, and secrets do not stand in this file",
          Optional.of("{ env: NAME } or { file: PATH }"));
      return Optional.empty();
    }
    return read(
        report,
        path(key),
        Optional.of(mapping),
        section -> {
          Optional<Secret> fromVariable = section.value("env", variable);
          Optional<Secret> fromFile = section.value("file", file);
          if (section.has("env") == section.has("file")) {
            report.wrong(
                path(key),
                Optional.empty(),
                section.has("env") ? "has both env and file" : "has neither env nor file",
                Optional.of("{ env: NAME } or { file: PATH }"));
          }
          return fromVariable.or(() -> fromFile);
        });
  }

  /** Reports a problem with a key of this section that its value alone does not show. */
  void wrong(String key, String reason) {
    report.wrong(path(key), Optional.empty(), reason, Optional.empty());
  }

  private List<Yaml> items(String key, String allowed) {
    Optional<Yaml> node = ask(key, allowed);
    if (node.isEmpty()) {
      return List.of();
    }
    if (node.get() instanceof Yaml.Sequence sequence) {
      return sequence.items();
    }
    report.wrong(path(key), shown(node.get()), "is not a list", Optional.empty());
    return List.of();
  }

  private Optional<Yaml> ask(String key, String allowed) {
    asked.add(key);
    report.known(path(key), allowed);
    Optional<Yaml> node = Optional.ofNullable(values.get(key));
    if (node.isPresent() && node.get() instanceof Yaml.Empty) {
      report.wrong(
          path(key),
          Optional.empty(),
          "has no value",
          allowed.isEmpty() ? Optional.empty() : Optional.of(allowed));
      return Optional.empty();
    }
    return node;
  }

  private <T> Optional<T> scalar(String valuePath, Yaml node, Form<T> form) {
    if (!(node instanceof Yaml.Scalar scalar)) {
      report.wrong(valuePath, shown(node), "is not a single value", Optional.of(form.allowed()));
      return Optional.empty();
    }
    try {
      return Optional.of(form.read(scalar.text()));
    } catch (IllegalArgumentException | ArithmeticException e) {
      String reason = e instanceof ArithmeticException ? "is far too large" : e.getMessage();
      report.wrong(
          valuePath,
          Optional.of(scalar.text().isEmpty() ? "\"\"" : scalar.text()),
          String.valueOf(reason),
          Optional.of(form.allowed()));
      return Optional.empty();
    }
  }

  private void reportUnknown() {
    for (Yaml.Entry entry : entries) {
      if (!asked.contains(entry.key())) {
        report.add(
            new Problem(
                entry.line(),
                entry.column(),
                path(entry.key()),
                Optional.empty(),
                "is not a known key" + Nearest.hint(entry.key(), asked),
                Optional.empty()));
      }
    }
  }

  private static Optional<String> shown(Yaml node) {
    return switch (node) {
      case Yaml.Scalar scalar -> Optional.of(scalar.text());
      case Yaml.Mapping _ -> Optional.of("a group of keys");
      case Yaml.Sequence _ -> Optional.of("a list");
      case Yaml.Empty _ -> Optional.empty();
    };
  }
}
