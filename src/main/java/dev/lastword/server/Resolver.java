package dev.lastword.server;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * From host names to addresses, with the system's own resolver, which blocks and therefore has threads of its own. A name that was
 * resolved a moment ago is answered from memory, so that a wave of sessions is not a wave of look-ups.
 */
public final class Resolver implements AutoCloseable {
  private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final int THREADS = 4;

  private final ConcurrentHashMap<String, Known> known = new ConcurrentHashMap<>();
  private final ExecutorService lookups;

  private record Known(List<InetAddress> addresses, long atNanos) {}

  /** Makes a resolver; its threads start with the first look-up and end when they are idle. */
  public Resolver() {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("lastword-resolver-", 0).factory());
    pool.allowCoreThreadTimeOut(true);
    lookups = pool;
  }

  /**
   * Finds the addresses of a host, in the order in which the system gives them.
   *
   * @param host a name, or a literal IPv4 or IPv6 address
   * @param answerOn where {@code answer} is called, unless the answer is known and it is called at once
   * @param answer gets the addresses, or null and a reason
   */
  void resolve(
      String host,
      Executor answerOn,
      BiConsumer<@Nullable List<InetAddress>, @Nullable String> answer) {
    byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
    if (literal != null) {
      try {
        answer.accept(List.of(InetAddress.getByAddress(literal)), null);
      } catch (UnknownHostException e) {
        throw new AssertionError("Netty made an address of a length that the JDK refuses", e);
      }
      return;
    }
    Known before = known.get(host);
    if (before != null && System.nanoTime() - before.atNanos < FRESH_NANOS) {
      answer.accept(before.addresses, null);
      return;
    }
    try {
      lookups.execute(() -> lookUp(host, answerOn, answer));
    } catch (RejectedExecutionException _) {
      answer.accept(null, "the proxy is closing");
    }
  }

  private void lookUp(
      String host,
      Executor answerOn,
      BiConsumer<@Nullable List<InetAddress>, @Nullable String> answer) {
    try {
      List<InetAddress> found = List.of(InetAddress.getAllByName(host));
      known.put(host, new Known(found, System.nanoTime()));
      answerOn.execute(() -> answer.accept(found, null));
    } catch (UnknownHostException _) {
      answerOn.execute(() -> answer.accept(null, "no address is known for " + host));
    }
  }

  /** Ends its threads. Names that are not known are then answered with a reason. */
  @Override
  public void close() {
    lookups.shutdownNow();
  }
}
