package dev.lastword.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.TreeSet;

/** Guesses which of the known words was meant. */
final class Nearest {
  private Nearest() {}

  /** What to add to a complaint: the word that is nearest, or all of them if none is near. */
  static String hint(String word, Collection<String> known) {
    return new TreeSet<>(known)
        .stream()
            .min(Comparator.comparingInt(candidate -> distance(word, candidate)))
            .map(nearest ->
                distance(word, nearest) <= Math.max(2, nearest.length() / 2)
                    ? "; did you mean " + nearest + "?"
                    : "; known: " + String.join(", ", new TreeSet<>(known)))
            .orElse("");
  }

  /** The least number of letters to insert, delete, replace or swap with their neighbour, case aside. */
  static int distance(String left, String right) {
    String a = left.toLowerCase(java.util.Locale.ROOT);
    String b = right.toLowerCase(java.util.Locale.ROOT);
    int[][] cost = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        int replaced = cost[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        cost[i][j] = Math.min(replaced, 1 + Math.min(cost[i - 1][j], cost[i][j - 1]));
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          cost[i][j] = Math.min(cost[i][j], 1 + cost[i - 2][j - 2]);
        }
      }
    }
    return cost[a.length()][b.length()];
  }
}
