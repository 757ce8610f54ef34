package dev.lastword.testing.x;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import dev.lastword.x.protobuf.MysqlxResultset.ColumnMetaData;
import dev.lastword.x.protobuf.MysqlxResultset.Row;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The fields of a row as a person would write them. */
final class FieldText {

  private FieldText() {}

  static List<@Nullable String> of(List<ColumnMetaData> columns, Row row) {
    List<@Nullable String> texts = new ArrayList<>();
    for (int i = 0; i < row.getFieldCount(); i++) {
      ByteString field = row.getField(i);
      // A fetch from a cursor comes without metadata: then there is nothing but bytes.
      ColumnMetaData.@Nullable FieldType type =
          i < columns.size() ? columns.get(i).getType() : null;
      try {
        texts.add(field.isEmpty() ? null : type == null ? FrameText.hex(field) : text(type, field));
      } catch (IOException malformed) {
        throw new UncheckedIOException("field " + i + " " + FrameText.hex(field), malformed);
      }
    }
    return texts;
  }

  private static String text(ColumnMetaData.FieldType type, ByteString field) throws IOException {
    CodedInputStream in = field.newCodedInput();
    return switch (type) {
      case SINT -> Long.toString(in.readSInt64());
      case UINT, BIT -> Long.toUnsignedString(in.readUInt64());
      case DOUBLE -> Double.toString(in.readDouble());
      case FLOAT -> Float.toString(in.readFloat());
      case BYTES, ENUM -> field.substring(0, field.size() - 1).toString(StandardCharsets.UTF_8);
      case DECIMAL -> decimal(field);
      case DATETIME, TIME, SET -> FrameText.hex(field);
    };
  }

  /** Scale, then digits in nibbles; the last one is the sign: 0xd is minus. */
  private static String decimal(ByteString field) {
    StringBuilder digits = new StringBuilder();
    for (int i = 1; i < field.size(); i++) {
      int[] nibbles = {field.byteAt(i) >> 4 & 0xf, field.byteAt(i) & 0xf};
      for (int nibble : nibbles) {
        if (nibble > 9) {
          BigDecimal value = new BigDecimal(new BigInteger(digits.toString()), field.byteAt(0));
          return (nibble == 0xd || nibble == 0xb ? value.negate() : value).toPlainString();
        }
        digits.append(nibble);
      }
    }
    throw new IllegalArgumentException("a DECIMAL without a sign: " + FrameText.hex(field));
  }
}
