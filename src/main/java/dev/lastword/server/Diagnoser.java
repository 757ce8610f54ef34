package dev.lastword.server;

import dev.lastword.farewell.ServerView;
import io.netty.channel.EventLoop;
import java.util.function.Consumer;

/** Who knows how the servers are. */
public interface Diagnoser {
  /**
   * Looks at a server because a connection to it was lost just now. Losses that come together share one look.
   *
   * @param lost the connection
   * @param answerOn where {@code answer} is called, exactly once and within the time that the configuration allows a diagnosis
   */
  void diagnose(ServerLink lost, EventLoop answerOn, Consumer<ServerView> answer);

  /** Something was read from the server: it is not frozen. Called for every read, so it costs next to nothing. */
  void heard(ServerTarget target);

  /** The server said on a session that it shuts down, which goes for all its sessions. */
  void heardShutdown(ServerTarget target);
}
