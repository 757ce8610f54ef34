package dev.lastword.classic;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.lastword.config.ClientTls;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.config.ServerTls;
import dev.lastword.farewell.Cause;
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
import dev.lastword.session.Activity;
import dev.lastword.session.ClientHandler;
import dev.lastword.session.ServerHandler;
import dev.lastword.session.Service;
import dev.lastword.session.SessionRegistry;
import dev.lastword.status.LossCounters;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Commands;
import dev.lastword.testing.classic.Compression;
import dev.lastword.testing.classic.Payload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * Whole sessions between two sides that say anything, in pieces of any size, and end at any moment. Every run tries others; the number
 * of a session that failed is in the message, and {@code -Dlastword.fuzz=number} runs that one again.
 */
class ClassicSessionFuzzTest {
  private static final int SESSIONS = Integer.getInteger("lastword.fuzz.sessions", 4_000);
  private static final int HOLD_BACK = 512;

  /** Three frames that may wait, two of them compressed, and what one read brings. */
  private static final long MAY_HOLD = 512 * 1024;

  private static final SessionRegistry REGISTRY =
      new SessionRegistry(Integer.MAX_VALUE, new Ledger(10), new LossCounters());
  private static final PasswordKeys KEYS = new PasswordKeys(_ -> {});

  @Test
  void two_sides_that_say_anything_do_no_harm() {
    Long only = Long.getLong("lastword.fuzz");
    long first = only == null ? System.nanoTime() : only;
    for (long seed = first; seed < first + (only == null ? SESSIONS : 1); seed++) {
      try (Play play = new Play(new Random(seed))) {
        play.run();
      } catch (Exception | AssertionError e) {
        throw new AssertionError("session " + seed, e);
      }
    }
  }

  /** One session. */
  private static final class Play implements AutoCloseable {
    private final Random random;
    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
    private final EmbeddedChannel client = new EmbeddedChannel();
    private final EmbeddedChannel server = new EmbeddedChannel();
    private final ClassicSession session;
    private final long flags;
    private final ClientTls.Mode tls;
    private boolean packed;
    private int clientNumber;
    private int serverNumber;

    Play(Random random) {
      this.random = random;
      List.of(client, server)
          .forEach(channel -> channel.config().setAllocator(allocator).setAutoRead(false));
      long some =
          pick(
              0L,
              Capabilities.COMPRESS,
              Capabilities.ZSTD_COMPRESSION_ALGORITHM,
              Capabilities.SSL,
              Capabilities.CONNECT_WITH_DB);
      flags =
          Capabilities.PROTOCOL_41
              | Capabilities.PLUGIN_AUTH
              | Capabilities.PLUGIN_AUTH_LENENC_CLIENT_DATA
              | pick(0L, Capabilities.LONG_PASSWORD)
              | pick(0L, Capabilities.DEPRECATE_EOF)
              | pick(0L, Capabilities.OPTIONAL_RESULTSET_METADATA)
              | some;
      tls = pick(ClientTls.Mode.DISABLED, ClientTls.Mode.PREFERRED, ClientTls.Mode.PASSTHROUGH);
      ClassicService service =
          new ClassicService(
              new Service(
                  new Dialer(Transport.NIO, new Resolver(), Duration.ofSeconds(1), 1 << 16),
                  List::of,
                  HOLD_BACK,
                  Duration.ofMinutes(1),
                  pick(Duration.ZERO, Duration.ofMillis(1)),
                  Duration.ofMillis(1),
                  Listener.DEFAULT_WHEN_NO_SERVER,
                  Duration.ofSeconds(5),
                  answering(pick(ServerView.State.values()))),
              tls,
              leg -> leg.channel().eventLoop().newPromise(),
              ClassicCodes.DEFAULT,
              KEYS);
      session =
          new ClassicSession(
              Objects.requireNonNull(REGISTRY.admit("classic", Integer.MAX_VALUE)),
              "memory",
              new Leg(client, random.nextBoolean()),
              service);
      client.pipeline().addLast(new ClientHandler(session));
      Server configured =
          Server.at("db", "127.0.0.1").withTls(ServerTls.DEFAULT.withMode(ServerTls.Mode.DISABLED));
      ServerLink link =
          ServerLinks.over(new ServerTarget(configured, configured.classic(), null), server);
      server.pipeline().addLast(new ServerHandler(session, link));
      session.linked(link);
    }

