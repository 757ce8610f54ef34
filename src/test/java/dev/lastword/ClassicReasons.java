package dev.lastword;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** What classic clients must be told: the expectations of {@link ClassicReasonMatrixIT} as data. */
final class ClassicReasons {
  /** The rows. */
  static final Set<Fault> FAULTS = EnumSet.allOf(Fault.class);

  /** After this time the end of a connection has nothing to do with a statement that was killed before. */
  static final Duration LONG_FORGOTTEN = Duration.ofMillis(1_500);

  private ClassicReasons() {}

  /** What the session is doing when it happens; the order is that of the columns. */
  enum State {
    BEFORE_LOGIN("before login"),
    IDLE("idle"),
    SLEEPING("busy: `SLEEP`"),
    ROW_SCAN("busy: scan"),
    LOCK_WAIT("busy: lock wait"),
    IN_TRANSACTION("in a transaction"),
    MID_RESULT("in a result, not read"),
    MID_PACKET("in a row of 48 MB, not read"),
    PIPELINED("6 commands out"),
    CURSOR("open cursor"),
    CHANGE_USER("in COM_CHANGE_USER"),
    INFILE("uploading a file"),
    LONG_DATA("long data sent"),
    LONG_DATA_HALF("sending long data"),
    BINLOG("binary log"),
    COMPRESSED("compressed, idle"),
    COMPRESSED_RESULT("compressed, in a result, not read");

    final String text;

    State(String text) {
      this.text = text;
    }

    /** Whether a server waits for the next command. */
    boolean isIdle() {
      return switch (this) {
        case IDLE, IN_TRANSACTION, CURSOR, LONG_DATA, COMPRESSED -> true;
        case BEFORE_LOGIN,
            SLEEPING,
            ROW_SCAN,
            LOCK_WAIT,
            MID_RESULT,
            MID_PACKET,
            PIPELINED,
            CHANGE_USER,
            INFILE,
            LONG_DATA_HALF,
            BINLOG,
            COMPRESSED_RESULT ->
            false;
      };
    }

    /** How many responses the server owes. */
    int owed() {
      return switch (this) {
        case BEFORE_LOGIN, IDLE, IN_TRANSACTION, CURSOR, LONG_DATA, LONG_DATA_HALF, COMPRESSED -> 0;
        case SLEEPING,
            ROW_SCAN,
            LOCK_WAIT,
            MID_RESULT,
            MID_PACKET,
            CHANGE_USER,
            INFILE,
            BINLOG,
            COMPRESSED_RESULT ->
            1;
        case PIPELINED -> 6;
      };
    }

    /** Whether the client has much to read before it can hear anything. */
    boolean muchToRead() {
      return this == MID_RESULT || this == MID_PACKET || this == COMPRESSED_RESULT;
    }

    boolean isCompressed() {
      return this == COMPRESSED || this == COMPRESSED_RESULT;
    }
  }

  /** What must come of it. */
  sealed interface Expected {
    /**
     * One ERR that says why, and the end.
     *
     * @param sqlState empty where a client has not been greeted
     * @param interruptedFirst whether the server may answer a command with ERR 1317 before it
     */
    record Told(int code, String sqlState, boolean interruptedFirst) implements Expected {}

    /** Either as {@link Told} or as {@link CutOff}: a server that shuts down gives a client only so much time to take the rest. */
    record ToldOrCutOff(int code, String sqlState) implements Expected {}

    /** The session goes on until its work is done; then as {@link Told}. */
    record AfterWork(int code, String sqlState) implements Expected {}

    /** The end, and not a word: as without a proxy. */
    record OnlyTheEnd() implements Expected {}

    /** The end inside a packet, in which nothing can be said; counted as undeliverable. */
    record CutOff() implements Expected {}

    /** The session goes on. */
    record NoLoss() implements Expected {}

    /** There is no such thing. */
    record Impossible(String why) implements Expected {}
  }

  private static final String CUT_OFF =
      "the client has been sent the beginning of a packet whose end will never come, or of a row that goes on in a further packet, and "
          + "nothing can be said inside: the connection is closed in order and the farewell is counted as undeliverable";

