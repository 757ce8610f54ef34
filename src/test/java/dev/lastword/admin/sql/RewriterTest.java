package dev.lastword.admin.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.admin.Steering;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a statement, without a database. */
class RewriterTest {
  private final SqlFacts facts =
      new SqlFacts(
          "anna",
          "10.0.0.1",
          7,
          "lastword",
          new Schemas(new Sample().catalog()),
          new SessionVariables(new TreeMap<>(Map.of("version", "8.4.0-lastword", "port", "6481"))),
          Map::of);

  private Statement rewrite(String sql) {
    List<List<Token>> statements = Rewriter.statements(Tokenizer.tokens(sql));
    assertThat(statements).hasSizeLessThan(2);
    return Rewriter.rewrite(sql, statements.isEmpty() ? List.of() : statements.getFirst(), facts);
  }

  /** All statements of any text. */
  void understand(String sql) {
    for (List<Token> statement : Rewriter.statements(Tokenizer.tokens(sql))) {
      var _ = Rewriter.rewrite(sql, statement, facts);
    }
  }

  private String query(String sql) {
    assertThat(rewrite(sql)).isInstanceOf(Statement.Query.class);
    return ((Statement.Query) rewrite(sql)).sql().replaceAll("\\s+", " ").strip();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          SELECT id FROM sessions                 | SELECT "id" FROM "sessions"
          select `Id`, user from `sessions` -- x  | SELECT "Id", "user" FROM "sessions"
          SELECT 1 + 1                            | SELECT 1 + 1 AS "1 + 1"
          SELECT 1 /* no */ AS one                | SELECT 1 AS "one"
          SELECT COUNT(*) n FROM losses # all     | SELECT COUNT( * ) "n" FROM "losses"
          SELECT COUNT(*) FROM losses             | SELECT COUNT( * ) AS "COUNT(*)" FROM "losses"
          SELECT 'it''s', "it\\"s"                | SELECT 'it''s' AS "it's", 'it"s' AS "it""s"
          SELECT key, value FROM config           | SELECT "key", "value" FROM "config"
          SELECT a.b.c FROM a.b                   | SELECT "a" . "b" . "c" FROM "a" . "b"
          SELECT a && b, a <=> b, !a              | SELECT "a" AND "b" AS "a && b", "a" IS NOT DISTINCT FROM "b" AS "a <=> b", NOT "a" AS "!a"
          SELECT DATABASE()                       | SELECT 'lastword' AS "DATABASE()"
          SELECT CURRENT_USER                     | SELECT 'anna@10.0.0.1' AS "CURRENT_USER"
          SELECT @@port LIMIT 1                   | SELECT 6481 AS "@@port" LIMIT 1
          SELECT @@session.version v              | SELECT '8.4.0-lastword' "v"
          SELECT IF(a, 1, 2) x FROM t             | SELECT CASEWHEN( "a" , 1 , 2 ) "x" FROM "t"
          SELECT CAST(a AS CHAR), CONVERT(b, SIGNED INTEGER) FROM t | SELECT CAST( "a" AS VARCHAR ) AS "CAST(a AS CHAR)", CAST( "b" AS BIGINT ) AS "CONVERT(b, SIGNED INTEGER)" FROM "t"
          SELECT a FROM t WHERE e > NOW() - INTERVAL 10 MINUTE | SELECT "a" FROM "t" WHERE "e" > LOCALTIMESTAMP(0) - INTERVAL '10' MINUTE(18)
          SELECT a FROM t HAVING a = 2 ORDER BY a | SELECT "a" FROM "t" WHERE ( "a" = 2 ) ORDER BY "a"
          SELECT a + 1 b, c AS d FROM t WHERE e HAVING b = d LIMIT 1 | SELECT "a" + 1 "b", "c" AS "d" FROM "t" WHERE ( "e" ) AND ( ( "a" + 1 ) = ( "c" ) ) LIMIT 1
          SELECT a FROM t GROUP BY a HAVING COUNT(*) > 1 | SELECT "a" FROM "t" GROUP BY "a" HAVING COUNT( * ) > 1
          SELECT * FROM INFORMATION_SCHEMA.TABLES | SELECT * FROM "mysql_information_schema" . "TABLES"
          SELECT a FROM t WHERE a COLLATE utf8mb4_bin = _utf8'x' | SELECT "a" FROM "t" WHERE "a" = 'x'
          SELECT /*!40001 SQL_NO_CACHE */ a FROM t | SELECT "a" FROM "t"
          SELECT CASE WHEN a THEN 1 END FROM t    | SELECT CASE WHEN "a" THEN 1 END AS "CASE WHEN a THEN 1 END" FROM "t"
          SELECT a + INTERVAL 1 HOUR FROM t       | SELECT "a" + INTERVAL '1' HOUR(18) AS "a + INTERVAL 1 HOUR" FROM "t"
          TABLE sessions                          | TABLE "sessions"
          SHOW GRANTS                             | SELECT 'GRANT SELECT, PROCESS, CONNECTION_ADMIN ON *.* TO ''anna''@''10.0.0.1''' AS "Grants for anna@10.0.0.1"
          """)
  void a_question_is_brought_into_the_words_of_h2(String mysql, String h2) {
    assertThat(query(mysql).replaceAll("\\s+", "")).isEqualTo(h2.replaceAll("\\s+", ""));
  }

  @Test
  void two_bars_are_no_concatenation() {
    assertThat(query("SELECT a || b AS c FROM t")).contains("\"a\" OR \"b\"");
  }

  @Test
  void show_asks_the_table_behind_it() {
    assertThat(query("SHOW GLOBAL STATUS LIKE 'Mysqlx%'"))
        .isEqualTo(
            "SELECT * FROM (SELECT \"VARIABLE_NAME\" AS \"Variable_name\", \"VARIABLE_VALUE\" AS"
                + " \"Value\" FROM \"performance_schema\".\"global_status\") AS \"shown\" WHERE"
                + " \"Variable_name\" LIKE 'Mysqlx%'");
    assertThat(query("show status where variable_name = 'Uptime'"))
        .contains("session_status", "WHERE \"variable_name\" = 'Uptime'");
    assertThat(query("SHOW TABLES")).contains("Tables_in_lastword", "= 'lastword'");
    assertThat(query("SHOW FULL COLUMNS FROM losses FROM lastword")).contains("'losses'");
    assertThat(query("SHOW CREATE TABLE lastword.losses")).contains("datetime(3)", "it''''s");
  }

  @Test
  void what_steers_is_understood() {
    assertThat(rewrite("KILL 4711")).isEqualTo(new Statement.Kill(4711));
    assertThat(rewrite("kill connection 1;")).isEqualTo(new Statement.Kill(1));
    assertThat(rewrite("DRAIN PROXY"))
        .isEqualTo(new Statement.Drain(new Steering.Scope.WholeProxy()));
    assertThat(rewrite("DRAIN SERVER db-1.eu"))
        .isEqualTo(new Statement.Drain(new Steering.Scope.OneServer("db-1.eu")));
    assertThat(rewrite("undrain listener 'in x'"))
        .isEqualTo(new Statement.Undrain(new Steering.Scope.OneListener("in x")));
    assertThat(rewrite("RELOAD")).isEqualTo(new Statement.Reload());
    assertThat(rewrite("USE Information_Schema"))
        .isEqualTo(new Statement.Use("information_schema"));
  }

  @Test
  void variables_are_set() {
    assertThat(rewrite("SET NAMES utf8mb4 COLLATE utf8mb4_bin, autocommit=1"))
        .isInstanceOf(Statement.SetVariables.class);
    assertThat(rewrite("SET @@session.autocommit = OFF, time_zone='+00:00', @a := -5, b = NULL"))
        .isEqualTo(
            new Statement.SetVariables(
                new TreeMap<String, @Nullable String>() {
                  private static final long serialVersionUID = 1;

                  {
                    put("autocommit", "OFF");
                    put("time_zone", "+00:00");
                    put("@a", "-5");
                    put("b", null);
                  }
                }));
    assertThat(rewrite("SET sql_mode = CONCAT(@@version, ',X')"))
        .isEqualTo(new Statement.SetVariables(new TreeMap<>()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"BEGIN", "START TRANSACTION READ ONLY", "COMMIT", "ROLLBACK", "UNLOCK TABLES"})
  void a_transaction_is_no_matter(String sql) {
    assertThat(rewrite(sql)).isEqualTo(new Statement.Nothing());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          1064 | SELEC 1
          1064 | KILL
          1064 | SHOW
          1064 | SELECT 'a
          1064 | SELECT `a
          1064 | SELECT /* a
          1064 | DRAIN SERVER
          1064 | DRAIN EVERYTHING
          1064 | RELOAD NOW
          1064 | SET x
          1065 | /* nothing */
          1235 | KILL QUERY 1
          1235 | EXPLAIN SELECT 1
          1235 | WITH RECURSIVE a AS (SELECT 1) SELECT * FROM a
          1235 | FLUSH STATUS
          1094 | KILL 99999999999999999999
          1290 | INSERT INTO sessions VALUES (1)
          1290 | CREATE ALIAS x FOR 'java.lang.System.exit'
          1290 | SET GLOBAL x = 1
          1290 | SET @@global.x = 1
          1290 | SELECT 1 INTO OUTFILE '/tmp/x'
          1193 | SELECT @@nonesuch
          1049 | USE nonesuch
          1146 | DESCRIBE nonesuch
          1305 | SELECT FILE_READ('/etc/passwd')
          1305 | SELECT * FROM CSVREAD('/etc/passwd')
          1305 | SELECT * FROM "x", LINK_SCHEMA('a', '', 'b', '', '', 'c')
          1305 | SELECT * FROM FINAL TABLE (DELETE FROM sessions)
          1305 | SELECT * FROM SYSTEM_RANGE(1, 1000000000)
          1305 | SELECT REPEAT('x', 2000000000)
          1305 | SELECT `FILE_READ`('/etc/passwd')
          1305 | SELECT public.lastword_rows('a', 'b')
          1305 | SHOW STATUS WHERE FILE_WRITE('a', '/tmp/b')
          """)
  void what_cannot_be_is_refused_with_the_code_of_a_server(int code, String sql) {
    assertThatThrownBy(() -> rewrite(sql))
        .isInstanceOfSatisfying(SqlRefusal.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  @Test
  void a_value_is_never_taken_for_a_part_of_the_statement() {
    String sql = "SELECT ? , ?, ?, ? FROM sessions LIMIT ?";
    List<Token> bound =
        Rewriter.bind(Tokenizer.tokens(sql), Arrays.asList("'; KILL 1 -- ", null, 2.0, true, 10.0));
    Statement.Query query = (Statement.Query) Rewriter.rewrite(sql, bound, facts);
    assertThat(query.sql().replaceAll("\\s+", " "))
        .contains("'''; KILL 1 -- ' AS", "2 AS", "LIMIT 10");
  }

  @Test
  void there_must_be_a_value_for_each_question_mark() {
    List<Token> tokens = Tokenizer.tokens("SELECT ?, '?', `?`");
    assertThat(Rewriter.parameters(tokens)).isEqualTo(1);
    assertThatThrownBy(() -> Rewriter.bind(tokens, List.of()))
        .isInstanceOfSatisfying(SqlRefusal.class, e -> assertThat(e.code()).isEqualTo(1210));
    assertThatThrownBy(() -> Rewriter.bind(tokens, List.of(1L, 2L)))
        .isInstanceOfSatisfying(SqlRefusal.class, e -> assertThat(e.code()).isEqualTo(1210));
  }

  @Test
  void statements_are_cut_at_semicolons_and_nowhere_else() {
    assertThat(Rewriter.statements(Tokenizer.tokens("; SELECT ';' ; -- ;\n SET `;` = 1;;")))
        .hasSize(2);
  }
}