    private static Diagnoser answering(ServerView.State state) {
      return new Diagnoser() {
        @Override
        public void diagnose(ServerLink link, EventLoop answerOn, Consumer<ServerView> answer) {
          answerOn.schedule(
              () -> answer.accept(new ServerView(state, "")), 10, TimeUnit.MILLISECONDS);
        }

        @Override
        public void heard(ServerTarget target) {}

        @Override
        public void heardShutdown(ServerTarget target) {}
      };
    }

    @SafeVarargs
    private final <T> T pick(T... all) {
      return all[random.nextInt(all.length)];
    }

    private boolean chance(int ofHundred) {
      return random.nextInt(100) < ofHundred;
    }

    void run() {
      if (chance(90)) {
        logIn();
      }
      for (int steps = random.nextInt(60); steps > 0 && session.cause() == null; steps--) {
        step();
        session.activity();
        session.halfRequest();
        session.inTransaction();
        session.tracker().statements().cursors();
        assertThat(allocator.metric().usedHeapMemory()).isLessThan(MAY_HOLD);
      }
      if (chance(50)) {
        // The farewell may be waiting for the client.
        step();
        pass(300);
      }
    }

    private void logIn() {
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
              .zeroEnded(plugin())
              .build());
      if ((flags & Capabilities.SSL) != 0 && chance(50)) {
        clientSays(1, new Payload().u32(flags).u32(1 << 24).u8(255).zeros(23).build());
        return;
      }
      clientSays(
          1,
          new Payload()
              .u32(flags & ~Capabilities.SSL)
              .u32(1 << 24)
              .u8(255)
              .zeros(23)
              .zeroEnded("root")
              .u8(0)
              .zeroEnded("db")
              .zeroEnded(plugin())
              .build());
      if (chance(30)) {
        exchange();
      }
      if (chance(95)) {
        serverSays(serverNumber, ok());
        packed = (flags & (Capabilities.COMPRESS | Capabilities.ZSTD_COMPRESSION_ALGORITHM)) != 0;
      }
    }

    private void exchange() {
      serverSays(serverNumber, question());
      clientSays(clientNumber, bytes(30));
    }

    private String plugin() {
      return pick("caching_sha2_password", "sha256_password", "mysql_native_password", "");
    }

    private ByteString question() {
      return pick(
          Payload.of(0xfe).zeroEnded(plugin()).text("12345678901234567890").u8(0).build(),
          Payload.of(0xfe).build(),
          Payload.of(1).u8(3).build(),
          Payload.of(1).u8(4).build(),
          Payload.of(1).bytes(bytes(400)).build(),
          Payload.of(2).zeroEnded(plugin()).bytes(bytes(20)).build());
    }

    private ByteString ok() {
      int status = pick(2, 3, 2 | 8, 2 | 0x40, 2 | 0x1000, 0x80);
      return Payload.of(0).u8(0).u8(0).u16(status).u16(0).build();
    }

    private ByteString bytes(int atMost) {
      byte[] bytes = new byte[random.nextInt(atMost + 1)];
      random.nextBytes(bytes);
      return ByteString.copyFrom(bytes);
    }

    private ByteString ofServer() {
      return switch (random.nextInt(12)) {
        case 0, 1 -> ok();
        case 2 -> Payload.of(0xfe).u16(0).u16(pick(2, 10, 0x42, 0x82)).build();
        case 3 ->
            Payload.of(0xff)
                .u16(pick(1064, 1053, 1317, 4031, 1927, 1153, 1045, 0xffff))
                .text(pick("#08S01Words", "", "Words", "#"))
                .build();
        case 4 -> Payload.of(random.nextInt(4)).build();
        case 5 -> Payload.of(0xfb).text("file").build();
        case 6 -> question();
        case 7 ->
            Payload.of(0).u32(random.nextInt(3)).u16(pick(0, 1)).u16(pick(0, 2)).zeros(3).build();
        case 8 -> ByteString.EMPTY;
        case 9 -> bytes(2_000);
        default -> bytes(40);
      };
    }

    private ByteString ofClient() {
      return switch (random.nextInt(10)) {
        case 0, 1 -> Commands.query("SELECT 1");
        case 2 -> Payload.of(Commands.CHANGE_USER).zeroEnded("root").zeros(4).build();
        case 3 ->
            Payload.of(pick(0x16, 0x17, 0x18, 0x19, 0x1a, 0x1c, 0xfa))
                .u32(random.nextInt(3))
                .build();
        case 4 ->
            Payload.of(pick(0x12, 0x1e, 0x04, 0x09, 0x0a, 0x1f, 0x21)).bytes(bytes(9)).build();
        case 5 -> chance(20) ? Commands.quit() : Commands.ping();
        case 6 -> ByteString.EMPTY;
        case 7 -> bytes(2_000);
        default -> Payload.of(random.nextInt(256)).bytes(bytes(20)).build();
      };
    }

