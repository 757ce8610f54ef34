package dev.lastword.config;

import java.nio.file.Path;
import java.util.List;

/**
 * A whole, valid configuration.
 *
 * @param listeners where clients connect; at least one, with unique names
 * @param servers the MySQL servers that listeners refer to by name; at least one, with unique names
 * @param timeouts how long the proxy waits for things
 * @param limits how much one client, and all clients together, may use
 * @param dataDirectory where the proxy keeps what it makes itself, such as its certificate
 * @param eventLoops threads that serve sessions; 0 means one per processor
 */
public record Config(
    List<Listener> listeners,
    List<Server> servers,
    Timeouts timeouts,
    Limits limits,
    Path dataDirectory,
    int eventLoops) {

  /** Copies the lists, so that nobody can change them afterwards. */
  public Config {
    listeners = List.copyOf(listeners);
    servers = List.copyOf(servers);
  }

  /**
   * Finds a server by its name.
   *
   * @throws IllegalArgumentException if there is none, which loading excludes
   */
  public Server server(String name) {
    for (Server server : servers) {
      if (server.name().equals(name)) {
        return server;
      }
    }
    throw new IllegalArgumentException("no server is named " + name);
  }
}
