package dev.lastword.admin.http;

import dev.lastword.admin.Catalog;
import dev.lastword.admin.Column;
import dev.lastword.admin.Steering;
import dev.lastword.admin.Table;
import dev.lastword.admin.Words;
import dev.lastword.config.AdminSettings;
import dev.lastword.config.ClientTls;
import dev.lastword.config.InvalidConfig;
import dev.lastword.config.Problem;
import dev.lastword.farewell.Cause;
import dev.lastword.farewell.Farewell;
import dev.lastword.farewell.Ledger;
import dev.lastword.farewell.LostSession;
import dev.lastword.farewell.Verdict;
import dev.lastword.status.Event;
import dev.lastword.status.EventLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A proxy as it is shown, without a proxy: tables that a test fills, and a record of what was done to it. */
public final class ShownProxy implements Steering {
  /** When everything in here happened. */
  public static final Instant WHEN = Instant.parse("2026-11-21T12:03:11.250Z");

  /** A session that lives. */
  public record Lives(
      long id,
      String protocol,
      String client,
      @Nullable String server,
      String state,
      boolean inTransaction,
      double ageSeconds) {}

  /** A server. */
  public record Target(String name, String state) {}

  /** The sessions that live. */
  public final List<Lives> sessions = new CopyOnWriteArrayList<>();

  /** What was done, in words. */
  public final List<String> done = Collections.synchronizedList(new ArrayList<>());

  /** What happened. */
  public final EventLog events = new EventLog(1_000);

  /** Who ended. */
  public final Ledger ledger = new Ledger(10_000);

  /** Whether it is ready. */
  public volatile boolean ready = true;

  /** What a reload throws, if anything. */
  public volatile @Nullable RuntimeException refusal;

  private final TreeSet<String> drained = new TreeSet<>();

  /** With two sessions, two servers, and one loss. */
  public ShownProxy() {
    sessions.add(new Lives(1, "x", "10.0.0.7:51234", "db1", "idle", false, 12.5));
    sessions.add(new Lives(2, "classic", "10.0.0.8:51235", null, "connecting", true, 0.25));
    ledger.enter(lost(7, Cause.SERVER_GONE, new Farewell.Notice(1053)));
  }

  /** A session that has ended. */
  public static LostSession lost(long id, Cause cause, Farewell farewell) {
    return lost(id, cause, farewell, WHEN);
  }

  /** A session that ended then. */
  public static LostSession lost(long id, Cause cause, Farewell farewell, Instant ended) {
    boolean nothing = farewell instanceof Farewell.Nothing;
    return new LostSession(
        id,
        "x",
        "x",
        "10.0.0.7:51234",
        "db2",
        "127.0.0.1:33060",
        17,
        "app",
        "waiting",
        true,
        false,
        new Verdict(cause, "db2 closed this connection; db2 (127.0.0.1:33060) refused"),
        farewell,
        nothing ? LostSession.Delivery.NOTHING_TO_SAY : LostSession.Delivery.WRITTEN,
        ended,
        61_000,
        4_200,
        120,
        9_000);
  }

  /** The tables. */
  public Catalog catalog() {
    return new Catalog(
        List.of(
            new Table<>(
                "sessions",
                "Sessions that live.",
                List.of(
                    column("id", Column.Type.INTEGER, Lives::id),
                    column("protocol", Column.Type.TEXT, Lives::protocol),
                    column("client", Column.Type.TEXT, Lives::client),
                    column("server", Column.Type.TEXT, Lives::server),
                    column("state", Column.Type.TEXT, Lives::state),
                    column("in_transaction", Column.Type.BOOLEAN, Lives::inTransaction),
                    column("age_seconds", Column.Type.REAL, Lives::ageSeconds)),
                () -> sessions),
            new Table<>(
                "servers",
                "Servers.",
                List.of(
                    column("name", Column.Type.TEXT, Target::name),
                    column("state", Column.Type.TEXT, Target::state)),
                () -> List.of(new Target("db1", "alive"), new Target("db2", "refused"))),
            new Table<>(
                "losses",
                "Sessions that ended.",
                List.of(
                    column("id", Column.Type.INTEGER, LostSession::id),
                    column("ended", Column.Type.TIMESTAMP, LostSession::ended),
                    column("client", Column.Type.TEXT, LostSession::client),
                    column("cause", Column.Type.TEXT, lost -> lost.verdict().cause().text()),
                    column("code", Column.Type.INTEGER, lost -> Words.code(lost.farewell())),
                    column("text", Column.Type.TEXT, Words::sentence)),
                ledger::losses),
            new Table<>(
                "notices",
                "Notices.",
                List.of(
                    column("type", Column.Type.TEXT, kind -> kind.substring(0, 7)),
                    column("sent", Column.Type.INTEGER, _ -> 3L)),
                () -> List.of("warning/global", "warning/local")),
            new Table<>(
                "events",
                "Events.",
                List.of(
                    column("id", Column.Type.INTEGER, Event::id),
                    column("at", Column.Type.TIMESTAMP, Event::at),
                    column("kind", Column.Type.TEXT, event -> event.kind().text()),
                    column("text", Column.Type.TEXT, Event::text)),
                () -> events.since(0).reversed())),
        () ->
            new TreeMap<>(
                Map.of("Mysqlx_notice_warning_sent", 3L, "Threads_connected", 2L, "Uptime", 60L)),
        () -> Map.of("version", "9.9.9-lastword"));
  }

