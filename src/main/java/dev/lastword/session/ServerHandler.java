package dev.lastword.session;

import dev.lastword.server.ServerLink;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.ssl.SslCloseCompletionEvent;

/** The last handler of a server's pipeline: turns what Netty says into what the session understands. */
public final class ServerHandler extends ChannelInboundHandlerAdapter {
  private final RelayedSession session;
  private final ServerLink link;

  /** Makes the handler of one of a session's links. */
  public ServerHandler(RelayedSession session, ServerLink link) {
    this.session = session;
    this.link = link;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    session.readFromServer(link, (ByteBuf) message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    session.serverReadComplete(link);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    session.serverWritable(link, ctx.channel().isWritable());
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    switch (event) {
      case ChannelInputShutdownReadComplete _ -> session.serverFinished(link);
      case SslCloseCompletionEvent closed when closed.isSuccess() -> session.serverFinished(link);
      default -> ctx.fireUserEventTriggered(event);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    session.serverFinished(link);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    session.serverFailed(link, cause);
  }
}
