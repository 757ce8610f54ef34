package dev.lastword.classic;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import javax.crypto.Cipher;

/**
 * How a password crosses a leg that is not encrypted, in caching_sha2_password and sha256_password: masked with the nonce and encrypted
 * with RSA, OAEP and SHA-1. The proxy needs it only where one of the two legs is encrypted and the other is not: what the client said on
 * one has then to be said on the other as the server expects it there.
 */
public final class PasswordKeys {
  private static final String CIPHER = "RSA/ECB/OAEPWithSHA-1AndMGF1Padding";
  private static final int BITS = 2048;
  private static final int LINE = 64;

  private final CompletableFuture<KeyPair> own = new CompletableFuture<>();

  /**
   * Begins to make the key pair that clients are shown, which takes some time.
   *
   * @param thread where
   */
  public PasswordKeys(Executor thread) {
    thread.execute(() -> {
      try {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(BITS);
        own.complete(generator.generateKeyPair());
      } catch (GeneralSecurityException e) {
        own.completeExceptionally(e);
      }
    });
  }

  /** The own key pair, once it is there. */
  CompletableFuture<KeyPair> own() {
    return own;
  }

  /** As a server shows its key. */
  static byte[] pem(PublicKey key) {
    String text = Base64.getMimeEncoder(LINE, new byte[] {'\n'}).encodeToString(key.getEncoded());
    return ("-----BEGIN PUBLIC KEY-----\n" + text + "\n-----END PUBLIC KEY-----\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Encrypts a password for a server.
   *
   * @param password with the zero byte behind it
   * @param pem the server's public key
   * @throws GeneralSecurityException if that is no such key, or the password is too long for it
   */
  static byte[] encrypt(byte[] password, byte[] nonce, byte[] pem) throws GeneralSecurityException {
    String text = new String(pem, StandardCharsets.US_ASCII);
    byte[] key;
    try {
      key = Base64.getMimeDecoder().decode(text.replaceAll("-----[A-Z ]+-----", "").trim());
    } catch (IllegalArgumentException e) {
      throw new GeneralSecurityException("not in PEM", e);
    }
    Cipher cipher = Cipher.getInstance(CIPHER);
    cipher.init(
        Cipher.ENCRYPT_MODE,
        KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(key)));
    return cipher.doFinal(masked(password, nonce));
  }

  /**
   * Decrypts what a client encrypted with the own key.
   *
   * @return the password with the zero byte behind it
   * @throws GeneralSecurityException if it was another key
   */
  static byte[] decrypt(byte[] encrypted, byte[] nonce, KeyPair own)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance(CIPHER);
    cipher.init(Cipher.DECRYPT_MODE, own.getPrivate());
    return masked(cipher.doFinal(encrypted), nonce);
  }

  private static byte[] masked(byte[] bytes, byte[] nonce) {
    byte[] masked = bytes.clone();
    for (int i = 0; i < masked.length && nonce.length > 0; i++) {
      masked[i] ^= nonce[i % nonce.length];
    }
    return masked;
  }
}