    private void step() {
      switch (random.nextInt(100)) {
        case 0 -> deliver(client, bytes(60));
        case 1 -> deliver(server, bytes(60));
        case 2 -> end(server);
        case 3 -> end(client);
        case 4 -> reset(server);
        case 5 -> reset(client);
        case 6 -> session.tick(System.nanoTime() + TimeUnit.SECONDS.toNanos(random.nextInt(3)));
        case 7 -> session.proxyGoesAway(random.nextBoolean());
        case 8 -> session.serverLost(new ServerView(pick(ServerView.State.values()), ""));
        case 9 -> session.kill();
        // The first packet of one that goes on, of which only a part comes.
        case 10 -> deliver(client, new Payload().u24(0xffffff).u8(0).bytes(bytes(900)).build());
        case 11 -> deliver(server, new Payload().u24(0xffffff).u8(1).bytes(bytes(900)).build());
        case 12 -> pass(random.nextInt(400));
        case 13 -> lie(random.nextBoolean() ? client : server);
        default -> {
          if (random.nextBoolean()) {
            clientSays(chance(90) ? clientNumber : random.nextInt(256), ofClient());
          } else {
            serverSays(chance(90) ? serverNumber : random.nextInt(256), ofServer());
          }
        }
      }
      client.runPendingTasks();
      collect();
    }

    /** What says that it is compressed, and is not, or is longer or shorter than it says. */
    private void lie(EmbeddedChannel from) {
      ByteString plain = bytes(200);
      ByteString inside = pick(plain, Compression.ZLIB.pack(plain), Compression.ZSTD.pack(plain));
      deliver(from, ClassicClient.outer(0, pick(0, 1, 200, 0xffffff), inside));
    }

    private static void end(EmbeddedChannel from) {
      from.pipeline().fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
    }

    private static void reset(EmbeddedChannel leg) {
      if (leg.isOpen()) {
        leg.pipeline().fireExceptionCaught(new IOException("reset"));
      }
    }

    private void pass(long millis) {
      for (EmbeddedChannel channel : List.of(client, server)) {
        channel.advanceTimeBy(millis, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        channel.runPendingTasks();
      }
      collect();
    }

    private void clientSays(int number, ByteString payload) {
      deliver(client, wrapped(number, payload));
      clientNumber = chance(50) ? 0 : number + 1 & 0xff;
      serverNumber = number + 1 & 0xff;
    }

    private void serverSays(int number, ByteString payload) {
      deliver(server, wrapped(number, payload));
      serverNumber = number + 1 & 0xff;
      clientNumber = session.activity() == Activity.IDLE ? 0 : number + 1 & 0xff;
    }

    private ByteString wrapped(int number, ByteString payload) {
      ByteString packet = ClassicClient.packet(number, payload);
      if (!packed) {
        return packet;
      }
      // Packets need not end where compressed ones do.
      int cut = random.nextInt(packet.size() + 1);
      return outer(number, packet.substring(0, cut)).concat(outer(number, packet.substring(cut)));
    }

    private ByteString outer(int number, ByteString plain) {
      return switch (random.nextInt(3)) {
        case 0 -> ClassicClient.outer(number, plain.size(), Compression.ZLIB.pack(plain));
        case 1 -> ClassicClient.outer(number, plain.size(), Compression.ZSTD.pack(plain));
        default -> ClassicClient.outer(number, 0, plain);
      };
    }

    private void deliver(EmbeddedChannel from, ByteString bytes) {
      int piece = pick(1, 7, 100, 5_000);
      for (int at = 0; at < bytes.size() && from.isOpen(); at += piece) {
        byte[] part = bytes.substring(at, Math.min(bytes.size(), at + piece)).toByteArray();
        from.writeInbound(allocator.buffer(part.length).writeBytes(part));
        collect();
      }
    }

    private void collect() {
      for (EmbeddedChannel channel : List.of(client, server)) {
        for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
          out.release();
        }
      }
    }

    /** Both sides go. Nothing may be left, and no mistake of the proxy may have come up. */
    @Override
    public void close() {
      List.of(client, server).forEach(EmbeddedChannel::close);
      pass(10);
      pass(300);
      for (EmbeddedChannel channel : List.of(client, server)) {
        channel.finishAndReleaseAll();
        channel.checkException();
      }
      assertThat(session.cause()).isNotNull().isNotEqualTo(Cause.BUG);
      assertThat(allocator.metric().usedHeapMemory() + allocator.metric().usedDirectMemory())
          .as("bytes that were not released")
          .isZero();
    }
  }
}
