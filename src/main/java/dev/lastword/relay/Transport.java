package dev.lastword.relay;

import dev.lastword.config.Endpoint;
import io.netty.channel.Channel;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.concurrent.ThreadFactory;

/** How the kernel is asked for bytes: epoll where it is there, the JDK's selector elsewhere. */
public enum Transport {
  /** Linux' epoll through Netty's native library. */
  EPOLL,
  /** The JDK's own selector, on every platform. */
  NIO;

  /** The better of those that work on this machine. */
  public static Transport best() {
    return Epoll.isAvailable() ? EPOLL : NIO;
  }

  /**
   * Makes the event loops of a proxy.
   *
   * @param count threads, 1 or more
   * @param threads makes them
   */
  public MultiThreadIoEventLoopGroup eventLoops(int count, ThreadFactory threads) {
    IoHandlerFactory handlers =
        switch (this) {
          case EPOLL -> EpollIoHandler.newFactory();
          case NIO -> NioIoHandler.newFactory();
        };
    return new MultiThreadIoEventLoopGroup(count, threads, handlers);
  }

  /** The type of channel that accepts connections at an endpoint. */
  public Class<? extends ServerChannel> accepting(Endpoint at) {
    return switch (at) {
      case Endpoint.Tcp _ ->
          this == EPOLL ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
      case Endpoint.Unix _ ->
          this == EPOLL ? EpollServerDomainSocketChannel.class : NioServerDomainSocketChannel.class;
    };
  }

  /** The type of channel that connects to an endpoint. */
  public Class<? extends Channel> connecting(Endpoint to) {
    return switch (to) {
      case Endpoint.Tcp _ -> this == EPOLL ? EpollSocketChannel.class : NioSocketChannel.class;
      case Endpoint.Unix _ ->
          this == EPOLL ? EpollDomainSocketChannel.class : NioDomainSocketChannel.class;
    };
  }

  /** Whether a channel to or at an endpoint can stay open after one side has ended its direction; if not, both end at once. */
  public boolean closesByHalves(Endpoint endpoint) {
    return this == EPOLL || endpoint instanceof Endpoint.Tcp;
  }

  /** The address of a Unix domain socket, in the form that this transport's channels take. */
  public SocketAddress address(Endpoint.Unix socket) {
    return this == EPOLL
        ? new DomainSocketAddress(socket.path().toFile())
        : UnixDomainSocketAddress.of(socket.path());
  }
}
