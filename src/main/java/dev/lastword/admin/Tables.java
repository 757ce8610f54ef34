package dev.lastword.admin;

import static dev.lastword.admin.Column.bool;
import static dev.lastword.admin.Column.integer;
import static dev.lastword.admin.Column.real;
import static dev.lastword.admin.Column.text;
import static dev.lastword.admin.Column.timestamp;

import dev.lastword.admin.Steering.Scope;
import dev.lastword.config.Config;
import dev.lastword.config.Endpoint;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.config.Settings;
import dev.lastword.farewell.Ledger;
import dev.lastword.farewell.LostSession;
import dev.lastword.farewell.ServerView;
import dev.lastword.server.Incarnation;
import dev.lastword.server.Monitors;
import dev.lastword.session.Session;
import dev.lastword.session.SessionRegistry;
import dev.lastword.status.Event;
import dev.lastword.status.EventLog;
import dev.lastword.status.LossCounters;
import dev.lastword.status.NoticeKind;
import dev.lastword.status.SentCounters;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The catalogue of a running proxy: each table with its columns.
 *
 * @param version the program's version
 * @param started when the proxy started
 * @param config what holds now
 * @param port the port that a TCP listener has, which matters where any free one was taken; -1 where it has none or is gone
 * @param accepts whether a listener accepts clients
 */
