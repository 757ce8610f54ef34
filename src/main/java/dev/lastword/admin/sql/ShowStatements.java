package dev.lastword.admin.sql;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** SHOW and DESCRIBE, which are questions to tables under other names. */
final class ShowStatements {
  private static final String NONE = " WHERE FALSE";

  private final String sql;
  private final List<Token> tokens;
  private final SqlFacts facts;
  private int at;

  ShowStatements(String sql, List<Token> tokens, SqlFacts facts) {
    this.sql = sql;
    this.tokens = tokens;
    this.facts = facts;
  }

  /** DESCRIBE of a table, and of one of its columns. */
  Statement describe() {
    at = 1;
    if (at < tokens.size() && tokens.get(at).isAny("SELECT", "FORMAT", "ANALYZE", "WITH")) {
      throw SqlRefusal.unsupported("EXPLAIN");
    }
    VirtualTable table = table();
    if (at == tokens.size()) {
      return query(columns(table, false), "Field");
    }
    Token column = tokens.get(at++);
    end();
    Patterns.checkLike(column.text());
    return new Statement.Query(
        "SELECT * FROM ("
            + columns(table, false)
            + ") AS \"shown\" WHERE \"Field\" LIKE "
            + QueryText.literal(column.text()));
  }

  Statement show() {
    at = 1;
    boolean global = false;
    boolean full = false;
    while (at < tokens.size()
        && tokens.get(at).isAny("GLOBAL", "SESSION", "LOCAL", "FULL", "EXTENDED", "STORAGE")) {
      global |= tokens.get(at).is("GLOBAL");
      full |= tokens.get(at).is("FULL");
      at++;
    }
    if (at == tokens.size()) {
      throw syntax();
    }
    Token what = tokens.get(at++);
    String scope = global ? "global" : "session";
    return switch (what.upper()) {
      case "STATUS" -> query(namesAndValues(scope + "_status"), "Variable_name");
      case "VARIABLES" -> query(namesAndValues(scope + "_variables"), "Variable_name");
      case "PROCESSLIST" ->
          query(
              select(
                  inside("processlist"),
                  "ID:Id",
                  "USER:User",
                  "HOST:Host",
                  "DB:db",
                  "COMMAND:Command",
                  "TIME:Time",
                  "STATE:State",
                  "INFO:Info"),
              "Id");
      case "DATABASES", "SCHEMAS" ->
          query(select(inside("schemata"), "SCHEMA_NAME:Database"), "Database");
      case "TABLES" -> tables(full);
      case "TABLE" -> {
        expect("STATUS");
        String schema = schema();
        yield query(
            select(
                    inside("tables"),
                    "TABLE_NAME:Name",
                    "ENGINE:Engine",
                    "VERSION:Version",
                    "ROW_FORMAT:Row_format",
                    "TABLE_ROWS:Rows",
                    "AVG_ROW_LENGTH:Avg_row_length",
                    "DATA_LENGTH:Data_length",
                    "MAX_DATA_LENGTH:Max_data_length",
                    "INDEX_LENGTH:Index_length",
                    "DATA_FREE:Data_free",
                    "AUTO_INCREMENT:Auto_increment",
                    "CREATE_TIME:Create_time",
                    "UPDATE_TIME:Update_time",
                    "CHECK_TIME:Check_time",
                    "TABLE_COLLATION:Collation",
                    "CHECKSUM:Checksum",
                    "CREATE_OPTIONS:Create_options",
                    "TABLE_COMMENT:Comment")
                + " WHERE \"TABLE_SCHEMA\" = "
                + QueryText.literal(schema),
            "Name");
      }
      case "COLUMNS", "FIELDS" -> {
        if (!takes("FROM") && !takes("IN")) {
          throw syntax();
        }
        VirtualTable table = table();
        if (takes("FROM") || takes("IN")) {
          table = facts.schemas().table(name(), table.name());
        }
        yield query(columns(table, full), "Field");
      }
      case "CREATE" -> create();
      case "ENGINES" ->
          query(
              select(
                  inside("engines"),
                  "ENGINE:Engine",
                  "SUPPORT:Support",
                  "COMMENT:Comment",
                  "TRANSACTIONS:Transactions",
                  "XA:XA",
                  "SAVEPOINTS:Savepoints"),
              "Engine");
      case "PLUGINS" ->
          query(
              select(
                  inside("plugins"),
                  "PLUGIN_NAME:Name",
                  "PLUGIN_STATUS:Status",
                  "PLUGIN_TYPE:Type",
                  "PLUGIN_LIBRARY:Library",
                  "PLUGIN_LICENSE:License"),
              "Name");
      case "CHARACTER" -> {
        expect("SET");
        yield characterSets();
      }
      case "CHARSET" -> characterSets();
      case "COLLATION" ->
          query(
              select(
                  inside("collations"),
                  "COLLATION_NAME:Collation",
                  "CHARACTER_SET_NAME:Charset",
                  "ID:Id",
                  "IS_DEFAULT:Default",
                  "IS_COMPILED:Compiled",
                  "SORTLEN:Sortlen",
                  "PAD_ATTRIBUTE:Pad_attribute"),
              "Collation");
      case "WARNINGS", "ERRORS" -> nothing("Level", "Code", "Message");
      case "COUNT" -> {
        String label = sql.substring(tokens.get(at - 1).start(), tokens.getLast().end());
        yield new Statement.Query("SELECT CAST(0 AS BIGINT) AS " + QueryText.quoted(label));
      }
      case "GRANTS" -> {
        String account = "'" + facts.user() + "'@'" + facts.host() + "'";
        yield new Statement.Query(
            "SELECT "
                + QueryText.literal("GRANT SELECT, PROCESS, CONNECTION_ADMIN ON *.* TO " + account)
                + " AS "
                + QueryText.quoted("Grants for " + facts.user() + "@" + facts.host()));
      }
      case "INDEX", "INDEXES", "KEYS" -> {
        if (!takes("FROM") && !takes("IN")) {
          throw syntax();
        }
        table();
        yield nothing(
            "Table",
            "Non_unique",
            "Key_name",
            "Seq_in_index",
            "Column_name",
            "Collation",
            "Cardinality",
            "Sub_part",
            "Packed",
            "Null",
            "Index_type",
            "Comment",
            "Index_comment",
            "Visible",
            "Expression");
      }
      case "MASTER", "REPLICA", "SLAVE", "BINARY", "BINLOG", "REPLICAS", "ALL" ->
          nothing("File", "Position", "Binlog_Do_DB", "Binlog_Ignore_DB", "Executed_Gtid_Set");
      case "TRIGGERS" -> nothing("Trigger", "Event", "Table", "Statement", "Timing", "Created");
      case "EVENTS" -> nothing("Db", "Name", "Definer", "Time zone", "Type", "Status");
      case "PROCEDURE", "FUNCTION" -> nothing("Db", "Name", "Type", "Definer", "Modified");
      case "OPEN" -> nothing("Database", "Table", "In_use", "Name_locked");
      case "PROFILES" -> nothing("Query_ID", "Duration", "Query");
      case "ENGINE" -> nothing("Type", "Name", "Status");
      case "PRIVILEGES" -> nothing("Privilege", "Context", "Comment");
      default -> {
        at--;
        throw syntax();
      }
    };
  }

