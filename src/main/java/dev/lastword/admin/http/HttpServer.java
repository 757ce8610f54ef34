package dev.lastword.admin.http;

import dev.lastword.config.AdminSettings;
import dev.lastword.tls.BadTlsFile;
import dev.lastword.tls.ListenerTls;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.compression.StandardCompressionOptions;
import io.netty.handler.codec.http.HttpContentCompressor;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP server for operators: open from {@link #open} until {@link #close}. It has one event loop of its own, and everything that may
 * wait is done on virtual threads. What it takes of anybody is bounded: connections, streams, the size of a request, and time.
 */
public final class HttpServer implements AutoCloseable {
  /** Connections at once. */
  static final int MOST_CONNECTIONS = 100;

  /** Of which so many may be streams of events. */
  static final int MOST_STREAMS = 32;

  /** Bytes of a request's body. */
  static final int LONGEST_BODY = 64 * 1024;

  private static final int LONGEST_LINE = 8 * 1024;
  private static final int LONGEST_HEADERS = 16 * 1024;

  /** Answers that are shorter are not compressed. */
  private static final int WORTH_COMPRESSING = 1_024;

  private static final long HEARTBEAT_MILLIS = 15_000;
  private static final long CLOSE_SECONDS = 5;

  private static final Logger log = LoggerFactory.getLogger("lastword.admin");

  private final AdminSettings.Access access;
  private final Subject subject;
  private final Doorkeeper doorkeeper;
  private final Router router;
  private final Optional<ListenerTls> tls;
  private final Connection.Limits limits;
  private final List<Thread> threads = new CopyOnWriteArrayList<>();
  private final EventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, this::newThread, NioIoHandler.newFactory());
  private final ChannelGroup connections = new DefaultChannelGroup(loop.next());
  private final AtomicInteger streams = new AtomicInteger();
  private final ExecutorService answers =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("lastword-admin-", 0).factory());
  private @Nullable Channel accepting;

  private HttpServer(
      AdminSettings settings,
      AdminSettings.Access access,
      Subject subject,
      Optional<ListenerTls> tls,
      Connection.Limits limits) {
    this.access = access;
    this.subject = subject;
    this.tls = tls;
    this.limits = limits;
    doorkeeper = new Doorkeeper(settings, access, limits.failureMillis());
    router = new Router(new Api(subject, doorkeeper.authenticates()).routes(), new WebFiles());
  }

  /**
   * Opens it.
   *
   * @param settings of which {@link AdminSettings#http()} must be there
   * @param dataDirectory where the proxy's own certificate is, if TLS is on and no other is configured
   * @throws IOException if the address cannot be bound; the message says which and why
   * @throws BadTlsFile if the certificate or its key cannot be used
   */
  public static HttpServer open(AdminSettings settings, Subject subject, Path dataDirectory)
      throws IOException {
    return open(settings, subject, dataDirectory, Connection.Limits.DEFAULT);
  }

  static HttpServer open(
      AdminSettings settings, Subject subject, Path dataDirectory, Connection.Limits limits)
      throws IOException {
    AdminSettings.Access access = settings.http().orElseThrow();
    Optional<ListenerTls> tls =
        access.tls().mode().endsTls()
            ? Optional.of(ListenerTls.create(access.tls(), "admin.http", dataDirectory))
            : Optional.empty();
    HttpServer server = new HttpServer(settings, access, subject, tls, limits);
    try {
      server.bind();
      return server;
    } catch (IOException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  private void bind() throws IOException {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.AUTO_READ, false)
            .childHandler(new Newcomers());
    InetSocketAddress address = new InetSocketAddress(access.bind().host(), access.bind().port());
    if (address.isUnresolved()) {
      throw new IOException("admin.http: no address is known for " + address.getHostString());
    }
    var bound = bootstrap.bind(address).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      Throwable cause = bound.cause();
      throw new IOException(
          "admin.http: cannot listen on " + access.bind() + ": " + cause.getMessage(), cause);
    }
    accepting = bound.channel();
    log.info("event=admin-http-open url={}", url());
  }

  private Thread newThread(Runnable task) {
    Thread thread = new FastThreadLocalThread(task, "lastword-admin");
    thread.setDaemon(true);
    threads.add(thread);
    return thread;
  }

  /** The TCP port it listens on, also where the configuration says 0. */
  public int port() {
    if (accepting != null && accepting.localAddress() instanceof InetSocketAddress address) {
      return address.getPort();
    }
    return access.bind().port();
  }

  /** Where to point a browser: {@code http://127.0.0.1:6480}. */
  public String url() {
    String host = access.bind().host();
    return (tls.isPresent() ? "https://" : "http://")
        + (host.indexOf(':') >= 0 ? "[" + host + "]" : host)
        + ":"
        + port();
  }

  /**
   * Uses a certificate that has changed for new connections. This reads files, so it must not be called on an event loop.
   *
   * @return whether it has
   */
  public boolean reloadCertificate() {
    return tls.isPresent() && tls.get().reloadIfChanged();
  }

  /** Ends all connections, waits for what is being done, and leaves no thread behind. */
  @Override
  public void close() {
    if (accepting != null) {
      accepting.close().awaitUninterruptibly();
    }
    connections.close().awaitUninterruptibly();
    answers.shutdown();
    try {
      if (!answers.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        answers.shutdownNow();
      }
    } catch (InterruptedException e) {
      answers.shutdownNow();
      Thread.currentThread().interrupt();
    }
    loop.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly();
    try {
      for (Thread thread : threads) {
        thread.join(TimeUnit.SECONDS.toMillis(CLOSE_SECONDS));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    tls.ifPresent(ListenerTls::close);
  }

  /** Assembles the pipeline of a connection, or turns it away. */
  private final class Newcomers extends ChannelInitializer<SocketChannel> {
    @Override
    protected void initChannel(SocketChannel channel) {
      if (connections.size() >= MOST_CONNECTIONS) {
        turnAway(channel);
        return;
      }
      connections.add(channel);
      ChannelPipeline pipeline = channel.pipeline();
      Connection connection = new Connection(new Answering(), limits);
      tls.ifPresent(t -> pipeline.addLast("tls", t.newHandler(channel.alloc())));
      pipeline
          .addLast("arrivals", new Connection.Arrivals(connection))
          .addLast(
              "http",
              new HttpServerCodec(
                  new HttpDecoderConfig()
                      .setMaxInitialLineLength(LONGEST_LINE)
                      .setMaxHeaderSize(LONGEST_HEADERS)))
          .addLast("compression", new Compression())
          .addLast("whole", new WholeRequests())
          // Requests that come in one read are given one by one.
          .addLast("one-by-one", new FlowControlHandler())
          .addLast("connection", connection);
    }

    private void turnAway(SocketChannel channel) {
      if (tls.isPresent()) {
        channel.close();
        return;
      }
      String answer =
          "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
      channel
          .writeAndFlush(Unpooled.copiedBuffer(answer, StandardCharsets.US_ASCII))
          .addListener(ChannelFutureListener.CLOSE);
    }
  }

  /** Everything but streams, whose events would wait in the compressor. */
  private static final class Compression extends HttpContentCompressor {
    Compression() {
      super(
          WORTH_COMPRESSING,
          StandardCompressionOptions.gzip(),
          StandardCompressionOptions.deflate());
    }

    @Override
    protected @Nullable Result beginEncode(HttpResponse response, String acceptEncoding)
        throws Exception {
      return EventStream.TYPE.equals(response.headers().get(HttpHeaderNames.CONTENT_TYPE))
          ? null
          : super.beginEncode(response, acceptEncoding);
    }
  }

  private static final class WholeRequests extends HttpObjectAggregator {
    WholeRequests() {
      super(LONGEST_BODY);
    }

    @Override
    protected void handleOversizedMessage(ChannelHandlerContext ctx, HttpMessage request) {
      ctx.fireChannelRead(Connection.TooLong.BODY);
    }
  }

  /** What a connection has done elsewhere. */
  final class Answering {
    /**
     * Has a request answered on a virtual thread.
     *
     * @param done told on that thread
     * @throws RejectedExecutionException if the server is closing
     */
    void answer(Call call, Consumer<Reply> done) {
      answers.execute(() -> {
        try {
          done.accept(HttpServer.this.answer(call));
        } catch (InterruptedException | RejectedExecutionException e) {
          log.debug("event=admin-closing request={}", call.name());
        }
      });
    }

    /** Begins a stream of events on a connection whose answer has begun. */
    void stream(Channel channel, long since) {
      if (streams.incrementAndGet() > MOST_STREAMS) {
        streams.decrementAndGet();
        channel.close();
        return;
      }
      channel.closeFuture().addListener(_ -> streams.decrementAndGet());
      EventStream.begin(channel, subject.events(), since, HEARTBEAT_MILLIS);
    }
  }

  private Reply answer(Call call) throws InterruptedException {
    String who = "";
    String outcome = "done";
    try {
      if (!call.path().getFirst().equals("health")) {
        doorkeeper.checkHost(call);
        who = doorkeeper.identify(call);
      }
      if (!call.reads()) {
        Doorkeeper.checkIntent(call);
      }
      Reply reply = router.route(call);
      if (reply instanceof Reply.Events && streams.get() >= MOST_STREAMS) {
        throw new Problem(
            HttpResponseStatus.SERVICE_UNAVAILABLE,
            "there are " + MOST_STREAMS + " streams of events already");
      }
      return reply;
    } catch (Problem problem) {
      outcome = String.valueOf(problem.getMessage());
      return problem.answer();
    } catch (RuntimeException | Error e) {
      // Whatever it was, the client gets an answer and its place is free again.
      outcome = "failed";
      log.error("event=admin-failed request={}", call.name(), e);
      return new Problem(
              HttpResponseStatus.INTERNAL_SERVER_ERROR,
              "the proxy made a mistake; its log has more")
          .answer();
    } finally {
      if (!call.reads()) {
        log.info(
            "event=admin-request request={} client={} user={} outcome=\"{}\"",
            call.name(),
            call.client(),
            who,
            Call.clean(outcome));
      }
    }
  }
}
