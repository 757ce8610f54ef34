package dev.lastword.listen;

import dev.lastword.config.Endpoint;
import dev.lastword.config.Listener;
import dev.lastword.farewell.Cause;
import dev.lastword.relay.Leg;
import dev.lastword.relay.NetText;
import dev.lastword.session.SessionRegistry;
import dev.lastword.x.XRefusal;
import dev.lastword.x.XService;
import dev.lastword.x.XSession;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.group.ChannelGroup;

/** Gives each client of an X listener its session. */
final class XAcceptor extends ChannelInitializer<Channel> {
  private final Listener listener;
  private final SessionRegistry registry;
  private final XService service;
  private final ChannelGroup clients;

  XAcceptor(Listener listener, SessionRegistry registry, XService service, ChannelGroup clients) {
    this.listener = listener;
    this.registry = registry;
    this.service = service;
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
          "x",
          listener.name(),
          client,
          Cause.TOO_MANY_SESSIONS,
          "limits.sessions or the listener's max-sessions is reached");
      ClientPipeline.refuse(channel, XRefusal.tooManySessions(leg));
      return;
    }
    XSession session = new XSession(ticket, client, leg, service);
    ClientPipeline.assemble(channel, session);
    session.start();
  }
}
