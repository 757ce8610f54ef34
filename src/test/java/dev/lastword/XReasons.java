package dev.lastword;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** What X clients must be told: the expectations of {@link ReasonMatrixIT} as data. */
final class XReasons {
  /** The rows. */
  static final Set<Fault> FAULTS =
      EnumSet.complementOf(
          EnumSet.of(Fault.KILL_ITSELF, Fault.KILL_QUERY_THEN_KILL, Fault.PROXY_DRAINED));

  private XReasons() {}

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
      case KILL_ITSELF, KILL_QUERY_THEN_KILL, PROXY_DRAINED ->
          throw new IllegalArgumentException(fault + " is not in this matrix");
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

  /** What the texts in the cells mean. */
  static List<String> words() {
    List<String> words = new ArrayList<>();
    words.add(
        "`N1053`: a notice (GLOBAL Warning of level ERROR), exactly one; `F1317`: an Error of severity FATAL, which ends the request that is out");
    words.add("*goes on*: no loss; the session answered afterwards");
    words.add(
        "*end only*: the server closed the connection before the login, and lives: as without a proxy");
    words.add("*cut off*: " + CUT_OFF);
    FAULTS.stream()
        .flatMap(fault -> Stream.of(State.values()).map(state -> expected(fault, state)))
        .filter(Expected.Impossible.class::isInstance)
        .forEach(impossible -> words.add("–: " + ((Expected.Impossible) impossible).why()));
    return words;
  }
}
