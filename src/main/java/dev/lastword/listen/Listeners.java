package dev.lastword.listen;

import dev.lastword.classic.ClassicRefusal;
import dev.lastword.classic.ClassicService;
import dev.lastword.classic.ClassicSession;
import dev.lastword.config.Endpoint;
import dev.lastword.config.Listener;
import dev.lastword.relay.Leg;
import dev.lastword.relay.Transport;
import dev.lastword.server.Dialer;
import dev.lastword.session.RelayedSession;
import dev.lastword.session.SessionRegistry;
import dev.lastword.tls.ListenerTls;
import dev.lastword.x.XRefusal;
import dev.lastword.x.XService;
import dev.lastword.x.XSession;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The sockets at which clients are accepted. Opened and closed by one thread. */
public final class Listeners implements AutoCloseable {
  private static final int BACKLOG = 1024;

  private final Transport transport;
  private final EventLoopGroup loops;
  private final int writeBuffer;
  private final SessionRegistry registry;
  private final Map<String, Channel> open = new LinkedHashMap<>();
  private final Map<Channel, Path> sockets = new LinkedHashMap<>();
  private final ChannelGroup clients = new DefaultChannelGroup(ImmediateEventExecutor.INSTANCE);

  /**
   * Makes an empty set.
   *
   * @param writeBuffer bytes that may wait for a client before its server is no longer read
   */
  public Listeners(
      Transport transport, EventLoopGroup loops, int writeBuffer, SessionRegistry registry) {
    this.transport = transport;
    this.loops = loops;
    this.writeBuffer = writeBuffer;
    this.registry = registry;
  }

  /** How the sessions of a listener begin TLS with their clients; never called where the mode is without it. */
  public static dev.lastword.relay.Encryption encryption(@Nullable ListenerTls tls) {
    return leg -> {
      if (tls == null) {
        throw new IllegalStateException("TLS begins on a listener that has none");
      }
      return ClientPipeline.startTls(leg, tls);
    };
  }

  /**
   * Begins to accept X clients.
   *
   * @throws IOException if the address cannot be had; the message names listener, address and reason
   */
  public void openX(Listener listener, XService service) throws IOException {
    open(
        listener,
        service.shared().handshake(),
        new Acceptor.Sessions() {
          @Override
          public RelayedSession session(SessionRegistry.Ticket ticket, String client, Leg leg) {
            return new XSession(ticket, client, leg, service);
          }

          @Override
          public ByteBuf tooManySessions(ByteBufAllocator allocator) {
            return XRefusal.tooManySessions(allocator);
          }
        });
  }

  /**
   * Begins to accept classic clients.
   *
   * @throws IOException if the address cannot be had; the message names listener, address and reason
   */
  public void openClassic(Listener listener, ClassicService service) throws IOException {
    open(
        listener,
        service.shared().handshake(),
        new Acceptor.Sessions() {
          @Override
          public RelayedSession session(SessionRegistry.Ticket ticket, String client, Leg leg) {
            return new ClassicSession(ticket, client, leg, service);
          }

          @Override
          public ByteBuf tooManySessions(ByteBufAllocator allocator) {
            return ClassicRefusal.tooManySessions(allocator, service.codes());
          }
        });
  }

  private void open(Listener listener, Duration handshake, Acceptor.Sessions sessions)
      throws IOException {
    SocketAddress address =
        switch (listener.bind()) {
          case Endpoint.Tcp tcp -> new InetSocketAddress(tcp.host(), tcp.port());
          case Endpoint.Unix unix -> {
            removeStale(listener, unix.path());
            yield transport.address(unix);
          }
        };
    if (address instanceof InetSocketAddress inet && inet.isUnresolved()) {
      throw new IOException(
          "listener " + listener.name() + ": no address is known for " + inet.getHostString());
    }
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loops)
            .channel(transport.accepting(listener.bind()))
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .childOption(ChannelOption.AUTO_READ, false)
            .childOption(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(writeBuffer / 2, writeBuffer))
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, Dialer.readSizes())
            .childHandler(new Acceptor(listener, registry, sessions, clients, handshake));
    if (transport.closesByHalves(listener.bind())) {
      bootstrap.childOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    }
    if (listener.bind() instanceof Endpoint.Tcp) {
      bootstrap
          .option(ChannelOption.SO_REUSEADDR, true)
          .childOption(ChannelOption.TCP_NODELAY, true)
          .childOption(ChannelOption.SO_KEEPALIVE, true);
    }
    var bound = bootstrap.bind(address).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(
          "listener "
              + listener.name()
              + " cannot listen on "
              + listener.bind()
              + ": "
              + bound.cause().getMessage(),
          bound.cause());
    }
    open.put(listener.name(), bound.channel());
    if (listener.bind() instanceof Endpoint.Unix unix) {
      sockets.put(bound.channel(), unix.path());
    }
  }

  /** A socket file that a crash left behind is in the way; one that somebody listens at is not ours to remove. */
  private static void removeStale(Listener listener, Path path) throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      throw new IOException(
          "listener "
              + listener.name()
              + " cannot listen on "
              + probe.getRemoteAddress()
              + ": another process does");
    } catch (ConnectException _) {
      Files.delete(path);
    }
  }

  /**
   * The TCP port of a listener, which matters where 0 was configured.
   *
   * @throws IllegalArgumentException if there is no TCP listener of that name
   */
  public int port(String name) {
    Channel channel = open.get(name);
    if (channel != null && channel.localAddress() instanceof InetSocketAddress inet) {
      return inet.getPort();
    }
    throw new IllegalArgumentException("no TCP listener is named " + name);
  }

  /**
   * Closes the connections of all clients, also of those whose session is over and who only have not closed yet, and waits until they
   * are closed. Event loops that end earlier leave what belongs to a connection behind.
   */
  public void closeClients() {
    clients.close().awaitUninterruptibly();
  }

  /** Accepts nobody any more. Sessions that live go on. Later calls do nothing. */
  @Override
  public void close() {
    open.values().forEach(channel -> channel.close().awaitUninterruptibly());
    for (Path socket : sockets.values()) {
      try {
        Files.deleteIfExists(socket);
      } catch (IOException _) {
        // The next start removes it.
      }
    }
    sockets.clear();
  }
}
