package dev.lastword.x.compression;

/** The client sent what the server will refuse. Says nothing more, since nothing more is done with it. */
final class UndecodableException extends Exception {

  UndecodableException() {
    super("not a valid compressed frame", null, false, false);
  }
}
