package dev.lastword.server;

import dev.lastword.config.Health;
import dev.lastword.config.Listener.Role;
import dev.lastword.farewell.ServerView;
import dev.lastword.server.HealthState.Change;
import dev.lastword.server.HealthState.Look;
import dev.lastword.server.HealthState.Step;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The monitor of one server: looks at it in intervals while anybody listens, and at once when somebody asks. May be used by any thread;
 * the work is done on its own event loop. What follows from what is in {@link HealthState}.
 */
public final class ServerHealth implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ServerHealth.class);

  /** From the beginning of one look that was asked for to that of the next. */
  private static final long SHARED_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** A server is seldom lost to one session alone: the others are given this time to ask for the same look. */
  private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(3);

  private static final VarHandle HEARD;

  static {
    try {
      HEARD = MethodHandles.lookup().findVarHandle(ServerHealth.class, "heard", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final EventLoop loop;
  private final ServerTarget target;
  private final Probe probe;
  private volatile Health settings;
  private final String name;
  private final HealthFigures figures = new HealthFigures();

  private volatile HealthState state = HealthState.NEW;

  /** Opaque: written by the sessions' loops for every read, so nothing is ordered by it. */
  @SuppressWarnings("UnusedVariable") // through HEARD
  private boolean heard;

  /** So many connections that break within the time of one diagnosis are no coincidence. */
  private static final int TOGETHER = 3;

  // All below belong to the loop.
  private int lostTogether;
  private final List<HealthListener> listeners = new ArrayList<>();
  private final Set<Waiter> waiters = new LinkedHashSet<>();
  private @Nullable ScheduledFuture<?> next;
  private boolean nextWasAskedFor;
  private boolean looking;
  private boolean lookAgain;
  private boolean began;
  private boolean closed;
  private long lookBegan;
  private boolean lookedBefore;

  /**
   * Makes a monitor that is at rest.
   *
   * @param loop where it looks, and where listeners are told
   * @param probe how it looks; belongs to this monitor
   */
  public ServerHealth(EventLoop loop, ServerTarget target, Probe probe, Health settings) {
    this.loop = loop;
    this.target = target;
    this.probe = probe;
    this.settings = settings;
    this.name = target.server().name();
  }

  /** Which server. */
  public ServerTarget target() {
    return target;
  }

  /** Looks in other intervals, and judges by other numbers, from the next look on. */
  void settings(Health other) {
    settings = other;
    lookNow();
  }

  /** The process that answered last, if that is known. */
  Optional<Incarnation> incarnation() {
    return state.incarnation();
  }

  /** What is known now, without looking. */
  public ServerView view() {
    return state.view(name, null, System.nanoTime());
  }

  /** What was counted of it. */
  public HealthFigures figures() {
    return figures;
  }

  /** Whether it counts as there: it answered, and has not failed so many looks since that its sessions are lost. */
  public boolean isUp() {
    return state.standing() == HealthState.Standing.UP;
  }

  /** Why a new session with that need should not go there, for people; empty if nothing is known against the server's role. */
  public Optional<String> objection(Role need) {
    return state.roles().objection(need).map(clause -> name + " " + clause);
  }

  /** Whether a new session should try it only after all others, because it most likely gets nothing there. */
  public boolean isLastResort() {
    return state.isLastResort();
  }

  /**
   * Looks now, because a connection to the server was lost, and says what that showed. All who ask within some 50 ms share a look, and no
   * good news rests on a look that began before it was asked for.
   *
   * @param answerOn where {@code answer} is called, exactly once
   * @param connectedNanos when the connection that was lost was made, by {@link System#nanoTime()}: RESTARTED means that the process it
   *     was made to is gone
   * @param atMost how long to wait; then the answer is what is known to be wrong with the server, else UNKNOWN
   */
  public void diagnose(
      EventLoop answerOn, long connectedNanos, Duration atMost, Consumer<ServerView> answer) {
    Waiter waiter = new Waiter(answerOn, connectedNanos, System.nanoTime(), answer);
    try {
      loop.execute(() -> admit(waiter, atMost));
    } catch (RejectedExecutionException _) {
      waiter.tell(ServerView.UNKNOWN);
    }
  }

  /** Something was read from the server, on any of its connections. Mostly costs a plain read of memory that nobody writes. */
  public void heard() {
    if (!(boolean) HEARD.getOpaque(this)) {
      HEARD.setOpaque(this, true);
    }
  }

  /** A session heard the server say that it shuts down (1053), which holds for all of its sessions. */
  public void heardShutdown() {
    onLoop(() -> apply(state.afterGoodbye()));
    lookNow();
  }

  /** Looks as soon as possible, as after a loss. */
  public void lookNow() {
    onLoop(() -> {
      if (looking) {
        lookAgain = true;
      } else {
        lookSoon();
      }
    });
  }

  /** Begins to tell what becomes of the server, and to monitor it if nobody did before. */
  public Subscription subscribe(HealthListener listener) {
    onLoop(() -> {
      listeners.add(listener);
      if (!looking && !closed) {
        lookSoon();
      }
    });
    return () ->
        onLoop(() -> {
          if (listeners.remove(listener) && listeners.isEmpty()) {
            rest();
          }
        });
  }

  /** What {@link #subscribe} began. */
  @FunctionalInterface
  public interface Subscription extends AutoCloseable {
    /** Ends it; after the last one the server is not monitored any more. Later calls do nothing. */
    @Override
    void close();
  }

  /** Looks no more; who waits for an answer gets UNKNOWN. Later calls do nothing. */
  @Override
  public void close() {
    onLoop(() -> {
      closed = true;
      listeners.clear();
      rest();
      List<Waiter> all = List.copyOf(waiters);
      waiters.clear();
      all.forEach(waiter -> waiter.tell(ServerView.UNKNOWN));
    });
  }

  private void onLoop(Runnable step) {
    if (loop.inEventLoop()) {
      step.run();
      return;
    }
    try {
      loop.execute(step);
    } catch (RejectedExecutionException _) {
      // The loop has ended, and with it everything there was to do.
    }
  }

  // ---- Looking

  private void rest() {
    cancelNext();
    if (began) {
      began = false;
      probe.end();
    }
    if (!waiters.isEmpty() && !looking) {
      lookSoon();
    }
  }

  private void cancelNext() {
    if (next != null) {
      next.cancel(false);
      next = null;
    }
  }

  /** For somebody who asks: at once, but not more often than is shared. */
  private void lookSoon() {
    if (closed || looking || (next != null && nextWasAskedFor)) {
      return;
    }
    long sinceLast = System.nanoTime() - lookBegan;
    long pause = lookedBefore ? SHARED_NANOS - sinceLast : 0;
    schedule(Math.max(GATHER_NANOS, pause), true);
  }

  private void schedule(long nanos, boolean askedFor) {
    cancelNext();
    nextWasAskedFor = askedFor;
    next = loop.schedule(this::look, nanos, TimeUnit.NANOSECONDS);
  }

  private void look() {
    next = null;
    looking = true;
    lookAgain = false;
    lookedBefore = true;
    if (!began && !listeners.isEmpty()) {
      began = true;
      probe.begin(loop, target, new Hears());
    }
    lookBegan = System.nanoTime();
    HEARD.setOpaque(this, false);
    probe.look(loop, target, settings.timeout(), this::looked);
  }

  private void looked(ProbeResult result) {
    looking = false;
    if (closed) {
      return;
    }
    long now = System.nanoTime();
    boolean late = now - lookBegan > settings.timeout().toNanos() * 3 / 2;
    Look look =
        new Look(
            lookBegan,
            now,
            late && !(result instanceof ProbeResult.Answered)
                // The machine or this process stood still: what looks like the server's silence may
                // be our own.
                ? new ProbeResult.Inconclusive("the proxy itself was held up")
                : result,
            (boolean) HEARD.getOpaque(this));
    figures.looked(look.result(), now - lookBegan);
    log.debug("server={} look={} asked-by={}", name, look.result(), waiters.size());
    apply(state.after(look, settings));
    answer(look, now);
    if (!waiters.isEmpty() || lookAgain || look.result() instanceof ProbeResult.Inconclusive) {
      lookSoon();
    } else if (!listeners.isEmpty()) {
      // A little earlier than asked for, so that the servers of many proxies do not hear them all
      // in one moment.
      double part = ThreadLocalRandom.current().nextDouble(0.9, 1);
      long pause = (long) (settings.interval().toNanos() * part) - (now - lookBegan);
      schedule(Math.max(GATHER_NANOS, pause), false);
    }
  }

  private void apply(Step step) {
    HealthState before = state;
    state = step.state();
    for (Change change : step.changes()) {
      tell(event(change, before));
    }
  }

  private HealthEvent event(Change change, HealthState before) {
    ServerView view = view();
    return switch (change) {
      case LOST -> new HealthEvent.Lost(view);
      case RECOVERED -> new HealthEvent.Recovered(view);
      case SHUTTING_DOWN -> new HealthEvent.ShuttingDown(view);
      case OUT_OF_GROUP -> new HealthEvent.LostRole(state.viewFor(name, Role.ANY), Role.ANY);
      case NO_PRIMARY -> new HealthEvent.LostRole(state.viewFor(name, Role.PRIMARY), Role.PRIMARY);
      case BACK_IN_GROUP ->
          new HealthEvent.RegainedRole(state.backFor(name, Role.ANY, System.nanoTime()), Role.ANY);
      case BACK_FOR_WRITERS ->
          new HealthEvent.RegainedRole(
              state.backFor(name, Role.PRIMARY, System.nanoTime()), Role.PRIMARY);
      case RESTARTED -> {
        Long replaced = state.replacedNanos();
        long until = replaced == null ? before.lastNanos() : replaced;
        yield new HealthEvent.Restarted(state.view(name, until, System.nanoTime()), until);
      }
    };
  }

  private void tell(HealthEvent event) {
    figures.happened(event);
    log.info("server={} health={} {}", name, event.name(), event.view().detail());
    for (HealthListener listener : List.copyOf(listeners)) {
      try {
        listener.changed(this, event);
      } catch (RuntimeException e) {
        log.error("server={} a listener failed on {}", name, event, e);
      }
    }
  }

  private final class Hears implements Probe.Observer {
    @Override
    public void shuttingDown() {
      heardShutdown();
    }

    @Override
    public void groupChanged(String what) {
      tell(
          new HealthEvent.GroupChanged(
              new ServerView(view().state(), "the group of " + name + " says: " + what)));
      lookNow();
    }

    @Override
    public void connectionEnded() {
      state = state.afterBrokenConnection(System.nanoTime());
      lookNow();
    }
  }

  // ---- Those who ask

  /** Somebody who waits for a look. */
  private final class Waiter {
    final EventLoop answerOn;
    final long connectedNanos;
    final long askedNanos;
    final Consumer<ServerView> answer;
    @Nullable ScheduledFuture<?> deadline;

    Waiter(EventLoop answerOn, long connectedNanos, long askedNanos, Consumer<ServerView> answer) {
      this.answerOn = answerOn;
      this.connectedNanos = connectedNanos;
      this.askedNanos = askedNanos;
      this.answer = answer;
    }

    void tell(ServerView view) {
      if (deadline != null) {
        deadline.cancel(false);
      }
      figures.diagnosed(System.nanoTime() - askedNanos);
      try {
        answerOn.execute(() -> answer.accept(view));
      } catch (RejectedExecutionException _) {
        // Whoever asked has ended.
      }
    }
  }

  private void admit(Waiter waiter, Duration atMost) {
    if (closed) {
      waiter.tell(ServerView.UNKNOWN);
      return;
    }
    lostTogether = waiters.isEmpty() ? 1 : lostTogether + 1;
    waiters.add(waiter);
    long left = atMost.toNanos() - (System.nanoTime() - waiter.askedNanos);
    waiter.deadline =
        loop.schedule(() -> tooLate(waiter, atMost), Math.max(0, left), TimeUnit.NANOSECONDS);
    lookSoon();
  }

  private void answer(Look look, long now) {
    if (waiters.isEmpty() || look.result() instanceof ProbeResult.Inconclusive) {
      return;
    }
    boolean bad =
        state.last() != null
            && !(state.last() instanceof ProbeResult.Answered)
            && !(state.last() instanceof ProbeResult.Busy)
            && !(state.last() instanceof ProbeResult.Closed);
    List<Waiter> served = new ArrayList<>(waiters.size());
    for (Waiter waiter : waiters) {
      // That it was well before somebody lost it means nothing; that it was ill means something.
      if (bad || look.beganNanos() - waiter.askedNanos >= 0) {
        served.add(waiter);
      }
    }
    if (served.size() == waiters.size()) {
      waiters.clear();
    } else {
      served.forEach(waiters::remove);
    }
    served.forEach(waiter -> waiter.tell(state.view(name, waiter.connectedNanos, now)));
  }

  private void tooLate(Waiter waiter, Duration atMost) {
    if (waiters.remove(waiter)) {
      waiter.tell(
          state.explainsLoss()
              ? state.view(name, waiter.connectedNanos, System.nanoTime())
              : silence(name + " has not answered within " + atMost.toMillis() + " ms"));
    }
  }

  /**
   * What no answer in time means. For one lost connection, nothing: the network may be slow. But connections that break together and a
   * server that says nothing are a dying server: its process closes thousands of them, and its port last.
   */
  private ServerView silence(String detail) {
    return lostTogether < TOGETHER
        ? new ServerView(ServerView.State.UNKNOWN, detail)
        : new ServerView(
            ServerView.State.NO_ANSWER, detail + ", and lost " + lostTogether + " connections");
  }
}
