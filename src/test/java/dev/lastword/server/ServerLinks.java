package dev.lastword.server;

import io.netty.channel.Channel;

/** Server links over channels that a test made. */
public final class ServerLinks {
  private ServerLinks() {}

  /** As if the dialer had connected it. */
  public static ServerLink over(ServerTarget target, Channel channel) {
    return new ServerLink(target, "memory", channel);
  }
}
