package dev.lastword.classic;

import io.netty.buffer.ByteBuf;
import java.util.Set;

/**
 * Where a logged-in session is: what was asked and not answered to the end, where in the response it is, and which sequence number a
 * packet to the client must carry now. Looks at the header of each packet and at a few bytes behind it, as the protocol's description of
 * each command says; nothing is kept of what it sees but these numbers.
 *
 * <p>Written for MySQL 8 and 9 and for MariaDB's additions (progress reports, results that leave their columns out, COM_STMT_BULK_EXECUTE).
 */
final class ClassicTracker {
  private static final int SMALL = 8;
  private static final int KEPT = 64;

  /** MariaDB's progress report has the form of an ERR packet with this code, and ends nothing. */
  private static final int PROGRESS = 0xffff;

  /** ER_QUERY_INTERRUPTED, all that a server says to a session that killed itself. */
  private static final int INTERRUPTED = 1317;

  /**
   * After these a server closes the connection: too many connections, bad handshake, three ways to shut down, host blocked or not allowed,
   * aborted, packet too large or out of order, errors and timeouts of the network, MariaDB's kill, and idle for too long.
   */
  private static final Set<Integer> LAST_WORDS =
      Set.of(
          1040, 1043, 1053, 1077, 1079, 1129, 1130, 1152, 1153, 1156, 1157, 1158, 1159, 1160, 1161,
          1184, 1927, 3169, 4031);

  private static final int PREPARE_OK = 12;

  /** In a login, "more data" of just this byte: the client's proof is right, and the OK follows by itself. */
  private static final int MORE_DATA = 0x01;

  private static final int FAST_PATH_DONE = 0x03;

  /** Where in the oldest outstanding response the next packet of the server is. */
  private enum Place {
    /** At its beginning, or at that of the next of several results. */
    FIRST,
    /** The client uploads a file; the server says nothing until that is over. */
    INFILE,
    /** In the columns of a result. */
    COLUMNS,
    /** At the EOF behind them. */
    COLUMNS_EOF,
    ROWS,
    /** In the parameters of a prepared statement. */
    PARAMETERS,
    PARAMETERS_EOF,
    /** In the columns of a prepared statement. */
    PREPARED_COLUMNS,
    PREPARED_COLUMNS_EOF,
    /** In what COM_FIELD_LIST lists. */
    FIELDS,
    /** In a binary log, which need not end. */
    EVENTS,
    /** In the login of COM_CHANGE_USER. */
    LOGIN,
    /** In a response to a command that is not known, and ends with the next command if not before. */
    UNKNOWN
  }

  private final Statements statements = new Statements();

  private boolean deprecateEof;
  private boolean optionalMetadata;
  private boolean progress;

  // A ring whose length is a power of two; an entry is command, last sequence number and statement.
  private long[] queue = new long[SMALL];
  private int head;
  private int size;
  private long requests;

  private Place place = Place.FIRST;
  private long left;
  private int preparedColumns;
  private boolean leftOut;
  private int sequence;
  private boolean midResult;
  private boolean outParameters;
  private boolean clientContinues;

  /** Whether the client's last packet was of a command that is answered. */
  private boolean inCommand;

  private boolean serverContinues;
  private boolean loginAnswerDue;
  private boolean dumpEnded;
  private boolean askedToLeave;
  private boolean interrupted;
  private int lastError;
  private boolean errorEndsConnection;
  private boolean errorOfLogin;
  private int status = StatusFlags.AUTOCOMMIT;

  /** The client is logged in, and this is what the two sides agreed on. */
  void loggedIn(long capabilities, int serverStatus) {
    deprecateEof = Capabilities.has(capabilities, Capabilities.DEPRECATE_EOF);
    optionalMetadata =
        Capabilities.has(capabilities, Capabilities.OPTIONAL_RESULTSET_METADATA)
            || Capabilities.has(capabilities, Capabilities.MARIADB_CACHE_METADATA);
    progress = Capabilities.has(capabilities, Capabilities.MARIADB_PROGRESS);
    status = serverStatus;
  }

  // ---- From the client

