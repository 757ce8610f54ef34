package dev.lastword;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.lastword.ReasonMatrix.Seen;
import dev.lastword.XReasons.Expected;
import dev.lastword.XReasons.State;
import dev.lastword.config.Listener;
import dev.lastword.farewell.LostSession;
import dev.lastword.session.Session;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.TcpRelay;
import dev.lastword.testing.x.Frame;
import dev.lastword.testing.x.Received;
import dev.lastword.testing.x.Response;
import dev.lastword.testing.x.XClient;
import dev.lastword.testing.x.XMessages;
import dev.lastword.x.protobuf.MysqlxNotice;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The whole of {@link XReasons} on real servers: for each fault, sessions in all states lose their server, or the proxy, at once. Writes
 * {@code target/reason-matrix.md}, and with {@code -Dlastword.reason-matrix=FILE} that file too.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReasonMatrixIT {
  /** What a server answers after a KILL QUERY that met no query. */
  private static final int POISONED = 5010;

  private final ReasonMatrix<State> matrix = new ReasonMatrix<>(State.class, state -> state.text);

  @SuppressWarnings("NullAway.Init")
  private Faults faults;

  @SuppressWarnings("NullAway.Init")
  private MySqlServer server;

  @TempDir Path data;

  @BeforeAll
  void launch() {
    ReasonMatrix.forget("X");
    faults = Faults.launch();
    server = faults.server();
  }

  @AfterAll
  void report() throws IOException {
    String environment = faults.environment();
    faults.close();
    matrix.write("X", environment, XReasons.words());
  }

  static Set<Fault> faults() {
    return XReasons.FAULTS;
  }

  @ParameterizedTest
  @MethodSource("faults")
  void each_lost_session_is_told_the_truth(Fault fault) throws Exception {
    faults.recover();
    rememberPassword();
    List<String> wrong = fault.atConnect() ? atConnect(fault) : inAllStates(fault);
    assertThat(wrong).as("cells that are wrong").isEmpty();
  }

  /** Without TLS a server takes a password that it remembers, and it forgets when it ends. */
  private void rememberPassword() {
    try (XClient once = XClient.connect(server.host(), server.xPort())) {
      once.login(server.user(), server.password());
    }
  }

  // ---- The proxy and the sessions

  private Proxy start(Fault fault, int port) {
    return faults.proxy(
        fault,
        Listener.x("x", Faults.NAME),
        port,
        server.classicPort(),
        Duration.ofMinutes(2),
        data);
  }

  /** One session of the matrix, and what becomes of it. */
  private static final class Seat {
    final State state;
    final boolean tls;
    final XClient client;
    final long id;
    long connection;
    long quietSince;
    @Nullable Thread listening;

    final List<Frame> reasons = new ArrayList<>();
    Received.@Nullable End end;
    long endNanos;

    /** When it had read everything but why it ended. */
    long readNanos;

    @Nullable Throwable problem;

    Seat(State state, boolean tls, XClient client, long id) {
      this.state = state;
      this.tls = tls;
      this.client = client;
      this.id = id;
    }

    void listen() {
      if (listening == null) {
        listening = Thread.ofVirtual().start(this::hear);
      }
    }

    private void hear() {
      try {
        while (true) {
          switch (client.next(Faults.PATIENCE)) {
            case Frame frame -> {
              if (isReason(frame)) {
                reasons.add(frame);
              } else {
                readNanos = System.nanoTime();
              }
            }
            case Received.End over -> {
              endNanos = System.nanoTime();
              end = over;
              return;
            }
            case Received.Silence _ -> {
              return;
            }
          }
        }
      } catch (RuntimeException | AssertionError e) {
        problem = e;
      }
    }

    /** Everything of scope GLOBAL but the hello, and every FATAL Error. */
    private static boolean isReason(Frame frame) {
      return frame.isFatal()
          || (frame.type() == Frame.NOTICE
              && frame.asNotice().getScope() == MysqlxNotice.Frame.Scope.GLOBAL
              && frame.asNotice().getType() != MysqlxNotice.Frame.Type.SERVER_HELLO_VALUE);
    }

    void join() throws InterruptedException {
      Objects.requireNonNull(listening).join();
    }

    /** How many responses the server owes. */
    int owed() {
      return switch (state) {
        case BEFORE_LOGIN, IDLE, IN_TRANSACTION, CURSOR, COMPRESSED -> 0;
        case SLEEPING, LOCK_WAIT, MID_RESULT, MID_FRAME -> 1;
        case PIPELINED -> 6;
      };
    }
  }

  private Seat seat(Proxy proxy, State state, boolean tls) {
    long newest = newest(proxy);
    XClient client = XClient.connect("127.0.0.1", proxy.port("x")).within(Faults.SOON);
    await().atMost(Faults.SOON).until(() -> newest(proxy) > newest);
    Seat seat = new Seat(state, tls, client, newest(proxy));
    if (tls) {
      client.startTls();
    }
    if (state == State.COMPRESSED) {
      client.ask(XMessages.capabilitiesSet(XMessages.compression("zstd_stream"))).succeeded();
    }
    if (state == State.BEFORE_LOGIN) {
      client.ask(XMessages.capabilitiesGet()).succeeded();
    } else {
      login(client, tls);
      if (state == State.COMPRESSED) {
        client.startCompression("zstd_stream");
      }
      seat.connection =
          Long.parseLong(Objects.requireNonNull(client.sql("SELECT CONNECTION_ID()").value()));
      prepare(seat);
    }
    seat.quietSince = System.nanoTime();
    return seat;
  }

  private void login(XClient client, boolean tls) {
    if (tls) {
      client.authenticatePlain("", server.user(), server.password()).succeeded();
    } else {
      client.authenticateSha256Memory("", server.user(), server.password()).succeeded();
    }
  }

  private static long newest(Proxy proxy) {
    return proxy.sessions().live().stream().mapToLong(Session::id).max().orElse(0);
  }

  private static void prepare(Seat seat) {
    XClient client = seat.client;
    switch (seat.state) {
      case BEFORE_LOGIN, IDLE -> {
        // As it is.
      }
      case SLEEPING -> client.send(XMessages.sql("SELECT SLEEP(60)"));
      case LOCK_WAIT -> client.send(XMessages.sql("SELECT * FROM matrix.held FOR UPDATE"));
      case IN_TRANSACTION -> {
        client.sql("START TRANSACTION");
        client.sql("INSERT INTO matrix.filled () VALUES ()");
      }
      case MID_RESULT -> client.send(XMessages.sql(Faults.rows(480, 100_000)));
      case MID_FRAME -> client.send(XMessages.sql("SELECT REPEAT('x', 48000000)"));
      case PIPELINED ->
          client.sendAtOnce(
              XMessages.sql("SELECT SLEEP(60)"),
              XMessages.sql("SELECT 1"),
              XMessages.sql("SELECT 2"),
              XMessages.sql("SELECT 3"),
              XMessages.sql("SELECT 4"),
              XMessages.sql("SELECT 5"));
      case CURSOR -> {
        client.ask(XMessages.prepareSql(1, Faults.rows(900, 10))).succeeded();
        client.ask(XMessages.cursorOpen(1, XMessages.execute(1), 10)).succeeded();
      }
      case COMPRESSED -> client.sql("SELECT REPEAT('x', 100000)");
    }
  }

  /** Until the server works on every request, and nothing more flows to those who do not read. */
  private void awaitStates(Proxy proxy, List<Seat> seats) {
    faults.awaitAtWork(
        seats.stream().filter(seat -> seat.owed() > 0).map(seat -> seat.connection).toList());
    for (Seat seat : seats) {
      if (seat.state == State.MID_RESULT || seat.state == State.MID_FRAME) {
        long[] before = {0};
        await()
            .atMost(Faults.SOON)
            .pollInterval(Duration.ofMillis(150))
            .until(() -> {
              long now = bytesOut(proxy, seat.id);
              boolean stands = now > 1 << 20 && now == before[0];
              before[0] = now;
              return stands;
            });
      }
    }
  }

  private static long bytesOut(Proxy proxy, long id) throws Exception {
    for (Session session : proxy.sessions().live()) {
      if (session.id() == id) {
        return session.eventLoop().submit(session::bytesOut).get(10, TimeUnit.SECONDS);
      }
    }
    throw new AssertionError("session " + id + " has ended");
  }

  // ---- The faults

  private List<String> inAllStates(Fault fault) throws Exception {
    List<Seat> seats = new ArrayList<>();
    boolean limit = fault == Fault.SERVER_IDLE || fault == Fault.PROXY_IDLE;
    if (fault == Fault.SERVER_IDLE) {
      server.sql("SET GLOBAL mysqlx_wait_timeout = " + Faults.SERVER_IDLE.toSeconds());
      server.sql("SET GLOBAL mysqlx_interactive_timeout = " + Faults.SERVER_IDLE.toSeconds());
    }
    List<String> wrong = new ArrayList<>();
    try (TcpRelay relay = TcpRelay.to(server.host(), server.xPort());
        Faults.Holding _ = faults.lock();
        Proxy proxy = start(fault, fault == Fault.RESET ? relay.port() : server.xPort())) {
      try {
        for (State state : State.values()) {
          for (boolean tls : new boolean[] {false, true}) {
            if (!(XReasons.expected(fault, state) instanceof Expected.Impossible)) {
              Seat seat = seat(proxy, state, tls);
              seats.add(seat);
              if (limit && XReasons.expected(fault, state).hasNotice()) {
                seat.listen();
              }
            }
          }
        }
        awaitStates(proxy, seats);
        long struck = strike(fault, proxy, relay, seats);
        for (Seat seat : seats) {
          wrong.addAll(check(fault, proxy, seat, struck));
        }
      } finally {
        restore(fault);
        seats.forEach(seat -> seat.client.close());
      }
    }
    return wrong;
  }

  /** Does it, and lets everybody listen who is to be told; returns when it began. */
  private long strike(Fault fault, Proxy proxy, TcpRelay relay, List<Seat> seats) throws Exception {
    List<Seat> lost =
        seats.stream()
            .filter(seat -> !(XReasons.expected(fault, seat.state) instanceof Expected.NoLoss))
            .toList();
    if (fault != Fault.HALF_REQUEST) {
      lost.stream().filter(seat -> bytesStandStill(seat.state)).forEach(Seat::listen);
    }
    long now = System.nanoTime();
    if (fault == Fault.HALF_REQUEST) {
      lost.forEach(
          seat -> seat.client.sendRaw(XMessages.frame(XMessages.sql("SELECT 1")).substring(0, 7)));
    } else if (fault == Fault.KILL) {
      faults.kill("KILL ", connections(seats));
    } else if (fault == Fault.KILL_QUERY) {
      faults.kill("KILL QUERY ", connections(seats));
    } else if (fault == Fault.OPERATOR_KILL) {
      seats.forEach(seat -> assertThat(proxy.kill(seat.id)).isTrue());
    } else {
      faults.strike(fault, proxy, relay);
    }
    lost.forEach(Seat::listen);
    faults.struck(fault);
    return now;
  }

  private static List<Long> connections(List<Seat> seats) {
    return seats.stream().map(seat -> seat.connection).toList();
  }

  private static boolean bytesStandStill(State state) {
    return state != State.MID_RESULT && state != State.MID_FRAME;
  }

  private void restore(Fault fault) {
    if (fault == Fault.SERVER_IDLE) {
      server.sql("SET GLOBAL mysqlx_wait_timeout = DEFAULT");
      server.sql("SET GLOBAL mysqlx_interactive_timeout = DEFAULT");
    }
    faults.restore(fault);
  }

  private List<String> atConnect(Fault fault) throws Exception {
    int port = fault == Fault.REFUSED ? Faults.deadPort() : server.xPort();
    List<String> wrong = new ArrayList<>();
    try (Faults.Holding _ = fault == Fault.FULL ? faults.full() : () -> {};
        Proxy proxy = start(fault, port)) {
      long newest = 0;
      for (boolean tls : new boolean[] {false, true}) {
        long now = System.nanoTime();
        faults.struck(fault);
        try (XClient client = XClient.connect("127.0.0.1", proxy.port("x"))) {
          newest++;
          Seat seat = new Seat(State.BEFORE_LOGIN, tls, client, newest);
          if (tls) {
            client.send(XMessages.capabilitiesSet(XMessages.tls(true)));
          }
          seat.listen();
          wrong.addAll(check(fault, proxy, seat, now));
        }
      }
    }
    return wrong;
  }

  // ---- What came of it

  private List<String> check(Fault fault, Proxy proxy, Seat seat, long struck) throws Exception {
    Expected expected = XReasons.expected(fault, seat.state);
    Seen seen;
    if (expected instanceof Expected.NoLoss) {
      seen = goesOn(fault, seat);
    } else {
      seat.join();
      seen = ended(fault, expected, proxy, seat, struck);
    }
    matrix.note(fault, seat.state, seat.tls, seen);
    return seen.right()
        ? List.of()
        : List.of(seat.state + (seat.tls ? " with TLS: " : " without TLS: ") + seen.text());
  }

  /** Lets the requests that are out come to an end, and asks one more. */
  private Seen goesOn(Fault fault, Seat seat) {
    try {
      if (fault == Fault.SERVER_IDLE || fault == Fault.PROXY_IDLE) {
        Duration limit = fault == Fault.SERVER_IDLE ? Faults.SERVER_IDLE : Faults.PROXY_IDLE;
        long over = seat.quietSince + limit.plusMillis(700).toNanos();
        await().atMost(Faults.SOON).until(() -> System.nanoTime() - over > 0);
        if (seat.owed() > 0) {
          faults.kill("KILL QUERY ", List.of(seat.connection));
        }
      }
      for (int i = 0; i < seat.owed(); i++) {
        Response response = seat.client.receiveResponse();
        if (response.end().isFatal()) {
          return new Seen(false, "ended by " + response.error().getCode());
        }
      }
      if (seat.state == State.BEFORE_LOGIN) {
        login(seat.client, seat.tls);
      }
      Response next = seat.client.ask(XMessages.sql("SELECT 1"));
      if (fault == Fault.KILL_QUERY && next.failed() && next.error().getCode() == POISONED) {
        // The server never runs a statement again in a session that was idle, until it is reset.
        seat.client.ask(XMessages.sessionReset()).succeeded();
        login(seat.client, seat.tls);
        next = seat.client.ask(XMessages.sql("SELECT 1"));
      }
      boolean quiet =
          seat.client.notices().stream()
              .noneMatch(notice ->
                  notice.getType() == MysqlxNotice.Frame.Type.WARNING_VALUE
                      && notice.getScope() == MysqlxNotice.Frame.Scope.GLOBAL);
      return new Seen(!next.failed() && quiet, quiet ? "goes on" : "goes on with a notice");
    } catch (RuntimeException | AssertionError | SQLException e) {
      return new Seen(false, "does not go on: " + e.getMessage());
    }
  }

  private Seen ended(Fault fault, Expected expected, Proxy proxy, Seat seat, long struck)
      throws InvalidProtocolBufferException {
    Received.End end = seat.end;
    // How long the client takes to read its 48 MB is not the proxy's doing.
    long begun = bytesStandStill(seat.state) ? struck : Math.max(struck, seat.readNanos);
    long from = Faults.from(fault, begun, seat.quietSince);
    long millis = end == null ? 0 : TimeUnit.NANOSECONDS.toMillis(seat.endNanos - from);
    StringBuilder text = new StringBuilder();
    List<String> told = new ArrayList<>();
    boolean form = true;
    for (Frame reason : seat.reasons) {
      if (reason.type() == Frame.ERROR) {
        told.add("F" + reason.asError().getCode());
      } else {
        var warning = MysqlxNotice.Warning.parseFrom(reason.asNotice().getPayload());
        told.add("N" + warning.getCode());
        form &= reason.asNotice().getType() == MysqlxNotice.Frame.Type.WARNING_VALUE;
        form &= warning.getLevel() == MysqlxNotice.Warning.Level.ERROR;
      }
    }
    text.append(String.join(" ", told));
    boolean right = form && seat.problem == null && end != null;
    if (end == null) {
      text.append(" still open");
    } else {
      boolean orderly = end.how() == Received.How.EOF;
      right &= orderly;
      right &= (expected instanceof Expected.CutOff) == !end.rest().isEmpty();
      right &= !faults.late(fault, !bytesStandStill(seat.state), from, seat.endNanos);
      if (!orderly) {
        text.append(' ').append(end.how());
      }
      if (expected instanceof Expected.OnlyTheEnd && told.isEmpty()) {
        text.append("end only");
      } else if (!end.rest().isEmpty()) {
        text.append("cut off");
      }
      text.append(String.format(Locale.ROOT, " %d ms", Math.max(0, millis)));
    }
    if (seat.problem != null) {
      text.append(' ').append(seat.problem);
    }
    String said = String.join(" ", told);
    right &=
        switch (expected) {
          case Expected.Notice(int code, boolean errorToo) ->
              said.equals("N" + code)
                  || (errorToo && told.size() == 2 && said.matches("F(1053|1317) N" + code));
          case Expected.ErrorAndNotice(int code) -> said.equals("F" + code + " N" + code);
          case Expected.Fatal(int code) -> said.equals("F" + code);
          case Expected.KilledEitherWay() -> said.equals("F1317") || said.equals("N3169");
          case Expected.OnlyTheEnd(), Expected.CutOff() -> told.isEmpty();
          case Expected.NoLoss(), Expected.Impossible _ ->
              throw new IllegalStateException("does not end");
        };
    if (end != null) {
      await().atMost(Faults.SOON).until(() -> proxy.ledger().find(seat.id).isPresent());
      LostSession lost = proxy.ledger().find(seat.id).orElseThrow();
      boolean undeliverable = lost.delivery() == LostSession.Delivery.UNDELIVERABLE;
      if (undeliverable != expected instanceof Expected.CutOff) {
        right = false;
        text.append(" entered as ").append(lost.delivery());
      }
      if (!right) {
        text.append(" (").append(lost.verdict()).append(')');
      }
    }
    return new Seen(right, text.toString().strip());
  }
}
