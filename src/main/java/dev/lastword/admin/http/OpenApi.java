package dev.lastword.admin.http;

import dev.lastword.admin.Column;
import dev.lastword.admin.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The description of the API in the words of OpenAPI 3.1, made of the routes and of the tables' columns. */
final class OpenApi {
  static final String PATH = "/openapi.json";
  static final String NAME = "description";
  static final String SUMMARY = "This description.";
  static final Route.Outcome OUTCOME =
      Route.Outcome.json("An OpenAPI document.", Map.of("type", "object"));

  static final List<String> LEVELS = List.of("ERROR", "WARN", "INFO", "DEBUG", "TRACE", "OFF");
  static final Map<String, Object> TEXT = Map.of("type", "string");

  private static final Map<String, Object> FLAG = Map.of("type", "boolean");
  private static final Map<String, Object> TIME = Map.of("type", "string", "format", "date-time");

  private final Subject subject;
  private final List<Route> routes;
  private final boolean authenticates;

  OpenApi(Subject subject, List<Route> routes, boolean authenticates) {
    this.subject = subject;
    this.routes = new ArrayList<>(routes);
    this.routes.add(Route.get(PATH, NAME, SUMMARY, (_, _) -> Answer.NO_CONTENT).answering(OUTCOME));
    this.authenticates = authenticates;
  }

  byte[] bytes() {
    return Json.bytes(json -> Json.value(json, document()));
  }

  // ---- Schemas

  static Map<String, Object> reference(String name) {
    return Map.of("$ref", "#/components/schemas/" + name);
  }

  static Map<String, Object> integer() {
    return Map.of("type", "integer", "format", "int64");
  }

  static Map<String, Object> integer(int least, int most, int usual) {
    return Map.of("type", "integer", "minimum", least, "maximum", most, "default", usual);
  }

  static Map<String, Object> type(Column.Type type) {
    return switch (type) {
      case TEXT -> TEXT;
      case INTEGER -> integer();
      case REAL -> Map.of("type", "number", "format", "double");
      case BOOLEAN -> FLAG;
      case TIMESTAMP -> TIME;
    };
  }

  private static Map<String, Object> orNull(Map<String, Object> schema) {
    Map<String, Object> nullable = new LinkedHashMap<>(schema);
    nullable.put("type", List.of(String.valueOf(schema.get("type")), "null"));
    return nullable;
  }

  private static Map<String, Object> list(Map<String, Object> of) {
    return Map.of("type", "array", "items", of);
  }

  private static Map<String, Object> mapOf(Map<String, Object> of) {
    return Map.of("type", "object", "additionalProperties", of);
  }

  /** An object that has all of these. */
  private static Map<String, Object> object(Map<String, Object> properties) {
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("type", "object");
    schema.put("properties", properties);
    schema.put("required", List.copyOf(properties.keySet()));
    return schema;
  }

  private static Map<String, Object> object(Object... namesAndSchemas) {
    Map<String, Object> properties = new LinkedHashMap<>();
    for (int i = 0; i < namesAndSchemas.length; i += 2) {
      properties.put((String) namesAndSchemas[i], namesAndSchemas[i + 1]);
    }
    return object(properties);
  }

  static Map<String, Object> page(Table<?> table) {
    return object(
        "table", Map.of("const", table.name()),
        "total", integer(),
        "offset", integer(),
        "limit", integer(),
        "rows", list(reference(table.name())));
  }

  static List<Route.Parameter> query(Table<?> table) {
    List<Route.Parameter> all = new ArrayList<>();
    all.add(
        new Route.Parameter(
            "limit", "Rows of the page.", integer(1, TableQuery.MOST_ROWS, TableQuery.USUAL_ROWS)));
    all.add(new Route.Parameter("offset", "Rows to pass over.", integer(0, Integer.MAX_VALUE, 0)));
    all.add(
        new Route.Parameter(
            "order",
            "Columns to order by, separated by commas, each with a minus in front for the largest"
                + " first.",
            TEXT));
    all.add(
        new Route.Parameter(
            "group",
            "A column: the answer has how many of the rows have each of its values, as groups.",
            TEXT));
    for (Column<?> column : table.columns()) {
      all.add(
          new Route.Parameter(
              column.name(), "Only rows that have this: " + column.comment(), type(column.type())));
    }
    return all;
  }

