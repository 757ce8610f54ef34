package dev.lastword.classic;

import dev.lastword.relay.FrameFlow;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a session in the compressed protocol. What comes is relayed as it is, and unpacked only to follow the packets inside.
 *
 * <p>Those run on from one compressed packet to the next, so a receiver is rarely between two of them. Towards the client the compressed
 * packet in which the last one ended is therefore held back as long as the one behind that is incomplete: should its rest never come, the
 * client gets what is complete, and can be told something.
 */
final class CompressedFlow extends FrameFlow {
  /** No compressed packet is longer, in bytes, so none is ever streamed. */
  private static final int LONGEST = Unpacker.HEADER + Packets.LONGEST;

  private final ByteBufAllocator allocator;
  private final InnerPackets inside;
  private final Exchange exchange;
  private final Consumer<ByteBuf> forward;
  private final Function<String, Interception> broken;
  private boolean takingOut;

  /** How many bytes may wait for the rest of what is inside; 0 in the direction in which nothing waits. */
  private final int holdBack;

  private final IntConsumer counted;
  private int sequence;

  // Of the compressed packets that were looked at and not forwarded yet, as offsets from the first
  // of them.
  private int looked;
  private int cut = -1;
  private int cutInside;

  // Of what is inside the compressed packet that is looked at, in bytes: all that was seen, and how
  // many of them lie before the last end of a packet. Fields, and a sink that is made once, because
  // nothing is to be allocated for a packet.
  private int plain;
  private int plainCut;
  private final Unpacker.Sink follow = this::follow;

  private @Nullable ByteBuf waiting;
  private int waitingCut;
  private boolean sentHalf;

  /** A login inside the session between legs that differ, of which no packet is relayed as it is. */
  interface Exchange extends InnerPackets.Observer {
    /** Whether it is under way. */
    boolean isUnderWay();

    /** The packets of the compressed packet with that number come next. */
    void begins(int sequence);
  }

  /**
   * Makes a flow that is at the beginning of both streams.
   *
   * @param observer is told of packets that are relayed
   * @param exchange is told of packets that are not
   * @param counted is told the number of what is relayed
   * @param forward owns what is to be sent on
   * @param broken is told why a compressed packet cannot be unpacked, and says what becomes of it in an exchange
   */
  CompressedFlow(
      InnerPackets.Observer observer,
      Exchange exchange,
      ByteBufAllocator allocator,
      int holdBack,
      IntConsumer counted,
      Consumer<ByteBuf> forward,
      Function<String, Interception> broken) {
    super(allocator, LONGEST);
    this.allocator = allocator;
    this.inside =
        new InnerPackets(
            (in, seen, length) -> (takingOut ? exchange : observer).packet(in, seen, length));
    this.exchange = exchange;
    this.counted = counted;
    this.holdBack = holdBack;
    this.forward = forward;
    this.broken = broken;
  }

  @Override
  protected long frameLength(ByteBuf in, int at) {
    return Unpacker.length(in, at);
  }

  @Override
  protected boolean passes(ByteBuf in, int at, int length) {
    if (exchange.isUnderWay()) {
      return false;
    }
    int begin = looked;
    inside.keepForLogin(false);
    plain = 0;
    plainCut = 0;
    try {
      Unpacker.get().unpack(in, at, length, follow);
    } catch (Unpacker.Undecodable e) {
      var _ = broken.apply(String.valueOf(e.getMessage()));
    }
    sequence = Unpacker.sequence(in, at);
    looked += length;
    if (inside.isBetween()) {
      cut = looked;
      cutInside = 0;
    } else if (plainCut > 0) {
      cut = begin;
      cutInside = plainCut;
    }
    return true;
  }

  private void follow(byte[] bytes, int count) {
    int end = inside.read(bytes, 0, count);
    if (end > 0) {
      plainCut = plain + end;
    }
    plain += count;
  }

