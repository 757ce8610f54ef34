package dev.lastword.session;

import dev.lastword.farewell.Cause;
import dev.lastword.farewell.Ledger;
import dev.lastword.farewell.LostSession;
import dev.lastword.status.LossCounters;
import dev.lastword.status.SessionCounters;
import dev.lastword.status.Traffic;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The sessions that live, and how many may. Safe for threads. */
public final class SessionRegistry {
  private static final Logger log = LoggerFactory.getLogger(SessionRegistry.class);

  /** So many sessions are asked before a loop goes on with its other work. */
  private static final int ASKED_AT_ONCE = 64;

  private volatile int limit;
  private volatile Consumer<LostSession> onLoss = _ -> {};
  private final Ledger ledger;
  private final LossCounters losses;
  private final SessionCounters counters = new SessionCounters();
  private final Object changed = new Object();
  private final AtomicInteger leaving = new AtomicInteger();
  private final AtomicLong ids = new AtomicLong();
  private final AtomicInteger admitted = new AtomicInteger();
  private final ConcurrentHashMap<String, AtomicInteger> admittedByListener =
      new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Long, Session> live = new ConcurrentHashMap<>();

  /**
   * Makes an empty registry.
   *
   * @param limit sessions that may live at once, 1 or more
   * @param ledger where ended sessions are entered
   * @param losses where they are counted
   */
  public SessionRegistry(int limit, Ledger ledger, LossCounters losses) {
    this.limit = limit;
    this.ledger = ledger;
    this.losses = losses;
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

  /** Counts and logs a client that never became a session. */
  public void refused(String protocol, String listener, String client, Cause cause, String detail) {
    losses.refused(cause.text(), protocol, listener);
    SessionLog.refused(listener, client, cause, detail);
  }

  /** The sessions that live now; sessions come and go while it is read. */
  public Collection<Session> live() {
    return Collections.unmodifiableCollection(live.values());
  }

  /** What is counted of them besides how they ended. */
  public SessionCounters counters() {
    return counters;
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
    return await(live::isEmpty, atMost);
  }

  private boolean await(BooleanSupplier condition, Duration atMost) throws InterruptedException {
    long deadline = System.nanoTime() + atMost.toNanos();
    synchronized (changed) {
      while (!condition.getAsBoolean()) {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          return false;
        }
        TimeUnit.NANOSECONDS.timedWait(changed, left);
      }
    }
    return true;
  }

  private void tellWaiting() {
    synchronized (changed) {
      changed.notifyAll();
    }
  }

  /**
   * Waits until none lives and the clients of those that lived have closed their connections, as they do when they have read their
   * farewell.
   *
   * @param atMost how long to wait
   * @return whether it is so
   */
  public boolean awaitFarewells(Duration atMost) throws InterruptedException {
    return await(() -> live.isEmpty() && leaving.get() == 0, atMost);
  }

  void leavingUntil(Future<?> closed) {
    leaving.incrementAndGet();
    closed.addListener(_ -> {
      leaving.decrementAndGet();
      tellWaiting();
    });
  }

  void ended(LostSession lost) {
    losses.ended(lost.verdict().cause().text(), lost.protocol(), lost.listener(), lost.server());
    switch (lost.delivery()) {
      case WRITTEN ->
          counters.farewells(lost.protocol()).took(lost.farewellMicros(), TimeUnit.MICROSECONDS);
      case UNDELIVERABLE -> losses.undeliverable(lost.verdict().cause().text(), lost.protocol());
      case NOTHING_TO_SAY -> {
        // Nobody waited for anything.
      }
    }
    ledger.enter(lost);
    if (lost.isLoss()) {
      onLoss.accept(lost);
    }
  }

  /**
   * Names who is told of each loss, on the event loop of the session; to be called before there are sessions.
   *
   * @param told must return at once
   */
  public void onLoss(Consumer<LostSession> told) {
    onLoss = told;
  }

  /** Sets how many sessions may live at once, 1 or more; those that live above it go on. */
  public void limit(int sessions) {
    limit = sessions;
  }

  /**
   * Asks every session that lives, each on its own event loop, a few at a time so that none is held up.
   *
   * @param question what is asked; must return at once
   * @param atMost how long to wait for all answers
   * @return the answers that came, by number of the session; of a loop that ends meanwhile there are none
   */
  public <T> List<T> ask(Function<Session, T> question, Duration atMost)
      throws InterruptedException {
    Map<EventLoop, ArrayDeque<Session>> byLoop = new HashMap<>();
    live.values()
        .forEach(session ->
            byLoop.computeIfAbsent(session.eventLoop(), _ -> new ArrayDeque<>()).add(session));
    ConcurrentSkipListMap<Long, T> answers = new ConcurrentSkipListMap<>();
    CountDownLatch done = new CountDownLatch(byLoop.size());
    byLoop.forEach((loop, sessions) -> askSome(loop, sessions, question, answers, done));
    var _ = done.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
    return List.copyOf(answers.values());
  }

  private static <T> void askSome(
      EventLoop loop,
      ArrayDeque<Session> sessions,
      Function<Session, T> question,
      Map<Long, T> answers,
      CountDownLatch done) {
    try {
      loop.execute(() -> {
        for (int i = 0; i < ASKED_AT_ONCE && !sessions.isEmpty(); i++) {
          Session session = sessions.remove();
          answers.put(session.id(), question.apply(session));
        }
        if (sessions.isEmpty()) {
          done.countDown();
        } else {
          askSome(loop, sessions, question, answers, done);
        }
      });
    } catch (RejectedExecutionException _) {
      done.countDown();
    }
  }

  /**
   * Does something to many sessions, each on its own event loop.
   *
   * @param which sessions; tested on the caller's thread, so only by what never changes or is safe to be late with
   */
  public void forEach(Predicate<Session> which, Consumer<Session> action) {
    Map<EventLoop, List<Session>> byLoop = new HashMap<>();
    for (Session session : live.values()) {
      if (which.test(session)) {
        byLoop.computeIfAbsent(session.eventLoop(), _ -> new ArrayList<>()).add(session);
      }
    }
    byLoop.forEach(
        (loop, sessions) -> loop.execute(() -> sessions.forEach(session -> doTo(session, action))));
  }

  /** A mistake in one session must not keep the others from what they are to do. */
  private static void doTo(Session session, Consumer<Session> action) {
    try {
      action.accept(session);
    } catch (RuntimeException e) {
      log.error("session={} a mistake of the proxy", session.id(), e);
    }
  }

  /** Enters a session; returns where its traffic is counted. */
  Traffic add(Session session) {
    live.put(session.id(), session);
    return counters.opened(session.listener(), session.protocol(), session.eventLoop());
  }

  void remove(Session session) {
    if (live.remove(session.id(), session)) {
      AtomicInteger here = admittedByListener.get(session.listener());
      if (here != null) {
        here.decrementAndGet();
      }
      admitted.decrementAndGet();
      if (live.isEmpty()) {
        tellWaiting();
      }
    }
  }
}