  private Map<String, Object> schemas() {
    Map<String, Object> schemas = new LinkedHashMap<>();
    for (Table<?> table : subject.catalog().tables()) {
      Map<String, Object> columns = new LinkedHashMap<>();
      for (Column<?> column : table.columns()) {
        Map<String, Object> schema = orNull(type(column.type()));
        schema.put("description", column.comment());
        columns.put(column.name(), schema);
      }
      Map<String, Object> row = object(columns);
      row.put("description", table.comment());
      schemas.put(table.name(), row);
    }
    schemas.put("status", mapOf(integer()));
    schemas.put(
        "summary",
        object(
            "version", TEXT,
            "started", TIME,
            "uptime_seconds", integer(),
            "ready", FLAG,
            "draining", FLAG,
            "sessions", integer(),
            "losses", integer()));
    schemas.put(
        "histogram",
        object("from", TIME, "step_seconds", integer(), "causes", mapOf(list(integer()))));
    schemas.put(
        "explanation",
        object(
            "id", integer(),
            "sentence", TEXT,
            "timeline", list(object("at", TIME, "text", TEXT)),
            "evidence", Map.of("type", "object"),
            "verdict",
                object(
                    "cause", TEXT,
                    "side", Map.of("enum", List.of("client", "proxy", "server")),
                    "code", orNull(integer()),
                    "sql_state", orNull(TEXT),
                    "recoverable", FLAG,
                    "detail", orNull(TEXT)),
            "farewell",
                object(
                    "told",
                        Map.of("enum", List.of("notice", "error", "error-and-notice", "nothing")),
                    "code", orNull(integer()),
                    "silence", orNull(TEXT),
                    "delivery",
                        Map.of("enum", List.of("written", "undeliverable", "nothing-to-say")),
                    "micros", integer(),
                    "text", orNull(TEXT))));
    schemas.put("changes", object("changes", list(TEXT)));
    schemas.put("level", object("level", Map.of("type", "string", "enum", LEVELS)));
    schemas.put(
        "problem",
        object("type", TEXT, "title", TEXT, "status", Map.of("type", "integer"), "detail", TEXT));
    return schemas;
  }

  // ---- The document

  private Map<String, Object> document() {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("openapi", "3.1.0");
    Map<String, Object> info = new LinkedHashMap<>();
    info.put("title", "Lastword");
    info.put("version", subject.version());
    info.put(
        "description",
        "A running Lastword: look at it, and steer it. Requests that change something need the"
            + " content type application/json, or a header X-Lastword with any value.");
    info.put("license", Map.of("name", "Apache-2.0", "identifier", "Apache-2.0"));
    document.put("info", info);
    Map<String, Map<String, Object>> paths = new LinkedHashMap<>();
    for (Route route : routes) {
      if (!route.isHidden()) {
        paths
            .computeIfAbsent(route.template(), _ -> new LinkedHashMap<>())
            .put(route.method().toLowerCase(Locale.ROOT), operation(route));
      }
    }
    document.put("paths", paths);
    Map<String, Object> components = new LinkedHashMap<>();
    components.put("schemas", schemas());
    if (authenticates) {
      components.put(
          "securitySchemes",
          Map.of(
              "account", Map.of("type", "http", "scheme", "basic"),
              "token", Map.of("type", "http", "scheme", "bearer")));
      document.put("security", List.of(Map.of("account", List.of()), Map.of("token", List.of())));
    }
    document.put("components", components);
    return document;
  }

  private Map<String, Object> operation(Route route) {
    Map<String, Object> operation = new LinkedHashMap<>();
    operation.put("operationId", route.name());
    operation.put("summary", route.summary());
    List<Object> parameters = new ArrayList<>();
    route
        .variables()
        .forEach((name, schema) -> parameters.add(parameter("path", name, "", schema)));
    for (Route.Parameter asked : route.query()) {
      parameters.add(parameter("query", asked.name(), asked.summary(), asked.schema()));
    }
    if (route.changes() && route.body() == null) {
      parameters.add(
          parameter("header", "X-Lastword", "Anything, if the content type is not JSON.", TEXT));
    }
    if (!parameters.isEmpty()) {
      operation.put("parameters", parameters);
    }
    if (route.body() != null) {
      operation.put(
          "requestBody",
          Map.of(
              "required",
              true,
              "content",
              Map.of("application/json", Map.of("schema", route.body()))));
    }
    Map<String, Object> responses = new LinkedHashMap<>();
    for (Route.Outcome outcome : route.outcomes()) {
      responses.put(Integer.toString(outcome.status()), response(outcome));
    }
    boolean open = route.template().startsWith("/health/");
    if (authenticates) {
      if (open) {
        operation.put("security", List.of());
      } else {
        responses.put("401", response(Route.Outcome.problem(401, "Say who you are.")));
      }
    }
    if (route.changes()) {
      responses.put(
          "403", response(Route.Outcome.problem(403, "A foreign page may have sent it.")));
    }
    operation.put("responses", responses);
    return operation;
  }

  private static Map<String, Object> parameter(
      String in, String name, String summary, Map<String, Object> schema) {
    Map<String, Object> parameter = new LinkedHashMap<>();
    parameter.put("name", name);
    parameter.put("in", in);
    if (!summary.isEmpty()) {
      parameter.put("description", summary);
    }
    if (in.equals("path")) {
      parameter.put("required", true);
    }
    parameter.put("schema", schema);
    return parameter;
  }

  private static Map<String, Object> response(Route.Outcome outcome) {
    Map<String, Object> response = new LinkedHashMap<>();
    response.put("description", outcome.summary());
    if (outcome.schema() != null) {
      response.put("content", Map.of(outcome.type(), Map.of("schema", outcome.schema())));
    }
    return response;
  }
}
