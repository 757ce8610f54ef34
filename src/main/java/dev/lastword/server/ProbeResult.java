package dev.lastword.server;

import java.util.Optional;

/** What one look at a server showed. */
public sealed interface ProbeResult {
  /**
   * The server's process said something, if only that it has no room: it lives.
   *
   * @param address where, for people
   * @param incarnation which process it is; empty where nobody may ask it
   */
  record Answered(String address, Optional<Incarnation> incarnation) implements ProbeResult {}

  /**
   * It did not answer in time, but speaks to those it knows: busy, not frozen.
   *
   * @param address where, for people
   */
  record Busy(String address) implements ProbeResult {}

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
