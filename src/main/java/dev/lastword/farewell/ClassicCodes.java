package dev.lastword.farewell;

import java.util.EnumMap;
import java.util.Map;

/**
 * With which code and SQLSTATE a classic listener says what. Drivers differ in what they take for a lost connection, so an operator can
 * choose; {@link #DEFAULT} is what most of them recover from.
 */
public final class ClassicCodes {
  /** ER_CONNECTION_KILLED, as clients of MariaDB know it. */
  static final Farewell.Err KILLED_BY_MARIADB = new Farewell.Err(1927, "70100");

  /** The numbers that MySQL servers send, with 08S01 wherever a pool is to give the connection up. */
  public static final ClassicCodes DEFAULT = new ClassicCodes(Map.of());

  private final EnumMap<Cause.Reason, Farewell.Err> codes = new EnumMap<>(Cause.Reason.class);
  private final ClassicCodes atMariaDb;

  /**
   * Makes a mapping.
   *
   * @param chosen what differs from the default
   */
  public ClassicCodes(Map<Cause.Reason, Farewell.Err> chosen) {
    for (Cause.Reason reason : Cause.Reason.values()) {
      codes.put(reason, new Farewell.Err(reason.classicCode(), reason.sqlState()));
    }
    codes.putAll(chosen);
    atMariaDb =
        chosen.containsKey(Cause.Reason.KILLED) ? this : new ClassicCodes(codes, KILLED_BY_MARIADB);
  }

  private ClassicCodes(Map<Cause.Reason, Farewell.Err> otherwise, Farewell.Err killed) {
    codes.putAll(otherwise);
    codes.put(Cause.Reason.KILLED, killed);
    atMariaDb = this;
  }

  /** The same for a session with a MariaDB server, which has a code of its own for a session that was killed. */
  public ClassicCodes atMariaDb() {
    return atMariaDb;
  }

  /** What is sent for this reason. */
  public Farewell.Err of(Cause.Reason reason) {
    return codes.getOrDefault(reason, new Farewell.Err(0, ""));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ClassicCodes that && that.codes.equals(codes);
  }

  @Override
  public int hashCode() {
    return codes.hashCode();
  }

  @Override
  public String toString() {
    return codes.toString();
  }
}
