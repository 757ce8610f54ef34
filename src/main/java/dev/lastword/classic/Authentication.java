package dev.lastword.classic;

import dev.lastword.relay.FrameFlow.Interception;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The exchange in which a client proves who it is, after its handshake response or inside COM_CHANGE_USER. Every packet passes with the
 * sequence number that its leg expects, whatever the plugin. Only where one leg is encrypted and the other is not do two plugins need
 * help: they hand over the password itself, in the clear where the channel is safe and encrypted with RSA where it is not, so what the
 * client says on its leg is said again on the server's as the server expects it there.
 */
final class Authentication {
  private static final String CACHING_SHA2 = "caching_sha2_password";
  private static final String SHA256 = "sha256_password";
  private static final String CLEAR = "mysql_clear_password";
  private static final String DIALOG = "dialog";

  private static final int SWITCH = 0xfe;
  private static final int MORE_DATA = 0x01;
  private static final int NEXT_FACTOR = 0x02;

  /** caching_sha2_password: the proof was enough, and an OK follows. */
  private static final int FAST = 0x03;

  /** caching_sha2_password: the server does not know the password well enough and wants it. */
  private static final int FULL = 0x04;

  /** What asks a server for its key, in each of the two plugins. */
  private static final int CACHING_SHA2_KEY = 0x02;

  private static final int SHA256_KEY = 0x01;
  private static final int NONCE = 20;

  /** How the two legs send what it decides. */
  interface Legs {
    /** Owns a packet for the client. */
    void toClient(ByteBuf packet);

    /** Owns a packet for the server. */
    void toServer(ByteBuf packet);

    /** Makes a packet. */
    ByteBuf packet(int sequence, byte... payload);

    /** The server asks for a password as it is, on a leg on which others can listen, and the client does not know that. */
    void passwordWouldBeExposed(String plugin);

    /** Calls back on the session's loop with the proxy's own keys. */
    void ownKeys(Consumer<KeyPair> then);
  }

  private enum Step {
    /** Everything passes. */
    PASS,
    /** The client, on a safe leg, sends the password next, and the server's leg is not safe. */
    PASSWORD,
    /** The server has been asked for its key. */
    SERVER_KEY,
    /** The client, on an unsafe leg, asks for a key next, and the server's leg is safe. */
    KEY_REQUEST,
    /** The client sends the encrypted password next. */
    ENCRYPTED
  }

  private final Legs legs;
  private final boolean clientSafe;
  private final boolean serverSafe;

  private String plugin;
  private byte[] nonce;
  private int clientSequence;
  private int serverSequence;
  private Step step = Step.PASS;
  private byte @Nullable [] password;
  private @Nullable KeyPair keys;
  private boolean clientsTurn;

  /**
   * Begins with the packets that both sides have sent so far.
   *
   * @param clientSequence the last number on the client's leg, whoever sent it
   * @param serverSequence the last number on the server's leg
   * @param plugin the plugin that the client's first proof is for
   * @param nonce what that proof is made with
   */
  Authentication(
      Legs legs,
      boolean clientSafe,
      boolean serverSafe,
      int clientSequence,
      int serverSequence,
      String plugin,
      byte[] nonce) {
    this.legs = legs;
    this.clientSafe = clientSafe;
    this.serverSafe = serverSafe;
    this.clientSequence = clientSequence;
    this.serverSequence = serverSequence;
    this.plugin = plugin;
    this.nonce = nonce;
  }

  /** Whether this plugin has the client, which encrypts, send its password as it is, and the server's leg is not encrypted. */
  static boolean exposesPassword(String plugin, boolean clientSafe, boolean serverSafe) {
    return clientSafe && !serverSafe && (plugin.equals(CLEAR) || plugin.equals(DIALOG));
  }

  /** The number that the client expects next. */
  int nextToClient() {
    return Packets.after(clientSequence);
  }

  /** The server's next packet is taken to have that number, whatever it says itself. */
  void serverIsAt(int sequence) {
    serverSequence = (sequence - 1) & 0xff;
  }

  /** Notes a packet of the client that goes nowhere any more. */
  void saidInVain(int sequence) {
    clientSequence = sequence;
  }

  /** Whether the server waits for an answer of the client's. */
  boolean clientsTurn() {
    return clientsTurn;
  }

