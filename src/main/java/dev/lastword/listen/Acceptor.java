package dev.lastword.listen;

import dev.lastword.config.Endpoint;
import dev.lastword.config.Listener;
import dev.lastword.farewell.Cause;
import dev.lastword.relay.Leg;
import dev.lastword.relay.NetText;
import dev.lastword.session.RelayedSession;
import dev.lastword.session.SessionRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.group.ChannelGroup;
import java.util.Locale;

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

  Acceptor(Listener listener, SessionRegistry registry, Sessions sessions, ChannelGroup clients) {
    this.listener = listener;
    this.registry = registry;
    this.sessions = sessions;
    this.clients = clients;
  }

  @Override
  protected void initChannel(Channel channel) {
    clients.add(channel);
    String client = NetText.of(channel.remoteAddress());
    Leg leg = new Leg(channel, listener.bind() instanceof Endpoint.Unix);
    SessionRegistry.Ticket ticket = registry.admit(listener.name(), listener.maxSessions());
    if (ticket == null) {
      registry.refused(
          listener.protocol().name().toLowerCase(Locale.ROOT),
          listener.name(),
          client,
          Cause.TOO_MANY_SESSIONS,
          "limits.sessions or the listener's max-sessions is reached");
      ClientPipeline.refuse(channel, new RefusedClient(leg, sessions::tooManySessions));
      return;
    }
    RelayedSession session = sessions.session(ticket, client, leg);
    ClientPipeline.assemble(channel, session);
    session.start();
  }
}
