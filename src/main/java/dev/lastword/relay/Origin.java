package dev.lastword.relay;

import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Whom a connection is for: the client, which a load balancer may stand in front of, and the address that the client connected to.
 *
 * @param client the client's address for people
 * @param source the client's address; null if it has none, as on a Unix domain socket, or if nobody knows it
 * @param destination where it connected to; null under the same conditions
 */
public record Origin(
    String client, @Nullable InetSocketAddress source, @Nullable InetSocketAddress destination) {

  /** The two ends of a connection, for one that nobody stands in front of. */
  public static Origin of(Channel channel) {
    return new Origin(
        NetText.of(channel.remoteAddress()),
        channel.remoteAddress() instanceof InetSocketAddress remote ? remote : null,
        channel.localAddress() instanceof InetSocketAddress local ? local : null);
  }
}
