package dev.lastword.admin.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mysql.cj.protocol.x.XProtocolError;
import com.mysql.cj.xdevapi.Row;
import com.mysql.cj.xdevapi.Session;
import com.mysql.cj.xdevapi.SessionFactory;
import com.mysql.cj.xdevapi.SqlResult;
import dev.lastword.config.AdminSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The X DevAPI of MySQL Connector/J, as it comes, against the endpoint. */
class XClientsIT {
  @TempDir static Path directory;
  private static Sample sample;
  private static SqlEndpoint endpoint;

  @BeforeAll
  static void open() throws Exception {
    sample = new Sample();
    endpoint = sample.openForX(Sample.settings(), directory);
  }

  @AfterAll
  static void close() {
    endpoint.close();
  }

  private static Session session(int port, String user, String more) {
    return new SessionFactory()
        .getSession("mysqlx://" + user + "@127.0.0.1:" + port + "/lastword?" + more);
  }

  private static Session session() {
    return session(endpoint.port(), "anna:whatever", "xdevapi.ssl-mode=DISABLED");
  }

  private static List<String> first(SqlResult result) {
    List<String> all = new ArrayList<>();
    for (Row row : result.fetchAll()) {
      all.add(row.getString(0));
    }
    return all;
  }

  @Test
  void sql_with_arguments_is_answered() {
    Session session = session();
    try {
      SqlResult result =
          session
              .sql(
                  "SELECT user, id, age_seconds, in_transaction FROM sessions WHERE id >= ? AND server = ? ORDER BY id")
              .bind(2, "db2")
              .execute();
      Row bert = result.fetchOne();
      assertThat(bert.getString("user")).isEqualTo("bert");
      assertThat(bert.getLong("id")).isEqualTo(2);
      assertThat(bert.getDouble("age_seconds")).isEqualTo(2.25);
      assertThat(bert.getBoolean("in_transaction")).isTrue();
      assertThat(result.fetchOne().getString("user")).isNull();
      assertThat(result.fetchOne()).isNull();
    } finally {
      session.close();
    }
  }

  @Test
  void every_kind_of_value_is_written() {
    Session session = session();
    try {
      Row row =
          session
              .sql(
                  "SELECT -12.50 AS number, 'ä€😀' AS text, NULL AS nothing, ended,"
                      + " TIME '12:03:11' AS clock, DATE '2026-11-21' AS day, 0.05 AS small"
                      + " FROM losses WHERE id = 1")
              .execute()
              .fetchOne();
      assertThat(row.getBigDecimal("number")).isEqualByComparingTo("-12.50");
      assertThat(row.getBigDecimal("small")).isEqualByComparingTo("0.05");
      assertThat(row.getString("text")).isEqualTo("ä€😀");
      assertThat(row.getString("nothing")).isNull();
      assertThat(row.getTimestamp("ended").toLocalDateTime())
          .hasToString("2026-11-21T12:03:11.125");
      assertThat(row.getTime("clock")).hasToString("12:03:11");
      assertThat(row.getDate("day")).hasToString("2026-11-21");
    } finally {
      session.close();
    }
  }

  @Test
  void what_was_sent_on_this_connection_is_the_session_s_status() {
    Session session = session();
    try {
      String ask = " STATUS WHERE Variable_name = 'Mysqlx_notice_other_sent'";
      assertThat(session.sql("SHOW GLOBAL" + ask).execute().fetchOne().getString(1))
          .isEqualTo("55");
      long before =
          Long.parseLong(session.sql("SHOW SESSION" + ask).execute().fetchOne().getString(1));
      long after =
          Long.parseLong(session.sql("SHOW SESSION" + ask).execute().fetchOne().getString(1));
      // Rows affected, once for each statement.
      assertThat(after).isEqualTo(before + 1);
    } finally {
      session.close();
    }
  }

  @Test
  void a_session_is_killed_by_its_number() {
    Session session = session();
    try {
      session.sql("KILL ?").bind(3).execute();
      assertThat(sample.done).contains("kill 3");
      refused(() -> session.sql("KILL 4711").execute(), 1094);
    } finally {
      session.close();
    }
  }

  @Test
  void schemas_and_tables_are_listed() {
    Session session = session();
    try {
      assertThat(session.getSchemas())
          .extracting(com.mysql.cj.xdevapi.Schema::getName)
          .contains("information_schema", "lastword", "performance_schema");
      assertThat(session.getSchema("lastword").getTables())
          .extracting(com.mysql.cj.xdevapi.DatabaseObject::getName)
          .containsExactly("sessions", "losses", "config");
    } finally {
      session.close();
    }
  }

  @Test
  void what_cannot_be_is_refused_and_the_session_goes_on() {
    Session session = session();
    try {
      refused(() -> session.sql("SELECT * FROM nonesuch").execute(), 1146);
      refused(() -> session.sql("DROP TABLE sessions").execute(), 1290);
      refused(() -> session.sql("SELECT FILE_READ('/etc/passwd')").execute(), 1305);
      refused(() -> session.getSchema("lastword").getTable("sessions").select("*").execute(), 1235);
      assertThat(first(session.sql("SELECT 5").execute())).containsExactly("5");
    } finally {
      session.close();
    }
  }

  private static void refused(Runnable attempt, int code) {
    assertThatThrownBy(attempt::run)
        .isInstanceOfSatisfying(
            XProtocolError.class,
            e -> assertThat(e.getErrorCode()).as(e.getMessage()).isEqualTo(code));
  }

  @ParameterizedTest
  @ValueSource(strings = {"MYSQL41", "SHA256_MEMORY"})
  void an_account_and_its_password_are_asked_for_where_there_is_one(String mechanism)
      throws Exception {
    AdminSettings settings = Sample.settings().withAccount("op", "sesame");
    String how = "xdevapi.ssl-mode=DISABLED&xdevapi.auth=" + mechanism;
    try (SqlEndpoint guarded = sample.openForX(settings, directory)) {
      Session session = session(guarded.port(), "op:sesame", how);
      assertThat(first(session.sql("SELECT CURRENT_USER()").execute()))
          .containsExactly("op@127.0.0.1");
      session.close();
      refused(() -> session(guarded.port(), "op:wrong", how), 1045);
      refused(() -> session(guarded.port(), "nobody:sesame", how), 1045);
      assertThatThrownBy(() ->
              session(guarded.port(), "op:sesame", "xdevapi.ssl-mode=DISABLED&xdevapi.auth=PLAIN"))
          .isInstanceOf(RuntimeException.class);
    }
  }
}
