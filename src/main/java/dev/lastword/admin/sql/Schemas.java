package dev.lastword.admin.sql;

import dev.lastword.admin.Catalog;
import dev.lastword.admin.Column;
import dev.lastword.admin.Table;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** All tables: those of the catalog, and those in which clients of MySQL look for what every server has. Safe for threads. */
final class Schemas {
  static final String LASTWORD = "lastword";
  static final String PERFORMANCE_SCHEMA = "performance_schema";
  static final String INFORMATION_SCHEMA = "information_schema";

  /** H2 has one of its own by that name. */
  static final String INFORMATION_SCHEMA_INSIDE = "mysql_information_schema";

  private static final List<String> MYSQLX =
      List.of(
          "Mysqlx_messages_sent",
          "Mysqlx_notice_global_sent",
          "Mysqlx_notice_other_sent",
          "Mysqlx_notice_warning_sent");

  private final Catalog catalog;
  private final Map<String, Map<String, VirtualTable>> schemas = new LinkedHashMap<>();

  Schemas(Catalog catalog) {
    this.catalog = catalog;
    for (Table<?> table : catalog.tables()) {
      List<VirtualTable.Part> columns = new ArrayList<>();
      for (Column<?> column : table.columns()) {
        columns.add(new VirtualTable.Part(column.name(), column.type(), column.comment()));
      }
      add(new VirtualTable(LASTWORD, table.name(), table.comment(), columns, _ -> table.values()));
    }
    performanceSchema();
    new InformationSchema(this).tables().forEach(this::add);
  }

  private void add(VirtualTable table) {
    schemas
        .computeIfAbsent(table.schema(), _ -> new LinkedHashMap<>())
        .put(table.name().toLowerCase(Locale.ROOT), table);
  }

  /** Their names. */
  List<String> names() {
    return List.copyOf(schemas.keySet());
  }

  /** Everything in everything. */
  List<VirtualTable> tables() {
    return schemas.values().stream().map(Map::values).flatMap(Collection::stream).toList();
  }

  /**
   * A schema's name as it is written here.
   *
   * @throws SqlRefusal if there is none
   */
  String existing(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    if (!schemas.containsKey(lower)) {
      throw SqlRefusal.unknownDatabase(name);
    }
    return lower;
  }

  /**
   * Finds a table.
   *
   * @throws SqlRefusal if there is none
   */
  VirtualTable table(String schema, String name) {
    if (schema.isEmpty()) {
      throw new SqlRefusal(1046, "3D000", "No database selected");
    }
    VirtualTable table =
        schemas.getOrDefault(existing(schema), Map.of()).get(name.toLowerCase(Locale.ROOT));
    if (table == null) {
      throw SqlRefusal.noSuchTable(schema, name);
    }
    return table;
  }

  private void performanceSchema() {
    add(
        variables(
            "global_status",
            "What this proxy has sent to all its X clients, and how it is.",
            _ -> texts(catalog.status().read())));
    add(
        variables(
            "session_status",
            "The same, but what was sent is that of this very connection to the SQL endpoint.",
            facts -> {
              SortedMap<String, String> all = texts(catalog.status().read());
              all.putAll(texts(facts.sent().read()));
              return all;
            }));
    add(variables("global_variables", "How this proxy is set up.", f -> f.variables().global()));
    add(
        variables(
            "session_variables",
            "The same, and what this connection to the SQL endpoint has set.",
            facts -> facts.variables().session()));
    add(
        new VirtualTable(
            PERFORMANCE_SCHEMA,
            "status_by_thread",
            "What was sent to each X client that is connected.",
            List.of(integer("THREAD_ID"), text("VARIABLE_NAME"), text("VARIABLE_VALUE")),
            this::statusByThread));
    add(
        new VirtualTable(
            PERFORMANCE_SCHEMA,
            "processlist",
            "The proxied sessions.",
            processColumns(),
            this::processes));
  }

  private static VirtualTable variables(
      String name, String comment, java.util.function.Function<SqlFacts, Map<String, String>> all) {
    return new VirtualTable(
        PERFORMANCE_SCHEMA,
        name,
        comment,
        List.of(text("VARIABLE_NAME"), text("VARIABLE_VALUE")),
        facts -> {
          List<@Nullable Object[]> rows = new ArrayList<>();
          all.apply(facts).forEach((key, value) -> rows.add(new @Nullable Object[] {key, value}));
          return rows;
        });
  }

  private static SortedMap<String, String> texts(Map<String, Long> numbers) {
    SortedMap<String, String> texts = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    numbers.forEach((name, number) -> texts.put(name, Long.toString(number)));
    return texts;
  }

  static List<VirtualTable.Part> processColumns() {
    return List.of(
        integer("ID"),
        text("USER"),
        text("HOST"),
        text("DB"),
        text("COMMAND"),
        integer("TIME"),
        text("STATE"),
        text("INFO"));
  }

  /** The proxied sessions in the columns of a server's list. */
  List<@Nullable Object[]> processes(SqlFacts facts) {
    List<@Nullable Object[]> rows = new ArrayList<>();
    for (Map<String, @Nullable Object> session : sessions(facts)) {
      String state = String.valueOf(session.get("state"));
      Object age = session.get("age_seconds");
      rows.add(
          new @Nullable Object[] {
            session.get("id"),
            session.get("user"),
            session.get("client"),
            null,
            switch (state) {
              case "idle" -> "Sleep";
              case "connecting", "unauthenticated" -> "Connect";
              default -> "Query";
            },
            age instanceof Number seconds ? seconds.longValue() : null,
            state,
            null
          });
    }
    return rows;
  }

  private List<@Nullable Object[]> statusByThread(SqlFacts facts) {
    List<@Nullable Object[]> rows = new ArrayList<>();
    for (Map<String, @Nullable Object> session : sessions(facts)) {
      for (String variable : MYSQLX) {
        String column = variable.substring("Mysqlx_".length());
        Object sent = session.get(column);
        // A classic session has none.
        if (sent != null) {
          rows.add(new @Nullable Object[] {session.get("id"), variable, sent.toString()});
        }
      }
    }
    return rows;
  }

  /** By the names of the columns; nothing if the catalog has no sessions. */
  private List<Map<String, @Nullable Object>> sessions(SqlFacts facts) {
    List<Map<String, @Nullable Object>> all = new ArrayList<>();
    VirtualTable table = schemas.getOrDefault(LASTWORD, Map.of()).get("sessions");
    if (table == null) {
      return all;
    }
    for (@Nullable Object[] values : Snapshot.read(table, facts)) {
      Map<String, @Nullable Object> row = new TreeMap<>();
      for (int i = 0; i < values.length; i++) {
        row.put(table.columns().get(i).name(), values[i]);
      }
      boolean x = "x".equalsIgnoreCase(String.valueOf(row.get("protocol")));
      if (!x) {
        MYSQLX.forEach(name -> row.remove(name.substring("Mysqlx_".length())));
      }
      all.add(row);
    }
    return all;
  }

  static VirtualTable.Part text(String name) {
    return new VirtualTable.Part(name, Column.Type.TEXT, "");
  }

  static VirtualTable.Part integer(String name) {
    return new VirtualTable.Part(name, Column.Type.INTEGER, "");
  }
}
