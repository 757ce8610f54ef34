package dev.lastword.classic;

import dev.lastword.relay.Leg;
import dev.lastword.server.Dialer;
import dev.lastword.server.Incarnation;
import dev.lastword.server.Probe;
import dev.lastword.server.ProbeResult;
import dev.lastword.server.ServerLink;
import dev.lastword.server.ServerTarget;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a server over the classic protocol without an account: connects, and takes the greeting for an answer. It then goes on to a
 * login that is refused, because a server counts a handshake that is broken off towards max_connect_errors, and blocks the host at some
 * time, but does not count a wrong password. It does count the login in Aborted_connects, so this is for servers that cannot be looked at
 * over X.
 */
public final class ClassicProbe implements Probe {
  /** How long the server may take, after it has answered, to end the connection. */
  private static final long LEAVE_MILLIS = 1_000;

  private static final long CAPABILITIES =
      Capabilities.LONG_PASSWORD
          | Capabilities.PROTOCOL_41
          | Capabilities.SECURE_CONNECTION
          | Capabilities.PLUGIN_AUTH;

  private static final int UTF8MB4 = 45;
  private static final int MORE_DATA = 0x01;
  private static final int LONGEST_LOGIN = 4;
  private static final String NOBODY = "lastword-probe";

  private final Dialer dialer;

  /** Makes one that any number of monitors may use at once. */
  public ClassicProbe(Dialer dialer) {
    this.dialer = dialer;
  }

  @Override
  public void look(
      EventLoop loop, ServerTarget target, Duration timeout, Consumer<ProbeResult> answer) {
    new Attempt(loop, target, timeout, answer).connect();
  }

  /** One look; lives on its loop. */
  private final class Attempt {
    private final EventLoop loop;
    private final ServerTarget target;
    private final Duration timeout;
    private final Consumer<ProbeResult> answer;
    private final ScheduledFuture<?> timer;
    private String address;
    private boolean answered;
    private @Nullable Leg leg;

    Attempt(EventLoop loop, ServerTarget target, Duration timeout, Consumer<ProbeResult> answer) {
      this.loop = loop;
      this.target = target;
      this.timeout = timeout;
      this.answer = answer;
      this.address = target.endpoint().toString();
      this.timer =
          loop.schedule(
              () -> result(new ProbeResult.NoAnswer(address)),
              timeout.toNanos(),
              TimeUnit.NANOSECONDS);
    }

    void connect() {
      dialer.dial(
          loop,
          target,
          timeout,
          link -> new Handler(link.leg()),
          new Dialer.Caller() {
            @Override
            public void connected(ServerLink link) {
              leg = link.leg();
              address = link.address();
              link.leg().allowReading(Leg.NOT_READY);
              if (answered) {
                leave(link.leg());
              }
            }

            @Override
            public void unreachable(List<Dialer.Failure> failures) {
              result(ProbeResult.of(failures));
            }

            @Override
            public void unreachable(String why) {
              result(new ProbeResult.Unreachable(why));
            }
          });
    }

    /** Whatever the server makes of the login, it is given the time to close. */
    private void leave(Leg open) {
      ScheduledFuture<?> end = loop.schedule(open::close, LEAVE_MILLIS, TimeUnit.MILLISECONDS);
      open.channel().closeFuture().addListener(_ -> end.cancel(false));
    }

    private void result(ProbeResult result) {
      if (answered) {
        return;
      }
      answered = true;
      timer.cancel(false);
      Leg open = leg;
      if (open != null) {
        leave(open);
      }
      answer.accept(result);
    }

    private final class Handler extends ByteToMessageDecoder {
      private final Leg own;
      private boolean greeted;
      private int rounds;

      Handler(Leg own) {
        this.own = own;
      }

      @Override
      protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        int begin = in.readerIndex();
        if (in.readableBytes() < Packets.HEADER
            || in.readableBytes() < Packets.HEADER + Packets.payloadLength(in, begin)) {
          return;
        }
        int length = Packets.payloadLength(in, begin);
        if (greeted) {
          answerLogin(ctx, in, begin, length);
          in.skipBytes(in.readableBytes());
          return;
        }
        greeted = true;
        ByteBuf payload = in.slice(begin + Packets.HEADER, length);
        Greeting greeting = Greeting.parse(payload);
        boolean refused = length > 0 && payload.getUnsignedByte(0) == Packets.ERR;
        in.skipBytes(in.readableBytes());
        if (greeting != null) {
          own.write(login(ctx));
          own.flush();
          result(
              new ProbeResult.Answered(
                  address,
                  Optional.of(Incarnation.numbered(greeting.threadId())),
                  Optional.empty()));
        } else if (refused) {
          // It has no room, or does not like this host: it lives.
          result(new ProbeResult.Answered(address));
        } else {
          result(
              new ProbeResult.Unreachable(
                  target.server().name() + " (" + address + ") greets as no MySQL server does"));
          own.close();
        }
      }

      /** A server that asks for more, as some do even for an account that is not there, gets a proof that it refuses. */
      private void answerLogin(ChannelHandlerContext ctx, ByteBuf in, int begin, int length) {
        int first = length == 0 ? Packets.ERR : in.getUnsignedByte(begin + Packets.HEADER);
        boolean asks = first == Packets.EOF || (first == MORE_DATA && length == 2);
        if (asks && rounds < LONGEST_LOGIN) {
          rounds++;
          own.write(
              Packets.packet(ctx.alloc(), Packets.after(Packets.sequence(in, begin)), (byte) 0));
          own.flush();
        } else {
          own.close();
        }
      }

      @Override
      public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
        if (event instanceof ChannelInputShutdownReadComplete) {
          ended();
        } else {
          super.userEventTriggered(ctx, event);
        }
      }

      @Override
      public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        super.channelInactive(ctx);
        ended();
      }

      @Override
      public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ended();
      }

      private void ended() {
        own.close();
        // A server that is full says so (1040): whatever accepted and closed is not it, but
        // something
        // in front of it, or what is left of it.
        result(
            new ProbeResult.Unreachable(
                target.server().name()
                    + " ("
                    + address
                    + ") closed a new connection without a greeting"));
      }
    }
  }

  /** A login with an empty proof, which a server refuses at once for an account that is not there. */
  private static ByteBuf login(ChannelHandlerContext ctx) {
    byte[] user = NOBODY.getBytes(StandardCharsets.US_ASCII);
    byte[] plugin = "caching_sha2_password".getBytes(StandardCharsets.US_ASCII);
    int length = HandshakeResponse.FIXED + user.length + 2 + plugin.length + 1;
    return ctx.alloc()
        .buffer(Packets.HEADER + length)
        .writeMediumLE(length)
        .writeByte(1)
        .writeIntLE((int) CAPABILITIES)
        .writeIntLE(Packets.LONGEST)
        .writeByte(UTF8MB4)
        .writeZero(23)
        .writeBytes(user)
        .writeByte(0)
        .writeByte(0)
        .writeBytes(plugin)
        .writeByte(0);
  }
}
