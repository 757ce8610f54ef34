package dev.lastword.x;

import dev.lastword.x.protobuf.Mysqlx.ClientMessages;
import dev.lastword.x.protobuf.Mysqlx.ServerMessages;

/**
 * What a session is doing, from message types alone. Requests are answered strictly in order and carry no numbers, so a queue of those
 * that are out is all it takes; a few of them change the session when they succeed, and their {@link Effect} waits in the queue.
 *
 * <p>Follows the server's own rules as observed on MySQL 9.7: every request has exactly one ending (Ok, Error, Capabilities,
 * AuthenticateContinue, AuthenticateOk, StmtExecuteOk), except Session.Reset before the first authentication, which is ignored.
 */
final class XTracker {
  /** Stands for the type of a frame without one. */
  static final int NO_TYPE = 0;

  /** What {@link #answered} returns when nothing was asked. */
  static final int NOTHING = -1;

  private static final int SMALL = 16;

  /** A queue up to this long is kept when it is empty: a client that pipelines does so again. */
  private static final int KEPT = 64;

  private static final Effect[] EFFECTS = Effect.values();

  // A ring whose length is a power of two; an entry is type and effect, a byte each.
  private short[] queue = new short[SMALL];
  private int head;
  private int size;
  private long requests;

  private boolean authenticating;
  private boolean authenticated;
  private boolean everAuthenticated;
  private boolean midResult;
  private boolean askedToLeave;
  private boolean saidGoodbye;
  private boolean fatal;
  private boolean warningsOff;
  private TransactionState transaction = TransactionState.INITIAL;

  /** The client sent a complete request. */
  void request(int type, Effect effect) {
    if (ignored(type) && size == 0) {
      return;
    }
    if (type == ClientMessages.Type.CON_CLOSE_VALUE) {
      askedToLeave = true;
    }
    if (size == queue.length) {
      grow();
    }
    queue[(head + size) & (queue.length - 1)] = (short) (effect.ordinal() << 8 | type);
    size++;
    requests++;
  }

  /** The server sent a part of a result. */
  void resultPart() {
    midResult = true;
  }

  /**
   * The server ended a response with anything but an Error.
   *
   * @return the type of the request it answers, or {@link #NOTHING}
   */
  int answered(int type) {
    return settle(type, TransactionState.SUCCESS);
  }

  /**
   * The server ended a response with an Error.
   *
   * @param isFatal whether its severity says that the connection will be closed, with everything that is still out
   * @return the type of the request it answers, or {@link #NOTHING}
   */
  int failed(int code, boolean isFatal) {
    int request = settle(ServerMessages.Type.ERROR_VALUE, code);
    if (isFatal) {
      fatal = true;
      size = 0;
    }
    return request;
  }

  private int settle(int type, int errorCode) {
    midResult = false;
    authenticating = type == ServerMessages.Type.SESS_AUTHENTICATE_CONTINUE_VALUE;
    if (type == ServerMessages.Type.SESS_AUTHENTICATE_OK_VALUE) {
      authenticated = true;
      everAuthenticated = true;
    }
    if (size == 0) {
      return NOTHING;
    }
    short entry = queue[head];
    head = (head + 1) & (queue.length - 1);
    size--;
    int request = entry & 0xff;
    Effect effect = EFFECTS[entry >> 8 & 0xff];
    transaction = transaction.next(effect, errorCode);
    if (errorCode == TransactionState.SUCCESS) {
      succeeded(request, effect);
    } else if (request == ClientMessages.Type.CON_CLOSE_VALUE) {
      askedToLeave = false;
    }
    while (size > 0 && ignored(queue[head] & 0xff)) {
      head = (head + 1) & (queue.length - 1);
      size--;
    }
    if (size == 0 && queue.length > KEPT) {
      queue = new short[SMALL];
      head = 0;
    }
    return request;
  }

  private void succeeded(int request, Effect effect) {
    switch (effect) {
      case RESET_AND_AUTHENTICATE, CLOSE -> {
        authenticated = false;
        warningsOff = false;
      }
      case WARNINGS_OFF -> warningsOff = true;
      case WARNINGS_ON -> warningsOff = false;
      case NONE -> {
        if (request == ClientMessages.Type.CON_CLOSE_VALUE) {
          // What was pipelined behind it will not be answered.
          saidGoodbye = true;
          size = 0;
        }
      }
      // Session.Reset with keep_open leaves the choice of notices alone.
      case RESET,
          MAY_START,
          BEGIN,
          COMMIT,
          COMMIT_AND_CHAIN,
          ROLLBACK,
          ROLLBACK_AND_CHAIN,
          IMPLICIT_COMMIT,
          LOCK_TABLES,
          UNLOCK_TABLES,
          AUTOCOMMIT_ON,
          AUTOCOMMIT_OFF,
          XA_START,
          XA_FINISH,
          UNKNOWN -> {
        // The transaction state has the rest.
      }
    }
  }

  /** A server that has never authenticated the client, and is not about to, does not answer this type. */
  private boolean ignored(int type) {
    return type == ClientMessages.Type.SESS_RESET_VALUE && !everAuthenticated && !authenticating;
  }

  private void grow() {
    short[] larger = new short[queue.length * 2];
    for (int i = 0; i < size; i++) {
      larger[i] = queue[(head + i) & (queue.length - 1)];
    }
    queue = larger;
    head = 0;
  }

  /** Requests that have not been answered to the end. */
  int outstanding() {
    return size;
  }

  /** Requests that there were. */
  long requests() {
    return requests;
  }

  /** Whether the client is logged in. */
  boolean authenticated() {
    return authenticated;
  }

  /**
   * Whether a notice may be sent to the client: it is logged in, and has not asked to be logged out, which the server may have done
   * already.
   */
  boolean hearsNotices() {
    if (!authenticated) {
      return false;
    }
    for (int i = 0; i < size; i++) {
      Effect effect = EFFECTS[queue[(head + i) & (queue.length - 1)] >> 8 & 0xff];
      if (effect == Effect.RESET_AND_AUTHENTICATE || effect == Effect.CLOSE) {
        return false;
      }
    }
    return true;
  }

  /** Whether the client has been logged in, be it earlier: capabilities are then the server's affair, and TLS is out of the question. */
  boolean everAuthenticated() {
    return everAuthenticated;
  }

  /** Whether a part of the result of the oldest outstanding request has come. */
  boolean midResult() {
    return midResult;
  }

  /** Whether the client has said that it leaves, and the server has not refused that. */
  boolean askedToLeave() {
    return askedToLeave;
  }

  /** Whether the server has confirmed that the client leaves. */
  boolean saidGoodbye() {
    return saidGoodbye;
  }

  /** Whether the server has sent an Error that ends the connection. */
  boolean fatal() {
    return fatal;
  }

  /** Whether the client has switched off warning notices, and with them the server's own reasons for a disconnect. */
  boolean warningsOff() {
    return warningsOff;
  }

  /** The transaction, as far as statements tell. */
  TransactionState transaction() {
    return transaction;
  }
}
