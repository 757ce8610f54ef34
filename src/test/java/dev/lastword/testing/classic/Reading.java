package dev.lastword.testing.classic;

/**
 * Where in the response to one command a client is. It is fed with the packets of the response,
 * and says what each of them is and whether more have to come: a packet's first byte alone says
 * neither.
 */
public final class Reading {

  /** What a packet is. */
  public enum Part {
    OK,
    ERR,
    EOF,
    COLUMN_COUNT,
    /** The definition of a column or a parameter. */
    COLUMN,
    ROW,
    LOCAL_INFILE,
    /** The first packet of the answer to COM_STMT_PREPARE. */
    PREPARED,
    /** A packet that is a text, without a header. */
    TEXT,
    /** The server's part in an authentication: another plugin, more data, the next factor. */
    AUTHENTICATION,
    /** An event of a binary log. */
    EVENT
  }

  /** What is to come next. */
  private enum State {
    FIRST,
    COLUMNS,
    COLUMNS_END,
    ROWS,
    PREPARED,
    FIELDS,
    TEXT,
    AUTHENTICATION,
    EVENTS,
    COMPLETE
  }

  static final int MORE_RESULTS = 0x0008;
  static final int CURSOR_EXISTS = 0x0040;
  static final int PS_OUT_PARAMS = 0x1000;

  private final long capabilities;
  private final boolean binary;
  private State state;
  private int columns;
  private int columnsAfterwards;
  private boolean metadata = true;
  private boolean rowsFollow;
  private boolean clientsTurn;
  private boolean moreAfterOutParameters;

  /**
   * @param capabilities those that both sides have
   * @param command the number of the command; -1 for the end of a login
   */
  Reading(long capabilities, int command) {
    this.capabilities = capabilities;
    binary = command == Commands.STMT_EXECUTE || command == Commands.STMT_FETCH;
    state =
        switch (command) {
          case Commands.QUIT, Commands.STMT_CLOSE, Commands.STMT_SEND_LONG_DATA -> State.COMPLETE;
          case Commands.STATISTICS -> State.TEXT;
          case Commands.FIELD_LIST -> State.FIELDS;
          case Commands.STMT_PREPARE -> State.PREPARED;
          case Commands.STMT_FETCH -> State.ROWS;
          case Commands.CHANGE_USER, -1 -> State.AUTHENTICATION;
          case Commands.BINLOG_DUMP, Commands.BINLOG_DUMP_GTID -> State.EVENTS;
          default -> State.FIRST;
        };
  }

  /** Whether a command has a response at all. */
  static boolean isAnswered(int command) {
    return !new Reading(0, command).isComplete();
  }

  /** Whether the last packet was the last one of the response. */
  public boolean isComplete() {
    return state == State.COMPLETE;
  }

  /** Whether the client has to send something before the response goes on. */
  public boolean isClientsTurn() {
    return clientsTurn;
  }

  /** Whether rows are in the binary form of prepared statements. */
  boolean isBinary() {
    return binary;
  }

