package dev.lastword.admin.sql;

import static dev.lastword.admin.sql.Schemas.integer;
import static dev.lastword.admin.sql.Schemas.text;

import dev.lastword.admin.Column;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The tables in which programs look for tables, in MySQL's columns. What the endpoint has none of is there and empty. */
final class InformationSchema {
  private static final String CHARACTER_SET = "utf8mb4";
  private static final String COLLATION = "utf8mb4_general_ci";
  private static final long TEXT_LENGTH = 1024;

  private final Schemas schemas;

  InformationSchema(Schemas schemas) {
    this.schemas = schemas;
  }

  List<VirtualTable> tables() {
    List<VirtualTable> all = new ArrayList<>();
    all.add(
        table(
            "schemata",
            "CATALOG_NAME SCHEMA_NAME DEFAULT_CHARACTER_SET_NAME DEFAULT_COLLATION_NAME SQL_PATH"
                + " DEFAULT_ENCRYPTION",
            _ -> {
              List<@Nullable Object[]> rows = new ArrayList<>();
              for (String name : schemas.names()) {
                rows.add(
                    new @Nullable Object[] {"def", name, CHARACTER_SET, COLLATION, null, "NO"});
              }
              return rows;
            }));
    all.add(
        table(
            "tables",
            "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME TABLE_TYPE ENGINE #VERSION ROW_FORMAT"
                + " #TABLE_ROWS #AVG_ROW_LENGTH #DATA_LENGTH #MAX_DATA_LENGTH #INDEX_LENGTH"
                + " #DATA_FREE #AUTO_INCREMENT CREATE_TIME UPDATE_TIME CHECK_TIME TABLE_COLLATION"
                + " #CHECKSUM CREATE_OPTIONS TABLE_COMMENT",
            _ -> tableRows()));
    all.add(
        table(
            "columns",
            "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME COLUMN_NAME #ORDINAL_POSITION COLUMN_DEFAULT"
                + " IS_NULLABLE DATA_TYPE #CHARACTER_MAXIMUM_LENGTH #CHARACTER_OCTET_LENGTH"
                + " #NUMERIC_PRECISION #NUMERIC_SCALE #DATETIME_PRECISION CHARACTER_SET_NAME"
                + " COLLATION_NAME COLUMN_TYPE COLUMN_KEY EXTRA PRIVILEGES COLUMN_COMMENT"
                + " GENERATION_EXPRESSION #SRS_ID",
            _ -> columnRows()));
    all.add(
        rows(
            "engines",
            "ENGINE SUPPORT COMMENT TRANSACTIONS XA SAVEPOINTS",
            new @Nullable Object[] {
              "LASTWORD", "DEFAULT", "What the proxy knows, read when it is asked", "NO", "NO", "NO"
            }));
    all.add(
        rows(
            "character_sets",
            "CHARACTER_SET_NAME DEFAULT_COLLATE_NAME DESCRIPTION #MAXLEN",
            new @Nullable Object[] {CHARACTER_SET, COLLATION, "UTF-8 Unicode", 4L}));
    all.add(
        rows(
            "collations",
            "COLLATION_NAME CHARACTER_SET_NAME #ID IS_DEFAULT IS_COMPILED #SORTLEN PAD_ATTRIBUTE",
            new @Nullable Object[] {COLLATION, CHARACTER_SET, 45L, "Yes", "Yes", 1L, "PAD SPACE"},
            new @Nullable Object[] {
              "utf8mb4_0900_ai_ci", CHARACTER_SET, 255L, "", "Yes", 0L, "NO PAD"
            }));
    all.add(
        rows(
            "collation_character_set_applicability",
            "COLLATION_NAME CHARACTER_SET_NAME",
            new @Nullable Object[] {COLLATION, CHARACTER_SET},
            new @Nullable Object[] {"utf8mb4_0900_ai_ci", CHARACTER_SET}));
    all.add(
        new VirtualTable(
            Schemas.INFORMATION_SCHEMA,
            "processlist",
            "",
            Schemas.processColumns(),
            schemas::processes));
    empty().forEach((name, columns) -> all.add(rows(name, columns)));
    return all;
  }

