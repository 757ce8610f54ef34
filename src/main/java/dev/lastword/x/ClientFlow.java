package dev.lastword.x;

import dev.lastword.relay.FrameFlow;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** From the client to the server: counts requests, and stops at the two kinds that the proxy may have to answer itself. */
final class ClientFlow extends FrameFlow {
  private final XSession session;

  ClientFlow(XSession session, ByteBufAllocator allocator, int holdBack) {
    super(allocator, holdBack);
    this.session = session;
  }

  @Override
  protected long frameLength(ByteBuf in, int at) {
    return HEADER + in.getUnsignedIntLE(at);
  }

  @Override
  protected boolean passes(ByteBuf in, int at, int length) {
    return session.clientFramePasses(in, at, length);
  }

  @Override
  protected Interception intercept(ByteBuf frame) {
    return session.interceptClientFrame(frame);
  }

  @Override
  protected boolean streamBegins(ByteBuf in, int at, long length) {
    return session.clientStreamBegins(in, at, length);
  }

  @Override
  protected void streamed(ByteBuf in, int at, int length) {
    session.clientStreamed(in, at, length);
  }

  @Override
  protected void streamEnds() {
    session.clientStreamEnds();
  }

  @Override
  protected void forward(ByteBuf frames) {
    session.forwardToServer(frames);
  }
}
