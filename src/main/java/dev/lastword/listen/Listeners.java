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
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The sockets at which clients are accepted. Opened, changed and closed by one thread at a time. */
public final class Listeners implements AutoCloseable {
  private static final int BACKLOG = 1024;

  private final Transport transport;
  private final EventLoopGroup loops;
  private final SessionRegistry registry;
  private final Map<String, Place> places = new ConcurrentHashMap<>();
  private final ChannelGroup clients = new DefaultChannelGroup(ImmediateEventExecutor.INSTANCE);

  /** Makes an empty set. */
  public Listeners(Transport transport, EventLoopGroup loops, SessionRegistry registry) {
    this.transport = transport;
    this.loops = loops;
    this.registry = registry;
  }

  /** Where one listener accepts clients; its socket is closed while it is paused. */
  private static final class Place {
    private final Acceptor acceptor;
    private final Endpoint bind;
    private volatile Channel socket;

    Place(Acceptor acceptor, Endpoint bind, Channel socket) {
      this.acceptor = acceptor;
      this.bind = bind;
      this.socket = socket;
    }
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
   * Begins to accept X clients; or, if a listener of that name is open, gives its next clients the new service, and moves it if its
   * address has changed. Sessions that live go on as they are.
   *
   * @param writeBuffer bytes that may wait for a client before its server is no longer read
   * @throws IOException if the address cannot be had; the message names listener, address and reason, and nothing has changed
   */
  public void openX(Listener listener, XService service, int writeBuffer) throws IOException {
    open(
        new Acceptor.Terms(
            listener,
            new Acceptor.Sessions() {
              @Override
              public RelayedSession session(SessionRegistry.Ticket ticket, String client, Leg leg) {
                return new XSession(ticket, client, leg, service);
              }

              @Override
              public ByteBuf tooManySessions(ByteBufAllocator allocator) {
                return XRefusal.tooManySessions(allocator);
              }
            },
            service.shared().handshake(),
            writeBuffer));
  }

  /**
   * The same for classic clients.
   *
   * @param writeBuffer bytes that may wait for a client before its server is no longer read
   * @throws IOException if the address cannot be had; the message names listener, address and reason, and nothing has changed
   */
  public void openClassic(Listener listener, ClassicService service, int writeBuffer)
      throws IOException {
    open(
        new Acceptor.Terms(
            listener,
            new Acceptor.Sessions() {
              @Override
              public RelayedSession session(SessionRegistry.Ticket ticket, String client, Leg leg) {
                return new ClassicSession(ticket, client, leg, service);
              }

              @Override
              public ByteBuf tooManySessions(ByteBufAllocator allocator) {
                return ClassicRefusal.tooManySessions(allocator, service.codes());
              }
            },
            service.shared().handshake(),
            writeBuffer));
  }

  private void open(Acceptor.Terms terms) throws IOException {
    Listener listener = terms.listener();
    Place before = places.get(listener.name());
    if (before != null && before.bind.equals(listener.bind())) {
      before.acceptor.terms(terms);
      return;
    }
    Acceptor acceptor = new Acceptor(terms, registry, clients);
    Place place =
        new Place(acceptor, listener.bind(), bind(listener.name(), listener.bind(), acceptor));
    if (before != null) {
      close(before);
    }
    places.put(listener.name(), place);
  }

  private Channel bind(String name, Endpoint bind, Acceptor acceptor) throws IOException {
    SocketAddress address =
        switch (bind) {
          case Endpoint.Tcp tcp -> new InetSocketAddress(tcp.host(), tcp.port());
          case Endpoint.Unix unix -> {
            removeStale(name, unix.path());
            yield transport.address(unix);
          }
        };
    if (address instanceof InetSocketAddress inet && inet.isUnresolved()) {
      throw new IOException(
          "listener " + name + ": no address is known for " + inet.getHostString());
    }
    return bind(name, bind, address, acceptor);
  }

  private Channel bind(String name, Endpoint bind, SocketAddress address, Acceptor acceptor)
      throws IOException {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loops)
            .channel(transport.accepting(bind))
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .childOption(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, Dialer.readSizes())
            .childHandler(acceptor);
    if (transport.closesByHalves(bind)) {
      bootstrap.childOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    }
    if (bind instanceof Endpoint.Tcp) {
      bootstrap
          .option(ChannelOption.SO_REUSEADDR, true)
          .childOption(ChannelOption.TCP_NODELAY, true)
          .childOption(ChannelOption.SO_KEEPALIVE, true);
    }
    var bound = bootstrap.bind(address).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(
          "listener " + name + " cannot listen on " + bind + ": " + bound.cause().getMessage(),
          bound.cause());
    }
    return bound.channel();
  }

  /** A socket file that a crash left behind is in the way; one that somebody listens at is not ours to remove. */
  private static void removeStale(String name, Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .isOther()) {
      throw new IOException(
          "listener " + name + " cannot listen on " + path + ": there is a file, and no socket");
    }
    try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      throw new IOException(
          "listener "
              + name
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
    Place place = places.get(name);
    if (place != null && place.socket.localAddress() instanceof InetSocketAddress inet) {
      return inet.getPort();
    }
    throw new IllegalArgumentException("no TCP listener is named " + name);
  }

  /** Whether a listener of that name is open and not paused. */
  public boolean accepts(String name) {
    Place place = places.get(name);
    return place != null && place.socket.isOpen();
  }

  /** Lets a listener accept nobody until {@link #resume}; who connects is refused by the kernel. Does nothing if there is no such listener. */
  public void pause(String name) {
    Place place = places.get(name);
    if (place != null) {
      close(place);
    }
  }

  /**
   * Lets a paused listener accept clients again, at the same address and port.
   *
   * @throws IOException if somebody else has taken the address meanwhile
   */
  public void resume(String name) throws IOException {
    Place place = places.get(name);
    if (place != null && !place.socket.isOpen()) {
      place.socket =
          place.socket.localAddress() instanceof InetSocketAddress inet
              ? bind(name, place.bind, inet, place.acceptor)
              : bind(name, place.bind, place.acceptor);
    }
  }

  /** Ends a listener; its sessions go on. Does nothing if there is none of that name. */
  public void remove(String name) {
    Place place = places.remove(name);
    if (place != null) {
      close(place);
    }
  }

  private static void close(Place place) {
    if (!place.socket.isOpen()) {
      return;
    }
    place.socket.close().awaitUninterruptibly();
    if (place.bind instanceof Endpoint.Unix(Path path)) {
      try {
        Files.deleteIfExists(path);
      } catch (IOException _) {
        // The next start removes it.
      }
    }
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
    places.values().forEach(Listeners::close);
  }
}
