package dev.lastword;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What the clients of one protocol were told, for each way to lose a session and each state to be in, and the report of it.
 *
 * @param <S> the states, in the order of the columns
 */
final class ReasonMatrix<S extends Enum<S>> {
  /** The parts of the report, in their order. */
  private static final List<String> PARTS = List.of("X", "Classic");

  private static final String TITLE =
      "# The reason matrix\n\n"
          + "What a client behind Lastword is told, for each way to lose its session and each state it can be in, as `ReasonMatrixIT` (X) and "
          + "`ClassicReasonMatrixIT` saw it on real servers. The time is from the fault until the client had read the end of the connection; "
          + "with idle limits and half requests, from the moment at which the limit was over.\n";

  /** One cell. */
  record Seen(boolean right, String text) {}

  private final Class<S> states;
  private final Function<S, String> header;
  private final Map<Fault, Map<S, Map<Boolean, Seen>>> seen = new EnumMap<>(Fault.class);

  /**
   * Begins with no cell.
   *
   * @param header what stands above the column of a state
   */
  ReasonMatrix(Class<S> states, Function<S, String> header) {
    this.states = states;
    this.header = header;
  }

  /** Notes a cell; may be called by several threads. */
  synchronized void note(Fault fault, S state, boolean tls, Seen what) {
    seen.computeIfAbsent(fault, _ -> new EnumMap<>(states))
        .computeIfAbsent(state, _ -> new TreeMap<>())
        .put(tls, what);
  }

  /**
   * Writes this part, and the whole report with the parts that have been written before: {@code target/reason-matrix.md}, and with {@code
   * -Dlastword.reason-matrix=FILE} that file too.
   *
   * @param protocol one of the parts
   * @param environment on what it was seen
   * @param words what the texts in the cells mean, one a line
   */
  void write(String protocol, String environment, List<String> words) throws IOException {
    Path base = Path.of(System.getProperty("lastword.basedir", "."));
    Path parts = Files.createDirectories(base.resolve("target/reason-matrix"));
    Files.writeString(parts.resolve(protocol + ".md"), part(protocol, environment, words));
    StringBuilder report = new StringBuilder(TITLE);
    for (String part : PARTS) {
      Path file = parts.resolve(part + ".md");
      if (Files.exists(file)) {
        report.append('\n').append(Files.readString(file));
      }
    }
    Files.writeString(base.resolve("target/reason-matrix.md"), report);
    String keep = System.getProperty("lastword.reason-matrix", "");
    if (!keep.isEmpty()) {
      Files.writeString(base.resolve(keep), report);
    }
  }

  /** Begins the report anew: what an earlier run left is not told again. */
  static void forget(String protocol) {
    Path base = Path.of(System.getProperty("lastword.basedir", "."));
    try {
      Files.deleteIfExists(base.resolve("target/reason-matrix").resolve(protocol + ".md"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String part(String protocol, String environment, List<String> words) {
    StringBuilder out = new StringBuilder();
    out.append("## ").append(protocol).append("\n\n").append(environment);
    out.append("\n\n**")
        .append(all().filter(Seen::right).count())
        .append(" of ")
        .append(all().count())
        .append(" cells are right.**\n");
    for (boolean tls : new boolean[] {false, true}) {
      out.append("\n### ")
          .append(protocol)
          .append(tls ? " with TLS" : " without TLS")
          .append("\n\n| |");
      for (S state : states.getEnumConstants()) {
        out.append(' ').append(header.apply(state)).append(" |");
      }
      out.append("\n|---|").append("---|".repeat(states.getEnumConstants().length)).append('\n');
      for (Fault fault : seen.keySet()) {
        out.append("| ").append(fault.text).append(" |");
        for (S state : states.getEnumConstants()) {
          out.append(' ').append(cell(fault, state, tls)).append(" |");
        }
        out.append('\n');
      }
    }
    out.append("\nIn these cells:\n\n");
    words.stream().distinct().forEach(word -> out.append("- ").append(word).append(".\n"));
    return out.toString();
  }

  private String cell(Fault fault, S state, boolean tls) {
    Seen what = seen.getOrDefault(fault, Map.of()).getOrDefault(state, Map.of()).get(tls);
    if (what == null) {
      return "–";
    }
    return what.right() ? what.text() : "**WRONG: " + what.text() + "**";
  }

  private Stream<Seen> all() {
    return seen.values().stream()
        .flatMap(row -> row.values().stream())
        .flatMap(both -> both.values().stream());
  }
}
