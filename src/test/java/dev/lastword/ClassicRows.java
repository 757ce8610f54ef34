package dev.lastword;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.ClassicReasons.Expected;
import dev.lastword.ClassicReasons.State;
import dev.lastword.ReasonMatrix.Seen;
import dev.lastword.config.Listener;
import dev.lastword.farewell.LostSession;
import dev.lastword.session.Session;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.TcpRelay;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Login;
import dev.lastword.testing.classic.Packet;
import dev.lastword.testing.classic.Received;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Rows of the classic reason matrix: what a fault of one server does to sessions in all states, who lose it, or their proxy, at once. */
final class ClassicRows {
  /** Longer than a login takes; it is waited for where half a login is the fault. */
  private static final Duration HANDSHAKE = Duration.ofSeconds(3);

  private final ReasonMatrix<State> matrix;
  private final Faults faults;
  private final MySqlServer server;
  private final Path data;

  /**
   * Makes nothing happen yet.
   *
   * @param matrix where each cell is noted
   * @param data where the proxies keep their files
   */
  ClassicRows(ReasonMatrix<State> matrix, Faults faults, Path data) {
    this.matrix = matrix;
    this.faults = faults;
    this.server = faults.server();
    this.data = data;
  }

  /** All cells of a fault; returns those that are wrong. */
  List<String> row(Fault fault) throws Exception {
    faults.recover();
    return fault.atConnect() ? atConnect(fault) : inAllStates(fault);
  }

  // ---- The proxy and the sessions

  private Proxy start(Fault fault, int port) {
    return faults.proxy(
        fault,
        Listener.classic("classic", Faults.NAME),
        server.xPort(),
        port,
        fault == Fault.HALF_REQUEST ? HANDSHAKE : Duration.ofMinutes(2),
        data);
  }

  private List<String> inAllStates(Fault fault) throws Exception {
    List<ClassicSeat> seats = new ArrayList<>();
    List<String> wrong = new ArrayList<>();
    try (TcpRelay relay = TcpRelay.to(server.host(), server.classicPort());
        Faults.Holding _ = faults.lock();
        Proxy proxy = start(fault, fault == Fault.RESET ? relay.port() : server.classicPort())) {
      try {
        sit(fault, proxy, seats);
        faults.awaitAtWork(
            seats.stream()
                .filter(seat -> seat.state.owed() > 0 && !runsAlready(fault, seat))
                .map(seat -> seat.connection)
                .toList());
        awaitStandstill(proxy, seats.stream().filter(seat -> seat.state.muchToRead()).toList());
        long struck = strike(fault, proxy, relay, seats);
        for (ClassicSeat seat : seats) {
          wrong.addAll(check(fault, proxy, seat, struck));
        }
      } finally {
        faults.restore(fault);
        seats.forEach(seat -> seat.client.close());
      }
    }
    return wrong;
  }

  /** Those that have no login are the last, so that the limits of a login do not run while others log in. */
  private void sit(Fault fault, Proxy proxy, List<ClassicSeat> seats) throws Exception {
    List<State> known = new ArrayList<>(List.of(State.values()));
    known.remove(State.BEFORE_LOGIN);
    sit(fault, proxy, known, seats);
    if (fault == Fault.SERVER_IDLE) {
      server.sql("SET GLOBAL connect_timeout = " + Faults.SERVER_IDLE.toSeconds());
    }
    sit(fault, proxy, List.of(State.BEFORE_LOGIN), seats);
    if (fault == Fault.SERVER_IDLE) {
      server.sql("SET GLOBAL connect_timeout = DEFAULT");
    }
  }

