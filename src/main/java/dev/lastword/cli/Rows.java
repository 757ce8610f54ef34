package dev.lastword.cli;

import dev.lastword.cli.Terminal.Colour;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Rows of the API as a table for people. */
final class Rows {
  private Rows() {}

  /** The lines, names first; columns that no row has are left out. */
  static List<String> lines(
      List<Map<String, @Nullable Object>> rows, List<String> columns, Terminal terminal) {
    Instant now = Instant.now();
    TextTable table = new TextTable(columns);
    for (Map<String, @Nullable Object> row : rows) {
      table.row();
      for (String column : columns) {
        Object value = row.get(column);
        table.cell(Cells.text(column, value, now), Cells.isNumber(value), colour(column, value));
      }
    }
    return table.lines(terminal);
  }

  static Colour colour(String column, @Nullable Object value) {
    return switch (column) {
      case "state" ->
          switch (String.valueOf(value)) {
            case "alive", "answers" -> Colour.GOOD;
            case "unknown", "shutting-down", "restarted" -> Colour.DOUBTFUL;
            case "refused", "no-answer", "lost-role" -> Colour.BAD;
            default -> Colour.NONE;
          };
      case "draining" -> Boolean.TRUE.equals(value) ? Colour.DOUBTFUL : Colour.NONE;
      case "delivery" -> "undeliverable".equals(value) ? Colour.BAD : Colour.NONE;
      default -> Colour.NONE;
    };
  }
}
