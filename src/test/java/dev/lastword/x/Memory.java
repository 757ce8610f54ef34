package dev.lastword.x;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.config.ClientTls;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.config.ServerTls;
import dev.lastword.farewell.Cause;
import dev.lastword.farewell.Ledger;
import dev.lastword.farewell.ServerView;
import dev.lastword.relay.Leg;
import dev.lastword.relay.Transport;
import dev.lastword.server.Diagnoser;
import dev.lastword.server.Dialer;
import dev.lastword.server.Resolver;
import dev.lastword.server.ServerLink;
import dev.lastword.server.ServerLinks;
import dev.lastword.server.ServerTarget;
import dev.lastword.session.ClientHandler;
import dev.lastword.session.ServerHandler;
import dev.lastword.session.Service;
import dev.lastword.session.SessionRegistry;
import dev.lastword.status.LossCounters;
import dev.lastword.status.SentCounters;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/** A session whose two legs end in memory, so that what is said on them, and in which pieces, is up to the test. */
final class Memory implements AutoCloseable {
  private static final SessionRegistry REGISTRY =
      new SessionRegistry(Integer.MAX_VALUE, new Ledger(10), new LossCounters());

  private static final Diagnoser NOBODY_KNOWS =
      new Diagnoser() {
        @Override
        public void diagnose(ServerLink link, EventLoop answerOn, Consumer<ServerView> answer) {
          answer.accept(ServerView.UNKNOWN);
        }

        @Override
        public void heard(ServerTarget target) {}

        @Override
        public void heardShutdown(ServerTarget target) {}
      };

  /** Never used: the server is there from the start. */
  private static final Dialer DIALER =
      new Dialer(Transport.NIO, new Resolver(), Duration.ofSeconds(1), 1 << 16);

  final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
  final EmbeddedChannel client = new EmbeddedChannel();
  final EmbeddedChannel server = new EmbeddedChannel();
  final XSession session;
  final ByteArrayOutputStream toClient = new ByteArrayOutputStream();
  final ByteArrayOutputStream toServer = new ByteArrayOutputStream();

  /** TLS with the client is only noted: what it would do belongs to other tests. */
  int handshakes;

  Memory(ClientTls.Mode mode, int holdBack) {
    for (EmbeddedChannel channel : List.of(client, server)) {
      channel.config().setAllocator(allocator).setAutoRead(false);
    }
    XService service =
        new XService(
            new Service(
                DIALER,
                List::of,
                holdBack,
                Duration.ofMinutes(1),
                Duration.ZERO,
                Duration.ofMinutes(1),
                Listener.DEFAULT_WHEN_NO_SERVER,
                Duration.ofSeconds(5),
                NOBODY_KNOWS),
            mode,
            leg -> {
              handshakes++;
              return leg.channel().eventLoop().newPromise();
            },
            new SentCounters());
    session =
        new XSession(
            Objects.requireNonNull(REGISTRY.admit("x", Integer.MAX_VALUE)),
            "memory",
            new Leg(client, false),
            service);
    client.pipeline().addLast(new ClientHandler(session));
    ServerTarget target =
        new ServerTarget(
            Server.at("db", "127.0.0.1")
                .withTls(ServerTls.DEFAULT.withMode(ServerTls.Mode.DISABLED)),
            Server.at("db", "127.0.0.1").x(),
            null);
    ServerLink link = ServerLinks.over(target, server);
    server.pipeline().addLast(new ServerHandler(session, link));
    session.linked(link);
  }

  /** Whether the proxy reads the client's channel now. */
  boolean readsClient() {
    return client.isOpen() && client.config().isAutoRead();
  }

  boolean readsServer() {
    return server.isOpen() && server.config().isAutoRead();
  }

  /** Whether the server's socket takes what is written to it. */
  void serverTakes(boolean writable) {
    Objects.requireNonNull(server.unsafe().outboundBuffer()).setUserDefinedWritability(1, writable);
    server.runPendingTasks();
  }

  /** One read of these bytes. */
  void clientSays(byte[] bytes, int from, int to) {
    say(client, bytes, from, to);
  }

  void serverSays(byte[] bytes, int from, int to) {
    say(server, bytes, from, to);
  }

  void clientSays(byte[] bytes) {
    clientSays(bytes, 0, bytes.length);
  }

  void serverSays(byte[] bytes) {
    serverSays(bytes, 0, bytes.length);
  }

  private void say(EmbeddedChannel channel, byte[] bytes, int from, int to) {
    if (channel.isOpen()) {
      channel.writeInbound(allocator.buffer(to - from).writeBytes(bytes, from, to - from));
    }
    collect();
  }

  private void collect() {
    collect(client, toClient);
    collect(server, toServer);
  }

  private static void collect(EmbeddedChannel channel, ByteArrayOutputStream into) {
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      byte[] bytes = new byte[out.readableBytes()];
      out.readBytes(bytes);
      into.writeBytes(bytes);
      out.release();
    }
  }

  /** Bytes of buffers that live now; all that was written has been collected. */
  long heldBytes() {
    return allocator.metric().usedHeapMemory() + allocator.metric().usedDirectMemory();
  }

  /** Both sides go. Nothing may be left, and no mistake of the proxy may have come up. */
  @Override
  public void close() {
    client.close();
    server.close();
    client.runPendingTasks();
    server.runPendingTasks();
    collect();
    client.finishAndReleaseAll();
    server.finishAndReleaseAll();
    client.checkException();
    server.checkException();
    assertThat(session.cause()).isNotNull().isNotEqualTo(Cause.BUG);
    assertThat(heldBytes()).as("bytes that were not released").isZero();
  }
}
