package dev.lastword.classic;

import com.google.protobuf.ByteString;
import dev.lastword.testing.classic.Capability;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Commands;
import dev.lastword.testing.classic.Payload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.concurrent.TimeUnit;
import java.util.zip.Deflater;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a classic session does with a buffer between the read and the write, without sockets, as {@code WalkBenchmark} shows it for X
 * Protocol: the whole of one read is one operation, for which nothing may be allocated.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class ClassicWalkBenchmark {
  private static final int READ = 256 * 1024;
  private static final int SMALL_ROW = 64;
  private static final int LARGE_ROW = 1024;
  private static final int PIPELINED = 10;

  /** What a server packs at once, in bytes: its {@code net_buffer_length}. */
  private static final int PACKED_AT_ONCE = 16 * 1024;

  private final LoggedIn session = new LoggedIn(0);
  private final LoggedIn compressed = new LoggedIn(Capability.COMPRESS);

  /** These have asked for rows, and get no others. */
  private final LoggedIn reading = new LoggedIn(0);

  private final LoggedIn readingCompressed = new LoggedIn(Capability.COMPRESS);

  private final ByteBuf statement = direct(select());
  private final ByteBuf statements = direct(times(select(), PIPELINED));
  private final ByteBuf response = direct(pointResponse());
  private final ByteBuf responses = direct(times(pointResponse(), PIPELINED));
  private final ByteBuf smallRows = direct(times(row(SMALL_ROW), READ / SMALL_ROW));
  private final ByteBuf largeRows = direct(times(row(LARGE_ROW), READ / LARGE_ROW));
  private final ByteBuf packedStatement = direct(packed(select(), false));
  private final ByteBuf packedResponse = direct(packed(pointResponse(), true));
  private final ByteBuf packedRows =
      direct(
          times(
              packed(times(row(LARGE_ROW), PACKED_AT_ONCE / LARGE_ROW), true),
              READ / PACKED_AT_ONCE));

  /** Takes the two that read rows to where these come. */
  @Setup
  public void askForRows() {
    ByteString head = packet(1, Payload.of(1).build()).concat(packet(2, column()));
    reading.clientReads(direct(select()));
    reading.serverReads(direct(head));
    readingCompressed.clientReads(direct(packed(select(), false)));
    readingCompressed.serverReads(direct(packed(head, false)));
  }

  /** Figures of sessions that were somewhere else are worth nothing. */
  @TearDown
  public void look() {
    if (session.tracker().outstanding() != 0
        || compressed.tracker().outstanding() != 0
        || !reading.tracker().midResult()
        || !readingCompressed.tracker().midResult()) {
      throw new IllegalStateException("a session did not follow what it was to follow");
    }
  }

  /** One read of 256 KiB of rows of 64 bytes, 4,096 packets. */
  @Benchmark
  public void read256KiBOfSmallRows() {
    reading.serverReads(again(smallRows));
  }

  /** One read of 256 KiB of rows of 1 KiB. */
  @Benchmark
  public void read256KiBOfRows() {
    reading.serverReads(again(largeRows));
  }

  /** 256 KiB of rows of 1 KiB in the compressed protocol, 16 KiB in each compressed packet; what inflating takes is in it. */
  @Benchmark
  public void readCompressedRows() {
    readingCompressed.serverReads(again(packedRows));
  }

  /** A request, and its response of four packets: what a session adds to one point statement. */
  @Benchmark
  public void pointStatement() {
    session.clientReads(again(statement));
    session.serverReads(again(response));
  }

  /** Ten of them at once, in one read each way; the figure is for one. */
  @Benchmark
  @OperationsPerInvocation(PIPELINED)
  public void pipelinedStatement() {
    session.clientReads(again(statements));
    session.serverReads(again(responses));
  }

  /** The same as {@link #pointStatement} in the compressed protocol, where the request is too short to be worth compressing. */
  @Benchmark
  public void compressedPointStatement() {
    compressed.clientReads(again(packedStatement));
    compressed.serverReads(again(packedResponse));
  }

  /** The buffer as if it had just been read; the one who drops it releases the reference that is added here. */
  private static ByteBuf again(ByteBuf buffer) {
    return buffer.readerIndex(0).retain();
  }

  private static ByteBuf direct(ByteString bytes) {
    return PooledByteBufAllocator.DEFAULT
        .directBuffer(bytes.size())
        .writeBytes(bytes.toByteArray());
  }

  private static ByteString times(ByteString bytes, int times) {
    ByteString all = ByteString.EMPTY;
    for (int i = 0; i < times; i++) {
      all = all.concat(bytes);
    }
    return all;
  }

  private static ByteString packet(int number, ByteString payload) {
    return ClassicClient.packet(number, payload);
  }

  static ByteString select() {
    return packet(
        0, Commands.queryWithAttributes("SELECT v FROM lastword_bench.point WHERE id = 7"));
  }

  /** A packet of one value that is this long with all its headers. */
  private static ByteString row(int length) {
    int header = length < 256 ? 1 : 3;
    return packet(
        4,
        new Payload()
            .string(ByteString.copyFrom(new byte[length - Packets.HEADER - header]))
            .build());
  }

  private static ByteString column() {
    return new Payload()
        .string("def")
        .string("lastword_bench")
        .string("point")
        .string("point")
        .string("v")
        .string("v")
        .lenenc(12)
        .u16(255)
        .u32(400)
        .u8(0xfd)
        .u16(0)
        .u8(0)
        .u16(0)
        .build();
  }

  /** As MySQL 9.7 answers a select of one row to a client that takes OK for EOF: columns, column, row, OK. */
  private static ByteString pointResponse() {
    return packet(1, Payload.of(1).build())
        .concat(packet(2, column()))
        .concat(packet(3, new Payload().string("v".repeat(60)).build()))
        .concat(packet(4, Payload.of(0xfe).u8(0).u8(0).u16(StatusFlags.AUTOCOMMIT).u16(0).build()));
  }

  private static ByteString packed(ByteString plain, boolean compress) {
    if (!compress) {
      return new Payload().u24(plain.size()).u8(0).u24(0).bytes(plain).build();
    }
    Deflater deflater = new Deflater();
    deflater.setInput(plain.toByteArray());
    deflater.finish();
    byte[] small = new byte[plain.size() + 64];
    int length = deflater.deflate(small);
    deflater.end();
    return new Payload()
        .u24(length)
        .u8(1)
        .u24(plain.size())
        .bytes(ByteString.copyFrom(small, 0, length))
        .build();
  }
}
