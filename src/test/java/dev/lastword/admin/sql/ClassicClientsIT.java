package dev.lastword.admin.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.config.AdminSettings;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** MySQL Connector/J and MariaDB Connector/J, as they come, against the endpoint. */
class ClassicClientsIT {
  private static final String MYSQL = "jdbc:mysql://127.0.0.1:%d/lastword?sslMode=DISABLED";
  private static final String PREPARING = MYSQL + "&useServerPrepStmts=true&cachePrepStmts=true";
  private static final String CURSORS = PREPARING + "&useCursorFetch=true&defaultFetchSize=1";
  private static final String MARIADB = "jdbc:mariadb://127.0.0.1:%d/lastword";
  private static final String MARIADB_PREPARING = MARIADB + "?useServerPrepStmts=true";

  @TempDir static Path directory;
  private static Sample sample;
  private static SqlEndpoint endpoint;

  @BeforeAll
  static void open() throws Exception {
    sample = new Sample();
    endpoint = sample.open(Sample.settings(), directory);
  }

  @AfterAll
  static void close() {
    endpoint.close();
  }

  private static Connection connect(String url) throws SQLException {
    return DriverManager.getConnection(url.formatted(endpoint.port()), "anna", "whatever");
  }

  private static List<String> column(ResultSet rows, String label) throws SQLException {
    List<String> all = new ArrayList<>();
    while (rows.next()) {
      all.add(rows.getString(label));
    }
    return all;
  }

