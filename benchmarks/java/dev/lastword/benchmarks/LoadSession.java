package dev.lastword.benchmarks;

import com.google.protobuf.ByteString;
import dev.lastword.testing.x.XMessages;
import dev.lastword.x.protobuf.Mysqlx;
import dev.lastword.x.protobuf.Mysqlx.ServerMessages;
import dev.lastword.x.protobuf.MysqlxSession;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * One X session of the load driver. It looks at frames until it is logged in and knows how long the response to its statement is; from
 * then on it only counts bytes, so that the driver costs little beside what is measured. A response of another length is a failure.
 */
final class LoadSession extends ChannelInboundHandlerAdapter {
  /** Who asked for this session. All calls are made on the driver's event loop. */
  interface Owner {
    /** The session is logged in and has run its statement once or twice. */
    void ready(LoadSession session);

    /** All pipelined requests are answered. */
    void answered(LoadSession session);

    /** The connection has ended as the session wanted it to. */
    void left(LoadSession session);

    /** Anything else. */
    void failed(Throwable why);
  }

  private enum Step {
    LOGGING_IN,
    /** The first response may come with notices that belong to the login. */
    FIRST_RESPONSE,
    LEARNING,
    WORKING,
    LEAVING
  }

  private static final int PREFIX = 5;

  private final LoadDriver.Target target;
  private final Workload workload;
  private final ByteBuf statement;
  private final Owner owner;

  private Step step = Step.LOGGING_IN;
  private ByteBuf unread = Unpooled.EMPTY_BUFFER;
  private ByteBuf requests = Unpooled.EMPTY_BUFFER;
  private long responseLength;
  private long expected;
  private long received;
  private long askedNanos;

  @SuppressWarnings("NullAway.Init") // channelActive comes first
  private ChannelHandlerContext context;

  LoadSession(LoadDriver.Target target, Workload workload, Owner owner) {
    this.target = target;
    this.workload = workload;
    this.owner = owner;
    this.statement =
        Unpooled.wrappedBuffer(XMessages.frame(XMessages.sql(workload.statement())).toByteArray());
  }

  /** When the requests that are out were sent, by {@link System#nanoTime()}. */
  long askedNanos() {
    return askedNanos;
  }

  /** Bytes of the response to one request. */
  long responseLength() {
    return responseLength;
  }

  /** Sends the requests; {@link Owner#answered} follows. */
  void ask() {
    askedNanos = System.nanoTime();
    received = 0;
    context.writeAndFlush(requests.retainedDuplicate(), context.voidPromise());
  }

  /** Says goodbye; {@link Owner#left} follows. */
  void leave() {
    step = Step.LEAVING;
    send(XMessages.frame(XMessages.connectionClose()));
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    context = ctx;
    send(XMessages.frame(XMessages.authenticateStart("SHA256_MEMORY")));
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws IOException {
    ByteBuf in = (ByteBuf) message;
    switch (step) {
      case WORKING -> {
        received += in.readableBytes();
        in.release();
        if (received >= expected) {
          if (received > expected) {
            throw new IOException("a response was longer than the others");
          }
          owner.answered(this);
        }
      }
      case LEAVING -> in.release();
      case LOGGING_IN, FIRST_RESPONSE, LEARNING -> frames(in);
    }
  }

  private void frames(ByteBuf in) throws IOException {
    ByteBuf all = Unpooled.buffer(unread.readableBytes() + in.readableBytes());
    all.writeBytes(unread).writeBytes(in);
    in.release();
    while (all.readableBytes() >= PREFIX) {
      long length = 4 + all.getUnsignedIntLE(all.readerIndex());
      if (all.readableBytes() < length) {
        break;
      }
      frame(all.readSlice((int) length));
    }
    unread = all;
  }

  private void frame(ByteBuf frame) throws IOException {
    received += frame.readableBytes();
    int type = frame.getUnsignedByte(PREFIX - 1);
    byte[] payload = new byte[frame.readableBytes() - PREFIX];
    frame.getBytes(PREFIX + frame.readerIndex(), payload);
    switch (type) {
      case ServerMessages.Type.SESS_AUTHENTICATE_CONTINUE_VALUE ->
          send(
              XMessages.frame(
                  XMessages.authenticateContinue(
                      proof(MysqlxSession.AuthenticateContinue.parseFrom(payload).getAuthData()))));
      case ServerMessages.Type.SESS_AUTHENTICATE_OK_VALUE -> {
        step = Step.FIRST_RESPONSE;
        context.writeAndFlush(statement.retainedDuplicate());
      }
      case ServerMessages.Type.SQL_STMT_EXECUTE_OK_VALUE -> {
        if (step == Step.FIRST_RESPONSE && !workload.connects()) {
          step = Step.LEARNING;
          received = 0;
          context.writeAndFlush(statement.retainedDuplicate());
        } else {
          learned();
        }
      }
      case ServerMessages.Type.ERROR_VALUE -> {
        Mysqlx.Error error = Mysqlx.Error.parseFrom(payload);
        throw new IOException(error.getCode() + " " + error.getMsg());
      }
      default -> {
        // A part of a result, or a notice.
      }
    }
  }

  private void learned() {
    responseLength = received;
    expected = received * workload.pipelined();
    byte[] one = new byte[statement.readableBytes()];
    statement.getBytes(0, one);
    requests = Unpooled.directBuffer(one.length * workload.pipelined());
    for (int i = 0; i < workload.pipelined(); i++) {
      requests.writeBytes(one);
    }
    step = Step.WORKING;
    owner.ready(this);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    requests.release();
    if (step == Step.LEAVING) {
      owner.left(this);
    } else {
      owner.failed(new IOException("the connection ended while the session was " + step));
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    owner.failed(cause);
    ctx.close();
  }

  private void send(ByteString frame) {
    context.writeAndFlush(Unpooled.wrappedBuffer(frame.asReadOnlyByteBuffer()));
  }

  /** SHA256(password) xor SHA256(SHA256(SHA256(password)), challenge), in hexadecimal, behind schema and user. */
  private ByteString proof(ByteString challenge) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      byte[] once = sha.digest(target.password().getBytes(StandardCharsets.UTF_8));
      sha.update(sha.digest(once));
      byte[] mask = sha.digest(challenge.substring(0, 20).toByteArray());
      for (int i = 0; i < once.length; i++) {
        once[i] ^= mask[i];
      }
      return ByteString.copyFromUtf8(
          "\0" + target.user() + "\0" + HexFormat.of().withUpperCase().formatHex(once));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
