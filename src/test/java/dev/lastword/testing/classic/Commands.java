package dev.lastword.testing.classic;

import com.google.protobuf.ByteString;
import java.util.Map;
import java.util.TreeMap;

/** The commands of a client: their numbers, their names, and their payloads. */
public final class Commands {

  public static final int QUIT = 0x01;
  public static final int INIT_DB = 0x02;
  public static final int QUERY = 0x03;
  public static final int FIELD_LIST = 0x04;
  public static final int STATISTICS = 0x09;
  public static final int PROCESS_INFO = 0x0a;
  public static final int PROCESS_KILL = 0x0c;
  public static final int DEBUG = 0x0d;
  public static final int PING = 0x0e;
  public static final int CHANGE_USER = 0x11;
  public static final int BINLOG_DUMP = 0x12;
  public static final int REGISTER_SLAVE = 0x15;
  public static final int STMT_PREPARE = 0x16;
  public static final int STMT_EXECUTE = 0x17;
  public static final int STMT_SEND_LONG_DATA = 0x18;
  public static final int STMT_CLOSE = 0x19;
  public static final int STMT_RESET = 0x1a;
  public static final int SET_OPTION = 0x1b;
  public static final int STMT_FETCH = 0x1c;
  public static final int BINLOG_DUMP_GTID = 0x1e;
  public static final int RESET_CONNECTION = 0x1f;

  /** Flags of COM_STMT_EXECUTE. */
  public static final int CURSOR_READ_ONLY = 1;

  public static final int CURSOR_FOR_UPDATE = 2;
  public static final int CURSOR_SCROLLABLE = 4;
  public static final int PARAMETER_COUNT_AVAILABLE = 8;

  private static final Map<Integer, String> NAMES = new TreeMap<>();

  static {
    NAMES.put(0x00, "COM_SLEEP");
    NAMES.put(QUIT, "COM_QUIT");
    NAMES.put(INIT_DB, "COM_INIT_DB");
    NAMES.put(QUERY, "COM_QUERY");
    NAMES.put(FIELD_LIST, "COM_FIELD_LIST");
    NAMES.put(0x05, "COM_CREATE_DB");
    NAMES.put(0x06, "COM_DROP_DB");
    NAMES.put(0x07, "COM_REFRESH");
    NAMES.put(0x08, "COM_SHUTDOWN");
    NAMES.put(STATISTICS, "COM_STATISTICS");
    NAMES.put(PROCESS_INFO, "COM_PROCESS_INFO");
    NAMES.put(0x0b, "COM_CONNECT");
    NAMES.put(PROCESS_KILL, "COM_PROCESS_KILL");
    NAMES.put(DEBUG, "COM_DEBUG");
    NAMES.put(PING, "COM_PING");
    NAMES.put(0x0f, "COM_TIME");
    NAMES.put(0x10, "COM_DELAYED_INSERT");
    NAMES.put(CHANGE_USER, "COM_CHANGE_USER");
    NAMES.put(BINLOG_DUMP, "COM_BINLOG_DUMP");
    NAMES.put(0x13, "COM_TABLE_DUMP");
    NAMES.put(0x14, "COM_CONNECT_OUT");
    NAMES.put(REGISTER_SLAVE, "COM_REGISTER_SLAVE");
    NAMES.put(STMT_PREPARE, "COM_STMT_PREPARE");
    NAMES.put(STMT_EXECUTE, "COM_STMT_EXECUTE");
    NAMES.put(STMT_SEND_LONG_DATA, "COM_STMT_SEND_LONG_DATA");
    NAMES.put(STMT_CLOSE, "COM_STMT_CLOSE");
    NAMES.put(STMT_RESET, "COM_STMT_RESET");
    NAMES.put(SET_OPTION, "COM_SET_OPTION");
    NAMES.put(STMT_FETCH, "COM_STMT_FETCH");
    NAMES.put(0x1d, "COM_DAEMON");
    NAMES.put(BINLOG_DUMP_GTID, "COM_BINLOG_DUMP_GTID");
    NAMES.put(RESET_CONNECTION, "COM_RESET_CONNECTION");
    NAMES.put(0x20, "COM_CLONE");
  }

  private Commands() {}

  /** The name of a command, or its number if it has none. */
  static String name(int command) {
    return NAMES.getOrDefault(command, "command %02x".formatted(command));
  }

  /**
   * A parameter of a statement, or an attribute of a query.
   *
   * @param type its type's number, with 0x8000 if it is unsigned
   * @param value as it is on the wire; empty for NULL
   * @param isNull whether it is NULL
   * @param isSentBefore whether the value has been sent as long data, and is not sent again
   */
  public record Parameter(
      String name, int type, ByteString value, boolean isNull, boolean isSentBefore) {

    public static Parameter of(long value) {
      return new Parameter("", 0x08, new Payload().u64(value).build(), false, false);
    }

    public static Parameter of(double value) {
      long bits = Double.doubleToRawLongBits(value);
      return new Parameter("", 0x05, new Payload().u64(bits).build(), false, false);
    }

    public static Parameter of(String value) {
      return new Parameter("", 0xfd, new Payload().string(value).build(), false, false);
    }

    public static Parameter of(ByteString value) {
      return new Parameter("", 0xfc, new Payload().string(value).build(), false, false);
    }

    public static Parameter ofNull() {
      return new Parameter("", 0x06, ByteString.EMPTY, true, false);
    }

    /** One whose value went before, with COM_STMT_SEND_LONG_DATA. */
    public static Parameter sentBefore() {
      return new Parameter("", 0xfc, ByteString.EMPTY, false, true);
    }

    /** With a name, as query attributes have. */
    public Parameter named(String newName) {
      return new Parameter(newName, type, value, isNull, isSentBefore);
    }
  }

