package dev.lastword.admin.http;

import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A request that is there as a whole.
 *
 * @param method in upper case
 * @param path the parts between the slashes, decoded; the root has one empty part
 * @param parameters of the query, each with its values in order
 * @param headers as they came
 * @param body at most 64 KiB
 * @param client where it comes from, for the log
 */
record Call(
    String method,
    List<String> path,
    Map<String, List<String>> parameters,
    HttpHeaders headers,
    String body,
    String client) {
  /** Parts of a path that are looked at; no path here has as many. */
  private static final int MOST_PARTS = 16;

  /**
   * Takes a request apart; the request stays the caller's.
   *
   * @throws Problem if its target is none that a server can have
   */
  static Call of(FullHttpRequest request, String client) {
    String target = request.uri();
    if (!target.startsWith("/")) {
      throw Problem.badRequest("the request's target is not a path");
    }
    try {
      QueryStringDecoder decoder = new QueryStringDecoder(target);
      List<String> parts = new ArrayList<>();
      for (String part : decoder.rawPath().substring(1).split("/", MOST_PARTS)) {
        // A plus is a blank in a query only.
        parts.add(QueryStringDecoder.decodeComponent(part.replace("+", "%2B")));
      }
      String body = request.content().toString(StandardCharsets.UTF_8);
      return new Call(
          request.method().name(), parts, decoder.parameters(), request.headers(), body, client);
    } catch (IllegalArgumentException e) {
      throw Problem.badRequest("the request's target cannot be decoded");
    }
  }

  boolean reads() {
    return method.equals("GET") || method.equals("HEAD");
  }

  /** Method and path for the log, where they can end no line and imitate nothing. */
  String name() {
    return method + ":/" + clean(String.join("/", path)).replace(' ', '?');
  }

  static String clean(String foreign) {
    String clean = foreign.replaceAll("[^ -~]|[\"\\\\]", "?");
    return clean.length() <= 200 ? clean : clean.substring(0, 200);
  }

  String header(String name) {
    String value = headers.get(name);
    return value == null ? "" : value;
  }

  /** The last value of a parameter, or what holds without it. */
  String parameter(String name, String otherwise) {
    List<String> values = parameters.getOrDefault(name, List.of());
    return values.isEmpty() ? otherwise : values.getLast();
  }

  /**
   * A whole number in the query.
   *
   * @throws Problem if it is none, or out of its range
   */
  int number(String name, int otherwise, int least, int most) {
    String text = parameter(name, Integer.toString(otherwise));
    try {
      int number = Integer.parseInt(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw Problem.badRequest(
        name + ": " + text + " is not a whole number from " + least + " to " + most);
  }
}
