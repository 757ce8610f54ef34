package dev.lastword.config;

import java.time.Duration;

/**
 * How clients are told why their session ended.
 *
 * @param diagnosisTimeout how long it may take to find out why a server ended a session, 1 ms to 10 s; then the verdict is given on what is
 *     known
 * @param linger how long a client may take to read its farewell before its connection is closed, 10 ms to 10 min
 * @param drain how long sessions may finish what they are at when the proxy shuts down, 0 to 1 h
 * @param ledger ended sessions that are remembered, 0 to 1,000,000
 */
public record FarewellSettings(
    Duration diagnosisTimeout, Duration linger, Duration drain, int ledger) {
  static final Range DIAGNOSIS_TIMEOUT = Range.ofMilliseconds(1, 10_000);
  static final Range LINGER = Range.ofMilliseconds(10, 600_000);
  static final Range DRAIN = Range.ofMilliseconds(0, 3_600_000);
  static final Range LEDGER = Range.of(0, 1_000_000);

  /** What holds where the configuration says nothing. */
  public static final FarewellSettings DEFAULT =
      new FarewellSettings(
          Duration.ofMillis(250), Duration.ofSeconds(5), Duration.ofSeconds(30), 10_000);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if one is left
   */
  public FarewellSettings {
    DIAGNOSIS_TIMEOUT.require("diagnosisTimeout", diagnosisTimeout.toMillis());
    LINGER.require("linger", linger.toMillis());
    DRAIN.require("drain", drain.toMillis());
    LEDGER.require("ledger", ledger);
  }

  /** The same with another time for a diagnosis. */
  public FarewellSettings withDiagnosisTimeout(Duration diagnosisTimeout) {
    return new FarewellSettings(diagnosisTimeout, linger, drain, ledger);
  }

  /** The same with another time to read a farewell. */
  public FarewellSettings withLinger(Duration linger) {
    return new FarewellSettings(diagnosisTimeout, linger, drain, ledger);
  }

  /** The same with another time to finish when the proxy shuts down. */
  public FarewellSettings withDrain(Duration drain) {
    return new FarewellSettings(diagnosisTimeout, linger, drain, ledger);
  }

  /** The same with another number of remembered sessions. */
  public FarewellSettings withLedger(int ledger) {
    return new FarewellSettings(diagnosisTimeout, linger, drain, ledger);
  }
}
