package dev.lastword.admin.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What H2 lets clients do, also where the rewriter would let something through; and what sessions make of it. */
class DatabaseTest {
  @TempDir Path directory;

  private final Sample sample = new Sample();
  private final Database database = new Database();
  private final SqlSession session = session();

  private SqlSession session() {
    return new SqlSession(
        7,
        "anna",
        "10.0.0.1",
        "lastword",
        new SqlSession.Backstage(
            new Schemas(sample.catalog()),
            database,
            sample,
            () -> new TreeMap<>(Map.of("version", "8.4.0-lastword"))),
        Map::of);
  }

  @AfterEach
  void close() {
    session.close();
    database.close();
  }

  private List<List<@Nullable Object>> rows(String sql) {
    List<List<@Nullable Object>> all = new ArrayList<>();
    try (Rows rows = ((Outcome.Result) session.execute(sql)).rows()) {
      for (@Nullable Object[] row = rows.next(); row != null; row = rows.next()) {
        all.add(new ArrayList<>(java.util.Arrays.asList(row)));
      }
    }
    return all;
  }

  /** Past the rewriter. */
  private void raw(String sql) throws SQLException {
    SqlFacts facts =
        new SqlFacts(
            "anna",
            "h",
            1,
            "lastword",
            new Schemas(sample.catalog()),
            new SessionVariables(new TreeMap<>()),
            Map::of);
    ScopedValue.where(Snapshot.ASKING, facts)
        .call(() -> {
          try (Connection connection = database.connect();
              Statement statement = connection.createStatement()) {
            if (statement.execute(sql)) {
              try (ResultSet result = statement.getResultSet()) {
                result.next();
              }
            }
          }
          return sql;
        });
  }

