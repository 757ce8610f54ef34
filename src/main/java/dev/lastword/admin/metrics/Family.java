package dev.lastword.admin.metrics;

import java.util.List;

/** All metrics of the proxy's own, named as Prometheus wants it: base units, and counters that say {@code _total}. */
enum Family {
  BUILD(Type.INFO, "lastword_build", "What is running, as labels; always 1.", "version"),
  START_TIME(
      Type.GAUGE,
      "lastword_start_time_seconds",
      "When the proxy was started, in seconds since 1970."),
  READY(Type.GAUGE, "lastword_ready", "Whether a session that asks now can be served."),
  DRAINING(
      Type.GAUGE,
      "lastword_draining",
      "Whether new sessions are kept away, by an operator, from the whole proxy, a server or a listener.",
      "scope",
      "name"),

  SESSIONS(
      Type.GAUGE,
      "lastword_sessions",
      "Sessions that live now, by what they are doing.",
      "listener",
      "protocol",
      "server",
      "state"),
  SESSIONS_LIMIT(
      Type.GAUGE,
      "lastword_sessions_limit",
      "Sessions that may live at once, through all listeners."),
  LISTENER_SESSIONS_LIMIT(
      Type.GAUGE,
      "lastword_listener_sessions_limit",
      "Sessions that may live at once through one listener.",
      "listener",
      "protocol"),
  OPENED(Type.COUNTER, "lastword_sessions_opened", "Sessions that began.", "listener", "protocol"),
  REFUSED(
      Type.COUNTER,
      "lastword_clients_refused",
      "Clients that never became a session.",
      "listener",
      "protocol",
      "cause"),
  ENDED(
      Type.COUNTER,
      "lastword_sessions_ended",
      "Sessions that ended, in whatever way.",
      "listener",
      "protocol",
      "server",
      "cause"),
  LOSSES(
      Type.COUNTER,
      "lastword_losses",
      "Sessions that ended although their client had not asked for it.",
      "listener",
      "protocol",
      "server",
      "cause",
      "side"),
  UNDELIVERABLE(
      Type.COUNTER,
      "lastword_farewells_undeliverable",
      "Clients that ought to have been told why their session ended, and could not be.",
      "protocol",
      "cause"),
  FAREWELL_TIME(
      Type.HISTOGRAM,
      "lastword_farewell_duration_seconds",
      "From the first sign that a session ends until its client's farewell was written.",
      "protocol"),

  X_MESSAGES(
      Type.COUNTER,
      "lastword_x_messages_sent",
      "X messages that clients were sent, notices among them."),
  X_NOTICES(
      Type.COUNTER,
      "lastword_x_notices_sent",
      "X notices that clients were sent.",
      "type",
      "scope",
      "code",
      "origin"),
  REQUESTS(
      Type.COUNTER,
      "lastword_requests",
      "What clients asked for: messages in X, commands in the classic protocol.",
      "listener",
      "protocol"),
  BYTES_IN(
      Type.COUNTER,
      "lastword_received_bytes",
      "Bytes that clients sent, TLS taken off.",
      "listener",
      "protocol"),
  BYTES_OUT(
      Type.COUNTER,
      "lastword_sent_bytes",
      "Bytes that clients were sent, TLS taken off.",
      "listener",
      "protocol"),

  SERVER_UP(
      Type.GAUGE,
      "lastword_server_up",
      "Whether a server counts as there: it answered, and has not failed too often since.",
      "server"),
  SERVER_STATE(
      Type.GAUGE,
      "lastword_server_state",
      "What the last look at a server showed: 1 for the one state that it is in, 0 for the others.",
      "server",
      "state"),
  SERVER_EVENTS(
      Type.COUNTER,
      "lastword_server_events",
      "What became of a server; restarted says that another process answers than before.",
      "server",
      "event"),
  LOOKS(
      Type.COUNTER,
      "lastword_server_looks",
      "Looks at a server, by what they showed.",
      "server",
      "result"),
  LOOK_TIME(
      Type.HISTOGRAM,
      "lastword_server_look_duration_seconds",
      "How long a look at a server took.",
      "server"),
  DIAGNOSIS_TIME(
      Type.HISTOGRAM,
      "lastword_diagnosis_duration_seconds",
      "How long it took to find out why a connection to a server was lost.",
      "server"),

  LOOP_LAG(
      Type.HISTOGRAM,
      "lastword_event_loop_lag_seconds",
      "How late an event loop did what was due, tried once a second.",
      "loop"),
  LOOP_OVERDUE(
      Type.GAUGE,
      "lastword_event_loop_overdue_seconds",
      "For how long something has been due now that an event loop has not done.",
      "loop"),
  LOOP_PENDING(
      Type.GAUGE,
      "lastword_event_loop_pending_tasks",
      "Tasks that wait for an event loop.",
      "loop"),
  BUFFER_MEMORY(
      Type.GAUGE,
      "lastword_buffer_memory_bytes",
      "Memory that is held for buffers of bytes on their way, in use or kept for the next.",
      "kind");

  private final Type type;
  private final String stem;
  private final String help;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<String> labels;

  Family(Type type, String stem, String help, String... labels) {
    this.type = type;
    this.stem = stem;
    this.help = help;
    this.labels = List.of(labels);
  }

  /** How a metric behaves. */
  enum Type {
    /** It only grows. */
    COUNTER("_total"),
    /** It goes up and down. */
    GAUGE(""),
    /** Durations in classes. */
    HISTOGRAM(""),
    /** It says something by its labels. */
    INFO("_info");

    private final String suffix;

    Type(String suffix) {
      this.suffix = suffix;
    }
  }

  Type type() {
    return type;
  }

  /** The name without what its type adds. */
  String stem() {
    return stem;
  }

  /** The name as it stands in a query; that of a histogram without {@code _bucket}, {@code _sum} and {@code _count}. */
  String text() {
    return stem + type.suffix;
  }

  String help() {
    return help;
  }

  List<String> labels() {
    return labels;
  }
}
