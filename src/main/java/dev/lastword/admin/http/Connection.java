package dev.lastword.admin.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of a connection's pipeline: takes one request at a time, has it answered elsewhere, and reads the next when the answer is out.
 * Every wait for the client has an end.
 */
final class Connection extends ChannelInboundHandlerAdapter {
  private static final Logger log = LoggerFactory.getLogger("lastword.admin");

  /** For a client that answered but went on sending, so that it gets to read the answer. */
  private static final long LEAVE_MILLIS = 1_000;

  private final HttpServer.Answering answering;
  private final Limits limits;
  private Phase phase = Phase.IDLE;
  private @Nullable Future<?> deadline;

  /**
   * How long a client may take.
   *
   * @param requestMillis for the whole of a request
   * @param idleMillis between two requests
   * @param answerMillis to read an answer
   * @param failureMillis what a wrong password costs, however wrong it is
   */
  record Limits(long requestMillis, long idleMillis, long answerMillis, long failureMillis) {
    static final Limits DEFAULT = new Limits(10_000, 60_000, 60_000, 1_000);
  }

  /** A request's body is longer than anything here needs. */
  enum TooLong {
    BODY
  }

  private enum Phase {
    IDLE,
    READING,
    ANSWERING,
    STREAMING,
    LEAVING
  }

  Connection(HttpServer.Answering answering, Limits limits) {
    this.answering = answering;
    this.limits = limits;
  }

  /** Stands in front of what decodes, and tells when the first bytes of a request come. */
  static final class Arrivals extends ChannelInboundHandlerAdapter {
    private final Connection connection;

    Arrivals(Connection connection) {
      this.connection = connection;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object bytes) {
      connection.bytesCame(ctx);
      ctx.fireChannelRead(bytes);
    }
  }

  private void bytesCame(ChannelHandlerContext ctx) {
    if (phase == Phase.IDLE) {
      phase = Phase.READING;
      closeAfter(ctx, limits.requestMillis());
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    closeAfter(ctx, limits.requestMillis());
    ctx.read();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    forgetDeadline();
    ctx.fireChannelInactive();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    try {
      switch (phase) {
        case IDLE, READING -> {
          phase = Phase.ANSWERING;
          forgetDeadline();
          if (message instanceof FullHttpRequest request) {
            take(ctx, request);
          } else {
            refuse(
                ctx,
                new Problem(
                    HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE,
                    "the body is longer than " + HttpServer.LONGEST_BODY + " bytes"));
          }
        }
        case ANSWERING, STREAMING, LEAVING -> {
          // Nothing is asked of us any more.
        }
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    switch (phase) {
      // What came was not yet the whole of a request.
      case IDLE, READING -> ctx.read();
      // Only so can the end of the connection be seen.
      case STREAMING, LEAVING -> ctx.read();
      case ANSWERING -> {
        // The next request waits.
      }
    }
    ctx.fireChannelReadComplete();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    log.debug("event=admin-connection-broken client={}", ctx.channel().remoteAddress(), cause);
    ctx.close();
  }

  private void take(ChannelHandlerContext ctx, FullHttpRequest request) {
    Call call;
    try {
      if (request.decoderResult().isFailure()) {
        throw undecodable(request.decoderResult().cause());
      }
      call = Call.of(request, String.valueOf(ctx.channel().remoteAddress()));
    } catch (Problem problem) {
      refuse(ctx, problem);
      return;
    }
    boolean keepAlive = HttpUtil.isKeepAlive(request);
    boolean chunks = request.protocolVersion().isKeepAliveDefault();
    try {
      answering.answer(
          call, reply -> ctx.executor().execute(() -> reply(ctx, call, reply, keepAlive, chunks)));
    } catch (RejectedExecutionException e) {
      ctx.close();
    }
  }

  private static Problem undecodable(Throwable cause) {
    return switch (cause) {
      case TooLongHttpLineException _ ->
          new Problem(HttpResponseStatus.REQUEST_URI_TOO_LONG, "the request's target is too long");
      case TooLongHttpHeaderException _ ->
          new Problem(
              HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too long");
      case TooLongFrameException _ ->
          new Problem(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, "the request is too long");
      default -> Problem.badRequest("this is no HTTP/1.1 request");
    };
  }

  /** An answer to something after which nothing can be understood. */
  private void refuse(ChannelHandlerContext ctx, Problem problem) {
    write(ctx, problem.answer(), false);
  }

  private void reply(
      ChannelHandlerContext ctx, Call call, Reply reply, boolean keepAlive, boolean chunks) {
    switch (reply) {
      case Answer answer -> write(ctx, answer, keepAlive);
      case Reply.Events(long since) -> {
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        head.headers()
            .set(HttpHeaderNames.CONTENT_TYPE, EventStream.TYPE)
            .set(HttpHeaderNames.CACHE_CONTROL, "no-store");
        secure(head.headers());
        boolean body = call.method().equals("GET");
        if (chunks && body) {
          HttpUtil.setTransferEncodingChunked(head, true);
        } else {
          head.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
        ChannelFuture written = ctx.writeAndFlush(head);
        if (body) {
          phase = Phase.STREAMING;
          answering.stream(ctx.channel(), since);
          ctx.read();
        } else {
          written.addListener(_ -> ctx.close());
        }
      }
    }
  }

  private void write(ChannelHandlerContext ctx, Answer answer, boolean keepAlive) {
    DefaultFullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, answer.status(), Unpooled.wrappedBuffer(answer.body()));
    HttpHeaders headers = response.headers();
    if (!answer.type().isEmpty()) {
      headers.set(HttpHeaderNames.CONTENT_TYPE, answer.type());
    }
    if (!answer.headers().containsKey("Cache-Control")) {
      headers.set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    }
    answer.headers().forEach(headers::set);
    secure(headers);
    int status = answer.status().code();
    if (status != 204 && status != 304) {
      headers.set(HttpHeaderNames.CONTENT_LENGTH, answer.body().remaining());
    }
    headers.set(
        HttpHeaderNames.CONNECTION,
        keepAlive ? HttpHeaderValues.KEEP_ALIVE : HttpHeaderValues.CLOSE);
    closeAfter(ctx, limits.answerMillis());
    ctx.writeAndFlush(response)
        .addListener(written -> {
          if (!written.isSuccess()) {
            ctx.close();
          } else if (keepAlive) {
            phase = Phase.IDLE;
            closeAfter(ctx, limits.idleMillis());
            ctx.read();
          } else {
            phase = Phase.LEAVING;
            closeAfter(ctx, LEAVE_MILLIS);
            ctx.read();
          }
        });
  }

  private static void secure(HttpHeaders headers) {
    headers
        .set(
            "Content-Security-Policy",
            "default-src 'self'; base-uri 'none'; form-action 'none'; object-src 'none';"
                + " frame-ancestors 'none'")
        .set("X-Content-Type-Options", "nosniff")
        .set("Referrer-Policy", "no-referrer")
        .set("Cross-Origin-Resource-Policy", "same-origin")
        .set(
            HttpHeaderNames.DATE,
            DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC)));
  }

  private void closeAfter(ChannelHandlerContext ctx, long millis) {
    forgetDeadline();
    deadline = ctx.executor().schedule(() -> ctx.close(), millis, TimeUnit.MILLISECONDS);
  }

  private void forgetDeadline() {
    if (deadline != null) {
      deadline.cancel(false);
      deadline = null;
    }
  }
}
