package dev.lastword.classic;

import dev.lastword.testing.classic.Capability;
import dev.lastword.testing.classic.Payload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The part of following a classic session that is not the walk: where in which response it is. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class ClassicTrackerBenchmark {
  private static final int STATEMENT = 1;

  private final ClassicTracker tracker = new ClassicTracker();
  private final ClassicTracker pipelining = new ClassicTracker();
  private final ClassicTracker preparing = new ClassicTracker();

  private final ByteBuf query = payload(Payload.of(Command.QUERY).text("SELECT 1"));
  private final ByteBuf prepare = payload(Payload.of(Command.STMT_PREPARE).text("SELECT 1"));
  private final ByteBuf prepared = payload(Payload.of(0).u32(STATEMENT).u16(0).u16(0).u8(0).u16(0));
  private final ByteBuf execute =
      payload(Payload.of(Command.STMT_EXECUTE).u32(STATEMENT).u8(1).u32(1));
  private final ByteBuf fetch = payload(Payload.of(Command.STMT_FETCH).u32(STATEMENT).u32(10));
  private final ByteBuf columns = payload(Payload.of(1));
  private final ByteBuf column = payload(new Payload().string("def"));
  private final ByteBuf row = payload(new Payload().string("1"));
  private final ByteBuf ok = payload(Payload.of(0).u8(0).u8(0).u16(2).u16(0));
  private final ByteBuf end = payload(Payload.of(0xfe).u8(0).u8(0).u16(2).u16(0));
  private final ByteBuf endWithCursor =
      payload(Payload.of(0xfe).u8(0).u8(0).u16(2 | StatusFlags.CURSOR_EXISTS).u16(0));
  private final ByteBuf endOfCursor =
      payload(Payload.of(0xfe).u8(0).u8(0).u16(2 | StatusFlags.LAST_ROW_SENT).u16(0));

  /** The clients are of today; one has prepared a statement. */
  @Setup
  public void login() {
    tracker.loggedIn(Capability.USUAL, StatusFlags.AUTOCOMMIT);
    pipelining.loggedIn(Capability.USUAL, StatusFlags.AUTOCOMMIT);
    preparing.loggedIn(Capability.USUAL, StatusFlags.AUTOCOMMIT);
    client(preparing, prepare, 0);
    server(preparing, prepared, 1);
  }

  /** One request, a column, two rows, and their end. */
  @Benchmark
  public int requestAndResponse() {
    client(tracker, query, 0);
    server(tracker, columns, 1);
    server(tracker, column, 2);
    server(tracker, row, 3);
    server(tracker, row, 4);
    server(tracker, end, 5);
    return tracker.nextSequence();
  }

  /** 64 requests are out before the first is answered. */
  @Benchmark
  public int sixtyFourPipelined() {
    for (int i = 0; i < 64; i++) {
      client(pipelining, query, 0);
    }
    for (int i = 0; i < 64; i++) {
      server(pipelining, ok, 1);
    }
    return pipelining.outstanding();
  }

  /** A prepared statement is executed with a cursor, whose one row is fetched: what is noted of statements changes twice. */
  @Benchmark
  public int cursorOpenedAndRead() {
    client(preparing, execute, 0);
    server(preparing, columns, 1);
    server(preparing, column, 2);
    server(preparing, endWithCursor, 3);
    client(preparing, fetch, 0);
    server(preparing, row, 1);
    server(preparing, endOfCursor, 2);
    return preparing.outstanding();
  }

  private static void client(ClassicTracker tracker, ByteBuf payload, int number) {
    tracker.clientPacket(payload, 0, payload.writerIndex(), payload.writerIndex(), number);
  }

  private static void server(ClassicTracker tracker, ByteBuf payload, int number) {
    tracker.serverPacket(payload, 0, payload.writerIndex(), payload.writerIndex(), number);
  }

  private static ByteBuf payload(Payload payload) {
    return PooledByteBufAllocator.DEFAULT.directBuffer().writeBytes(payload.build().toByteArray());
  }
}
