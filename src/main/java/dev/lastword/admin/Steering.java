package dev.lastword.admin;

import dev.lastword.config.InvalidConfig;
import java.util.List;

/** What an operator can do to a running proxy. Safe for threads; must not be called on an event loop. */
public interface Steering {
  /**
   * Ends a session; its client is told that it was killed.
   *
   * @param session the proxy's number for it
   * @return whether a session of that number lives
   */
  boolean kill(long session);

  /**
   * Takes new sessions away from the whole proxy, a server or a listener, and ends those that are there: idle ones at once, the others
   * when their request and transaction are over. Clients are told 1053, which means: go elsewhere. It lasts until {@link #undrain} or the
   * end of the process, and does nothing if it holds already.
   *
   * @throws IllegalArgumentException if there is no such server or listener
   */
  void drain(Scope scope);

  /**
   * Takes a drain back; sessions that had not ended yet stay.
   *
   * @throws IllegalArgumentException if there is no such server or listener
   */
  void undrain(Scope scope);

  /** Whether that scope itself is being drained; that of a listener says nothing about the whole proxy. */
  boolean drains(Scope scope);

  /**
   * Reads the configuration file again and changes what it says, without touching sessions that the change does not concern.
   *
   * @return what changed, a line each; empty if nothing did
   * @throws InvalidConfig if the file cannot be used; nothing is changed then
   * @throws IllegalStateException if the change needs a restart, or this proxy was not started from a file; nothing is changed
   */
  List<String> reload();

  /**
   * Sets how much is logged, until the end of the process.
   *
   * @param logger its name, such as {@code lastword.session}; {@code ROOT} is all that have no level of their own
   * @param level one of ERROR, WARN, INFO, DEBUG, TRACE, OFF
   * @throws IllegalArgumentException if there is no such level
   */
  void logLevel(String logger, String level);

  /** Whether a session that asks now can be served: some listener accepts clients and has a server that answers. */
  boolean isReady();

  /** What can be drained. */
  sealed interface Scope {
    /** All listeners. */
    record WholeProxy() implements Scope {}

    /** One server, for all listeners. */
    record OneServer(String name) implements Scope {}

    /** One listener. */
    record OneListener(String name) implements Scope {}
  }
}
