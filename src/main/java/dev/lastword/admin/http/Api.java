package dev.lastword.admin.http;

import dev.lastword.admin.Explanation;
import dev.lastword.admin.Steering;
import dev.lastword.admin.Steering.Scope;
import dev.lastword.admin.Table;
import dev.lastword.config.InvalidConfig;
import dev.lastword.farewell.LostSession;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import tools.jackson.core.JsonGenerator;

/** Everything that can be asked for, each thing once: what it is called, and what it does. */
final class Api {
  static final String BASE = "/api/v1/";

  private static final int STEP_SECONDS = 60;
  private static final int MOST_MINUTES = 1_440;
  private static final int USUAL_MINUTES = 60;

  private final Subject subject;
  private final boolean authenticates;

  Api(Subject subject, boolean authenticates) {
    this.subject = subject;
    this.authenticates = authenticates;
  }

  /** All routes, in the order in which they are tried. */
  List<Route> routes() {
    List<Route> routes = new ArrayList<>();
    routes.add(
        Route.get(BASE + "status", "status", "The status variables.", (_, _) -> status())
            .answering(Route.Outcome.json("Values by name.", OpenApi.reference("status"))));
    routes.add(
        Route.get(BASE + "summary", "summary", "The proxy at a glance.", (_, _) -> summary())
            .answering(Route.Outcome.json("A few figures.", OpenApi.reference("summary"))));
    routes.add(
        Route.get(
                BASE + "losses/histogram",
                "histogram",
                "How many sessions ended in each of the last minutes, by cause.",
                (call, _) -> histogram(call))
            .asking(
                List.of(
                    new Route.Parameter(
                        "minutes",
                        "How far back.",
                        OpenApi.integer(1, MOST_MINUTES, USUAL_MINUTES))))
            .answering(
                Route.Outcome.json("Counts by cause.", OpenApi.reference("histogram")),
                Route.Outcome.problem(400, "A parameter is wrong.")));
    routes.add(
        Route.get(
                BASE + "losses/{id}/explanation",
                "explain",
                "How and why a session ended, what is known, and what its client was told.",
                (_, path) -> explanation(path.getFirst()))
            .where("id", OpenApi.integer())
            .answering(
                Route.Outcome.json("The story.", OpenApi.reference("explanation")),
                Route.Outcome.problem(404, "The ledger does not have that session.")));
    steering(routes);
    routes.add(
        Route.get(
                BASE + "events/stream",
                "stream",
                "Events as they happen (server-sent events): kind, number, and the row of the table"
                    + " of events. With a header Last-Event-ID, or the parameter since, all"
                    + " remembered events after that number come first.",
                (call, _) -> events(call))
            .asking(
                List.of(
                    new Route.Parameter(
                        "since",
                        "The number of the last event that you know.",
                        OpenApi.integer(0, Integer.MAX_VALUE, 0))))
            .answering(
                Route.Outcome.text(200, "Events until the connection ends.", EventStream.TYPE),
                Route.Outcome.problem(503, "There are too many streams.")));
    for (Table<?> table : subject.catalog().tables()) {
      table(routes, table);
    }
    routes.add(
        Route.get(
            BASE + "{table}",
            "unknown",
            "",
            (_, path) -> {
              throw Problem.notFound(
                  "there is no table "
                      + path.getFirst()
                      + "; there are "
                      + String.join(
                          ", ", subject.catalog().tables().stream().map(Table::name).toList()));
            }));
    others(routes);
    return routes;
  }

  private <R> void table(List<Route> routes, Table<R> table) {
    TableQuery<R> query = new TableQuery<>(table);
    String path = BASE + table.name();
    String first = table.columns().getFirst().name();
    routes.add(
        Route.get(path, table.name(), table.comment(), (call, _) -> query.page(call))
            .asking(OpenApi.query(table))
            .answering(
                Route.Outcome.json("A page of the table.", OpenApi.page(table)),
                Route.Outcome.problem(400, "A parameter is wrong.")));
    routes.add(
        Route.get(
                path + "/{" + first + "}",
                table.name() + "-row",
                "One row of the table " + table.name() + ".",
                (_, key) -> query.row(key.getFirst()))
            .where(first, OpenApi.type(table.columns().getFirst().type()))
            .answering(
                Route.Outcome.json("The row.", OpenApi.reference(table.name())),
                Route.Outcome.problem(404, "There is no such row, or more than one.")));
  }

