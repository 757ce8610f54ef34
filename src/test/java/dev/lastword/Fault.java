package dev.lastword;

/** How a session is lost, in the reason matrices of both protocols; the order is that of the rows. */
enum Fault {
  SERVER_IDLE("server: idle timeout"),
  HALF_REQUEST("client: half a request"),
  KILL("`KILL` from another session"),
  KILL_QUERY("`KILL QUERY` from another session"),
  KILL_QUERY_THEN_KILL("`KILL QUERY`, and `KILL` later"),
  KILL_ITSELF("`KILL` of itself"),
  SIGTERM("server: SIGTERM"),
  SHUTDOWN("server: `SHUTDOWN`"),
  SIGKILL("server: SIGKILL"),
  SIGKILL_AND_RESTART("server: SIGKILL, started again at once"),
  SIGSTOP("server: frozen (SIGSTOP)"),
  PACKETS_DROPPED("network: packets dropped"),
  RESET("network: RST of one connection"),
  REFUSED("server: connection refused at connect"),
  FULL("server: at `max_connections`"),
  PROXY_IDLE("proxy: idle limit of the listener"),
  OPERATOR_KILL("proxy: killed by its operator"),
  PROXY_DRAINED("proxy: drained (SIGTERM)"),
  PROXY_GONE("proxy: going away");

  final String text;

  Fault(String text) {
    this.text = text;
  }

  /** Whether the server, or the network to it, stands still for everybody then. */
  boolean stopsServer() {
    return switch (this) {
      case SIGTERM, SHUTDOWN, SIGKILL, SIGKILL_AND_RESTART, SIGSTOP, PACKETS_DROPPED -> true;
      case SERVER_IDLE,
          HALF_REQUEST,
          KILL,
          KILL_QUERY,
          KILL_QUERY_THEN_KILL,
          KILL_ITSELF,
          RESET,
          REFUSED,
          FULL,
          PROXY_IDLE,
          OPERATOR_KILL,
          PROXY_DRAINED,
          PROXY_GONE ->
          false;
    };
  }

  /** Whether it is over before there is a session to speak of. */
  boolean atConnect() {
    return this == REFUSED || this == FULL;
  }
}
