package dev.lastword.x;

/**
 * How far the connection of an X session has come. What the two sides owe each other is not here but in {@link XTracker}.
 *
 * <pre>
 * Dialling --ServerConnected--> EncryptingServer --TlsSettled--> Relaying &lt;--TlsSettled, TlsRefused--+
 *     |                                                          |    |                               |
 *     +------------------ServerConnected-------------------------+    +--TlsRequested--> AgreeingOnTls
 *                                                                                             |
 * any --ServerGone--> Diagnosing;              any --SessionEnded--> Ended       Opaque &lt;--PassedThrough
 * </pre>
 */
sealed interface XPhase {
  /** A server is being looked for; the client is not read. */
  record Dialling() implements XPhase {}

  /** The proxy has asked the server for TLS on its own behalf; the client is not read. */
  record EncryptingServer() implements XPhase {}

  /** Frames flow both ways. */
  record Relaying() implements XPhase {}

  /** The client has asked for TLS and the server has been asked; the client is not read. */
  record AgreeingOnTls(TlsPlan plan) implements XPhase {}

  /** The client encrypts with the server; bytes flow both ways and nobody here understands them. */
  record Opaque() implements XPhase {}

  /** The server has ended the session without a word, and the proxy is finding out why. */
  record Diagnosing() implements XPhase {}

  /** It is over; at most a farewell is on its way. */
  record Ended() implements XPhase {}

  /** What happens if the server says Ok to a client's wish for TLS. */
  enum TlsPlan {
    /** Both legs are encrypted, each ended at the proxy. */
    BOTH_LEGS,
    /** Only the client's leg: the server's has its own rule. */
    CLIENT_LEG,
    /** Nothing ends at the proxy. */
    PASS_THROUGH
  }

  /** The phase after an event; an event that a phase does not expect changes nothing. */
  default XPhase next(XEvent event) {
    return switch (event) {
      case XEvent.SessionEnded _ -> new Ended();
      case XEvent.ServerGone _ when !(this instanceof Ended) -> new Diagnosing();
      case XEvent.ServerConnected(boolean ownTls) when this instanceof Dialling ->
          ownTls ? new EncryptingServer() : new Relaying();
      case XEvent.TlsRequested(TlsPlan plan) when this instanceof Relaying ->
          new AgreeingOnTls(plan);
      case XEvent.TlsSettled _ when this instanceof EncryptingServer -> new Relaying();
      case XEvent.TlsSettled _ when this instanceof AgreeingOnTls -> new Relaying();
      case XEvent.TlsRefused _ when this instanceof AgreeingOnTls -> new Relaying();
      case XEvent.PassedThrough _ when this instanceof AgreeingOnTls -> new Opaque();
      case XEvent.ServerConnected _,
          XEvent.TlsRequested _,
          XEvent.TlsSettled _,
          XEvent.TlsRefused _,
          XEvent.PassedThrough _,
          XEvent.ServerGone _ ->
          this;
    };
  }
}
