package dev.lastword.x;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import java.util.List;

/** The last handler of a connection on which the proxy itself is the client: whole frames, and one end, however it ends. */
abstract class XFrameHandler extends ByteToMessageDecoder {
  /** No answer to what the proxy itself asks is longer, in bytes. */
  private static final int LONGEST = 1 << 20;

  private static final int HEADER = 4;

  private boolean finished;

  /** A whole frame, header included, which stays the caller's. */
  abstract void frame(ByteBuf frame);

  /** What came cannot be a frame. */
  abstract void notX();

  /** The connection ended or failed. Called once. */
  abstract void finished(ChannelHandlerContext ctx);

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    while (in.readableBytes() >= HEADER) {
      long length = HEADER + in.getUnsignedIntLE(in.readerIndex());
      if (length > LONGEST || length < XMessages.PREFIX) {
        in.skipBytes(in.readableBytes());
        notX();
      } else if (in.readableBytes() < length) {
        return;
      } else {
        frame(in.readSlice((int) length));
      }
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
    switch (event) {
      case ChannelInputShutdownReadComplete _ -> end(ctx);
      case SslCloseCompletionEvent _ -> end(ctx);
      default -> super.userEventTriggered(ctx, event);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    super.channelInactive(ctx);
    end(ctx);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    end(ctx);
  }

  private void end(ChannelHandlerContext ctx) {
    if (!finished) {
      finished = true;
      finished(ctx);
    }
  }
}
