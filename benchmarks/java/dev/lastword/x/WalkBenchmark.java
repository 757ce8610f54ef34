package dev.lastword.x;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.lastword.config.ClientTls;
import dev.lastword.relay.FrameFlow;
import dev.lastword.x.protobuf.Mysqlx.ClientMessages;
import dev.lastword.x.protobuf.Mysqlx.ServerMessages;
import dev.lastword.x.protobuf.MysqlxNotice;
import dev.lastword.x.protobuf.MysqlxResultset;
import dev.lastword.x.protobuf.MysqlxSession;
import dev.lastword.x.protobuf.MysqlxSql;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a session does with a buffer between the read and the write, without sockets: the walk over the headers, the tracker, the counters,
 * the look at a statement. Buffers are direct, as those that epoll reads; what the session writes is dropped at once. In each benchmark
 * the whole of one read is one operation, so that nothing may be allocated for it: {@code -prof gc} should say 0 bytes.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class WalkBenchmark {
  private static final int READ = 256 * 1024;
  private static final int SMALL_ROW = 64;
  private static final int PIPELINED = 10;

  private final Memory memory = new Memory(ClientTls.Mode.DISABLED, 1 << 20);
  private final XSession session = memory.session;
  private final HeadersOnly headersOnly = new HeadersOnly();

  private final ByteBuf statement = direct(select());
  private final ByteBuf statements = direct(select(), PIPELINED);
  private final ByteBuf response = direct(pointResponse());
  private final ByteBuf responses = direct(pointResponse(), PIPELINED);
  private final ByteBuf rows = direct(row(), READ / row().length);

  /** A flow that knows where frames end, and wants to know no more of them. */
  private static final class HeadersOnly extends FrameFlow {
    HeadersOnly() {
      super(PooledByteBufAllocator.DEFAULT, 1 << 20);
    }

    @Override
    protected long frameLength(ByteBuf in, int at) {
      return HEADER + in.getUnsignedIntLE(at);
    }

    @Override
    protected boolean passes(ByteBuf in, int at, int length) {
      return true;
    }

    @Override
    protected Interception intercept(ByteBuf frame) {
      return Interception.FORWARD;
    }

    @Override
    protected boolean streamBegins(ByteBuf in, int at, long length) {
      return true;
    }

    @Override
    protected void streamed(ByteBuf in, int at, int length) {}

    @Override
    protected void streamEnds() {}

    @Override
    protected void forward(ByteBuf frames) {
      frames.release();
    }
  }

  /** Where the socket would be. */
  private static final class Nowhere extends ChannelOutboundHandlerAdapter {
    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
      ReferenceCountUtil.release(message);
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {}
  }

  /** Logs the client in. */
  @Setup
  public void login() {
    memory.clientSays(
        frame(
            ClientMessages.Type.SESS_AUTHENTICATE_START_VALUE,
            MysqlxSession.AuthenticateStart.newBuilder().setMechName("MYSQL41").build()));
    memory.serverSays(
        frame(
            ServerMessages.Type.SESS_AUTHENTICATE_OK_VALUE,
            MysqlxSession.AuthenticateOk.getDefaultInstance()));
    memory.client.pipeline().addFirst(new Nowhere());
    memory.server.pipeline().addFirst(new Nowhere());
  }

  /** The walk alone over one read of 256 KiB of rows of 64 bytes: the floor for {@link #read256KiBOfRows()}. */
  @Benchmark
  public void headersOf256KiBOfRows() {
    headersOnly.read(again(rows));
  }

  /** One read of 256 KiB of rows of 64 bytes, some 3,800 frames, followed and forwarded. */
  @Benchmark
  public void read256KiBOfRows() {
    serverReads(rows);
  }

  /** A request with the look at its statement, and its response of five frames: what a session adds to one point statement. */
  @Benchmark
  public void pointStatement() {
    clientReads(statement);
    serverReads(response);
  }

  /** Ten of them at once, in one read each way; the figure is for one. */
  @Benchmark
  @OperationsPerInvocation(PIPELINED)
  public void pipelinedStatement() {
    clientReads(statements);
    serverReads(responses);
  }

  /** The response of one point statement alone; to the session an answer that nobody asked for, which costs it no less. */
  @Benchmark
  public void pointResponseAlone() {
    serverReads(response);
  }

  /** {@link #pointStatement()} as Netty's loops bring it: through both handlers, with what is counted of each read. */
  @Benchmark
  public void pointStatementFromTheChannels() {
    reads(memory.client, statement);
    reads(memory.server, response);
  }

  private static void reads(Channel channel, ByteBuf buffer) {
    channel.pipeline().fireChannelRead(again(buffer)).fireChannelReadComplete();
  }

  private void clientReads(ByteBuf buffer) {
    session.clientRead(again(buffer));
    session.clientReadComplete();
  }

  private void serverReads(ByteBuf buffer) {
    session.serverRead(again(buffer));
    session.serverReadComplete();
  }

  /** The buffer as if it had just been read; the one who drops it releases the reference that is added here. */
  private static ByteBuf again(ByteBuf buffer) {
    return buffer.readerIndex(0).retain();
  }

  private static ByteBuf direct(byte[] bytes) {
    return direct(bytes, 1);
  }

  private static ByteBuf direct(byte[] bytes, int times) {
    ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length * times);
    for (int i = 0; i < times; i++) {
      buffer.writeBytes(bytes);
    }
    return buffer;
  }

  static byte[] select() {
    return frame(
        ClientMessages.Type.SQL_STMT_EXECUTE_VALUE,
        MysqlxSql.StmtExecute.newBuilder()
            .setStmt(ByteString.copyFromUtf8("SELECT v FROM lastword_bench.point WHERE id = 7"))
            .build());
  }

  private static byte[] row() {
    return frame(
        ServerMessages.Type.RESULTSET_ROW_VALUE,
        MysqlxResultset.Row.newBuilder()
            .addField(ByteString.copyFrom(new byte[SMALL_ROW - 2]))
            .build());
  }

  /** As MySQL 9.7 answers a select of one row: column, row, end of rows, notice of the rows, end of the statement. */
  private static byte[] pointResponse() {
    ByteString all =
        ByteString.copyFrom(
                frame(
                    ServerMessages.Type.RESULTSET_COLUMN_META_DATA_VALUE,
                    MysqlxResultset.ColumnMetaData.newBuilder()
                        .setType(MysqlxResultset.ColumnMetaData.FieldType.BYTES)
                        .setName(ByteString.copyFromUtf8("v"))
                        .setOriginalName(ByteString.copyFromUtf8("v"))
                        .setTable(ByteString.copyFromUtf8("point"))
                        .setOriginalTable(ByteString.copyFromUtf8("point"))
                        .setSchema(ByteString.copyFromUtf8("lastword_bench"))
                        .setCatalog(ByteString.copyFromUtf8("def"))
                        .setCollation(255)
                        .setLength(400)
                        .build()))
            .concat(ByteString.copyFrom(row()))
            .concat(
                ByteString.copyFrom(
                    frame(
                        ServerMessages.Type.RESULTSET_FETCH_DONE_VALUE,
                        MysqlxResultset.FetchDone.getDefaultInstance())))
            .concat(
                ByteString.copyFrom(
                    frame(
                        ServerMessages.Type.NOTICE_VALUE,
                        MysqlxNotice.Frame.newBuilder()
                            .setType(MysqlxNotice.Frame.Type.SESSION_STATE_CHANGED_VALUE)
                            .setScope(MysqlxNotice.Frame.Scope.LOCAL)
                            .setPayload(ByteString.copyFrom(new byte[] {8, 4, 18, 4, 8, 2, 24, 0}))
                            .build())))
            .concat(
                ByteString.copyFrom(
                    frame(
                        ServerMessages.Type.SQL_STMT_EXECUTE_OK_VALUE,
                        MysqlxSql.StmtExecuteOk.getDefaultInstance())));
    return all.toByteArray();
  }

  private static byte[] frame(int type, MessageLite message) {
    ByteBuf frame = XMessages.frame(UnpooledByteBufAllocator.DEFAULT, type, message);
    byte[] bytes = ByteBufUtil.getBytes(frame);
    frame.release();
    return bytes;
  }
}
