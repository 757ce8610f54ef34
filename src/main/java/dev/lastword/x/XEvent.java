package dev.lastword.x;

/** What moves an X session from one {@link XPhase} to another. */
sealed interface XEvent {
  /**
   * A server accepted the connection.
   *
   * @param ownTls whether the proxy wants TLS before the client may speak
   */
  record ServerConnected(boolean ownTls) implements XEvent {}

  /** The client's wish for TLS was sent to the server. */
  record TlsRequested(XPhase.TlsPlan plan) implements XEvent {}

  /** TLS that was agreed on has begun, or the session goes on without. */
  record TlsSettled() implements XEvent {}

  /** The server said no to TLS. */
  record TlsRefused() implements XEvent {}

  /** The client encrypts with the server from here on. */
  record PassedThrough() implements XEvent {}

  /** The server has ended the session without a word. */
  record ServerGone() implements XEvent {}

  /** The session is over. */
  record SessionEnded() implements XEvent {}
}
