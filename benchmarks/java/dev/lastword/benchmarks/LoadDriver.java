package dev.lastword.benchmarks;

import dev.lastword.config.Endpoint;
import dev.lastword.relay.Transport;
import dev.lastword.server.Dialer;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Puts load on one way to the server, in a closed loop, with one event loop for all sessions. */
final class LoadDriver implements AutoCloseable {
  private static final int MOST_LATENCIES = 1 << 20;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Transport transport = Transport.best();
  private final MultiThreadIoEventLoopGroup loops =
      transport.eventLoops(1, new DefaultThreadFactory("driver", true));
  private final EventLoop loop = loops.next();
  private final CpuClock own = new CpuClock(ProcessHandle.current().pid());

  /**
   * A way to the server.
   *
   * @param name for the report
   * @param protocol that is spoken on this way
   * @param port on loopback
   * @param proxy the process between, if there is one
   * @param user an account whose password the server has cached
   */
  record Target(
      String name,
      Protocol protocol,
      int port,
      @Nullable ProxyProcess proxy,
      String user,
      String password) {}

  /**
   * What one stretch of load gave.
   *
   * @param nanos how long it took
   * @param operations requests answered, or sessions ended
   * @param responseBytes of one request
   * @param proxyNanos CPU time of the proxy
   * @param loopNanos the part of it that is the event loops'
   * @param proxyUserNanos the part of it outside of the kernel, in steps of 10 ms
   * @param driverNanos CPU time of this process
   * @param p50 the median latency in nanoseconds, 0 if it was not measured
   * @param p99 the latency that 1 in 100 exceeds, likewise
   */
  record Sample(
      long nanos,
      long operations,
      long responseBytes,
      long proxyNanos,
      long loopNanos,
      long proxyUserNanos,
      long driverNanos,
      long p50,
      long p99) {}

  /** What the clocks say at one moment. */
  private record Moment(
      long nanos, long operations, long proxy, long loops, long proxyUser, long driver) {}

  /**
   * Opens the sessions, lets them work, and measures while they do.
   *
   * @param warmUp before the measurement begins
   * @param measured how long it lasts
   * @throws IOException if a session fails
   */
  Sample run(Target target, Workload workload, Duration warmUp, Duration measured)
      throws IOException, InterruptedException {
    Run run = new Run(target, workload);
    loop.execute(run::begin);
    run.await(run.open);
    Thread.sleep(warmUp);
    Moment begin = run.at(run::beginMeasuring);
    Thread.sleep(measured);
    Moment end = run.at(run::endMeasuring);
    run.await(run.closed);
    return new Sample(
        end.nanos - begin.nanos,
        end.operations - begin.operations,
        run.responseBytes,
        end.proxy - begin.proxy,
        end.loops - begin.loops,
        end.proxyUser - begin.proxyUser,
        end.driver - begin.driver,
        run.latency(50),
        run.latency(99));
  }

  @Override
  public void close() {
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  /** One call of {@link #run}; everything but the waiting happens on the event loop. */
  private final class Run implements LoadSession.Owner {
    private final Target target;
    private final Workload workload;
    private final @Nullable CpuClock proxy;
    private final CompletableFuture<@Nullable Void> open = new CompletableFuture<>();
    private final CompletableFuture<@Nullable Void> closed = new CompletableFuture<>();
    private final List<LoadSession> ready = new ArrayList<>();
    private final long[] latencies;

    private int connections;
    private long operations;
    private long responseBytes;
    private int measuredLatencies;
    private boolean measuring;
    private boolean ending;

    Run(Target target, Workload workload) {
      this.target = target;
      this.workload = workload;
      this.proxy = target.proxy() == null ? null : new CpuClock(target.proxy().pid());
      this.latencies = new long[workload.timed() ? MOST_LATENCIES : 0];
    }

    void begin() {
      for (int i = 0; i < workload.sessions(); i++) {
        connect();
      }
      if (workload.connects()) {
        open.complete(null);
      }
    }

    private void connect() {
      connections++;
      new Bootstrap()
          .group(loop)
          .channel(transport.connecting(new Endpoint.Tcp("127.0.0.1", target.port())))
          .option(ChannelOption.TCP_NODELAY, true)
          .option(ChannelOption.RECVBUF_ALLOCATOR, Dialer.readSizes())
          .handler(session())
          .connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target.port()))
          .addListener(connected -> {
            if (!connected.isSuccess()) {
              failed(connected.cause());
            }
          });
    }

    private LoadSession session() {
      return switch (target.protocol()) {
        case X -> new XLoadSession(target, workload, this);
        case CLASSIC -> new ClassicLoadSession(target, workload, this);
      };
    }

    @Override
    public void ready(LoadSession session) {
      responseBytes = session.responseLength();
      if (workload.connects()) {
        session.leave();
        return;
      }
      ready.add(session);
      if (ready.size() == workload.sessions()) {
        open.complete(null);
        ready.forEach(LoadSession::ask);
      }
    }

    @Override
    public void answered(LoadSession session) {
      operations += workload.pipelined();
      if (measuring && measuredLatencies < latencies.length) {
        latencies[measuredLatencies++] = System.nanoTime() - session.askedNanos();
      }
      if (ending) {
        session.leave();
      } else {
        session.ask();
      }
    }

    @Override
    public void left(LoadSession session) {
      connections--;
      if (workload.connects() && !ending) {
        operations++;
        connect();
      } else if (connections == 0) {
        closed.complete(null);
      }
    }

    @Override
    public void failed(Throwable why) {
      open.completeExceptionally(why);
      closed.completeExceptionally(why);
    }

    Moment beginMeasuring() throws IOException {
      measuring = true;
      return now();
    }

    Moment endMeasuring() throws IOException {
      measuring = false;
      ending = true;
      return now();
    }

    private Moment now() throws IOException {
      return new Moment(
          System.nanoTime(),
          operations,
          proxy == null ? 0 : proxy.nanos(),
          proxy == null ? 0 : proxy.loopNanos(),
          proxy == null ? 0 : proxy.userNanos(),
          own.nanos());
    }

    Moment at(java.util.concurrent.Callable<Moment> clocks)
        throws IOException, InterruptedException {
      CompletableFuture<Moment> moment = new CompletableFuture<>();
      loop.execute(() -> {
        try {
          moment.complete(clocks.call());
        } catch (Exception e) {
          moment.completeExceptionally(e);
        }
      });
      return await(moment);
    }

    <T extends @Nullable Object> T await(CompletableFuture<T> future)
        throws IOException, InterruptedException {
      try {
        return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      } catch (ExecutionException | TimeoutException e) {
        throw new IOException(
            "%s, %s: %s".formatted(target.name(), workload.title(), e.getMessage()), e);
      }
    }

    private long latency(int percent) {
      if (measuredLatencies == 0) {
        return 0;
      }
      Arrays.sort(latencies, 0, measuredLatencies);
      return latencies[measuredLatencies * percent / 100];
    }
  }
}
