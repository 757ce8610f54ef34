package dev.lastword.testing.classic;

import java.util.ArrayList;
import java.util.List;

/** The capability flags of greeting and handshake response, by their bits. */
public final class Capability {

  public static final long LONG_PASSWORD = 1;
  public static final long FOUND_ROWS = 1 << 1;
  public static final long LONG_FLAG = 1 << 2;
  public static final long CONNECT_WITH_DB = 1 << 3;
  public static final long NO_SCHEMA = 1 << 4;
  public static final long COMPRESS = 1 << 5;
  public static final long ODBC = 1 << 6;
  public static final long LOCAL_FILES = 1 << 7;
  public static final long IGNORE_SPACE = 1 << 8;
  public static final long PROTOCOL_41 = 1 << 9;
  public static final long INTERACTIVE = 1 << 10;
  public static final long SSL = 1 << 11;
  public static final long IGNORE_SIGPIPE = 1 << 12;
  public static final long TRANSACTIONS = 1 << 13;
  public static final long RESERVED = 1 << 14;
  public static final long SECURE_CONNECTION = 1 << 15;
  public static final long MULTI_STATEMENTS = 1 << 16;
  public static final long MULTI_RESULTS = 1 << 17;
  public static final long PS_MULTI_RESULTS = 1 << 18;
  public static final long PLUGIN_AUTH = 1 << 19;
  public static final long CONNECT_ATTRS = 1 << 20;
  public static final long PLUGIN_AUTH_LENENC_CLIENT_DATA = 1 << 21;
  public static final long CAN_HANDLE_EXPIRED_PASSWORDS = 1 << 22;
  public static final long SESSION_TRACK = 1 << 23;
  public static final long DEPRECATE_EOF = 1 << 24;
  public static final long OPTIONAL_RESULTSET_METADATA = 1 << 25;
  public static final long ZSTD_COMPRESSION_ALGORITHM = 1 << 26;
  public static final long QUERY_ATTRIBUTES = 1 << 27;
  public static final long MULTI_FACTOR_AUTHENTICATION = 1 << 28;
  public static final long CAPABILITY_EXTENSION = 1 << 29;
  public static final long SSL_VERIFY_SERVER_CERT = 1 << 30;
  public static final long REMEMBER_OPTIONS = 1L << 31;

  /** What a client of today asks for; without TLS, compression and what changes how results look. */
  public static final long USUAL =
      LONG_PASSWORD
          | LONG_FLAG
          | LOCAL_FILES
          | PROTOCOL_41
          | TRANSACTIONS
          | SECURE_CONNECTION
          | MULTI_STATEMENTS
          | MULTI_RESULTS
          | PS_MULTI_RESULTS
          | PLUGIN_AUTH
          | CONNECT_ATTRS
          | PLUGIN_AUTH_LENENC_CLIENT_DATA
          | CAN_HANDLE_EXPIRED_PASSWORDS
          | SESSION_TRACK
          | DEPRECATE_EOF
          | QUERY_ATTRIBUTES
          | MULTI_FACTOR_AUTHENTICATION;

  private static final List<String> NAMES =
      List.of(
          "LONG_PASSWORD",
          "FOUND_ROWS",
          "LONG_FLAG",
          "CONNECT_WITH_DB",
          "NO_SCHEMA",
          "COMPRESS",
          "ODBC",
          "LOCAL_FILES",
          "IGNORE_SPACE",
          "PROTOCOL_41",
          "INTERACTIVE",
          "SSL",
          "IGNORE_SIGPIPE",
          "TRANSACTIONS",
          "RESERVED",
          "SECURE_CONNECTION",
          "MULTI_STATEMENTS",
          "MULTI_RESULTS",
          "PS_MULTI_RESULTS",
          "PLUGIN_AUTH",
          "CONNECT_ATTRS",
          "PLUGIN_AUTH_LENENC_CLIENT_DATA",
          "CAN_HANDLE_EXPIRED_PASSWORDS",
          "SESSION_TRACK",
          "DEPRECATE_EOF",
          "OPTIONAL_RESULTSET_METADATA",
          "ZSTD_COMPRESSION_ALGORITHM",
          "QUERY_ATTRIBUTES",
          "MULTI_FACTOR_AUTHENTICATION",
          "CAPABILITY_EXTENSION",
          "SSL_VERIFY_SERVER_CERT",
          "REMEMBER_OPTIONS");

  private Capability() {}

  /** The names of the flags that are set, lowest bit first. */
  public static List<String> names(long flags) {
    List<String> names = new ArrayList<>();
    for (int bit = 0; bit < NAMES.size(); bit++) {
      if ((flags & 1L << bit) != 0) {
        names.add(NAMES.get(bit));
      }
    }
    return names;
  }
}
