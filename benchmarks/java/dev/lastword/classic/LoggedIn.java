package dev.lastword.classic;

import com.google.protobuf.ByteString;
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
import dev.lastword.session.ClientHandler;
import dev.lastword.session.ServerHandler;
import dev.lastword.session.Service;
import dev.lastword.session.SessionRegistry;
import dev.lastword.status.LossCounters;
import dev.lastword.testing.classic.Capability;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Payload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/** A classic session that is logged in. What it writes is dropped at once. */
final class LoggedIn {
  private static final SessionRegistry REGISTRY =
      new SessionRegistry(Integer.MAX_VALUE, new Ledger(10), new LossCounters());

  private static final String PLUGIN = "caching_sha2_password";

  /** Never asked: no server is lost. */
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

  private final EmbeddedChannel client = new EmbeddedChannel();
  private final EmbeddedChannel server = new EmbeddedChannel();
  private final ClassicSession session;

  /** Where the socket would be. */
  private static final class Nowhere extends ChannelOutboundHandlerAdapter {
    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
      ReferenceCountUtil.release(message);
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {}
  }

  /** Logs in, with these capabilities beside those that every client has. */
  LoggedIn(long more) {
    for (EmbeddedChannel channel : List.of(client, server)) {
      channel.config().setAllocator(PooledByteBufAllocator.DEFAULT).setAutoRead(false);
      channel.pipeline().addFirst(new Nowhere());
    }
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
            NOBODY_KNOWS);
    session =
        new ClassicSession(
            Objects.requireNonNull(REGISTRY.admit("classic", Integer.MAX_VALUE)),
            "memory",
            new Leg(client, false),
            new ClassicService(
                shared,
                ClientTls.Mode.DISABLED,
                leg -> leg.channel().eventLoop().newPromise(),
                ClassicCodes.DEFAULT,
                new PasswordKeys(_ -> {})));
    client.pipeline().addLast(new ClientHandler(session));
    Server configured = Server.at("db", "127.0.0.1");
    ServerTarget target =
        new ServerTarget(
            configured.withTls(ServerTls.DEFAULT.withMode(ServerTls.Mode.DISABLED)),
            configured.classic(),
            null);
    ServerLink link = ServerLinks.over(target, server);
    server.pipeline().addLast(new ServerHandler(session, link));
    session.linked(link);
    login((Capability.USUAL & ~Capability.CONNECT_ATTRS) | more);
  }

  private void login(long flags) {
    serverReads(
        packet(
            0,
            Payload.of(10)
                .zeroEnded("9.7.4")
                .u32(7)
                .text("12345678")
                .u8(0)
                .u16(flags & 0xffff)
                .u8(255)
                .u16(StatusFlags.AUTOCOMMIT)
                .u16(flags >> 16)
                .u8(21)
                .zeros(10)
                .zeroEnded("123456789012")
                .zeroEnded(PLUGIN)
                .build()));
    clientReads(
        packet(
            1,
            new Payload()
                .u32(flags)
                .u32(1 << 24)
                .u8(255)
                .zeros(23)
                .zeroEnded("root")
                .u8(0)
                .zeroEnded(PLUGIN)
                .build()));
    serverReads(packet(2, Payload.of(0).u8(0).u8(0).u16(StatusFlags.AUTOCOMMIT).u16(0).build()));
    if (!session.loggedIn()) {
      throw new IllegalStateException("the login went wrong");
    }
  }

  private static ByteBuf packet(int number, ByteString payload) {
    return Unpooled.wrappedBuffer(ClassicClient.packet(number, payload).toByteArray());
  }

  /** What the session follows; for those who want to know that it did. */
  ClassicTracker tracker() {
    return session.tracker();
  }

  /** One read of the client's; owns it. */
  void clientReads(ByteBuf in) {
    session.clientRead(in);
    session.clientReadComplete();
  }

  /** One read of the server's; owns it. */
  void serverReads(ByteBuf in) {
    session.serverRead(in);
    session.serverReadComplete();
  }
}
