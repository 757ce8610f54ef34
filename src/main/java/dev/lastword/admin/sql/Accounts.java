package dev.lastword.admin.sql;

import dev.lastword.config.Account;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.List;

/** Who may use the endpoint, and how clients prove it. Without accounts everybody may. Safe for threads. */
final class Accounts {
  /** Bytes of a challenge, in both protocols. */
  static final int NONCE = 20;

  private static final SecureRandom RANDOM = new SecureRandom();

  private final List<Account> accounts;
  private final String nobodys;

  Accounts(List<Account> accounts) {
    this.accounts = List.copyOf(accounts);
    byte[] bytes = new byte[16];
    RANDOM.nextBytes(bytes);
    nobodys = java.util.HexFormat.of().formatHex(bytes);
  }

  /** How a password is proven. */
  enum Proof {
    /** The password itself. */
    PLAIN,
    /** SHA-1 as in mysql_native_password and MYSQL41; none means an empty password. */
    NATIVE,
    /** SHA-256 as in caching_sha2_password and SHA256_MEMORY. */
    SHA256
  }

  boolean open() {
    return accounts.isEmpty();
  }

  /** A challenge without zero bytes, which would end it early for some clients. */
  static byte[] nonce() {
    byte[] nonce = new byte[NONCE];
    for (int i = 0; i < nonce.length; i++) {
      nonce[i] = (byte) (RANDOM.nextInt(94) + 33);
    }
    return nonce;
  }

  /** Whether that user has shown that it knows its password. Takes as long for a user that is not known. */
  boolean proves(String user, Proof proof, byte[] answer, byte[] nonce) {
    if (open()) {
      return true;
    }
    boolean known = false;
    String password = nobodys;
    for (Account account : accounts) {
      if (account.user().equals(user)) {
        known = true;
        password = account.password().value();
      }
    }
    byte[] expected =
        password.isEmpty() && proof != Proof.PLAIN
            ? new byte[0]
            : switch (proof) {
              case PLAIN -> password.getBytes(StandardCharsets.UTF_8);
              case NATIVE -> nativeProof(password, nonce);
              case SHA256 -> sha256Proof(password, nonce);
            };
    return MessageDigest.isEqual(expected, answer) && known;
  }

  /** SHA1(password) XOR SHA1(nonce, SHA1(SHA1(password))). */
  static byte[] nativeProof(String password, byte[] nonce) {
    byte[] once = digest("SHA-1", password.getBytes(StandardCharsets.UTF_8));
    return xor(once, digest("SHA-1", nonce, digest("SHA-1", once)));
  }

  /** SHA256(password) XOR SHA256(SHA256(SHA256(password)), nonce). */
  static byte[] sha256Proof(String password, byte[] nonce) {
    byte[] once = digest("SHA-256", password.getBytes(StandardCharsets.UTF_8));
    return xor(once, digest("SHA-256", digest("SHA-256", once), nonce));
  }

  private static byte[] xor(byte[] a, byte[] b) {
    byte[] result = new byte[a.length];
    for (int i = 0; i < a.length; i++) {
      result[i] = (byte) (a[i] ^ b[i]);
    }
    return result;
  }

  private static byte[] digest(String algorithm, byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      for (byte[] part : parts) {
        digest.update(part);
      }
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has " + algorithm, e);
    }
  }
}