  /** A number sign stands before the names of columns with numbers. */
  private static Map<String, String> empty() {
    Map<String, String> tables = new LinkedHashMap<>();
    tables.put(
        "plugins",
        "PLUGIN_NAME PLUGIN_VERSION PLUGIN_STATUS PLUGIN_TYPE PLUGIN_TYPE_VERSION PLUGIN_LIBRARY"
            + " PLUGIN_LIBRARY_VERSION PLUGIN_AUTHOR PLUGIN_DESCRIPTION PLUGIN_LICENSE LOAD_OPTION");
    tables.put(
        "routines",
        "SPECIFIC_NAME ROUTINE_CATALOG ROUTINE_SCHEMA ROUTINE_NAME ROUTINE_TYPE DATA_TYPE"
            + " DTD_IDENTIFIER ROUTINE_BODY ROUTINE_DEFINITION EXTERNAL_NAME EXTERNAL_LANGUAGE"
            + " PARAMETER_STYLE IS_DETERMINISTIC SQL_DATA_ACCESS SQL_PATH SECURITY_TYPE CREATED"
            + " LAST_ALTERED SQL_MODE ROUTINE_COMMENT DEFINER");
    tables.put(
        "parameters",
        "SPECIFIC_CATALOG SPECIFIC_SCHEMA SPECIFIC_NAME #ORDINAL_POSITION PARAMETER_MODE"
            + " PARAMETER_NAME DATA_TYPE #CHARACTER_MAXIMUM_LENGTH #CHARACTER_OCTET_LENGTH"
            + " #NUMERIC_PRECISION #NUMERIC_SCALE #DATETIME_PRECISION CHARACTER_SET_NAME"
            + " COLLATION_NAME DTD_IDENTIFIER ROUTINE_TYPE");
    tables.put(
        "views",
        "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME VIEW_DEFINITION CHECK_OPTION IS_UPDATABLE DEFINER"
            + " SECURITY_TYPE CHARACTER_SET_CLIENT COLLATION_CONNECTION");
    tables.put(
        "statistics",
        "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME #NON_UNIQUE INDEX_SCHEMA INDEX_NAME #SEQ_IN_INDEX"
            + " COLUMN_NAME COLLATION #CARDINALITY #SUB_PART PACKED NULLABLE INDEX_TYPE COMMENT"
            + " INDEX_COMMENT IS_VISIBLE EXPRESSION");
    tables.put(
        "key_column_usage",
        "CONSTRAINT_CATALOG CONSTRAINT_SCHEMA CONSTRAINT_NAME TABLE_CATALOG TABLE_SCHEMA TABLE_NAME"
            + " COLUMN_NAME #ORDINAL_POSITION #POSITION_IN_UNIQUE_CONSTRAINT"
            + " REFERENCED_TABLE_SCHEMA REFERENCED_TABLE_NAME REFERENCED_COLUMN_NAME");
    tables.put(
        "table_constraints",
        "CONSTRAINT_CATALOG CONSTRAINT_SCHEMA CONSTRAINT_NAME TABLE_SCHEMA TABLE_NAME"
            + " CONSTRAINT_TYPE ENFORCED");
    tables.put(
        "check_constraints", "CONSTRAINT_CATALOG CONSTRAINT_SCHEMA CONSTRAINT_NAME CHECK_CLAUSE");
    tables.put(
        "referential_constraints",
        "CONSTRAINT_CATALOG CONSTRAINT_SCHEMA CONSTRAINT_NAME UNIQUE_CONSTRAINT_CATALOG"
            + " UNIQUE_CONSTRAINT_SCHEMA UNIQUE_CONSTRAINT_NAME MATCH_OPTION UPDATE_RULE"
            + " DELETE_RULE TABLE_NAME REFERENCED_TABLE_NAME");
    tables.put(
        "triggers",
        "TRIGGER_CATALOG TRIGGER_SCHEMA TRIGGER_NAME EVENT_MANIPULATION EVENT_OBJECT_CATALOG"
            + " EVENT_OBJECT_SCHEMA EVENT_OBJECT_TABLE #ACTION_ORDER ACTION_CONDITION"
            + " ACTION_STATEMENT ACTION_ORIENTATION ACTION_TIMING CREATED SQL_MODE DEFINER");
    tables.put(
        "events",
        "EVENT_CATALOG EVENT_SCHEMA EVENT_NAME DEFINER TIME_ZONE EVENT_BODY EVENT_DEFINITION"
            + " EVENT_TYPE EXECUTE_AT INTERVAL_VALUE INTERVAL_FIELD SQL_MODE STARTS ENDS STATUS"
            + " ON_COMPLETION CREATED LAST_ALTERED LAST_EXECUTED EVENT_COMMENT");
    tables.put(
        "partitions",
        "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME PARTITION_NAME SUBPARTITION_NAME"
            + " #PARTITION_ORDINAL_POSITION PARTITION_METHOD PARTITION_EXPRESSION #TABLE_ROWS");
    tables.put("user_privileges", "GRANTEE TABLE_CATALOG PRIVILEGE_TYPE IS_GRANTABLE");
    tables.put(
        "schema_privileges", "GRANTEE TABLE_CATALOG TABLE_SCHEMA PRIVILEGE_TYPE IS_GRANTABLE");
    tables.put(
        "table_privileges",
        "GRANTEE TABLE_CATALOG TABLE_SCHEMA TABLE_NAME PRIVILEGE_TYPE IS_GRANTABLE");
    tables.put(
        "column_privileges",
        "GRANTEE TABLE_CATALOG TABLE_SCHEMA TABLE_NAME COLUMN_NAME PRIVILEGE_TYPE IS_GRANTABLE");
    tables.put("keywords", "WORD #RESERVED");
    return tables;
  }

