package dev.lastword.admin.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.admin.Column;
import dev.lastword.admin.Table;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SessionCountsTest {
  private record Row(String state, String listener, String server) {}

  private static SessionCounts of(Row... rows) {
    return SessionCounts.of(
        new Table<>(
            "sessions",
            "",
            List.of(
                new Column<Row>("state", Column.Type.TEXT, "", Row::state),
                new Column<Row>("listener", Column.Type.TEXT, "", Row::listener),
                new Column<Row>(
                    "server",
                    Column.Type.TEXT,
                    "",
                    row -> row.server().isEmpty() ? null : row.server())),
            () -> List.of(rows)));
  }

  @Test
  void sessions_are_counted_by_each_of_the_three() {
    SessionCounts counts =
        of(
            new Row("idle", "x", "db1"),
            new Row("idle", "y", "db2"),
            new Row("waiting", "x", "db1"));
    assertThat(counts.total()).isEqualTo(3);
    assertThat(counts.byState()).isEqualTo(Map.of("idle", 2L, "waiting", 1L));
    assertThat(counts.byListener()).isEqualTo(Map.of("x", 2L, "y", 1L));
    assertThat(counts.byServer()).isEqualTo(Map.of("db1", 2L, "db2", 1L));
  }

  @Test
  void a_session_without_a_server_counts_only_where_it_has_something() {
    SessionCounts counts = of(new Row("connecting", "x", ""));
    assertThat(counts.total()).isEqualTo(1);
    assertThat(counts.byState()).isEqualTo(Map.of("connecting", 1L));
    assertThat(counts.byServer()).isEmpty();
  }

  @Test
  void no_sessions_are_zero() {
    assertThat(of()).isEqualTo(new SessionCounts(0, Map.of(), Map.of(), Map.of()));
  }
}
