package dev.lastword.server;

import dev.lastword.config.Endpoint;
import dev.lastword.relay.NetText;
import dev.lastword.relay.Origin;
import dev.lastword.relay.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import java.io.FileNotFoundException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Connects sessions to servers: one server after the other, each at all its addresses, until one accepts. It remembers nothing: which
 * servers are to be tried, and which of them last, the caller says.
 */
public final class Dialer {
  private static final String RELAY = "relay";

  private final Transport transport;
  private final Resolver resolver;
  private final Duration timeout;
  private final int writeBuffer;
  private final Function<ServerTarget, Optional<String>> objection;

  /**
   * Makes a dialer.
   *
   * @param timeout how long one address may take to accept
   * @param writeBuffer bytes that may wait to be written before the channel counts as slow
   */
  public Dialer(Transport transport, Resolver resolver, Duration timeout, int writeBuffer) {
    this(transport, resolver, timeout, writeBuffer, _ -> Optional.empty());
  }

  private Dialer(
      Transport transport,
      Resolver resolver,
      Duration timeout,
      int writeBuffer,
      Function<ServerTarget, Optional<String>> objection) {
    this.transport = transport;
    this.resolver = resolver;
    this.timeout = timeout;
    this.writeBuffer = writeBuffer;
    this.objection = objection;
  }

  /**
   * The same for those who may not go to every server.
   *
   * @param objection what speaks against a server now, as a whole sentence for people; asked for before a server is tried, and again on
   *     the event loop when it has accepted, in the same step in which the caller gets the connection
   */
  public Dialer unless(Function<ServerTarget, Optional<String>> objection) {
    return new Dialer(transport, resolver, timeout, writeBuffer, objection);
  }

  /** Who wants the connection. Exactly one of the two is called, on the event loop that was named. */
  public interface Caller {
    /** A server accepted. Nothing has been read from it. */
    void connected(ServerLink link);

    /** For whom the connection is, which a server is told that wants to know; null if it is the proxy's own. */
    default @Nullable Origin origin() {
      return null;
    }

    /**
     * None did.
     *
     * @param why one clause for each address that was tried, for people
     */
    void unreachable(String why);

    /**
     * None did: the same for those who have to know how each address failed.
     *
     * @param failures one for each address that was tried
     */
    default void unreachable(List<Failure> failures) {
      unreachable(String.join("; ", failures.stream().map(Failure::text).toList()));
    }
  }

  /**
   * How one address failed.
   *
   * @param address for people
   * @param text the clause for people, the server's name included
   */
  public record Failure(Kind kind, String address, String text) {
    /** The ways to fail. */
    public enum Kind {
      /** Nobody listens there. */
      REFUSED,
      /** Nothing came back in time. */
      NO_ANSWER,
      /** Anything else, such as a name without address, or no route. */
      OTHER
    }
  }

  /**
   * Begins to connect.
   *
   * @param order the servers to try; not empty
   * @param handler makes the last handler of the pipeline of the connection that succeeds
   */
  public void dial(
      EventLoop loop,
      List<ServerTarget> order,
      Function<ServerLink, ChannelHandler> handler,
      Caller caller) {
    new Attempt(loop, order, handler, caller, _ -> timeout.toMillis()).nextServer();
  }

