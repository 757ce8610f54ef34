package dev.lastword.x;

import dev.lastword.relay.Leg;
import dev.lastword.x.protobuf.Mysqlx;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.util.ReferenceCountUtil;

/** The only handler of a client that cannot become a session: says why, in place of the server's greeting, and leaves. */
public final class XRefusal extends ChannelInboundHandlerAdapter {
  private static final long LINGER_MILLIS = 1_000;

  private final Leg client;
  private final int code;
  private final String text;

  private XRefusal(Leg client, int code, String text) {
    this.client = client;
    this.code = code;
    this.text = text;
  }

  /** As a server answers that has no connection left: observed on MySQL 9.7 at {@code max_connections}. */
  public static XRefusal tooManySessions(Leg client) {
    return new XRefusal(client, 1040, "Too many connections");
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    client.write(XMessages.error(ctx.alloc(), Mysqlx.Error.Severity.FATAL, code, "HY000", text));
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
}
