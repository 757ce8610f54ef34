package dev.lastword.x;

/**
 * Is a session in a transaction? A value with few instances: all are made once, {@link #next} allocates nothing.
 *
 * <p>X tells no status flags, so this follows what the client asked for and how the server answered. It can be wrong
 * only where {@link #isCertain} is false (after a CALL, for example), and in these cases, which no client message shows:
 * the server's global autocommit is off or init_connect starts a transaction, {@code completion_type} is not NO_CHAIN,
 * {@code xa_detach_on_prepare} is off, {@code innodb_rollback_on_timeout} is on. With autocommit off, a statement that
 * names tables counts as starting a transaction, although one that reads only MyISAM or CTE tables does not; and the
 * commit at the UNLOCK TABLES after FLUSH TABLES t WITH READ LOCK is not seen.
 */
public final class TransactionState {

  private static final int OPEN = 1;
  private static final int MANUAL = 2;
  private static final int LOCKED = 4;
  private static final int UNCERTAIN = 8;
  private static final TransactionState[] ALL = new TransactionState[16];

  static {
    for (int bits = 0; bits < ALL.length; bits++) {
      ALL[bits] = new TransactionState(bits);
    }
  }

  /** A new session's: autocommit on, no transaction, no table locks. */
  public static final TransactionState INITIAL = ALL[0];

  /** The answer of the server that is not an error, for {@link #next}. */
  public static final int SUCCESS = 0;

  private final int bits;

  private TransactionState(int bits) {
    this.bits = bits;
  }

  /** True if a transaction is open, to the best of our knowledge. */
  public boolean isOpen() {
    return (bits & OPEN) != 0;
  }

  /** False after a request whose effect no one but the server knows, until a request with a sure one. */
  public boolean isCertain() {
    return (bits & UNCERTAIN) == 0;
  }

  /** False after SET autocommit = 0. */
  public boolean isAutocommit() {
    return (bits & MANUAL) == 0;
  }

  /** True while LOCK TABLES is in force. */
  public boolean hasTableLocks() {
    return (bits & LOCKED) != 0;
  }

  /**
   * The state after a request was answered.
   *
   * @param effect what the request does
   * @param errorCode {@link #SUCCESS}, or the code of the Error message that ended the response
   */
  public TransactionState next(Effect effect, int errorCode) {
    return ALL[errorCode == SUCCESS ? done(effect) : failed(effect, errorCode)];
  }

  private int done(Effect effect) {
    return switch (effect) {
      case NONE, WARNINGS_OFF, WARNINGS_ON -> bits;
      case MAY_START -> isAutocommit() ? bits : bits | OPEN;
      case BEGIN -> (ended() & ~LOCKED) | OPEN;
      case COMMIT, ROLLBACK, IMPLICIT_COMMIT, XA_FINISH -> ended();
      case COMMIT_AND_CHAIN, ROLLBACK_AND_CHAIN -> ended() | OPEN;
      case LOCK_TABLES -> ended() | LOCKED | (isAutocommit() ? 0 : OPEN);
      case UNLOCK_TABLES -> hasTableLocks() ? ended() & ~LOCKED : bits;
      case AUTOCOMMIT_ON -> isAutocommit() ? bits : ended() & ~MANUAL;
      case AUTOCOMMIT_OFF -> bits | MANUAL;
      case XA_START -> (bits & ~UNCERTAIN) | OPEN;
      case UNKNOWN -> bits | UNCERTAIN | (isAutocommit() ? 0 : OPEN);
      case RESET, RESET_AND_AUTHENTICATE, CLOSE -> INITIAL.bits;
    };
  }

  private int failed(Effect effect, int errorCode) {
    if (neverRan(errorCode)) {
      return bits;
    }
    if (rollsBack(errorCode)) {
      return ended();
    }
    return switch (effect) {
      case NONE, WARNINGS_OFF, WARNINGS_ON, AUTOCOMMIT_ON, AUTOCOMMIT_OFF, XA_START -> bits;
      case RESET, RESET_AND_AUTHENTICATE, CLOSE -> bits;
      case BEGIN, LOCK_TABLES -> ended() & ~LOCKED;
      case COMMIT, ROLLBACK, COMMIT_AND_CHAIN, ROLLBACK_AND_CHAIN -> ended();
      // A read-only server refuses before the commit; what else this code stands for comes after
      // it.
      case IMPLICIT_COMMIT -> errorCode == 1290 && isOpen() ? bits | UNCERTAIN : ended();
      case UNLOCK_TABLES -> hasTableLocks() ? ended() & ~LOCKED : bits;
      case XA_FINISH -> bits;
      case UNKNOWN -> bits | UNCERTAIN;
      case MAY_START ->
          isAutocommit() || isOpen() || unresolved(errorCode) ? bits : bits | OPEN | UNCERTAIN;
    };
  }

  private int ended() {
    return bits & ~(OPEN | UNCERTAIN);
  }

  /** Errors that are raised before a statement does anything, the implicit commit included. */
  private static boolean neverRan(int errorCode) {
    return switch (errorCode) {
      case 1046, // no database selected
          1064, // syntax
          1399, // the XA transaction does not allow it
          1820 // the password must be changed first
          ->
          true;
      // The X Plugin's own refusals: bad message, Expect block failed, bad statement id, ...
      default -> errorCode >= 5000 && errorCode < 5200;
    };
  }

  /**
   * Errors that a statement on tables meets before it locks one, and so before it starts a transaction. After others, such
   * as a row that breaks a constraint, it has started.
   */
  private static boolean unresolved(int errorCode) {
    return switch (errorCode) {
      case 1044, // access to the database denied
          1049, // unknown database
          1052, // column is ambiguous
          1054, // unknown column
          1066, // not unique table
          1109, // unknown table
          1136, // column count
          1142, // command denied for the table
          1143, // command denied for a column
          1146, // no such table
          1305 // no such procedure or function
          ->
          true;
      default -> false;
    };
  }

  /** Errors with which the storage engine or the commit has rolled back the whole transaction. */
  private static boolean rollsBack(int errorCode) {
    return switch (errorCode) {
      case 1213, // deadlock
          1206, // lock table full
          1180, // error during COMMIT
          3101, // rolled back during COMMIT by a plugin (group replication)
          1402, // XA: rolled back
          1613, // XA: rolled back, timeout
          1614 // XA: rolled back, deadlock
          ->
          true;
      default -> false;
    };
  }

  @Override
  public String toString() {
    return (isOpen() ? "in a transaction" : "no transaction")
        + (isCertain() ? "" : "?")
        + (isAutocommit() ? "" : ", autocommit off")
        + (hasTableLocks() ? ", tables locked" : "");
  }
}
