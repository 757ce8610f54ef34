package dev.lastword.testing.classic;

import com.google.protobuf.ByteString;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who logs in, and what its handshake response says.
 *
 * @param passwords one for each factor
 * @param capabilities the flags that are asked for, see {@link Capability}; {@code SSL} is not what
 *     starts TLS, and {@code CONNECT_WITH_DB} is set by {@link #withDatabase}
 * @param collation the low byte of a collation's number
 * @param database the schema; none if empty
 * @param plugin what to authenticate with at first; that of the greeting if empty
 * @param attributes of the connection
 * @param zstdLevel 1 to 22; sent with the capability for zstd only
 * @param maxPacket what the client says that it can take, in bytes
 */
public record Login(
    String user,
    List<String> passwords,
    long capabilities,
    int collation,
    String database,
    Optional<String> plugin,
    Map<String, String> attributes,
    int zstdLevel,
    long maxPacket) {

  public Login {
    passwords = List.copyOf(passwords);
    attributes = new LinkedHashMap<>(attributes);
  }

  /** With {@link Capability#USUAL}, utf8mb4 and no schema. */
  public static Login as(String user, String... passwords) {
    return new Login(
        user,
        List.of(passwords),
        Capability.USUAL,
        255,
        "",
        Optional.empty(),
        Map.of("program_name", "lastword test"),
        3,
        1L << 30);
  }

  public Login with(long flags) {
    return withExactly(capabilities | flags);
  }

  public Login without(long flags) {
    return withExactly(capabilities & ~flags);
  }

  public Login withExactly(long flags) {
    return new Login(
        user, passwords, flags, collation, database, plugin, attributes, zstdLevel, maxPacket);
  }

  /** With a schema, and the flag that says so. */
  public Login withDatabase(String name) {
    return new Login(
        user,
        passwords,
        capabilities | Capability.CONNECT_WITH_DB,
        collation,
        name,
        plugin,
        attributes,
        zstdLevel,
        maxPacket);
  }

  public Login withPlugin(String name) {
    return new Login(
        user,
        passwords,
        capabilities,
        collation,
        database,
        Optional.of(name),
        attributes,
        zstdLevel,
        maxPacket);
  }

  public Login withAttributes(Map<String, String> others) {
    return new Login(
        user, passwords, capabilities, collation, database, plugin, others, zstdLevel, maxPacket);
  }

  public Login withCollation(int number) {
    return new Login(
        user, passwords, capabilities, number, database, plugin, attributes, zstdLevel, maxPacket);
  }

  public Login withZstdLevel(int level) {
    return new Login(
        user, passwords, capabilities, collation, database, plugin, attributes, level, maxPacket);
  }

  boolean has(long flag) {
    return (capabilities & flag) != 0;
  }

  /** The password of a factor, the first being 0; empty if there is none. */
  String password(int factor) {
    return factor < passwords.size() ? passwords.get(factor) : "";
  }

  /** The request for TLS: the first 32 bytes of the response. */
  ByteString sslRequest() {
    return head(capabilities | Capability.SSL).build();
  }

  private Payload head(long flags) {
    // MariaDB's own flags stand where MySQL has zeros.
    return new Payload()
        .u32(flags & 0xffff_ffffL)
        .u32(maxPacket)
        .u8(collation)
        .zeros(19)
        .u32(flags >>> 32);
  }

  /**
   * The handshake response of protocol 4.1, with what the flags say that there is.
   *
   * @param proof the answer to the scramble of the greeting
   * @param tls whether it goes out inside TLS, which the flags have to tell
   */
  ByteString response(ByteString proof, String pluginName, boolean tls) {
    Payload payload = head(tls ? capabilities | Capability.SSL : capabilities).zeroEnded(user);
    if (has(Capability.PLUGIN_AUTH_LENENC_CLIENT_DATA)) {
      payload.string(proof);
    } else if (has(Capability.SECURE_CONNECTION)) {
      payload.u8(proof.size()).bytes(proof);
    } else {
      payload.bytes(proof).u8(0);
    }
    if (has(Capability.CONNECT_WITH_DB)) {
      payload.zeroEnded(database);
    }
    if (has(Capability.PLUGIN_AUTH)) {
      payload.zeroEnded(pluginName);
    }
    if (has(Capability.CONNECT_ATTRS)) {
      payload.string(attributePairs());
    }
    if (has(Capability.ZSTD_COMPRESSION_ALGORITHM)) {
      payload.u8(zstdLevel);
    }
    return payload.build();
  }

  /** The handshake response of the time before 4.1. */
  ByteString response320(ByteString proof) {
    Payload payload =
        new Payload()
            .u16(capabilities & ~Capability.PROTOCOL_41)
            .u24(maxPacket & 0xffffff)
            .zeroEnded(user);
    return has(Capability.CONNECT_WITH_DB)
        ? payload.bytes(proof).u8(0).zeroEnded(database).build()
        : payload.bytes(proof).build();
  }

  /**
   * COM_CHANGE_USER to this user.
   *
   * @param proof the answer to a scramble; mostly too old, and the server asks for another one
   */
  ByteString changeUser(ByteString proof, String pluginName) {
    Payload payload =
        Payload.of(Commands.CHANGE_USER)
            .zeroEnded(user)
            .u8(proof.size())
            .bytes(proof)
            .zeroEnded(database)
            .u16(collation);
    if (has(Capability.PLUGIN_AUTH)) {
      payload.zeroEnded(pluginName);
    }
    if (has(Capability.CONNECT_ATTRS)) {
      payload.string(attributePairs());
    }
    return payload.build();
  }

  private ByteString attributePairs() {
    Payload pairs = new Payload();
    attributes.forEach((name, value) -> pairs.string(name).string(value));
    return pairs.build();
  }
}
