package dev.lastword.server;

import dev.lastword.farewell.ServerView;
import io.netty.channel.EventLoop;
import java.util.function.Consumer;

/** Who knows how the servers are. */
public interface Diagnoser {
  /**
   * Looks at a server because a session with it was lost just now. Losses that come together share one look.
   *
   * @param answerOn where {@code answer} is called, exactly once and within the time that the configuration allows a diagnosis
   */
  void diagnose(ServerTarget target, EventLoop answerOn, Consumer<ServerView> answer);

  /** Something was read from the server: it is not frozen. Called for every read, so it costs next to nothing. */
  void heard(ServerTarget target);
}
