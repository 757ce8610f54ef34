package dev.lastword.session;

/** What a session is doing, as far as message types tell; the same words for both protocols. */
public enum Activity {
  /** The proxy is still looking for a server, or setting up TLS. */
  CONNECTING,
  /** The client has not authenticated, or has logged out. */
  UNAUTHENTICATED,
  /** Authenticated, and every request has been answered. */
  IDLE,
  /** A request is out, and nothing that belongs to a result has come. */
  WAITING,
  /** A result has begun and its request has not been answered to the end. */
  MID_RESULT,
  /** The client encrypts with the server and the proxy sees nothing. */
  OPAQUE,
  /** The session is over; at most its farewell is still on its way. */
  ENDED;

  /** As it stands in the log. */
  public String text() {
    return switch (this) {
      case CONNECTING -> "connecting";
      case UNAUTHENTICATED -> "unauthenticated";
      case IDLE -> "idle";
      case WAITING -> "waiting";
      case MID_RESULT -> "mid-result";
      case OPAQUE -> "opaque";
      case ENDED -> "ended";
    };
  }
}
