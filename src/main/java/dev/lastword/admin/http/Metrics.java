package dev.lastword.admin.http;

import java.io.IOException;
import java.io.OutputStream;

/** What {@code /metrics} shows. */
@FunctionalInterface
public interface Metrics {
  /**
   * Writes all metrics as they are now. Called on a virtual thread, and by several at once.
   *
   * @param accept the formats that the scraper asks for, as in its {@code Accept} header; empty if it did not say
   * @param out where to; left open
   * @return the content type of what was written
   */
  String scrape(String accept, OutputStream out) throws IOException;
}
