package dev.lastword.testing.classic;

import com.google.protobuf.ByteString;

/** What a client gets when it listens: a packet, or the reason why there is none. */
public sealed interface Received permits Packet, Received.End, Received.Silence {

  /**
   * The connection is over.
   *
   * @param how what the socket said
   * @param rest the bytes of a packet whose end never came; mostly none
   * @param detail what the TLS library had to say about it, if it said something
   */
  record End(How how, ByteString rest, String detail) implements Received {}

  /**
   * Nothing came in the time given, and the connection is open.
   *
   * @param begun the bytes of a packet that has begun; mostly none
   */
  record Silence(ByteString begun) implements Received {}

  /** The ways in which a connection ends. */
  enum How {
    /** The other side closed its sending direction in order (FIN). */
    EOF,
    /** The other side threw the connection away (RST). */
    RESET,
    /** The TLS layer gave up: an alert, or bytes that are no TLS. */
    TLS_FAILURE
  }
}
