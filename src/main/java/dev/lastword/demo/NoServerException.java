package dev.lastword.demo;

import java.io.IOException;

/** There is no MySQL server and none could be had. The message says what was tried and what can be done. */
public final class NoServerException extends IOException {
  private static final long serialVersionUID = 1;

  NoServerException(String message) {
    super(message);
  }
}
