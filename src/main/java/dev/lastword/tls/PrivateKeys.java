package dev.lastword.tls;

import java.io.ByteArrayOutputStream;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * Private keys in the forms that OpenSSL has written over the years. The Java platform reads PKCS#8 only; MySQL servers make their own keys
 * as PKCS#1 ({@code BEGIN RSA PRIVATE KEY}), and people use those for a proxy too.
 */
final class PrivateKeys {
  /** The key is encrypted, and there is no password or a wrong one. */
  static final class BadPassword extends Exception {
    private static final long serialVersionUID = 1L;

    BadPassword(String reason) {
      super(reason);
    }
  }

  private static final String PBES2 = "1.2.840.113549.1.5.13";
  private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA");
  // DER of AlgorithmIdentifier { rsaEncryption, NULL }, RFC 8017 A.1.
  private static final byte[] RSA = {
    0x30,
    0x0d,
    0x06,
    0x09,
    0x2a,
    (byte) 0x86,
    0x48,
    (byte) 0x86,
    (byte) 0xf7,
    0x0d,
    0x01,
    0x01,
    0x01,
    0x05,
    0x00
  };
  // DER of the object identifier id-ecPublicKey, RFC 5480 2.1.1.
  private static final byte[] EC = {
    0x06, 0x07, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x02, 0x01
  };
  private static final byte[] VERSION_0 = {0x02, 0x01, 0x00};
  private static final int SEQUENCE = 0x30;
  private static final int OCTET_STRING = 0x04;
  private static final int EXPLICIT_0 = 0xa0;

  private PrivateKeys() {}

  /**
   * Reads the first private key among the blocks.
   *
   * @throws BadPassword if it is encrypted and the password is missing or wrong
   * @throws GeneralSecurityException if there is none that can be read
   */
  static PrivateKey read(List<Pem> blocks, Optional<String> password)
      throws BadPassword, GeneralSecurityException {
    for (Pem block : blocks) {
      switch (block.label()) {
        case "PRIVATE KEY" -> {
          return pkcs8(block.content());
        }
        case "ENCRYPTED PRIVATE KEY" -> {
          return pkcs8(decrypt(block.content(), password));
        }
        case "RSA PRIVATE KEY" -> {
          return pkcs8(
              der(SEQUENCE, VERSION_0, RSA, der(OCTET_STRING, withoutHeaders(block).content())));
        }
        case "EC PRIVATE KEY" -> {
          byte[] sec1 = withoutHeaders(block).content();
          return pkcs8(
              der(SEQUENCE, VERSION_0, der(SEQUENCE, EC, curveOf(sec1)), der(OCTET_STRING, sec1)));
        }
        default -> {
          // Certificates and parameters may stand in the same file.
        }
      }
    }
    throw new InvalidKeySpecException("has no private key in it");
  }

  private static PrivateKey pkcs8(byte[] encoded) throws GeneralSecurityException {
    PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(encoded);
    for (String algorithm : ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (InvalidKeySpecException e) {
        // Of another algorithm; only trying tells.
      }
    }
    throw new InvalidKeySpecException("has a private key that is none of RSA, EC and EdDSA");
  }

  private static byte[] decrypt(byte[] encrypted, Optional<String> password)
      throws BadPassword, GeneralSecurityException {
    if (password.isEmpty()) {
      throw new BadPassword("is encrypted, and no key-password is given");
    }
    EncryptedPrivateKeyInfo info;
    try {
      info = new EncryptedPrivateKeyInfo(encrypted);
    } catch (java.io.IOException e) {
      throw new InvalidKeySpecException("has an encrypted private key that is damaged", e);
    }
    AlgorithmParameters parameters = info.getAlgParameters();
    // Of PBES2 the name is only the scheme; the parameters' text is the algorithm with its hash and
    // its cipher.
    boolean pbes2 = info.getAlgName().equals(PBES2) || info.getAlgName().equals("PBES2");
    String algorithm = pbes2 && parameters != null ? parameters.toString() : info.getAlgName();
    PBEKeySpec secret = new PBEKeySpec(password.get().toCharArray());
    try {
      Cipher cipher = Cipher.getInstance(algorithm);
      cipher.init(
          Cipher.DECRYPT_MODE,
          SecretKeyFactory.getInstance(algorithm).generateSecret(secret),
          parameters);
      return info.getKeySpec(cipher).getEncoded();
    } catch (InvalidKeySpecException e) {
      throw new BadPassword("cannot be decrypted: the key-password is wrong");
    } catch (GeneralSecurityException e) {
      throw new InvalidKeySpecException("is encrypted with " + algorithm + ", which Java lacks", e);
    } finally {
      secret.clearPassword();
    }
  }

  private static Pem withoutHeaders(Pem block) throws InvalidKeySpecException {
    if (block.headers().contains("ENCRYPTED")) {
      throw new InvalidKeySpecException(
          "is encrypted in the old way of OpenSSL; convert it: openssl pkcs8 -topk8 -in OLD -out NEW");
    }
    return block;
  }

  /** The curve's object identifier in an ECPrivateKey (RFC 5915): SEQUENCE { version, key, [0] curve, ... }. */
  private static byte[] curveOf(byte[] sec1) throws InvalidKeySpecException {
    try {
      int[] at = element(sec1, 0);
      int next = at[0];
      while (next < at[1]) {
        int[] inner = element(sec1, next);
        if ((sec1[next] & 0xff) == EXPLICIT_0) {
          return Arrays.copyOfRange(sec1, inner[0], inner[1]);
        }
        next = inner[1];
      }
    } catch (ArrayIndexOutOfBoundsException e) {
      throw new InvalidKeySpecException("has an EC private key that is damaged", e);
    }
    throw new InvalidKeySpecException("has an EC private key that does not name its curve");
  }

  /** Where the content of the DER element at an offset begins and ends. */
  private static int[] element(byte[] der, int offset) {
    int length = der[offset + 1] & 0xff;
    int begin = offset + 2;
    if (length > 0x80) {
      int bytes = length & 0x7f;
      length = 0;
      for (int i = 0; i < bytes; i++) {
        length = (length << 8) | (der[begin++] & 0xff);
      }
    }
    if (length < 0 || length > der.length - begin) {
      throw new ArrayIndexOutOfBoundsException(offset);
    }
    return new int[] {begin, begin + length};
  }

  private static byte[] der(int tag, byte[]... parts) {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      content.writeBytes(part);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    int length = content.size();
    if (length < 0x80) {
      out.write(length);
    } else {
      int bytes = length < 1 << 8 ? 1 : length < 1 << 16 ? 2 : 3;
      out.write(0x80 | bytes);
      for (int i = bytes - 1; i >= 0; i--) {
        out.write(length >> (8 * i));
      }
    }
    out.writeBytes(content.toByteArray());
    return out.toByteArray();
  }
}
