package dev.lastword.admin.sql;

/** What a statement led to. */
sealed interface Outcome {
  /** A result, which the receiver closes. */
  record Result(Rows rows) implements Outcome {}

  /** Nothing to be shown. */
  record Done() implements Outcome {}
}
