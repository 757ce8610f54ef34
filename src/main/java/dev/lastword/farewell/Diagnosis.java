package dev.lastword.farewell;

/**
 * From evidence to verdict: a pure function, for sessions that a server ended without a word. Where the evidence does not decide, the
 * verdict is the recoverable one, because a client that then reconnects here is told at once if the server is gone after all.
 */
public final class Diagnosis {
  private Diagnosis() {}

  /**
   * Concludes.
   *
   * @param server the server's name, for people
   * @param trigger what was noticed
   * @param tooLong whether the client was in the middle of a message that is longer than a server takes
   * @param maybeKilled whether this server, as long as it lives, closes a session in order and without a word only when it was killed
   * @param view what a look at the server showed, begun when the loss was noticed
   */
  public static Verdict of(
      String server, Trigger trigger, boolean tooLong, boolean maybeKilled, ServerView view) {
    Cause cause =
        switch (view.state()) {
          case SHUTTING_DOWN -> Cause.SERVER_SHUT_DOWN;
          case REFUSED -> Cause.SERVER_GONE;
          case RESTARTED -> Cause.SERVER_RESTARTED;
          case NO_ANSWER -> Cause.SERVER_UNREACHABLE;
          case LOST_ROLE -> Cause.SERVER_LOST_ROLE;
          case ALIVE, ANSWERS -> {
            if (tooLong) {
              yield Cause.MESSAGE_TOO_LONG;
            }
            yield maybeKilled && trigger == Trigger.END_OF_STREAM
                ? Cause.KILLED_ON_SERVER
                : Cause.CONNECTION_RESET;
          }
          case UNKNOWN ->
              switch (trigger) {
                case END_OF_STREAM, RESET -> Cause.CONNECTION_RESET;
                case DECLARED_LOST -> Cause.SERVER_UNREACHABLE;
              };
        };
    return new Verdict(cause, detail(server, trigger, view));
  }

  private static String detail(String server, Trigger trigger, ServerView view) {
    String noticed = server + " " + trigger.text();
    return view.detail().isEmpty() ? noticed : noticed + "; " + view.detail();
  }
}
