package dev.lastword;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import org.slf4j.LoggerFactory;

/** How much is logged, and the end of the log: it is written by a thread of its own, and what that has not written when the process ends is lost. */
final class Logging {
  private Logging() {}

  /**
   * Sets how much a logger writes.
   *
   * @throws IllegalArgumentException if there is no such level
   */
  static void level(String logger, String level) {
    Level known = Level.toLevel(level, null);
    if (known == null) {
      throw new IllegalArgumentException(
          "level: " + level + " is not known; allowed: OFF, ERROR, WARN, INFO, DEBUG, TRACE");
    }
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.getLogger(logger).setLevel(known);
    }
  }

  /** Writes what is waiting and ends the log. */
  static void flush() {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.stop();
    }
  }
}