  @ParameterizedTest
  @ValueSource(strings = {MYSQL, PREPARING, CURSORS, MARIADB, MARIADB_PREPARING})
  void a_driver_reads_tables_with_filter_order_and_limit(String url) throws Exception {
    try (Connection connection = connect(url);
        PreparedStatement statement =
            connection.prepareStatement(
                "SELECT id, user, in_transaction, age_seconds FROM sessions"
                    + " WHERE state = ? AND age_seconds < ? ORDER BY id DESC LIMIT ?")) {
      statement.setString(1, "IDLE");
      statement.setDouble(2, 1000);
      statement.setInt(3, 2);
      try (ResultSet rows = statement.executeQuery()) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getLong("id")).isEqualTo(3);
        assertThat(rows.getString("user")).isNull();
        assertThat(rows.getDouble("age_seconds")).isEqualTo(90);
        assertThat(rows.next()).isTrue();
        assertThat(rows.getString("user")).isEqualTo("anna");
        assertThat(rows.getBoolean("in_transaction")).isFalse();
        assertThat(rows.getDouble("age_seconds")).isEqualTo(1.5);
        assertThat(rows.next()).isFalse();
      }
      // What is prepared reads anew each time.
      sample.sessions.add(
          Sample.row(9L, "x", "in-x", "c", "eva", "db1", "idle", true, 3.0, 0L, 0L, 0L, 0L));
      try (ResultSet rows = statement.executeQuery()) {
        assertThat(column(rows, "id")).containsExactly("9", "3");
      } finally {
        sample.sessions.removeLast();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {MYSQL, PREPARING, MARIADB, MARIADB_PREPARING})
  void a_driver_reads_times_in_utc(String url) throws Exception {
    try (Connection connection = connect(url);
        PreparedStatement statement =
            connection.prepareStatement("SELECT ended, text FROM losses WHERE ended <= ?")) {
      statement.setObject(1, LocalDateTime.of(2026, 11, 21, 12, 3, 30));
      try (ResultSet rows = statement.executeQuery()) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getObject("ended", LocalDateTime.class).toInstant(ZoneOffset.UTC))
            .isEqualTo(Sample.FIRST);
        assertThat(rows.getString(2)).isEqualTo("told 1053");
        assertThat(rows.getMetaData().getColumnType(1)).isEqualTo(java.sql.Types.TIMESTAMP);
        assertThat(rows.next()).isFalse();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {MYSQL, PREPARING, MARIADB})
  void a_driver_reads_every_kind_of_value(String url) throws Exception {
    try (Connection connection = connect(url);
        PreparedStatement statement =
            connection.prepareStatement(
                "SELECT 1 AS one, 1.25 AS number, 'ä€😀' AS text, NULL AS nothing,"
                    + " DATE '2026-11-21' AS day, TIME '12:03:11' AS clock, x'00ff' AS octets,"
                    + " SUM(messages_sent) AS total, AVG(age_seconds) AS mean, MAX(id) > 2 AS yes"
                    + " FROM sessions");
        ResultSet row = statement.executeQuery()) {
      assertThat(row.next()).isTrue();
      assertThat(row.getInt("one")).isEqualTo(1);
      assertThat(row.getBigDecimal("number")).isEqualByComparingTo("1.25");
      assertThat(row.getString("text")).isEqualTo("ä€😀");
      assertThat(row.getObject("nothing")).isNull();
      assertThat(row.getDate("day")).hasToString("2026-11-21");
      assertThat(row.getTime("clock")).hasToString("12:03:11");
      assertThat(row.getBytes("octets")).containsExactly(0, 0xff);
      assertThat(row.getLong("total")).isEqualTo(16);
      assertThat(row.getDouble("mean")).isEqualTo(31.25);
      assertThat(row.getBoolean("yes")).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {MYSQL, MARIADB})
  void the_status_variables_are_where_a_server_has_them(String url) throws Exception {
    try (Connection connection = connect(url);
        Statement statement = connection.createStatement()) {
      assertThat(
              column(statement.executeQuery("SHOW GLOBAL STATUS LIKE 'mysqlx_notice%'"), "Value"))
          .containsExactly("11", "55", "21");
      assertThat(
              column(
                  statement.executeQuery(
                      "SELECT VARIABLE_VALUE FROM performance_schema.global_status"
                          + " WHERE VARIABLE_NAME = 'Mysqlx_messages_sent'"),
                  "VARIABLE_VALUE"))
          .containsExactly("1016");
      // Nothing was ever sent over X on this connection.
      assertThat(
              column(
                  statement.executeQuery(
                      "SELECT * FROM performance_schema.status_by_thread WHERE THREAD_ID = 2"),
                  "VARIABLE_VALUE"))
          .containsExactly("9", "1", "3", "0");
      assertThat(
              column(
                  statement.executeQuery("SHOW VARIABLES WHERE Variable_name = 'listeners'"),
                  "Value"))
          .containsExactly("2");
      assertThat(column(statement.executeQuery("SHOW FULL PROCESSLIST"), "Command"))
          .containsExactly("Sleep", "Query", "Sleep");
    }
  }

  @Test
  void a_session_is_killed_by_its_number() throws Exception {
    try (Connection connection = connect(MYSQL);
        Statement statement = connection.createStatement()) {
      statement.execute("KILL 2");
      assertThat(sample.done).contains("kill 2");
      refused(() -> statement.execute("KILL CONNECTION 4711"), 1094, "HY000");
      refused(() -> statement.execute("KILL QUERY 2"), 1235, "42000");
    }
    try (Connection connection = connect(PREPARING);
        PreparedStatement statement = connection.prepareStatement("KILL ?")) {
      statement.setLong(1, 1);
      statement.execute();
      assertThat(sample.done).contains("kill 1");
    }
  }

  @Test
  void a_proxy_is_drained_and_reloaded() throws Exception {
    try (Connection connection = connect(MARIADB);
        Statement statement = connection.createStatement()) {
      statement.execute("DRAIN SERVER db1");
      statement.execute("UNDRAIN PROXY");
      assertThat(sample.done).contains("drain OneServer[name=db1]", "undrain WholeProxy[]");
      refused(() -> statement.execute("DRAIN SERVER nonesuch"), 1105, "HY000");
      assertThat(column(statement.executeQuery("RELOAD"), "changes"))
          .containsExactly("servers: db3 was added", "limits.sessions: 100 -> 200");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {MYSQL, PREPARING, MARIADB})
  void what_cannot_be_is_refused_with_the_code_of_a_server(String url) throws Exception {
    try (Connection connection = connect(url);
        Statement statement = connection.createStatement()) {
      refused(() -> statement.executeQuery("SELECT * FROM nonesuch"), 1146, "42S02");
      refused(() -> statement.executeQuery("SELECT nonesuch FROM sessions"), 1054, "42S22");
      refused(() -> statement.executeQuery("SELECT FROM WHERE"), 1064, "42000");
      refused(() -> statement.executeUpdate("DELETE FROM sessions"), 1290, "HY000");
      refused(() -> statement.executeQuery("SELECT 1; SELECT 2"), 1064, "42000");
      // It is still alive.
      assertThat(column(statement.executeQuery("SELECT 5 AS n"), "n")).containsExactly("5");
    }
  }

  private interface Attempt {
    Object run() throws SQLException;
  }

  private static void refused(Attempt attempt, int code, String state) {
    assertThatThrownBy(attempt::run)
        .isInstanceOfSatisfying(
            SQLException.class,
            e -> {
              assertThat(e.getErrorCode()).as(e.getMessage()).isEqualTo(code);
              assertThat(e.getSQLState()).isEqualTo(state);
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {MYSQL, MARIADB})
  void metadata_is_found_where_drivers_look_for_it(String url) throws Exception {
    try (Connection connection = connect(url)) {
      DatabaseMetaData meta = connection.getMetaData();
      assertThat(column(meta.getCatalogs(), "TABLE_CAT"))
          .contains("information_schema", "lastword", "performance_schema");
      assertThat(
              column(meta.getTables("lastword", null, "%", new String[] {"TABLE"}), "TABLE_NAME"))
          .containsExactlyInAnyOrder("config", "losses", "sessions");
      assertThat(column(meta.getTables(null, null, "%", null), "TABLE_NAME"))
          .contains("global_status", "losses");
      assertThat(column(meta.getColumns("lastword", null, "losses", "%"), "COLUMN_NAME"))
          .containsExactly("id", "ended", "cause", "text");
      ResultSet ended = meta.getColumns("lastword", null, "losses", "ended");
      assertThat(ended.next()).isTrue();
      assertThat(ended.getInt("DATA_TYPE")).isEqualTo(java.sql.Types.TIMESTAMP);
      assertThat(ended.getString("REMARKS")).isEqualTo("when, in UTC");
      assertThat(column(meta.getSchemas(), "TABLE_SCHEM")).isNotNull();
      assertThat(meta.getPrimaryKeys("lastword", null, "losses").next()).isFalse();
      assertThat(meta.getIndexInfo("lastword", null, "losses", false, true).next()).isFalse();
      assertThat(meta.getImportedKeys("lastword", null, "losses").next()).isFalse();
      assertThat(meta.getProcedures("lastword", null, "%").next()).isFalse();
      assertThat(meta.getTableTypes().next()).isTrue();
      assertThat(meta.getTypeInfo().next()).isTrue();
    }
  }

  @Test
  void several_statements_are_answered_if_the_client_may_send_them() throws Exception {
    try (Connection connection = connect(MYSQL + "&allowMultiQueries=true");
        Statement statement = connection.createStatement()) {
      assertThat(statement.execute("SELECT 1 AS a; SET @x = 2; SELECT @x AS b")).isTrue();
      assertThat(column(statement.getResultSet(), "a")).containsExactly("1");
      assertThat(statement.getMoreResults()).isFalse();
      assertThat(statement.getMoreResults()).isTrue();
      assertThat(column(statement.getResultSet(), "b")).containsExactly("2");
    }
  }

  @Test
  void transactions_schemas_and_variables_are_a_session_s_own() throws Exception {
    try (Connection connection = connect(MYSQL);
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      connection.commit();
      connection.rollback();
      connection.setAutoCommit(true);
      connection.setCatalog("information_schema");
      // This driver takes a statement back to the schema in which it was made.
      try (Statement there = connection.createStatement()) {
        assertThat(column(there.executeQuery("SELECT DATABASE()"), "DATABASE()"))
            .containsExactly("information_schema");
      }
      assertThat(
              column(
                  statement.executeQuery(
                      "SELECT table_name AS n FROM information_schema.tables"
                          + " WHERE table_schema = 'lastword'"),
                  "n"))
          .containsExactly("sessions", "losses", "config");
      statement.execute("SET time_zone = '+02:00'");
      assertThat(column(statement.executeQuery("SELECT @@time_zone AS z"), "z"))
          .containsExactly("+02:00");
      assertThat(column(statement.executeQuery("SELECT @@global.time_zone AS z"), "z"))
          .containsExactly("+00:00");
      assertThat(connection.isValid(5)).isTrue();
      refused(
          () -> {
            connection.setCatalog("nonesuch");
            return 0;
          },
          1049,
          "42000");
    }
  }

  @Test
  void a_timestamp_of_a_driver_is_a_moment() throws Exception {
    try (Connection connection =
            connect(PREPARING + "&connectionTimeZone=UTC&forceConnectionTimeZoneToSession=true");
        PreparedStatement statement =
            connection.prepareStatement("SELECT COUNT(*) AS n FROM losses WHERE ended = ?")) {
      statement.setTimestamp(1, Timestamp.from(Sample.FIRST));
      assertThat(column(statement.executeQuery(), "n")).containsExactly("1");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {MYSQL, MARIADB})
  void an_account_and_its_password_are_asked_for_where_there_is_one(String url) throws Exception {
    AdminSettings settings = Sample.settings().withAccount("op", "sesame").withAccount("e", "");
    try (SqlEndpoint guarded = sample.open(settings, directory)) {
      String there = url.formatted(guarded.port());
      try (Connection connection = DriverManager.getConnection(there, "op", "sesame")) {
        assertThat(
                column(
                    connection.createStatement().executeQuery("SELECT CURRENT_USER() AS u"), "u"))
            .containsExactly("op@127.0.0.1");
      }
      try (Connection connection = DriverManager.getConnection(there, "e", "")) {
        assertThat(connection.isValid(5)).isTrue();
      }
      try (Connection connection = DriverManager.getConnection(there, "op", "sesame")) {
        if (connection instanceof com.mysql.cj.jdbc.JdbcConnection changing) {
          changing.changeUser("e", "");
          changing.changeUser("op", "sesame");
          assertThat(
                  column(
                      connection.createStatement().executeQuery("SELECT CURRENT_USER() AS u"), "u"))
              .containsExactly("op@127.0.0.1");
        }
      }
      refused(() -> DriverManager.getConnection(there, "op", "wrong"), 1045, "28000");
      refused(() -> DriverManager.getConnection(there, "op", ""), 1045, "28000");
      refused(() -> DriverManager.getConnection(there, "nobody", "sesame"), 1045, "28000");
    }
  }
}
