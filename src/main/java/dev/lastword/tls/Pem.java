package dev.lastword.tls;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A block of a PEM file (RFC 7468); what stands around the blocks is left aside. */
final class Pem {
  private static final Pattern BLOCK =
      Pattern.compile(
          "-----BEGIN ([A-Z0-9 ]+)-----\\s*"
              + "((?:[A-Za-z-]+:.*\\R(?:[ \\t].*\\R)*)*)"
              + "([A-Za-z0-9+/=\\s]*)-----END \\1-----");

  private final String label;
  private final String headers;
  private final byte[] content;

  private Pem(String label, String headers, byte[] content) {
    this.label = label;
    this.headers = headers;
    this.content = content;
  }

  /** What the block says it is, such as {@code CERTIFICATE}. */
  String label() {
    return label;
  }

  /** The lines before the content that RFC 1421 allows and old OpenSSL writes; empty for anything recent. */
  String headers() {
    return headers;
  }

  /** The DER within. */
  byte[] content() {
    return content;
  }

  /**
   * Finds the blocks in the order of the file.
   *
   * @throws IllegalArgumentException if one is not Base64
   */
  static List<Pem> blocks(byte[] file) {
    Matcher matcher = BLOCK.matcher(new String(file, StandardCharsets.ISO_8859_1));
    List<Pem> blocks = new ArrayList<>();
    while (matcher.find()) {
      byte[] content = Base64.getMimeDecoder().decode(matcher.group(3));
      blocks.add(new Pem(matcher.group(1), matcher.group(2), content));
    }
    return blocks;
  }
}
