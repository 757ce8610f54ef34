package dev.lastword.x;

import dev.lastword.relay.Leg;
import dev.lastword.x.protobuf.Mysqlx;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.util.ReferenceCountUtil;

/** What a client is told that cannot become a session, in place of the server's greeting. */
public final class XRefusal {
  private static final long LINGER_MILLIS = 1_000;

  private XRefusal() {}

  /** As a server answers that has no connection left: observed on MySQL 9.7 at {@code max_connections}. */
  public static void tooManySessions(Leg client) {
    client
        .channel()
        .pipeline()
        .addLast(
            new ChannelInboundHandlerAdapter() {
              @Override
              public void channelActive(ChannelHandlerContext ctx) {
                client.write(
                    new Refusal(1040, "HY000", "Too many connections")
                        .frame(ctx.alloc(), Mysqlx.Error.Severity.FATAL));
                client.linger(LINGER_MILLIS);
              }

              @Override
              public void channelRead(ChannelHandlerContext ctx, Object message) {
                ReferenceCountUtil.release(message);
              }

              @Override
              public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                if (event instanceof ChannelInputShutdownReadComplete) {
                  ctx.close();
                }
              }

              @Override
              public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                ctx.close();
              }
            });
  }
}
