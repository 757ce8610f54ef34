package dev.lastword.admin.http;

/** What a request leads to. */
sealed interface Reply permits Answer, Reply.Events {
  /**
   * The stream of events, which ends with the connection.
   *
   * @param since the number of the last event that the client knows, or {@link #NEW} if it wants only those to come
   */
  record Events(long since) implements Reply {
    static final long NEW = -1;
  }
}
