package dev.lastword.status;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** The last events, and those who want to hear of new ones. Safe for threads. */
public final class EventLog {
  private final int capacity;
  private final ArrayDeque<Event> latest = new ArrayDeque<>();
  private final CopyOnWriteArrayList<Consumer<Event>> subscribers = new CopyOnWriteArrayList<>();
  private long lastId;

  /**
   * Makes an empty log.
   *
   * @param capacity events it remembers, 1 or more
   */
  public EventLog(int capacity) {
    this.capacity = capacity;
  }

  /** Enters an event that concerns neither a server, a listener nor a session. */
  public void enter(Event.Kind kind, String text) {
    enter(kind, "", "", 0, text);
  }

  /** Enters an event and tells the subscribers, on this thread and in the order of the events. */
  public void enter(Event.Kind kind, String server, String listener, long session, String text) {
    synchronized (this) {
      Event event = new Event(++lastId, Instant.now(), kind, server, listener, session, text);
      if (latest.size() == capacity) {
        latest.removeFirst();
      }
      latest.addLast(event);
      subscribers.forEach(subscriber -> subscriber.accept(event));
    }
  }

  /** Those it remembers with a number above this, the oldest first. */
  public synchronized List<Event> since(long id) {
    List<Event> newer = new ArrayList<>();
    for (Event event : latest) {
      if (event.id() > id) {
        newer.add(event);
      }
    }
    return newer;
  }

  /**
   * Begins to tell somebody of new events.
   *
   * @param subscriber called on the threads on which things happen, event loops among them: it must return at once, throw nothing, and
   *     not enter events itself
   * @return what ends it
   */
  public AutoCloseable subscribe(Consumer<Event> subscriber) {
    subscribers.add(subscriber);
    return () -> subscribers.remove(subscriber);
  }

  /**
   * The same, with all remembered events above a number first, so that none is missed in between and none comes twice.
   *
   * @return what ends it
   */
  public synchronized AutoCloseable subscribeSince(long id, Consumer<Event> subscriber) {
    since(id).forEach(subscriber);
    return subscribe(subscriber);
  }
}