public record Tables(
    String version,
    Instant started,
    Supplier<Config> config,
    SessionRegistry registry,
    Monitors monitors,
    Ledger ledger,
    SentCounters sent,
    LossCounters losses,
    EventLog events,
    Steering steering,
    ToIntFunction<String> port,
    Predicate<String> accepts) {

  /** An event loop that does not answer within this time is busy with something else than sessions; what it has is left out. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** The catalogue. */
  public Catalog catalog() {
    return new Catalog(
        List.of(sessions(), servers(), listeners(), lost(), notices(), happened(), settings()),
        this::status,
        this::variables);
  }

  // ---- Sessions

  /** A session at one moment, read on its own event loop. */
  private record Seen(
      long id,
      String protocol,
      String listener,
      String client,
      String user,
      String server,
      String serverAddress,
      long connectionId,
      String state,
      boolean inTransaction,
      boolean halfRequest,
      double ageSeconds,
      long bytesIn,
      long bytesOut,
      Map<String, Long> status) {
    static Seen of(Session session) {
      return new Seen(
          session.id(),
          session.protocol(),
          session.listener(),
          session.client(),
          session.user(),
          session.server(),
          session.serverAddress(),
          session.connectionId(),
          session.activity().text(),
          session.inTransaction(),
          session.halfRequest(),
          TimeUnit.NANOSECONDS.toMillis(session.ageNanos()) / 1_000.0,
          session.bytesIn(),
          session.bytesOut(),
          session.statusVariables());
    }
  }

  private List<Seen> seen() {
    try {
      return registry.ask(Seen::of, PATIENCE);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }

  private Table<Seen> sessions() {
    return new Table<>(
        "sessions",
        "the sessions that live now",
        List.of(
            integer("id", "the proxy's number for it", Seen::id),
            text("protocol", "x or classic", Seen::protocol),
            text("listener", "the listener it came through", Seen::listener),
            text("client", "the client's address", Seen::client),
            text("user", "the account name, as far as it is known", some(Seen::user)),
            text("server", "the server that serves it", some(Seen::server)),
            text("server_address", "the address it was reached at", some(Seen::serverAddress)),
            integer(
                "connection_id",
                "the server's number for it: what KILL takes there, or the X client id",
                positive(Seen::connectionId)),
            text("state", "what it is doing", Seen::state),
            bool("in_transaction", "whether a transaction is open", Seen::inTransaction),
            bool("half_request", "whether the rest of a request is missing", Seen::halfRequest),
            real("age_seconds", "since the client connected, in seconds", Seen::ageSeconds),
            integer("bytes_in", "bytes that the client sent", Seen::bytesIn),
            integer("bytes_out", "bytes that the client was sent", Seen::bytesOut),
            counted("messages_sent", "X messages that it was sent"),
            counted("notice_warning_sent", "warnings among them"),
            counted("notice_global_sent", "notices that concern the connection or the server"),
            counted("notice_other_sent", "other notices")),
        this::seen);
  }

  private static Column<Seen> counted(String name, String comment) {
    return integer(name, comment, seen -> seen.status().get("Mysqlx_" + name));
  }

  private static <R> Function<R, @Nullable String> some(Function<R, String> value) {
    return row -> {
      String text = value.apply(row);
      return text.isEmpty() ? null : text;
    };
  }

  private static <R> Function<R, @Nullable Long> positive(Function<R, Long> value) {
    return row -> {
      long number = value.apply(row);
      return number > 0 ? number : null;
    };
  }

  // ---- Servers and listeners

  private record KnownServer(
      Server server,
      ServerView view,
      boolean draining,
      long sessions,
      @Nullable Incarnation process) {}

  private Table<KnownServer> servers() {
    return new Table<>(
        "servers",
        "the MySQL servers behind the proxy",
        List.of(
            text("name", "its name in the configuration", row -> row.server().name()),
            text("state", "what it is like", row -> spelled(row.view().state())),
            text("detail", "how that is known", row -> row.view().detail()),
            bool("draining", "whether an operator took it out of use", KnownServer::draining),
            integer("sessions", "sessions that it serves", KnownServer::sessions),
            text("x_address", "where it speaks X Protocol", row -> row.server().x().toString()),
            text(
                "classic_address",
                "where it speaks the classic protocol",
                row -> row.server().classic().toString()),
            text(
                "incarnation",
                "its server_uuid, as far as it is known",
                row -> row.process() == null ? null : blankToNull(row.process().serverUuid()))),
        this::knownServers);
  }

  private static @Nullable String blankToNull(String text) {
    return text.isEmpty() ? null : text;
  }

  private List<KnownServer> knownServers() {
    Map<String, Long> serving =
        registry.live().stream()
            .collect(Collectors.groupingBy(Session::server, Collectors.counting()));
    Map<String, ServerView> views = monitors.views();
    Map<String, Incarnation> processes = monitors.incarnations();
    List<KnownServer> all = new ArrayList<>();
    for (Server server : config.get().servers()) {
      String name = server.name();
      all.add(
          new KnownServer(
              server,
              views.getOrDefault(name, ServerView.UNKNOWN),
              steering.drains(new Scope.OneServer(name)),
              serving.getOrDefault(name, 0L),
              processes.get(name)));
    }
    return all;
  }

  private record KnownListener(
      Listener listener, int port, boolean accepting, long sessions, boolean draining) {}

  private Table<KnownListener> listeners() {
    return new Table<>(
        "listeners",
        "where clients connect",
        List.of(
            text("name", "its name in the configuration", row -> row.listener().name()),
            text("protocol", "x or classic", row -> spelled(row.listener().protocol())),
            text("address", "where it accepts clients", Tables::address),
            integer(
                "port",
                "its port; none on a socket",
                row -> row.port() >= 0 ? (long) row.port() : null),
            text("servers", "its servers", row -> String.join(", ", row.listener().servers())),
            text("policy", "which one comes first", row -> spelled(row.listener().policy())),
            text("role", "what they must be", row -> spelled(row.listener().role())),
            integer("sessions", "sessions that came through it", KnownListener::sessions),
            integer(
                "max_sessions",
                "how many there may be at once",
                row -> (long) row.listener().maxSessions()),
            bool("accepting", "whether it accepts clients", KnownListener::accepting),
            bool("draining", "whether an operator took it out of use", KnownListener::draining)),
        this::knownListeners);
  }

  private static String address(KnownListener row) {
    return switch (row.listener().bind()) {
      case Endpoint.Tcp tcp ->
          row.port() < 0 ? tcp.toString() : new Endpoint.Tcp(tcp.host(), row.port()).toString();
      case Endpoint.Unix unix -> unix.toString();
    };
  }

  private List<KnownListener> knownListeners() {
    Map<String, Long> through =
        registry.live().stream()
            .collect(Collectors.groupingBy(Session::listener, Collectors.counting()));
    List<KnownListener> all = new ArrayList<>();
    for (Listener listener : config.get().listeners()) {
      int at = listener.bind() instanceof Endpoint.Tcp ? port.applyAsInt(listener.name()) : -1;
      all.add(
          new KnownListener(
              listener,
              at,
              accepts.test(listener.name()),
              through.getOrDefault(listener.name(), 0L),
              steering.drains(new Scope.OneListener(listener.name()))));
    }
    return all;
  }

  // ---- Losses

  private Table<LostSession> lost() {
    return new Table<>(
        "losses",
        "the last sessions that ended without their client having asked for it",
        List.of(
            integer("id", "the proxy's number for the session", LostSession::id),
            timestamp("ended", "when it ended", LostSession::ended),
            text("protocol", "x or classic", LostSession::protocol),
            text("listener", "the listener it came through", LostSession::listener),
            text("client", "the client's address", LostSession::client),
            text("user", "the account name, as far as it is known", some(LostSession::user)),
            text("server", "the server that served it", some(LostSession::server)),
            text("server_address", "the address it was reached at", some(LostSession::address)),
            integer(
                "connection_id", "the server's number for it", positive(LostSession::connectionId)),
            text("state", "what it was doing", LostSession::state),
            bool("in_transaction", "whether a transaction was open", LostSession::inTransaction),
            bool(
                "half_request",
                "whether the rest of a request was missing",
                LostSession::halfRequest),
            text("cause", "why it ended", row -> row.verdict().cause().text()),
            text("side", "whose doing it was", row -> Words.side(row.verdict().cause())),
            bool(
                "recoverable",
                "whether the client may reconnect here",
                row -> row.verdict().cause().reason().recoverable()),
            text("detail", "how that is known", row -> row.verdict().detail()),
            text(
                "told", "the form in which the client was told", row -> Words.told(row.farewell())),
            integer("code", "MySQL's number of the error", row -> Words.code(row.farewell())),
            text("sql_state", "its SQLSTATE", row -> Words.sqlState(row.farewell())),
            text("silence", "why it was told nothing", row -> Words.silence(row.farewell())),
            text("delivery", "what became of the farewell", Words::delivery),
            integer(
                "farewell_micros",
                "from the first sign of the end until the farewell was written, in microseconds",
                LostSession::farewellMicros),
            integer("age_millis", "how long it had lived, in milliseconds", LostSession::ageMillis),
            integer("bytes_in", "bytes that the client had sent", LostSession::bytesIn),
            integer("bytes_out", "bytes that the client had been sent", LostSession::bytesOut),
            text("text", "all of it in one sentence", Words::sentence)),
        ledger::losses);
  }

  // ---- Notices, events, configuration

  private Table<Map.Entry<NoticeKind, Long>> notices() {
    return new Table<>(
        "notices",
        "the notices that X clients were sent, by kind",
        List.of(
            text("type", "what they were about", row -> spelled(row.getKey().type())),
            text("scope", "global or local", row -> spelled(row.getKey().scope())),
            integer("code", "of a global warning", row -> positiveOrNull(row.getKey().code())),
            text("origin", "who made them", row -> spelled(row.getKey().origin())),
            integer("sent", "how many", Map.Entry::getValue)),
        this::sentNotices);
  }

  private static @Nullable Long positiveOrNull(int number) {
    return number > 0 ? (long) number : null;
  }

  private List<Map.Entry<NoticeKind, Long>> sentNotices() {
    List<Map.Entry<NoticeKind, Long>> all = new ArrayList<>(sent.notices().entrySet());
    all.sort(
        Comparator.comparing(
            Map.Entry::getKey,
            Comparator.comparing(NoticeKind::type)
                .thenComparing(NoticeKind::scope)
                .thenComparingInt(NoticeKind::code)
                .thenComparing(NoticeKind::origin)));
    return all;
  }

  private Table<Event> happened() {
    return new Table<>(
        "events",
        "what happened to the proxy and its servers",
        List.of(
            integer("id", "its number", Event::id),
            timestamp("at", "when", Event::at),
            text("kind", "what", row -> row.kind().text()),
            text("server", "the server that it concerns", some(Event::server)),
            text("listener", "the listener that it concerns", some(Event::listener)),
            integer("session", "the session that it concerns", positive(Event::session)),
            text("text", "in words", Event::text)),
        () -> {
          List<Event> all = events.since(0);
          Collections.reverse(all);
          return all;
        });
  }

  private Table<Map.Entry<String, String>> settings() {
    return new Table<>(
        "config",
        "the configuration that holds now, with every default",
        List.of(
            text(
                "key",
                "as in the file; listeners, servers and accounts by name",
                Map.Entry::getKey),
            text("value", "what holds", Map.Entry::getValue)),
        () -> List.copyOf(Settings.of(config.get()).entrySet()));
  }

  // ---- Status variables

  private Map<String, Long> status() {
    Map<String, Long> all = new TreeMap<>(sent.statusVariables());
    all.put("Threads_connected", (long) registry.size());
    all.put("Uptime", Duration.between(started, Instant.now()).toSeconds());
    all.put("Lastword_farewells_undeliverable", losses.undeliverableFarewells());
    long lost = 0;
    long left = 0;
    for (var entry : losses.byCause().entrySet()) {
      if (entry.getKey().cause().equals("client-left")) {
        left += entry.getValue();
      } else {
        lost += entry.getValue();
      }
    }
    all.put("Lastword_sessions_lost", lost);
    all.put("Lastword_sessions_left", left);
    return all;
  }

  private Map<String, String> variables() {
    Config now = config.get();
    Map<String, String> all = new TreeMap<>();
    all.put("version", version);
    all.put("version_comment", "Lastword " + version);
    all.put("max_connections", Integer.toString(now.limits().sessions()));
    all.put("datadir", now.dataDirectory().toString());
    return all;
  }

  private static String spelled(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
