package dev.lastword.admin.sql;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.lastword.x.protobuf.MysqlxDatatypes;
import dev.lastword.x.protobuf.MysqlxResultset.ColumnMetaData;
import dev.lastword.x.protobuf.MysqlxResultset.ContentType_DATETIME;
import dev.lastword.x.protobuf.MysqlxResultset.Row;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Columns and values as they stand in messages of the X protocol; and arguments as they come. */
final class XValues {
  private static final long UTF8MB4 = 45;
  private static final long BINARY = 63;

  private XValues() {}

  static ColumnMetaData column(Field field) {
    ColumnMetaData.Builder column =
        ColumnMetaData.newBuilder()
            .setType(
                switch (field.type()) {
                  case BOOLEAN, INTEGER -> ColumnMetaData.FieldType.SINT;
                  case REAL -> ColumnMetaData.FieldType.DOUBLE;
                  case DECIMAL -> ColumnMetaData.FieldType.DECIMAL;
                  case TEXT, BYTES -> ColumnMetaData.FieldType.BYTES;
                  case DATETIME, DATE -> ColumnMetaData.FieldType.DATETIME;
                  case TIME -> ColumnMetaData.FieldType.TIME;
                })
            .setName(ByteString.copyFromUtf8(field.label()))
            .setOriginalName(ByteString.copyFromUtf8(field.name()))
            .setTable(ByteString.copyFromUtf8(field.table()))
            .setOriginalTable(ByteString.copyFromUtf8(field.table()))
            .setSchema(ByteString.copyFromUtf8(field.schema()))
            .setCatalog(ByteString.copyFromUtf8("def"));
    return switch (field.type()) {
      case BOOLEAN -> column.setLength(1).build();
      case INTEGER -> column.setLength(20).build();
      case REAL -> column.setLength(22).setFractionalDigits(31).build();
      case DECIMAL -> column.setLength(65).setFractionalDigits(field.decimals()).build();
      case TEXT -> column.setLength(4096).setCollation(UTF8MB4).build();
      case BYTES -> column.setLength(65535).setCollation(BINARY).build();
      case DATETIME ->
          column
              .setLength(19)
              .setFractionalDigits(field.decimals())
              .setContentType(ContentType_DATETIME.DATETIME_VALUE)
              .build();
      case DATE -> column.setLength(10).setContentType(ContentType_DATETIME.DATE_VALUE).build();
      case TIME -> column.setLength(10).setFractionalDigits(field.decimals()).build();
    };
  }

  static Row row(List<Field> fields, @Nullable Object[] values) {
    Row.Builder row = Row.newBuilder();
    for (int i = 0; i < values.length; i++) {
      Object value = values[i];
      row.addField(value == null ? ByteString.EMPTY : field(fields.get(i), value));
    }
    return row.build();
  }

  private static ByteString field(Field field, Object value) {
    ByteString.Output bytes = ByteString.newOutput();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      switch (value) {
        case Long number -> out.writeSInt64NoTag(number);
        case Double real -> out.writeDoubleNoTag(real);
        case BigDecimal decimal -> out.writeRawBytes(decimal(decimal));
        case byte[] octets -> {
          out.writeRawBytes(octets);
          // So that nothing is not NULL.
          out.write((byte) 0);
        }
        case LocalDateTime time -> {
          date(out, time.toLocalDate());
          clock(out, time.toLocalTime(), field.decimals());
        }
        case LocalDate day -> date(out, day);
        case LocalTime time -> {
          out.write((byte) 0);
          clock(out, time, field.decimals());
        }
        default -> {
          out.writeRawBytes(value.toString().getBytes(StandardCharsets.UTF_8));
          out.write((byte) 0);
        }
      }
      out.flush();
    } catch (IOException e) {
      throw new AssertionError("memory cannot be written", e);
    }
    return bytes.toByteString();
  }

  private static void date(CodedOutputStream out, LocalDate day) throws IOException {
    out.writeUInt64NoTag(day.getYear());
    out.writeUInt64NoTag(day.getMonthValue());
    out.writeUInt64NoTag(day.getDayOfMonth());
  }

  private static void clock(CodedOutputStream out, LocalTime time, int decimals)
      throws IOException {
    out.writeUInt64NoTag(time.getHour());
    out.writeUInt64NoTag(time.getMinute());
    out.writeUInt64NoTag(time.getSecond());
    int micros = ClassicValues.micros(time.getNano(), decimals);
    if (micros != 0) {
      out.writeUInt64NoTag(micros);
    }
  }

  /** How many digits stand behind the point, then two digits in a byte, then the sign. */
  static byte[] decimal(BigDecimal value) {
    BigDecimal plain = value.scale() < 0 ? value.setScale(0) : value;
    BigInteger unscaled = plain.unscaledValue();
    StringBuilder digits = new StringBuilder(unscaled.abs().toString());
    // Without a digit before the point some clients cannot read it.
    while (digits.length() <= plain.scale()) {
      digits.insert(0, '0');
    }
    digits.append(unscaled.signum() < 0 ? 'd' : 'c');
    if (digits.length() % 2 != 0) {
      digits.append('0');
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(plain.scale());
    for (int i = 0; i < digits.length(); i += 2) {
      bytes.write(
          Character.digit(digits.charAt(i), 16) << 4 | Character.digit(digits.charAt(i + 1), 16));
    }
    return bytes.toByteArray();
  }

  /**
   * Reads an argument of a statement.
   *
   * @return what {@link Rewriter#bind} takes
   */
  static @Nullable Object argument(MysqlxDatatypes.Any any) {
    if (any.getType() != MysqlxDatatypes.Any.Type.SCALAR) {
      throw new SqlRefusal(5154, "HY000", "Only scalars can be arguments here");
    }
    MysqlxDatatypes.Scalar scalar = any.getScalar();
    return switch (scalar.getType()) {
      case V_SINT -> scalar.getVSignedInt();
      case V_UINT ->
          scalar.getVUnsignedInt() < 0
              ? new BigDecimal(Long.toUnsignedString(scalar.getVUnsignedInt()))
              : (Object) scalar.getVUnsignedInt();
      case V_NULL -> null;
      case V_OCTETS -> scalar.getVOctets().getValue().toStringUtf8();
      case V_DOUBLE -> finite(scalar.getVDouble());
      case V_FLOAT -> finite(Double.parseDouble(Float.toString(scalar.getVFloat())));
      case V_BOOL -> scalar.getVBool();
      case V_STRING -> scalar.getVString().getValue().toStringUtf8();
    };
  }

  private static Double finite(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      throw new SqlRefusal(5154, "HY000", "Only finite numbers can be arguments here");
    }
    return value;
  }
}