  /** A packet of the client: an answer to the plugin of the server. The frame stays the caller's. */
  Interception client(ByteBuf frame) {
    int number = Packets.sequence(frame, frame.readerIndex());
    int expected = nextToClient();
    clientSequence = number;
    clientsTurn = false;
    int payload = frame.readerIndex() + Packets.HEADER;
    int length = frame.writerIndex() - payload;
    switch (step) {
      case PASSWORD -> {
        step = Step.PASS;
        if (length > 1) {
          password = ByteBufUtil.getBytes(frame, payload, length);
          step = Step.SERVER_KEY;
          toServer((byte) (plugin.equals(SHA256) ? SHA256_KEY : CACHING_SHA2_KEY));
          return Interception.DROP;
        }
      }
      case KEY_REQUEST -> {
        step = Step.PASS;
        if (length == 1 && frame.getByte(payload) != 0) {
          step = Step.ENCRYPTED;
          showKey();
          return Interception.DROP;
        }
        // Without asking for a key it is either the password as it is, which a server would not
        // take on that leg, or encrypted for the server's own key, which nobody here can undo.
        toServer((byte) 0);
        return Interception.DROP;
      }
      case ENCRYPTED -> {
        step = Step.PASS;
        byte[] clear = decrypted(ByteBufUtil.getBytes(frame, payload, length));
        if (clear != null) {
          toServer(clear);
          Arrays.fill(clear, (byte) 0);
          return Interception.DROP;
        }
      }
      case PASS, SERVER_KEY -> {
        // As it is.
      }
    }
    // A client that counts wrongly does so towards the server too, which says what it thinks of it.
    serverSequence = (Packets.after(serverSequence) + number - expected) & 0xff;
    legs.toServer(numbered(frame, serverSequence));
    return Interception.DROP;
  }

  /** A packet of the server that does not end the exchange. The frame stays the caller's. */
  Interception server(ByteBuf frame) {
    int number = numberForClient(frame);
    int payload = frame.readerIndex() + Packets.HEADER;
    int end = frame.writerIndex();
    int first = payload == end ? -1 : frame.getUnsignedByte(payload);
    if (step == Step.SERVER_KEY && first == MORE_DATA) {
      sendEncrypted(ByteBufUtil.getBytes(frame, payload + 1, end - payload - 1));
      return Interception.DROP;
    }
    switch (first) {
      case SWITCH, NEXT_FACTOR -> {
        if (end - payload > 1) {
          plugin = Texts.untilNul(frame, payload + 1, end);
          int data = Math.min(end, Texts.nul(frame, payload + 1, end) + 1);
          nonce = ByteBufUtil.getBytes(frame, data, Math.min(NONCE, end - data));
          if (exposesPassword(plugin, clientSafe, serverSafe)) {
            legs.passwordWouldBeExposed(plugin);
            return Interception.DROP;
          }
          passwordComes(plugin.equals(SHA256));
        }
      }
      case MORE_DATA ->
          passwordComes(
              plugin.equals(CACHING_SHA2)
                  && end - payload == 2
                  && frame.getByte(payload + 1) == FULL);
      default -> {
        // Of no plugin that needs help.
      }
    }
    clientsTurn = !(first == MORE_DATA && end - payload == 2 && frame.getByte(payload + 1) == FAST);
    clientSequence = number;
    legs.toClient(numbered(frame, number));
    return Interception.DROP;
  }

  /** What is wrong about the number of a packet of the server is passed on, as it tells the client what the server thinks. */
  private int numberForClient(ByteBuf frame) {
    int number = Packets.sequence(frame, frame.readerIndex());
    int wrong = number - Packets.after(serverSequence);
    serverSequence = number;
    return (nextToClient() + wrong) & 0xff;
  }

  /** The last packet of the exchange, an OK or an ERR. */
  void ends(ByteBuf frame) {
    clientSequence = numberForClient(frame);
    legs.toClient(numbered(frame, clientSequence));
    forget();
  }

  private void passwordComes(boolean itself) {
    step = Step.PASS;
    if (itself && clientSafe != serverSafe) {
      step = clientSafe ? Step.PASSWORD : Step.KEY_REQUEST;
    }
  }

  private void showKey() {
    legs.ownKeys(own -> {
      keys = own;
      byte[] pem = PasswordKeys.pem(own.getPublic());
      byte[] payload = new byte[1 + pem.length];
      payload[0] = MORE_DATA;
      System.arraycopy(pem, 0, payload, 1, pem.length);
      clientSequence = nextToClient();
      legs.toClient(legs.packet(clientSequence, payload));
    });
  }

  private byte @Nullable [] decrypted(byte[] encrypted) {
    KeyPair own = keys;
    if (own == null) {
      return null;
    }
    try {
      return PasswordKeys.decrypt(encrypted, nonce, own);
    } catch (GeneralSecurityException _) {
      // It is for another key, so the server will say that the password is wrong.
      return null;
    }
  }

  private void sendEncrypted(byte[] pem) {
    byte[] clear = password == null ? new byte[1] : password;
    step = Step.PASS;
    try {
      toServer(PasswordKeys.encrypt(clear, nonce, pem));
    } catch (GeneralSecurityException _) {
      // Never in the clear: what is sent instead can only be refused.
      toServer((byte) 0);
    }
    forget();
  }

  private void toServer(byte... payload) {
    serverSequence = Packets.after(serverSequence);
    legs.toServer(legs.packet(serverSequence, payload));
  }

  private void forget() {
    if (password != null) {
      Arrays.fill(password, (byte) 0);
      password = null;
    }
  }

  private static ByteBuf numbered(ByteBuf frame, int sequence) {
    ByteBuf copy = frame.copy();
    copy.setByte(copy.readerIndex() + 3, sequence);
    return copy;
  }
}
