package dev.lastword.benchmarks;

import dev.lastword.config.Endpoint;
import dev.lastword.relay.Transport;
import dev.lastword.server.Dialer;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * The yardstick: a relay in the manner of Lastword that looks at nothing. The same transport, event loops, socket options, read sizes and
 * water marks, both ends of a session on one loop, a buffer written as it was read, one flush per read; no session, no states, no
 * counters, no log. What Lastword costs above it is the price of understanding.
 */
@SuppressWarnings("SystemOut")
final class BareRelay {
  static final String READY = "relay listens on ";

  /** How the names of its event loops begin. */
  static final String LOOP = "relay-";

  private static final int WRITE_BUFFER = 1 << 20;

  private BareRelay() {}

  /** Serves a free loopback port, which it prints, from the port that is its argument, until its standard input ends. */
  public static void main(String[] arguments) throws IOException {
    Endpoint.Tcp server = new Endpoint.Tcp("127.0.0.1", Integer.parseInt(arguments[0]));
    InetSocketAddress target = new InetSocketAddress(server.host(), server.port());
    Transport transport = Transport.best();
    var loops =
        transport.eventLoops(
            Runtime.getRuntime().availableProcessors(), new DefaultThreadFactory("relay", true));
    ServerBootstrap acceptor =
        new ServerBootstrap()
            .group(loops)
            .channel(transport.accepting(server))
            .option(ChannelOption.SO_BACKLOG, 1024)
            .childOption(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, waterMarks())
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, Dialer.readSizes())
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel client) {
                    join(client, transport, server, target);
                  }
                });
    Channel listening =
        acceptor
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .syncUninterruptibly()
            .channel();
    System.out.println(READY + ((InetSocketAddress) listening.localAddress()).getPort());
    while (System.in.read() >= 0) {
      // Nobody says anything; the end comes with the process that started this one.
    }
    System.exit(0);
  }

  private static void join(
      Channel client, Transport transport, Endpoint.Tcp server, InetSocketAddress target) {
    ChannelFuture connected =
        new Bootstrap()
            .group(client.eventLoop())
            .channel(transport.connecting(server))
            .option(ChannelOption.AUTO_READ, false)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.SO_KEEPALIVE, true)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, waterMarks())
            .option(ChannelOption.RECVBUF_ALLOCATOR, Dialer.readSizes())
            .handler(new To(client))
            .connect(target);
    client.pipeline().addLast(new To(connected.channel()));
    connected.addListener(done -> {
      if (done.isSuccess()) {
        client.config().setAutoRead(true);
        connected.channel().config().setAutoRead(true);
      } else {
        client.close();
      }
    });
  }

  private static WriteBufferWaterMark waterMarks() {
    return new WriteBufferWaterMark(WRITE_BUFFER / 2, WRITE_BUFFER);
  }

  /** Whatever is read goes to the other channel. */
  private static final class To extends ChannelInboundHandlerAdapter {
    private final Channel peer;

    To(Channel peer) {
      this.peer = peer;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      peer.write(message, peer.voidPromise());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      peer.flush();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      peer.config().setAutoRead(ctx.channel().isWritable());
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      peer.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
