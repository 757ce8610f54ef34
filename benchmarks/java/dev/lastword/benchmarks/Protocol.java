package dev.lastword.benchmarks;

import dev.lastword.testing.MySqlServer;

/** What is spoken with the server. */
enum Protocol {
  X("X Protocol"),
  CLASSIC("the classic protocol");

  /** As Lastword calls it when it says what it serves. */
  private final String title;

  Protocol(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }

  /** As the configuration calls it. */
  String key() {
    return switch (this) {
      case X -> "x";
      case CLASSIC -> "classic";
    };
  }

  /** Where the server listens for it. */
  int port(MySqlServer server) {
    return switch (this) {
      case X -> server.xPort();
      case CLASSIC -> server.classicPort();
    };
  }
}
