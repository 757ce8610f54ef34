package dev.lastword.farewell;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** The last sessions that ended, and why. Safe for threads; bounded in number, and what it keeps of each is short. */
public final class Ledger {
  private final int capacity;
  private final ArrayDeque<LostSession> entries;

  /**
   * Makes an empty ledger.
   *
   * @param capacity sessions it remembers, 0 or more
   */
  public Ledger(int capacity) {
    this.capacity = capacity;
    this.entries = new ArrayDeque<>(Math.min(capacity, 1024));
  }

  /** Enters a session that has ended; the oldest gives way if there is no room. */
  public synchronized void enter(LostSession session) {
    if (capacity == 0) {
      return;
    }
    if (entries.size() == capacity) {
      entries.removeFirst();
    }
    entries.addLast(session);
  }

  /** Those it remembers, the last to end first. */
  public synchronized List<LostSession> latest() {
    List<LostSession> all = new ArrayList<>(entries);
    Collections.reverse(all);
    return all;
  }

  /** The session of that number, if it is remembered. */
  public synchronized Optional<LostSession> find(long id) {
    return entries.stream().filter(session -> session.id() == id).findFirst();
  }
}
