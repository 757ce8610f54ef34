package dev.lastword.demo;

/** Is told what a slow step is doing, a line at a time; may be called from any thread. */
@FunctionalInterface
public interface Progress {
  /**
   * Takes one line for whoever waits.
   *
   * @param line what is being done now, without a line end
   */
  void report(String line);
}
