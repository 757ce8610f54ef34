package dev.lastword.demo;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The package sources that this machine is configured with, in both of apt's formats, and what of them can give a MySQL server. */
final class AptSources {
  private static final Pattern ONE_LINE =
      Pattern.compile("deb\\s+(?:\\[([^\\]]*)\\]\\s*)?(\\S+)\\s+(\\S+)\\s*(.*)");

  /** Names under which a Debian mirror's main archive has its suites, besides the release's own code name. */
  private static final Set<String> DEBIAN_SUITES =
      Set.of("stable", "oldstable", "testing", "unstable", "sid");

  private AptSources() {}

  /**
   * One place that packages come from.
   *
   * @param uris where it is
   * @param suites its suites
   * @param components its components; empty for a flat source
   * @param signedBy the keys that may sign it, as the field's value stands in the file; empty for apt's own trusted keys
   * @param architectures the architectures it is limited to; empty for the machine's own
   */
  record Source(
      List<String> uris,
      List<String> suites,
      List<String> components,
      String signedBy,
      String architectures) {

    /** The stanza for a file of apt's newer format. */
    String stanza() {
      StringBuilder text = new StringBuilder("Types: deb\n");
      text.append("URIs: ").append(String.join(" ", uris)).append('\n');
      text.append("Suites: ").append(String.join(" ", suites)).append('\n');
      if (!components.isEmpty()) {
        text.append("Components: ").append(String.join(" ", components)).append('\n');
      }
      if (!architectures.isEmpty()) {
        text.append("Architectures: ").append(architectures).append('\n');
      }
      if (!signedBy.isEmpty()) {
        text.append("Signed-By: ").append(signedBy).append('\n');
      }
      return text.append('\n').toString();
    }
  }

  /**
   * Reads {@code sources.list} and {@code sources.list.d} of a folder, as apt does: only files named {@code *.list} and
   * {@code *.sources} count.
   *
   * @param apt the folder, {@code /etc/apt} on a real machine
   */
  static List<Source> read(Path apt) throws IOException {
    List<Source> sources = new ArrayList<>();
    Path list = apt.resolve("sources.list");
    if (Files.isReadable(list)) {
      sources.addAll(parseList(Files.readString(list)));
    }
    Path parts = apt.resolve("sources.list.d");
    if (Files.isDirectory(parts)) {
      Set<Path> files = new TreeSet<>();
      try (DirectoryStream<Path> stream = Files.newDirectoryStream(parts, "*.{list,sources}")) {
        stream.forEach(files::add);
      }
      for (Path file : files) {
        if (Files.isReadable(file)) {
          String text = Files.readString(file);
          sources.addAll(file.toString().endsWith(".list") ? parseList(text) : parseStanzas(text));
        }
      }
    }
    return sources;
  }

  /** Reads apt's older format: a source in a line. */
  static List<Source> parseList(String text) {
    List<Source> sources = new ArrayList<>();
    for (String line : text.lines().toList()) {
      Matcher parts = ONE_LINE.matcher(line.replaceFirst("#.*", "").strip());
      if (parts.matches()) {
        String signedBy = "";
        String architectures = "";
        String options = parts.group(1) == null ? "" : parts.group(1);
        for (String option : words(options)) {
          String value = option.substring(option.indexOf('=') + 1).replace(',', ' ');
          if (option.startsWith("signed-by=")) {
            signedBy = value;
          } else if (option.startsWith("arch=")) {
            architectures = value;
          }
        }
        sources.add(
            new Source(
                List.of(parts.group(2)),
                List.of(parts.group(3)),
                words(parts.group(4)),
                signedBy,
                architectures));
      }
    }
    return sources;
  }

  /** Reads apt's newer format: a source in a stanza of fields. */
  static List<Source> parseStanzas(String text) {
    List<Source> sources = new ArrayList<>();
    Map<String, String> fields = new TreeMap<>();
    String last = "";
    for (String line : (text + "\n\n").split("\n", -1)) {
      if (line.startsWith("#")) {
        continue;
      }
      if (line.isBlank()) {
        if (words(fields.getOrDefault("types", "")).contains("deb")
            && !fields.getOrDefault("enabled", "yes").equalsIgnoreCase("no")) {
          sources.add(
              new Source(
                  words(fields.getOrDefault("uris", "")),
                  words(fields.getOrDefault("suites", "")),
                  words(fields.getOrDefault("components", "")),
                  fields.getOrDefault("signed-by", ""),
                  fields.getOrDefault("architectures", "")));
        }
        fields.clear();
        last = "";
      } else if (Character.isWhitespace(line.charAt(0))) {
        // A key may stand in the field itself; its lines are kept as they are.
        fields.merge(last, "\n" + line, String::concat);
      } else if (line.indexOf(':') > 0) {
        last = line.substring(0, line.indexOf(':')).toLowerCase(Locale.ROOT);
        fields.put(last, line.substring(line.indexOf(':') + 1).strip());
      }
    }
    return sources;
  }

  /**
   * The sources that a MySQL server is looked for in. Debian's releases carry none, but its unstable suite does, on the same mirror and
   * signed by the same keys; everything is taken from that one suite, so that the server and the C library it runs with fit. Elsewhere
   * the machine's sources are used as they are.
   *
   * @param machine the machine's own sources
   * @param release the machine's {@code os-release}
   */
  static List<Source> forMySql(List<Source> machine, Map<String, String> release) {
    if (!release.getOrDefault("ID", "").equals("debian")) {
      return machine;
    }
    String codename = release.getOrDefault("VERSION_CODENAME", "");
    return machine.stream()
        .filter(source -> source.components().contains("main"))
        .filter(source ->
            source.suites().stream()
                .anyMatch(suite -> suite.equals(codename) || DEBIAN_SUITES.contains(suite)))
        .limit(1)
        .map(source ->
            new Source(
                source.uris(),
                List.of("unstable"),
                List.of("main"),
                source.signedBy(),
                source.architectures()))
        .toList();
  }

  /** Reads an {@code os-release} file. */
  static Map<String, String> release(Path file) throws IOException {
    Map<String, String> values = new TreeMap<>();
    if (Files.isReadable(file)) {
      for (String line : Files.readAllLines(file)) {
        int equals = line.indexOf('=');
        if (equals > 0 && !line.startsWith("#")) {
          values.put(
              line.substring(0, equals).strip(),
              line.substring(equals + 1).strip().replaceAll("^[\"']|[\"']$", ""));
        }
      }
    }
    return values;
  }

  private static List<String> words(String text) {
    return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+"));
  }
}
