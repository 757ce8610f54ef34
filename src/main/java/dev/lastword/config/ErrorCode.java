package dev.lastword.config;

import java.util.regex.Pattern;

/**
 * An error as classic clients know it.
 *
 * @param code MySQL's number of the error, 1 to 65534, but none of the 2000 to 2999 that only client libraries use; 65535 is how MariaDB
 *     marks a progress report, which is no error
 * @param sqlState five of 0-9 and A-Z, not beginning with 00, which means success
 */
public record ErrorCode(int code, String sqlState) {
  static final Range CODES = Range.of(1, 65_534);

  private static final Range CLIENT_LIBRARY = Range.of(2_000, 2_999);
  private static final Pattern SQL_STATE = Pattern.compile("(?!00)[0-9A-Z]{5}");

  /**
   * Checks both.
   *
   * @throws IllegalArgumentException if one is not possible
   */
  public ErrorCode {
    CODES.require("code", code);
    if (isOfClientLibrary(code)) {
      throw new IllegalArgumentException(
          "code: "
              + code
              + " is of a client library; allowed: 1 to 65534 but not "
              + CLIENT_LIBRARY);
    }
    if (!isSqlState(sqlState)) {
      throw new IllegalArgumentException("sqlState: " + sqlState + " is no SQLSTATE of an error");
    }
  }

  /** Whether no server sends the code, because it stands for what a client library found out by itself. */
  static boolean isOfClientLibrary(int code) {
    return code >= CLIENT_LIBRARY.min() && code <= CLIENT_LIBRARY.max();
  }

  /** Whether it is the SQLSTATE of an error. */
  static boolean isSqlState(String text) {
    return SQL_STATE.matcher(text).matches();
  }

  /** As it is written in the file, such as {@code 1053 08S01}. */
  @Override
  public String toString() {
    return code + " " + sqlState;
  }
}