  /**
   * Begins to connect to one server, with all its addresses sharing one time.
   *
   * @param within how long that may take in all
   * @param handler makes the last handler of the pipeline of the connection that succeeds
   */
  public void dial(
      EventLoop loop,
      ServerTarget target,
      Duration within,
      Function<ServerLink, ChannelHandler> handler,
      Caller caller) {
    long deadline = System.nanoTime() + within.toNanos();
    new Attempt(
            loop,
            List.of(target),
            handler,
            caller,
            left -> TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()) / left)
        .nextServer();
  }

  /** The state of one call of {@link #dial}; lives on its event loop. */
  private final class Attempt {
    private final EventLoop loop;
    private final Deque<ServerTarget> servers;
    private final Function<ServerLink, ChannelHandler> handler;
    private final Caller caller;

    /** From the number of addresses that are left to the time in milliseconds for the next of them. */
    private final IntToLongFunction patience;

    private final List<Failure> failures = new ArrayList<>();

    Attempt(
        EventLoop loop,
        List<ServerTarget> order,
        Function<ServerLink, ChannelHandler> handler,
        Caller caller,
        IntToLongFunction patience) {
      this.loop = loop;
      this.servers = new ArrayDeque<>(order);
      this.handler = handler;
      this.caller = caller;
      this.patience = patience;
    }

    void nextServer() {
      ServerTarget target = servers.poll();
      if (target == null) {
        caller.unreachable(List.copyOf(failures));
        return;
      }
      if (isRefused(target)) {
        nextServer();
        return;
      }
      switch (target.endpoint()) {
        case Endpoint.Unix unix ->
            nextAddress(target, new ArrayDeque<>(List.of(transport.address(unix))));
        case Endpoint.Tcp tcp ->
            resolver.resolve(
                tcp.host(),
                loop,
                (found, problem) -> {
                  if (found == null) {
                    failed(
                        target,
                        tcp.toString(),
                        Failure.Kind.OTHER,
                        Objects.requireNonNull(problem));
                    nextServer();
                  } else {
                    Deque<SocketAddress> addresses = new ArrayDeque<>(found.size());
                    for (InetAddress address : found) {
                      addresses.add(new InetSocketAddress(address, tcp.port()));
                    }
                    nextAddress(target, addresses);
                  }
                });
      }
    }

    private void nextAddress(ServerTarget target, Deque<SocketAddress> addresses) {
      SocketAddress address = addresses.poll();
      if (address == null) {
        nextServer();
        return;
      }
      int millis = (int) Math.max(1, patience.applyAsLong(addresses.size() + 1));
      Bootstrap bootstrap =
          new Bootstrap()
              .group(loop)
              .channel(transport.connecting(target.endpoint()))
              .option(ChannelOption.AUTO_READ, false)
              // A server that has closed may have said why, and that is still to be read.
              .option(ChannelOption.AUTO_CLOSE, false)
              .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, millis)
              .option(
                  ChannelOption.WRITE_BUFFER_WATER_MARK,
                  new WriteBufferWaterMark(writeBuffer / 2, writeBuffer))
              .option(ChannelOption.RECVBUF_ALLOCATOR, readSizes())
              .handler(NOTHING);
      if (transport.closesByHalves(target.endpoint())) {
        bootstrap.option(ChannelOption.ALLOW_HALF_CLOSURE, true);
      }
      if (target.endpoint() instanceof Endpoint.Tcp) {
        bootstrap.option(ChannelOption.TCP_NODELAY, true).option(ChannelOption.SO_KEEPALIVE, true);
      }
      String text = NetText.of(address);
      bootstrap
          .connect(address)
          .addListener((io.netty.channel.ChannelFuture connected) -> {
            if (connected.isSuccess() && isRefused(target)) {
              connected.channel().close();
              nextServer();
            } else if (connected.isSuccess()) {
              ServerLink link = new ServerLink(target, text, connected.channel());
              ProxyHeaders.send(
                  connected.channel(), target.server().proxyHeader(), caller.origin());
              // Nothing is read yet, so no event can have been missed before the handler is in
              // place.
              connected.channel().pipeline().addLast(RELAY, handler.apply(link));
              caller.connected(link);
            } else {
              failed(target, text, kind(connected.cause()), reason(connected.cause(), millis));
              nextAddress(target, addresses);
            }
          });
    }

    /** Whether something speaks against this server. */
    private boolean isRefused(ServerTarget target) {
      Optional<String> why = objection.apply(target);
      why.ifPresent(text ->
          failures.add(new Failure(Failure.Kind.OTHER, target.endpoint().toString(), text)));
      return why.isPresent();
    }

    private void failed(ServerTarget target, String address, Failure.Kind kind, String why) {
      failures.add(
          new Failure(kind, address, target.server().name() + " (" + address + "): " + why));
    }
  }

  private static Failure.Kind kind(Throwable cause) {
    return switch (cause) {
      case ConnectTimeoutException _ -> Failure.Kind.NO_ANSWER;
      // A Unix domain socket that nobody made, or that its server removed.
      case FileNotFoundException _ -> Failure.Kind.REFUSED;
      case ConnectException e when e.getMessage() != null && e.getMessage().contains("refused") ->
          Failure.Kind.REFUSED;
      default -> Failure.Kind.OTHER;
    };
  }

  private static String reason(Throwable cause, long millis) {
    return switch (kind(cause)) {
      case NO_ANSWER -> "no answer within " + millis + " ms";
      case REFUSED ->
          cause instanceof FileNotFoundException
              ? "no such file or directory"
              : "connection refused";
      case OTHER ->
          cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    };
  }

  private static final ChannelInitializer<Channel> NOTHING =
      new ChannelInitializer<>() {
        @Override
        protected void initChannel(Channel channel) {
          // The pipeline is assembled once the connection stands.
        }

        @Override
        public boolean isSharable() {
          return true;
        }
      };

  /** Small reads for chatter, up to 256 KiB for results: a larger step costs memory and saves no system call. */
  public static AdaptiveRecvByteBufAllocator readSizes() {
    return new AdaptiveRecvByteBufAllocator(512, 2048, 256 * 1024);
  }
}
