package dev.lastword.testing.classic;

/** How a conversation's client reaches its server. */
public enum Access {
  /** Without TLS; what the server has not cached of a password goes by its RSA key. */
  CLEAR(false, 0),
  /** TLS before the login. */
  TLS(true, 0),
  /** Without TLS, and compressed by zlib after the login. */
  ZLIB(false, Capability.COMPRESS),
  /** TLS, and compressed by zstd inside it. */
  ZSTD(true, Capability.ZSTD_COMPRESSION_ALGORITHM);

  private final boolean tls;
  private final long capabilities;

  Access(boolean tls, long capabilities) {
    this.tls = tls;
    this.capabilities = capabilities;
  }

  public boolean isTls() {
    return tls;
  }

  public boolean isCompressed() {
    return capabilities != 0;
  }

  /** The flags that a login has to have for it. */
  long capabilities() {
    return capabilities;
  }
}