  /** A command that is a number and nothing more. */
  public static ByteString simple(int command) {
    return Payload.of(command).build();
  }

  public static ByteString quit() {
    return simple(QUIT);
  }

  public static ByteString initDb(String schema) {
    return Payload.of(INIT_DB).text(schema).build();
  }

  /** A query as it is without the capability for query attributes. */
  public static ByteString query(String sql) {
    return Payload.of(QUERY).text(sql).build();
  }

  /** A query as it is with the capability for query attributes; there may be none. */
  public static ByteString queryWithAttributes(String sql, Parameter... attributes) {
    Payload payload = Payload.of(QUERY).lenenc(attributes.length).lenenc(1);
    parameters(payload, true, true, attributes);
    return payload.text(sql).build();
  }

  public static ByteString fieldList(String table, String wildcard) {
    return Payload.of(FIELD_LIST).zeroEnded(table).text(wildcard).build();
  }

  public static ByteString statistics() {
    return simple(STATISTICS);
  }

  public static ByteString ping() {
    return simple(PING);
  }

  public static ByteString debug() {
    return simple(DEBUG);
  }

  public static ByteString prepare(String sql) {
    return Payload.of(STMT_PREPARE).text(sql).build();
  }

  /**
   * Executes a statement with parameters, and their types with them; as it is without the
   * capability for query attributes.
   *
   * @param flags of the cursor; without {@link #PARAMETER_COUNT_AVAILABLE}
   */
  public static ByteString execute(long statement, int flags, Parameter... parameters) {
    Payload payload = Payload.of(STMT_EXECUTE).u32(statement).u8(flags).u32(1);
    parameters(payload, false, true, parameters);
    return payload.build();
  }

  /** Executes a statement again, with new values of the types that it was told before. */
  public static ByteString executeAgain(long statement, int flags, Parameter... parameters) {
    Payload payload = Payload.of(STMT_EXECUTE).u32(statement).u8(flags).u32(1);
    parameters(payload, false, false, parameters);
    return payload.build();
  }

  /**
   * Executes a statement as it is with the capability for query attributes: with a count of
   * parameters, and names. What is more than the statement has parameters are attributes.
   */
  public static ByteString executeWithAttributes(
      long statement, int flags, Parameter... parameters) {
    Payload payload =
        Payload.of(STMT_EXECUTE)
            .u32(statement)
            .u8(flags | PARAMETER_COUNT_AVAILABLE)
            .u32(1)
            .lenenc(parameters.length);
    parameters(payload, true, true, parameters);
    return payload.build();
  }

  private static void parameters(
      Payload payload, boolean names, boolean types, Parameter... parameters) {
    if (parameters.length == 0) {
      return;
    }
    byte[] nulls = new byte[(parameters.length + 7) / 8];
    for (int i = 0; i < parameters.length; i++) {
      nulls[i / 8] |= (byte) (parameters[i].isNull() ? 1 << i % 8 : 0);
    }
    payload.bytes(ByteString.copyFrom(nulls)).u8(types ? 1 : 0);
    for (Parameter parameter : parameters) {
      if (types) {
        payload.u16(parameter.type());
        if (names) {
          payload.string(parameter.name());
        }
      }
    }
    for (Parameter parameter : parameters) {
      payload.bytes(parameter.value());
    }
  }

  public static ByteString sendLongData(long statement, int parameter, ByteString data) {
    return Payload.of(STMT_SEND_LONG_DATA).u32(statement).u16(parameter).bytes(data).build();
  }

  public static ByteString closeStatement(long statement) {
    return Payload.of(STMT_CLOSE).u32(statement).build();
  }

  public static ByteString resetStatement(long statement) {
    return Payload.of(STMT_RESET).u32(statement).build();
  }

  public static ByteString fetch(long statement, long rows) {
    return Payload.of(STMT_FETCH).u32(statement).u32(rows).build();
  }

  /** 0 for multi-statements on, 1 for off. */
  public static ByteString setOption(int option) {
    return Payload.of(SET_OPTION).u16(option).build();
  }

  public static ByteString resetConnection() {
    return simple(RESET_CONNECTION);
  }

  /** Asks for a binary log; with flag 1 until its end, without it for ever. */
  public static ByteString binlogDump(long position, int flags, long serverId, String file) {
    return Payload.of(BINLOG_DUMP).u32(position).u16(flags).u32(serverId).text(file).build();
  }

  /** Asks for binary logs by GTIDs; an empty set of them means all there are. */
  public static ByteString binlogDumpGtid(
      int flags, long serverId, String file, long position, ByteString gtidSet) {
    return Payload.of(BINLOG_DUMP_GTID)
        .u16(flags)
        .u32(serverId)
        .u32(file.length())
        .text(file)
        .u64(position)
        .u32(gtidSet.size())
        .bytes(gtidSet)
        .build();
  }

  public static ByteString registerSlave(long serverId, String host, int port) {
    return Payload.of(REGISTER_SLAVE)
        .u32(serverId)
        .u8(host.length())
        .text(host)
        .u8(0)
        .u8(0)
        .u16(port)
        .u32(0)
        .u32(0)
        .build();
  }
}
