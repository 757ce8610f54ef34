package dev.lastword.admin;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that can be looked at, defined once for SQL, JSON, the web page and the command line.
 *
 * @param name plural, lower case: {@code sessions}
 * @param comment what its rows are, for people
 * @param columns in their order; the first identifies a row, except in a table of counters
 * @param rows what it shows now
 */
public record Table<R>(String name, String comment, List<Column<R>> columns, Rows<R> rows) {
  /** Copies the columns, so that nobody can change them afterwards. */
  public Table {
    columns = List.copyOf(columns);
  }

  /** Where rows come from. */
  @FunctionalInterface
  public interface Rows<R> {
    /**
     * A snapshot, in the order in which people want to read it: the newest first where there is a time. It may wait for event loops, so it
     * must not be called on one.
     */
    List<R> read();
  }

  /** A snapshot as plain values in the order of the columns. */
  public List<@Nullable Object[]> values() {
    List<@Nullable Object[]> all = new ArrayList<>();
    for (R row : rows.read()) {
      @Nullable Object[] values = new @Nullable Object[columns.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = columns.get(i).value().apply(row);
      }
      all.add(values);
    }
    return all;
  }
}
