package dev.lastword.admin.http;

import dev.lastword.admin.Column;
import dev.lastword.admin.Table;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How many sessions there are, for those who want to know no more: a page that is looked at all the time must not ask for thousands of
 * rows.
 *
 * @param total all of them
 * @param byState by what they are doing
 * @param byListener by the listener they came through
 * @param byServer by their server, of those that have one
 */
record SessionCounts(
    long total,
    Map<String, Long> byState,
    Map<String, Long> byListener,
    Map<String, Long> byServer) {
  /** Counts the rows of the table of sessions. */
  static <R> SessionCounts of(Table<R> sessions) {
    List<R> rows = sessions.rows().read();
    return new SessionCounts(
        rows.size(),
        by(sessions, "state", rows),
        by(sessions, "listener", rows),
        by(sessions, "server", rows));
  }

  private static <R> Map<String, Long> by(Table<R> sessions, String name, List<R> rows) {
    Column<R> column =
        sessions.columns().stream()
            .filter(one -> one.name().equals(name))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("sessions have no " + name));
    Map<String, Long> counts = new TreeMap<>();
    for (R row : rows) {
      if (column.value().apply(row) instanceof String value && !value.isEmpty()) {
        counts.merge(value, 1L, Long::sum);
      }
    }
    return counts;
  }
}
