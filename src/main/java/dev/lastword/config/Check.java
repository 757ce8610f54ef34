package dev.lastword.config;

import java.util.List;

/**
 * Something that must hold of a configuration beyond the form of its values. {@link ConfigLoader} is given those of packages it does not
 * know, such as that certificates can be read.
 */
@FunctionalInterface
public interface Check {
  /**
   * Looks at listeners, servers and the ways in for operators, and reports what is wrong. All have a default in the place of every value that was wrong by
   * itself; what is reported of such a value is left out.
   */
  void check(
      List<Listener> listeners, List<Server> servers, AdminSettings admin, Findings findings);

  /** Takes what a check finds. */
  @FunctionalInterface
  interface Findings {
    /**
     * Reports one problem.
     *
     * @param key the path of the key it is about, such as {@code listeners[0].tls.mode}, items counted from 0
     * @param value what is there; empty if that does not matter or must not be shown
     * @param reason why it cannot stay, going on after the value
     */
    void problem(String key, String value, String reason);
  }
}
