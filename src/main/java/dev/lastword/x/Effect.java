package dev.lastword.x;

/**
 * What one client message does to the state of its session. {@link RequestEffects} finds it in the message, {@link
 * TransactionState#next} applies it once the server has answered.
 *
 * <p>The groups follow MySQL's manual, "Statements That Cause an Implicit Commit", corrected where a server 9.7 was seen
 * to do otherwise ({@code StatementEffectsIT} runs every group against a server).
 */
public enum Effect {
  /** Neither starts nor ends a transaction. */
  NONE,
  /** Reads or writes tables: starts a transaction if autocommit is off. */
  MAY_START,
  /** START TRANSACTION, BEGIN: ends the open transaction and table locks, and starts one. */
  BEGIN,
  /** COMMIT. */
  COMMIT,
  /** COMMIT AND CHAIN: the next transaction is open at once. */
  COMMIT_AND_CHAIN,
  /** ROLLBACK (not to a savepoint, which ends nothing). */
  ROLLBACK,
  /** ROLLBACK AND CHAIN. */
  ROLLBACK_AND_CHAIN,
  /** DDL, account and administration statements: they commit first, and stay committed when they then fail. */
  IMPLICIT_COMMIT,
  /** LOCK TABLES: an implicit commit, and UNLOCK TABLES will be another one. */
  LOCK_TABLES,
  /** UNLOCK TABLES: commits only if LOCK TABLES is in force. */
  UNLOCK_TABLES,
  /** SET autocommit = 1: commits if it was 0. */
  AUTOCOMMIT_ON,
  /** SET autocommit = 0: an open transaction stays open. */
  AUTOCOMMIT_OFF,
  /** XA START. */
  XA_START,
  /** XA PREPARE, XA COMMIT, XA ROLLBACK: the session has no transaction any more. */
  XA_FINISH,
  /** CALL, EXECUTE, BINLOG, SET autocommit to an expression: only the server knows. */
  UNKNOWN,
  /** The admin command {@code disable_notices} for warnings: the client wants no farewell notice. */
  WARNINGS_OFF,
  /** The admin command {@code enable_notices} for warnings. */
  WARNINGS_ON,
  /** Session.Reset with keep_open: session state is gone, the login stays. */
  RESET,
  /** Session.Reset without keep_open: session state is gone, a new authentication follows. */
  RESET_AND_AUTHENTICATE,
  /** Session.Close: as {@link #RESET_AND_AUTHENTICATE}. */
  CLOSE
}
