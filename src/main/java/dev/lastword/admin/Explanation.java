package dev.lastword.admin;

import dev.lastword.farewell.Cause;
import dev.lastword.farewell.Farewell;
import dev.lastword.farewell.LostSession;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The end of one session told as a story, from what the ledger keeps of it.
 *
 * @param id the proxy's number of the session
 * @param sentence all of it in one sentence
 * @param timeline what happened when, the earliest first
 * @param evidence what was known of the session and its server when it ended, by the names of the table of losses
 * @param verdict what was concluded
 * @param farewell what the client was told
 */
public record Explanation(
    long id,
    String sentence,
    List<Moment> timeline,
    Map<String, @Nullable Object> evidence,
    Conclusion verdict,
    Told farewell) {
  /**
   * Something that happened.
   *
   * @param at when, to the millisecond
   * @param text what
   */
  public record Moment(Instant at, String text) {}

  /**
   * What was concluded.
   *
   * @param cause as in the log
   * @param side whose doing it was
   * @param code MySQL's number for it in the client's protocol; null where clients are told nothing for this cause
   * @param sqlState the SQLSTATE that goes with it; null likewise
   * @param recoverable whether a client may come back to the same place
   * @param detail how it is known; null if there is nothing beyond the cause
   */
  public record Conclusion(
      String cause,
      String side,
      @Nullable Long code,
      @Nullable String sqlState,
      boolean recoverable,
      @Nullable String detail) {}

  /**
   * What the client was told.
   *
   * @param told {@code notice}, {@code error}, {@code error-and-notice} or {@code nothing}
   * @param code the number it was told; null for nothing
   * @param silence why nothing; null if it was told something
   * @param delivery what became of it
   * @param micros how long it took from the end until it was written, in microseconds
   * @param text what the client read; null for nothing
   */
  public record Told(
      String told,
      @Nullable Long code,
      @Nullable String silence,
      String delivery,
      long micros,
      @Nullable String text) {}

  /** Tells the end of a session. */
  public static Explanation of(LostSession lost) {
    Long code = Words.code(lost.farewell());
    return new Explanation(
        lost.id(),
        Words.sentence(lost),
        timeline(lost),
        evidence(lost),
        conclusion(lost),
        new Told(
            Words.told(lost.farewell()),
            code,
            Words.silence(lost.farewell()),
            Words.delivery(lost),
            lost.farewellMicros(),
            code == null ? null : read(lost, code.intValue())));
  }

  private static List<Moment> timeline(LostSession lost) {
    Instant end = lost.ended().minus(lost.farewellMicros(), ChronoUnit.MICROS);
    List<Moment> moments = new ArrayList<>();
    moments.add(
        new Moment(
            end.minusMillis(lost.ageMillis()),
            "connected from " + lost.client() + " to listener " + lost.listener()));
    moments.add(new Moment(end, doing(lost) + ", it " + Words.what(lost)));
    if (!lost.verdict().detail().isEmpty()) {
      moments.add(new Moment(end, "evidence: " + lost.verdict().detail()));
    }
    String outcome = Words.outcome(lost);
    if (!outcome.isEmpty()) {
      moments.add(new Moment(lost.ended(), outcome));
    }
    moments.add(new Moment(lost.ended(), "its connection was closed"));
    return moments;
  }

  private static String doing(LostSession lost) {
    String state =
        switch (lost.state()) {
          case "connecting" -> "while it was being connected";
          case "unauthenticated" -> "before it had logged in";
          case "waiting" -> "while it waited for an answer";
          case "mid-result" -> "in the middle of a result";
          case "opaque" -> "while it was encrypted with its server";
          default -> "while it was " + lost.state();
        };
    return state
        + (lost.halfRequest() ? ", with half a request sent" : "")
        + (lost.inTransaction() ? ", in a transaction" : "");
  }

  private static Map<String, @Nullable Object> evidence(LostSession lost) {
    Map<String, @Nullable Object> all = new LinkedHashMap<>();
    all.put("protocol", lost.protocol());
    all.put("listener", lost.listener());
    all.put("client", lost.client());
    all.put("user", text(lost.user()));
    all.put("server", text(lost.server()));
    all.put("server_address", text(lost.address()));
    all.put("connection_id", lost.connectionId() == 0 ? null : lost.connectionId());
    all.put("state", lost.state());
    all.put("in_transaction", lost.inTransaction());
    all.put("half_request", lost.halfRequest());
    all.put("detail", text(lost.verdict().detail()));
    all.put("age_millis", lost.ageMillis());
    all.put("bytes_in", lost.bytesIn());
    all.put("bytes_out", lost.bytesOut());
    return all;
  }

  private static Conclusion conclusion(LostSession lost) {
    Cause cause = lost.verdict().cause();
    Cause.Reason reason = cause.reason();
    Long code = Words.code(lost.farewell());
    String sqlState = Words.sqlState(lost.farewell());
    if (code == null && reason != Cause.Reason.NONE) {
      code = (long) (lost.protocol().equals("x") ? reason.xCode() : reason.classicCode());
    }
    if (sqlState == null && reason != Cause.Reason.NONE) {
      sqlState = reason.sqlState();
    }
    return new Conclusion(
        cause.text(),
        Words.side(cause),
        code,
        sqlState,
        reason.recoverable(),
        text(lost.verdict().detail()));
  }

  /** What stood in the notice or error. What a client was refused with is the detail itself. */
  private static @Nullable String read(LostSession lost, int code) {
    String text =
        lost.farewell() instanceof Farewell.Err
            ? lost.verdict().classicText(code)
            : lost.verdict().xText();
    return text(text.isEmpty() ? lost.verdict().detail() : text);
  }

  private static @Nullable String text(String text) {
    return text.isEmpty() ? null : text;
  }
}
