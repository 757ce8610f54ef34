package dev.lastword.x;

import dev.lastword.relay.FrameFlow;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** From the server to the client: follows the responses, and stops at the answers that the proxy has been waiting for. */
final class ServerFlow extends FrameFlow {
  private final XSession session;

  ServerFlow(XSession session, ByteBufAllocator allocator, int holdBack) {
    super(allocator, holdBack);
    this.session = session;
  }

  @Override
  protected long frameLength(ByteBuf in, int at) {
    return HEADER + in.getUnsignedIntLE(at);
  }

  @Override
  protected boolean passes(ByteBuf in, int at, int length) {
    return session.serverFramePasses(in, at, length);
  }

  @Override
  protected Interception intercept(ByteBuf frame) {
    return session.interceptServerFrame(frame);
  }

  @Override
  protected boolean streamBegins(ByteBuf in, int at, long length) {
    return session.serverStreamBegins(in, at);
  }

  @Override
  protected void streamed(ByteBuf in, int at, int length) {
    // Only rows and compressed results are that long, and nothing in them changes the session's
    // state.
  }

  @Override
  protected void streamEnds() {
    // As above.
  }

  @Override
  protected void forward(ByteBuf frames) {
    session.forwardToClient(frames);
  }
}
