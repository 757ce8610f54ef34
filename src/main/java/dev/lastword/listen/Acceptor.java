package dev.lastword.listen;

import dev.lastword.config.Endpoint;
import dev.lastword.config.Listener;
import dev.lastword.farewell.Cause;
import dev.lastword.relay.Leg;
import dev.lastword.relay.NetText;
import dev.lastword.relay.Origin;
import dev.lastword.session.RelayedSession;
import dev.lastword.session.SessionRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.group.ChannelGroup;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Gives each client of a listener its session. */
final class Acceptor extends ChannelInitializer<Channel> {
  /** What the protocol of a listener makes of a client. */
  interface Sessions {
    /** A session for a client, not started. */
    RelayedSession session(SessionRegistry.Ticket ticket, String client, Leg leg);

    /** What a client hears for which there is no room. */
    ByteBuf tooManySessions(ByteBufAllocator allocator);
  }

  private final Listener listener;
  private final SessionRegistry registry;
  private final Sessions sessions;
  private final ChannelGroup clients;
  private final Duration handshake;

  /**
   * Makes the acceptor of a listener.
   *
   * @param handshake how long a load balancer may take to say whom a connection is for
   */
  Acceptor(
      Listener listener,
      SessionRegistry registry,
      Sessions sessions,
      ChannelGroup clients,
      Duration handshake) {
    this.listener = listener;
    this.handshake = handshake;
    this.registry = registry;
    this.sessions = sessions;
    this.clients = clients;
  }

  @Override
  protected void initChannel(Channel channel) {
    clients.add(channel);
    if (isTrusted(channel.remoteAddress())) {
      ClientPipeline.awaitHeader(
          channel,
          new AnnouncedClient(
              handshake, origin -> announced(channel, origin), why -> notAnnounced(channel, why)));
    } else {
      RefusedClient refused = open(channel, Origin.of(channel));
      if (refused != null) {
        // It speaks when the channel is active.
        ClientPipeline.refuse(channel, refused);
      }
    }
  }

  private boolean isTrusted(@Nullable SocketAddress from) {
    return from instanceof InetSocketAddress inet
        && listener.trustedProxies().stream().anyMatch(n -> n.contains(inet.getAddress()));
  }

  private void announced(Channel channel, Origin origin) {
    ClientPipeline.headerCame(channel);
    RefusedClient refused = open(channel, origin);
    if (refused != null) {
      ClientPipeline.refuse(channel, refused);
      refused.leave();
    }
  }

  private void notAnnounced(Channel channel, String why) {
    registry.refused(
        protocol(),
        listener.name(),
        NetText.of(channel.remoteAddress()),
        Cause.CLIENT_REFUSED,
        why);
  }

  /** Gives a client its session; or, if there is no room, what says so to it. */
  private @Nullable RefusedClient open(Channel channel, Origin origin) {
    Leg leg = new Leg(channel, listener.bind() instanceof Endpoint.Unix, origin);
    SessionRegistry.Ticket ticket = registry.admit(listener.name(), listener.maxSessions());
    if (ticket == null) {
      registry.refused(
          protocol(),
          listener.name(),
          origin.client(),
          Cause.TOO_MANY_SESSIONS,
          "limits.sessions or the listener's max-sessions is reached");
      return new RefusedClient(leg, sessions::tooManySessions);
    }
    RelayedSession session = sessions.session(ticket, origin.client(), leg);
    ClientPipeline.assemble(channel, session);
    session.start();
    return null;
  }

  private String protocol() {
    return listener.protocol().name().toLowerCase(Locale.ROOT);
  }
}
