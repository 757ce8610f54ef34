package dev.lastword.config;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A configuration as a list of keys and values, with every default filled in. Listeners, servers and accounts go by their names: {@code
 * listeners.x.bind}.
 */
public final class Settings {
  private static final Range TIME = Range.ofMilliseconds(0, Long.MAX_VALUE);

  private final Map<String, Object> values = new LinkedHashMap<>();

  private Settings(Config config) {
    add("", config);
  }

  /** The settings in the order of the file, as text; what is secret is hidden. */
  public static Map<String, String> of(Config config) {
    Map<String, String> texts = new LinkedHashMap<>();
    new Settings(config).values.forEach((key, value) -> texts.put(key, text(value)));
    return texts;
  }

  /** What is different, a line for each setting, in the order of the new one; of a secret only that it is. */
  public static List<String> changes(Config before, Config after) {
    Map<String, Object> old = new Settings(before).values;
    Map<String, Object> now = new Settings(after).values;
    List<String> lines = new ArrayList<>();
    now.forEach((key, value) -> {
      Object was = old.get(key);
      if (was == null) {
        lines.add(key + " is now " + text(value));
      } else if (!was.equals(value)) {
        lines.add(
            value instanceof Secret
                ? key + " has changed"
                : key + " is now " + text(value) + ", was " + text(was));
      }
    });
    old.forEach((key, value) -> {
      if (!now.containsKey(key)) {
        lines.add(key + " is gone, was " + text(value));
      }
    });
    return lines;
  }

  private void add(String key, Object value) {
    switch (value) {
      case Optional<?> optional -> optional.ifPresent(present -> add(key, present));
      case Endpoint endpoint -> values.put(key, endpoint);
      case ErrorCode code -> values.put(key, code);
      case Network network -> values.put(key, network);
      case Secret secret -> values.put(key, secret);
      case Record record -> addAll(key, record);
      case Collection<?> items -> addItems(key, List.copyOf(items));
      case Map<?, ?> map ->
          map.forEach((part, item) -> add(join(key, text(part)), Objects.requireNonNull(item)));
      default -> values.put(key, value);
    }
  }

  private void addAll(String key, Record record) {
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      try {
        add(join(key, kebab(component.getName())), component.getAccessor().invoke(record));
      } catch (IllegalAccessException | InvocationTargetException e) {
        throw new IllegalStateException("a record that hides " + component.getName(), e);
      }
    }
  }

  private void addItems(String key, List<?> items) {
    List<Object> plain = new ArrayList<>();
    for (Object item : items) {
      switch (item) {
        case Listener listener -> add(join(key, listener.name()), listener);
        case Server server -> add(join(key, server.name()), server);
        case Account account -> add(join(key, account.user()), account);
        default -> plain.add(item);
      }
    }
    if (!plain.isEmpty()) {
      values.put(key, List.copyOf(plain));
    }
  }

  private static String join(String key, String part) {
    return key.isEmpty() ? part : key + "." + part;
  }

  private static String kebab(String camel) {
    return camel.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }

  private static String text(Object value) {
    return switch (value) {
      case Duration time -> TIME.show(time.toMillis());
      case ClientTls.Mode mode -> mode.name();
      case ServerTls.Mode mode -> mode.name();
      case ServerTls.Verify verify -> verify.name();
      case Enum<?> constant -> Form.spelled(constant);
      case List<?> items -> String.join(", ", items.stream().map(Settings::text).toList());
      default -> value.toString();
    };
  }
}