  /**
   * A packet of the client.
   *
   * @param payload where its payload begins
   * @param seen where the bytes end that can be looked at: the first of the payload at least, unless it is empty
   * @param length of the payload, whether seen or not
   */
  void clientPacket(ByteBuf in, int payload, int seen, int length, int number) {
    boolean continued = clientContinues;
    clientContinues = length == Packets.LONGEST;
    nothingHasEnded();
    if (continued && inCommand) {
      numbered(number);
    } else if (size > 0 && belongsToResponse()) {
      inCommand = false;
      sequence = number;
      loginAnswerDue = false;
      if (place == Place.INFILE && length == 0 && !continued) {
        place = Place.FIRST;
      }
    } else if (!continued) {
      inCommand = true;
      command(length == 0 ? Command.NONE : in.getUnsignedByte(payload), number, in, payload, seen);
    }
  }

  /** Whether what the client sends now is a part of the exchange that the oldest outstanding command began. */
  private boolean belongsToResponse() {
    return place == Place.INFILE || place == Place.LOGIN || place == Place.EVENTS;
  }

  private void command(int command, int number, ByteBuf in, int payload, int seen) {
    requests++;
    if (place == Place.UNKNOWN && size > 0) {
      // The client knows the command, and has seen the end of its response.
      finished();
    }
    int statement =
        Command.namesStatement(command) && seen - payload >= 5 ? in.getIntLE(payload + 1) : 0;
    switch (command) {
      case Command.QUIT -> askedToLeave = true;
      case Command.STMT_SEND_LONG_DATA -> statements.longData(statement, true);
      case Command.STMT_CLOSE -> statements.closed(statement);
      case Command.STMT_EXECUTE, Command.STMT_BULK_EXECUTE, Command.STMT_RESET ->
          statements.longData(statement, false);
      default -> {
        // Nothing changes until the server answers.
      }
    }
    if (Command.isUnanswered(command)) {
      // What follows of it has numbers that nobody counts on from.
      inCommand = false;
      return;
    }
    if (size == queue.length) {
      grow();
    }
    queue[(head + size) & (queue.length - 1)] =
        command | ((long) number << 8) | ((long) statement << 32);
    size++;
    if (size == 1) {
      begin();
    }
  }

  /** A further packet of the youngest command has come. */
  private void numbered(int number) {
    if (size > 0) {
      int last = (head + size - 1) & (queue.length - 1);
      queue[last] = (queue[last] & ~0xff00L) | ((long) number << 8);
      if (size == 1 && !midResult) {
        sequence = number;
      }
    }
  }

  /** The oldest outstanding command is answered next. */
  private void begin() {
    int command = head();
    sequence = (int) (queue[head] >> 8) & 0xff;
    outParameters = false;
    place = command == Command.STMT_FETCH ? Place.ROWS : Place.FIRST;
    if (Command.isBinlogDump(command)) {
      place = Place.EVENTS;
    } else if (command == Command.CHANGE_USER) {
      place = Place.LOGIN;
    } else if (command == Command.FIELD_LIST) {
      place = Place.FIELDS;
    }
    midResult = false;
    loginAnswerDue = false;
  }

  private int head() {
    return (int) queue[head] & 0xff;
  }

  private int statement() {
    return (int) (queue[head] >> 32);
  }

  private void grow() {
    long[] larger = new long[queue.length * 2];
    for (int i = 0; i < size; i++) {
      larger[i] = queue[(head + i) & (queue.length - 1)];
    }
    queue = larger;
    head = 0;
  }

  // ---- From the server

  /**
   * A packet of the server; the parameters are as for {@link #clientPacket}.
   *
   * @return false if it answers nothing that was asked
   */
  boolean serverPacket(ByteBuf in, int payload, int seen, int length, int number) {
    boolean continued = serverContinues;
    serverContinues = length == Packets.LONGEST;
    nothingHasEnded();
    if (size == 0 && !continued) {
      return false;
    }
    sequence = number;
    if (!continued) {
      int first = length == 0 ? Packets.OK : in.getUnsignedByte(payload);
      if (place == Place.ROWS && first < Packets.EOF) {
        // Most packets are rows, and there is nothing else to be seen in one.
        midResult = true;
      } else if (first == Packets.ERR && length > 0 && !(place == Place.FIRST && isStatistics())) {
        err(in, payload, seen);
      } else {
        part(first, in, payload, seen, length);
      }
    }
    return true;
  }

