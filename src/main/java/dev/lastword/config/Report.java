package dev.lastword.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Everything that is noticed while a text is read: problems, where its keys stand, and which keys were asked for. */
final class Report implements Check.Findings {
  private record Place(int line, int column) {}

  private final List<Problem> problems = new ArrayList<>();
  private final Map<String, Place> places = new HashMap<>();
  private final Set<String> wrong = new HashSet<>();
  private final Map<String, String> known = new LinkedHashMap<>();

  /** Notes where the value of a key stands. */
  void place(String path, int line, int column) {
    places.putIfAbsent(path, new Place(line, column));
  }

  /** Notes that a key exists, and what may be written there; empty if it holds further keys. */
  void known(String path, String allowed) {
    known.putIfAbsent(path.replaceAll("\\[\\d+]", "[]"), allowed);
  }

  /** Adds a problem at a place of its own. */
  void add(Problem problem) {
    problems.add(problem);
  }

  /** Adds a problem with the value of a key, about which nothing more is then said. */
  void wrong(String path, Optional<String> value, String reason, Optional<String> allowed) {
    wrong.add(path);
    Place place = placeOf(path);
    problems.add(new Problem(place.line(), place.column(), path, value, reason, allowed));
  }

  /** Adds what a check found, unless the key is known to be wrong already. */
  @Override
  public void problem(String key, String value, String reason) {
    for (String path = key; !path.isEmpty(); path = parent(path)) {
      if (wrong.contains(path)) {
        return;
      }
    }
    Place place = placeOf(key);
    problems.add(
        new Problem(
            place.line(), place.column(), key, Optional.of(value), reason, Optional.empty()));
  }

  /** All problems in the order of the text. */
  List<Problem> problems() {
    List<Problem> sorted = new ArrayList<>(problems);
    sorted.sort(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column));
    return sorted;
  }

  /** Every key that was asked for, with {@code []} for each item, and what may be written there. */
  Map<String, String> knownKeys() {
    return known;
  }

  /** Where the key stands, or what is around it if it is missing. */
  private Place placeOf(String key) {
    for (String path = key; !path.isEmpty(); path = parent(path)) {
      Place place = places.get(path);
      if (place != null) {
        return place;
      }
    }
    return new Place(1, 1);
  }

  private static String parent(String path) {
    int end = Math.max(path.lastIndexOf('.'), path.lastIndexOf('['));
    return end < 0 ? "" : path.substring(0, end);
  }
}
