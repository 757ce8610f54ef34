package dev.lastword.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/** A flow that writes down what happens; frames are four bytes of length, little endian, and as many others. */
final class Wire extends FrameFlow {
  private final Ledger ledger;
  private final Map<Integer, Function<ByteBuf, Interception>> interceptions = new HashMap<>();

  /** Owned by the test until it calls {@link #releaseForwarded}. */
  final List<ByteBuf> forwarded = new ArrayList<>();

  /** Each frame once, however it passed, in hexadecimal. */
  final List<String> seen = new ArrayList<>();

  final List<String> events = new ArrayList<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream streamed = new ByteArrayOutputStream();

  long bytesOut;
  long seenBytes;
  long length;
  int availableAtBegin;
  int streamedOfHead;
  int streams;
  int streamsEnded;
  boolean refuseStreams;
  Runnable onForward = () -> {};
  Runnable onSeen = () -> {};

  Wire(int holdBack) {
    this(new Ledger(), holdBack);
  }

  private Wire(Ledger ledger, int holdBack) {
    super(ledger, holdBack);
    this.ledger = ledger;
  }

  /** On the heap and unpooled, with an account of its own: what is not released shows, and so does each copy. */
  private static final class Ledger extends AbstractByteBufAllocator {
    private final UnpooledByteBufAllocator memory = new UnpooledByteBufAllocator(false);
    private int buffers;

    @Override
    protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
      buffers++;
      return memory.heapBuffer(initialCapacity, maxCapacity);
    }

    @Override
    protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
      buffers++;
      return memory.directBuffer(initialCapacity, maxCapacity);
    }

    @Override
    public boolean isDirectBufferPooled() {
      return false;
    }
  }

  /** What the test itself brings in is not a copy. */
  ByteBuf buffer(byte[]... parts) {
    ByteBuf buffer = ledger.heapBuffer();
    ledger.buffers--;
    for (byte[] part : parts) {
      buffer.writeBytes(part);
    }
    return buffer;
  }

  int copies() {
    return ledger.buffers;
  }

  long allocatedBytes() {
    return ledger.memory.metric().usedHeapMemory() + ledger.memory.metric().usedDirectMemory();
  }

  void assertNothingAllocated() {
    assertThat(allocatedBytes()).as("bytes that were not released").isZero();
  }

  byte[] out() {
    return out.toByteArray();
  }

  void releaseForwarded() {
    forwarded.forEach(ByteBuf::release);
    forwarded.clear();
  }

  /** What to do about frames whose first byte behind the header is {@code mark}. */
  void on(int mark, Function<ByteBuf, Interception> interception) {
    interceptions.put(mark, interception);
  }

  void on(int mark, Interception interception) {
    on(mark, _ -> interception);
  }

  @Override
  protected long frameLength(ByteBuf in, int at) {
    return HEADER + in.getUnsignedIntLE(at);
  }

  @Override
  protected boolean passes(ByteBuf in, int at, int length) {
    if (length > HEADER && interceptions.containsKey((int) in.getByte(at + HEADER))) {
      events.add("stopped " + length);
      return false;
    }
    see(in, at, length);
    return true;
  }

  private void see(ByteBuf in, int at, int length) {
    events.add("seen " + length);
    seen.add(ByteBufUtil.hexDump(in, at, length));
    seenBytes += length;
    onSeen.run();
  }

  @Override
  protected Interception intercept(ByteBuf frame) {
    events.add("intercept " + frame.readableBytes());
    int references = frame.refCnt();
    Interception decision =
        Objects.requireNonNull(interceptions.get((int) frame.getByte(frame.readerIndex() + HEADER)))
            .apply(frame);
    assertThat(references).isPositive();
    if (decision != Interception.WAIT) {
      seen.add(ByteBufUtil.hexDump(frame));
      seenBytes += frame.readableBytes();
    }
    return decision;
  }

  @Override
  protected boolean streamBegins(ByteBuf in, int at, long length) {
    assertThat(streamed.size()).isZero();
    streams++;
    this.length = length;
    availableAtBegin = in.writerIndex() - at;
    streamed.writeBytes(ByteBufUtil.getBytes(in, at, HEADER + 1));
    seenBytes += HEADER + 1;
    return !refuseStreams;
  }

  @Override
  protected void streamed(ByteBuf in, int at, int length) {
    if (streamed.size() == HEADER + 1) {
      streamedOfHead = length;
    }
    streamed.writeBytes(ByteBufUtil.getBytes(in, at, length));
    seenBytes += length;
  }

  @Override
  protected void streamEnds() {
    streamsEnded++;
    assertThat(streamed.size()).isEqualTo((int) length);
    seen.add(ByteBufUtil.hexDump(streamed.toByteArray()));
    streamed.reset();
  }

  @Override
  protected void forward(ByteBuf frames) {
    events.add("forward " + frames.readableBytes());
    assertThat(frames.isReadable()).as("an empty write costs a system call").isTrue();
    assertThat(frames.refCnt()).isPositive();
    bytesOut += frames.readableBytes();
    out.writeBytes(ByteBufUtil.getBytes(frames));
    forwarded.add(frames);
    onForward.run();
  }
}
