package dev.lastword.admin.sql;

import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import org.h2.api.ErrorCode;

/** A statement that is not answered with a result; code, SQLSTATE and text are what a MySQL server would say. */
final class SqlRefusal extends RuntimeException {
  private static final long serialVersionUID = 1;

  private static final int LONGEST = 400;

  private final int code;
  private final String sqlState;

  SqlRefusal(int code, String sqlState, String message) {
    // Nobody looks at where it came from.
    super(message, null, false, false);
    this.code = code;
    this.sqlState = sqlState;
  }

  int code() {
    return code;
  }

  String sqlState() {
    return sqlState;
  }

  String text() {
    return String.valueOf(getMessage());
  }

  static SqlRefusal syntax(String near) {
    return new SqlRefusal(
        1064,
        "42000",
        "You have an error in your SQL syntax near '"
            + (near.length() > 80 ? near.substring(0, 80) : near)
            + "'");
  }

  static SqlRefusal noSuchTable(String schema, String table) {
    return new SqlRefusal(1146, "42S02", "Table '" + schema + "." + table + "' doesn't exist");
  }

  static SqlRefusal unknownDatabase(String schema) {
    return new SqlRefusal(1049, "42000", "Unknown database '" + schema + "'");
  }

  static SqlRefusal unknownVariable(String name) {
    return new SqlRefusal(1193, "HY000", "Unknown system variable '" + name + "'");
  }

  static SqlRefusal unsupported(String what) {
    return new SqlRefusal(1235, "42000", "Lastword's SQL endpoint doesn't support '" + what + "'");
  }

  static SqlRefusal readOnly(String verb) {
    return new SqlRefusal(
        1290, "HY000", "Lastword's SQL endpoint is read-only, so it cannot execute " + verb);
  }

  /** What H2 said, in MySQL's codes. */
  static SqlRefusal of(SQLException e) {
    String text = shortened(String.valueOf(e.getMessage()));
    if (e instanceof SQLTimeoutException) {
      return new SqlRefusal(
          3024,
          "HY000",
          "Query execution was interrupted, maximum statement execution time exceeded");
    }
    return switch (e.getErrorCode()) {
      case ErrorCode.SYNTAX_ERROR_1, ErrorCode.SYNTAX_ERROR_2 ->
          new SqlRefusal(1064, "42000", "You have an error in your SQL syntax: " + text);
      case ErrorCode.TABLE_OR_VIEW_NOT_FOUND_1,
          ErrorCode.TABLE_OR_VIEW_NOT_FOUND_WITH_CANDIDATES_2,
          ErrorCode.TABLE_OR_VIEW_NOT_FOUND_DATABASE_EMPTY_1 ->
          new SqlRefusal(1146, "42S02", text);
      case ErrorCode.SCHEMA_NOT_FOUND_1 -> new SqlRefusal(1049, "42000", text);
      case ErrorCode.COLUMN_NOT_FOUND_1 -> new SqlRefusal(1054, "42S22", text);
      case ErrorCode.AMBIGUOUS_COLUMN_NAME_1 -> new SqlRefusal(1052, "23000", text);
      case ErrorCode.FUNCTION_NOT_FOUND_1 -> new SqlRefusal(1305, "42000", text);
      case ErrorCode.DIVISION_BY_ZERO_1 -> new SqlRefusal(1365, "22012", "Division by 0");
      case ErrorCode.MUST_GROUP_BY_COLUMN_1 -> new SqlRefusal(1055, "42000", text);
      case ErrorCode.OUT_OF_MEMORY -> new SqlRefusal(1041, "HY000", "Out of memory");
      case ErrorCode.NOT_ENOUGH_RIGHTS_FOR_1, ErrorCode.ADMIN_RIGHTS_REQUIRED ->
          new SqlRefusal(1142, "42000", text);
      default -> new SqlRefusal(1105, "HY000", text);
    };
  }

  /** Without the statement, which the client knows, and without H2's number. */
  private static String shortened(String message) {
    int statement = message.indexOf("; SQL statement:");
    String text = statement < 0 ? message : message.substring(0, statement);
    text = text.replace(Schemas.INFORMATION_SCHEMA_INSIDE, Schemas.INFORMATION_SCHEMA);
    return text.length() > LONGEST ? text.substring(0, LONGEST) : text;
  }
}
