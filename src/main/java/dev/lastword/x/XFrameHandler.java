package dev.lastword.x;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import java.nio.ByteOrder;

/** The last handler of a connection on which the proxy itself is the client: whole frames, and one end, however it ends. */
abstract class XFrameHandler extends SimpleChannelInboundHandler<ByteBuf> {
  /** No answer to what the proxy itself asks is longer, in bytes. */
  private static final int LONGEST = 1 << 20;

  private boolean finished;

  /** A whole frame, header included, which stays the caller's. */
  abstract void frame(ByteBuf frame);

  /** What came cannot be a frame. */
  abstract void notX();

  /** The connection ended or failed. Called once. */
  abstract void finished(ChannelHandlerContext ctx);

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    ctx.pipeline()
        .addBefore(
            ctx.name(),
            "frames",
            new LengthFieldBasedFrameDecoder(ByteOrder.LITTLE_ENDIAN, LONGEST, 0, 4, 0, 0, true));
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, ByteBuf frame) {
    if (frame.readableBytes() < XMessages.PREFIX) {
      notX();
    } else {
      frame(frame);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    switch (event) {
      case ChannelInputShutdownReadComplete _ -> end(ctx);
      case SslCloseCompletionEvent _ -> end(ctx);
      default -> ctx.fireUserEventTriggered(event);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    end(ctx);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof TooLongFrameException) {
      notX();
    } else {
      end(ctx);
    }
  }

  private void end(ChannelHandlerContext ctx) {
    if (!finished) {
      finished = true;
      finished(ctx);
    }
  }
}
