package dev.lastword.it;

import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.math.BigDecimal;
import java.sql.BatchUpdateException;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What applications do with a JDBC driver, in pieces that each start in an empty schema of their own. A piece notes what it saw, which is
 * to be the same with a proxy between as without.
 */
final class JdbcPieces {
  /** The schema, made anew for each piece. */
  static final String SCHEMA = "jdbc";

  private JdbcPieces() {}

  /** Opens further connections as the application's first one was opened. */
  interface Source {
    /**
     * Connects.
     *
     * @param changes properties that differ from those of the first connection
     */
    Connection open(Map<String, String> changes) throws SQLException;
  }

  /** A piece of an application: what it does with a connection, and what it saw. */
  interface Piece {
    void run(Connection connection, Source source, List<String> seen) throws Exception;
  }

  private static final Map<String, Piece> PIECES =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("types", JdbcPieces::types),
              Map.entry("prepared statements", JdbcPieces::prepared),
              Map.entry("long data", JdbcPieces::longData),
              Map.entry("cursors", JdbcPieces::cursors),
              Map.entry("streaming", JdbcPieces::streaming),
              Map.entry("batches", JdbcPieces::batches),
              Map.entry("many statements in one", JdbcPieces::multiStatements),
              Map.entry("procedures", JdbcPieces::procedures),
              Map.entry("transactions", JdbcPieces::transactions),
              Map.entry("big packets", JdbcPieces::bigPackets),
              Map.entry("metadata", JdbcPieces::metadata),
              Map.entry("errors", JdbcPieces::errors),
              Map.entry("schemas and time limits", JdbcPieces::schemasAndLimits)));

  /** The names of the pieces. */
  static Stream<String> names() {
    return PIECES.keySet().stream();
  }

  /** Runs a piece, and returns what it saw. */
  static List<String> play(String name, Source source) throws Exception {
    List<String> seen = new ArrayList<>();
    try (Connection connection = source.open(Map.of())) {
      execute(connection, "DROP SCHEMA IF EXISTS " + SCHEMA);
      execute(connection, "CREATE SCHEMA " + SCHEMA);
      connection.setCatalog(SCHEMA);
      Piece piece = PIECES.get(name);
      if (piece == null) {
        throw new IllegalArgumentException(name);
      }
      piece.run(connection, source, seen);
    }
    return seen;
  }

  private static final String ALL_TYPES =
      "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, ti TINYINT, si SMALLINT UNSIGNED, b BIGINT UNSIGNED, f FLOAT, d DOUBLE,"
          + " n DECIMAL(30, 5), bits BIT(9), c CHAR(5), v VARCHAR(50), tx TEXT, vb VARBINARY(50), bl LONGBLOB, e ENUM('x', 'y'),"
          + " s SET('p', 'q'), da DATE, tm TIME(3), dt DATETIME(6), y YEAR, j JSON)";

  private static void types(Connection connection, Source source, List<String> seen)
      throws SQLException {
    execute(connection, ALL_TYPES);
    execute(
        connection,
        "INSERT INTO t (ti, si, b, f, d, n, bits, c, v, tx, vb, bl, e, s, da, tm, dt, y, j) VALUES (-1, 65535, 18446744073709551615, 1.5,"
            + " 2.25, 1234567890.12345, b'101010101', 'abc', 'caf\u00e9', 'text', x'00ff', x'0102', 'y', 'p,q', '2026-11-21', '12:34:56.789',"
            + " '2026-11-21 01:02:03.456789', 2026, '{\"a\": 1}')");
    execute(connection, "INSERT INTO t () VALUES ()");
    try (Statement statement = connection.createStatement()) {
      seen.add(rows(statement.executeQuery("SELECT * FROM t")));
    }
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT * FROM t WHERE id <= ?")) {
      statement.setInt(1, 2);
      seen.add(rows(statement.executeQuery()));
    }
  }

  private static void prepared(Connection connection, Source source, List<String> seen)
      throws SQLException {
    execute(connection, ALL_TYPES);
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO t (ti, b, d, n, v, vb, dt, j) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            Statement.RETURN_GENERATED_KEYS)) {
      for (int i = 0; i < 20; i++) {
        insert.setInt(1, i);
        insert.setLong(2, Long.MAX_VALUE - i);
        insert.setDouble(3, i / 7.0);
        insert.setBigDecimal(4, new BigDecimal("12345.67890"));
        insert.setString(5, i % 3 == 0 ? null : "text \u20ac " + i);
        insert.setBytes(6, new byte[] {0, (byte) i, -1});
        insert.setTimestamp(7, Timestamp.valueOf("2026-11-21 01:02:03.456789"));
        insert.setString(8, "{\"i\": " + i + "}");
        seen.add(String.valueOf(insert.executeUpdate()));
        seen.add(rows(insert.getGeneratedKeys()));
      }
    }
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT id, ti, b, d, n, v, vb, dt, j, ? FROM t WHERE ti BETWEEN ? AND ? ORDER BY id");
        PreparedStatement other = connection.prepareStatement("SELECT COUNT(*) FROM t")) {
      seen.add("parameters " + select.getParameterMetaData().getParameterCount());
      for (int i = 0; i < 6; i++) {
        select.setObject(1, i % 2 == 0 ? "changes its type" : (Object) 42L);
        select.setInt(2, i);
        select.setInt(3, i + 3);
        seen.add(rows(select.executeQuery()));
        seen.add(rows(other.executeQuery()));
      }
      execute(connection, "ALTER TABLE t MODIFY v VARCHAR(200) CHARACTER SET utf8mb4");
      seen.add(rows(select.executeQuery()));
    }
    attempt(seen, () -> connection.prepareStatement("SELECT nothing FROM nowhere").executeQuery());
    // More than a driver's cache holds, so that statements are closed in between.
    for (int i = 0; i < 300; i++) {
      try (PreparedStatement one = connection.prepareStatement("SELECT ? + " + i)) {
        one.setInt(1, i);
        seen.add(rows(one.executeQuery()));
      }
    }
  }

  private static void longData(Connection connection, Source source, List<String> seen)
      throws SQLException {
    execute(connection, "CREATE TABLE t (i INT PRIMARY KEY, b LONGBLOB, c LONGTEXT)");
    byte[] bytes = bytes(3_000_000);
    String text = "0123456789abcde\u00e9".repeat(100_000);
    try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t VALUES (?, ?, ?)")) {
      for (int i = 0; i < 3; i++) {
        insert.setInt(1, i);
        insert.setBinaryStream(2, new ByteArrayInputStream(bytes, i, bytes.length - i));
        insert.setCharacterStream(3, new StringReader(text));
        seen.add(String.valueOf(insert.executeUpdate()));
      }
      insert.setInt(1, 1);
      insert.setBinaryStream(2, new ByteArrayInputStream(new byte[10]));
      insert.setCharacterStream(3, new StringReader("double"));
      attempt(seen, insert::executeUpdate);
    }
    try (Statement statement = connection.createStatement()) {
      seen.add(
          rows(
              statement.executeQuery(
                  "SELECT i, LENGTH(b), CRC32(b), CHAR_LENGTH(c), CRC32(c) FROM t ORDER BY i")));
      seen.add(rows(statement.executeQuery("SELECT b, c FROM t WHERE i = 2")));
    }
  }

  private static void numbers(Connection connection) throws SQLException {
    execute(connection, "CREATE TABLE n (i INT PRIMARY KEY, text VARCHAR(100))");
    execute(
        connection,
        "INSERT INTO n WITH RECURSIVE r (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 900) SELECT i, REPEAT(i, 10) FROM r");
  }

  private static void cursors(Connection connection, Source source, List<String> seen)
      throws SQLException {
    numbers(connection);
    try (PreparedStatement select =
            connection.prepareStatement("SELECT * FROM n WHERE i > ? ORDER BY i");
        PreparedStatement other = connection.prepareStatement("SELECT text FROM n WHERE i = ?")) {
      select.setFetchSize(7);
      for (int from : List.of(0, 890, 900, 1000)) {
        select.setInt(1, from);
        try (ResultSet rows = select.executeQuery()) {
          int count = 0;
          while (rows.next() && count++ < 500) {
            seen.add(rows.getString(1) + rows.getString(2));
            if (count % 100 == 0 && from == 0) {
              other.setInt(1, count);
              attempt(seen, () -> rows(other.executeQuery()));
            }
          }
        }
      }
    }
  }

  private static void streaming(Connection connection, Source source, List<String> seen)
      throws SQLException {
    numbers(connection);
    for (int size : List.of(Integer.MIN_VALUE, 1)) {
      try (Statement statement =
          connection.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY)) {
        attempt(
            seen,
            () -> {
              statement.setFetchSize(size);
              StringBuilder all = new StringBuilder();
              try (ResultSet rows =
                  statement.executeQuery("SELECT a.i, b.text FROM n a, n b WHERE b.i < 100")) {
                long sum = 0;
                while (rows.next()) {
                  sum += rows.getInt(1) + rows.getString(2).length();
                }
                all.append(sum);
              }
              // Left in the middle.
              try (ResultSet rows = statement.executeQuery("SELECT a.i FROM n a, n b")) {
                all.append(rows.next());
              }
              return all.toString();
            });
      }
    }
    try (Statement statement = connection.createStatement()) {
      statement.setMaxRows(3);
      seen.add(rows(statement.executeQuery("SELECT * FROM n ORDER BY i")));
    }
  }

  private static void batches(Connection connection, Source source, List<String> seen)
      throws SQLException {
    execute(connection, "CREATE TABLE t (i INT PRIMARY KEY, v VARCHAR(100))");
    for (Map<String, String> changes :
        List.of(Map.<String, String>of(), Map.of("rewriteBatchedStatements", "true"))) {
      try (Connection other = inSchema(source.open(changes))) {
        execute(other, "TRUNCATE t");
        try (PreparedStatement insert = other.prepareStatement("INSERT INTO t VALUES (?, ?)")) {
          for (int i = 0; i < 1_000; i++) {
            insert.setInt(1, i);
            insert.setString(2, "value " + i);
            insert.addBatch();
          }
          seen.add(Arrays.toString(insert.executeBatch()));
          insert.setInt(1, 2_000);
          insert.setString(2, "new");
          insert.addBatch();
          insert.setInt(1, 1);
          insert.addBatch();
          insert.setInt(1, 2_001);
          insert.addBatch();
          attempt(seen, () -> Arrays.toString(insert.executeBatch()));
        }
        try (Statement statement = other.createStatement()) {
          for (int i = 0; i < 50; i++) {
            statement.addBatch("UPDATE t SET v = 'changed' WHERE i = " + i);
          }
          seen.add(Arrays.toString(statement.executeBatch()));
          seen.add(rows(statement.executeQuery("SELECT COUNT(*), SUM(CRC32(v)) FROM t")));
        }
      }
    }
  }

  private static void multiStatements(Connection connection, Source source, List<String> seen)
      throws SQLException {
    try (Connection other = inSchema(source.open(Map.of("allowMultiQueries", "true")));
        Statement statement = other.createStatement()) {
      results(
          statement,
          "CREATE TABLE t (i INT); INSERT INTO t VALUES (1), (2); SELECT * FROM t; UPDATE t SET i = i + 1; SELECT 'last'",
          seen);
      attempt(
          seen,
          () -> {
            results(statement, "SELECT 1; SELECT * FROM nowhere; SELECT 2", seen);
            return "done";
          });
      results(statement, "SELECT 3; SELECT 4 FROM DUAL WHERE FALSE", seen);
    }
    attempt(seen, () -> rows(connection.createStatement().executeQuery("SELECT 1; SELECT 2")));
  }

  private static void procedures(Connection connection, Source source, List<String> seen)
      throws SQLException {
    execute(
        connection,
        "CREATE PROCEDURE p (IN a INT, INOUT b INT, OUT c VARCHAR(20)) BEGIN SELECT a, b; SET b = b + a; SET c = 'out'; SELECT 'second'; END");
    execute(connection, "CREATE FUNCTION f (x INT) RETURNS INT DETERMINISTIC RETURN x * 2");
    execute(
        connection,
        "CREATE PROCEDURE bad () BEGIN SELECT 1; SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'mine', MYSQL_ERRNO = 4711; END");
    try (CallableStatement call = connection.prepareCall("{CALL p(?, ?, ?)}")) {
      for (int i = 0; i < 3; i++) {
        call.setInt(1, i);
        call.setInt(2, 10);
        call.registerOutParameter(2, Types.INTEGER);
        call.registerOutParameter(3, Types.VARCHAR);
        boolean isRows = call.execute();
        while (isRows) {
          seen.add(rows(call.getResultSet()));
          isRows = call.getMoreResults();
        }
        seen.add(call.getInt(2) + " " + call.getString(3));
      }
    }
    try (CallableStatement call = connection.prepareCall("{? = CALL f(?)}")) {
      call.registerOutParameter(1, Types.INTEGER);
      call.setInt(2, 21);
      call.execute();
      seen.add(String.valueOf(call.getInt(1)));
    }
    try (Statement statement = connection.createStatement()) {
      attempt(
          seen,
          () -> {
            results(statement, "CALL bad()", seen);
            return "done";
          });
    }
  }

  private static void transactions(Connection connection, Source source, List<String> seen)
      throws SQLException {
    execute(connection, "CREATE TABLE t (i INT PRIMARY KEY)");
    try (Connection other = inSchema(source.open(Map.of()));
        Statement mine = connection.createStatement();
        Statement theirs = other.createStatement()) {
      connection.setAutoCommit(false);
      connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      mine.executeUpdate("INSERT INTO t VALUES (1)");
      seen.add(rows(theirs.executeQuery("SELECT * FROM t")));
      Savepoint savepoint = connection.setSavepoint("s");
      mine.executeUpdate("INSERT INTO t VALUES (2)");
      connection.rollback(savepoint);
      theirs.execute("SET innodb_lock_wait_timeout = 1");
      attempt(seen, () -> String.valueOf(theirs.executeUpdate("INSERT INTO t VALUES (1)")));
      connection.commit();
      seen.add(rows(theirs.executeQuery("SELECT * FROM t")));
      mine.executeUpdate("DELETE FROM t");
      connection.rollback();
      seen.add(rows(theirs.executeQuery("SELECT * FROM t")));
      connection.setReadOnly(true);
      attempt(seen, () -> String.valueOf(mine.executeUpdate("INSERT INTO t VALUES (9)")));
      connection.rollback();
      connection.setReadOnly(false);
      connection.setAutoCommit(true);
      seen.add(
          connection.getAutoCommit()
              + " "
              + connection.getTransactionIsolation()
              + " "
              + connection.isReadOnly());
    }
  }

  private static void bigPackets(Connection connection, Source source, List<String> seen)
      throws SQLException {
    execute(connection, "CREATE TABLE t (i INT PRIMARY KEY, b LONGBLOB)");
    // Around the limit of one packet, and the longest row that a server sends.
    for (int size : List.of(16_777_100, 16_777_215, 16_777_216, 40_000_000)) {
      byte[] bytes = bytes(size);
      try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t VALUES (1, ?)");
          PreparedStatement select = connection.prepareStatement("SELECT i, b FROM t")) {
        insert.setBytes(1, bytes);
        attempt(seen, () -> String.valueOf(insert.executeUpdate()));
        try (ResultSet rows = select.executeQuery()) {
          while (rows.next()) {
            seen.add(size + ": " + Arrays.equals(rows.getBytes(2), bytes));
          }
        }
      }
      execute(connection, "DELETE FROM t");
    }
    attempt(
        seen,
        () -> {
          try (Statement statement = connection.createStatement();
              ResultSet row = statement.executeQuery("SELECT REPEAT('x', 67108863)")) {
            row.next();
            return "length " + row.getString(1).length();
          }
        });
  }

  private static void metadata(Connection connection, Source source, List<String> seen)
      throws SQLException {
    execute(connection, ALL_TYPES.replace("v VARCHAR", "UNIQUE KEY vk (v), v VARCHAR"));
    execute(
        connection,
        "CREATE TABLE child (i INT PRIMARY KEY, t INT, FOREIGN KEY (t) REFERENCES t (id) ON DELETE CASCADE) COMMENT 'a child'");
    execute(connection, "CREATE VIEW w AS SELECT id, v FROM t");
    execute(connection, "CREATE PROCEDURE p (IN a INT, OUT b VARCHAR(20)) SET b = a");
    DatabaseMetaData data = connection.getMetaData();
    seen.add(data.getDatabaseProductName() + data.getDatabaseProductVersion());
    seen.add(data.getUserName().replaceAll("@.*", ""));
    seen.add(rows(data.getTables(SCHEMA, null, "%", null)));
    seen.add(rows(data.getColumns(SCHEMA, null, "%", "%")));
    seen.add(rows(data.getPrimaryKeys(SCHEMA, null, "t")));
    seen.add(rows(data.getImportedKeys(SCHEMA, null, "child")));
    seen.add(rows(data.getExportedKeys(SCHEMA, null, "t")));
    seen.add(rows(data.getIndexInfo(SCHEMA, null, "t", false, true)));
    seen.add(rows(data.getProcedures(SCHEMA, null, "%")));
    seen.add(rows(data.getProcedureColumns(SCHEMA, null, "%", "%")));
    seen.add(rows(data.getCatalogs()));
    seen.add(rows(data.getTypeInfo()));
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT t.*, 1 + id AS more FROM t WHERE id = ?")) {
      statement.setInt(1, 1);
      try (ResultSet none = statement.executeQuery()) {
        ResultSetMetaData columns = none.getMetaData();
        for (int i = 1; i <= columns.getColumnCount(); i++) {
          seen.add(
              String.join(
                  " ",
                  columns.getColumnLabel(i),
                  columns.getTableName(i),
                  columns.getColumnTypeName(i),
                  String.valueOf(columns.getPrecision(i)),
                  String.valueOf(columns.getScale(i)),
                  String.valueOf(columns.isNullable(i)),
                  String.valueOf(columns.isAutoIncrement(i)),
                  String.valueOf(columns.isSigned(i)),
                  columns.getColumnClassName(i)));
        }
      }
    }
  }

  private static void errors(Connection connection, Source source, List<String> seen)
      throws SQLException {
    execute(connection, "CREATE TABLE t (i INT PRIMARY KEY, d DATE)");
    for (String sql :
        List.of(
            "SELEC 1",
            "SELECT * FROM nowhere",
            "INSERT INTO t VALUES (1, '2026-11-21'), (1, NULL)",
            "INSERT INTO t VALUES (2, 'no date')",
            "SELECT CAST('x' AS SIGNED)",
            "KILL 999999999",
            "SELECT (SELECT 1 UNION SELECT 2)",
            "SELECT EXP(i) FROM (SELECT 1 AS i UNION ALL SELECT 10000) x",
            "SELECT SLEEP(30) FROM t",
            "USE nowhere")) {
      try (Statement statement = connection.createStatement()) {
        attempt(
            seen,
            () -> {
              boolean isRows = statement.execute(sql);
              return isRows ? rows(statement.getResultSet()) : "" + statement.getUpdateCount();
            });
        for (var warning = statement.getWarnings();
            warning != null;
            warning = warning.getNextWarning()) {
          seen.add("warning " + warning.getErrorCode() + " " + warning.getMessage());
        }
      }
    }
    attempt(seen, () -> "" + source.open(Map.of("password", "wrong")).isValid(1));
    attempt(seen, () -> "" + source.open(Map.of("user", "nobody")).isValid(1));
  }

  private static void schemasAndLimits(Connection connection, Source source, List<String> seen)
      throws SQLException {
    seen.add(connection.getCatalog());
    connection.setCatalog("mysql");
    seen.add(connection.getCatalog());
    attempt(
        seen,
        () -> {
          connection.setCatalog("nowhere");
          return connection.getCatalog();
        });
    connection.setCatalog(SCHEMA);
    try (Statement statement = connection.createStatement()) {
      statement.setQueryTimeout(1);
      attempt(
          seen,
          () ->
              rows(
                  statement.executeQuery(
                      "SELECT COUNT(*) FROM information_schema.columns a, information_schema.columns b, information_schema.columns c")));
    }
    seen.add("valid " + connection.isValid(5));
    try (Statement statement = connection.createStatement()) {
      seen.add(rows(statement.executeQuery("SELECT 'and on'")));
    }
  }

  // ---- Noting

  private interface Action {
    Object run() throws Exception;
  }

  /** Notes what comes of an action, or how it failed. */
  private static void attempt(List<String> seen, Action action) {
    try {
      seen.add(String.valueOf(action.run()));
    } catch (SQLException e) {
      seen.add(failure(e));
    } catch (Exception e) {
      seen.add(e.toString());
    }
  }

  /** A failure as an application sees it, without what differs from run to run. */
  static String failure(SQLException e) {
    String counts =
        e instanceof BatchUpdateException batch ? Arrays.toString(batch.getUpdateCounts()) : "";
    return e.getClass().getSimpleName()
        + " "
        + e.getErrorCode()
        + " "
        + e.getSQLState()
        + " "
        + String.valueOf(e.getMessage())
            .replaceAll("\\(conn=\\d+\\)", "(conn=n)")
            .replaceAll("[\\d,]+ milliseconds", "n milliseconds")
        + counts;
  }

  /** Statements keep the schema that a connection had when they were made. */
  private static Connection inSchema(Connection connection) throws SQLException {
    connection.setCatalog(SCHEMA);
    return connection;
  }

  private static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) (i % 251);
    }
    return bytes;
  }

  private static void results(Statement statement, String sql, List<String> seen)
      throws SQLException {
    boolean isRows = statement.execute(sql);
    while (isRows || statement.getUpdateCount() != -1) {
      seen.add(isRows ? rows(statement.getResultSet()) : "updated " + statement.getUpdateCount());
      isRows = statement.getMoreResults();
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String rows(ResultSet result) throws SQLException {
    try (result) {
      StringBuilder all = new StringBuilder();
      ResultSetMetaData columns = result.getMetaData();
      while (result.next()) {
        for (int i = 1; i <= columns.getColumnCount(); i++) {
          String value = String.valueOf(value(result, i));
          all.append(value.length() > 100 ? value.hashCode() + "*" + value.length() : value);
          all.append(i == columns.getColumnCount() ? '\n' : '|');
        }
      }
      return all.toString();
    }
  }

  private static Object value(ResultSet result, int column) throws SQLException {
    return switch (result.getObject(column)) {
      case null -> "NULL";
      case byte[] bytes ->
          bytes.length > 100
              ? Arrays.hashCode(bytes) + "#" + bytes.length
              : HexFormat.of().formatHex(bytes);
      case java.sql.Blob blob -> "blob of " + blob.length();
      case Object other -> other.toString();
    };
  }
}
