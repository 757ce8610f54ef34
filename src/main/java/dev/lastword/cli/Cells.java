package dev.lastword.cli;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Values as people read them. What they mean is told by the names of their columns, which end in their units. */
final class Cells {
  private static final DateTimeFormatter CLOCK =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);
  private static final DateTimeFormatter DAY_AND_CLOCK =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT);

  private Cells() {}

  /** The text of a value in a column. */
  static String text(String column, @Nullable Object value, Instant now) {
    return switch (value) {
      case null -> "-";
      case Boolean flag -> flag ? "yes" : "-";
      case Number number when column.startsWith("bytes_") -> bytes(number.longValue());
      case Number number when column.endsWith("_seconds") ->
          duration((long) (number.doubleValue() * 1_000_000));
      case Number number when column.endsWith("_millis") -> duration(number.longValue() * 1_000);
      case Number number when column.endsWith("_micros") -> duration(number.longValue());
      case String text when column.equals("ended") || column.equals("at") -> ago(text, now);
      default -> clean(value.toString());
    };
  }

  /** Whether a column is read from the right. */
  static boolean isNumber(@Nullable Object value) {
    return value instanceof Number;
  }

  static String bytes(long count) {
    if (count < 1_024) {
      return count + " B";
    }
    double rest = count;
    for (String unit : new String[] {"KiB", "MiB", "GiB"}) {
      rest /= 1_024;
      if (rest < 1_024) {
        return (rest < 10 ? decimal("%.1f", rest) : decimal("%.0f", rest)) + " " + unit;
      }
    }
    return decimal("%.1f", rest / 1_024) + " TiB";
  }

  static String duration(long micros) {
    if (micros < 1_000_000) {
      double millis = micros / 1_000.0;
      return (millis < 10 ? decimal("%.1f", millis) : decimal("%.0f", millis)) + " ms";
    }
    long seconds = micros / 1_000_000;
    if (seconds < 10) {
      return decimal("%.1f", micros / 1_000_000.0) + " s";
    }
    if (seconds < 60) {
      return seconds + " s";
    }
    if (seconds < 3_600) {
      return seconds / 60 + " m " + seconds % 60 + " s";
    }
    long hours = seconds / 3_600;
    return hours < 48
        ? hours + " h " + seconds % 3_600 / 60 + " m"
        : hours / 24 + " d " + hours % 24 + " h";
  }

  /** How long ago something was, for as long as people would say it so. */
  static String ago(String time, Instant now) {
    try {
      Duration since = Duration.between(Instant.parse(time), now);
      if (since.isNegative() || since.toHours() >= 24) {
        return DAY_AND_CLOCK.format(Instant.parse(time).atZone(ZoneId.systemDefault()));
      }
      if (since.toSeconds() < 60) {
        return since.toSeconds() + " s ago";
      }
      return since.toMinutes() < 60
          ? since.toMinutes() + " m ago"
          : since.toHours() + " h " + since.toMinutesPart() + " m ago";
    } catch (DateTimeException e) {
      return clean(time);
    }
  }

  /** The time of day here. */
  static String clock(String time) {
    try {
      return CLOCK.format(Instant.parse(time).atZone(ZoneId.systemDefault()));
    } catch (DateTimeException e) {
      return clean(time);
    }
  }

  /** A text that others chose: it must not be able to steer the terminal. */
  static String clean(String foreign) {
    StringBuilder clean = new StringBuilder(foreign.length());
    foreign
        .codePoints()
        .forEach(c ->
            clean.appendCodePoint(
                switch (Character.getType(c)) {
                  case Character.CONTROL,
                      Character.FORMAT,
                      Character.LINE_SEPARATOR,
                      Character.PARAGRAPH_SEPARATOR,
                      Character.SURROGATE ->
                      '?';
                  default -> c;
                }));
    return clean.toString();
  }

  private static String decimal(String form, double number) {
    return String.format(Locale.ROOT, form, number);
  }
}
