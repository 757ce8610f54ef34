package dev.lastword.x;

import dev.lastword.x.protobuf.Mysqlx.ClientMessages;
import dev.lastword.x.protobuf.Mysqlx.ServerMessages;
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
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The two parts of following a session that are not the walk: who owes whom what, and what a statement does to the transaction. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class TrackerBenchmark {
  private final XTracker tracker = new XTracker();
  private final XTracker pipelining = new XTracker();
  private final RequestEffects effects = new RequestEffects();
  private final ByteBuf select =
      PooledByteBufAllocator.DEFAULT.directBuffer().writeBytes(WalkBenchmark.select());

  /** One request, three parts of its result, and its end. */
  @Benchmark
  public int requestAndResponse() {
    tracker.request(ClientMessages.Type.SQL_STMT_EXECUTE_VALUE, Effect.MAY_START);
    tracker.resultPart();
    tracker.resultPart();
    tracker.resultPart();
    return tracker.answered(ServerMessages.Type.SQL_STMT_EXECUTE_OK_VALUE);
  }

  /** 64 requests are out before the first is answered, so that the queue has to grow, and shrinks again: what that costs is seen here. */
  @Benchmark
  public int sixtyFourPipelined() {
    int last = XTracker.NOTHING;
    for (int i = 0; i < 64; i++) {
      pipelining.request(ClientMessages.Type.SQL_STMT_EXECUTE_VALUE, Effect.NONE);
    }
    for (int i = 0; i < 64; i++) {
      last = pipelining.answered(ServerMessages.Type.SQL_STMT_EXECUTE_OK_VALUE);
    }
    return last;
  }

  /** The look at {@code SELECT v FROM lastword_bench.point WHERE id = 7}. */
  @Benchmark
  public Effect lookAtStatement() {
    return effects.of(
        ClientMessages.Type.SQL_STMT_EXECUTE_VALUE,
        select,
        XMessages.PREFIX,
        select.readableBytes() - XMessages.PREFIX);
  }
}
