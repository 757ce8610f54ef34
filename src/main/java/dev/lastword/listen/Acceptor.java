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
import io.netty.channel.WriteBufferWaterMark;
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

  /**
   * On which terms clients are accepted, which can change from one to the next.
   *
   * @param handshake how long a load balancer may take to say whom a connection is for
   * @param writeBuffer bytes that may wait for a client before its server is no longer read
   */
  record Terms(Listener listener, Sessions sessions, Duration handshake, int writeBuffer) {}

  private final SessionRegistry registry;
  private final ChannelGroup clients;
  private volatile Terms terms;

  /** Makes the acceptor of a listener. */
  Acceptor(Terms terms, SessionRegistry registry, ChannelGroup clients) {
    this.terms = terms;
    this.registry = registry;
    this.clients = clients;
  }

  /** Accepts on other terms from the next client on. */
  void terms(Terms other) {
    terms = other;
  }

  @Override
  protected void initChannel(Channel channel) {
    clients.add(channel);
    Terms now = terms;
    channel
        .config()
        .setWriteBufferWaterMark(
            new WriteBufferWaterMark(now.writeBuffer() / 2, now.writeBuffer()));
    if (isTrusted(now, channel.remoteAddress())) {
      ClientPipeline.awaitHeader(
          channel,
          new AnnouncedClient(
              now.handshake(),
              origin -> announced(now, channel, origin),
              why -> notAnnounced(now, channel, why)));
    } else {
      RefusedClient refused = open(now, channel, Origin.of(channel));
      if (refused != null) {
        // It speaks when the channel is active.
        ClientPipeline.refuse(channel, refused);
      }
    }
  }

  private static boolean isTrusted(Terms now, @Nullable SocketAddress from) {
    return from instanceof InetSocketAddress inet
        && now.listener().trustedProxies().stream().anyMatch(n -> n.contains(inet.getAddress()));
  }

  private void announced(Terms now, Channel channel, Origin origin) {
    ClientPipeline.headerCame(channel);
    RefusedClient refused = open(now, channel, origin);
    if (refused != null) {
      ClientPipeline.refuse(channel, refused);
      refused.leave();
    }
  }

  private void notAnnounced(Terms now, Channel channel, String why) {
    registry.refused(
        protocol(now),
        now.listener().name(),
        NetText.of(channel.remoteAddress()),
        Cause.CLIENT_REFUSED,
        why);
  }

  /** Gives a client its session; or, if there is no room, what says so to it. */
  private @Nullable RefusedClient open(Terms now, Channel channel, Origin origin) {
    Listener listener = now.listener();
    Leg leg = new Leg(channel, listener.bind() instanceof Endpoint.Unix, origin);
    SessionRegistry.Ticket ticket = registry.admit(listener.name(), listener.maxSessions());
    if (ticket == null) {
      registry.refused(
          protocol(now),
          listener.name(),
          origin.client(),
          Cause.TOO_MANY_SESSIONS,
          "limits.sessions or the listener's max-sessions is reached");
      return new RefusedClient(leg, now.sessions()::tooManySessions);
    }
    RelayedSession session = now.sessions().session(ticket, origin.client(), leg);
    ClientPipeline.assemble(channel, session);
    session.start();
    return null;
  }

  private static String protocol(Terms now) {
    return now.listener().protocol().name().toLowerCase(Locale.ROOT);
  }
}