  private Statement tables(boolean full) {
    String schema = schema();
    String label = "Tables_in_" + schema;
    String from =
        full
            ? select(inside("tables"), "TABLE_NAME:" + label, "TABLE_TYPE:Table_type")
            : select(inside("tables"), "TABLE_NAME:" + label);
    return query(from + " WHERE \"TABLE_SCHEMA\" = " + QueryText.literal(schema), label);
  }

  private Statement create() {
    if (takes("TABLE") || takes("VIEW")) {
      VirtualTable table = table();
      end();
      return new Statement.Query(
          "SELECT "
              + QueryText.literal(table.name())
              + " AS \"Table\", "
              + QueryText.literal(table.definition())
              + " AS \"Create Table\"");
    }
    if (takes("DATABASE") || takes("SCHEMA")) {
      String schema = facts.schemas().existing(name());
      return new Statement.Query(
          "SELECT "
              + QueryText.literal(schema)
              + " AS \"Database\", "
              + QueryText.literal("CREATE DATABASE `" + schema + "`")
              + " AS \"Create Database\"");
    }
    throw syntax();
  }

  private Statement characterSets() {
    return query(
        select(
            inside("character_sets"),
            "CHARACTER_SET_NAME:Charset",
            "DESCRIPTION:Description",
            "DEFAULT_COLLATE_NAME:Default collation",
            "MAXLEN:Maxlen"),
        "Charset");
  }

