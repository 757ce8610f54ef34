package dev.lastword.admin.sql;

import dev.lastword.tls.ListenerTls;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection and what it needs, before it is known who is there.
 *
 * @param id its number at this endpoint
 * @param host the client's address
 * @param tls null if there is none
 * @param mustEncrypt whether nobody may log in without it
 * @param serving is told of each session, so that it can be ended from outside
 * @param greetedTooEarly is told when an X client was greeted as a classic one
 */
record Client(
    long id,
    String host,
    Wire wire,
    Accounts accounts,
    @Nullable ListenerTls tls,
    boolean mustEncrypt,
    SqlSession.Backstage backstage,
    Consumer<SqlSession> serving,
    Runnable greetedTooEarly) {
  /** How long a client may take to log in. */
  static final Duration LOGIN = Duration.ofSeconds(10);

  /** How long a client may take to send the rest of what it has begun. */
  static final Duration REST = Duration.ofSeconds(60);

  /** How long a client may say nothing. */
  static final Duration IDLE = Duration.ofHours(8);

  /** What a client may send at once; statements are short. */
  static final int LONGEST = 1024 * 1024;

  /** What somebody may send at once of whom nothing is known yet. */
  static final int LONGEST_LOGIN = 64 * 1024;

  private static final Logger LOG = LoggerFactory.getLogger("lastword.sql");

  /** Without accounts a user can be called anything, which must not end a line or imitate a key. */
  static String loggable(String user) {
    String safe = user.replaceAll("[^A-Za-z0-9_.@-]", "?");
    return safe.length() > 32 ? safe.substring(0, 32) : safe;
  }

  SqlRefusal denied(String user, boolean password) {
    LOG.warn("event=sql-denied client={} user={}", host, loggable(user));
    return new SqlRefusal(
        1045,
        "28000",
        "Access denied for user '"
            + user
            + "'@'"
            + host
            + "' (using password: "
            + (password ? "YES)" : "NO)"));
  }

  SqlRefusal insecure() {
    return new SqlRefusal(
        3159,
        "HY000",
        "Connections using insecure transport are prohibited while --require_secure_transport=ON.");
  }
}
