package dev.lastword.session;

import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The sessions that live, and how many may. Safe for threads. */
public final class SessionRegistry {
  private final int limit;
  private final Object emptied = new Object();
  private final AtomicLong ids = new AtomicLong();
  private final AtomicInteger admitted = new AtomicInteger();
  private final ConcurrentHashMap<String, AtomicInteger> admittedByListener =
      new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Long, Session> live = new ConcurrentHashMap<>();

  /**
   * Makes an empty registry.
   *
   * @param limit sessions that may live at once, 1 or more
   */
  public SessionRegistry(int limit) {
    this.limit = limit;
  }

  /**
   * The right to open one session.
   *
   * @param id the session's number
   */
  public record Ticket(long id, String listener, SessionRegistry registry) {}

  /**
   * Asks to open a session.
   *
   * @param listenerLimit sessions that may live at once through this listener, 1 or more
   * @return null if there are as many as may be already, in all or through this listener
   */
  public @Nullable Ticket admit(String listener, int listenerLimit) {
    AtomicInteger here = admittedByListener.computeIfAbsent(listener, _ -> new AtomicInteger());
    if (admitted.incrementAndGet() <= limit) {
      if (here.incrementAndGet() <= listenerLimit) {
        return new Ticket(ids.incrementAndGet(), listener, this);
      }
      here.decrementAndGet();
    }
    admitted.decrementAndGet();
    return null;
  }

  /** The sessions that live now; sessions come and go while it is read. */
  public Collection<Session> live() {
    return Collections.unmodifiableCollection(live.values());
  }

  /** How many live now. */
  public int size() {
    return live.size();
  }

  /**
   * Waits until none lives.
   *
   * @param atMost how long to wait
   * @return whether none does
   */
  public boolean awaitEmpty(Duration atMost) throws InterruptedException {
    long deadline = System.nanoTime() + atMost.toNanos();
    synchronized (emptied) {
      while (!live.isEmpty()) {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          return false;
        }
        TimeUnit.NANOSECONDS.timedWait(emptied, left);
      }
    }
    return true;
  }

  void add(Session session) {
    live.put(session.id(), session);
  }

  void remove(Session session) {
    if (live.remove(session.id(), session)) {
      AtomicInteger here = admittedByListener.get(session.listener());
      if (here != null) {
        here.decrementAndGet();
      }
      admitted.decrementAndGet();
      if (live.isEmpty()) {
        synchronized (emptied) {
          emptied.notifyAll();
        }
      }
    }
  }
}
