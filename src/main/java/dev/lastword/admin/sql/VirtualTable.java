package dev.lastword.admin.sql;

import dev.lastword.admin.Column;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table as SQL clients see it; it holds nothing.
 *
 * @param schema where it is, in lower case
 * @param name its own name
 * @param comment for people
 * @param rows what it shows
 */
record VirtualTable(String schema, String name, String comment, List<Part> columns, Rows rows) {
  VirtualTable {
    columns = List.copyOf(columns);
  }

  /**
   * A column.
   *
   * @param name as it is shown; it is found in any case
   */
  record Part(String name, Column.Type type, String comment) {
    /** Its type in the words of MySQL. */
    String mysqlType() {
      return switch (type) {
        case TEXT -> "varchar(1024)";
        case INTEGER -> "bigint";
        case REAL -> "double";
        case BOOLEAN -> "tinyint(1)";
        case TIMESTAMP -> "datetime(3)";
      };
    }
  }

  /** Where rows come from. */
  @FunctionalInterface
  interface Rows {
    /** A snapshot, in the order of the columns. May wait for event loops. */
    List<@Nullable Object[]> read(SqlFacts facts);
  }

  /** What {@code SHOW CREATE TABLE} shows. */
  String definition() {
    StringBuilder text = new StringBuilder("CREATE TABLE `").append(name).append("` (\n");
    for (int i = 0; i < columns.size(); i++) {
      Part column = columns.get(i);
      text.append("  `").append(column.name()).append("` ").append(column.mysqlType());
      if (!column.comment().isEmpty()) {
        text.append(" COMMENT '").append(column.comment().replace("'", "''")).append('\'');
      }
      text.append(i + 1 < columns.size() ? ",\n" : "\n");
    }
    return text.append(") ENGINE=LASTWORD COMMENT='")
        .append(comment.replace("'", "''"))
        .append('\'')
        .toString();
  }
}
