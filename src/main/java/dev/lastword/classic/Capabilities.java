package dev.lastword.classic;

/** Capability flags of the handshake, by the protocol's names without {@code CLIENT_}; the lower 32 bits. */
final class Capabilities {
  /** Unset by MariaDB, which calls it CLIENT_MYSQL and then has 32 more flags in the filler of the greeting. */
  static final long LONG_PASSWORD = 1;

  static final long CONNECT_WITH_DB = 1 << 3;
  static final long COMPRESS = 1 << 5;
  static final long PROTOCOL_41 = 1 << 9;
  static final long SSL = 1 << 11;
  static final long SECURE_CONNECTION = 1 << 15;
  static final long PLUGIN_AUTH = 1 << 19;
  static final long PLUGIN_AUTH_LENENC_CLIENT_DATA = 1 << 21;
  static final long DEPRECATE_EOF = 1 << 24;
  static final long OPTIONAL_RESULTSET_METADATA = 1 << 25;
  static final long ZSTD_COMPRESSION_ALGORITHM = 1 << 26;

  /** MariaDB's, bits 32 and above of the 64 that it has. */
  static final long MARIADB_PROGRESS = 1L << 32;

  /** MariaDB's: a result may leave its columns out, and says so. */
  static final long MARIADB_CACHE_METADATA = 1L << 36;

  private Capabilities() {}

  static boolean has(long capabilities, long flag) {
    return (capabilities & flag) != 0;
  }
}
