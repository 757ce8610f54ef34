package dev.lastword.admin.sql;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A result that is being read. For one thread. */
interface Rows extends AutoCloseable {
  List<Field> fields();

  /**
   * The next row, with values as {@link Field.Type} says.
   *
   * @return null if there are no more
   * @throws SqlRefusal if it cannot be read
   */
  @Nullable Object @Nullable [] next();

  @Override
  void close();
}
