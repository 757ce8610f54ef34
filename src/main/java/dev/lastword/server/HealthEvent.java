package dev.lastword.server;

import dev.lastword.config.Listener;
import dev.lastword.farewell.ServerView;
import java.util.List;

/** What became of a server. */
public sealed interface HealthEvent {
  /** What {@link #name()} can be. */
  List<String> NAMES =
      List.of(
          "lost",
          "recovered",
          "restarted",
          "shutting-down",
          "group-changed",
          "role-lost",
          "role-regained");

  /** What is known of the server, with a text for people. */
  ServerView view();

  /** As it stands in the log. */
  default String name() {
    return switch (this) {
      case Lost _ -> "lost";
      case Recovered _ -> "recovered";
      case Restarted _ -> "restarted";
      case ShuttingDown _ -> "shutting-down";
      case GroupChanged _ -> "group-changed";
      case LostRole _ -> "role-lost";
      case RegainedRole _ -> "role-regained";
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
  record GroupChanged(ServerView view) implements HealthEvent {}

  /**
   * It answers, and no longer is what it was: out of its group, without the group's majority, or not a primary any more.
   *
   * @param need sessions whose listener needs this are lost; {@code ANY}: all
   */
  record LostRole(ServerView view, Listener.Role need) implements HealthEvent {}

  /**
   * It is again what it was not.
   *
   * @param need sessions whose listener needs this, and had lost the server, may go there again
   */
  record RegainedRole(ServerView view, Listener.Role need) implements HealthEvent {}
}
