package dev.lastword.testing.classic;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/** What was said, line by line, without what differs between any two plays of the same script. */
final class Transcript {

  private static final int LONGEST = 1200;

  private final List<String> lines;
  private final Map<String, String> hidden = new LinkedHashMap<>();

  Transcript(List<String> lines) {
    this.lines = lines;
  }

  /** Writes a name instead of a text that is another one in each play. */
  void hide(String text, String name) {
    hidden.put(text, name);
  }

  void add(String line) {
    for (Map.Entry<String, String> entry : hidden.entrySet()) {
      line = line.replace(entry.getKey(), entry.getValue());
    }
    lines.add(line.length() <= LONGEST ? line : shortened(line));
  }

  private static String shortened(String line) {
    CRC32 crc = new CRC32();
    crc.update(line.getBytes(StandardCharsets.UTF_8));
    return "%s ... (%d characters, crc %08x)"
        .formatted(line.substring(0, LONGEST / 2), line.length(), crc.getValue());
  }
}
