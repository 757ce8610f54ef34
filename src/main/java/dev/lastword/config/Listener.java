package dev.lastword.config;

import java.util.List;

/**
 * A place where clients connect.
 *
 * @param name unique among the listeners; appears in the log
 * @param protocol what the clients of this listener speak
 * @param bind where to accept them
 * @param servers names of the servers that serve them, in the order of preference; at least one
 * @param policy which of the servers a new session gets first
 * @param tls how clients may encrypt
 * @param maxSessions sessions that this listener serves at once, 1 or more
 */
public record Listener(
    String name,
    Protocol protocol,
    Endpoint bind,
    List<String> servers,
    Policy policy,
    ClientTls tls,
    int maxSessions) {

  /** Copies the list, so that nobody can change it afterwards. */
  public Listener {
    servers = List.copyOf(servers);
  }

  /** The protocol of a listener. */
  public enum Protocol {
    /** MySQL X Protocol. */
    X
  }

  /** How a listener orders its servers for a new session. */
  public enum Policy {
    /** Always the first that can be reached, in the order of the configuration. */
    FIRST_AVAILABLE,
    /** Each session starts one server further than the one before. */
    ROUND_ROBIN
  }
}