  private List<@Nullable Object[]> tableRows() {
    List<@Nullable Object[]> rows = new ArrayList<>();
    for (VirtualTable table : schemas.tables()) {
      boolean system = table.schema().equals(Schemas.INFORMATION_SCHEMA);
      rows.add(
          new @Nullable Object[] {
            "def",
            table.schema(),
            table.name(),
            system ? "SYSTEM VIEW" : "BASE TABLE",
            "LASTWORD",
            10L,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            COLLATION,
            null,
            "",
            table.comment()
          });
    }
    return rows;
  }

  private List<@Nullable Object[]> columnRows() {
    List<@Nullable Object[]> rows = new ArrayList<>();
    for (VirtualTable table : schemas.tables()) {
      long position = 0;
      for (VirtualTable.Part column : table.columns()) {
        boolean text = column.type() == Column.Type.TEXT;
        String type = column.mysqlType();
        int parenthesis = type.indexOf('(');
        rows.add(
            new @Nullable Object[] {
              "def",
              table.schema(),
              table.name(),
              column.name(),
              ++position,
              null,
              "YES",
              parenthesis < 0 ? type : type.substring(0, parenthesis),
              text ? TEXT_LENGTH : null,
              text ? 4 * TEXT_LENGTH : null,
              switch (column.type()) {
                case INTEGER -> 19L;
                case REAL -> 22L;
                case BOOLEAN -> 3L;
                case TEXT, TIMESTAMP -> null;
              },
              switch (column.type()) {
                case INTEGER, BOOLEAN -> 0L;
                case REAL, TEXT, TIMESTAMP -> null;
              },
              column.type() == Column.Type.TIMESTAMP ? 3L : null,
              text ? CHARACTER_SET : null,
              text ? COLLATION : null,
              type,
              "",
              "",
              "select",
              column.comment(),
              "",
              null
            });
      }
    }
    return rows;
  }

  private static VirtualTable rows(String name, String columns, @Nullable Object[]... rows) {
    return table(name, columns, _ -> List.of(rows));
  }

  private static VirtualTable table(String name, String columns, VirtualTable.Rows rows) {
    List<VirtualTable.Part> parts = new ArrayList<>();
    for (String column : columns.split(" ", -1)) {
      parts.add(column.startsWith("#") ? integer(column.substring(1)) : text(column));
    }
    return new VirtualTable(Schemas.INFORMATION_SCHEMA, name, "", parts, rows);
  }
}
