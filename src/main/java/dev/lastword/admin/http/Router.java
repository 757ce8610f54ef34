package dev.lastword.admin.http;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds who answers a request. */
final class Router {
  private final List<Route> routes;
  private final WebFiles files;

  /**
   * Made with all there is.
   *
   * @param routes of which the first that fits counts
   * @param files what is at all other paths
   */
  Router(List<Route> routes, WebFiles files) {
    this.routes = List.copyOf(routes);
    this.files = files;
  }

  /**
   * Answers a request.
   *
   * @throws Problem if it cannot be done, or there is nothing
   */
  Reply route(Call call) {
    Set<String> allowed = new LinkedHashSet<>();
    for (Route route : routes) {
      List<String> variables = route.match(call.path());
      if (variables == null) {
        continue;
      }
      if (route.answers(call.method())) {
        return route.handler().handle(call, variables);
      }
      if (!route.isHidden()) {
        allow(route.method(), allowed);
      }
    }
    if (!allowed.isEmpty()) {
      throw notAllowed(call, allowed);
    }
    String name = String.join("/", call.path());
    if (!files.has(name)) {
      throw Problem.notFound("there is nothing at /" + name);
    }
    if (!call.reads()) {
      allow("GET", allowed);
      throw notAllowed(call, allowed);
    }
    return files.answer(name, call.header("If-None-Match"));
  }

  private static void allow(String method, Set<String> allowed) {
    allowed.add(method);
    if (method.equals("GET")) {
      allowed.add("HEAD");
    }
  }

  private static Problem notAllowed(Call call, Set<String> allowed) {
    String list = String.join(", ", allowed);
    return new Problem(
        HttpResponseStatus.METHOD_NOT_ALLOWED,
        call.method() + " is not possible here, only " + list,
        Map.of("Allow", list));
  }
}
