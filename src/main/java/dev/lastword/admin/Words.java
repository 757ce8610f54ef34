package dev.lastword.admin;

import dev.lastword.farewell.Cause;
import dev.lastword.farewell.Farewell;
import dev.lastword.farewell.LostSession;
import dev.lastword.farewell.LostSession.Delivery;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The end of a session in words for people, the same on every surface. */
public final class Words {
  private Words() {}

  /**
   * One sentence without a full stop: {@code session 4711 from 10.0.0.7:51234 lost db2: the server's process is gone; told 1053 after 4
   * ms}.
   */
  public static String sentence(LostSession lost) {
    String told = outcome(lost);
    return "session "
        + lost.id()
        + " from "
        + lost.client()
        + " "
        + what(lost)
        + (told.isEmpty() ? "" : "; " + told);
  }

  /** What happened to a session; the end of a sentence that begins with it. */
  static String what(LostSession lost) {
    String server = lost.server().isEmpty() ? "its server" : lost.server();
    return switch (lost.verdict().cause()) {
      case CLIENT_LEFT -> "left";
      case CLIENT_LOST -> "vanished: its connection broke";
      case HANDSHAKE_TIMEOUT -> "did not log in in time";
      case CLIENT_REFUSED -> because("was refused", lost);
      case MESSAGE_TOO_LONG -> "lost " + server + ": it sent a message longer than a server takes";
      case CLIENT_TLS_FAILED -> "could not encrypt: TLS with the client failed";
      case TOO_MANY_SESSIONS -> "was turned away: too many sessions";
      case NO_SERVER -> "found no server";
      case SERVER_TLS_FAILED -> "lost " + server + ": TLS with the server failed";
      case SERVER_MISBEHAVED -> "lost " + server + ": it does not speak the protocol";
      case SERVER_SAID -> "was ended by " + server + ", which told it why";
      case SERVER_SHUT_DOWN -> "lost " + server + ": the server shut down";
      case SERVER_GONE -> "lost " + server + ": the server's process is gone";
      case SERVER_RESTARTED -> "lost " + server + ": the server restarted";
      case SERVER_UNREACHABLE -> "lost " + server + ": the server does not answer";
      case SERVER_LOST_ROLE -> "lost " + server + ": the server no longer has the role it needs";
      case KILLED_ON_SERVER -> "was killed on " + server;
      case KILLED_BY_OPERATOR -> "was killed by an operator of the proxy";
      case IDLE_TOO_LONG -> "was idle for too long";
      case HALF_REQUEST -> "never sent the rest of a request";
      case CONNECTION_RESET -> "lost its connection to " + server;
      case DRAINED -> because("was asked to go elsewhere", lost);
      case PROXY_SHUT_DOWN -> because("was let go", lost);
      case BUG -> "was ended by a mistake of the proxy";
    };
  }

  private static String because(String what, LostSession lost) {
    String detail = lost.verdict().detail();
    return detail.isEmpty() ? what : what + ": " + detail;
  }

  /** What its client was told, or why nothing; empty where that needs no words. */
  static String outcome(LostSession lost) {
    return switch (lost.farewell()) {
      case Farewell.Notice(int code) -> told(code, lost);
      case Farewell.FatalError(int code, _) -> told(code, lost);
      case Farewell.ErrorAndNotice(int code, _) -> told(code, lost);
      case Farewell.Err(int code, _) -> told(code, lost);
      case Farewell.Nothing(Farewell.Why why) ->
          switch (why) {
            case CLIENT_LEFT, SERVER_SAID -> "";
            case AS_WITHOUT_PROXY -> "told nothing, as without a proxy";
            case WARNINGS_OFF -> "told nothing: it has switched warnings off";
            case TO_FAIL_OVER -> "told nothing, so that it tries another address";
            case INSIDE_MESSAGE -> "could not be told: it was in the middle of a message";
            case PASSTHROUGH -> "could not be told: it encrypts with the server itself";
          };
    };
  }

  private static String told(int code, LostSession lost) {
    return lost.delivery() == Delivery.WRITTEN
        ? "told " + code + " after " + duration(lost.farewellMicros())
        : "could not be told " + code;
  }

  /** How its client was told: {@code notice}, {@code error}, {@code error-and-notice} or {@code nothing}. */
  public static String told(Farewell farewell) {
    return switch (farewell) {
      case Farewell.Notice _ -> "notice";
      case Farewell.ErrorAndNotice _ -> "error-and-notice";
      case Farewell.FatalError _, Farewell.Err _ -> "error";
      case Farewell.Nothing _ -> "nothing";
    };
  }

  /** MySQL's number of the error that its client was told; null for nothing. */
  public static @Nullable Long code(Farewell farewell) {
    return switch (farewell) {
      case Farewell.Notice(int code) -> (long) code;
      case Farewell.ErrorAndNotice(int code, _) -> (long) code;
      case Farewell.FatalError(int code, _) -> (long) code;
      case Farewell.Err(int code, _) -> (long) code;
      case Farewell.Nothing _ -> null;
    };
  }

  /** The SQLSTATE that its client was told; null for a notice, which has none, and for nothing. */
  public static @Nullable String sqlState(Farewell farewell) {
    return switch (farewell) {
      case Farewell.ErrorAndNotice(_, String state) -> state;
      case Farewell.FatalError(_, String state) -> state;
      case Farewell.Err(_, String state) -> state;
      case Farewell.Notice _, Farewell.Nothing _ -> null;
    };
  }

  /** Why its client was told nothing, such as {@code warnings-off}; null if it was told something. */
  public static @Nullable String silence(Farewell farewell) {
    return farewell instanceof Farewell.Nothing(Farewell.Why why) ? words(why) : null;
  }

  /** What became of a farewell: {@code written}, {@code undeliverable} or {@code nothing-to-say}. */
  public static String delivery(LostSession lost) {
    return words(lost.delivery());
  }

  /** Whose doing it was: {@code client}, {@code proxy} or {@code server}. */
  public static String side(Cause cause) {
    return words(cause.side());
  }

  private static String words(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** A span of time with two digits or so: {@code 0.4 ms}, {@code 4 ms}, {@code 1.3 s}. */
  static String duration(long micros) {
    if (micros < 9_950) {
      String tenths = String.format(Locale.ROOT, "%.1f", micros / 1_000.0);
      return (tenths.endsWith(".0") ? tenths.substring(0, tenths.length() - 2) : tenths) + " ms";
    }
    return micros < 999_500
        ? Math.round(micros / 1_000.0) + " ms"
        : String.format(Locale.ROOT, "%.1f s", micros / 1_000_000.0);
  }
}
