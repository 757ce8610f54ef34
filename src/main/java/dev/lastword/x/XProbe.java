package dev.lastword.x;

import dev.lastword.relay.Leg;
import dev.lastword.server.Dialer;
import dev.lastword.server.Probe;
import dev.lastword.server.ProbeResult;
import dev.lastword.server.ServerLink;
import dev.lastword.server.ServerTarget;
import dev.lastword.x.protobuf.Mysqlx.ClientMessages;
import dev.lastword.x.protobuf.Mysqlx.ServerMessages;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a server over X Protocol without an account: connects, asks for the capabilities, and leaves as a client does. All of it goes
 * out in one write, so that the server never counts a connection that was given up, whatever happens to the look.
 */
public final class XProbe implements Probe {
  /** How long the server may take, after it has answered, to end the connection. */
  private static final long LEAVE_MILLIS = 1_000;

  private final Dialer dialer;

  /** Makes one that any number of monitors may use at once. */
  public XProbe(Dialer dialer) {
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
    private final long deadlineNanos;
    private final Consumer<ProbeResult> answer;
    private final ScheduledFuture<?> timer;
    private String address;
    private boolean answered;
    private boolean saidHello;
    private boolean secondTry;
    private @Nullable Leg leg;

    Attempt(EventLoop loop, ServerTarget target, Duration timeout, Consumer<ProbeResult> answer) {
      this.loop = loop;
      this.target = target;
      this.deadlineNanos = System.nanoTime() + timeout.toNanos();
      this.answer = answer;
      this.address = target.endpoint().toString();
      this.timer = loop.schedule(this::tooLate, timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    void connect() {
      dialer.dial(
          loop,
          target,
          Duration.ofNanos(Math.max(1, deadlineNanos - System.nanoTime())),
          link -> new Handler(link.leg()),
          new Dialer.Caller() {
            @Override
            public void connected(ServerLink link) {
              ask(link);
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

    private void ask(ServerLink link) {
      Leg to = link.leg();
      leg = to;
      address = link.address();
      ByteBuf requests = to.channel().alloc().buffer(2 * XMessages.PREFIX);
      requests
          .writeIntLE(1)
          .writeByte(ClientMessages.Type.CON_CAPABILITIES_GET_VALUE)
          .writeIntLE(1)
          .writeByte(ClientMessages.Type.CON_CLOSE_VALUE);
      to.write(requests);
      to.flush();
      to.allowReading(Leg.NOT_READY);
      if (answered) {
        // It accepted a moment too late, and is left in order all the same.
        leave(to);
      }
    }

    private void leave(Leg open) {
      ScheduledFuture<?> end = loop.schedule(open::close, LEAVE_MILLIS, TimeUnit.MILLISECONDS);
      open.channel().closeFuture().addListener(_ -> end.cancel(false));
    }

    private void tooLate() {
      result(saidHello ? new ProbeResult.Answered(address) : new ProbeResult.NoAnswer(address));
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

    /** The connection ended before anything answered. */
    private void ended() {
      if (answered) {
        return;
      }
      if (saidHello) {
        result(new ProbeResult.Answered(address));
      } else if (secondTry) {
        result(new ProbeResult.Closed(address));
      } else {
        // Either it has no room (mysqlx_max_connections) or it was dying just now: then nobody will
        // listen any more.
        secondTry = true;
        leg = null;
        connect();
      }
    }

    private final class Handler extends XFrameHandler {
      private final Leg own;

      Handler(Leg own) {
        this.own = own;
      }

      @Override
      void frame(ByteBuf frame) {
        int type = frame.getUnsignedByte(XMessages.PREFIX - 1);
        if (type == ServerMessages.Type.NOTICE_VALUE) {
          saidHello = true;
        } else if (ServerMessages.Type.forNumber(type) != null) {
          result(new ProbeResult.Answered(address));
        } else {
          notX();
        }
      }

      @Override
      void notX() {
        result(
            new ProbeResult.Unreachable(
                target.server().name() + " (" + address + ") does not speak X Protocol"));
        own.close();
      }

      @Override
      void finished(ChannelHandlerContext ctx) {
        own.close();
        if (leg == own) {
          ended();
        }
      }
    }
  }
}
