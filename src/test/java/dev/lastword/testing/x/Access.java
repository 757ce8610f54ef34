package dev.lastword.testing.x;

/** How a conversation's client reaches its server. */
public enum Access {
  /** Without TLS; logins are with SHA256_MEMORY, which needs a login with PLAIN before it. */
  CLEAR,
  /** TLS first of all; logins are with PLAIN. */
  TLS
}
