package dev.lastword;

import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What clients are told, for each way to lose a session and each state to be in: the expectations as data, and what was seen. */
final class ReasonMatrix {
  /** What happens; the order is that of the rows. */
  enum Fault {
    SERVER_IDLE("server: idle timeout (`mysqlx_wait_timeout`)"),
    HALF_REQUEST("client: half a request"),
    KILL("`KILL` from another session"),
    KILL_QUERY("`KILL QUERY` from another session"),
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
    PROXY_GONE("proxy: going away");

    final String text;

    Fault(String text) {
      this.text = text;
    }

    /** Whether it is over before there is a session to speak of. */
    boolean atConnect() {
      return this == REFUSED || this == FULL;
    }
  }

  /** What the session is doing when it happens; the order is that of the columns. */
  enum State {
    BEFORE_LOGIN("before login"),
    IDLE("idle"),
    SLEEPING("busy: `SLEEP`"),
    LOCK_WAIT("busy: lock wait"),
    IN_TRANSACTION("in a transaction"),
    MID_RESULT("in a result, not read"),
    MID_FRAME("in a frame of 48 MB, not read"),
    PIPELINED("6 requests out"),
    CURSOR("open cursor"),
    COMPRESSED("compressed");

    final String text;

    State(String text) {
      this.text = text;
    }

    boolean isIdle() {
      return switch (this) {
        case IDLE, IN_TRANSACTION, CURSOR, COMPRESSED -> true;
        case BEFORE_LOGIN, SLEEPING, LOCK_WAIT, MID_RESULT, MID_FRAME, PIPELINED -> false;
      };
    }
  }

  /** What must come of it. */
  sealed interface Expected {
    /**
     * One GLOBAL Warning notice of level ERROR, and the end.
     *
     * @param errorToo whether the server may end the request that is out with a FATAL Error before it
     */
    record Notice(int code, boolean errorToo) implements Expected {}

    /** One FATAL Error that ends the request that is out, one notice of the same code, and the end. */
    record ErrorAndNotice(int code) implements Expected {}

    /** One FATAL Error, and the end. */
    record Fatal(int code) implements Expected {}

    /** One of FATAL Error 1317 and notice 3169, and the end: the server decides. */
    record KilledEitherWay() implements Expected {}

    /** The end, and not a word: as without a proxy. */
    record OnlyTheEnd() implements Expected {}

    /** The end inside a message, in which nothing can be said; counted as undeliverable. */
    record CutOff() implements Expected {}

    /** The session goes on. */
    record NoLoss() implements Expected {}

    /** Whether the client, once it has read what was on its way to it, gets a notice. */
    default boolean hasNotice() {
      return this instanceof Notice || this instanceof ErrorAndNotice;
    }

    /** There is no such thing. */
    record Impossible(String why) implements Expected {}
  }

  static final String CUT_OFF =
      "the client has been sent the beginning of a message whose end will never come, and nothing can be said inside a message: "
          + "the connection is closed in order and the farewell is counted as undeliverable";

  static Expected expected(Fault fault, State state) {
    boolean unknown = state == State.BEFORE_LOGIN;
    if (fault.atConnect() && !unknown) {
      return new Expected.Impossible("there is no session yet");
    }
    return switch (fault) {
      case SERVER_IDLE ->
          unknown || state.isIdle() ? new Expected.Notice(1810, false) : new Expected.NoLoss();
      case HALF_REQUEST -> unknown ? new Expected.Fatal(1810) : new Expected.ErrorAndNotice(1810);
      case KILL ->
          switch (state) {
            case BEFORE_LOGIN ->
                new Expected.Impossible("a server looks at a kill only after the login");
            case IDLE, SLEEPING, IN_TRANSACTION, CURSOR, COMPRESSED ->
                new Expected.Notice(3169, false);
            case LOCK_WAIT -> new Expected.Fatal(1317);
            case MID_RESULT, MID_FRAME, PIPELINED -> new Expected.KilledEitherWay();
          };
      case KILL_QUERY ->
          unknown
              ? new Expected.Impossible("there is no query before the login")
              : new Expected.NoLoss();
      case SIGTERM, SHUTDOWN ->
          unknown ? new Expected.Fatal(1053) : new Expected.Notice(1053, true);
      case SIGKILL, SIGKILL_AND_RESTART, SIGSTOP, PACKETS_DROPPED, PROXY_GONE -> ours(1053, state);
      case RESET -> unknown ? new Expected.OnlyTheEnd() : ours(1810, state);
      case REFUSED -> new Expected.Fatal(1053);
      case FULL -> new Expected.Fatal(1040);
      case PROXY_IDLE -> state.isIdle() ? new Expected.Notice(1810, false) : new Expected.NoLoss();
      case OPERATOR_KILL -> ours(3169, state);
    };
  }

