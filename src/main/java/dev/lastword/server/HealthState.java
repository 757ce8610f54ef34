package dev.lastword.server;

import dev.lastword.config.Health;
import dev.lastword.config.Listener.Role;
import dev.lastword.farewell.ServerView;
import dev.lastword.farewell.ServerView.State;
import dev.lastword.server.ServerRole.Membership;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a monitor knows, and how it follows from one look to the next: values in, values out. Times are {@link System#nanoTime()}.
 *
 * @param standing whether the server counts as there
 * @param streak looks in a row that speak against {@code standing}
 * @param last what the last look that said anything showed; null before the first
 * @param lastNanos when that look ended
 * @param answeredNanos when a look last got an answer; null before it did
 * @param failedNanos when the first failed look since the last answer began, or a connection that was kept open for looking was ended;
 *     null if neither happened
 * @param refusedNanos when the last look that was refused since then began; null if none was
 * @param incarnation the process that answered last, if that is known
 * @param confirmedNanos when {@code incarnation} last answered; null before it did
 * @param shutdown what is known of its end in order
 * @param answersSinceSaid answers in a row since it said that it shuts down
 * @param replacedNanos connections made up to then were made to a process that is gone; null if none is known to be gone
 * @param roles what it is to its group and to those who write
 */
record HealthState(
    Standing standing,
    int streak,
    @Nullable ProbeResult last,
    long lastNanos,
    @Nullable Long answeredNanos,
    @Nullable Long failedNanos,
    @Nullable Long refusedNanos,
    Optional<Incarnation> incarnation,
    @Nullable Long confirmedNanos,
    Shutdown shutdown,
    int answersSinceSaid,
    @Nullable Long replacedNanos,
    RoleHistory roles) {

  /** A server that said goodbye and then answers this often without a break has changed its mind, or another one spoke for it. */
  static final int ANSWERS_AGAINST_SHUTDOWN = 30;

  /** Uptime counts whole seconds of a clock that does not begin with the process: the start is known to within this. */
  private static final long START_PRECISION_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final String BUSY = "answered no new connection, but speaks to those it has";
  private static final String CLOSED = "closed a new connection without a word";

  static final HealthState NEW =
      new HealthState(
          Standing.NEW,
          0,
          null,
          0,
          null,
          null,
          null,
          Optional.empty(),
          null,
          Shutdown.NONE,
          0,
          null,
          RoleHistory.NEW);

  /** Whether a server counts as there. */
  enum Standing {
    /** It was never seen. */
    NEW,
    /** It answers. */
    UP,
    /** It is lost. */
    DOWN
  }

  /** How far an end in order has come. */
  enum Shutdown {
    /** Nothing was said. */
    NONE,
    /** It said so and still answers. */
    SAID,
    /** It said so and then was gone. */
    GONE
  }

  /**
   * One look.
   *
   * @param heard whether a session read something from the server since the look began
   */
  record Look(long beganNanos, long endedNanos, ProbeResult result, boolean heard) {}

  /** What follows from a look. */
  record Step(HealthState state, List<Change> changes) {}

  /** The events, without what they say. */
  enum Change {
    LOST,
    RECOVERED,
    RESTARTED,
    SHUTTING_DOWN,
    /** Lost to all sessions. */
    OUT_OF_GROUP,
    /** Lost to the sessions that need a primary. */
    NO_PRIMARY,
    /** Fit again for those that do not need a primary. */
    BACK_IN_GROUP,
    /** Fit again for those that do. */
    BACK_FOR_WRITERS
  }

  /** What is known after one more look. */
  Step after(Look look, Health settings) {
    return switch (look.result()) {
      case ProbeResult.Answered answered -> afterAnswer(look, answered, settings);
      case ProbeResult.Refused _ -> afterFailure(look, look.heard() ? 0 : 1, settings);
      case ProbeResult.Unreachable _ -> afterFailure(look, look.heard() ? 0 : 1, settings);
      case ProbeResult.NoAnswer silent ->
          look.heard()
              ? afterSlowness(look, new ProbeResult.Busy(silent.address()))
              : afterFailure(look, 1, settings);
      case ProbeResult.Busy _, ProbeResult.Closed _ -> afterSlowness(look, look.result());
      case ProbeResult.Inconclusive _ -> new Step(this, List.of());
    };
  }

  /** What is known once a connection that was kept open for looking has been ended. */
  HealthState afterBrokenConnection(long now) {
    return new HealthState(
        standing,
        streak,
        last,
        lastNanos,
        answeredNanos,
        failedNanos == null ? Long.valueOf(now) : failedNanos,
        refusedNanos,
        incarnation,
        confirmedNanos,
        shutdown,
        answersSinceSaid,
        replacedNanos,
        roles);
  }

  /** What is known once the server has said that it shuts down. */
  Step afterGoodbye() {
    if (shutdown != Shutdown.NONE) {
      return new Step(this, List.of());
    }
    return new Step(
        new HealthState(
            standing,
            streak,
            last,
            lastNanos,
            answeredNanos,
            failedNanos,
            refusedNanos,
            incarnation,
            confirmedNanos,
            Shutdown.SAID,
            0,
            replacedNanos,
            roles),
        List.of(Change.SHUTTING_DOWN));
  }

  private Step afterAnswer(Look look, ProbeResult.Answered answer, Health settings) {
    List<Change> changes = new ArrayList<>(2);
    int risen = standing == Standing.DOWN ? streak + 1 : 0;
    boolean back = standing == Standing.DOWN && risen >= settings.rise();
    if (back) {
      changes.add(Change.RECOVERED);
    }
    Long replaced = replacedNanos;
    boolean other = false;
    Optional<Incarnation> process = answer.incarnation().or(() -> incarnation);
    if (incarnation.isPresent() && answer.incarnation().isPresent()) {
      Incarnation found = answer.incarnation().get();
      if (!incarnation.get().isSameProcessAs(found)) {
        other = true;
        replaced = lastMomentBefore(found);
      }
    } else if (shutdown == Shutdown.GONE) {
      // It said that it ends, was gone, and is there: nobody had to tell which process this is.
      other = true;
      replaced = refusedNanos == null ? failedNanos : refusedNanos;
      process = answer.incarnation();
    }
    RoleHistory before = roles;
    if (other) {
      changes.add(Change.RESTARTED);
      before = sameServer(answer) ? roles.afterRestart() : RoleHistory.NEW;
    }
    RoleHistory now = before.after(answer.role());
    changes.addAll(roleChanges(now));
    // Until the process that was known is known again, or another, what failed before may tell
    // which
    // connections were to which.
    boolean unexplained = process.isPresent() && answer.incarnation().isEmpty();
    boolean same = !other && incarnation.isPresent() && answer.incarnation().isPresent();
    int answers = shutdown == Shutdown.NONE ? 0 : answersSinceSaid + 1;
    boolean goodbyeHolds =
        shutdown != Shutdown.NONE && !other && answers < ANSWERS_AGAINST_SHUTDOWN;
    Shutdown ending = goodbyeHolds ? (same ? Shutdown.SAID : shutdown) : Shutdown.NONE;
    return new Step(
        new HealthState(
            back || standing != Standing.DOWN ? Standing.UP : Standing.DOWN,
            back ? 0 : risen,
            answer,
            look.endedNanos(),
            look.endedNanos(),
            unexplained ? failedNanos : null,
            unexplained ? refusedNanos : null,
            process,
            answer.incarnation().isPresent() ? Long.valueOf(look.endedNanos()) : confirmedNanos,
            ending,
            goodbyeHolds ? answers : 0,
            replaced,
            now),
        List.copyOf(changes));
  }

  /** Whether it has the data of the one before, as far as is known. */
  private boolean sameServer(ProbeResult.Answered answer) {
    return incarnation.isEmpty()
        || answer.incarnation().isEmpty()
        || incarnation.get().serverUuid().equals(answer.incarnation().get().serverUuid());
  }

  /** Who has lost the server by its role, or got it back: news only where the server has said what it is. */
  private List<Change> roleChanges(RoleHistory now) {
    List<Change> changes = new ArrayList<>(2);
    if (now.last().isEmpty() || now.last().get().membership() == Membership.OFFLINE_MODE) {
      return changes;
    }
    boolean out = now.isLostTo(Role.ANY);
    if (out != roles.isLostTo(Role.ANY)) {
      changes.add(out ? Change.OUT_OF_GROUP : Change.BACK_IN_GROUP);
    }
    // Who has lost it with all the others is told once.
    boolean noPrimary = now.isLostTo(Role.PRIMARY);
    if (noPrimary != roles.isLostTo(Role.PRIMARY) && !out) {
      changes.add(noPrimary ? Change.NO_PRIMARY : Change.BACK_FOR_WRITERS);
    }
    return changes;
  }

  /**
   * The latest moment at which certainly no connection could be made to the new process: before its start, when the one before still
   * answered, or when that was seen to fail.
   */
  private long lastMomentBefore(Incarnation now) {
    long latest = now.startedNanos() - START_PRECISION_NANOS;
    Long confirmed = confirmedNanos;
    if (confirmed != null && confirmed - latest > 0) {
      latest = confirmed;
    }
    Long failed = failedNanos;
    // Silence after the start may be that of the new process.
    if (failed != null
        && failed - latest > 0
        && failed - now.startedNanos() <= START_PRECISION_NANOS) {
      latest = failed;
    }
    // A new process cannot have accepted anybody before it began to listen.
    Long refused = refusedNanos;
    return refused != null && refused - latest > 0 ? refused : latest;
  }

  /** No answer, but not silence either: busy or full, not frozen. */
  private Step afterSlowness(Look look, ProbeResult seen) {
    return new Step(
        new HealthState(
            standing,
            0,
            seen,
            look.endedNanos(),
            answeredNanos,
            failedNanos,
            refusedNanos,
            incarnation,
            confirmedNanos,
            shutdown,
            answersSinceSaid,
            replacedNanos,
            roles),
        List.of());
  }

  private Step afterFailure(Look look, int weight, Health settings) {
    int failed = standing == Standing.DOWN ? 0 : streak + weight;
    boolean lost = standing != Standing.DOWN && failed >= settings.fall();
    return new Step(
        new HealthState(
            lost ? Standing.DOWN : standing,
            lost ? 0 : failed,
            look.result(),
            look.endedNanos(),
            answeredNanos,
            failedNanos == null ? Long.valueOf(look.beganNanos()) : failedNanos,
            look.result() instanceof ProbeResult.Refused
                ? Long.valueOf(look.beganNanos())
                : refusedNanos,
            incarnation,
            confirmedNanos,
            shutdown == Shutdown.NONE ? Shutdown.NONE : Shutdown.GONE,
            0,
            replacedNanos,
            roles),
        lost ? List.of(Change.LOST) : List.of());
  }

  /**
   * What a connection to this server has to know.
   *
   * @param server name of the server
   * @param connectedNanos when the connection was made; null for what holds whoever asks
   * @param now the time
   */
  ServerView view(String server, @Nullable Long connectedNanos, long now) {
    ProbeResult seen = last;
    if (seen == null) {
      return shutdown == Shutdown.NONE
          ? new ServerView(State.UNKNOWN, server + " has not been looked at yet")
          : new ServerView(State.SHUTTING_DOWN, server + " said that it is shutting down");
    }
    if (shutdown != Shutdown.NONE) {
      return new ServerView(
          State.SHUTTING_DOWN,
          server
              + " said that it is shutting down"
              + (shutdown == Shutdown.GONE ? ", and then " + failure(seen) : ""));
    }
    String ago = " " + ago(now - lastNanos);
    return switch (seen) {
      case ProbeResult.Answered answer -> {
        String who = server + " (" + answer.address() + ")";
        Long replaced = replacedNanos;
        if (replaced != null && connectedNanos != null && connectedNanos - replaced <= 0) {
          yield new ServerView(
              State.RESTARTED, who + " answered" + ago + ", and it is another process than before");
        }
        if (roles.isLostTo(Role.ANY)) {
          yield outOfRole(who, Role.ANY);
        }
        yield answer.incarnation().isPresent()
            ? new ServerView(
                State.ALIVE, who + " answered" + ago + ", and it is the process that it was")
            : new ServerView(State.ANSWERS, who + " answered" + ago);
      }
      case ProbeResult.Busy busy ->
          new ServerView(State.ANSWERS, server + " (" + busy.address() + ") " + BUSY);
      case ProbeResult.Closed closed ->
          new ServerView(State.ANSWERS, server + " (" + closed.address() + ") " + CLOSED);
      case ProbeResult.Refused refused ->
          new ServerView(
              State.REFUSED,
              server + " (" + refused.address() + ") refused a new connection" + ago);
      case ProbeResult.NoAnswer silent ->
          new ServerView(State.NO_ANSWER, server + " (" + silent.address() + ") " + silence(now));
      case ProbeResult.Unreachable unreachable ->
          new ServerView(
              State.NO_ANSWER, server + " could not be reached" + ago + ": " + unreachable.why());
      case ProbeResult.Inconclusive _ -> throw new IllegalStateException("says nothing");
    };
  }

  /** What a session has to know whose listener has that need, and who has lost the server by its role. */
  ServerView viewFor(String server, Role need) {
    return last instanceof ProbeResult.Answered answer
        ? outOfRole(server + " (" + answer.address() + ")", need)
        : outOfRole(server, need);
  }

  private ServerView outOfRole(String who, Role need) {
    return new ServerView(
        State.LOST_ROLE, who + " " + roles.objection(need).orElse("has lost its role"));
  }

  /** The same, when it is fit again. */
  ServerView backFor(String server, Role need, long now) {
    String what =
        switch (need) {
          case ANY -> "; it is in its group";
          case PRIMARY -> "; it takes writes";
        };
    ServerView view = view(server, null, now);
    return new ServerView(view.state(), view.detail() + what);
  }

  /**
   * Whether a new session most likely gets nothing there. That it accepts connections is no sign to the contrary: something in front of it
   * (a load balancer, a container's port) may accept them for it.
   */
  boolean isLastResort() {
    return explainsLoss() || last instanceof ProbeResult.Closed;
  }

  /** Whether what is known of the server by itself explains the loss of a connection to it: it is lost, or said that it shuts down. */
  boolean explainsLoss() {
    return standing == Standing.DOWN || shutdown != Shutdown.NONE;
  }

  private String silence(long now) {
    Long answered = answeredNanos;
    return answered == null
        ? "has never answered"
        : "has not answered for " + seconds(now - answered);
  }

  private static String failure(ProbeResult seen) {
    return switch (seen) {
      case ProbeResult.Refused refused -> "refused a new connection at " + refused.address();
      case ProbeResult.NoAnswer silent -> "did not answer at " + silent.address();
      case ProbeResult.Unreachable unreachable -> "could not be reached: " + unreachable.why();
      case ProbeResult.Answered answer -> "answered at " + answer.address();
      case ProbeResult.Busy _ -> BUSY;
      case ProbeResult.Closed _ -> CLOSED;
      case ProbeResult.Inconclusive _ -> throw new IllegalStateException("says nothing");
    };
  }

  /** So many milliseconds or seconds ago; "just now" where the difference is that of two threads. */
  static String ago(long nanos) {
    return nanos < 1_000_000 ? "just now" : seconds(nanos) + " ago";
  }

  private static String seconds(long nanos) {
    long millis = TimeUnit.NANOSECONDS.toMillis(nanos);
    return millis < 1_000 ? millis + " ms" : String.format(Locale.ROOT, "%.1f s", millis / 1_000.0);
  }
}
