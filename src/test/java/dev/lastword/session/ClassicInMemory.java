package dev.lastword.session;

import com.google.protobuf.ByteString;
import dev.lastword.classic.ClassicService;
import dev.lastword.classic.ClassicSession;
import dev.lastword.classic.PasswordKeys;
import dev.lastword.config.ClientTls;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.config.ServerTls;
import dev.lastword.farewell.ClassicCodes;
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
import dev.lastword.status.LossCounters;
import dev.lastword.testing.classic.Capability;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Payload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A classic session that is logged in and whose legs end in memory; it has a second link, which does not serve it. */
final class ClassicInMemory implements AutoCloseable {
  static final ByteString OK = Payload.of(0).u8(0).u8(0).u16(2).u16(0).build();

  private static final String PLUGIN = "caching_sha2_password";

  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
  final EmbeddedChannel client = new EmbeddedChannel();
  final EmbeddedChannel server = new EmbeddedChannel();
  final EmbeddedChannel other = new EmbeddedChannel();
  final ClassicSession session;

  private ByteString toClient = ByteString.EMPTY;

  /** Whoever asks hears that the server shuts down. */
  private static final Diagnoser SHUTS_DOWN =
      new Diagnoser() {
        @Override
        public void diagnose(ServerLink link, EventLoop answerOn, Consumer<ServerView> answer) {
          answer.accept(new ServerView(ServerView.State.SHUTTING_DOWN, ""));
        }

        @Override
        public void heard(ServerTarget target) {}

        @Override
        public void heardShutdown(ServerTarget target) {}
      };

  /** One that is logged in. */
  ClassicInMemory() {
    this(ServerTls.Mode.DISABLED);
    serverSays(2, OK);
    toClient = ByteString.EMPTY;
  }

  /** One whose client has sent its response to the greeting of a server that has no TLS. */
  ClassicInMemory(ServerTls.Mode mode) {
    SessionRegistry registry = new SessionRegistry(10, new Ledger(10), new LossCounters());
    Service shared =
        new Service(
            new Dialer(Transport.NIO, new Resolver(), Duration.ofSeconds(1), 1 << 16),
            List::of,
            1 << 20,
            Duration.ofMinutes(1),
            Duration.ZERO,
            Duration.ofMinutes(1),
            Listener.DEFAULT_WHEN_NO_SERVER,
            Duration.ofSeconds(5),
            SHUTS_DOWN);
    ClassicService service =
        new ClassicService(
            shared,
            ClientTls.Mode.DISABLED,
            leg -> leg.channel().eventLoop().newPromise(),
            ClassicCodes.DEFAULT,
            new PasswordKeys(_ -> {}));
    Stream.of(client, server, other)
        .forEach(channel -> channel.config().setAllocator(allocator).setAutoRead(false));
    session =
        new ClassicSession(
            Objects.requireNonNull(registry.admit("classic", 10)),
            "memory",
            new Leg(client, false),
            service);
    client.pipeline().addLast(new ClientHandler(session));
    session.linked(link("serving", server, mode));
    session.attach(link("other", other, mode));

    long flags = Capability.USUAL & ~Capability.CONNECT_ATTRS;
    serverSays(
        0,
        Payload.of(10)
            .zeroEnded("9.7.4")
            .u32(7)
            .text("12345678")
            .u8(0)
            .u16(flags & 0xffff)
            .u8(255)
            .u16(2)
            .u16(flags >> 16)
            .u8(21)
            .zeros(10)
            .zeroEnded("123456789012")
            .zeroEnded(PLUGIN)
            .build());
    clientSays(
        1,
        new Payload()
            .u32(flags)
            .u32(1 << 24)
            .u8(255)
            .zeros(23)
            .zeroEnded("root")
            .u8(0)
            .zeroEnded(PLUGIN)
            .build());
  }

  private ServerLink link(String name, EmbeddedChannel channel, ServerTls.Mode mode) {
    Server configured = Server.at(name, "127.0.0.1");
    ServerTarget target =
        new ServerTarget(
            configured.withTls(ServerTls.DEFAULT.withMode(mode)), configured.classic(), null);
    ServerLink link = ServerLinks.over(target, channel);
    channel.pipeline().addLast(new ServerHandler(session, link));
    return link;
  }

  void clientSays(int number, ByteString payload) {
    say(client, ClassicClient.packet(number, payload));
  }

  void serverSays(int number, ByteString payload) {
    say(server, ClassicClient.packet(number, payload));
  }

  void say(EmbeddedChannel channel, ByteString bytes) {
    channel.writeInbound(allocator.buffer(bytes.size()).writeBytes(bytes.toByteArray()));
    collect();
  }

  void collect() {
    for (ByteBuf out = client.readOutbound(); out != null; out = client.readOutbound()) {
      toClient = toClient.concat(ByteString.copyFrom(out.nioBuffer()));
      out.release();
    }
    server.releaseOutbound();
    other.releaseOutbound();
  }

  /** All that the client was sent since it logged in. */
  ByteString toClient() {
    collect();
    return toClient;
  }

  /** Bytes of buffers that live now; what was written has been collected. */
  long heldBytes() {
    collect();
    return allocator.metric().usedHeapMemory() + allocator.metric().usedDirectMemory();
  }

  /** The other side of this leg has closed its sending direction. */
  static void finish(EmbeddedChannel leg) {
    leg.pipeline().fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
  }

  /** Lets time pass. */
  void wait(Duration time) {
    client.advanceTimeBy(time.toMillis(), TimeUnit.MILLISECONDS);
    client.runScheduledPendingTasks();
  }

  @Override
  public void close() {
    Stream.of(client, server, other)
        .forEach(channel -> {
          channel.close();
          channel.runPendingTasks();
          channel.finishAndReleaseAll();
          channel.checkException();
        });
  }
}