  private static String columns(VirtualTable table, boolean full) {
    String columns =
        full
            ? select(
                inside("columns"),
                "COLUMN_NAME:Field",
                "COLUMN_TYPE:Type",
                "COLLATION_NAME:Collation",
                "IS_NULLABLE:Null",
                "COLUMN_KEY:Key",
                "COLUMN_DEFAULT:Default",
                "EXTRA:Extra",
                "PRIVILEGES:Privileges",
                "COLUMN_COMMENT:Comment")
            : select(
                inside("columns"),
                "COLUMN_NAME:Field",
                "COLUMN_TYPE:Type",
                "IS_NULLABLE:Null",
                "COLUMN_KEY:Key",
                "COLUMN_DEFAULT:Default",
                "EXTRA:Extra");
    return columns
        + " WHERE \"TABLE_SCHEMA\" = "
        + QueryText.literal(table.schema())
        + " AND \"TABLE_NAME\" = "
        + QueryText.literal(table.name());
  }

  private static String namesAndValues(String table) {
    return select(
        QueryText.quoted(Schemas.PERFORMANCE_SCHEMA) + "." + QueryText.quoted(table),
        "VARIABLE_NAME:Variable_name",
        "VARIABLE_VALUE:Value");
  }

  private static String inside(String table) {
    return QueryText.quoted(Schemas.INFORMATION_SCHEMA_INSIDE) + "." + QueryText.quoted(table);
  }

  /** Columns are given as {@code NAME:Label}. */
  private static String select(String from, String... columns) {
    List<String> items = new ArrayList<>();
    for (String column : columns) {
      int colon = column.indexOf(':');
      items.add(
          QueryText.quoted(column.substring(0, colon))
              + " AS "
              + QueryText.quoted(column.substring(colon + 1)));
    }
    return "SELECT " + String.join(", ", items) + " FROM " + from;
  }

  /** The rest may narrow it with LIKE, which asks for one column, or with WHERE, in the words of its labels. */
  private Statement query(String base, String liked) {
    if (at == tokens.size()) {
      return new Statement.Query(base);
    }
    String shown = "SELECT * FROM (" + base + ") AS \"shown\" WHERE ";
    if (takes("LIKE")) {
      if (at == tokens.size()) {
        throw syntax();
      }
      Token pattern = tokens.get(at++);
      end();
      Patterns.checkLike(pattern.text());
      return new Statement.Query(
          shown + QueryText.quoted(liked) + " LIKE " + QueryText.literal(pattern.text()));
    }
    if (takes("WHERE")) {
      List<Token> condition = tokens.subList(at, tokens.size());
      return new Statement.Query(shown + new QueryText(sql, facts).expression(condition));
    }
    throw syntax();
  }

  private static Statement nothing(String... labels) {
    List<String> items = new ArrayList<>();
    for (String label : labels) {
      items.add("CAST(NULL AS VARCHAR) AS " + QueryText.quoted(label));
    }
    return new Statement.Query("SELECT " + String.join(", ", items) + NONE);
  }

  /** The schema that is named, or the default one. */
  private String schema() {
    if (takes("FROM") || takes("IN")) {
      return facts.schemas().existing(name());
    }
    if (facts.schema().isEmpty()) {
      throw new SqlRefusal(1046, "3D000", "No database selected");
    }
    return facts.schema();
  }

  private VirtualTable table() {
    String first = name();
    if (at < tokens.size() && tokens.get(at).isSymbol(".")) {
      at++;
      return facts.schemas().table(first, name());
    }
    // "FROM table FROM schema" comes later; it may be that the table is not in the default schema.
    @Nullable Token schema =
        at + 1 < tokens.size() && tokens.get(at).isAny("FROM", "IN") ? tokens.get(at + 1) : null;
    return facts.schemas().table(schema == null ? facts.schema() : schema.text(), first);
  }

  private String name() {
    if (at == tokens.size() || !tokens.get(at).isName()) {
      throw syntax();
    }
    return tokens.get(at++).text();
  }

  private boolean takes(String word) {
    if (at < tokens.size() && tokens.get(at).is(word)) {
      at++;
      return true;
    }
    return false;
  }

  private void expect(String word) {
    if (!takes(word)) {
      throw syntax();
    }
  }

  private void end() {
    if (at < tokens.size()) {
      throw syntax();
    }
  }

  private SqlRefusal syntax() {
    return SqlRefusal.syntax(at < tokens.size() ? sql.substring(tokens.get(at).start()) : "");
  }
}
