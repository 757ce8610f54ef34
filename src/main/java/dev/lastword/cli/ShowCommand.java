package dev.lastword.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Shows a table. */
class ShowCommand extends Remote {
  /** What the API gives at once at most. */
  private static final int MOST_AT_ONCE = 1_000;

  private final String table;
  private final List<String> usual;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "100",
      description = "Rows at most; ${DEFAULT-VALUE} unless given.")
  private int limit = 100;

  @Option(
      names = "--where",
      paramLabel = "COLUMN=VALUE",
      description = "Only rows that have this value; more than one may be given.")
  private List<String> where = new ArrayList<>();

  @Option(
      names = "--order",
      paramLabel = "COLUMN,...",
      description = "What to order by, each with a minus in front for the largest first.")
  private @Nullable String order;

  @Option(
      names = "--columns",
      paramLabel = "COLUMN,...",
      description = "Which columns to show; all for all there are.")
  private @Nullable String columns;

  ShowCommand(String table, String... usual) {
    this.table = table;
    this.usual = List.of(usual);
  }

  @Override
  void run(Api api, PrintWriter out) throws InterruptedException {
    if (limit < 1) {
      throw new Failure("--limit: " + limit + " is less than 1");
    }
    if (json()) {
      if (limit > MOST_AT_ONCE) {
        throw new Failure(
            "--limit: with --json at most "
                + MOST_AT_ONCE
                + ", which is what the proxy answers at once");
      }
      out.println(api.get(query(limit, 0)));
      return;
    }
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    long total = 1;
    while (rows.size() < Math.min(limit, total)) {
      int wanted = Math.min(MOST_AT_ONCE, limit - rows.size());
      Map<String, @Nullable Object> page = JsonText.object(api.get(query(wanted, rows.size())));
      List<Map<String, @Nullable Object>> more = JsonText.rows(page, "rows");
      total = more.isEmpty() ? 0 : JsonText.number(page, "total");
      rows.addAll(more);
    }
    if (rows.isEmpty()) {
      out.println("no " + table);
      return;
    }
    Rows.lines(rows, shown(rows.getFirst()), Terminal.ofProcess(System.getenv()))
        .forEach(out::println);
    if (total > rows.size()) {
      out.println("(" + rows.size() + " of " + total + ")");
    }
  }

  private List<String> shown(Map<String, @Nullable Object> row) {
    if (columns == null) {
      return usual;
    }
    if (columns.equals("all")) {
      return List.copyOf(row.keySet());
    }
    List<String> chosen = List.of(columns.split(",", -1));
    for (String column : chosen) {
      if (!row.containsKey(column)) {
        throw new Failure(
            table + " has no column " + column + "; it has " + String.join(", ", row.keySet()));
      }
    }
    return chosen;
  }

  private String query(int rows, int offset) {
    StringBuilder query = new StringBuilder(table).append("?limit=").append(rows);
    if (offset > 0) {
      query.append("&offset=").append(offset);
    }
    if (order != null) {
      query.append("&order=").append(Api.encoded(order));
    }
    for (String condition : where) {
      int at = condition.indexOf('=');
      if (at < 1) {
        throw new Failure("--where: " + condition + " is not of the form COLUMN=VALUE");
      }
      query
          .append('&')
          .append(Api.encoded(condition.substring(0, at)))
          .append('=')
          .append(Api.encoded(condition.substring(at + 1)));
    }
    return query.toString();
  }
}
