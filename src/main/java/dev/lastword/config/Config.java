package dev.lastword.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A whole, valid configuration: made by {@link ConfigLoader} from a file, or by a {@link #builder()} in a program.
 *
 * @param listeners where clients connect; at least one, with unique names
 * @param servers the MySQL servers that listeners refer to by name; at least one, with unique names
 * @param timeouts how long the proxy waits for things
 * @param limits how much one client, and all clients together, may use
 * @param farewell how clients are told why their session ended
 * @param health how the servers are monitored
 * @param dataDirectory where the proxy keeps what it makes itself, such as its certificate
 * @param eventLoops threads that serve sessions, up to 1024; 0 means one per processor
 * @param admin how operators and their programs reach the proxy
 */
public record Config(
    List<Listener> listeners,
    List<Server> servers,
    Timeouts timeouts,
    Limits limits,
    FarewellSettings farewell,
    Health health,
    Path dataDirectory,
    int eventLoops,
    AdminSettings admin) {

  static final Range EVENT_LOOPS = Range.of(0, 1_024);

  /** One event loop per processor. */
  public static final int DEFAULT_EVENT_LOOPS = 0;

  /**
   * Copies the lists, so that nobody can change them afterwards, and checks that everything fits together.
   *
   * @throws InvalidConfig if it does not: names that are not unique or not known, combinations that cannot work
   * @throws IllegalArgumentException if there are more than 1024 event loops
   */
  public Config {
    EVENT_LOOPS.require("eventLoops", eventLoops);
    int all = limits.sessions();
    listeners =
        listeners.stream()
            .map(l -> l.maxSessions() == Listener.ALL_SESSIONS ? l.withMaxSessions(all) : l)
            .toList();
    servers = List.copyOf(servers);
    List<Problem> problems = new ArrayList<>();
    Check.Findings findings =
        (key, value, reason) ->
            problems.add(new Problem(0, 0, key, Optional.of(value), reason, Optional.empty()));
    Consistency.CHECK.check(listeners, servers, admin, findings);
    if (!problems.isEmpty()) {
      throw new InvalidConfig("the configuration", problems);
    }
  }

  /** A configuration to be made in a program; everything but listeners and servers has a default. */
  public static Builder builder() {
    return new Builder();
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

  /** Makes a {@link Config} in a program, such as a test that embeds the proxy. */
  public static final class Builder {
    private final List<Listener> listeners = new ArrayList<>();
    private final List<Server> servers = new ArrayList<>();
    private Timeouts timeouts = Timeouts.DEFAULT;
    private Limits limits = Limits.DEFAULT;
    private FarewellSettings farewell = FarewellSettings.DEFAULT;
    private Health health = Health.DEFAULT;
    private Optional<Path> dataDirectory = Optional.empty();
    private int eventLoops = DEFAULT_EVENT_LOOPS;
    private AdminSettings admin = AdminSettings.OFF;

    private Builder() {}

    /** Adds a listener. */
    public Builder listener(Listener listener) {
      listeners.add(listener);
      return this;
    }

    /** Adds a server. */
    public Builder server(Server server) {
      servers.add(server);
      return this;
    }

    /** Sets how long the proxy waits for things. */
    public Builder timeouts(Timeouts timeouts) {
      this.timeouts = timeouts;
      return this;
    }

    /** Sets how much may be used. */
    public Builder limits(Limits limits) {
      this.limits = limits;
      return this;
    }

    /** Sets how clients are told why their session ended. */
    public Builder farewell(FarewellSettings farewell) {
      this.farewell = farewell;
      return this;
    }

    /** Sets how the servers are monitored. */
    public Builder health(Health health) {
      this.health = health;
      return this;
    }

    /** Sets where the proxy keeps what it makes itself; by default where {@link DataDirectory} says. */
    public Builder dataDirectory(Path dataDirectory) {
      this.dataDirectory = Optional.of(dataDirectory);
      return this;
    }

    /** Sets how operators and their programs reach the proxy; by default they do not. */
    public Builder admin(AdminSettings admin) {
      this.admin = admin;
      return this;
    }

    /** Sets the number of threads that serve sessions, up to 1024; 0 means one per processor. */
    public Builder eventLoops(int eventLoops) {
      this.eventLoops = eventLoops;
      return this;
    }

    /**
     * Makes the configuration.
     *
     * @throws InvalidConfig if it does not fit together, with every problem
     */
    public Config build() {
      return new Config(
          listeners,
          servers,
          timeouts,
          limits,
          farewell,
          health,
          dataDirectory.orElseGet(() -> DataDirectory.of(System.getenv())),
          eventLoops,
          admin);
    }
  }
}
