package dev.lastword;

/** The command line. */
public final class Lastword {
  private Lastword() {}
}
