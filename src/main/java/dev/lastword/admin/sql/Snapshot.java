package dev.lastword.admin.sql;

import dev.lastword.admin.Column;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.IdentityHashMap;
import java.util.List;
import org.h2.tools.SimpleResultSet;
import org.jspecify.annotations.Nullable;

/** What H2 calls when a view is read. It runs on the thread that asked, so it finds there who asked and what there is. */
public final class Snapshot {
  /** For whom the thread executes a statement. */
  static final ScopedValue<SqlFacts> ASKING = ScopedValue.newInstance();

  /** What the statement has read so far. */
  static final ScopedValue<IdentityHashMap<VirtualTable, List<@Nullable Object[]>>> READ =
      ScopedValue.newInstance();

  /** Where H2 only wants to know the columns. */
  private static final String COLUMNS_ONLY = "jdbc:columnlist:connection";

  private Snapshot() {}

  /**
   * The rows of a table, now.
   *
   * @param connection that of the question
   * @param schema where the table is
   * @param table which it is
   */
  public static ResultSet rows(Connection connection, String schema, String table)
      throws SQLException {
    SqlFacts facts = ASKING.get();
    VirtualTable source = facts.schemas().table(schema, table);
    SimpleResultSet rows = new SimpleResultSet();
    rows.setAutoClose(false);
    for (VirtualTable.Part column : source.columns()) {
      rows.addColumn(column.name(), jdbcType(column.type()), 0, 0);
    }
    if (!connection.getMetaData().getURL().equals(COLUMNS_ONLY)) {
      for (@Nullable Object[] read : read(source, facts)) {
        @Nullable Object[] values = read.clone();
        for (int i = 0; i < values.length; i++) {
          values[i] = h2Value(values[i]);
        }
        rows.addRow(values);
      }
    }
    return rows;
  }

  /** The rows of a table as they were when the statement first looked: a join calls for them again and again. */
  static List<@Nullable Object[]> read(VirtualTable table, SqlFacts facts) {
    if (!READ.isBound()) {
      return table.rows().read(facts);
    }
    List<@Nullable Object[]> rows = READ.get().get(table);
    if (rows == null) {
      rows = table.rows().read(facts);
      READ.get().put(table, rows);
    }
    return rows;
  }

  private static @Nullable Object h2Value(@Nullable Object value) {
    if (value instanceof Boolean yes) {
      return yes ? 1L : 0L;
    }
    return value instanceof Instant instant
        ? LocalDateTime.ofInstant(instant, ZoneOffset.UTC)
        : value;
  }

  private static int jdbcType(Column.Type type) {
    return switch (type) {
      case TEXT -> Types.VARCHAR;
      case INTEGER, BOOLEAN -> Types.BIGINT;
      case REAL -> Types.DOUBLE;
      case TIMESTAMP -> Types.TIMESTAMP;
    };
  }

  /** How a view shows a column of that type: texts are compared as MySQL does, without regard to case. */
  static String viewType(Column.Type type) {
    return switch (type) {
      case TEXT -> "VARCHAR_IGNORECASE";
      case INTEGER -> "BIGINT";
      case REAL -> "DOUBLE PRECISION";
      case BOOLEAN -> "TINYINT";
      case TIMESTAMP -> "TIMESTAMP(3)";
    };
  }
}