  /** What the last packet said is no longer the last thing that was said. */
  private void nothingHasEnded() {
    interrupted = false;
    dumpEnded = false;
    lastError = 0;
    errorEndsConnection = false;
  }

  private boolean isStatistics() {
    return head() == Command.STATISTICS;
  }

  private void err(ByteBuf in, int payload, int seen) {
    int code = Packets.errCode(in, payload, seen);
    if (progress && code == PROGRESS) {
      midResult = true;
      return;
    }
    lastError = code;
    errorOfLogin = belongsToLogin();
    errorEndsConnection = LAST_WORDS.contains(code) || errorOfLogin;
    interrupted = code == INTERRUPTED;
    finished();
  }

  /** Whether a server closes the connection after any ERR in this place. */
  private boolean belongsToLogin() {
    return place == Place.LOGIN || place == Place.EVENTS;
  }

  private void part(int first, ByteBuf in, int payload, int seen, int length) {
    switch (place) {
      case FIRST -> first(first, in, payload, seen, length);
      case INFILE -> {
        // A server says nothing here but an ERR.
      }
      case COLUMNS -> {
        left--;
        if (left == 0) {
          place = deprecateEof ? Place.ROWS : Place.COLUMNS_EOF;
        }
      }
      case COLUMNS_EOF -> {
        place = Place.ROWS;
        int flags = statusOfEof(in, payload, seen);
        outParameters = (flags & StatusFlags.PS_OUT_PARAMS) != 0;
        if ((flags & StatusFlags.CURSOR_EXISTS) != 0) {
          // A cursor is open: the rows come when they are fetched.
          cursor(flags);
          finished(flags);
        }
      }
      case ROWS -> {
        if (isEnd(first, length)) {
          int flags = deprecateEof ? statusOfOk(in, payload, seen) : statusOfEof(in, payload, seen);
          if (head() == Command.STMT_FETCH || (flags & StatusFlags.CURSOR_EXISTS) != 0) {
            cursor(flags);
          }
          // Behind OUT parameters comes an OK, which only the EOF of their columns announces.
          ended(outParameters ? flags | StatusFlags.MORE_RESULTS_EXISTS : flags);
        } else {
          midResult = true;
        }
      }
      case PARAMETERS -> {
        left--;
        if (left == 0) {
          place = Place.PARAMETERS_EOF;
          if (deprecateEof) {
            preparedColumns();
          }
        }
      }
      case PARAMETERS_EOF -> preparedColumns();
      case PREPARED_COLUMNS -> {
        left--;
        if (left == 0) {
          place = Place.PREPARED_COLUMNS_EOF;
          if (deprecateEof) {
            finished();
          }
        }
      }
      case PREPARED_COLUMNS_EOF -> finished();
      case FIELDS -> {
        if (isEnd(first, length)) {
          finished(deprecateEof ? statusOfOk(in, payload, seen) : statusOfEof(in, payload, seen));
        } else {
          midResult = true;
        }
      }
      case EVENTS -> {
        midResult = true;
        if (first == Packets.EOF && length < Packets.EOF_BELOW) {
          dumpEnded = true;
          finished();
        }
      }
      case LOGIN -> {
        if (first == Packets.OK && length >= 7) {
          statements.forgotten();
          finished(statusOfOk(in, payload, seen));
        } else {
          loginAnswerDue = !isFastPathDone(in, payload, seen);
        }
      }
      case UNKNOWN -> {
        if (first == Packets.EOF && length < Packets.EOF_BELOW) {
          finished();
        }
      }
    }
  }

  private static boolean isFastPathDone(ByteBuf in, int payload, int seen) {
    return seen - payload == 2
        && in.getByte(payload) == MORE_DATA
        && in.getByte(payload + 1) == FAST_PATH_DONE;
  }

