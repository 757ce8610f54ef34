package dev.lastword.admin;

import java.time.Instant;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A column of a {@link Table}. Its name is the same in SQL, in JSON and on the command line.
 *
 * @param name lower case, words joined by underscores
 * @param type which Java type the values have
 * @param comment what it says, for people; with the unit
 * @param value takes it from a row; null where there is none
 */
public record Column<R>(
    String name, Type type, String comment, Function<? super R, ? extends @Nullable Object> value) {
  /** What a value can be. */
  public enum Type {
    /** A {@link String}. */
    TEXT,
    /** A {@link Long}. */
    INTEGER,
    /** A {@link Double}. */
    REAL,
    /** A {@link Boolean}. */
    BOOLEAN,
    /** An {@link Instant}. */
    TIMESTAMP
  }

  static <R> Column<R> text(
      String name, String comment, Function<? super R, @Nullable String> value) {
    return new Column<>(name, Type.TEXT, comment, value);
  }

  static <R> Column<R> integer(
      String name, String comment, Function<? super R, @Nullable Long> value) {
    return new Column<>(name, Type.INTEGER, comment, value);
  }

  static <R> Column<R> real(
      String name, String comment, Function<? super R, @Nullable Double> value) {
    return new Column<>(name, Type.REAL, comment, value);
  }

  static <R> Column<R> bool(
      String name, String comment, Function<? super R, @Nullable Boolean> value) {
    return new Column<>(name, Type.BOOLEAN, comment, value);
  }

  static <R> Column<R> timestamp(
      String name, String comment, Function<? super R, @Nullable Instant> value) {
    return new Column<>(name, Type.TIMESTAMP, comment, value);
  }
}
