package dev.lastword.admin.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One thing that can be asked for, with what the description of the API says of it.
 *
 * @param method GET (which answers HEAD too), POST or PUT
 * @param template its path, with a name in braces for each variable part
 * @param name of the operation, unique
 * @param summary what it does, a sentence for people
 * @param handler does it
 * @param query the parameters of the query
 * @param variables what the variable parts are, by name: a schema of OpenAPI
 * @param body the schema of the request's body; null if it needs none
 * @param outcomes what it can answer
 */
record Route(
    String method,
    String template,
    String name,
    String summary,
    Handler handler,
    List<Parameter> query,
    Map<String, Map<String, Object>> variables,
    @Nullable Map<String, Object> body,
    List<Outcome> outcomes) {
  /** Does what a route is for. */
  @FunctionalInterface
  interface Handler {
    /**
     * Called on a virtual thread.
     *
     * @param variables the variable parts of the path, in their order
     * @throws Problem if it cannot be done
     */
    Reply handle(Call call, List<String> variables);
  }

  /** A parameter of the query. */
  record Parameter(String name, String summary, Map<String, Object> schema) {}

  /**
   * Something that it can answer.
   *
   * @param type the content type; empty if there is no content
   * @param schema of the content; null if there is none, or it is a text
   */
  record Outcome(int status, String summary, String type, @Nullable Map<String, Object> schema) {
    static Outcome json(String summary, Map<String, Object> schema) {
      return new Outcome(200, summary, "application/json", schema);
    }

    static Outcome text(int status, String summary, String type) {
      return new Outcome(status, summary, type, Map.of("type", "string"));
    }

    static Outcome done() {
      return new Outcome(204, "It is done.", "", null);
    }

    static Outcome problem(int status, String summary) {
      return new Outcome(status, summary, "application/problem+json", OpenApi.reference("problem"));
    }
  }

  static Route get(String template, String name, String summary, Handler handler) {
    return new Route("GET", template, name, summary, handler, List.of(), Map.of(), null, List.of());
  }

  static Route post(String template, String name, String summary, Handler handler) {
    return new Route(
        "POST", template, name, summary, handler, List.of(), Map.of(), null, List.of());
  }

  static Route put(String template, String name, String summary, Handler handler) {
    return new Route("PUT", template, name, summary, handler, List.of(), Map.of(), null, List.of());
  }

  Route asking(List<Parameter> parameters) {
    return new Route(
        method, template, name, summary, handler, parameters, variables, body, outcomes);
  }

  Route where(String variable, Map<String, Object> schema) {
    return new Route(
        method, template, name, summary, handler, query, Map.of(variable, schema), body, outcomes);
  }

  Route taking(Map<String, Object> schema) {
    return new Route(method, template, name, summary, handler, query, variables, schema, outcomes);
  }

  Route answering(Outcome... more) {
    return new Route(
        method, template, name, summary, handler, query, variables, body, List.of(more));
  }

  /** Whether the description leaves it out: it has nothing to answer with. */
  boolean isHidden() {
    return outcomes.isEmpty();
  }

  boolean changes() {
    return !method.equals("GET");
  }

  boolean answers(String asked) {
    return method.equals(asked) || (method.equals("GET") && asked.equals("HEAD"));
  }

  /** The variable parts of a path that is of this form; null if it is not. */
  @Nullable List<String> match(List<String> path) {
    String[] form = template.substring(1).split("/", -1);
    if (form.length != path.size()) {
      return null;
    }
    List<String> found = new ArrayList<>();
    for (int i = 0; i < form.length; i++) {
      if (form[i].startsWith("{")) {
        found.add(path.get(i));
      } else if (!form[i].equals(path.get(i))) {
        return null;
      }
    }
    return found;
  }
}
