package dev.lastword.session;

import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * How many sessions are doing what. What a session is doing is known on its event loop only, so each loop counts its own, a few at a time:
 * what comes from the network in between is served in between.
 */
public final class SessionCensus {
  /** A loop counts so many sessions within some ten microseconds. */
  private static final int AT_ONCE = 256;

  private final Map<Kind, Long> counts = new HashMap<>();
  private int countingLoops;

  private SessionCensus() {}

  /**
   * Sessions that are counted together.
   *
   * @param server the server's name; empty if they have none
   * @param state what they are doing, as in the log; {@code unknown} if their loop had no time to say so
   */
  public record Kind(String listener, String protocol, String server, String state) {}

  /**
   * Counts all that live. Must not be called on an event loop.
   *
   * @param atMost how long to wait for loops that are held up
   * @throws InterruptedException if the thread is interrupted meanwhile
   */
  public static Map<Kind, Long> of(SessionRegistry registry, Duration atMost)
      throws InterruptedException {
    Map<EventLoop, List<Session>> byLoop = new HashMap<>();
    for (Session session : registry.live()) {
      byLoop.computeIfAbsent(session.eventLoop(), _ -> new ArrayList<>()).add(session);
    }
    SessionCensus census = new SessionCensus();
    List<Part> parts = new ArrayList<>(byLoop.size());
    byLoop.forEach((loop, sessions) -> parts.add(census.new Part(loop, sessions)));
    census.countingLoops = parts.size();
    parts.forEach(Part::next);
    return census.await(parts, System.nanoTime() + atMost.toNanos());
  }

  private synchronized Map<Kind, Long> await(List<Part> parts, long deadline)
      throws InterruptedException {
    long left = deadline - System.nanoTime();
    while (countingLoops > 0 && left > 0) {
      TimeUnit.NANOSECONDS.timedWait(this, left);
      left = deadline - System.nanoTime();
    }
    Map<Kind, Long> all = new HashMap<>(counts);
    for (Part part : parts) {
      if (!part.delivered) {
        for (Session session : part.sessions) {
          // These two never change; the server might just now.
          all.merge(new Kind(session.listener(), session.protocol(), "", "unknown"), 1L, Long::sum);
        }
      }
    }
    return all;
  }

  private synchronized void deliver(Part part) {
    part.counts.forEach((kind, count) -> counts.merge(kind, count, Long::sum));
    part.delivered = true;
    countingLoops--;
    notifyAll();
  }

  private synchronized void givenUp() {
    countingLoops--;
    notifyAll();
  }

  /** The sessions of one loop. */
  private final class Part implements Runnable {
    private final EventLoop loop;
    private final List<Session> sessions;
    private final Map<Kind, Long> counts = new HashMap<>();
    private int at;
    private boolean delivered;

    Part(EventLoop loop, List<Session> sessions) {
      this.loop = loop;
      this.sessions = sessions;
    }

    void next() {
      try {
        loop.execute(this);
      } catch (RejectedExecutionException _) {
        // The loop has ended, and with it its sessions.
        givenUp();
      }
    }

    @Override
    public void run() {
      int end = Math.min(at + AT_ONCE, sessions.size());
      while (at < end) {
        Session session = sessions.get(at++);
        if (session.cause() == null) {
          counts.merge(
              new Kind(
                  session.listener(),
                  session.protocol(),
                  session.server(),
                  session.activity().text()),
              1L,
              Long::sum);
        }
      }
      if (end < sessions.size()) {
        next();
      } else {
        deliver(this);
      }
    }
  }
}
