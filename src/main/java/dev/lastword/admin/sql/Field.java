package dev.lastword.admin.sql;

import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A column of a result.
 *
 * @param label what it is called in this result
 * @param name what it is called in its table; empty if it is in none
 * @param decimals digits behind the point, of seconds or of a number
 */
record Field(String label, String name, String table, String schema, Type type, int decimals) {
  /** What it holds; with the Java type of its values. */
  enum Type {
    /** A Long, 0 or 1. */
    BOOLEAN,
    /** A Long. */
    INTEGER,
    /** A Double. */
    REAL,
    /** A BigDecimal. */
    DECIMAL,
    /** A String. */
    TEXT,
    /** An array of bytes. */
    BYTES,
    /** A LocalDateTime. */
    DATETIME,
    /** A LocalDate. */
    DATE,
    /** A LocalTime. */
    TIME
  }

  static Field text(String label) {
    return new Field(label, "", "", "", Type.TEXT, 0);
  }

  static List<Field> of(ResultSetMetaData meta) throws SQLException {
    List<Field> fields = new ArrayList<>();
    for (int i = 1; i <= meta.getColumnCount(); i++) {
      String schema = meta.getSchemaName(i);
      boolean stored = !meta.getTableName(i).isEmpty();
      Type type = type(meta.getColumnType(i));
      fields.add(
          new Field(
              meta.getColumnLabel(i),
              stored ? meta.getColumnName(i) : "",
              meta.getTableName(i),
              schema.equals(Schemas.INFORMATION_SCHEMA_INSIDE)
                  ? Schemas.INFORMATION_SCHEMA
                  : schema,
              type,
              switch (type) {
                case DATETIME, TIME -> Math.min(6, meta.getScale(i));
                case DECIMAL -> Math.clamp(meta.getScale(i), 0, 30);
                case BOOLEAN, INTEGER, REAL, TEXT, BYTES, DATE -> 0;
              }));
    }
    return fields;
  }

  private static Type type(int jdbc) {
    return switch (jdbc) {
      case Types.BOOLEAN, Types.BIT, Types.TINYINT -> Type.BOOLEAN;
      case Types.SMALLINT, Types.INTEGER, Types.BIGINT -> Type.INTEGER;
      case Types.REAL, Types.FLOAT, Types.DOUBLE -> Type.REAL;
      case Types.NUMERIC, Types.DECIMAL -> Type.DECIMAL;
      case Types.BINARY, Types.VARBINARY, Types.LONGVARBINARY, Types.BLOB -> Type.BYTES;
      case Types.TIMESTAMP, Types.TIMESTAMP_WITH_TIMEZONE -> Type.DATETIME;
      case Types.DATE -> Type.DATE;
      case Types.TIME, Types.TIME_WITH_TIMEZONE -> Type.TIME;
      default -> Type.TEXT;
    };
  }

  /** Takes its value from the row at which the result stands. */
  @Nullable Object value(ResultSet from, int column) throws SQLException {
    Object value =
        switch (type) {
          case BOOLEAN, INTEGER -> from.getLong(column);
          case REAL -> from.getDouble(column);
          case DECIMAL -> from.getBigDecimal(column);
          case TEXT -> from.getString(column);
          case BYTES -> from.getBytes(column);
          case DATETIME -> dateTime(from, column);
          case DATE -> from.getObject(column, LocalDate.class);
          case TIME -> from.getObject(column, LocalTime.class);
        };
    return from.wasNull() ? null : value;
  }

  private static @Nullable LocalDateTime dateTime(ResultSet from, int column) throws SQLException {
    if (from.getMetaData().getColumnType(column) == Types.TIMESTAMP) {
      return from.getObject(column, LocalDateTime.class);
    }
    OffsetDateTime time = from.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.withOffsetSameInstant(ZoneOffset.UTC).toLocalDateTime();
  }
}
