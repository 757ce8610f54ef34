package dev.lastword.benchmarks;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What somebody wants to be compared, from the words of a command line in any order.
 *
 * @param length how long and how often
 * @param protocols not empty
 * @param workloads not empty
 */
record Choice(Length length, Set<Protocol> protocols, Set<Workload> workloads) {
  static final String USAGE =
      "usage: benchmarks/compare [quick|full] [--protocol x|classic] [WORKLOAD...]\nworkloads: "
          + names(Workload.values());

  /**
   * Reads the words.
   *
   * @throws IllegalArgumentException if one is not known, or missing; says which, for people
   */
  static Choice of(List<String> words) {
    Length length = null;
    Set<Protocol> protocols = EnumSet.noneOf(Protocol.class);
    Set<Workload> workloads = EnumSet.noneOf(Workload.class);
    for (Iterator<String> rest = words.iterator(); rest.hasNext(); ) {
      String word = rest.next();
      if (word.equals("--protocol")) {
        if (!rest.hasNext()) {
          throw new IllegalArgumentException("--protocol needs x or classic");
        }
        protocols.add(named(Protocol.values(), rest.next(), "protocol"));
      } else if (word.startsWith("--protocol=")) {
        protocols.add(named(Protocol.values(), word.substring("--protocol=".length()), "protocol"));
      } else if (word.startsWith("-")) {
        throw new IllegalArgumentException("there is no option " + word);
      } else if (word.equals("quick") || word.equals("full")) {
        if (length != null) {
          throw new IllegalArgumentException("quick or full is to be said once");
        }
        length = named(Length.values(), word, "length");
      } else {
        workloads.add(named(Workload.values(), word, "workload"));
      }
    }
    return new Choice(
        length == null ? Length.QUICK : length,
        protocols.isEmpty() ? EnumSet.allOf(Protocol.class) : protocols,
        workloads.isEmpty() ? EnumSet.allOf(Workload.class) : workloads);
  }

  /** Whether a report of it is worth keeping. */
  boolean isOfAllWorkloads() {
    return workloads.size() == Workload.values().length;
  }

  private static <E extends Enum<E>> E named(E[] all, String word, String what) {
    return Arrays.stream(all)
        .filter(each -> word(each).equals(word))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "there is no " + what + " " + word + "; there are " + names(all)));
  }

  private static String names(Enum<?>[] all) {
    return Arrays.stream(all).map(Choice::word).collect(Collectors.joining(", "));
  }

  private static String word(Enum<?> each) {
    return each.name().toLowerCase(Locale.ROOT);
  }
}