  @Override
  protected Interception intercept(ByteBuf frame) {
    int begin = frame.readerIndex();
    exchange.begins(Unpacker.sequence(frame, begin));
    inside.keepForLogin(true);
    takingOut = true;
    try {
      Unpacker.get()
          .unpack(
              frame, begin, frame.readableBytes(), (bytes, count) -> inside.read(bytes, 0, count));
      return Interception.DROP;
    } catch (Unpacker.Undecodable e) {
      return broken.apply(String.valueOf(e.getMessage()));
    } finally {
      takingOut = false;
    }
  }

  @Override
  protected boolean streamBegins(ByteBuf in, int at, long length) {
    throw new IllegalStateException("a compressed packet of " + length + " bytes");
  }

  @Override
  protected void streamed(ByteBuf in, int at, int length) {
    // Nothing is.
  }

  @Override
  protected void streamEnds() {
    // Nothing is.
  }

  @Override
  protected void forward(ByteBuf frames) {
    if (looked > 0) {
      counted.accept(sequence);
    }
    int certain = cut;
    looked = 0;
    cut = -1;
    if (certain >= 0) {
      sentHalf = false;
    }
    if (holdBack == 0 || certain == frames.readableBytes()) {
      sendWaiting();
      forward.accept(frames);
    } else if (certain >= 0) {
      sendWaiting();
      if (certain > 0) {
        forward.accept(frames.readRetainedSlice(certain));
      }
      waitingCut = cutInside;
      hold(frames);
    } else {
      if (waiting == null) {
        // What came before ended with a packet, unless too much had to wait.
        waitingCut = sentHalf ? -1 : 0;
      }
      hold(frames);
    }
  }

  /** Owns {@code frames}. */
  private void hold(ByteBuf frames) {
    ByteBuf already = waiting;
    if (already == null) {
      waiting = allocator.buffer(frames.readableBytes()).writeBytes(frames);
    } else {
      already.writeBytes(frames);
    }
    frames.release();
    if (waiting != null && waiting.readableBytes() > holdBack) {
      sentHalf = true;
      sendWaiting();
    }
  }

  private void sendWaiting() {
    ByteBuf all = waiting;
    if (all != null) {
      waiting = null;
      forward.accept(all);
    }
  }

  /** Whether all that came inside is whole packets. */
  boolean isBetween() {
    return inside.isBetween();
  }

  /** Whether the receiver has been sent the beginning of a packet, and not its end, and that cannot be helped. */
  boolean insidePacket() {
    return !inside.isBetween() && (waiting == null || waitingCut < 0);
  }

  /**
   * Sends what is complete of that which waits, because its rest will never come.
   *
   * @param last the number of the last compressed packet, whoever sent it
   * @return the number that the next compressed packet must carry
   */
  int cutOff(int last) {
    ByteBuf all = waiting;
    if (all == null) {
      return Packets.after(last);
    }
    waiting = null;
    int first = Unpacker.sequence(all, all.readerIndex());
    if (waitingCut == 0) {
      all.release();
      return first;
    }
    ByteBuf whole = allocator.buffer(Unpacker.HEADER + waitingCut);
    whole.writeMediumLE(waitingCut).writeByte(first).writeMediumLE(0);
    try {
      Unpacker.get()
          .unpack(
              all,
              all.readerIndex(),
              (int) Unpacker.length(all, all.readerIndex()),
              (bytes, count) -> {
                int room = Unpacker.HEADER + waitingCut - whole.writerIndex();
                whole.writeBytes(bytes, 0, Math.min(count, room));
              });
    } catch (Unpacker.Undecodable e) {
      throw new IllegalStateException("it could be unpacked before", e);
    } finally {
      all.release();
    }
    forward.accept(whole);
    return Packets.after(first);
  }

  /** Lets go of what waits. */
  void dropWaiting() {
    if (waiting != null) {
      waiting.release();
      waiting = null;
    }
  }
}
