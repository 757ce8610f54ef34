package dev.lastword.server;

import dev.lastword.config.Endpoint;
import dev.lastword.relay.Leg;
import dev.lastword.tls.ServerLegTls;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;

/** A session's connection to one server: something a session has, with an end of its own. */
public final class ServerLink {
  private static final String TLS = "tls";

  private final ServerTarget target;
  private final String address;
  private final Leg leg;
  private final long connectedNanos = System.nanoTime();

  ServerLink(ServerTarget target, String address, Channel channel) {
    this.target = target;
    this.address = address;
    this.leg = new Leg(channel, target.endpoint() instanceof Endpoint.Unix);
  }

  /** Which server it leads to. */
  public ServerTarget target() {
    return target;
  }

  /** The address that answered, for people. */
  public String address() {
    return address;
  }

  /** When it was connected, by {@link System#nanoTime()}. */
  public long connectedNanos() {
    return connectedNanos;
  }

  /** The channel and when it is read. */
  public Leg leg() {
    return leg;
  }

  /**
   * Begins TLS, which the target must have; what is written from now on waits for the handshake.
   *
   * @return completed when the handshake has ended, one way or the other
   */
  public Future<Channel> startTls() {
    ServerLegTls tls = target.tls();
    if (tls == null) {
      throw new IllegalStateException("TLS begins towards a server that is never to have it");
    }
    SslHandler handler =
        switch (target.endpoint()) {
          case Endpoint.Tcp tcp -> tls.newHandler(leg.channel().alloc(), tcp.host(), tcp.port());
          case Endpoint.Unix _ -> tls.newHandler(leg.channel().alloc(), "localhost", 0);
        };
    leg.channel().pipeline().addFirst(TLS, handler);
    leg.securedBy(handler);
    return handler.handshakeFuture();
  }
}