  /** Says what the next packet is. */
  public Part next(Packet packet) {
    clientsTurn = false;
    int header = packet.header();
    if (header == Packet.ERR && state != State.TEXT) {
      state = State.COMPLETE;
      return Part.ERR;
    }
    return switch (state) {
      case FIRST -> first(packet);
      case COLUMNS -> {
        columns--;
        if (columns == 0) {
          columnsRead();
        }
        yield Part.COLUMN;
      }
      case COLUMNS_END -> {
        if (!isEof(packet)) {
          throw new AssertionError("expected the EOF after columns: " + packet);
        }
        endOfColumns(packet);
        yield Part.EOF;
      }
      case ROWS, FIELDS -> {
        if (!isEof(packet)) {
          yield state == State.ROWS ? Part.ROW : Part.COLUMN;
        }
        state = more(packet) || moreAfterOutParameters ? State.FIRST : State.COMPLETE;
        moreAfterOutParameters = false;
        yield Part.EOF;
      }
      case PREPARED -> prepared(packet);
      case TEXT -> {
        state = State.COMPLETE;
        yield header == Packet.ERR ? Part.ERR : Part.TEXT;
      }
      case AUTHENTICATION -> {
        if (header == Packet.OK) {
          state = State.COMPLETE;
          yield Part.OK;
        }
        // After "the fast path is done" the server goes on by itself.
        clientsTurn =
            !(header == Packet.AUTH_MORE_DATA
                && packet.length() == 2
                && packet.payload().byteAt(1) == 3);
        yield Part.AUTHENTICATION;
      }
      case EVENTS -> {
        if (header == Packet.OK) {
          yield Part.EVENT;
        }
        state = State.COMPLETE;
        yield Part.EOF;
      }
      case COMPLETE -> throw new AssertionError("the response is complete: " + packet);
    };
  }

  private Part first(Packet packet) {
    int header = packet.header();
    boolean optionalMetadata = has(Capability.OPTIONAL_RESULTSET_METADATA);
    if (header == Packet.OK) {
      state = more(packet) ? State.FIRST : State.COMPLETE;
      return Part.OK;
    }
    if (header == Packet.EOF) {
      state = more(packet) ? State.FIRST : State.COMPLETE;
      return Part.EOF;
    }
    if (header == Packet.LOCAL_INFILE) {
      clientsTurn = true;
      return Part.LOCAL_INFILE;
    }
    Fields fields = new Fields(packet.payload());
    columns = Math.toIntExact(fields.lenenc());
    metadata = !optionalMetadata || fields.u8() != 0;
    rowsFollow = true;
    definitions();
    return Part.COLUMN_COUNT;
  }

  private Part prepared(Packet packet) {
    Fields fields = new Fields(packet.payload());
    fields.u8();
    fields.u32();
    columnsAfterwards = fields.u16();
    columns = fields.u16();
    fields.u8();
    fields.u16();
    metadata = !has(Capability.OPTIONAL_RESULTSET_METADATA) || fields.u8() != 0;
    rowsFollow = false;
    if (columns > 0) {
      definitions();
    } else {
      nextDefinitions();
    }
    return Part.PREPARED;
  }

  private void nextDefinitions() {
    columns = columnsAfterwards;
    columnsAfterwards = 0;
    state = State.COMPLETE;
    if (columns > 0) {
      definitions();
    }
  }

  /** Definitions that are not sent still have the EOF after them. */
  private void definitions() {
    state = State.COLUMNS;
    if (!metadata) {
      columnsRead();
    }
  }

  private void columnsRead() {
    if (!has(Capability.DEPRECATE_EOF)) {
      state = State.COLUMNS_END;
    } else if (rowsFollow) {
      state = State.ROWS;
    } else {
      nextDefinitions();
    }
  }

  private void endOfColumns(Packet packet) {
    // The result of OUT parameters has its flags here, and no longer after its rows.
    moreAfterOutParameters = (status(packet) & PS_OUT_PARAMS) != 0 && more(packet);
    if (!rowsFollow) {
      nextDefinitions();
    } else if (binary && (status(packet) & CURSOR_EXISTS) != 0) {
      state = State.COMPLETE;
    } else {
      state = State.ROWS;
    }
  }

  private boolean isEof(Packet packet) {
    return packet.header() == Packet.EOF
        && (has(Capability.DEPRECATE_EOF)
            ? packet.length() < Packet.LARGEST_CHUNK
            : packet.length() < 9);
  }

  private boolean more(Packet packet) {
    return (status(packet) & MORE_RESULTS) != 0;
  }

  /** The status of an OK, or of an EOF of either form. */
  private int status(Packet packet) {
    return OkPacket.of(packet.payload(), capabilities).status();
  }

  private boolean has(long flag) {
    return (capabilities & flag) != 0;
  }
}