  private static Expected ours(int code, State state) {
    return switch (state) {
      case BEFORE_LOGIN -> new Expected.Fatal(code);
      case MID_FRAME -> new Expected.CutOff();
      case IDLE, SLEEPING, LOCK_WAIT, IN_TRANSACTION, MID_RESULT, PIPELINED, CURSOR, COMPRESSED ->
          unlessCutOff(code, state);
    };
  }

  private static Expected unlessCutOff(int code, State state) {
    return state.isIdle() ? new Expected.Notice(code, false) : new Expected.ErrorAndNotice(code);
  }

  /** One cell. */
  record Seen(boolean right, String text) {}

  private final Map<Fault, Map<State, Map<Boolean, Seen>>> seen = new EnumMap<>(Fault.class);

  void note(Fault fault, State state, boolean tls, Seen what) {
    seen.computeIfAbsent(fault, _ -> new EnumMap<>(State.class))
        .computeIfAbsent(state, _ -> new java.util.TreeMap<>())
        .put(tls, what);
  }

  /** The report, as Markdown. */
  String report(String environment) {
    StringBuilder out = new StringBuilder();
    long cells = all().count();
    long right = all().filter(Seen::right).count();
    out.append("# The reason matrix\n\n")
        .append(
            "What an X client behind Lastword is told, for each way to lose its session and each state it can be in, ")
        .append("as `ReasonMatrixIT` saw it on real servers.\n\n")
        .append(environment)
        .append("\n\n**")
        .append(right)
        .append(" of ")
        .append(cells)
        .append(" cells are right.**\n\n")
        .append(
            "`N1053` is a notice (GLOBAL Warning of level ERROR), exactly one; `F1317` an Error of severity FATAL, which ends the request that is out. The time is from the fault ")
        .append(
            "until the client had read the end of the connection; with idle limits and half requests, from the moment at which the limit was over.\n");
    for (boolean tls : new boolean[] {false, true}) {
      out.append("\n## ").append(tls ? "With TLS" : "Without TLS").append("\n\n| |");
      for (State state : State.values()) {
        out.append(' ').append(state.text).append(" |");
      }
      out.append("\n|---|").append("---|".repeat(State.values().length)).append('\n');
      for (Fault fault : seen.keySet()) {
        out.append("| ").append(fault.text).append(" |");
        for (State state : State.values()) {
          out.append(' ').append(cell(fault, state, tls)).append(" |");
        }
        out.append('\n');
      }
    }
    out.append("\n## What the words mean\n\n")
        .append("- *goes on*: no loss; the session answered afterwards.\n")
        .append(
            "- *end only*: the server closed the connection before the login, and lives: as without a proxy.\n")
        .append("- *cut off*: ")
        .append(CUT_OFF)
        .append(".\n");
    Stream.of(Fault.values())
        .flatMap(f -> Stream.of(State.values()).map(s -> expected(f, s)))
        .filter(Expected.Impossible.class::isInstance)
        .map(e -> ((Expected.Impossible) e).why())
        .distinct()
        .forEach(why -> out.append("- –: ").append(why).append(".\n"));
    return out.toString();
  }

  private String cell(Fault fault, State state, boolean tls) {
    Seen what = seen.getOrDefault(fault, Map.of()).getOrDefault(state, Map.of()).get(tls);
    if (what == null) {
      return "–";
    }
    return what.right() ? what.text() : "**WRONG: " + what.text() + "**";
  }

  private Stream<Seen> all() {
    return seen.values().stream()
        .flatMap(states -> states.values().stream())
        .flatMap(both -> both.values().stream());
  }

  /** The cells that are wrong, one a line. */
  String wrong() {
    return seen.entrySet().stream()
        .flatMap(fault ->
            fault.getValue().entrySet().stream()
                .flatMap(state ->
                    state.getValue().entrySet().stream()
                        .filter(cell -> !cell.getValue().right())
                        .map(cell ->
                            fault.getKey()
                                + " x "
                                + state.getKey()
                                + (cell.getKey() ? " with TLS: " : " without TLS: ")
                                + cell.getValue().text())))
        .collect(Collectors.joining("\n"));
  }
}