  static Expected expected(Fault fault, State state) {
    boolean unknown = state == State.BEFORE_LOGIN;
    if (fault.atConnect() && !unknown) {
      return new Expected.Impossible("there is no session yet");
    }
    return switch (fault) {
      case SERVER_IDLE -> serverIdle(state);
      case HALF_REQUEST -> unknown ? told(1159) : told(4031);
      case KILL -> unknown ? new Expected.OnlyTheEnd() : ours(3169, state);
      case KILL_QUERY ->
          unknown
              ? new Expected.Impossible("there is no query before the login")
              : state == State.BINLOG ? new Expected.OnlyTheEnd() : new Expected.NoLoss();
      case KILL_QUERY_THEN_KILL ->
          state == State.ROW_SCAN || state == State.LOCK_WAIT
              ? new Expected.Told(3169, "08S01", true)
              : new Expected.Impossible("`KILL QUERY` is answered where a statement is at work");
      case KILL_ITSELF ->
          state.isIdle()
              ? new Expected.Told(1317, "70100", false)
              : new Expected.Impossible("only who may send a command can kill itself");
      case SIGTERM, SHUTDOWN ->
          state == State.MID_PACKET
              ? new Expected.ToldOrCutOff(1053, "08S01")
              : new Expected.Told(1053, "08S01", true);
      case SIGKILL, SIGKILL_AND_RESTART, SIGSTOP, PACKETS_DROPPED, PROXY_GONE -> ours(1053, state);
      case RESET -> unknown ? new Expected.OnlyTheEnd() : ours(1158, state);
      case REFUSED -> new Expected.Told(1053, "", false);
      case FULL -> new Expected.Told(1040, "", false);
      case PROXY_IDLE -> state.isIdle() ? told(4031) : new Expected.NoLoss();
      case OPERATOR_KILL -> ours(3169, state);
      case PROXY_DRAINED -> drained(state);
    };
  }

  /** {@code wait_timeout} between commands, {@code net_read_timeout} inside one, {@code connect_timeout} before the login. */
  private static Expected serverIdle(State state) {
    return switch (state) {
      case IDLE, IN_TRANSACTION, CURSOR, LONG_DATA, COMPRESSED -> told(4031);
      case BEFORE_LOGIN, CHANGE_USER, INFILE, LONG_DATA_HALF -> told(1159);
      case SLEEPING,
          ROW_SCAN,
          LOCK_WAIT,
          MID_RESULT,
          MID_PACKET,
          PIPELINED,
          BINLOG,
          COMPRESSED_RESULT ->
          new Expected.NoLoss();
    };
  }

  private static Expected drained(State state) {
    if (state == State.BINLOG) {
      return new Expected.Impossible(
          "a drain waits for a binary log, which has no end, until its time is over");
    }
    boolean free = state == State.BEFORE_LOGIN || (state.isIdle() && state != State.IN_TRANSACTION);
    return free ? told(1053) : new Expected.AfterWork(1053, "08S01");
  }

  private static Expected ours(int code, State state) {
    return state == State.MID_PACKET ? new Expected.CutOff() : told(code);
  }

  private static Expected told(int code) {
    return new Expected.Told(code, code == 4031 ? "HY000" : "08S01", false);
  }

  /** What the texts in the cells mean. */
  static List<String> words() {
    List<String> words = new ArrayList<>();
    words.add(
        "`E1053`: an ERR with that code, its SQLSTATE, and the sequence number that libmysqlclient expects there; exactly one, and the last "
            + "packet. `E1317` before it answers a statement and says nothing of the connection");
    words.add("*goes on*: no loss; what had been begun could be ended, and the session answered");
    words.add("*after its work*: what had been begun was brought to its end first");
    words.add(
        "*end only*: the server, which lives, closed the connection before the login, or behind the EOF that ends a binary log: as without "
            + "a proxy");
    words.add("*cut off*: " + CUT_OFF);
    FAULTS.stream()
        .flatMap(fault -> Stream.of(State.values()).map(state -> expected(fault, state)))
        .filter(Expected.Impossible.class::isInstance)
        .forEach(impossible -> words.add("–: " + ((Expected.Impossible) impossible).why()));
    return words;
  }
}