  private void steering(List<Route> routes) {
    Steering steering = subject.steering();
    routes.add(
        Route.post(
                BASE + "sessions/{id}/kill",
                "kill",
                "Ends a session; its client is told that it was killed.",
                (_, path) -> kill(path.getFirst()))
            .where("id", OpenApi.integer())
            .answering(Route.Outcome.done(), Route.Outcome.problem(404, "No such session lives.")));
    drains(
        routes,
        "drain",
        "Takes new sessions away from %s, and ends those that are there when they have nothing to"
            + " do.",
        steering::drain);
    drains(
        routes,
        "undrain",
        "Takes a drain of %s back; sessions that have not ended stay.",
        steering::undrain);
    routes.add(
        Route.post(
                BASE + "reload",
                "reload",
                "Reads the configuration file again and changes what it says.",
                (_, _) -> reload())
            .answering(
                Route.Outcome.json("What changed.", OpenApi.reference("changes")),
                Route.Outcome.problem(409, "It takes a restart."),
                Route.Outcome.problem(422, "The file cannot be used.")));
    routes.add(
        Route.put(
                BASE + "loggers/{name}",
                "log-level",
                "Sets how much is logged, until the end of the process.",
                (call, path) -> logLevel(path.getFirst(), Json.text(call.body(), "level")))
            .where("name", OpenApi.TEXT)
            .taking(OpenApi.reference("level"))
            .answering(
                Route.Outcome.done(), Route.Outcome.problem(400, "There is no such level.")));
  }

  private static void drains(
      List<Route> routes, String verb, String summary, Consumer<Scope> action) {
    routes.add(
        Route.post(
                BASE + verb,
                verb,
                summary.formatted("the whole proxy"),
                (_, _) -> done(action, new Scope.WholeProxy()))
            .answering(Route.Outcome.done()));
    routes.add(
        Route.post(
                BASE + "servers/{name}/" + verb,
                verb + "-server",
                summary.formatted("one server"),
                (_, path) -> done(action, new Scope.OneServer(path.getFirst())))
            .where("name", OpenApi.TEXT)
            .answering(
                Route.Outcome.done(), Route.Outcome.problem(404, "There is no such server.")));
    routes.add(
        Route.post(
                BASE + "listeners/{name}/" + verb,
                verb + "-listener",
                summary.formatted("one listener"),
                (_, path) -> done(action, new Scope.OneListener(path.getFirst())))
            .where("name", OpenApi.TEXT)
            .answering(
                Route.Outcome.done(), Route.Outcome.problem(404, "There is no such listener.")));
  }

  private void others(List<Route> routes) {
    routes.add(
        Route.get(
                "/health/live",
                "live",
                "Whether the process works; for everybody.",
                (_, _) -> Answer.text(HttpResponseStatus.OK, "live"))
            .answering(Route.Outcome.text(200, "It does.", "text/plain")));
    routes.add(
        Route.get(
                "/health/ready",
                "ready",
                "Whether a session that asks now can be served; for everybody.",
                (_, _) -> ready())
            .answering(
                Route.Outcome.text(200, "It can.", "text/plain"),
                Route.Outcome.text(503, "It cannot, and why.", "text/plain")));
    routes.add(
        Route.get("/metrics", "metrics", "For Prometheus.", (call, _) -> metrics(call))
            .answering(Route.Outcome.text(200, "All metrics.", "text/plain")));
    // Made once: nothing in it changes while the proxy runs.
    ByteBuffer description = ByteBuffer.wrap(new OpenApi(subject, routes, authenticates).bytes());
    routes.add(
        Route.get(
                OpenApi.PATH,
                OpenApi.NAME,
                OpenApi.SUMMARY,
                (_, _) ->
                    new Answer(HttpResponseStatus.OK, "application/json", description, Map.of()))
            .answering(OpenApi.OUTCOME));
  }

  // ---- What is looked at

  private Answer status() {
    return Answer.json(json -> Json.value(json, subject.catalog().status().read()));
  }

  private Answer summary() {
    Map<String, Long> status = subject.catalog().status().read();
    long sessions = status.getOrDefault("Threads_connected", -1L);
    long lost = status.getOrDefault("Lastword_sessions_lost", -1L);
    Instant now = Instant.now();
    return Answer.json(json -> {
      json.writeStartObject();
      json.writeStringProperty("version", subject.version());
      json.writeStringProperty("started", Json.time(subject.started()));
      json.writeNumberProperty(
          "uptime_seconds", Duration.between(subject.started(), now).toSeconds());
      json.writeBooleanProperty("ready", subject.steering().isReady());
      json.writeBooleanProperty("draining", subject.steering().drains(new Scope.WholeProxy()));
      json.writeNumberProperty("sessions", sessions >= 0 ? sessions : rows("sessions"));
      json.writeNumberProperty("losses", lost >= 0 ? lost : subject.ledger().losses().size());
      json.writeEndObject();
    });
  }

  private long rows(String table) {
    return subject.catalog().table(table).map(t -> (long) t.rows().read().size()).orElse(0L);
  }

  private Answer histogram(Call call) {
    int minutes = call.number("minutes", USUAL_MINUTES, 1, MOST_MINUTES);
    Instant from =
        Instant.now().truncatedTo(ChronoUnit.MINUTES).minus(minutes - 1L, ChronoUnit.MINUTES);
    Map<String, long[]> causes = new TreeMap<>();
    for (LostSession lost : subject.ledger().losses()) {
      long step = Math.floorDiv(Duration.between(from, lost.ended()).toMillis(), 60_000L);
      if (step >= 0 && step < minutes) {
        causes.computeIfAbsent(lost.verdict().cause().text(), _ -> new long[minutes])[(int) step]++;
      }
    }
    return Answer.json(json -> {
      json.writeStartObject();
      json.writeStringProperty("from", Json.time(from));
      json.writeNumberProperty("step_seconds", STEP_SECONDS);
      json.writeObjectPropertyStart("causes");
      causes.forEach((cause, counts) -> {
        json.writeName(cause);
        json.writeArray(counts, 0, counts.length);
      });
      json.writeEndObject();
      json.writeEndObject();
    });
  }

