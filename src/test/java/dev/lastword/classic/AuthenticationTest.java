package dev.lastword.classic;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Logins whose two legs differ: one is safe for a password, the other is not. */
class AuthenticationTest {
  private static final byte[] NONCE = "abcdefghijklmnopqrst".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] PASSWORD = "secret\0".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] FULL = {1, 4};

  /** A packet, as it went out. */
  record Sent(int number, String payload) {}

  private final List<Sent> toClient = new ArrayList<>();
  private final List<Sent> toServer = new ArrayList<>();
  private final KeyPair keys = new PasswordKeys(Runnable::run).own().join();
  private byte[] lastToServer = {};
  private @Nullable String exposed;

  private final Authentication.Legs legs =
      new Authentication.Legs() {
        @Override
        public void toClient(ByteBuf packet) {
          toClient.add(sent(packet));
        }

        @Override
        public void toServer(ByteBuf packet) {
          lastToServer = new byte[packet.readableBytes() - Packets.HEADER];
          packet.getBytes(Packets.HEADER, lastToServer);
          toServer.add(sent(packet));
        }

        @Override
        public ByteBuf packet(int sequence, byte... payload) {
          return frame(sequence, payload);
        }

        @Override
        public void passwordWouldBeExposed(String plugin) {
          exposed = plugin;
        }

        @Override
        public void ownKeys(Consumer<KeyPair> then) {
          then.accept(keys);
        }
      };

  private static Sent sent(ByteBuf packet) {
    Sent sent =
        new Sent(
            Packets.sequence(packet, 0),
            packet.toString(
                Packets.HEADER,
                packet.readableBytes() - Packets.HEADER,
                StandardCharsets.ISO_8859_1));
    packet.release();
    return sent;
  }

  private static ByteBuf frame(int number, byte... payload) {
    return Unpooled.buffer().writeMediumLE(payload.length).writeByte(number).writeBytes(payload);
  }

  private static String text(byte... bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static byte[] join(byte[] one, byte[] other) {
    byte[] all = java.util.Arrays.copyOf(one, one.length + other.length);
    System.arraycopy(other, 0, all, one.length, other.length);
    return all;
  }

  private static byte[] switchTo(String plugin) {
    byte[] name = ("\u00fe" + plugin + "\0").getBytes(StandardCharsets.ISO_8859_1);
    return join(join(name, NONCE), new byte[1]);
  }

  private Authentication between(boolean clientSafe, boolean serverSafe) {
    // The encrypted leg has had an SSLRequest more.
    return new Authentication(
        legs,
        clientSafe,
        serverSafe,
        clientSafe ? 2 : 1,
        serverSafe ? 2 : 1,
        "caching_sha2_password",
        NONCE);
  }

  @Test
  void a_password_from_a_safe_leg_is_encrypted_for_a_server_on_an_unsafe_one() throws Exception {
    Authentication login = between(true, false);
    login.server(frame(2, FULL));
    assertThat(toClient).containsExactly(new Sent(3, text(FULL)));
    login.client(frame(4, PASSWORD));
    assertThat(toServer).containsExactly(new Sent(3, text((byte) 2)));
    login.server(frame(4, join(new byte[] {1}, PasswordKeys.pem(keys.getPublic()))));
    assertThat(toServer).hasSize(2);
    assertThat(toServer.getLast().number()).isEqualTo(5);
    assertThat(PasswordKeys.decrypt(lastToServer, NONCE, keys)).isEqualTo(PASSWORD);
    login.ends(frame(6, (byte) 0));
    assertThat(toClient.getLast()).isEqualTo(new Sent(5, text((byte) 0)));
    assertThat(toClient).hasSize(2);
  }

  @Test
  void a_password_from_an_unsafe_leg_is_decrypted_for_a_server_on_a_safe_one() throws Exception {
    Authentication login = between(false, true);
    login.server(frame(3, FULL));
    assertThat(toClient).containsExactly(new Sent(2, text(FULL)));
    login.client(frame(3, (byte) 2));
    assertThat(toServer).isEmpty();
    byte[] pem = PasswordKeys.pem(keys.getPublic());
    assertThat(toClient.getLast()).isEqualTo(new Sent(4, text(join(new byte[] {1}, pem))));
    login.client(frame(5, PasswordKeys.encrypt(PASSWORD, NONCE, pem)));
    assertThat(toServer).containsExactly(new Sent(4, text(PASSWORD)));
    login.ends(frame(5, (byte) 0));
    assertThat(toClient.getLast()).isEqualTo(new Sent(6, text((byte) 0)));
  }

  @Test
  void what_was_encrypted_for_another_key_is_never_taken_for_a_password() throws Exception {
    Authentication login = between(false, true);
    login.server(frame(3, FULL));
    login.client(frame(3, (byte) 2));
    KeyPair other = new PasswordKeys(Runnable::run).own().join();
    byte[] encrypted = PasswordKeys.encrypt(PASSWORD, NONCE, PasswordKeys.pem(other.getPublic()));
    login.client(frame(5, encrypted));
    assertThat(toServer).containsExactly(new Sent(4, text(encrypted)));
  }

  @Test
  void a_password_that_went_over_an_unsafe_leg_as_it_is_is_not_taken() {
    Authentication login = between(false, true);
    login.server(frame(3, FULL));
    login.client(frame(3, PASSWORD));
    assertThat(toServer).containsExactly(new Sent(4, text((byte) 0)));
  }

  @Test
  void sha256_password_is_helped_from_its_switch_on() {
    Authentication login = between(true, false);
    login.server(frame(2, switchTo("sha256_password")));
    login.client(frame(4, PASSWORD));
    assertThat(toServer).containsExactly(new Sent(3, text((byte) 1)));
  }

  @Test
  void an_empty_password_needs_no_help() {
    Authentication login = between(true, false);
    login.server(frame(2, switchTo("sha256_password")));
    login.client(frame(4, (byte) 0));
    assertThat(toServer).containsExactly(new Sent(3, text((byte) 0)));
  }

  @Test
  void legs_that_are_alike_need_no_help() {
    for (boolean safe : new boolean[] {false, true}) {
      toServer.clear();
      Authentication login = between(safe, safe);
      int first = safe ? 3 : 2;
      login.server(frame(first, FULL));
      login.client(frame(first + 1, PASSWORD));
      assertThat(toServer).containsExactly(new Sent(first + 1, text(PASSWORD)));
    }
  }

  @Test
  void a_password_that_the_client_believes_to_be_safe_is_not_asked_for_in_the_clear() {
    for (String plugin : List.of("mysql_clear_password", "dialog")) {
      toClient.clear();
      exposed = null;
      between(true, false).server(frame(2, switchTo(plugin)));
      assertThat(exposed).isEqualTo(plugin);
      assertThat(toClient).isEmpty();
      exposed = null;
      between(true, true).server(frame(3, switchTo(plugin)));
      assertThat(exposed).isNull();
      assertThat(toClient).hasSize(1);
    }
  }

  @Test
  void a_wrong_number_stays_as_wrong_as_it_is() {
    Authentication login = between(true, false);
    login.server(frame(2, switchTo("caching_sha2_password")));
    assertThat(login.clientsTurn()).isTrue();
    login.client(frame(9, (byte) 7));
    assertThat(toServer).containsExactly(new Sent(8, text((byte) 7)));
    assertThat(login.clientsTurn()).isFalse();
    // The server counts from what it expected, not from what it got.
    login.ends(frame(3, (byte) 0xff));
    assertThat(toClient.getLast().number()).isEqualTo(4);
  }
}