  @Test
  void the_user_of_clients_can_read_the_views() throws SQLException {
    raw("SELECT * FROM \"lastword\".\"sessions\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT FILE_READ('%s/secret')",
        "SELECT FILE_WRITE('x', '%s/written')",
        "SELECT * FROM CSVREAD('%s/secret')",
        "CALL CSVWRITE('%s/written', 'SELECT 1')",
        "SCRIPT TO '%s/written'",
        "BACKUP TO '%s/written'",
        "RUNSCRIPT FROM '%s/secret'",
        "CREATE ALIAS EXIT FOR 'java.lang.System.exit'",
        "CREATE ALIAS X AS 'void x() {}'",
        "CREATE LINKED TABLE L('', 'jdbc:h2:%s/db', '', '', 'T')",
        "SELECT * FROM LINK_SCHEMA('X', '', 'jdbc:h2:%s/db', '', '', 'PUBLIC')",
        "CREATE TABLE \"lastword\".T(A INT)",
        "CREATE TABLE \"public\".T(A INT)",
        "CREATE TABLE \"public\".T(A INT) ENGINE \"java.lang.Object\"",
        "CREATE TRIGGER T BEFORE SELECT ON \"lastword\".\"sessions\" CALL 'x.Y'",
        "CREATE AGGREGATE A FOR 'x.Y'",
        "CREATE USER EVIL PASSWORD 'x' ADMIN",
        "ALTER USER guest ADMIN TRUE",
        "GRANT ALL ON SCHEMA \"lastword\" TO guest",
        "DROP VIEW \"lastword\".\"sessions\"",
        "DROP ALL OBJECTS DELETE FILES",
        "SHUTDOWN",
        "SET MODE REGULAR",
        "SET TRACE_LEVEL_FILE 3",
        "DELETE FROM \"lastword\".\"sessions\""
      })
  void the_user_of_clients_reaches_nothing_else(String sql) throws Exception {
    Path secret = Files.writeString(directory.resolve("secret"), "select 1");
    assertThatThrownBy(() -> raw(sql.formatted(directory)))
        .isInstanceOfSatisfying(SQLException.class, e -> assertThat(e.getErrorCode()).isPositive());
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(secret);
    }
    raw("SELECT * FROM \"lastword\".\"sessions\"");
  }

  @Test
  void a_question_is_answered_with_what_is_there_now() {
    assertThat(rows("SELECT COUNT(*) FROM sessions")).containsExactly(List.of(3L));
    sample.sessions.clear();
    assertThat(rows("SELECT COUNT(*) FROM sessions")).containsExactly(List.of(0L));
  }

  @Test
  void texts_are_compared_without_regard_to_case() {
    assertThat(rows("SELECT id FROM SESSIONS WHERE User = 'ANNA' OR `USER` LIKE 'BE%' ORDER BY 1"))
        .containsExactly(List.of(1L), List.of(2L));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT id FROM losses ORDER BY ended DESC LIMIT 1, 1",
        "SELECT id FROM losses ORDER BY ended DESC LIMIT 1 OFFSET 1",
        "SELECT MIN(id) FROM losses WHERE ended < '2026-11-21 12:04:00'",
        "SELECT id FROM losses WHERE ended < TIMESTAMP '2026-11-21 12:04:11' - INTERVAL 59 SECOND",
        "SELECT id FROM losses WHERE DATE_SUB(ended, INTERVAL 3 MINUTE) < '2026-11-21 12:01:00'",
        "SELECT a.id FROM losses a JOIN sessions b ON a.id = b.id WHERE b.user = 'anna'",
        "SELECT id FROM (SELECT id FROM losses) AS x WHERE id NOT IN (2, 3)",
        "SELECT id FROM losses WHERE text RLIKE '^told' AND cause LIKE 'server\\_shut%' ESCAPE '|'"
            + " OR id = 1 AND NOT ISNULL(text)",
        "WITH x AS (SELECT id FROM losses) SELECT id FROM x WHERE id < 2",
        "SELECT id + 0 AS n FROM losses WHERE cause <> '' HAVING n < 2 ORDER BY ended",
        "SELECT DISTINCT id FROM losses WHERE id = 1 UNION SELECT 1",
        "SELECT IF(COUNT(*) = 2, 1, 0) FROM losses",
        "SELECT CAST('1' AS UNSIGNED)",
        "SELECT COUNT(*) FROM sessions WHERE in_transaction",
        "SELECT SUM(in_transaction) FROM sessions",
        "SELECT TIMESTAMPDIFF(MINUTE, MIN(ended), MAX(ended)) FROM losses",
        "SELECT 1 FROM DUAL WHERE EXISTS (SELECT * FROM config WHERE key = 'farewell.linger')",
        "TABLE losses LIMIT 1 OFFSET 1"
      })
  void what_people_write_for_mysql_is_understood(String sql) {
    assertThat(rows(sql).getFirst().getFirst().toString()).isEqualTo("1");
  }

  @Test
  void a_quotient_of_whole_numbers_need_not_be_one() {
    assertThat(rows("SELECT COUNT(*) / 2 FROM sessions").getFirst().getFirst().toString())
        .startsWith("1.5");
    assertThatThrownBy(() -> rows("SELECT id / 0 FROM sessions"))
        .isInstanceOfSatisfying(SqlRefusal.class, e -> assertThat(e.code()).isEqualTo(1365));
  }

  @Test
  void a_session_keeps_its_variables_until_it_is_reset() {
    var _ = session.execute("SET @a = 'x', autocommit = OFF");
    assertThat(rows("SELECT @a, @b")).containsExactly(java.util.Arrays.asList("x", null));
    session.reset();
    assertThat(rows("SELECT @a IS NULL").getFirst().getFirst()).isEqualTo(1L);
  }

  @Test
  void every_show_has_an_answer() {
    for (String what :
        List.of(
            "STATUS",
            "GLOBAL STATUS",
            "VARIABLES",
            "SESSION VARIABLES LIKE 'version%'",
            "PROCESSLIST",
            "FULL PROCESSLIST",
            "DATABASES",
            "SCHEMAS LIKE 'last%'",
            "TABLES",
            "FULL TABLES FROM information_schema",
            "TABLE STATUS",
            "TABLE STATUS LIKE 'x'",
            "COLUMNS FROM losses",
            "FULL FIELDS FROM losses IN lastword",
            "CREATE TABLE losses",
            "CREATE DATABASE lastword",
            "ENGINES",
            "PLUGINS",
            "CHARACTER SET",
            "CHARSET",
            "COLLATION WHERE `Default` = 'Yes'",
            "WARNINGS",
            "ERRORS",
            "COUNT(*) WARNINGS",
            "GRANTS",
            "GRANTS FOR CURRENT_USER()",
            "MASTER STATUS",
            "REPLICA STATUS",
            "SLAVE STATUS",
            "ALL SLAVES STATUS",
            "BINARY LOGS",
            "INDEX FROM losses",
            "KEYS IN losses",
            "TRIGGERS",
            "EVENTS",
            "PROCEDURE STATUS LIKE 'x'",
            "FUNCTION STATUS",
            "OPEN TABLES",
            "ENGINE INNODB STATUS",
            "PRIVILEGES",
            "PROFILES")) {
      try (Rows rows = ((Outcome.Result) session.execute("SHOW " + what)).rows()) {
        assertThat(rows.fields()).as(what).isNotEmpty();
        var _ = rows.next();
      }
    }
    assertThat(rows("DESCRIBE losses")).hasSize(4);
    assertThat(rows("DESC lastword.losses ended")).hasSize(1);
  }

  @Test
  void after_a_question_that_was_too_large_the_next_is_answered_and_clients_are_still_guests()
      throws SQLException {
    assertThat(rows("SELECT COUNT(*) FROM sessions")).containsExactly(List.of(3L));
    assertThatThrownBy(() -> raw("SELECT REPEAT(USER(), 2000000000)"))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(SqlRefusal.of(e).code()).isEqualTo(1041));
    assertThat(rows("SELECT COUNT(*) FROM sessions")).containsExactly(List.of(3L));
    assertThatThrownBy(() -> raw("CREATE TABLE \"lastword\".T(A INT)"))
        .isInstanceOf(SQLException.class);
    raw("SELECT * FROM \"lastword\".\"sessions\"");
  }

  @Test
  void a_result_that_is_too_long_is_refused_and_not_cut() {
    String nine = String.join(" UNION ALL ", java.util.Collections.nCopies(9, "SELECT 1 AS n"));
    String join =
        "SELECT a.n FROM (%1$s) a JOIN (%1$s) b ON 1 = 1 JOIN (%1$s) c ON 1 = 1"
            + " JOIN (%1$s) d ON 1 = 1 JOIN (%1$s) e ON 1 = 1";
    assertThat(rows(join.formatted(nine))).hasSize(59_049);
    assertThatThrownBy(() -> rows((join + " JOIN (%1$s) f ON 1 = 1").formatted(nine)))
        .isInstanceOfSatisfying(SqlRefusal.class, e -> assertThat(e.code()).isEqualTo(1104));
  }

  @Test
  void all_times_are_in_utc_wherever_the_proxy_is() {
    TimeZone before = TimeZone.getDefault();
    try {
      TimeZone.setDefault(TimeZone.getTimeZone("Asia/Tokyo"));
      LocalDateTime now = LocalDateTime.now(ZoneOffset.UTC);
      for (String what : List.of("NOW()", "CURRENT_TIMESTAMP", "FROM_UNIXTIME(UNIX_TIMESTAMP())")) {
        LocalDateTime said = (LocalDateTime) rows("SELECT " + what).getFirst().getFirst();
        assertThat(said).as(what).isBetween(now.minusSeconds(2), now.plusHours(1));
      }
      assertThat(rows("SELECT FROM_UNIXTIME(86400.5), UNIX_TIMESTAMP('1970-01-02 00:00:00')"))
          .first()
          .satisfies(row -> {
            assertThat(row.getFirst())
                .isEqualTo(LocalDateTime.of(1970, 1, 2, 0, 0, 0, 500_000_000));
            assertThat(row.getLast().toString()).startsWith("86400");
          });
    } finally {
      TimeZone.setDefault(before);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          DATEDIFF('2026-11-21 23:59:59', '2026-11-19')                 | 2
          LENGTH('ä')                                                   | 2
          CHAR_LENGTH('ä')                                              | 1
          CONCAT('a', 1, 'b')                                           | a1b
          CONCAT('a', NULL) IS NULL                                     | 1
          CONCAT_WS('-', 'a', NULL, 'b')                                | a-b
          (SELECT CONCAT(user, '@', id) FROM sessions WHERE id = 1)     | anna@1
          """)
  void functions_say_what_those_of_mysql_say(String expression, String value) {
    assertThat(rows("SELECT " + expression).getFirst().getFirst().toString()).isEqualTo(value);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT * FROM `%s`.information_schema.settings",
        "SELECT * FROM information_schema.settings",
        "SELECT * FROM `%s`.INFORMATION_SCHEMA.users"
      })
  void the_tables_of_h2_are_out_of_reach(String sql) throws SQLException {
    raw("SELECT 1");
    String name = database.name();
    assertThatThrownBy(() -> rows(sql.formatted(name)))
        .isInstanceOfSatisfying(SqlRefusal.class, e -> assertThat(e.code()).isEqualTo(1146));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          3699 | SELECT 'a' LIKE '%a%a%a%a%a%b'
          3699 | SELECT 'a' LIKE '%a%a%' '%a%a%a%b'
          3699 | SELECT 'a' REGEXP '(a+)+b'
          3699 | SELECT 'a' RLIKE '(a?){9}b'
          3699 | SELECT 'a' RLIKE '(a)\\\\1'
          3699 | SELECT 'a' NOT LIKE @p
          3699 | SHOW STATUS LIKE '%a%a%a%a%a%b'
          3699 | SHOW STATUS WHERE Variable_name LIKE '%a%a%a%a%a%b'
          3699 | DESCRIBE losses '%a%a%a%a%a%b'
          1235 | SELECT id FROM sessions WHERE user LIKE user
          1235 | SELECT 'a' LIKE CONCAT('a', 'b')
          1235 | SELECT 'a' REGEXP ('(a+)+b')
          1064 | SELECT 'a' ~ '(a+)+b'
          """)
  void a_pattern_that_fits_in_too_many_ways_is_refused(int code, String sql) {
    var _ = session.execute("SET @p = '%a%a%a%a%a%b'");
    assertThatThrownBy(() -> rows(sql))
        .isInstanceOfSatisfying(SqlRefusal.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  @Test
  void a_statement_reads_each_table_once() {
    assertThat(
            rows(
                "SELECT COUNT(*) FROM losses l JOIN sessions a ON 1 = 1 JOIN sessions b ON 1 = 1"
                    + " JOIN performance_schema.processlist p ON p.id = a.id"
                    + " JOIN performance_schema.status_by_thread t ON t.thread_id = a.id"))
        .isNotEmpty();
    assertThat(sample.reads).hasValue(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"(", "NOT ", "1 + (", "ABS(", "CASE WHEN 1 THEN "})
  void what_is_nested_too_deeply_is_refused_and_the_session_goes_on(String one) {
    String close = one.contains("(") ? ")" : one.startsWith("CASE") ? " END" : "";
    assertThatThrownBy(() -> rows("SELECT " + one.repeat(40_000) + "1" + close.repeat(40_000)))
        .isInstanceOfSatisfying(SqlRefusal.class, e -> assertThat(e.code()).isIn(1436, 1064, 1105));
    assertThat(rows("SELECT COUNT(*) FROM sessions")).containsExactly(List.of(3L));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          1426 | SELECT CAST(1 AS DECIMAL(66))
          1425 | SELECT CAST(1 AS DECIMAL(65, 31))
          1305 | SELECT HEX(1)
          1582 | SELECT DATEDIFF('2026-11-21')
          """)
  void what_would_not_be_said_as_a_server_says_it_is_refused(int code, String sql) {
    assertThatThrownBy(() -> rows(sql))
        .isInstanceOfSatisfying(SqlRefusal.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  @Test
  void a_session_has_so_many_variables_and_no_more() {
    for (int i = 0; i < 1000; i++) {
      var _ = session.execute("SET @v" + i + " = 1");
    }
    assertThatThrownBy(() -> session.execute("SET @one_more = 1, @two_more = 2"))
        .isInstanceOfSatisfying(SqlRefusal.class, e -> assertThat(e.code()).isEqualTo(1041));
    var _ = session.execute("SET @v0 = 2");
    assertThat(rows("SELECT @v0")).containsExactly(List.of(2L));
  }
}
