package dev.lastword.classic;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** What is of interest in the first packet of a server, protocol version 10; its capabilities can be changed in place. */
final class Greeting {
  private static final int PROTOCOL_VERSION = 10;
  private static final int FIRST_NONCE = 8;

  /** From the lower flags on: those (2), character set (1), status (2), upper flags (2), length of the nonce (1). */
  private static final int UPPER = 5;

  private static final int NONCE_LENGTH = 7;
  private static final int RESERVED = 8;
  private static final int MARIADB = RESERVED + 6;
  private static final int SECOND_NONCE = RESERVED + 10;

  private final String version;
  private final long threadId;
  private final long capabilities;
  private final byte[] nonce;
  private final String plugin;

  /** Offset of the lower 16 flags from the beginning of the payload. */
  private final int lower;

  private Greeting(
      String version, long threadId, long capabilities, byte[] nonce, String plugin, int lower) {
    this.version = version;
    this.threadId = threadId;
    this.capabilities = capabilities;
    this.nonce = nonce;
    this.plugin = plugin;
    this.lower = lower;
  }

  /** Parses a payload; null if it is not one of this protocol. */
  static @Nullable Greeting parse(ByteBuf payload) {
    int from = payload.readerIndex();
    int end = payload.writerIndex();
    if (from == end || payload.getByte(from) != PROTOCOL_VERSION) {
      return null;
    }
    int nul = payload.indexOf(from + 1, end, (byte) 0);
    int first = nul + 1 + 4;
    int lower = first + FIRST_NONCE + 1;
    if (nul < 0 || end - lower < SECOND_NONCE) {
      return null;
    }
    long capabilities =
        payload.getUnsignedShortLE(lower) | (long) payload.getUnsignedShortLE(lower + UPPER) << 16;
    if (!Capabilities.has(capabilities, Capabilities.LONG_PASSWORD)) {
      capabilities |= payload.getUnsignedIntLE(lower + MARIADB) << 32;
    }
    int length = payload.getUnsignedByte(lower + NONCE_LENGTH);
    int second = lower + SECOND_NONCE;
    int more = Math.min(Math.max(13, length - FIRST_NONCE), end - second);
    // The last of them is a zero that ends the string.
    byte[] nonce = new byte[FIRST_NONCE + Math.max(0, more - 1)];
    payload.getBytes(first, nonce, 0, FIRST_NONCE);
    payload.getBytes(second, nonce, FIRST_NONCE, nonce.length - FIRST_NONCE);
    String plugin =
        Capabilities.has(capabilities, Capabilities.PLUGIN_AUTH)
            ? Texts.untilNul(payload, second + more, end)
            : "";
    return new Greeting(
        Texts.untilNul(payload, from + 1, end),
        payload.getUnsignedIntLE(nul + 1),
        capabilities,
        nonce,
        plugin,
        lower - from);
  }

  /** Whether it is a MariaDB server, which says so in its version or by a flag that MySQL servers set. */
  boolean isMariaDb() {
    return version.contains("MariaDB")
        || !Capabilities.has(capabilities, Capabilities.LONG_PASSWORD);
  }

  /** The server's number for the connection. */
  long threadId() {
    return threadId;
  }

  /** The flags, MariaDB's upper 32 included. */
  long capabilities() {
    return capabilities;
  }

  /** 20 bytes for the authentication plugin, or as many as there are. */
  byte[] nonce() {
    return nonce.clone();
  }

  /** The name of the server's default authentication plugin; empty if it names none. */
  String plugin() {
    return plugin;
  }

  /** Switches TLS on or off in the flags of the payload that this was parsed from. */
  void offerTls(ByteBuf payload, boolean offered) {
    int at = payload.readerIndex() + lower;
    int flags = payload.getUnsignedShortLE(at);
    payload.setShortLE(at, (int) (offered ? flags | Capabilities.SSL : flags & ~Capabilities.SSL));
  }
}
