package dev.lastword.benchmarks;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * One session of the load driver. It looks at frames until it is logged in and knows how long the response to its statement is; from
 * then on it only counts bytes, so that the driver costs little beside what is measured. A response of another length is a failure.
 */
abstract class LoadSession extends ChannelInboundHandlerAdapter {
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

  /** Bytes that tell how long a frame is, in both protocols. */
  private static final int HEADER = 4;

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

  /**
   * Makes a session that speaks one of the protocols.
   *
   * @param statement the request, as it goes over the wire
   */
  LoadSession(Workload workload, Owner owner, ByteString statement) {
    this.workload = workload;
    this.owner = owner;
    this.statement = Unpooled.wrappedBuffer(statement.toByteArray());
  }

  // ---- What a protocol makes of it

  /** Begins the login, if it is the client that begins. */
  abstract void begin();

  /** The length in bytes, header included, of the frame that begins at {@code at}. */
  abstract long frameLength(ByteBuf in, int at);

  /**
   * A whole frame of the login or of one of the first responses; calls {@link #loggedIn} and {@link #responseEnds} where that is what it
   * says.
   */
  abstract void frame(ByteBuf frame) throws IOException;

  /** What is said to a server that is left, and makes it close. */
  abstract ByteString goodbye();

  // ---- For the driver

  /** When the requests that are out were sent, by {@link System#nanoTime()}. */
  final long askedNanos() {
    return askedNanos;
  }

  /** Bytes of the response to one request. */
  final long responseLength() {
    return responseLength;
  }

  /** Sends the requests; {@link Owner#answered} follows. */
  final void ask() {
    askedNanos = System.nanoTime();
    received = 0;
    context.writeAndFlush(requests.retainedDuplicate(), context.voidPromise());
  }

  /** Says goodbye; {@link Owner#left} follows. */
  final void leave() {
    step = Step.LEAVING;
    send(goodbye());
  }

  // ---- For the protocols

  final boolean isLoggingIn() {
    return step == Step.LOGGING_IN;
  }

  final void loggedIn() {
    step = Step.FIRST_RESPONSE;
    context.writeAndFlush(statement.retainedDuplicate());
  }

  final void responseEnds() {
    if (step == Step.FIRST_RESPONSE && !workload.connects()) {
      step = Step.LEARNING;
      received = 0;
      context.writeAndFlush(statement.retainedDuplicate());
    } else {
      learned();
    }
  }

  final void send(ByteString bytes) {
    context.writeAndFlush(Unpooled.wrappedBuffer(bytes.asReadOnlyByteBuffer()));
  }

  /** SHA256(password) xor SHA256(SHA256(SHA256(password)), challenge), which both protocols want. */
  static byte[] proof(String password, byte[] challenge) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      byte[] once = sha.digest(password.getBytes(StandardCharsets.UTF_8));
      sha.update(sha.digest(once));
      byte[] mask = sha.digest(challenge);
      for (int i = 0; i < once.length; i++) {
        once[i] ^= mask[i];
      }
      return once;
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  // ---- From the network

  @Override
  public final void channelActive(ChannelHandlerContext ctx) {
    context = ctx;
    begin();
  }

  @Override
  public final void channelRead(ChannelHandlerContext ctx, Object message) throws IOException {
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
    while (all.readableBytes() >= HEADER) {
      long length = frameLength(all, all.readerIndex());
      if (all.readableBytes() < length) {
        break;
      }
      received += length;
      frame(all.readSlice((int) length));
    }
    unread = all;
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
  public final void channelInactive(ChannelHandlerContext ctx) {
    requests.release();
    if (step == Step.LEAVING) {
      owner.left(this);
    } else {
      owner.failed(new IOException("the connection ended while the session was " + step));
    }
  }

  @Override
  public final void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    owner.failed(cause);
    ctx.close();
  }
}
