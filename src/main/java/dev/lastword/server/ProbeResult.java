package dev.lastword.server;

import java.util.List;
import java.util.Optional;

/** What one look at a server showed. */
public sealed interface ProbeResult {
  /** What a failed connect shows: the most certain of what its addresses showed. */
  static ProbeResult of(List<Dialer.Failure> failures) {
    for (Dialer.Failure failure : failures) {
      if (failure.kind() == Dialer.Failure.Kind.NO_ANSWER) {
        return new NoAnswer(failure.address());
      }
    }
    boolean refused =
        !failures.isEmpty()
            && failures.stream().allMatch(f -> f.kind() == Dialer.Failure.Kind.REFUSED);
    return refused
        ? new Refused(failures.getFirst().address())
        : new Unreachable(String.join("; ", failures.stream().map(Dialer.Failure::text).toList()));
  }

  /**
   * The server's process said something, if only that it has no room: it lives.
   *
   * @param address where, for people
   * @param incarnation which process it is; empty where nobody may ask it
   * @param role its role; empty likewise
   */
  record Answered(String address, Optional<Incarnation> incarnation, Optional<ServerRole> role)
      implements ProbeResult {
    /** One that nobody may ask anything. */
    public Answered(String address) {
      this(address, Optional.empty(), Optional.empty());
    }
  }

  /**
   * It did not answer, and yet its sessions hear from it. Speaks neither for nor against it.
   *
   * @param address where, for people
   */
  record Busy(String address) implements ProbeResult {}

  /**
   * It closes each new connection at once, as a server does over X that has no room, and as something in front of a server does that is
   * not there. Speaks neither for nor against it, but whoever connects now is not served.
   *
   * @param address where, for people
   */
  record Closed(String address) implements ProbeResult {}

  /**
   * Every address refused the connection: nobody listens there.
   *
   * @param address where, for people
   */
  record Refused(String address) implements ProbeResult {}

  /**
   * Nothing came in time: the process is frozen, or packets are dropped.
   *
   * @param address where, for people
   */
  record NoAnswer(String address) implements ProbeResult {}

  /**
   * It could not even be tried: no address is known for its name, no route leads there, the socket's file is gone.
   *
   * @param why for people, with the address
   */
  record Unreachable(String why) implements ProbeResult {}

  /**
   * The look itself failed, for a reason that says nothing about the server.
   *
   * @param why for people
   */
  record Inconclusive(String why) implements ProbeResult {}
}
