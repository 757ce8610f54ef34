package dev.lastword.x;

import com.google.protobuf.MessageLite;
import dev.lastword.relay.Leg;
import dev.lastword.server.Dialer;
import dev.lastword.server.ServerLink;
import dev.lastword.server.ServerTarget;
import dev.lastword.x.protobuf.Mysqlx.ClientMessages;
import dev.lastword.x.protobuf.MysqlxConnection;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A connection to a server on which the proxy itself is the client: messages out, whole frames in, and one end. Lives on its loop. */
final class XSentinelConnection {
  /** How long the server may take to close after it was told that we leave. */
  private static final long LEAVE_MILLIS = 1_000;

  private final EventLoop loop;
  private final ServerTarget target;
  private final Owner owner;
  private @Nullable ServerLink link;
  private boolean over;

  /** Whose connection it is. After {@link #close} and {@link #leave} it is told nothing more. */
  interface Owner {
    /** The server accepted; nothing has been read. */
    void connected();

    /** It did not. */
    void unreachable(List<Dialer.Failure> failures);

    /** A whole frame, header included, which stays the caller's. */
    void heard(ByteBuf frame);

    /** The connection is of no more use; it is still to be closed. */
    void lost(String why);
  }

  XSentinelConnection(EventLoop loop, ServerTarget target, Owner owner) {
    this.loop = loop;
    this.target = target;
    this.owner = owner;
  }

  ServerTarget target() {
    return target;
  }

  /** The address that answered, for people; null before one did. */
  @Nullable String address() {
    ServerLink to = link;
    return to == null ? null : to.address();
  }

  void connect(Dialer dialer, Duration within) {
    dialer.dial(
        loop,
        target,
        within,
        _ -> new Handler(),
        new Dialer.Caller() {
          @Override
          public void connected(ServerLink to) {
            link = to;
            if (over) {
              // It accepted too late, and is left in order all the same.
              over = false;
              leave();
            } else {
              to.leg().allowReading(Leg.NOT_READY);
              owner.connected();
            }
          }

          @Override
          public void unreachable(List<Dialer.Failure> failures) {
            if (!over) {
              owner.unreachable(failures);
            }
          }

          @Override
          public void unreachable(String why) {
            unreachable(List.of());
          }
        });
  }

  /** Whether nobody can listen: it is encrypted, or does not leave this machine. */
  boolean secure() {
    ServerLink to = link;
    return to != null && to.leg().secure();
  }

  /** Begins TLS, which the target must have. */
  Future<?> startTls() {
    ServerLink to = link;
    if (to == null) {
      throw new IllegalStateException("TLS begins before the connection");
    }
    return to.startTls();
  }

  /** Sends a message; does nothing after the end. */
  void send(int type, MessageLite message) {
    ServerLink to = link;
    if (to != null && !over) {
      to.leg().write(XMessages.frame(to.leg().channel().alloc(), type, message));
      to.leg().flush();
    }
  }

  void close() {
    over = true;
    ServerLink to = link;
    if (to != null) {
      to.leg().close();
    }
  }

  /** Leaves as a client does. */
  void leave() {
    send(ClientMessages.Type.CON_CLOSE_VALUE, MysqlxConnection.Close.getDefaultInstance());
    over = true;
    ServerLink to = link;
    if (to != null) {
      ScheduledFuture<?> end = loop.schedule(to.leg()::close, LEAVE_MILLIS, TimeUnit.MILLISECONDS);
      to.leg().channel().closeFuture().addListener(_ -> end.cancel(false));
    }
  }

  private final class Handler extends XFrameHandler {
    @Override
    void frame(ByteBuf frame) {
      if (!over) {
        owner.heard(frame);
      }
    }

    @Override
    void notX() {
      lost("does not speak X Protocol");
    }

    @Override
    void finished(ChannelHandlerContext ctx) {
      ctx.close();
      lost("closed the monitor's connection");
    }

    private void lost(String why) {
      if (!over) {
        owner.lost(why);
      }
    }
  }
}
