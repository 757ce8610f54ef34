package dev.lastword.classic;

/** Command bytes, by the protocol's names without {@code COM_}; those that are told apart here. */
final class Command {
  /** Stands for a command packet without a byte in it. */
  static final int NONE = 0xff;

  static final int QUIT = 0x01;
  static final int INIT_DB = 0x02;
  static final int QUERY = 0x03;
  static final int FIELD_LIST = 0x04;
  static final int STATISTICS = 0x09;
  static final int PROCESS_INFO = 0x0a;
  static final int CHANGE_USER = 0x11;
  static final int BINLOG_DUMP = 0x12;
  static final int STMT_PREPARE = 0x16;
  static final int STMT_EXECUTE = 0x17;
  static final int STMT_SEND_LONG_DATA = 0x18;
  static final int STMT_CLOSE = 0x19;
  static final int STMT_RESET = 0x1a;
  static final int STMT_FETCH = 0x1c;
  static final int BINLOG_DUMP_GTID = 0x1e;
  static final int RESET_CONNECTION = 0x1f;

  /** COM_CLONE, the last one of MySQL 9. */
  static final int LAST_KNOWN = 0x20;

  /** MariaDB's. */
  static final int STMT_BULK_EXECUTE = 0xfa;

  private Command() {}

  /** Whether a server says nothing to it, not even if it cannot do it. */
  static boolean isUnanswered(int command) {
    return command == STMT_SEND_LONG_DATA || command == STMT_CLOSE || command == QUIT;
  }

  /** Whether it names a prepared statement in the four bytes behind it. */
  static boolean namesStatement(int command) {
    return switch (command) {
      case STMT_EXECUTE,
          STMT_SEND_LONG_DATA,
          STMT_CLOSE,
          STMT_RESET,
          STMT_FETCH,
          STMT_BULK_EXECUTE ->
          true;
      default -> false;
    };
  }

  static boolean isBinlogDump(int command) {
    return command == BINLOG_DUMP || command == BINLOG_DUMP_GTID;
  }
}
