package dev.lastword.classic;

import dev.lastword.relay.FrameFlow;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** One direction of a classic session. What becomes of a packet is up to who is called. */
final class PacketFlow extends FrameFlow {
  /** Who looks at the packets of one direction. */
  interface Reader {
    /** Looks at a whole packet; false to have it handed to {@link #intercept}. */
    boolean passes(ByteBuf in, int at, int length);

    /** Decides about a packet that did not pass. */
    Interception intercept(ByteBuf frame);

    /** A packet longer than what is held back begins; false if it must not. */
    boolean streamBegins(ByteBuf in, int at, long length);

    /** Owns what passed. */
    void forward(ByteBuf packets);
  }

  private final Reader reader;

  PacketFlow(Reader reader, ByteBufAllocator allocator, int holdBack) {
    super(allocator, holdBack);
    this.reader = reader;
  }

  @Override
  protected long frameLength(ByteBuf in, int at) {
    return (long) HEADER + Packets.payloadLength(in, at);
  }

  @Override
  protected boolean passes(ByteBuf in, int at, int length) {
    return reader.passes(in, at, length);
  }

  @Override
  protected Interception intercept(ByteBuf frame) {
    return reader.intercept(frame);
  }

  @Override
  protected boolean streamBegins(ByteBuf in, int at, long length) {
    return reader.streamBegins(in, at, length);
  }

  @Override
  protected void streamed(ByteBuf in, int at, int length) {
    // The header and the first byte have told everything.
  }

  @Override
  protected void streamEnds() {
    // As above.
  }

  @Override
  protected void forward(ByteBuf frames) {
    reader.forward(frames);
  }
}
