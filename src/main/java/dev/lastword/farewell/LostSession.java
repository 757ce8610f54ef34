package dev.lastword.farewell;

import java.time.Instant;

/**
 * A session that has ended, as the ledger keeps it.
 *
 * @param id the proxy's number for it
 * @param protocol {@code x} or {@code classic}
 * @param listener the listener it came through
 * @param client the client's address
 * @param server the server's name; empty if it never had one
 * @param address the address at which the server was reached; empty likewise
 * @param connectionId the server's number for it, 0 if unknown: the X Plugin's client id, or for a classic session its connection id
 * @param user the account name; empty if unknown
 * @param state what it was doing at the end
 * @param inTransaction whether a transaction was open
 * @param halfRequest whether the client had sent the beginning of a request
 * @param verdict why it ended
 * @param farewell what the client was sent
 * @param delivery what became of that
 * @param ended when it ended
 * @param ageMillis how long it had lived, in milliseconds
 * @param farewellMicros from the first sign of the end until the farewell was written, in microseconds
 * @param bytesIn bytes that the client had sent
 * @param bytesOut bytes that the client had been sent
 */
public record LostSession(
    long id,
    String protocol,
    String listener,
    String client,
    String server,
    String address,
    long connectionId,
    String user,
    String state,
    boolean inTransaction,
    boolean halfRequest,
    Verdict verdict,
    Farewell farewell,
    Delivery delivery,
    Instant ended,
    long ageMillis,
    long farewellMicros,
    long bytesIn,
    long bytesOut) {

  /** Whether it ended without its client having asked for it. */
  public boolean isLoss() {
    return verdict.cause() != Cause.CLIENT_LEFT;
  }

  /** What became of a farewell. */
  public enum Delivery {
    /** There was nothing to deliver. */
    NOTHING_TO_SAY,
    /** It was written to the client's connection as a whole. */
    WRITTEN,
    /** It ought to have been said, and could not be. */
    UNDELIVERABLE
  }
}
