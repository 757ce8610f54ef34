package dev.lastword.relay;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;

/** Puts TLS in front of everything else on a leg. Implemented where pipelines are assembled, called where the time for it is known. */
@FunctionalInterface
public interface Encryption {
  /**
   * Begins the handshake; what is written from now on waits for it.
   *
   * @return completed when the handshake has ended, one way or the other
   */
  Future<Channel> start(Leg leg);
}
