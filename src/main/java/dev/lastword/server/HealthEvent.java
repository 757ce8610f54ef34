package dev.lastword.server;

import dev.lastword.farewell.ServerView;

/** What became of a server. */
public sealed interface HealthEvent {
  /** What is known of the server, with a text for people. */
  ServerView view();

  /** As it stands in the log. */
  default String name() {
    return switch (this) {
      case Lost _ -> "lost";
      case Recovered _ -> "recovered";
      case Restarted _ -> "restarted";
      case ShuttingDown _ -> "shutting-down";
      case RoleChanged _ -> "group-changed";
    };
  }

  /** It failed as many looks in a row as are needed: every session of it is lost. */
  record Lost(ServerView view) implements HealthEvent {}

  /** A lost server answers again. */
  record Recovered(ServerView view) implements HealthEvent {}

  /**
   * Another process answers than before.
   *
   * @param connectedBefore by {@link System#nanoTime()}: connections made up to then were made to the process that is gone; what was
   *     connected later may be with the new one
   */
  record Restarted(ServerView view, long connectedBefore) implements HealthEvent {
    /** Whether a connection that was made at that {@link System#nanoTime()} was to the process that is gone. */
    public boolean ends(long connectedNanos) {
      return connectedNanos - connectedBefore <= 0;
    }
  }

  /** It said that it shuts down. */
  record ShuttingDown(ServerView view) implements HealthEvent {}

  /** Its group said that roles, members or the quorum changed; what it is now has to be asked. */
  record RoleChanged(ServerView view) implements HealthEvent {}
}
