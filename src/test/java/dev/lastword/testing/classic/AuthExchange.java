package dev.lastword.testing.classic;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Cipher;

/**
 * What a client answers while it logs in or changes its user: which plugin is at work, which
 * scramble, which factor. It sends nothing itself.
 */
final class AuthExchange {

  static final String NATIVE = "mysql_native_password";
  static final String CACHING_SHA2 = "caching_sha2_password";
  static final String SHA256 = "sha256_password";
  static final String CLEAR = "mysql_clear_password";
  static final String ED25519 = "client_ed25519";

  private static final int FAST_PATH_DONE = 3;
  private static final int FULL_AUTHENTICATION = 4;
  private static final ByteString NOTHING = ByteString.EMPTY;

  private final Login login;
  private final boolean secure;
  private String plugin;
  private ByteString scramble;
  private int factor;

  /**
   * @param scramble of the greeting
   * @param secure whether a password may be sent as it is
   */
  AuthExchange(Login login, String plugin, ByteString scramble, boolean secure) {
    this.login = login;
    this.plugin = plugin;
    this.scramble = scramble;
    this.secure = secure;
  }

  String plugin() {
    return plugin;
  }

  /** The answer to a scramble, with which every plugin begins. */
  ByteString first() {
    String password = login.password(factor);
    return switch (plugin) {
      case NATIVE -> nativeProof(password, scramble);
      case CACHING_SHA2 -> cachingSha2Proof(password, scramble);
      case SHA256 -> {
        if (password.isEmpty()) {
          yield ByteString.copyFrom(new byte[1]);
        }
        yield secure ? zeroEnded(password) : ByteString.copyFrom(new byte[] {1});
      }
      case CLEAR -> zeroEnded(password);
      case ED25519 -> signed(password, scramble);
      default -> NOTHING;
    };
  }

  /** What to answer to this packet; nothing if it is the end, or if more is to come. */
  Optional<ByteString> answer(Packet packet) {
    return switch (packet.header()) {
      case Packet.EOF -> {
        switchTo(packet);
        yield Optional.of(first());
      }
      case Packet.AUTH_NEXT_FACTOR -> {
        factor++;
        switchTo(packet);
        yield Optional.of(first());
      }
      case Packet.AUTH_MORE_DATA -> more(packet.payload().substring(1));
      default -> Optional.empty();
    };
  }

  private void switchTo(Packet packet) {
    Fields fields = new Fields(packet.payload());
    fields.u8();
    plugin = fields.zeroEnded().toStringUtf8();
    ByteString data = fields.rest();
    // The zero byte at its end is no part of it.
    scramble = data.size() == 21 ? data.substring(0, 20) : data;
  }

  private Optional<ByteString> more(ByteString data) {
    String password = login.password(factor);
    if (data.size() == 1 && plugin.equals(CACHING_SHA2)) {
      return switch (data.byteAt(0)) {
        case FAST_PATH_DONE -> Optional.empty();
        case FULL_AUTHENTICATION ->
            Optional.of(secure ? zeroEnded(password) : ByteString.copyFrom(new byte[] {2}));
        default -> Optional.of(NOTHING);
      };
    }
    return Optional.of(
        data.startsWith(ByteString.copyFromUtf8("-----BEGIN"))
            ? encrypted(password, scramble, data.toStringUtf8())
            : NOTHING);
  }

  static ByteString nativeProof(String password, ByteString scramble) {
    if (password.isEmpty()) {
      return NOTHING;
    }
    byte[] once = digest("SHA-1", password.getBytes(StandardCharsets.UTF_8));
    return xor(once, digest("SHA-1", scramble.toByteArray(), digest("SHA-1", once)));
  }

  static ByteString cachingSha2Proof(String password, ByteString scramble) {
    if (password.isEmpty()) {
      return NOTHING;
    }
    byte[] once = digest("SHA-256", password.getBytes(StandardCharsets.UTF_8));
    byte[] twice = digest("SHA-256", once);
    return xor(once, digest("SHA-256", twice, scramble.toByteArray()));
  }

  /**
   * MariaDB takes the password for the private key's seed, whatever its length; Java's platform takes one of 32 bytes. Any other makes a
   * proof that no server accepts.
   */
  private static ByteString signed(String password, ByteString scramble) {
    byte[] seed = password.getBytes(StandardCharsets.UTF_8);
    if (seed.length != 32 || scramble.size() < 32) {
      return ByteString.copyFrom(new byte[64]);
    }
    try {
      Signature signature = Signature.getInstance("Ed25519");
      signature.initSign(
          KeyFactory.getInstance("Ed25519")
              .generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, seed)));
      signature.update(scramble.substring(0, 32).toByteArray());
      return ByteString.copyFrom(signature.sign());
    } catch (GeneralSecurityException failed) {
      throw new AssertionError("this platform signs with Ed25519", failed);
    }
  }

  private static ByteString encrypted(String password, ByteString scramble, String pem) {
    try {
      byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", "").strip());
      RSAPublicKey key =
          (RSAPublicKey) KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(der));
      Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPWithSHA-1AndMGF1Padding");
      cipher.init(Cipher.ENCRYPT_MODE, key);
      byte[] plain = zeroEnded(password).toByteArray();
      for (int i = 0; i < plain.length; i++) {
        plain[i] ^= scramble.byteAt(i % scramble.size());
      }
      return ByteString.copyFrom(cipher.doFinal(plain));
    } catch (GeneralSecurityException failed) {
      throw new AssertionError("the server's key is of no use: " + pem, failed);
    }
  }

  private static ByteString zeroEnded(String text) {
    return new Payload().zeroEnded(text).build();
  }

  private static byte[] digest(String algorithm, byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      for (byte[] part : parts) {
        digest.update(part);
      }
      return digest.digest();
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static ByteString xor(byte[] one, byte[] other) {
    byte[] both = new byte[one.length];
    for (int i = 0; i < both.length; i++) {
      both[i] = (byte) (one[i] ^ other[i]);
    }
    return ByteString.copyFrom(both);
  }
}
