package dev.lastword.session;

import dev.lastword.farewell.Cause;
import dev.lastword.farewell.Farewell;
import dev.lastword.farewell.LostSession;
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
  private static final int LONGEST_VALUE = 400;

  private static final String CUT = "...";

  private SessionLog() {}

  static void connected(Session session) {
    if (log.isDebugEnabled()) {
      log.debug(line(session, "connected").toString());
    }
  }

  /** A link that did not serve the client is gone. */
  static void lostLink(Session session, String server, String how) {
    if (log.isWarnEnabled()) {
      log.warn(
          line(session, "lost-link")
              .append(" lost=")
              .append(server)
              .append(" detail=\"")
              .append(how)
              .append('"')
              .toString());
    }
  }

  static void authenticated(Session session) {
    if (log.isInfoEnabled()) {
      log.info(line(session, "authenticated").toString());
    }
  }

  static void closed(LostSession lost) {
    Cause cause = lost.verdict().cause();
    boolean warn = cause.news() || lost.delivery() == LostSession.Delivery.UNDELIVERABLE;
    if (!(warn ? log.isWarnEnabled() : log.isInfoEnabled())) {
      return;
    }
    StringBuilder line =
        line(
                "closed",
                lost.protocol(),
                lost.id(),
                lost.listener(),
                lost.client(),
                lost.server(),
                lost.address(),
                lost.connectionId(),
                lost.user())
            .append(" cause=")
            .append(cause.text())
            .append(" state=")
            .append(lost.state())
            .append(" transaction=")
            .append(lost.inTransaction())
            .append(" half-request=")
            .append(lost.halfRequest())
            .append(" told=")
            .append(told(lost))
            .append(" after-us=")
            .append(lost.farewellMicros())
            .append(" ms=")
            .append(lost.ageMillis())
            .append(" in=")
            .append(lost.bytesIn())
            .append(" out=")
            .append(lost.bytesOut());
    if (!lost.verdict().detail().isEmpty()) {
      line.append(" detail=\"").append(clean(lost.verdict().detail(), false)).append('"');
    }
    if (warn) {
      log.warn(line.toString());
    } else {
      log.info(line.toString());
    }
  }

  private static String told(LostSession lost) {
    return switch (lost.farewell()) {
      case Farewell.Notice(int code) -> spoken("notice", code, lost);
      case Farewell.ErrorAndNotice(int code, _) -> spoken("error-and-notice", code, lost);
      case Farewell.FatalError(int code, _) -> spoken("error", code, lost);
      case Farewell.Err(int code, _) -> spoken("error", code, lost);
      case Farewell.Nothing(Farewell.Why why) ->
          "nothing/" + why.name().toLowerCase(Locale.ROOT).replace('_', '-');
    };
  }

  private static String spoken(String how, int code, LostSession lost) {
    boolean written = lost.delivery() == LostSession.Delivery.WRITTEN;
    return how + "/" + code + (written ? "" : "/undeliverable");
  }

  /** A client that never became a session. */
  static void refused(String listener, String client, Cause cause, String detail) {
    log.warn(
        "event=refused cause={} listener={} client={} detail=\"{}\"",
        cause.text(),
        listener,
        clean(client, true),
        clean(detail, false));
  }

  private static StringBuilder line(Session session, String event) {
    return line(
        event,
        session.protocol(),
        session.id(),
        session.listener(),
        session.client(),
        session.server(),
        session.serverAddress(),
        session.connectionId(),
        session.user());
  }

  private static StringBuilder line(
      String event,
      String protocol,
      long id,
      String listener,
      String client,
      String server,
      String address,
      long connectionId,
      String user) {
    StringBuilder line =
        new StringBuilder(240)
            .append("session=")
            .append(id)
            .append(" event=")
            .append(event)
            .append(" listener=")
            .append(listener)
            .append(" client=")
            .append(clean(client, true));
    if (!server.isEmpty()) {
      line.append(" server=").append(server).append(" address=").append(address);
    }
    if (connectionId != 0) {
      // What a server calls its number differs: the X Plugin's is none that CONNECTION_ID() or KILL
      // knows.
      line.append(protocol.equals("x") ? " mysqlx=" : " connection=").append(connectionId);
    }
    if (!user.isEmpty()) {
      line.append(" user=").append(clean(user, true));
    }
    return line;
  }

  /** A text of foreign origin, cut to what one line or one entry of the ledger carries. */
  static String shortened(String text) {
    if (text.length() <= LONGEST_VALUE) {
      return text;
    }
    int room = LONGEST_VALUE - CUT.length();
    int end = room - (Character.isHighSurrogate(text.charAt(room - 1)) ? 1 : 0);
    return text.substring(0, end) + CUT;
  }

  /** A foreign text must not be able to end its line, imitate another key, turn the line around, or fill the disk. */
  private static String clean(String foreign, boolean noBlanks) {
    String text = shortened(foreign);
    StringBuilder clean = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      if (isUnsafe(c) || (noBlanks && (c == ' ' || c == '='))) {
        clean.append(String.format(Locale.ROOT, "\\u%04x", c));
      } else {
        clean.appendCodePoint(c);
      }
      i += Character.charCount(c);
    }
    return clean.toString();
  }

  /** What ends a line somewhere (not everybody reads only line feeds as such), moves a cursor, or is half a character. */
  private static boolean isUnsafe(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          true;
      default -> c == '"' || c == '\\';
    };
  }
}
