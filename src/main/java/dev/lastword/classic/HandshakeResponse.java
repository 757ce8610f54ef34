package dev.lastword.classic;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * What is of interest in a client's answer to the greeting.
 *
 * @param capabilities what the client wants, MariaDB's upper 32 flags included
 * @param user the account name
 * @param plugin the authentication plugin that its proof is for; empty if it names none
 */
record HandshakeResponse(long capabilities, String user, String plugin) {
  /** Flags (4), longest packet (4), character set (1) and a filler (23): an SSLRequest has these and no more. */
  static final int FIXED = 32;

  private static final int MARIADB = 28;

  /** Whether the payload asks for TLS and says nothing else yet. */
  static boolean isSslRequest(ByteBuf payload) {
    return payload.readableBytes() == FIXED
        && Capabilities.has(payload.getUnsignedIntLE(payload.readerIndex()), Capabilities.SSL);
  }

  /** Parses a payload; null if it is of the protocol before 4.1 or too short, which is the server's affair. */
  static @Nullable HandshakeResponse parse(ByteBuf payload) {
    int from = payload.readerIndex();
    int end = payload.writerIndex();
    if (end - from < FIXED) {
      return null;
    }
    long capabilities = payload.getUnsignedIntLE(from);
    if (!Capabilities.has(capabilities, Capabilities.PROTOCOL_41)) {
      return null;
    }
    if (!Capabilities.has(capabilities, Capabilities.LONG_PASSWORD)) {
      capabilities |= payload.getUnsignedIntLE(from + MARIADB) << 32;
    }
    int at = from + FIXED;
    String user = Texts.untilNul(payload, at, end);
    at = behindProof(payload, Math.min(end, Texts.nul(payload, at, end) + 1), end, capabilities);
    if (Capabilities.has(capabilities, Capabilities.CONNECT_WITH_DB)) {
      at = Math.min(end, Texts.nul(payload, at, end) + 1);
    }
    String plugin =
        Capabilities.has(capabilities, Capabilities.PLUGIN_AUTH)
            ? Texts.untilNul(payload, at, end)
            : "";
    return new HandshakeResponse(capabilities, user, plugin);
  }

  private static int behindProof(ByteBuf payload, int at, int end, long capabilities) {
    if (at >= end) {
      return end;
    }
    if (Capabilities.has(capabilities, Capabilities.PLUGIN_AUTH_LENENC_CLIENT_DATA)) {
      long length = Packets.lengthEncoded(payload, at, end);
      int header = Packets.lengthEncodedBytes(payload.getUnsignedByte(at));
      return length < 0 ? end : (int) Math.min(end, at + header + length);
    }
    if (Capabilities.has(capabilities, Capabilities.SECURE_CONNECTION)) {
      return Math.min(end, at + 1 + payload.getUnsignedByte(at));
    }
    return Math.min(end, Texts.nul(payload, at, end) + 1);
  }

  /** Switches TLS on or off in the flags of a payload. */
  static void setTls(ByteBuf payload, boolean tls) {
    int at = payload.readerIndex();
    long flags = payload.getUnsignedIntLE(at);
    payload.setIntLE(at, (int) (tls ? flags | Capabilities.SSL : flags & ~Capabilities.SSL));
  }
}