  private Answer explanation(String id) {
    LostSession lost =
        subject
            .ledger()
            .find(sessionId(id))
            .orElseThrow(() ->
                Problem.notFound(
                    "the ledger has no session "
                        + id
                        + ": it lives, never was, or ended too long ago"));
    Explanation told = Explanation.of(lost);
    return Answer.json(json -> write(json, told));
  }

  private static void write(JsonGenerator json, Explanation told) {
    json.writeStartObject();
    json.writeNumberProperty("id", told.id());
    json.writeStringProperty("sentence", told.sentence());
    json.writeArrayPropertyStart("timeline");
    for (Explanation.Moment moment : told.timeline()) {
      json.writeStartObject();
      json.writeStringProperty("at", Json.time(moment.at()));
      json.writeStringProperty("text", moment.text());
      json.writeEndObject();
    }
    json.writeEndArray();
    Json.property(json, "evidence", told.evidence());
    json.writeObjectPropertyStart("verdict");
    Explanation.Conclusion verdict = told.verdict();
    json.writeStringProperty("cause", verdict.cause());
    json.writeStringProperty("side", verdict.side());
    Json.property(json, "code", verdict.code());
    Json.property(json, "sql_state", verdict.sqlState());
    json.writeBooleanProperty("recoverable", verdict.recoverable());
    Json.property(json, "detail", verdict.detail());
    json.writeEndObject();
    json.writeObjectPropertyStart("farewell");
    Explanation.Told farewell = told.farewell();
    json.writeStringProperty("told", farewell.told());
    Json.property(json, "code", farewell.code());
    Json.property(json, "silence", farewell.silence());
    json.writeStringProperty("delivery", farewell.delivery());
    json.writeNumberProperty("micros", farewell.micros());
    Json.property(json, "text", farewell.text());
    json.writeEndObject();
    json.writeEndObject();
  }

  private Answer ready() {
    if (subject.steering().isReady()) {
      return Answer.text(HttpResponseStatus.OK, "ready");
    }
    return Answer.text(
        HttpResponseStatus.SERVICE_UNAVAILABLE,
        subject.steering().drains(new Scope.WholeProxy())
            ? "not ready: the proxy is being drained"
            : "not ready: no listener accepts clients and has a server that answers");
  }

  private Answer metrics(Call call) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(16 * 1024);
    try {
      String type = subject.metrics().scrape(call.header("Accept"), out);
      return new Answer(HttpResponseStatus.OK, type, ByteBuffer.wrap(out.toByteArray()), Map.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A browser says what it had last in a header, but only when it comes back. */
  private static Reply events(Call call) {
    String last = call.header("Last-Event-ID");
    String since = last.isEmpty() ? call.parameter("since", "") : last;
    if (since.isEmpty()) {
      return new Reply.Events(Reply.Events.NEW);
    }
    try {
      return new Reply.Events(Math.max(0, Long.parseLong(since)));
    } catch (NumberFormatException e) {
      throw Problem.badRequest("the number of the last event is none: " + since);
    }
  }

  // ---- What is done

  private Answer kill(String id) {
    if (!subject.steering().kill(sessionId(id))) {
      throw Problem.notFound("there is no session " + id);
    }
    return Answer.NO_CONTENT;
  }

  private static long sessionId(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw Problem.notFound("there is no session " + text);
    }
  }

  private static Answer done(Consumer<Scope> action, Scope scope) {
    try {
      action.accept(scope);
      return Answer.NO_CONTENT;
    } catch (IllegalArgumentException e) {
      throw Problem.notFound(message(e));
    } catch (IllegalStateException e) {
      throw new Problem(HttpResponseStatus.CONFLICT, message(e));
    }
  }

  private Answer reload() {
    try {
      List<String> changes = subject.steering().reload();
      return Answer.json(json -> Json.value(json, Map.of("changes", changes)));
    } catch (InvalidConfig e) {
      throw new Problem(HttpResponseStatus.UNPROCESSABLE_ENTITY, message(e));
    } catch (IllegalStateException e) {
      throw new Problem(HttpResponseStatus.CONFLICT, message(e));
    }
  }

  private Answer logLevel(String logger, String level) {
    String upper = level.toUpperCase(Locale.ROOT);
    if (!OpenApi.LEVELS.contains(upper)) {
      throw Problem.badRequest(
          "there is no level " + level + "; there are " + String.join(", ", OpenApi.LEVELS));
    }
    try {
      subject.steering().logLevel(logger, upper);
      return Answer.NO_CONTENT;
    } catch (IllegalArgumentException e) {
      throw Problem.badRequest(message(e));
    }
  }

  private static String message(RuntimeException e) {
    return String.valueOf(e.getMessage());
  }
}
