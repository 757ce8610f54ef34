package dev.lastword.admin.http;

import dev.lastword.admin.Column;
import dev.lastword.admin.Table;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * A part of a table: filtered, ordered, and cut to a page. Only the columns that this takes are computed for all rows, and only the page is
 * written.
 */
final class TableQuery<R> {
  /** The words of a query that name no column. */
  static final Set<String> RESERVED = Set.of("limit", "offset", "order", "group");

  static final int MOST_ROWS = 1_000;
  static final int USUAL_ROWS = 100;

  private final Table<R> table;

  TableQuery(Table<R> table) {
    this.table = table;
  }

  /** Answers with a page of the table. */
  Answer page(Call call) {
    int limit = call.number("limit", USUAL_ROWS, 1, MOST_ROWS);
    int offset = call.number("offset", 0, 0, Integer.MAX_VALUE);
    Predicate<R> filter = filter(call.parameters());
    @Nullable Comparator<R> order = order(call.parameter("order", ""));
    String group = call.parameter("group", "");
    @Nullable Column<R> groupBy = group.isEmpty() ? null : column(group);
    List<R> rows = new ArrayList<>();
    for (R row : table.rows().read()) {
      if (filter.test(row)) {
        rows.add(row);
      }
    }
    if (order != null) {
      rows.sort(order);
    }
    int from = Math.min(offset, rows.size());
    List<R> page = rows.subList(from, Math.min(rows.size() - from, limit) + from);
    int total = rows.size();
    return Answer.json(json -> {
      json.writeStartObject();
      json.writeStringProperty("table", table.name());
      json.writeNumberProperty("total", total);
      json.writeNumberProperty("offset", offset);
      json.writeNumberProperty("limit", limit);
      if (groupBy != null) {
        Json.property(json, "groups", groups(groupBy, rows));
      }
      json.writeArrayPropertyStart("rows");
      page.forEach(row -> write(json, row));
      json.writeEndArray();
      json.writeEndObject();
    });
  }

  /** How many rows have each value; those that have none count under the empty name. */
  private static <R> Map<String, Long> groups(Column<R> column, List<R> rows) {
    Map<String, Long> counts = new TreeMap<>();
    for (R row : rows) {
      Object value = column.value().apply(row);
      String name =
          value instanceof Instant at ? Json.time(at) : value == null ? "" : value.toString();
      counts.merge(name, 1L, Long::sum);
    }
    return counts;
  }

  /** Answers with the one row that has this in its first column. */
  Answer row(String key) {
    Column<R> first = table.columns().getFirst();
    List<R> found = find(first, key);
    return switch (found.size()) {
      case 0 ->
          throw Problem.notFound(table.name() + " has no row whose " + first.name() + " is " + key);
      case 1 -> Answer.json(json -> write(json, found.getFirst()));
      default ->
          throw Problem.notFound(
              table.name()
                  + " has several rows whose "
                  + first.name()
                  + " is "
                  + key
                  + "; filter with ?"
                  + first.name()
                  + "=");
    };
  }

  private List<R> find(Column<R> column, String text) {
    try {
      Predicate<R> wanted = filter(column, List.of(text));
      return table.rows().read().stream().filter(wanted).limit(2).toList();
    } catch (Problem _) {
      // Of another type than the values are, so there is none.
      return List.of();
    }
  }

  private void write(JsonGenerator json, R row) {
    json.writeStartObject();
    for (Column<R> column : table.columns()) {
      Json.property(json, column.name(), column.value().apply(row));
    }
    json.writeEndObject();
  }

  private Column<R> column(String name) {
    for (Column<R> column : table.columns()) {
      if (column.name().equals(name)) {
        return column;
      }
    }
    throw Problem.badRequest(
        table.name()
            + " has no column "
            + name
            + "; it has "
            + String.join(", ", table.columns().stream().map(Column::name).toList()));
  }

  /** All columns must be as asked for; a column that is named more than once may have any of the values. */
  private Predicate<R> filter(Map<String, List<String>> parameters) {
    Predicate<R> all = _ -> true;
    for (var parameter : parameters.entrySet()) {
      if (!RESERVED.contains(parameter.getKey())) {
        all = all.and(filter(column(parameter.getKey()), parameter.getValue()));
      }
    }
    return all;
  }

  private Predicate<R> filter(Column<R> column, List<String> texts) {
    Set<@Nullable Object> wanted = new HashSet<>();
    for (String text : texts) {
      wanted.add(value(column, text));
      if (text.isEmpty()) {
        wanted.add(null);
      }
    }
    return row -> wanted.contains(comparable(column.value().apply(row)));
  }

  /** Nothing behind the sign of equality means no value. */
  private static @Nullable Object value(Column<?> column, String text) {
    if (text.isEmpty()) {
      return column.type() == Column.Type.TEXT ? text : null;
    }
    try {
      return switch (column.type()) {
        case TEXT -> text;
        case INTEGER -> Long.valueOf(text);
        case REAL -> Double.valueOf(text);
        case BOOLEAN -> {
          if (!text.equals("true") && !text.equals("false")) {
            throw Problem.badRequest(column.name() + ": " + text + " is neither true nor false");
          }
          yield Boolean.valueOf(text);
        }
        case TIMESTAMP -> Instant.parse(text).toEpochMilli();
      };
    } catch (NumberFormatException e) {
      throw Problem.badRequest(column.name() + ": " + text + " is not a number");
    } catch (DateTimeParseException e) {
      throw Problem.badRequest(
          column.name() + ": " + text + " is not a time such as 2026-11-21T12:03:11.000Z");
    }
  }

  /** Times are shown to the millisecond, so they are compared to the millisecond. */
  private static @Nullable Object comparable(@Nullable Object value) {
    return value instanceof Instant at ? (Object) at.toEpochMilli() : value;
  }

  private @Nullable Comparator<R> order(String text) {
    if (text.isEmpty()) {
      return null;
    }
    @Nullable Comparator<R> all = null;
    for (String term : text.split(",", -1)) {
      boolean descending = term.startsWith("-");
      Column<R> column = column(descending ? term.substring(1) : term);
      Comparator<R> by = by(column, descending);
      all = all == null ? by : all.thenComparing(by);
    }
    return all;
  }

  /** What has no value comes last either way. Each row is asked once, because what it says may change while we sort. */
  private static <R> Comparator<R> by(Column<R> column, boolean descending) {
    IdentityHashMap<R, Object> seen = new IdentityHashMap<>();
    return (a, b) -> {
      Object left = seen.computeIfAbsent(a, row -> orNone(column.value().apply(row)));
      Object right = seen.computeIfAbsent(b, row -> orNone(column.value().apply(row)));
      if (left == NONE || right == NONE) {
        return Boolean.compare(left == NONE, right == NONE);
      }
      int order = compare(left, right);
      return descending ? -order : order;
    };
  }

  private static final Object NONE = new Object();

  private static Object orNone(@Nullable Object value) {
    return value == null ? NONE : value;
  }

  private static int compare(Object a, Object b) {
    return switch (a) {
      case String text -> text.compareTo((String) b);
      case Long number -> number.compareTo((Long) b);
      case Double number -> number.compareTo((Double) b);
      case Boolean flag -> flag.compareTo((Boolean) b);
      case Instant at -> at.compareTo((Instant) b);
      default -> throw new IllegalArgumentException("no order for a " + a.getClass());
    };
  }
}