  /** The first packet of a response, or of the next of its results. */
  private void first(int first, ByteBuf in, int payload, int seen, int length) {
    switch (head()) {
      case Command.QUERY, Command.STMT_EXECUTE, Command.STMT_BULK_EXECUTE, Command.PROCESS_INFO -> {
        if (first == Packets.OK) {
          ended(statusOfOk(in, payload, seen));
        } else if (first == Packets.LOCAL_INFILE) {
          place = Place.INFILE;
        } else if (first == Packets.EOF && length < Packets.EOF_BELOW) {
          finished(statusOfEof(in, payload, seen));
        } else {
          columns(in, payload, seen, length);
        }
      }
      case Command.STMT_PREPARE -> {
        if (first == Packets.OK && seen - payload >= PREPARE_OK) {
          prepared(in, payload, seen);
        } else {
          finished();
        }
      }
      case Command.STATISTICS -> finished();
      case Command.RESET_CONNECTION -> {
        statements.forgotten();
        finished(statusOfOk(in, payload, seen));
      }
      case Command.STMT_RESET -> {
        statements.cursor(statement(), false);
        finished(statusOfOk(in, payload, seen));
      }
      default -> {
        if (first == Packets.OK) {
          finished(statusOfOk(in, payload, seen));
        } else if (first == Packets.EOF) {
          finished(
              length < Packets.EOF_BELOW && length <= 5
                  ? statusOfEof(in, payload, seen)
                  : statusOfOk(in, payload, seen));
        } else {
          midResult = true;
          place = Place.UNKNOWN;
        }
      }
    }
  }

  private void columns(ByteBuf in, int payload, int seen, int length) {
    midResult = true;
    outParameters = false;
    long count = Packets.lengthEncoded(in, payload, seen);
    int behind = Packets.lengthEncodedBytes(in.getUnsignedByte(payload));
    leftOut =
        optionalMetadata
            && length > behind
            && seen > payload + behind
            && in.getByte(payload + behind) == 0;
    if (leftOut || count <= 0) {
      place = deprecateEof ? Place.ROWS : Place.COLUMNS_EOF;
    } else {
      left = count;
      place = Place.COLUMNS;
    }
    if (head() == Command.STMT_EXECUTE) {
      statements.cursor(statement(), false);
    }
  }

  /** 00, statement id (4), columns (2), parameters (2), 00, warnings (2), and perhaps whether columns and parameters are left out. */
  private void prepared(ByteBuf in, int payload, int seen) {
    statements.prepared(in.getIntLE(payload + 1));
    preparedColumns = in.getUnsignedShortLE(payload + 5);
    int parameters = in.getUnsignedShortLE(payload + 7);
    leftOut =
        optionalMetadata && seen - payload > PREPARE_OK && in.getByte(payload + PREPARE_OK) == 0;
    if (parameters == 0) {
      preparedColumns();
    } else if (leftOut) {
      place = Place.PARAMETERS_EOF;
      if (deprecateEof) {
        preparedColumns();
      }
    } else {
      midResult = true;
      left = parameters;
      place = Place.PARAMETERS;
    }
  }

  private void preparedColumns() {
    if (preparedColumns == 0 || (leftOut && deprecateEof)) {
      finished();
    } else if (leftOut) {
      place = Place.PREPARED_COLUMNS_EOF;
    } else {
      midResult = true;
      left = preparedColumns;
      place = Place.PREPARED_COLUMNS;
    }
  }

  private void cursor(int flags) {
    statements.cursor(
        statement(),
        (flags & StatusFlags.CURSOR_EXISTS) != 0 && (flags & StatusFlags.LAST_ROW_SENT) == 0);
  }

  private boolean isEnd(int first, int length) {
    return first == Packets.EOF
        && (deprecateEof ? length < Packets.LONGEST : length < Packets.EOF_BELOW);
  }

  /** Behind the affected rows and the insert id. */
  private int statusOfOk(ByteBuf in, int payload, int seen) {
    int at = payload + 1;
    for (int number = 0; number < 2 && at < seen; number++) {
      at += Packets.lengthEncodedBytes(in.getUnsignedByte(at));
    }
    return seen - at < 2 ? status : in.getUnsignedShortLE(at);
  }

