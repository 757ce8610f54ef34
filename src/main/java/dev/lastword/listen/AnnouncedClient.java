package dev.lastword.listen;

import dev.lastword.relay.NetText;
import dev.lastword.relay.Origin;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol.AddressFamily;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A client of which a load balancer has still to say who it is, with a header of the PROXY protocol. Until then nothing is sent. One that
 * is not announced is closed; if it has not sent a byte, that was a look whether somebody listens, and not worth a word.
 */
final class AnnouncedClient extends ChannelInboundHandlerAdapter {
  private final Duration atMost;
  private final Consumer<Origin> announced;
  private final Consumer<String> notAnnounced;
  private @Nullable ScheduledFuture<?> timer;
  private boolean began;
  private boolean over;

  /**
   * Makes the handler of one connection; exactly one of the two is told, or none if it is closed without a byte.
   *
   * @param atMost how long the header may take
   * @param announced is told whose connection it is, and has this handler removed
   * @param notAnnounced is told what is wrong; the connection is closed
   */
  AnnouncedClient(Duration atMost, Consumer<Origin> announced, Consumer<String> notAnnounced) {
    this.atMost = atMost;
    this.announced = announced;
    this.notAnnounced = notAnnounced;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    timer =
        ctx.executor()
            .schedule(
                () ->
                    refuse(
                        ctx, "no PROXY protocol header came within " + atMost.toMillis() + " ms"),
                atMost.toMillis(),
                TimeUnit.MILLISECONDS);
    ctx.read();
  }

  /** Something came. */
  void began() {
    began = true;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof HAProxyMessage header && !over) {
      finish();
      Origin origin = origin(ctx, header);
      header.release();
      announced.accept(origin);
    } else {
      ReferenceCountUtil.release(message);
    }
  }

  private static Origin origin(ChannelHandlerContext ctx, HAProxyMessage header) {
    AddressFamily family = header.proxiedProtocol().addressFamily();
    String source = header.sourceAddress();
    String destination = header.destinationAddress();
    if (source == null || destination == null) {
      // A look of the load balancer's own, or a client that it cannot name.
      return Origin.of(ctx.channel());
    }
    if (family == AddressFamily.AF_UNIX) {
      return new Origin(source.isEmpty() ? "unix" : "unix:" + source, null, null);
    }
    InetSocketAddress client =
        new InetSocketAddress(InetAddress.ofLiteral(source), header.sourcePort());
    return new Origin(
        NetText.of(client),
        client,
        new InetSocketAddress(InetAddress.ofLiteral(destination), header.destinationPort()));
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownReadComplete) {
      left(ctx);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    left(ctx);
  }

  private void left(ChannelHandlerContext ctx) {
    if (began) {
      refuse(ctx, "closed in the middle of its PROXY protocol header");
    } else {
      end(ctx);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    refuse(ctx, "not a PROXY protocol header: " + cause.getMessage());
  }

  private void refuse(ChannelHandlerContext ctx, String why) {
    if (!over) {
      notAnnounced.accept(why);
    }
    end(ctx);
  }

  private void end(ChannelHandlerContext ctx) {
    finish();
    ctx.close();
  }

  private void finish() {
    over = true;
    if (timer != null) {
      timer.cancel(false);
    }
  }
}
