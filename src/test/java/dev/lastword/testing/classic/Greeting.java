package dev.lastword.testing.classic;

import com.google.protobuf.ByteString;

/**
 * The server's first packet, protocol version 10.
 *
 * @param threadId the number that {@code CONNECTION_ID()} has and {@code KILL} takes
 * @param scramble the 20 bytes that a password is mixed with
 * @param filler the ten bytes behind the length of the scramble; zeros, or MariaDB's flags
 */
public record Greeting(
    String version,
    long threadId,
    ByteString scramble,
    long capabilities,
    int charset,
    int status,
    int authDataLength,
    ByteString filler,
    String plugin) {

  static Greeting of(ByteString payload) {
    Fields fields = new Fields(payload);
    int protocol = fields.u8();
    if (protocol != 10) {
      throw new AssertionError("not a greeting: " + Packet.escaped(payload));
    }
    String version = fields.zeroEnded().toStringUtf8();
    long threadId = fields.u32();
    ByteString scramble = fields.bytes(8);
    fields.u8();
    long capabilities = fields.u16();
    int charset = fields.u8();
    int status = fields.u16();
    capabilities |= (long) fields.u16() << 16;
    int authDataLength = fields.u8();
    ByteString filler = fields.bytes(10);
    scramble = scramble.concat(fields.zeroEnded());
    String plugin = fields.zeroEnded().toStringUtf8();
    return new Greeting(
        version, threadId, scramble, capabilities, charset, status, authDataLength, filler, plugin);
  }

  /** Everything but the version, the number and the scramble, which no two greetings share. */
  @Override
  public String toString() {
    return "capabilities %08x charset %d status %04x scramble <%d of %d bytes> filler %s plugin %s"
        .formatted(
            capabilities,
            charset,
            status,
            scramble.size(),
            authDataLength,
            Packet.escaped(filler),
            plugin);
  }
}
