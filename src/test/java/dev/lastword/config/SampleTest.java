package dev.lastword.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.farewell.Cause;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The annotated sample is what people copy: it must load, and be about every key and no other. */
class SampleTest {
  private static final Path SAMPLE =
      Path.of(System.getProperty("lastword.basedir", ""), "config", "lastword.yaml");

  @Test
  void the_sample_loads_and_what_it_shows_are_the_defaults() {
    Config config = ConfigLoader.load(SAMPLE, Map.of("HOME", "/home/me"));
    assertThat(config)
        .isEqualTo(
            Config.builder()
                .listener(Listener.x("x", "db1", "db2"))
                .listener(Listener.classic("classic", "db1", "db2"))
                .server(Server.at("db1", "db1.example"))
                .server(Server.at("db2", "db2.example"))
                .dataDirectory(DataDirectory.of(Map.of("HOME", "/home/me")))
                .admin(AdminSettings.DEFAULT)
                .build());
  }

  @Test
  void the_sample_shows_every_key_there_is_and_no_other() throws Exception {
    String everything = Files.readString(SAMPLE).replaceAll("(?m)^( *)#(?=(- )?[a-z-]+:)", "$1");
    TreeSet<String> shown = new TreeSet<>();
    collect("", Yaml.read(everything), shown);
    assertThat(shown)
        .containsExactlyElementsOf(new TreeSet<>(ConfigLoader.knownKeys(everything).keySet()));
  }

  @Test
  void the_sample_says_of_every_value_what_is_allowed() throws Exception {
    List<String> lines = Files.readAllLines(SAMPLE);
    String everything = Files.readString(SAMPLE).replaceAll("(?m)^( *)#(?=(- )?[a-z-]+:)", "$1");
    Map<String, String> known = ConfigLoader.knownKeys(everything);
    Map<String, String> allowed = new TreeMap<>();
    collectAllowed("", Yaml.read(everything), lines, allowed);
    known.forEach((key, form) -> {
      if (!form.isEmpty()) {
        assertThat(allowed).as(key).containsEntry(key, form);
      }
    });
  }

  @Test
  void the_sample_shows_what_classic_clients_are_told_by_default() throws Exception {
    assertThat(Files.readAllLines(SAMPLE))
        .containsAll(
            Arrays.stream(Listener.Reason.values())
                .map(reason -> {
                  Cause.Reason told = Cause.Reason.valueOf(reason.name());
                  return "      #%s: %d %s"
                      .formatted(Form.spelled(reason), told.classicCode(), told.sqlState());
                })
                .toList());
    assertThat(Listener.Reason.values())
        .as("all but the one that says nothing")
        .hasSize(Cause.Reason.values().length - 1);
  }

  private static void collect(String path, Yaml node, Set<String> keys) {
    if (node instanceof Yaml.Mapping mapping) {
      for (Yaml.Entry entry : mapping.entries()) {
        String key = path.isEmpty() ? entry.key() : path + "." + entry.key();
        keys.add(key);
        collect(key, entry.value(), keys);
      }
    } else if (node instanceof Yaml.Sequence sequence) {
      sequence.items().forEach(item -> collect(path + "[]", item, keys));
    }
  }

  /** What the comment right above a key says is allowed. */
  private static void collectAllowed(
      String path, Yaml node, List<String> lines, Map<String, String> allowed) {
    if (node instanceof Yaml.Mapping mapping) {
      for (Yaml.Entry entry : mapping.entries()) {
        String key = path.isEmpty() ? entry.key() : path + "." + entry.key();
        Matcher comment =
            Pattern.compile(" *# Allowed: (.*)").matcher(lines.get(Math.max(0, entry.line() - 2)));
        if (comment.matches()) {
          allowed.putIfAbsent(key, comment.group(1));
        }
        collectAllowed(key, entry.value(), lines, allowed);
      }
    } else if (node instanceof Yaml.Sequence sequence) {
      sequence.items().forEach(item -> collectAllowed(path + "[]", item, lines, allowed));
    }
  }
}
