package dev.lastword;

import ch.qos.logback.classic.LoggerContext;
import org.slf4j.LoggerFactory;

/** The end of the log. It is written by a thread of its own, and what that has not written when the process ends is lost. */
final class Logging {
  private Logging() {}

  /** Writes what is waiting and ends the log. */
  static void flush() {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.stop();
    }
  }
}
