package dev.lastword.admin.sql;

import dev.lastword.admin.Catalog;
import dev.lastword.admin.Steering;
import dev.lastword.config.AdminSettings;
import dev.lastword.relay.Transport;
import dev.lastword.tls.ListenerTls;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.FastThreadLocalThread;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers SQL clients of either protocol at one port. Each client has a thread; the sockets share one event loop that never waits.
 * Safe for threads.
 */
public final class SqlEndpoint implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger("lastword.sql");

  /**
   * How long a new client is listened to before it is greeted. In X the client speaks first, and does so at once; in the classic protocol
   * it waits for the greeting. An X client that takes longer than this, because its program has only just started, is greeted in the
   * wrong language; a classic one waits so long in vain, which is no matter at a port that is asked now and then.
   */
  public static final Duration WHO_SPEAKS_FIRST = Duration.ofMillis(500);

  /** What that grows to, doubled each time that somebody was greeted too early. */
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);

  /** Clients that are served at the same time. */
  static final int MOST_CLIENTS = 100;

  /** Clients beyond that are told so, in their own protocol; for which they must be listened to as well, but not without limit. */
  private static final int MOST_REFUSED = 100;

  private static final int BACKLOG = 128;

  /** How long a thread waits for another client. */
  private static final int THREAD_SECONDS = 10;

  private static final int CLOSE_SECONDS = 15;

  /** How long a client may take until it is logged in, in whatever steps. */
  private static final long LOGIN_SECONDS = Client.LOGIN.toSeconds();

  private final Accounts accounts;
  private final boolean mustEncrypt;
  private final @Nullable ListenerTls tls;
  private final Database database = new Database();
  private final SqlSession.Backstage backstage;
  private final EventLoopGroup loops;
  private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
  // No virtual ones: H2 computes, and what computes for long must not take the carrier of others.
  private final ExecutorService threads =
      new ThreadPoolExecutor(
          0,
          MOST_CLIENTS + MOST_REFUSED,
          THREAD_SECONDS,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          Thread.ofPlatform().daemon().name("lastword-sql-", 0).factory());
  private final List<Thread> loopThreads = new CopyOnWriteArrayList<>();
  private final Map<Long, SqlSession> serving = new ConcurrentHashMap<>();
  private final AtomicInteger connected = new AtomicInteger();
  private final AtomicLong lastId = new AtomicLong();
  private final Channel listening;
  private volatile Duration wait;

  private SqlEndpoint(
      AdminSettings settings,
      AdminSettings.Access access,
      Catalog catalog,
      Steering steering,
      Path dataDirectory,
      Duration whoSpeaksFirst)
      throws IOException {
    wait = whoSpeaksFirst;
    accounts = new Accounts(settings.accounts());
    mustEncrypt = access.tls().mode() == dev.lastword.config.ClientTls.Mode.REQUIRED;
    tls =
        access.tls().mode().endsTls()
            ? ListenerTls.create(access.tls(), "admin.sql", dataDirectory)
            : null;
    Transport transport = Transport.best();
    loops = transport.eventLoops(1, this::loopThread);
    try {
      listening = bind(access, transport);
    } catch (IOException | RuntimeException e) {
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
      threads.shutdown();
      if (tls != null) {
        tls.close();
      }
      throw e;
    }
    backstage =
        new SqlSession.Backstage(
            new Schemas(catalog), database, steering, () -> variables(catalog));
    // Only now may anybody come in: they need all of the above.
    listening.config().setAutoRead(true);
    listening.read();
  }

  private SortedMap<String, String> variables(Catalog catalog) {
    TreeMap<String, String> variables =
        new TreeMap<>(ServerVariables.all(catalog.variables().get(), tls != null));
    variables.put("port", Integer.toString(port()));
    return Collections.unmodifiableSortedMap(variables);
  }

  /**
   * Begins to answer. The database behind it is loaded with the first question that needs it.
   *
   * @param settings with {@link AdminSettings#sql()}
   * @param catalog what can be looked at
   * @param steering what can be done
   * @param dataDirectory where the proxy's own certificate is kept, if one is needed
   * @throws IOException if the address cannot be had; the message names it and the reason
   * @throws dev.lastword.tls.BadTlsFile if a certificate cannot be used
   * @throws IllegalArgumentException if the settings have no SQL endpoint
   */
  public static SqlEndpoint open(
      AdminSettings settings, Catalog catalog, Steering steering, Path dataDirectory)
      throws IOException {
    return open(settings, catalog, steering, dataDirectory, WHO_SPEAKS_FIRST);
  }

  /**
   * The same for clients that are known to be slower, or to speak one protocol only.
   *
   * @param whoSpeaksFirst how long a client is listened to before it is taken for a classic one
   * @throws IOException as above
   */
  public static SqlEndpoint open(
      AdminSettings settings,
      Catalog catalog,
      Steering steering,
      Path dataDirectory,
      Duration whoSpeaksFirst)
      throws IOException {
    AdminSettings.Access access =
        settings
            .sql()
            .orElseThrow(() -> new IllegalArgumentException("admin.sql is not configured"));
    return new SqlEndpoint(settings, access, catalog, steering, dataDirectory, whoSpeaksFirst);
  }

  private Channel bind(AdminSettings.Access access, Transport transport) throws IOException {
    InetSocketAddress address = new InetSocketAddress(access.bind().host(), access.bind().port());
    if (address.isUnresolved()) {
      throw new IOException("admin.sql: no address is known for " + access.bind().host());
    }
    var bound =
        new ServerBootstrap()
            .group(loops)
            .channel(transport.accepting(access.bind()))
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .option(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    Wire wire = new Wire(channel);
                    channel.pipeline().addLast(wire);
                    accepted(channel, wire);
                  }
                })
            .bind(address)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(
          "admin.sql cannot listen on " + access.bind() + ": " + bound.cause().getMessage(),
          bound.cause());
    }
    return bound.channel();
  }

  private void accepted(Channel channel, Wire wire) {
    channels.add(channel);
    int number = connected.incrementAndGet();
    var _ = channel.closeFuture().addListener(_ -> connected.decrementAndGet());
    if (number > MOST_CLIENTS + MOST_REFUSED) {
      channel.close();
      return;
    }
    String host =
        channel.remoteAddress() instanceof InetSocketAddress inet
            ? inet.getAddress().getHostAddress()
            : "localhost";
    try {
      var deadline =
          channel.eventLoop().schedule(() -> channel.close(), LOGIN_SECONDS, TimeUnit.SECONDS);
      threads.execute(() -> serve(wire, host, number > MOST_CLIENTS, () -> deadline.cancel(false)));
    } catch (java.util.concurrent.RejectedExecutionException _) {
      channel.close();
    }
  }

  private void serve(Wire wire, String host, boolean full, Runnable loggedIn) {
    long id = lastId.incrementAndGet();
    try {
      boolean x = wire.awaitBytes(wait);
      if (full) {
        SqlRefusal refusal = new SqlRefusal(1040, "08004", "Too many connections");
        if (x) {
          XConversation.refuse(wire, refusal);
        } else {
          ClassicConversation.refuse(wire, refusal);
        }
        return;
      }
      Client client =
          new Client(
              id,
              host,
              wire,
              accounts,
              tls,
              mustEncrypt,
              backstage,
              session -> {
                loggedIn.run();
                serving.put(id, session);
              },
              () -> greetedTooEarly(host));
      if (x) {
        new XConversation(client).run();
      } else {
        new ClassicConversation(client).run();
      }
    } catch (IOException e) {
      LOG.debug("event=sql-client-gone connection={} client={} reason={}", id, host, e.toString());
    } catch (RuntimeException | Error e) {
      LOG.error("event=sql-client-failed connection={} client={}", id, host, e);
    } finally {
      SqlSession session = serving.remove(id);
      if (session != null) {
        session.close();
      }
      wire.close();
    }
  }

  private void greetedTooEarly(String host) {
    Duration longer = wait.multipliedBy(2);
    if (longer.compareTo(LONGEST_WAIT) <= 0) {
      wait = longer;
    }
    LOG.info("event=sql-greeted-too-early client={} wait-ms={}", host, wait.toMillis());
  }

  /** The port, which matters where 0 was configured. */
  public int port() {
    return ((InetSocketAddress) listening.localAddress()).getPort();
  }

  /**
   * Looks whether the files of the certificate have changed, and if so uses them for new connections. This reads files, so it must not be
   * called on an event loop.
   */
  public void reloadCertificateIfChanged() {
    if (tls != null) {
      tls.reloadIfChanged();
    }
  }

  /** Closes the port and the connections of all clients, and waits, but not for ever, until nothing of it is left. */
  @Override
  public void close() {
    listening.close().awaitUninterruptibly();
    channels.close().awaitUninterruptibly();
    serving.values().forEach(SqlSession::cancel);
    threads.shutdownNow();
    boolean interrupted = false;
    try {
      if (!threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        // They are daemons, so they keep nobody from ending.
        LOG.warn("event=sql-close-incomplete waited-seconds={}", CLOSE_SECONDS);
      }
    } catch (InterruptedException _) {
      interrupted = true;
    }
    database.close();
    if (tls != null) {
      tls.close();
    }
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    try {
      for (Thread thread : loopThreads) {
        thread.join(Duration.ofSeconds(CLOSE_SECONDS));
      }
    } catch (InterruptedException _) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private Thread loopThread(Runnable work) {
    Thread thread = new FastThreadLocalThread(work, "lastword-sql-loop");
    thread.setDaemon(true);
    loopThreads.add(thread);
    return thread;
  }
}