  /** Several at once: most of the time they wait for the server. */
  private void sit(Fault fault, Proxy proxy, List<State> states, List<ClassicSeat> seats)
      throws Exception {
    String limits =
        "SET wait_timeout = %1$d, net_read_timeout = %1$d"
            .formatted(fault == Fault.SERVER_IDLE ? Faults.SERVER_IDLE.toSeconds() : 600);
    List<Future<ClassicSeat>> taken = new ArrayList<>();
    try (ExecutorService several = Executors.newFixedThreadPool(4)) {
      for (State state : states) {
        if (!(ClassicReasons.expected(fault, state) instanceof Expected.Impossible)) {
          for (boolean tls : new boolean[] {false, true}) {
            taken.add(
                several.submit(() -> {
                  ClassicSeat seat = ClassicSeat.take(proxy, server, state, tls, limits);
                  if (runsAlready(fault, seat)) {
                    seat.listen();
                  }
                  return seat;
                }));
          }
        }
      }
    }
    for (Future<ClassicSeat> seat : taken) {
      seats.add(seat.get());
    }
  }

  /** Whether the time that is the fault runs, and may be over, as soon as the session is in its state. */
  private static boolean runsAlready(Fault fault, ClassicSeat seat) {
    if (ClassicReasons.expected(fault, seat.state) instanceof Expected.NoLoss) {
      return false;
    }
    return fault == Fault.SERVER_IDLE
        || fault == Fault.PROXY_IDLE
        || (fault == Fault.HALF_REQUEST && seat.isHalfAlready());
  }

