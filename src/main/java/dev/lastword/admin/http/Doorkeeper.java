package dev.lastword.admin.http;

import dev.lastword.config.Account;
import dev.lastword.config.AdminSettings;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Who may ask, and what. Keeps away those who cannot say who they are, and what other people's web pages make an operator's browser send:
 * requests that change something, and requests to loopback under a name of theirs.
 */
final class Doorkeeper {
  private static final Pattern LOOPBACK =
      Pattern.compile(
          "(localhost|([a-z0-9-]+\\.)+localhost|127(\\.[0-9]{1,3}){3}|\\[::1])(:[0-9]{1,5})?",
          Pattern.CASE_INSENSITIVE);

  private final long failureMillis;
  private final boolean loopback;
  private final boolean authenticates;
  private final List<Credentials> accepted = new ArrayList<>();

  /** Someone who may, and the digest of what they show. */
  private record Credentials(String who, ByteBuffer digest) {}

  Doorkeeper(AdminSettings settings, AdminSettings.Access access, long failureMillis) {
    this.failureMillis = failureMillis;
    loopback = access.isLoopback();
    authenticates = settings.authenticates();
    for (Account account : settings.accounts()) {
      accept(account.user(), "basic " + account.user() + ":" + account.password().value());
    }
    settings
        .token()
        .ifPresent(token -> {
          accept("token", "bearer " + token.value());
          // What a browser can ask for.
          accept("token", "basic token:" + token.value());
        });
  }

  private void accept(String who, String shown) {
    accepted.add(new Credentials(who, ByteBuffer.wrap(digest(shown))));
  }

  /** Whether one has to say who one is. */
  boolean authenticates() {
    return authenticates;
  }

  /**
   * Looks at the address that the client believes it asks.
   *
   * @throws Problem if another site may have sent it
   */
  void checkHost(Call call) {
    List<String> hosts = call.headers().getAll("Host");
    if (hosts.size() != 1) {
      throw Problem.badRequest("there must be one header Host");
    }
    if (loopback && !LOOPBACK.matcher(hosts.getFirst()).matches()) {
      throw new Problem(
          HttpResponseStatus.MISDIRECTED_REQUEST,
          "this is bound to loopback and answers to localhost, 127.0.0.1 and [::1] only, not to the"
              + " Host that was asked for");
    }
  }

  /**
   * Finds out who asks. What is wrong takes its time, on the calling thread.
   *
   * @return the user's name, {@code token}, or empty where nobody has to say
   * @throws Problem if it is nobody who may
   */
  String identify(Call call) throws InterruptedException {
    if (!authenticates) {
      return "";
    }
    String shown = call.header("Authorization");
    if (shown.isEmpty()) {
      throw unauthorized("say who you are: an account, or a token");
    }
    byte[] digest = digest(normalized(shown));
    String who = "";
    // All of them each time, so that the time it takes does not tell which came close.
    for (Credentials credentials : accepted) {
      if (MessageDigest.isEqual(digest, credentials.digest().array())) {
        who = credentials.who();
      }
    }
    if (who.isEmpty()) {
      Thread.sleep(failureMillis);
      throw unauthorized("no such account with this password, and no such token");
    }
    return who;
  }

  private static Problem unauthorized(String detail) {
    return new Problem(
        HttpResponseStatus.UNAUTHORIZED,
        detail,
        Map.of("WWW-Authenticate", "Basic realm=\"Lastword\", charset=\"UTF-8\""));
  }

  /** The scheme in lower case, and what it carries in the clear. */
  private static String normalized(String shown) {
    int blank = shown.indexOf(' ');
    String scheme = shown.substring(0, Math.max(blank, 0)).toLowerCase(Locale.ROOT);
    String value = shown.substring(blank + 1).strip();
    if (!scheme.equals("basic")) {
      return scheme + " " + value;
    }
    try {
      return "basic " + new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  /**
   * Looks whether a request that changes something may have been sent by a foreign page. Such a page can send no JSON and no header of its
   * own choice without asking first, which is never granted here.
   *
   * @throws Problem if it may
   */
  static void checkIntent(Call call) {
    String type = call.header("Content-Type");
    boolean json = type.split(";", 2)[0].strip().equalsIgnoreCase("application/json");
    if (!json && !call.headers().contains("X-Lastword")) {
      throw new Problem(
          HttpResponseStatus.FORBIDDEN,
          "what changes something needs Content-Type: application/json, or a header X-Lastword");
    }
    String origin = call.header("Origin");
    if (!origin.isEmpty() && !isOwn(origin, call.header("Host"))) {
      throw new Problem(
          HttpResponseStatus.FORBIDDEN, "what changes something cannot come from another site");
    }
  }

  private static boolean isOwn(String origin, String host) {
    try {
      return host.equalsIgnoreCase(URI.create(origin).getAuthority());
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static byte[] digest(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
