package dev.lastword.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.lastword.classic.ClassicService;
import dev.lastword.classic.ClassicSession;
import dev.lastword.classic.PasswordKeys;
import dev.lastword.config.ClientTls;
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
import dev.lastword.status.LossCounters;
import dev.lastword.testing.classic.Capability;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Commands;
import dev.lastword.testing.classic.Payload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A session with two links, one that serves the client and one that does not now. Whatever comes from the other one, and however it ends,
 * belongs to nothing that the client asked: a proxy that took its error for an answer would give the client a wrong one.
 */
class TwoLinksTest {
  private static final ByteString OK = Payload.of(0).u8(0).u8(0).u16(2).u16(0).build();
  private static final ByteString END = Payload.of(0xfe).u8(0).u8(0).u16(2).u16(0).build();

  private final SessionRegistry registry =
      new SessionRegistry(10, new Ledger(10), new LossCounters());
  private final EmbeddedChannel client = new EmbeddedChannel();
  private final EmbeddedChannel server = new EmbeddedChannel();
  private final EmbeddedChannel other = new EmbeddedChannel();

  @SuppressWarnings("NullAway.Init")
  private ClassicSession session;

  private ByteString toClient = ByteString.EMPTY;

  /** How a link ends. */
  private enum Loss {
    FIN,
    RST,
    CLOSED,
    /** A server's last words before it ends. */
    ERR_AND_FIN,
    /** The same inside a packet that is never completed. */
    HALF_AN_ERR_AND_FIN
  }

  /** The server's state when somebody asks: it shuts down, so that a loss that is taken for the session's would be told so. */
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

  @BeforeEach
  void log_in() {
    Service shared =
        new Service(
            new Dialer(Transport.NIO, new Resolver(), Duration.ofSeconds(1), 1 << 16),
            List::of,
            1 << 20,
            Duration.ofMinutes(1),
            Duration.ZERO,
            Duration.ofMinutes(1),
            Duration.ofSeconds(5),
            SHUTS_DOWN);
    ClassicService service =
        new ClassicService(
            shared,
            ClientTls.Mode.DISABLED,
            leg -> leg.channel().eventLoop().newPromise(),
            ClassicCodes.DEFAULT,
            new PasswordKeys(_ -> {}));
    Stream.of(client, server, other).forEach(channel -> channel.config().setAutoRead(false));
    session =
        new ClassicSession(
            Objects.requireNonNull(registry.admit("classic", 10)),
            "memory",
            new Leg(client, false),
            service);
    client.pipeline().addLast(new ClientHandler(session));
    session.linked(link("serving", server));
    session.attach(link("other", other));

    long flags = Capability.USUAL & ~Capability.CONNECT_ATTRS;
    String plugin = "caching_sha2_password";
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
            .zeroEnded(plugin)
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
            .zeroEnded(plugin)
            .build());
    serverSays(2, OK);
    assertThat(session.activity()).isEqualTo(Activity.IDLE);
    toClient = ByteString.EMPTY;
  }

  private ServerLink link(String name, EmbeddedChannel channel) {
    Server configured = Server.at(name, "127.0.0.1");
    ServerTarget target =
        new ServerTarget(
            configured.withTls(ServerTls.DEFAULT.withMode(ServerTls.Mode.DISABLED)),
            configured.classic(),
            null);
    ServerLink link = ServerLinks.over(target, channel);
    channel.pipeline().addLast(new ServerHandler(session, link));
    return link;
  }

  @AfterEach
  void leave() {
    Stream.of(client, server, other)
        .forEach(channel -> {
          channel.close();
          channel.runPendingTasks();
          channel.finishAndReleaseAll();
          channel.checkException();
        });
  }

  private void clientSays(int number, ByteString payload) {
    say(client, ClassicClient.packet(number, payload));
  }

  private void serverSays(int number, ByteString payload) {
    say(server, ClassicClient.packet(number, payload));
  }

  private void say(EmbeddedChannel channel, ByteString bytes) {
    channel.writeInbound(Unpooled.wrappedBuffer(bytes.toByteArray()));
    collect();
  }

  private void collect() {
    for (ByteBuf out = client.readOutbound(); out != null; out = client.readOutbound()) {
      toClient = toClient.concat(ByteString.copyFrom(out.nioBuffer()));
      out.release();
    }
  }

  private static ByteString err() {
    return ClassicClient.packet(
        0, Payload.of(0xff).u16(1053).text("#08S01Server shutdown in progress").build());
  }

  private void lose(Loss loss) {
    switch (loss) {
      case FIN -> finish(other);
      case RST -> other.pipeline().fireExceptionCaught(new IOException("Connection reset by peer"));
      case CLOSED -> other.close();
      case ERR_AND_FIN -> {
        say(other, err());
        finish(other);
      }
      case HALF_AN_ERR_AND_FIN -> {
        say(other, err().substring(0, 20));
        finish(other);
      }
    }
  }

  private static void finish(EmbeddedChannel channel) {
    channel.pipeline().fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
  }

  private ByteString row(int number) {
    return ClassicClient.packet(number, new Payload().string("row " + number).build());
  }

  @ParameterizedTest
  @EnumSource
  void a_result_stays_whole_when_another_link_is_lost_in_the_middle_of_it(Loss loss) {
    ByteString result =
        ClassicClient.packet(1, Payload.of(1).build())
            .concat(ClassicClient.packet(2, ByteString.copyFromUtf8("a column")))
            .concat(row(3))
            .concat(row(4))
            .concat(row(5))
            .concat(ClassicClient.packet(6, END));
    clientSays(0, Commands.queryWithAttributes("SELECT a FROM t"));
    int middle = result.size() - 30;
    say(server, result.substring(0, middle));
    assertThat(session.activity()).isEqualTo(Activity.MID_RESULT);

    lose(loss);

    assertThat(session.activity()).isEqualTo(Activity.MID_RESULT);
    say(server, result.substring(middle));
    assertThat(toClient).isEqualTo(result);
    assertThat(other.isOpen()).isFalse();
    clientSays(0, Commands.ping());
    serverSays(1, OK);
    assertThat(toClient).isEqualTo(result.concat(ClassicClient.packet(1, OK)));
    assertThat(session.cause()).isNull();
  }

  @ParameterizedTest
  @EnumSource
  void an_idle_client_hears_nothing_of_another_link(Loss loss) {
    lose(loss);
    assertThat(toClient).isEqualTo(ByteString.EMPTY);
    clientSays(0, Commands.ping());
    serverSays(1, OK);
    assertThat(toClient).isEqualTo(ClassicClient.packet(1, OK));
    assertThat(session.cause()).isNull();
  }

  @Test
  void the_loss_of_the_link_that_serves_it_ends_the_session_and_both_links() {
    clientSays(0, Commands.queryWithAttributes("SELECT a FROM t"));
    serverSays(1, Payload.of(1).build());
    finish(server);
    collect();
    assertThat(session.cause()).isEqualTo(Cause.SERVER_SHUT_DOWN);
    assertThat(other.isOpen()).isFalse();
    ByteString farewell = toClient.substring(5);
    assertThat(farewell.byteAt(3))
        .as("the number behind that of the column count")
        .isEqualTo((byte) 2);
    assertThat(farewell.substring(4, 7)).isEqualTo(Payload.of(0xff).u16(1053).build());
    assertThat(toClient.toStringUtf8()).containsOnlyOnce("Server shutdown in progress");
  }
}
