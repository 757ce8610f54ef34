package dev.lastword.x;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** What a client sends to prove that it knows a password, in the three mechanisms of X Protocol. Pure functions. */
final class XPasswords {
  /** Bytes of a challenge; the server sends a zero byte behind them. */
  private static final int CHALLENGE = 20;

  private XPasswords() {}

  /** PLAIN: the password itself, for connections on which nobody can listen. */
  static ByteString plain(String user, String password) {
    return ByteString.copyFromUtf8("\0" + user + "\0" + password);
  }

  /** SHA256_MEMORY: SHA256(password) xor SHA256(SHA256(SHA256(password)), challenge). */
  static ByteString sha256Memory(String user, String password, ByteString challenge) {
    MessageDigest sha = digest("SHA-256");
    byte[] once = sha.digest(password.getBytes(StandardCharsets.UTF_8));
    sha.update(sha.digest(once));
    return response(user, "", xor(once, sha.digest(nonce(challenge))));
  }

  /** MYSQL41: SHA1(password) xor SHA1(challenge, SHA1(SHA1(password))). */
  static ByteString mysql41(String user, String password, ByteString challenge) {
    if (password.isEmpty()) {
      return ByteString.copyFromUtf8("\0" + user + "\0");
    }
    MessageDigest sha = digest("SHA-1");
    byte[] once = sha.digest(password.getBytes(StandardCharsets.UTF_8));
    byte[] twice = sha.digest(once);
    sha.update(nonce(challenge));
    return response(user, "*", xor(once, sha.digest(twice)));
  }

  private static ByteString response(String user, String prefix, byte[] proof) {
    return ByteString.copyFromUtf8(
        "\0" + user + "\0" + prefix + HexFormat.of().withUpperCase().formatHex(proof));
  }

  private static byte[] nonce(ByteString challenge) {
    return challenge.substring(0, Math.min(CHALLENGE, challenge.size())).toByteArray();
  }

  private static byte[] xor(byte[] a, byte[] b) {
    byte[] result = new byte[a.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = (byte) (a[i] ^ b[i]);
    }
    return result;
  }

  private static MessageDigest digest(String name) {
    try {
      return MessageDigest.getInstance(name);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has " + name, e);
    }
  }
}
