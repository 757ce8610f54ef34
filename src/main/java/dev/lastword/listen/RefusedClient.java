package dev.lastword.listen;

import dev.lastword.relay.Leg;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.util.ReferenceCountUtil;
import java.util.function.Function;

/** The only handler of a client that cannot become a session: says why, in place of the server's greeting, and leaves. */
final class RefusedClient extends ChannelInboundHandlerAdapter {
  private static final long LINGER_MILLIS = 1_000;

  private final Leg client;
  private final Function<ByteBufAllocator, ByteBuf> words;

  RefusedClient(Leg client, Function<ByteBufAllocator, ByteBuf> words) {
    this.client = client;
    this.words = words;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    leave();
  }

  /** To be called where the channel has long been active. */
  void leave() {
    client.write(words.apply(client.channel().alloc()));
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