  /** Until nothing more flows to clients that do not read. */
  private static void awaitStandstill(Proxy proxy, List<ClassicSeat> seats) {
    List<Long> before = new ArrayList<>();
    await()
        .atMost(Faults.SOON)
        .pollInterval(Duration.ofMillis(150))
        .until(() -> {
          List<Long> now = new ArrayList<>();
          for (ClassicSeat seat : seats) {
            now.add(bytesOut(proxy, seat.id));
          }
          boolean stand = now.equals(before) && now.stream().allMatch(bytes -> bytes > 1 << 20);
          before.clear();
          before.addAll(now);
          return stand;
        });
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

  /** Does it, and lets everybody listen who is to be told; returns when it began. */
  private long strike(Fault fault, Proxy proxy, TcpRelay relay, List<ClassicSeat> seats)
      throws SQLException {
    List<ClassicSeat> lost = seats.stream().filter(seat -> isToldAtOnce(fault, seat)).toList();
    if (fault != Fault.HALF_REQUEST && fault != Fault.KILL_ITSELF) {
      lost.stream().filter(seat -> !seat.state.muchToRead()).forEach(ClassicSeat::listen);
    }
    List<Long> connections = seats.stream().map(seat -> seat.connection).toList();
    long now = System.nanoTime();
    if (fault == Fault.HALF_REQUEST) {
      lost.forEach(ClassicSeat::sendHalf);
    } else if (fault == Fault.KILL) {
      faults.kill("KILL ", connections);
    } else if (fault == Fault.KILL_QUERY) {
      faults.kill("KILL QUERY ", connections);
    } else if (fault == Fault.KILL_QUERY_THEN_KILL) {
      now = killTwice(seats, connections);
    } else if (fault == Fault.KILL_ITSELF) {
      seats.forEach(seat -> seat.client.command(seat.client.query("KILL CONNECTION_ID()")));
    } else if (fault == Fault.OPERATOR_KILL) {
      seats.forEach(seat -> assertThat(proxy.kill(seat.id)).isTrue());
    } else {
      faults.strike(fault, proxy, relay);
    }
    lost.forEach(ClassicSeat::listen);
    faults.struck(fault);
    return now;
  }

  private static boolean isToldAtOnce(Fault fault, ClassicSeat seat) {
    Expected expected = ClassicReasons.expected(fault, seat.state);
    return !(expected instanceof Expected.NoLoss || expected instanceof Expected.AfterWork);
  }

  /** The second time when the first has long been forgotten: then it is not the statement that kills itself. */
  private long killTwice(List<ClassicSeat> seats, List<Long> connections) throws SQLException {
    faults.kill("KILL QUERY ", connections);
    await()
        .atMost(Faults.SOON)
        .until(() -> seats.stream().allMatch(seat -> seat.reasons.size() == 1));
    long told = System.nanoTime();
    await()
        .atMost(Faults.SOON)
        .until(() -> System.nanoTime() - told > ClassicReasons.LONG_FORGOTTEN.toNanos());
    long now = System.nanoTime();
    faults.kill("KILL ", connections);
    return now;
  }

  /** TLS begins behind the greeting, which does not come. */
  private List<String> atConnect(Fault fault) throws Exception {
    int port = fault == Fault.REFUSED ? Faults.deadPort() : server.classicPort();
    try (Faults.Holding _ = fault == Fault.FULL ? faults.full() : () -> {};
        Proxy proxy = start(fault, port)) {
      long now = System.nanoTime();
      faults.struck(fault);
      try (ClassicClient client = ClassicClient.connect("127.0.0.1", proxy.port("classic"))) {
        Login login = Login.as(server.user(), server.password());
        ClassicSeat seat = new ClassicSeat(State.BEFORE_LOGIN, false, client, login, 1, 0);
        seat.listen();
        return check(fault, proxy, seat, now);
      }
    }
  }

  // ---- What came of it

  private List<String> check(Fault fault, Proxy proxy, ClassicSeat seat, long struck)
      throws Exception {
    Expected expected = ClassicReasons.expected(fault, seat.state);
    Seen seen =
        switch (expected) {
          case Expected.NoLoss _ -> goesOn(fault, seat);
          case Expected.AfterWork _ -> afterWork(fault, expected, proxy, seat);
          case Expected.Told _,
              Expected.ToldOrCutOff _,
              Expected.OnlyTheEnd _,
              Expected.CutOff _ -> {
            seat.join();
            yield ended(fault, expected, proxy, seat, struck);
          }
          case Expected.Impossible(String why) -> throw new IllegalStateException(why);
        };
    matrix.note(fault, seat.state, seat.tls, seen);
    return seen.right()
        ? List.of()
        : List.of(seat.state + (seat.tls ? " with TLS: " : " without TLS: ") + seen.text());
  }

  /** Lets what is out come to an end, and asks once more. */
  private Seen goesOn(Fault fault, ClassicSeat seat) {
    try {
      if (fault == Fault.SERVER_IDLE || fault == Fault.PROXY_IDLE) {
        Duration limit = fault == Fault.SERVER_IDLE ? Faults.SERVER_IDLE : Faults.PROXY_IDLE;
        long over = seat.quietSince + limit.plusMillis(700).toNanos();
        await().atMost(Faults.SOON).until(() -> System.nanoTime() - over > 0);
        interrupt(seat);
      }
      seat.finishWork(faults);
      return new Seen(seat.answers(), "goes on");
    } catch (Exception | AssertionError e) {
      return new Seen(false, "does not go on: " + e.getMessage());
    }
  }

  private Seen afterWork(Fault fault, Expected expected, Proxy proxy, ClassicSeat seat)
      throws InterruptedException {
    long done;
    try {
      interrupt(seat);
      seat.finishWork(faults);
      done = System.nanoTime();
      seat.join();
    } catch (Exception | AssertionError e) {
      return new Seen(false, "cannot end its work: " + e.getMessage());
    }
    Seen seen = ended(fault, expected, proxy, seat, done);
    return new Seen(seen.right(), seen.text() + " after its work");
  }

  /** Ends a statement that would take a minute. */
  private void interrupt(ClassicSeat seat) throws SQLException {
    switch (seat.state) {
      case SLEEPING, ROW_SCAN, LOCK_WAIT, PIPELINED ->
          faults.kill("KILL QUERY ", List.of(seat.connection));
      case BEFORE_LOGIN,
          IDLE,
          IN_TRANSACTION,
          MID_RESULT,
          MID_PACKET,
          CURSOR,
          CHANGE_USER,
          INFILE,
          LONG_DATA,
          LONG_DATA_HALF,
          BINLOG,
          COMPRESSED,
          COMPRESSED_RESULT -> {
        // It is the client that has to go on.
      }
    }
  }

  private Seen ended(Fault fault, Expected expected, Proxy proxy, ClassicSeat seat, long struck) {
    Received.End end = seat.end;
    long from = since(fault, seat, struck);
    StringBuilder text = new StringBuilder();
    String said =
        seat.reasons.stream().map(error -> "E" + error.code()).collect(Collectors.joining(" "));
    text.append(said);
    boolean right = seat.problem == null && end != null;
    boolean cutOff = end != null && !end.rest().isEmpty();
    if (end == null) {
      text.append(" still open");
    } else {
      boolean orderly = end.how() == Received.How.EOF && seat.client.endedInOrder();
      right &= orderly;
      right &=
          expected instanceof Expected.ToldOrCutOff
              || expected instanceof Expected.CutOff == cutOff;
      boolean late = faults.late(fault, seat.state.muchToRead(), from, seat.endNanos);
      right &= !late;
      if (!orderly) {
        text.append(' ').append(end.how());
      }
      if (expected instanceof Expected.OnlyTheEnd && said.isEmpty()) {
        text.append("end only");
      } else if (cutOff) {
        text.append("cut off");
      }
      long millis = TimeUnit.NANOSECONDS.toMillis(seat.endNanos - from);
      text.append(String.format(Locale.ROOT, " %d ms", Math.max(0, millis)));
      text.append(late ? " late" : "");
    }
    if (seat.problem != null) {
      text.append(' ').append(seat.problem);
    }
    right &=
        switch (expected) {
          case Expected.Told(int code, String sqlState, boolean interruptedFirst) ->
              (said.equals("E" + code) || (interruptedFirst && said.equals("E1317 E" + code)))
                  && isWellSaid(seat.reasons.getLast(), sqlState);
          case Expected.ToldOrCutOff(int code, String sqlState) ->
              cutOff
                  ? said.isEmpty()
                  : said.equals("E" + code) && isWellSaid(seat.reasons.getLast(), sqlState);
          case Expected.AfterWork(int code, String sqlState) ->
              said.equals("E" + code) && isWellSaid(seat.reasons.getLast(), sqlState);
          case Expected.OnlyTheEnd(), Expected.CutOff() -> said.isEmpty();
          case Expected.NoLoss(), Expected.Impossible _ ->
              throw new IllegalStateException("does not end");
        };
    if (end != null) {
      await().atMost(Faults.SOON).until(() -> proxy.ledger().find(seat.id).isPresent());
      LostSession lost = proxy.ledger().find(seat.id).orElseThrow();
      boolean undeliverable = lost.delivery() == LostSession.Delivery.UNDELIVERABLE;
      if (undeliverable != cutOff) {
        right = false;
        text.append(" entered as ").append(lost.delivery());
      }
      if (!right) {
        text.append(" (").append(lost.verdict()).append(' ').append(seat.reasons).append(')');
      }
    }
    return new Seen(right, text.toString().strip());
  }

  private static long since(Fault fault, ClassicSeat seat, long struck) {
    if (fault == Fault.HALF_REQUEST && seat.state == State.BEFORE_LOGIN) {
      return seat.quietSince + HANDSHAKE.toNanos();
    }
    if (fault == Fault.SERVER_IDLE && seat.state == State.INFILE) {
      // When its time is over, the server waits for the rest of the upload once more.
      return seat.quietSince + 2 * Faults.SERVER_IDLE.toNanos();
    }
    long begun = struck;
    if (fault == Fault.HALF_REQUEST && seat.isHalfAlready()) {
      begun = seat.quietSince;
    } else if (seat.state.muchToRead()) {
      // How long the client takes to read its 48 MB is not the proxy's doing.
      begun = Math.max(struck, seat.readNanos());
    }
    return Faults.from(fault, begun, seat.quietSince);
  }

  /** Its SQLSTATE, and a text. */
  private static boolean isWellSaid(Packet.ServerError error, String sqlState) {
    return error.state().equals(sqlState) && !error.message().isBlank();
  }
}
