package dev.lastword.classic;

/** Server status flags, which OK and EOF packets carry, by the protocol's names without {@code SERVER_STATUS_}. */
final class StatusFlags {
  static final int IN_TRANS = 0x0001;
  static final int AUTOCOMMIT = 0x0002;
  static final int MORE_RESULTS_EXISTS = 0x0008;
  static final int CURSOR_EXISTS = 0x0040;
  static final int LAST_ROW_SENT = 0x0080;

  static final int PS_OUT_PARAMS = 0x1000;

  private StatusFlags() {}
}
