package dev.lastword.server;

import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.function.Consumer;

/** A way to look at a server. A look never blocks, always ends, and never makes the server count an aborted connection. */
public interface Probe {
  /**
   * Looks once.
   *
   * @param loop where everything happens, the answer included
   * @param target which server, and where
   * @param timeout how long the whole look may take, from now
   * @param answer called exactly once, no later than {@code timeout}
   */
  void look(EventLoop loop, ServerTarget target, Duration timeout, Consumer<ProbeResult> answer);

  /**
   * The monitor of this server begins to look. A probe that keeps a connection open may tell what it hears there without being asked.
   *
   * @param hears is told on {@code loop}
   */
  default void begin(EventLoop loop, ServerTarget target, Observer hears) {}

  /** The monitor looks no more: the probe keeps nothing open. Called on the loop; it may begin again. */
  default void end() {}

  /** What a probe hears unasked. */
  interface Observer {
    /** The server said that it shuts down. */
    void shuttingDown();

    /**
     * The server's group changed: its view, its members' roles or states, or it lost its quorum.
     *
     * @param what for people, such as "role change"
     */
    void groupChanged(String what);

    /** The connection that the probe kept open was ended, not by the probe: worth a look now. */
    void connectionEnded();
  }
}
