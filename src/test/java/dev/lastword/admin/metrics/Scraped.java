package dev.lastword.admin.metrics;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What one scrape said.
 *
 * @param contentType what it was called
 * @param text all of it
 * @param samples the value of each line, by all that stands before it
 * @param types the type of each metric
 */
record Scraped(
    String contentType, String text, Map<String, Double> samples, Map<String, String> types) {
  /** Asks for the text format. */
  static Scraped of(Meters meters) {
    return of(meters, "text/plain");
  }

  static Scraped of(Meters meters, String accept) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      String type = meters.scrape(accept, out);
      return of(type, out.toString(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Scraped of(String contentType, String text) {
    Map<String, Double> samples = new LinkedHashMap<>();
    Map<String, String> types = new TreeMap<>();
    for (String line : text.split("\n", -1)) {
      if (line.startsWith("# TYPE ")) {
        String[] words = line.split(" ", -1);
        types.put(words[2], words[3]);
      } else if (!line.startsWith("#") && !line.isEmpty()) {
        int at = line.lastIndexOf(' ');
        samples.put(line.substring(0, at), Double.valueOf(line.substring(at + 1)));
      }
    }
    return new Scraped(contentType, text, samples, types);
  }

  /** The value of one line, which must be there. */
  double value(String sample) {
    Double value = samples.get(sample);
    if (value == null) {
      throw new AssertionError("no " + sample + " in\n" + text);
    }
    return value;
  }

  /** All values of one metric together. */
  double sum(String name) {
    return samples.entrySet().stream()
        .filter(e -> e.getKey().equals(name) || e.getKey().startsWith(name + "{"))
        .mapToDouble(Map.Entry::getValue)
        .sum();
  }
}
