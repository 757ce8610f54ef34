package dev.lastword.tls;

import java.nio.file.Path;

/** A file with a certificate or a key that cannot be used. The message names the file and the reason, and never what is in it. */
public final class BadTlsFile extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Which of the configured files, by the key of the configuration that is to be corrected. */
  enum Part {
    CERTIFICATE("certificate"),
    KEY("key"),
    KEY_PASSWORD("key-password"),
    CA("ca");

    private final String key;

    Part(String key) {
      this.key = key;
    }

    String key() {
      return key;
    }
  }

  private final Part part;
  private final transient Path file;
  private final String reason;

  BadTlsFile(Part part, Path file, String reason) {
    super(file + ": " + reason);
    this.part = part;
    this.file = file;
    this.reason = reason;
  }

  BadTlsFile(Part part, Path file, String reason, Throwable cause) {
    super(file + ": " + reason, cause);
    this.part = part;
    this.file = file;
    this.reason = reason;
  }

  Part part() {
    return part;
  }

  /** The file. */
  public Path file() {
    return file;
  }

  /** Why it cannot be used, without the name of the file. */
  public String reason() {
    return reason;
  }
}
