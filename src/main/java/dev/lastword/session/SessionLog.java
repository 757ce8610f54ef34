package dev.lastword.session;

import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One line per event of a session, {@code key=value}, always with the proxy's number for it and, once known, the server's, so that a
 * failure can be followed from the server's log to the application. Statements and authentication data never appear.
 */
public final class SessionLog {
  private static final Logger log = LoggerFactory.getLogger("lastword.session");

  /** Longest text of foreign origin that one line carries, in characters. */
  private static final int LONGEST_VALUE = 200;

  private SessionLog() {}

  static void connected(Session session) {
    if (log.isDebugEnabled()) {
      log.debug(line(session, "connected").toString());
    }
  }

  static void authenticated(Session session) {
    if (log.isInfoEnabled()) {
      log.info(line(session, "authenticated").toString());
    }
  }

  static void closed(Session session, EndCause cause, Activity activity, String detail) {
    if (!(cause.news() ? log.isWarnEnabled() : log.isInfoEnabled())) {
      return;
    }
    StringBuilder line =
        line(session, "closed")
            .append(" cause=")
            .append(cause)
            .append(" state=")
            .append(activity.text())
            .append(" transaction=")
            .append(session.inTransaction())
            .append(" half-request=")
            .append(session.halfRequest())
            .append(" ms=")
            .append(session.ageNanos() / 1_000_000)
            .append(" in=")
            .append(session.bytesIn())
            .append(" out=")
            .append(session.bytesOut());
    if (!detail.isEmpty()) {
      line.append(" detail=\"").append(clean(detail, false)).append('"');
    }
    if (cause.news()) {
      log.warn(line.toString());
    } else {
      log.info(line.toString());
    }
  }

  /** A client that never became a session. */
  public static void refused(String listener, String client, EndCause cause, String detail) {
    log.warn(
        "event=refused cause={} listener={} client={} detail=\"{}\"",
        cause,
        listener,
        client,
        clean(detail, false));
  }

  private static StringBuilder line(Session session, String event) {
    StringBuilder line =
        new StringBuilder(200)
            .append("session=")
            .append(session.id())
            .append(" event=")
            .append(event)
            .append(" listener=")
            .append(session.listener())
            .append(" client=")
            .append(session.client());
    if (!session.server().isEmpty()) {
      line.append(" server=").append(session.server());
      line.append(" address=").append(session.serverAddress());
    }
    if (session.connectionId() != 0) {
      line.append(" mysqlx=").append(session.connectionId());
    }
    if (!session.user().isEmpty()) {
      line.append(" user=").append(clean(session.user(), true));
    }
    return line;
  }

  /** A foreign text must not be able to end its line, imitate another key, or fill the disk. */
  private static String clean(String text, boolean noBlanks) {
    String shortened =
        text.length() > LONGEST_VALUE ? text.substring(0, LONGEST_VALUE) + "..." : text;
    StringBuilder clean = new StringBuilder(shortened.length());
    for (int i = 0; i < shortened.length(); i++) {
      char c = shortened.charAt(i);
      if (c < ' ' || c == 0x7f || c == '"' || c == '\\' || (noBlanks && (c == ' ' || c == '='))) {
        clean.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        clean.append(c);
      }
    }
    return clean.toString();
  }
}
