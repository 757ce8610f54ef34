package dev.lastword.admin.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.config.Account;
import dev.lastword.config.Secret;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bytes, as both protocols have them. */
class CodecTest {
  private static final LocalDateTime TIME = LocalDateTime.of(2026, 11, 21, 12, 3, 11, 125_999_999);

  private static Field field(Field.Type type, int decimals) {
    return new Field("a", "", "", "", type, decimals);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 00",
    "250, fa",
    "251, fcfb00",
    "65535, fcffff",
    "65536, fd000001",
    "16777216, fe0000000100000000",
    "-1, feffffffffffffffff"
  })
  void an_integer_says_how_long_it_is(long value, String bytes) {
    ByteBuf out = Unpooled.buffer();
    ClassicPackets.integer(out, value);
    assertThat(ByteBufUtil.hexDump(out)).isEqualTo(bytes);
    assertThat(new PacketReader(ByteBufUtil.getBytes(out), 0).lengthEncoded()).isEqualTo(value);
  }

  @Test
  void a_row_of_texts_is_written_as_a_server_writes_it() {
    ByteBuf out = Unpooled.buffer();
    ClassicValues.textRow(
        out,
        List.of(
            field(Field.Type.DATETIME, 3),
            field(Field.Type.REAL, 0),
            field(Field.Type.TEXT, 0),
            field(Field.Type.DECIMAL, 1)),
        new Object[] {TIME, 90.0, null, new BigDecimal("1E+2")});
    assertThat(out.toString(StandardCharsets.ISO_8859_1))
        .isEqualTo("\u00172026-11-21 12:03:11.125\u000290\u00fb\u0003100");
  }

  @Test
  void a_row_of_values_has_its_nulls_in_front() {
    ByteBuf out = Unpooled.buffer();
    ClassicValues.binaryRow(
        out,
        List.of(
            field(Field.Type.INTEGER, 0),
            field(Field.Type.BOOLEAN, 0),
            field(Field.Type.DATETIME, 3),
            field(Field.Type.DATETIME, 0)),
        new Object[] {null, 1L, TIME, TIME});
    assertThat(ByteBufUtil.hexDump(out))
        .isEqualTo(
            "00" // header
                + "04" // the first is null
                + "01"
                + "0bea070b150c030b48e80100" // with 125,000 microseconds
                + "07ea070b150c030b"); // without
  }

  @ParameterizedTest
  @CsvSource({
    "0, 000c",
    "1, 001c",
    "-12.50, 021250d0",
    "0.05, 02005c",
    "12.3, 01123c",
    "1E+3, 001000c0"
  })
  void a_decimal_has_two_digits_in_a_byte(BigDecimal value, String bytes) {
    assertThat(HexFormat.of().formatHex(XValues.decimal(value))).isEqualTo(bytes);
  }

  @Test
  void a_password_is_proven_without_being_said() {
    byte[] nonce = "abcdefghijklmnopqrst".getBytes(StandardCharsets.US_ASCII);
    Accounts accounts =
        new Accounts(
            List.of(new Account("op", new Secret("sesame")), new Account("empty", new Secret(""))));
    // Computed with another program, from the formulas in the documentation of the server.
    byte[] native41 = HexFormat.of().parseHex("613e55086a4cff7ee5e72155de2dc8f9a411472c");
    byte[] sha256 =
        HexFormat.of().parseHex("1ec72bde06563fbbd3b7ca9429446f15fe7322aa5823c6f9ca21771ce4206c1e");
    assertThat(accounts.proves("op", Accounts.Proof.NATIVE, native41, nonce)).isTrue();
    assertThat(accounts.proves("op", Accounts.Proof.SHA256, sha256, nonce)).isTrue();
    assertThat(accounts.proves("empty", Accounts.Proof.SHA256, new byte[0], nonce)).isTrue();
    assertThat(accounts.proves("op", Accounts.Proof.SHA256, new byte[0], nonce)).isFalse();
    assertThat(accounts.proves("op", Accounts.Proof.SHA256, native41, nonce)).isFalse();
    assertThat(accounts.proves("Op", Accounts.Proof.SHA256, sha256, nonce)).isFalse();
    assertThat(accounts.proves("nobody", Accounts.Proof.PLAIN, new byte[0], nonce)).isFalse();
    byte[] other = Accounts.nonce();
    assertThat(accounts.proves("op", Accounts.Proof.SHA256, sha256, other)).isFalse();
    assertThat(other).hasSize(20).doesNotContain(0);
  }

  @Test
  void what_is_not_there_is_malformed_and_nothing_worse() {
    Random random = new Random(4711);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextInt(24)];
      random.nextBytes(bytes);
      PacketReader in = new PacketReader(bytes, 0);
      try {
        while (in.hasMore()) {
          Object value = ClassicValues.parameter(in, random.nextInt(0x10000));
          if (value == null) {
            break;
          }
        }
      } catch (SqlRefusal refusal) {
        // A time that is longer than a day may have come out of it, too.
        assertThat(refusal.code()).isIn(1835, 1292);
      }
    }
  }

  @Test
  void any_text_is_understood_or_refused() {
    Random random = new Random(4711);
    String[] pieces = {
      "SELECT",
      "SHOW",
      "SET",
      "'",
      "\"",
      "`",
      "/*",
      "*/",
      "/*!",
      "--",
      "#",
      "\n",
      " ",
      "(",
      ")",
      ",",
      ".",
      "@@",
      "@",
      "?",
      "x'",
      "0x",
      "1",
      "1e",
      "a",
      "FROM",
      "HAVING",
      "LIKE",
      "WHERE",
      "CAST",
      "AS",
      "INTERVAL",
      "DATE_SUB",
      "KILL",
      "DRAIN",
      "SERVER",
      ";",
      "=",
      "\\",
      "NAMES",
      "TABLES",
      "COLUMNS",
      "STATUS",
      "UNION",
      "CASE",
      "END",
      "DESC",
      "USE",
      "\0",
      "ä"
    };
    RewriterTest rewriter = new RewriterTest();
    for (int i = 0; i < 50_000; i++) {
      StringBuilder sql = new StringBuilder();
      for (int n = random.nextInt(12); n >= 0; n--) {
        sql.append(pieces[random.nextInt(pieces.length)]);
        if (random.nextBoolean()) {
          sql.append(' ');
        }
      }
      try {
        rewriter.understand(sql.toString());
      } catch (SqlRefusal refusal) {
        assertThat(refusal.text()).isNotEmpty();
      } catch (RuntimeException e) {
        throw new AssertionError(sql.toString(), e);
      }
    }
  }

  @Test
  void only_finite_numbers_are_parameters() {
    byte[] bytes = new byte[8];
    Arrays.fill(bytes, (byte) 0xFF);
    assertThatThrownBy(() -> ClassicValues.parameter(new PacketReader(bytes, 0), 5))
        .isInstanceOf(SqlRefusal.class);
  }
}
