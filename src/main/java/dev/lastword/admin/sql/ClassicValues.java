package dev.lastword.admin.sql;

import io.netty.buffer.ByteBuf;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Columns and values as they stand in packets of the classic protocol; and parameters as they come. */
final class ClassicValues {
  private static final int UTF8MB4 = 45;
  private static final int BINARY = 63;
  private static final int BINARY_FLAG = 128;
  private static final int BLOB_FLAG = 16;
  private static final int NUMBER_FLAG = 32768;
  private static final int NULL = 0xFB;

  private static final DateTimeFormatter SECONDS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT);

  private ClassicValues() {}

  /** The type of a column. */
  static int type(Field.Type type) {
    return switch (type) {
      case BOOLEAN -> 1;
      case INTEGER -> 8;
      case REAL -> 5;
      case DECIMAL -> 246;
      case TEXT -> 253;
      case BYTES -> 252;
      case DATETIME -> 12;
      case DATE -> 10;
      case TIME -> 11;
    };
  }

  static void column(ByteBuf out, Field field) {
    ClassicPackets.text(out, "def");
    ClassicPackets.text(out, field.schema());
    ClassicPackets.text(out, field.table());
    ClassicPackets.text(out, field.table());
    ClassicPackets.text(out, field.label());
    ClassicPackets.text(out, field.name());
    out.writeByte(0x0C);
    out.writeShortLE(field.type() == Field.Type.TEXT ? UTF8MB4 : BINARY);
    out.writeIntLE(
        switch (field.type()) {
          case BOOLEAN -> 1;
          case INTEGER -> 20;
          case REAL -> 22;
          case DECIMAL -> 65;
          case TEXT -> 4096;
          case BYTES -> 65535;
          case DATETIME -> 19 + (field.decimals() > 0 ? field.decimals() + 1 : 0);
          case DATE, TIME -> 10;
        });
    out.writeByte(type(field.type()));
    out.writeShortLE(
        switch (field.type()) {
          case BOOLEAN, INTEGER, REAL, DECIMAL -> BINARY_FLAG | NUMBER_FLAG;
          case TEXT -> 0;
          case BYTES -> BINARY_FLAG | BLOB_FLAG;
          case DATETIME, DATE, TIME -> BINARY_FLAG;
        });
    // 31 says of a floating-point number that it has as many as it needs.
    out.writeByte(field.type() == Field.Type.REAL ? 31 : field.decimals());
    out.writeZero(2);
  }

  /** What stands for a question mark before its type is known. */
  static Field parameter() {
    return Field.text("?");
  }

  /** A row of texts. */
  static void textRow(ByteBuf out, List<Field> fields, @Nullable Object[] row) {
    for (int i = 0; i < row.length; i++) {
      Object value = row[i];
      if (value == null) {
        out.writeByte(NULL);
      } else if (value instanceof byte[] bytes) {
        ClassicPackets.bytes(out, bytes);
      } else {
        ClassicPackets.text(out, text(value, fields.get(i).decimals()));
      }
    }
  }

  /** A value as a text, as a server writes it. */
  static String text(Object value, int decimals) {
    return switch (value) {
      case Double real ->
          real == Math.rint(real) && Math.abs(real) < 1e15
              ? Long.toString(real.longValue())
              : real.toString();
      case BigDecimal decimal -> decimal.toPlainString();
      case LocalDateTime time ->
          SECONDS.format(time) + fraction(time.get(ChronoField.NANO_OF_SECOND), decimals);
      case LocalTime time ->
          String.format(
                  Locale.ROOT, "%02d:%02d:%02d", time.getHour(), time.getMinute(), time.getSecond())
              + fraction(time.getNano(), decimals);
      default -> value.toString();
    };
  }

  private static String fraction(int nanos, int decimals) {
    return decimals <= 0
        ? ""
        : "." + String.format(Locale.ROOT, "%09d", nanos).substring(0, Math.min(9, decimals));
  }

  /** A row of values as they are in memory. */
  static void binaryRow(ByteBuf out, List<Field> fields, @Nullable Object[] row) {
    out.writeByte(0);
    byte[] nulls = new byte[(row.length + 9) / 8];
    for (int i = 0; i < row.length; i++) {
      if (row[i] == null) {
        nulls[(i + 2) / 8] |= (byte) (1 << (i + 2) % 8);
      }
    }
    out.writeBytes(nulls);
    for (int i = 0; i < row.length; i++) {
      Object value = row[i];
      if (value != null) {
        binary(out, fields.get(i), value);
      }
    }
  }

  private static void binary(ByteBuf out, Field field, Object value) {
    switch (value) {
      case Long number -> {
        if (field.type() == Field.Type.BOOLEAN) {
          out.writeByte(number.intValue());
        } else {
          out.writeLongLE(number);
        }
      }
      case Double real -> out.writeDoubleLE(real);
      case byte[] bytes -> ClassicPackets.bytes(out, bytes);
      case LocalDateTime time -> {
        int micros = micros(time.get(ChronoField.NANO_OF_SECOND), field.decimals());
        out.writeByte(micros == 0 ? 7 : 11);
        date(out, time.toLocalDate());
        out.writeByte(time.getHour()).writeByte(time.getMinute()).writeByte(time.getSecond());
        if (micros != 0) {
          out.writeIntLE(micros);
        }
      }
      case LocalDate day -> {
        out.writeByte(4);
        date(out, day);
      }
      case LocalTime time -> {
        int micros = micros(time.getNano(), field.decimals());
        out.writeByte(micros == 0 ? 8 : 12).writeZero(5);
        out.writeByte(time.getHour()).writeByte(time.getMinute()).writeByte(time.getSecond());
        if (micros != 0) {
          out.writeIntLE(micros);
        }
      }
      default -> ClassicPackets.text(out, text(value, field.decimals()));
    }
  }

  private static void date(ByteBuf out, LocalDate day) {
    out.writeShortLE(day.getYear()).writeByte(day.getMonthValue()).writeByte(day.getDayOfMonth());
  }

  /** Cut off, not rounded, as in a text. */
  static int micros(int nanos, int decimals) {
    int unit = (int) Math.pow(10, 9 - Math.clamp(decimals, 0, 6));
    return nanos / unit * unit / 1000;
  }

  /**
   * Reads the value of a parameter.
   *
   * @param type its type, with 0x8000 if it has no sign
   * @return what {@link Rewriter#bind} takes
   */
  static @Nullable Object parameter(PacketReader in, int type) {
    boolean unsigned = (type & 0x8000) != 0;
    return switch (type & 0xFF) {
      case 1 -> unsigned ? in.integer(1) : (Object) (long) (byte) in.integer(1);
      case 2, 13 -> unsigned ? in.integer(2) : (Object) (long) (short) in.integer(2);
      case 3, 9 -> unsigned ? in.integer(4) : (Object) (long) (int) in.integer(4);
      case 8 -> {
        long number = in.integer(8);
        yield unsigned && number < 0 ? new BigDecimal(Long.toUnsignedString(number)) : number;
      }
      case 4 -> finite(Float.intBitsToFloat((int) in.integer(4)));
      case 5 -> finite(Double.longBitsToDouble(in.integer(8)));
      case 6 -> null;
      case 0, 15, 16, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254 ->
          new String(in.bytes(in.lengthEncoded()), StandardCharsets.UTF_8);
      case 7, 10, 12, 14 -> date(in);
      case 11 -> time(in);
      default -> throw PacketReader.malformed();
    };
  }

  private static Double finite(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      throw PacketReader.malformed();
    }
    return value;
  }

  private static String date(PacketReader in) {
    PacketReader value = new PacketReader(in.bytes(in.integer(1)), 0);
    StringBuilder text = new StringBuilder();
    if (!value.hasMore()) {
      return "0000-00-00";
    }
    text.append(
        String.format(
            Locale.ROOT, "%04d-%02d-%02d", value.integer(2), value.integer(1), value.integer(1)));
    if (value.hasMore()) {
      text.append(' ').append(clock(value));
    }
    return text.toString();
  }

  private static String time(PacketReader in) {
    PacketReader value = new PacketReader(in.bytes(in.integer(1)), 0);
    if (!value.hasMore()) {
      return "00:00:00";
    }
    boolean negative = value.integer(1) != 0;
    boolean days = value.integer(4) != 0;
    String clock = clock(value);
    if (negative || days) {
      // A time of day is all that there is here.
      throw new SqlRefusal(1292, "22007", "Incorrect time value: negative, or longer than a day");
    }
    return clock;
  }

  private static String clock(PacketReader value) {
    String text =
        String.format(
            Locale.ROOT, "%02d:%02d:%02d", value.integer(1), value.integer(1), value.integer(1));
    return value.hasMore() ? text + String.format(Locale.ROOT, ".%06d", value.integer(4)) : text;
  }
}
