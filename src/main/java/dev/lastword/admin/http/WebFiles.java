package dev.lastword.admin.http;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** The files of the web page, which are part of the program. Read once, when first asked for. */
final class WebFiles {
  private static final String FOLDER = "/dev/lastword/admin/web/";

  /** Names without a dot at the beginning, so that no path leads out of the folder. */
  private static final Pattern NAME =
      Pattern.compile("([A-Za-z0-9_-][A-Za-z0-9._-]*/){0,4}[A-Za-z0-9_-]+(\\.[a-z0-9]+)+");

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml",
          "png", "image/png",
          "ico", "image/x-icon",
          "json", "application/json",
          "webmanifest", "application/manifest+json",
          "woff2", "font/woff2",
          "txt", "text/plain; charset=utf-8");

  /** Only of files that exist, of which there are few. */
  private final Map<String, WebFile> known = new ConcurrentHashMap<>();

  private record WebFile(String type, ByteBuffer content, String tag) {}

  /** Whether there is such a file; the empty name is the page. */
  boolean has(String name) {
    return find(name).isPresent();
  }

  /**
   * Answers with a file, or says that the client has it already.
   *
   * @param tags what the client has, as in its header If-None-Match
   */
  Answer answer(String name, String tags) {
    WebFile file = find(name).orElseThrow(() -> Problem.notFound("there is nothing at /" + name));
    // To be asked for each time, so that the page and its script never are of two versions.
    Map<String, String> headers = Map.of("ETag", file.tag(), "Cache-Control", "no-cache");
    return tags.contains(file.tag()) || tags.equals("*")
        ? new Answer(HttpResponseStatus.NOT_MODIFIED, "", ByteBuffer.allocate(0), headers)
        : new Answer(HttpResponseStatus.OK, file.type(), file.content(), headers);
  }

  private Optional<WebFile> find(String name) {
    String full = name.isEmpty() ? "index.html" : name;
    WebFile file = known.get(full);
    if (file != null) {
      return Optional.of(file);
    }
    String type = TYPES.get(full.substring(full.lastIndexOf('.') + 1));
    if (type == null || !NAME.matcher(full).matches()) {
      return Optional.empty();
    }
    try (InputStream in = WebFiles.class.getResourceAsStream(FOLDER + full)) {
      if (in == null) {
        return Optional.empty();
      }
      byte[] content = in.readAllBytes();
      file = new WebFile(type, ByteBuffer.wrap(content), tag(content));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    known.put(full, file);
    return Optional.of(file);
  }

  /** Weak, because the same content may travel compressed or not. */
  private static String tag(byte[] content) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
      return "W/\"" + HexFormat.of().formatHex(digest, 0, 12) + "\"";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
