package dev.lastword.status;

import java.time.Instant;

/**
 * Something that happened to the proxy or its servers, for those who watch.
 *
 * @param id its number, from 1, without gaps
 * @param at when
 * @param kind what
 * @param server the server's name; empty if it concerns none, or all
 * @param listener the listener's name; likewise
 * @param session the proxy's number of the session; 0 likewise
 * @param text in words, for people
 */
public record Event(
    long id, Instant at, Kind kind, String server, String listener, long session, String text) {
  /** What can happen. */
  public enum Kind {
    /** A session ended and its client had not asked for it. */
    LOSS,
    /** A server failed so many looks that its sessions are lost. */
    SERVER_LOST,
    /** A lost server answers again. */
    SERVER_RECOVERED,
    /** Another process answers than before. */
    SERVER_RESTARTED,
    /** A server said that it shuts down. */
    SERVER_SHUTTING_DOWN,
    /** A server's group said that roles, members or the quorum changed. */
    GROUP_CHANGED,
    /** A server no longer is what it was to its group or to those who write. */
    ROLE_LOST,
    /** It is again. */
    ROLE_REGAINED,
    /** A drain began. */
    DRAIN_BEGAN,
    /** A drain was taken back. */
    DRAIN_ENDED,
    /** The configuration was loaded anew. */
    RELOADED,
    /** The configuration was to be loaded anew, and is not valid. */
    RELOAD_REFUSED;

    /** As it stands in tables: {@code server-lost}. */
    public String text() {
      return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
  }
}