  private static <R> Column<R> column(
      String name, Column.Type type, Function<? super R, ? extends @Nullable Object> value) {
    return new Column<>(name, type, "what " + name + " says", value);
  }

  /** As the server is given it. */
  public Subject subject() {
    return new Subject(
        "1.2.3",
        WHEN,
        catalog(),
        this,
        events,
        ledger,
        (_, out) -> {
          out.write("lastword_up 1\n".getBytes(StandardCharsets.UTF_8));
          return "text/plain; version=0.0.4; charset=utf-8";
        });
  }

  /** Opens a server for it on any free port of loopback. */
  public HttpServer open() {
    return open(AdminSettings.OFF.withHttp("127.0.0.1", 0));
  }

  /** Opens a server for it. */
  public HttpServer open(AdminSettings settings) {
    try {
      return HttpServer.open(settings, subject(), Path.of("does-not-matter"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Any free port of loopback, encrypted with the proxy's own certificate. */
  public static AdminSettings https() {
    AdminSettings settings = AdminSettings.OFF.withHttp("127.0.0.1", 0);
    AdminSettings.Access plain = settings.http().orElseThrow();
    return new AdminSettings(
        Optional.of(
            new AdminSettings.Access(plain.bind(), plain.tls().withMode(ClientTls.Mode.REQUIRED))),
        settings.sql(),
        settings.accounts(),
        settings.token());
  }

  @Override
  public boolean kill(long session) {
    done.add("kill " + session);
    return sessions.removeIf(lives -> lives.id() == session);
  }

  @Override
  public synchronized void drain(Scope scope) {
    drained.add(name(scope));
    done.add("drain " + name(scope));
  }

  @Override
  public synchronized void undrain(Scope scope) {
    drained.remove(name(scope));
    done.add("undrain " + name(scope));
  }

  @Override
  public synchronized boolean drains(Scope scope) {
    return drained.contains(name(scope));
  }

  private static String name(Scope scope) {
    return switch (scope) {
      case Scope.WholeProxy _ -> "all";
      case Scope.OneServer(String name) -> known("server", name, "db1", "db2");
      case Scope.OneListener(String name) -> known("listener", name, "x", "classic");
    };
  }

  private static String known(String what, String name, String... names) {
    if (!List.of(names).contains(name)) {
      throw new IllegalArgumentException("there is no " + what + " " + name);
    }
    return what + " " + name;
  }

  @Override
  public List<String> reload() {
    RuntimeException thrown = refusal;
    if (thrown != null) {
      throw thrown;
    }
    done.add("reload");
    return List.of("limits.sessions: 9000 instead of 100");
  }

  /** What a file that cannot be used is refused with. */
  public static InvalidConfig invalid() {
    return new InvalidConfig(
        "lastword.yaml",
        List.of(
            new Problem(
                10, 13, "limits.sessions", Optional.of("none"), "is no number", Optional.empty())));
  }

  @Override
  public void logLevel(String logger, String level) {
    done.add("log " + logger + " " + level);
  }

  @Override
  public boolean isReady() {
    return ready;
  }
}