  private int statusOfEof(ByteBuf in, int payload, int seen) {
    return seen - payload < 5 ? status : in.getUnsignedShortLE(payload + 3);
  }

  /** A result is over, and perhaps with it the response. */
  private void ended(int flags) {
    if ((flags & StatusFlags.MORE_RESULTS_EXISTS) != 0) {
      status = flags;
      midResult = true;
      place = Place.FIRST;
    } else {
      finished(flags);
    }
  }

  private void finished(int flags) {
    status = flags;
    finished();
  }

  private void finished() {
    head = (head + 1) & (queue.length - 1);
    size--;
    midResult = false;
    place = Place.FIRST;
    if (size > 0) {
      begin();
    } else if (queue.length > KEPT) {
      queue = new long[SMALL];
      head = 0;
    }
  }

  // ---- What is known

  /** Commands that have not been answered to the end. */
  int outstanding() {
    return size;
  }

  /** Commands that there were. */
  long requests() {
    return requests;
  }

  /** Whether a part of the result of the oldest outstanding command has come. */
  boolean midResult() {
    return midResult;
  }

  /** The sequence number that the client expects of the next packet; 0 while nothing is outstanding. */
  int nextSequence() {
    return size == 0 ? 0 : Packets.after(sequence);
  }

  /**
   * Whether the client is in the middle of a message that takes more packets than have come, or of uploading a file, or has been asked
   * for the next step of a COM_CHANGE_USER: then it sends before it reads.
   */
  boolean clientIsSending() {
    return clientContinues || uploading() || (changingUser() && loginAnswerDue);
  }

  /** Whether the client is uploading a file, which LOAD DATA LOCAL asked for. */
  boolean uploading() {
    return size > 0 && place == Place.INFILE;
  }

  /** Whether more than one packet makes the message that the client has been sent the beginning of. */
  boolean serverContinues() {
    return serverContinues;
  }

  /** Whether the login of a COM_CHANGE_USER is going on. */
  boolean changingUser() {
    return size > 0 && place == Place.LOGIN;
  }

  /** Whether the server sends its binary log, into which nothing else can be said. */
  boolean dumpingBinlog() {
    return size > 0 && place == Place.EVENTS;
  }

  /** Whether the server has sent its binary log to the end, behind which it closes the connection, and the client has sent nothing since. */
  boolean dumpEnded() {
    return dumpEnded;
  }

  /** Whether the client has said that it leaves. */
  boolean askedToLeave() {
    return askedToLeave;
  }

  /** Whether the last thing that the server said is that it interrupted a statement, and the client has sent nothing since. */
  boolean interrupted() {
    return interrupted && size == 0;
  }

  /** Whether the oldest outstanding command is one that MySQL has not: a server may close without a word instead of answering. */
  boolean askedTheUnknown() {
    return size > 0 && head() > Command.LAST_KNOWN && head() != Command.STMT_BULK_EXECUTE;
  }

  /** Whether an ERR with this code, which nobody asked for, is a server's last. */
  static boolean isLastWord(int code) {
    return LAST_WORDS.contains(code);
  }

  /** Whether the last response ended with an ERR, or was a binary log, and the client has sent nothing since. */
  boolean hasEnded() {
    return lastError != 0 || dumpEnded;
  }

  /** The code of the ERR that the last response ended with; 0 if there was none, or the client has sent something since. */
  int lastError() {
    return lastError;
  }

  /** Whether a server closes the connection after {@link #lastError}. */
  boolean errorEndsConnection() {
    return errorEndsConnection;
  }

  /** Whether that is certain, because of where it came, whatever it says and whatever the client has sent since. */
  boolean errorCertainlyEndsConnection() {
    return errorOfLogin;
  }

  boolean inTransaction() {
    return (status & StatusFlags.IN_TRANS) != 0;
  }

  boolean autocommit() {
    return (status & StatusFlags.AUTOCOMMIT) != 0;
  }

  Statements statements() {
    return statements;
  }
}
