package dev.lastword.config;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A place where clients connect.
 *
 * @param name unique among the listeners; appears in the log
 * @param protocol what the clients of this listener speak
 * @param bind where to accept them
 * @param servers names of the servers that serve them, in the order of preference; at least one
 * @param policy which of the servers a new session gets first
 * @param role what a server must be to serve it
 * @param tls how clients may encrypt
 * @param maxSessions sessions that this listener serves at once, 1 or more
 * @param idleTimeout how long a client may be idle, up to 365 days; zero means for ever
 * @param whenNoServer what a client that wants to log in is told when there is no server for it
 * @param codes what classic clients are told with another error than by default; empty on a listener for X Protocol
 * @param trustedProxies where load balancers are that begin each connection with a PROXY protocol header, which says for whom it is;
 *     empty if there are none
 */
public record Listener(
    String name,
    Protocol protocol,
    Endpoint bind,
    List<String> servers,
    Policy policy,
    Role role,
    ClientTls tls,
    int maxSessions,
    Duration idleTimeout,
    WhenNoServer whenNoServer,
    Map<Reason, ErrorCode> codes,
    List<Network> trustedProxies) {

  static final Range IDLE_TIMEOUT = Range.ofMilliseconds(0, 365L * 24 * 3_600_000);
  static final Range MAX_SESSIONS = Limits.SESSIONS;

  /** Where a listener for X Protocol accepts clients by default: on loopback, at the port that MySQL Router's users know. */
  public static final Endpoint DEFAULT_X_BIND = new Endpoint.Tcp("127.0.0.1", 6_448);

  /** Where a listener for the classic protocol accepts clients by default: on loopback, at MySQL Router's port. */
  public static final Endpoint DEFAULT_CLASSIC_BIND = new Endpoint.Tcp("127.0.0.1", 6_446);

  /** How a listener orders its servers by default. */
  public static final Policy DEFAULT_POLICY = Policy.FIRST_AVAILABLE;

  /** What a server must be by default. */
  public static final Role DEFAULT_ROLE = Role.ANY;

  /** As many sessions as {@link Limits#sessions()} allows: the default. {@link Config} puts that number in its place. */
  public static final int ALL_SESSIONS = Integer.MAX_VALUE;

  /** A client may be idle for ever: the default, since servers have a limit of their own. */
  public static final Duration NEVER_IDLE = Duration.ZERO;

  /** What a client without a server is told by default. */
  public static final WhenNoServer DEFAULT_WHEN_NO_SERVER = WhenNoServer.ERROR;

  /**
   * Copies list and map, so that nobody can change them afterwards, and checks the ranges.
   *
   * @throws IllegalArgumentException if the number of sessions is outside its range
   */
  public Listener {
    servers = List.copyOf(servers);
    codes = Map.copyOf(codes);
    trustedProxies = List.copyOf(trustedProxies);
    if (maxSessions != ALL_SESSIONS) {
      MAX_SESSIONS.require("maxSessions", maxSessions);
    }
    IDLE_TIMEOUT.require("idleTimeout", idleTimeout.toMillis());
  }

  /**
   * A listener for X Protocol with all defaults.
   *
   * @param servers names of the servers that serve it, in the order of preference
   */
  public static Listener x(String name, String... servers) {
    return new Listener(
        name,
        Protocol.X,
        DEFAULT_X_BIND,
        List.of(servers),
        DEFAULT_POLICY,
        DEFAULT_ROLE,
        ClientTls.DEFAULT,
        ALL_SESSIONS,
        NEVER_IDLE,
        DEFAULT_WHEN_NO_SERVER,
        Map.of(),
        List.of());
  }

  /**
   * A listener for the classic protocol with all defaults.
   *
   * @param servers names of the servers that serve it, in the order of preference
   */
  public static Listener classic(String name, String... servers) {
    return new Listener(
        name,
        Protocol.CLASSIC,
        DEFAULT_CLASSIC_BIND,
        List.of(servers),
        DEFAULT_POLICY,
        DEFAULT_ROLE,
        ClientTls.DEFAULT,
        ALL_SESSIONS,
        NEVER_IDLE,
        DEFAULT_WHEN_NO_SERVER,
        Map.of(),
        List.of());
  }

  /**
   * The same at another address.
   *
   * @param port 0 to 65535; 0 takes any free port
   */
  public Listener withBind(String host, int port) {
    return withBind(new Endpoint.Tcp(host, port));
  }

  /** The same in another place, such as on a Unix domain socket. */
  public Listener withBind(Endpoint bind) {
    Draft draft = new Draft(this);
    draft.bind = bind;
    return draft.listener();
  }

  /** The same with another order of its servers. */
  public Listener withPolicy(Policy policy) {
    Draft draft = new Draft(this);
    draft.policy = policy;
    return draft.listener();
  }

  /** The same with another demand on its servers. */
  public Listener withRole(Role role) {
    Draft draft = new Draft(this);
    draft.role = role;
    return draft.listener();
  }

  /** The same with other TLS. */
  public Listener withTls(ClientTls tls) {
    Draft draft = new Draft(this);
    draft.tls = tls;
    return draft.listener();
  }

  /** The same with another number of sessions at once, 1 to 1,000,000. */
  public Listener withMaxSessions(int maxSessions) {
    Draft draft = new Draft(this);
    draft.maxSessions = maxSessions;
    return draft.listener();
  }

  /** The same with another time that a client may be idle; zero means for ever. */
  public Listener withIdleTimeout(Duration idleTimeout) {
    Draft draft = new Draft(this);
    draft.idleTimeout = idleTimeout;
    return draft.listener();
  }

  /** The same with another answer to clients for which there is no server. */
  public Listener withWhenNoServer(WhenNoServer whenNoServer) {
    Draft draft = new Draft(this);
    draft.whenNoServer = whenNoServer;
    return draft.listener();
  }

  /**
   * The same with another error for one reason, which only a listener for the classic protocol can have.
   *
   * @see ErrorCode#ErrorCode the values that are possible
   */
  public Listener withCode(Reason reason, int code, String sqlState) {
    Map<Reason, ErrorCode> chosen = new EnumMap<>(Reason.class);
    chosen.putAll(codes);
    chosen.put(reason, new ErrorCode(code, sqlState));
    Draft draft = new Draft(this);
    draft.codes = chosen;
    return draft.listener();
  }

  /**
   * The same, behind load balancers in these networks: each connection from there must begin with a PROXY protocol header, version 1 or 2,
   * and is for the client that it names.
   *
   * @param networks such as {@code 10.0.0.0/8}, or single addresses
   * @throws IllegalArgumentException if one of them is none
   */
  public Listener withTrustedProxies(String... networks) {
    Draft draft = new Draft(this);
    draft.trustedProxies = Stream.of(networks).map(Network::of).toList();
    return draft.listener();
  }

  /** The same, about to be changed in one place. */
  private static final class Draft {
    String name;
    Protocol protocol;
    Endpoint bind;
    List<String> servers;
    Policy policy;
    Role role;
    ClientTls tls;
    int maxSessions;
    Duration idleTimeout;
    WhenNoServer whenNoServer;
    Map<Reason, ErrorCode> codes;
    List<Network> trustedProxies;

    Draft(Listener from) {
      name = from.name;
      protocol = from.protocol;
      bind = from.bind;
      servers = from.servers;
      policy = from.policy;
      role = from.role;
      tls = from.tls;
      maxSessions = from.maxSessions;
      idleTimeout = from.idleTimeout;
      whenNoServer = from.whenNoServer;
      codes = from.codes;
      trustedProxies = from.trustedProxies;
    }

    Listener listener() {
      return new Listener(
          name,
          protocol,
          bind,
          servers,
          policy,
          role,
          tls,
          maxSessions,
          idleTimeout,
          whenNoServer,
          codes,
          trustedProxies);
    }
  }

  /** Where a listener accepts clients by default. */
  static Endpoint defaultBind(Protocol protocol) {
    return switch (protocol) {
      case X -> DEFAULT_X_BIND;
      case CLASSIC -> DEFAULT_CLASSIC_BIND;
    };
  }

  /** The protocol of a listener. */
  public enum Protocol {
    /** MySQL X Protocol. */
    X,
    /** The classic protocol of MySQL and MariaDB. */
    CLASSIC
  }

  /** What a client can be told at the end of its session. */
  public enum Reason {
    /** The server, or the proxy, has gone or is going away. */
    SHUTDOWN,
    /** The session was killed. */
    KILLED,
    /** The client was silent for too long. */
    TIMEOUT,
    /** This one connection to the server broke. */
    RESET,
    /** As many sessions as are allowed are open; said in place of a greeting, and there without the SQLSTATE. */
    TOO_MANY,
    /** The client did not log in in time. */
    HANDSHAKE_TIMEOUT,
    /** TLS with the server failed, or it does not speak the protocol. */
    BAD_HANDSHAKE
  }

  /** How a listener orders its servers for a new session. */
  public enum Policy {
    /** Always the first that can be reached, in the order of the configuration. */
    FIRST_AVAILABLE,
    /** Each session starts one server further than the one before. */
    ROUND_ROBIN
  }

  /** What a client that is not logged in yet is told when no server can be reached for it, or its server is lost. */
  public enum WhenNoServer {
    /** An Error with the reason, and the end: for clients that know one address. */
    ERROR,
    /** Just the end: for clients with further addresses, whose driver goes on to the next only if this one says nothing. */
    CLOSE
  }

  /** What a server must be to have a listener's sessions; as far as its monitor knows. */
  public enum Role {
    /** Any server that is not out of its group. */
    ANY,
    /** One that takes writes: the primary of its group, or a server that is not read-only. */
    PRIMARY
  }
}
