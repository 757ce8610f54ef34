package dev.lastword.admin.sql;

import dev.lastword.admin.Steering;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a client wants, once it is understood. */
sealed interface Statement {
  /**
   * Rows.
   *
   * @param sql for H2
   */
  record Query(String sql) implements Statement {}

  /** Something that is true here whatever one says, such as the end of a transaction. */
  record Nothing() implements Statement {}

  /**
   * Variables of this session.
   *
   * @param values by name in lower case
   */
  record SetVariables(Map<String, @Nullable String> values) implements Statement {}

  /** Another default schema. */
  record Use(String schema) implements Statement {}

  /** The end of a proxied session. */
  record Kill(long session) implements Statement {}

  /** No new sessions for something, and an end for those it has. */
  record Drain(Steering.Scope scope) implements Statement {}

  /** A drain taken back. */
  record Undrain(Steering.Scope scope) implements Statement {}

  /** The configuration file, read again. */
  record Reload() implements Statement {}
}
