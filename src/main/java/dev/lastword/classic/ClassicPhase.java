package dev.lastword.classic;

/**
 * How far the connection of a classic session has come. What the two sides owe each other once the client is logged in is not here but in
 * {@link ClassicTracker}.
 *
 * <pre>
 * Dialling --ServerConnected--> Greeting --Greeted--> Handshaking --LoggedIn--> Relaying
 *                                                      |       |
 *                                    PassedThrough ----+       +---- EncryptingClient, EncryptingServer
 *                                          |                         (TlsSettled leads back)
 *                                        Opaque
 * any --ServerGone--> Diagnosing;        any --SessionEnded--> Ended
 * </pre>
 */
sealed interface ClassicPhase {
  /** A server is being looked for; the client is not read. */
  record Dialling() implements ClassicPhase {}

  /** The server has not greeted; the client is not read. */
  record Greeting() implements ClassicPhase {}

  /** The client has been greeted and is not logged in. */
  record Handshaking() implements ClassicPhase {}

  /** The client has asked for TLS, and its handshake with the proxy goes on. */
  record EncryptingClient() implements ClassicPhase {}

  /** The server has been asked for TLS; the client is not read. */
  record EncryptingServer() implements ClassicPhase {}

  /** Packets flow both ways. */
  record Relaying() implements ClassicPhase {}

  /** The client encrypts with the server; bytes flow both ways and nobody here understands them. */
  record Opaque() implements ClassicPhase {}

  /** The server has ended the session without a word, and the proxy is finding out why. */
  record Diagnosing() implements ClassicPhase {}

  /** It is over; at most a farewell is on its way. */
  record Ended() implements ClassicPhase {}

  /** What moves it. */
  enum Event {
    /** A server accepted. */
    SERVER_CONNECTED,
    /** The server has greeted. */
    GREETED,
    /** The client wants to encrypt with the proxy. */
    CLIENT_WANTS_TLS,
    /** The server is to be encrypted with before it hears of the client. */
    SERVER_NEEDS_TLS,
    /** One of the two TLS handshakes has succeeded. */
    TLS_SETTLED,
    /** The client wants to encrypt with the server. */
    PASSED_THROUGH,
    /** The server has accepted the client's proof. */
    LOGGED_IN,
    /** Nothing more can come from the server. */
    SERVER_GONE,
    /** The session is over. */
    SESSION_ENDED
  }

  /** The phase after an event; an event that a phase does not expect changes nothing. */
  default ClassicPhase next(Event event) {
    return switch (event) {
      case SESSION_ENDED -> new Ended();
      case SERVER_GONE -> this instanceof Ended ? this : new Diagnosing();
      case SERVER_CONNECTED -> this instanceof Dialling ? new Greeting() : this;
      case GREETED -> this instanceof Greeting ? new Handshaking() : this;
      case CLIENT_WANTS_TLS -> this instanceof Handshaking ? new EncryptingClient() : this;
      case SERVER_NEEDS_TLS -> this instanceof Handshaking ? new EncryptingServer() : this;
      case TLS_SETTLED ->
          this instanceof EncryptingClient || this instanceof EncryptingServer
              ? new Handshaking()
              : this;
      case PASSED_THROUGH -> this instanceof Handshaking ? new Opaque() : this;
      case LOGGED_IN -> this instanceof Handshaking ? new Relaying() : this;
    };
  }
}
