package dev.lastword.admin.sql;

import dev.lastword.admin.Catalog;
import dev.lastword.admin.Column;
import dev.lastword.admin.Steering;
import dev.lastword.admin.Table;
import dev.lastword.config.AdminSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A small proxy as the endpoint sees it: three sessions, two losses, and somebody who remembers what was to be done. */
final class Sample implements Steering {
  static final Instant FIRST = Instant.parse("2026-11-21T12:03:11.125Z");

  /** What was done, in words. */
  final List<String> done = new CopyOnWriteArrayList<>();

  /** Rows of the sessions; the first value is the number. */
  final List<Row> sessions = new CopyOnWriteArrayList<>();

  /** How often the sessions were read. */
  final AtomicInteger reads = new AtomicInteger();

  Sample() {
    sessions.add(
        row(1L, "x", "in-x", "10.0.0.7:51544", "anna", "db1", "idle", false, 1.5, 7L, 1L, 0L, 2L));
    sessions.add(
        row(
            2L,
            "x",
            "in-x",
            "10.0.0.8:40000",
            "bert",
            "db2",
            "waiting",
            true,
            2.25,
            9L,
            0L,
            1L,
            3L));
    sessions.add(
        row(
            3L,
            "classic",
            "in-c",
            "10.0.0.9:40001",
            null,
            "db2",
            "idle",
            false,
            90.0,
            0L,
            null,
            null,
            null));
  }

  /** The values of a row, in the order of the columns. */
  static final class Row {
    private final @Nullable Object[] values;

    Row(@Nullable Object... values) {
      this.values = values;
    }

    @Nullable Object[] values() {
      return values;
    }
  }

  static Row row(@Nullable Object... values) {
    return new Row(values);
  }

  Catalog catalog() {
    Map<String, Long> status = new TreeMap<>();
    status.put("Mysqlx_messages_sent", 1016L);
    status.put("Mysqlx_notice_global_sent", 11L);
    status.put("Mysqlx_notice_other_sent", 55L);
    status.put("Mysqlx_notice_warning_sent", 21L);
    status.put("Threads_connected", 3L);
    status.put("Uptime", 4711L);
    return new Catalog(
        List.of(
            table(
                "sessions",
                "The sessions that live.",
                sessions,
                integer("id"),
                text("protocol"),
                text("listener"),
                text("client"),
                text("user"),
                text("server"),
                text("state"),
                new Column<>("in_transaction", Column.Type.BOOLEAN, "", r -> null),
                new Column<>("age_seconds", Column.Type.REAL, "", r -> null),
                integer("messages_sent"),
                integer("notice_warning_sent"),
                integer("notice_global_sent"),
                integer("notice_other_sent")),
            table(
                "losses",
                "Sessions that ended without the client's wish; it's the ledger.",
                List.of(
                    row(2L, FIRST.plusSeconds(60), "server-gone", null),
                    row(1L, FIRST, "server-shut-down", "told 1053")),
                integer("id"),
                new Column<>("ended", Column.Type.TIMESTAMP, "when, in UTC", r -> null),
                text("cause"),
                text("text")),
            table(
                "config",
                "What is configured.",
                List.of(row("farewell.linger", "5s")),
                text("key"),
                text("value"))),
        () -> status,
        () -> Map.of("version", "0.1.0", "listeners", "2"));
  }

  @SafeVarargs
  private final Table<Row> table(
      String name, String comment, List<Row> rows, Column<Row>... columns) {
    List<Column<Row>> placed = new ArrayList<>();
    for (int i = 0; i < columns.length; i++) {
      int at = i;
      placed.add(
          new Column<>(
              columns[i].name(), columns[i].type(), columns[i].comment(), r -> r.values()[at]));
    }
    return new Table<>(
        name,
        comment,
        placed,
        () -> {
          if (name.equals("sessions")) {
            reads.incrementAndGet();
          }
          return rows;
        });
  }

  private static Column<Row> text(String name) {
    return new Column<>(name, Column.Type.TEXT, "the " + name, r -> null);
  }

  private static Column<Row> integer(String name) {
    return new Column<>(name, Column.Type.INTEGER, "the " + name, r -> null);
  }

  /** Answers at any free port, on loopback. */
  SqlEndpoint open(AdminSettings settings, Path dataDirectory) throws IOException {
    return SqlEndpoint.open(settings, catalog(), this, dataDirectory);
  }

  /** The same for clients that speak first, however slow this machine is. */
  SqlEndpoint openForX(AdminSettings settings, Path dataDirectory) throws IOException {
    return SqlEndpoint.open(settings, catalog(), this, dataDirectory, Duration.ofMinutes(1));
  }

  /** Without accounts and without TLS, which is what is there by default. */
  static AdminSettings settings() {
    return AdminSettings.OFF.withSql("127.0.0.1", 0);
  }

  @Override
  public boolean kill(long session) {
    done.add("kill " + session);
    return sessions.stream().anyMatch(row -> Long.valueOf(session).equals(row.values()[0]));
  }

  @Override
  public void drain(Scope scope) {
    known(scope);
    done.add("drain " + scope);
  }

  @Override
  public void undrain(Scope scope) {
    known(scope);
    done.add("undrain " + scope);
  }

  private static void known(Scope scope) {
    if (scope instanceof Scope.OneServer server && !server.name().startsWith("db")) {
      throw new IllegalArgumentException("no server is named " + server.name());
    }
  }

  @Override
  public boolean drains(Scope scope) {
    return false;
  }

  @Override
  public List<String> reload() {
    done.add("reload");
    return List.of("servers: db3 was added", "limits.sessions: 100 -> 200");
  }

  @Override
  public void logLevel(String logger, String level) {}

  @Override
  public boolean isReady() {
    return true;
  }
}
