package dev.lastword.farewell;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The last sessions that ended, and why. Safe for threads; bounded in number, and what it keeps of each is short. Where there is no room,
 * sessions whose clients simply left give way before those that were lost: on a busy day there are thousands of them for each loss.
 */
public final class Ledger {
  private int capacity;
  private final ArrayDeque<LostSession> losses = new ArrayDeque<>();
  private final ArrayDeque<LostSession> others = new ArrayDeque<>();

  /**
   * Makes an empty ledger.
   *
   * @param capacity sessions it remembers, 0 or more
   */
  public Ledger(int capacity) {
    this.capacity = capacity;
  }

  /** Enters a session that has ended. */
  public synchronized void enter(LostSession session) {
    (session.isLoss() ? losses : others).addLast(session);
    shrink();
  }

  /** Sets how many sessions it remembers, 0 or more, from now on. */
  public synchronized void capacity(int sessions) {
    capacity = sessions;
    shrink();
  }

  private void shrink() {
    while (losses.size() + others.size() > capacity) {
      (others.isEmpty() ? losses : others).removeFirst();
    }
  }

  /** Those it remembers, the last to end first. */
  public synchronized List<LostSession> latest() {
    List<LostSession> all = new ArrayList<>(losses);
    all.addAll(others);
    all.sort(Comparator.comparing(LostSession::ended).reversed());
    return all;
  }

  /** Those of them that were lost, the last one first. */
  public synchronized List<LostSession> losses() {
    List<LostSession> all = new ArrayList<>(losses);
    Collections.reverse(all);
    return all;
  }

  /** The session of that number, if it is remembered. */
  public synchronized Optional<LostSession> find(long id) {
    return Stream.concat(losses.stream(), others.stream())
        .filter(session -> session.id() == id)
        .findFirst();
  }
}
