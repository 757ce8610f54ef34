package dev.lastword.x;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import dev.lastword.config.Account;
import dev.lastword.config.ServerTls;
import dev.lastword.relay.Leg;
import dev.lastword.server.Dialer;
import dev.lastword.server.Incarnation;
import dev.lastword.server.Probe;
import dev.lastword.server.ProbeResult;
import dev.lastword.server.ServerLink;
import dev.lastword.server.ServerTarget;
import dev.lastword.x.protobuf.Mysqlx;
import dev.lastword.x.protobuf.Mysqlx.ClientMessages;
import dev.lastword.x.protobuf.Mysqlx.ServerMessages;
import dev.lastword.x.protobuf.MysqlxConnection;
import dev.lastword.x.protobuf.MysqlxDatatypes.Any;
import dev.lastword.x.protobuf.MysqlxDatatypes.Array;
import dev.lastword.x.protobuf.MysqlxDatatypes.Object.ObjectField;
import dev.lastword.x.protobuf.MysqlxDatatypes.Scalar;
import dev.lastword.x.protobuf.MysqlxNotice;
import dev.lastword.x.protobuf.MysqlxResultset;
import dev.lastword.x.protobuf.MysqlxSession;
import dev.lastword.x.protobuf.MysqlxSql;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches one server with an account: keeps an X session open, which hears what the server announces to its clients, and knows which
 * process it is with. The account needs no rights. Where it is refused, the server is looked at from outside, as {@link XProbe} does.
 *
 * <p>The password is sent as it is where nobody can listen: over TLS, or on a Unix domain socket. All of it lives on the monitor's event
 * loop.
 */
public final class XSentinel implements Probe {
  private static final Logger log = LoggerFactory.getLogger(XSentinel.class);

  /** For the whole login; it goes on while looks are made from outside. */
  private static final long LOGIN_MILLIS = 10_000;

  /** How long an account that was refused is not tried again: every try is a line in the server's log. */
  private static final long REFUSED_NANOS = TimeUnit.SECONDS.toNanos(60);

  private static final int ER_SERVER_SHUTDOWN = 1053;

  private static final List<String> GROUP_NOTICES =
      List.of(
          "group_replication/membership/quorum_loss",
          "group_replication/membership/view",
          "group_replication/status/role_change",
          "group_replication/status/state_change");

  private final Dialer dialer;
  private final XProbe outside;
  private final Account account;
  private final long refusedNanos;

  private @Nullable Observer observer;
  private @Nullable Conversation current;
  private boolean refused;
  private long refusedAt;
  private boolean complained;

  /** Makes one for one server. */
  public XSentinel(Dialer dialer, Account account) {
    this(dialer, account, Duration.ofNanos(REFUSED_NANOS));
  }

  /** Makes one that tries a refused account again after {@code pause}. */
  XSentinel(Dialer dialer, Account account, Duration pause) {
    this.dialer = dialer;
    this.outside = new XProbe(dialer);
    this.account = account;
    this.refusedNanos = pause.toNanos();
  }

  @Override
  public void begin(EventLoop loop, ServerTarget target, Observer hears) {
    observer = hears;
  }

  @Override
  public void end() {
    observer = null;
    Conversation open = current;
    current = null;
    if (open != null) {
      open.leave();
    }
  }

  @Override
  public void look(
      EventLoop loop, ServerTarget target, Duration timeout, Consumer<ProbeResult> answer) {
    Look look = new Look(loop, target, timeout, answer);
    Conversation open = current;
    if (open != null && open.ready && open.silentForTooLong()) {
      current = null;
      open.leave();
      open = null;
    }
    if (open != null && open.ready && open.expected.isEmpty()) {
      look.ping(open);
    } else if (observer == null
        || open != null
        || (refused && System.nanoTime() - refusedAt < refusedNanos)) {
      // Without a monitor that runs nothing is kept open; a login that takes its time is not begun
      // twice, and neither is a question.
      look.fromOutside();
    } else {
      look.login();
    }
  }

  /** One look: by the session, and from outside where that does not answer. Lives on the loop. */
  private final class Look {
    private final EventLoop loop;
    private final ServerTarget target;
    private final long deadlineNanos;
    private final Consumer<ProbeResult> answer;
    private @Nullable ScheduledFuture<?> patience;
    private boolean outsideNow;

    Look(EventLoop loop, ServerTarget target, Duration timeout, Consumer<ProbeResult> answer) {
      this.loop = loop;
      this.target = target;
      this.deadlineNanos = System.nanoTime() + timeout.toNanos();
      this.answer = answer;
    }

    void ping(Conversation open) {
      waitHalf();
      open.ping(this);
    }

    void login() {
      Conversation fresh = new Conversation(loop, target, this);
      current = fresh;
      waitHalf();
      fresh.connect();
    }

    private void waitHalf() {
      long half = (deadlineNanos - System.nanoTime()) / 2;
      patience = loop.schedule(this::silent, half, TimeUnit.NANOSECONDS);
    }

    /** The session did not answer in half the time: the other half is for a fresh connection. */
    private void silent() {
      fromOutside();
    }

    void fromOutside() {
      if (outsideNow) {
        return;
      }
      outsideNow = true;
      stopWaiting();
      outside.look(
          loop, target, Duration.ofNanos(Math.max(1, deadlineNanos - System.nanoTime())), answer);
    }

    void answered(ProbeResult result) {
      if (!outsideNow) {
        outsideNow = true;
        stopWaiting();
        answer.accept(result);
      }
    }

    private void stopWaiting() {
      if (patience != null) {
        patience.cancel(false);
      }
    }
  }

  /** One session with the server, from its connection to its end. */
  private final class Conversation {
    private final EventLoop loop;
    private final ServerTarget target;
    private final Deque<Consumer<@Nullable List<ByteString>>> expected = new ArrayDeque<>();
    private final ScheduledFuture<?> loginTimer;
    private @Nullable Look asking;
    private @Nullable ServerLink link;
    private @Nullable List<ByteString> row;
    private Step step = Step.TLS;
    private boolean triedSha256;
    private long connection;
    private long askedNanos;
    private String uuid = "";
    private boolean ready;
    private boolean over;
    private @Nullable Incarnation incarnation;

    Conversation(EventLoop loop, ServerTarget target, Look asking) {
      this.loop = loop;
      this.target = target;
      this.asking = asking;
      this.loginTimer =
          loop.schedule(
              () -> lost("did not let the monitoring account in within " + LOGIN_MILLIS + " ms"),
              LOGIN_MILLIS,
              TimeUnit.MILLISECONDS);
    }

    void connect() {
      dialer.dial(
          loop,
          target,
          Duration.ofMillis(LOGIN_MILLIS),
          _ -> new Handler(),
          new Dialer.Caller() {
            @Override
            public void connected(ServerLink to) {
              begin(to);
            }

            @Override
            public void unreachable(List<Dialer.Failure> failures) {
              Look look = asking;
              asking = null;
              finish();
              if (look != null) {
                look.answered(ProbeResult.of(failures));
              }
            }

            @Override
            public void unreachable(String why) {
              unreachable(List.of());
            }
          });
    }

    // ---- Logging in

    private void begin(ServerLink to) {
      link = to;
      if (over) {
        leave();
        return;
      }
      to.leg().allowReading(Leg.NOT_READY);
      boolean local = to.leg().secure();
      ServerTls.Mode mode = target.server().tls().mode();
      if (target.tls() == null || (local && mode != ServerTls.Mode.REQUIRED)) {
        authenticate();
        return;
      }
      send(
          ClientMessages.Type.CON_CAPABILITIES_SET_VALUE,
          MysqlxConnection.CapabilitiesSet.newBuilder()
              .setCapabilities(
                  MysqlxConnection.Capabilities.newBuilder()
                      .addCapabilities(
                          MysqlxConnection.Capability.newBuilder()
                              .setName("tls")
                              .setValue(
                                  scalar(
                                      Scalar.newBuilder()
                                          .setType(Scalar.Type.V_BOOL)
                                          .setVBool(true)))))
              .build());
    }

    private void tlsAnswered(boolean agreed) {
      ServerLink to = link;
      if (to == null) {
        return;
      }
      if (agreed) {
        to.startTls()
            .addListener(handshake -> {
              if (handshake.isSuccess()) {
                authenticate();
              } else {
                complain("TLS failed: " + handshake.cause().getMessage());
                refusedNow();
              }
            });
      } else if (target.server().tls().mode() == ServerTls.Mode.REQUIRED) {
        complain("the server has no TLS, and tls.mode is REQUIRED");
        refusedNow();
      } else {
        authenticate();
      }
    }

    private void authenticate() {
      ServerLink to = link;
      if (to == null || over) {
        return;
      }
      step = Step.LOGIN;
      MysqlxSession.AuthenticateStart.Builder start = MysqlxSession.AuthenticateStart.newBuilder();
      if (to.leg().secure()) {
        start.setMechName(XCapabilities.PLAIN);
        start.setAuthData(XPasswords.plain(account.user(), account.password().value()));
      } else {
        start.setMechName(triedSha256 ? "MYSQL41" : "SHA256_MEMORY");
      }
      send(ClientMessages.Type.SESS_AUTHENTICATE_START_VALUE, start.build());
    }

    private void challenged(ByteString challenge) {
      String password = account.password().value();
      send(
          ClientMessages.Type.SESS_AUTHENTICATE_CONTINUE_VALUE,
          MysqlxSession.AuthenticateContinue.newBuilder()
              .setAuthData(
                  triedSha256
                      ? XPasswords.mysql41(account.user(), password, challenge)
                      : XPasswords.sha256Memory(account.user(), password, challenge))
              .build());
    }

    private void loginRefused(Mysqlx.Error error) {
      ServerLink to = link;
      boolean fatal = error.getSeverity() == Mysqlx.Error.Severity.FATAL;
      if (error.getCode() == ER_SERVER_SHUTDOWN) {
        hearShutdown();
      }
      if (!fatal && to != null && !to.leg().secure() && !triedSha256) {
        triedSha256 = true;
        authenticate();
        return;
      }
      if (fatal && error.getCode() != 1045 && error.getCode() != 1251) {
        // It has no room, or is ending: nothing is wrong with the account.
        answer(Optional.empty());
        leave();
        return;
      }
      complain(
          error.getMsg()
              + " ("
              + error.getCode()
              + ")"
              + (to != null && to.leg().secure()
                  ? ""
                  : "; without TLS the server must already know the password from a login over TLS"));
      refusedNow();
    }

    private void loggedIn() {
      step = Step.QUESTIONS;
      askedNanos = System.nanoTime();
      ask(
          "sql",
          "SELECT @@server_uuid",
          List.of(),
          fields -> {
            if (fields != null && !fields.isEmpty()) {
              uuid = text(fields.getFirst());
            }
          });
      ask("sql", "SHOW GLOBAL STATUS LIKE 'Uptime'", List.of(), this::told);
      ask("mysqlx", "enable_notices", List.of(notices()), _ -> {});
    }

    private void told(@Nullable List<ByteString> fields) {
      long now = System.nanoTime();
      loginTimer.cancel(false);
      refused = false;
      complained = false;
      ready = true;
      step = Step.READY;
      try {
        if (fields != null && fields.size() >= 2 && !uuid.isEmpty()) {
          long uptime = Long.parseLong(text(fields.get(1)));
          incarnation = new Incarnation(uuid, now - TimeUnit.SECONDS.toNanos(uptime), connection);
        }
      } catch (NumberFormatException _) {
        // Then it is not known which process this is.
      }
      answer(Optional.ofNullable(incarnation));
    }

    // ---- Looking

    void ping(Look look) {
      asking = look;
      askedNanos = System.nanoTime();
      ask("mysqlx", "ping", List.of(), _ -> answer(Optional.ofNullable(incarnation)));
    }

    /** Whether this connection is broken, and its end was not seen. */
    boolean silentForTooLong() {
      return !expected.isEmpty()
          && System.nanoTime() - askedNanos > TimeUnit.MILLISECONDS.toNanos(LOGIN_MILLIS);
    }

    private void answer(Optional<Incarnation> which) {
      Look look = asking;
      ServerLink to = link;
      asking = null;
      if (look != null && to != null) {
        look.answered(new ProbeResult.Answered(to.address(), which));
      }
    }

    // ---- What the server says

    private void heard(ByteBuf frame) {
      int type = frame.getUnsignedByte(XMessages.PREFIX - 1);
      switch (type) {
        case ServerMessages.Type.NOTICE_VALUE -> {
          var notice = parse(MysqlxNotice.Frame.parser(), frame);
          if (notice != null) {
            noticed(notice);
          }
        }
        case ServerMessages.Type.OK_VALUE -> {
          if (step == Step.TLS) {
            tlsAnswered(true);
          }
        }
        case ServerMessages.Type.ERROR_VALUE -> {
          var error = parse(Mysqlx.Error.parser(), frame);
          if (error != null) {
            erred(error);
          }
        }
        case ServerMessages.Type.SESS_AUTHENTICATE_CONTINUE_VALUE -> {
          var challenge = parse(MysqlxSession.AuthenticateContinue.parser(), frame);
          if (challenge != null) {
            challenged(challenge.getAuthData());
          }
        }
        case ServerMessages.Type.SESS_AUTHENTICATE_OK_VALUE -> loggedIn();
        case ServerMessages.Type.RESULTSET_ROW_VALUE -> {
          var fields = parse(MysqlxResultset.Row.parser(), frame);
          if (fields != null && row == null) {
            row = fields.getFieldList();
          }
        }
        case ServerMessages.Type.SQL_STMT_EXECUTE_OK_VALUE -> settled();
        default -> {
          // Parts of results that nobody needs.
        }
      }
    }

    private void erred(Mysqlx.Error error) {
      switch (step) {
        case TLS -> {
          if (error.getSeverity() == Mysqlx.Error.Severity.FATAL) {
            loginRefused(error);
          } else {
            tlsAnswered(false);
          }
        }
        case LOGIN -> loginRefused(error);
        case QUESTIONS, READY -> {
          if (error.getCode() == ER_SERVER_SHUTDOWN) {
            hearShutdown();
          }
          settled();
        }
      }
    }

    private void settled() {
      List<ByteString> fields = row;
      row = null;
      Consumer<@Nullable List<ByteString>> next = expected.poll();
      if (next != null) {
        next.accept(fields);
      }
    }

    private void noticed(MysqlxNotice.Frame notice) {
      try {
        switch (notice.getType()) {
          case MysqlxNotice.Frame.Type.WARNING_VALUE -> {
            var warning = MysqlxNotice.Warning.parseFrom(notice.getPayload());
            if (notice.getScope() == MysqlxNotice.Frame.Scope.GLOBAL
                && warning.getCode() == ER_SERVER_SHUTDOWN) {
              hearShutdown();
            }
          }
          case MysqlxNotice.Frame.Type.SESSION_STATE_CHANGED_VALUE -> {
            var change = MysqlxNotice.SessionStateChanged.parseFrom(notice.getPayload());
            if (change.getParam() == MysqlxNotice.SessionStateChanged.Parameter.CLIENT_ID_ASSIGNED
                && change.getValueCount() > 0) {
              connection = change.getValue(0).getVUnsignedInt();
            }
          }
          case MysqlxNotice.Frame.Type.GROUP_REPLICATION_STATE_CHANGED_VALUE -> {
            var change = MysqlxNotice.GroupReplicationStateChanged.parseFrom(notice.getPayload());
            Observer hears = observer;
            if (hears != null && current == this) {
              hears.groupChanged(groupChange(change.getType()));
            }
          }
          default -> {
            // The hello, and what is about this session alone.
          }
        }
      } catch (InvalidProtocolBufferException _) {
        // A notice that cannot be read says nothing.
      }
    }

    private void hearShutdown() {
      Observer hears = observer;
      if (hears != null && current == this) {
        hears.shuttingDown();
      }
    }

    // ---- Ends

    private void refusedNow() {
      refused = true;
      refusedAt = System.nanoTime();
      answer(Optional.empty());
      leave();
    }

    /** The connection is gone, or is given up. */
    private void lost(String why) {
      if (over) {
        return;
      }
      boolean wasReady = ready;
      Look look = asking;
      asking = null;
      boolean mine = current == this;
      finish();
      log.debug("server={} monitor={}", target.server().name(), why);
      Observer hears = observer;
      if (mine && wasReady && hears != null) {
        hears.connectionEnded();
      }
      if (look != null) {
        look.fromOutside();
      }
    }

    private void finish() {
      over = true;
      ready = false;
      loginTimer.cancel(false);
      expected.clear();
      if (current == this) {
        current = null;
      }
      ServerLink to = link;
      if (to != null) {
        to.leg().close();
      }
    }

    /** Leaves as a client does. */
    void leave() {
      ServerLink to = link;
      over = true;
      ready = false;
      loginTimer.cancel(false);
      if (current == this) {
        current = null;
      }
      if (to != null) {
        send(ClientMessages.Type.CON_CLOSE_VALUE, MysqlxConnection.Close.getDefaultInstance());
        ScheduledFuture<?> end = loop.schedule(to.leg()::close, 1_000, TimeUnit.MILLISECONDS);
        to.leg().channel().closeFuture().addListener(_ -> end.cancel(false));
      }
    }

    private void complain(String why) {
      if (!complained) {
        complained = true;
        log.warn(
            "server={} the monitoring account {} cannot be used, so the server is watched from outside:"
                + " {}",
            target.server().name(),
            account.user(),
            why);
      }
    }

    // ---- Messages

    private void ask(
        String namespace,
        String statement,
        List<Any> args,
        Consumer<@Nullable List<ByteString>> answer) {
      expected.add(answer);
      send(
          ClientMessages.Type.SQL_STMT_EXECUTE_VALUE,
          MysqlxSql.StmtExecute.newBuilder()
              .setNamespace(namespace)
              .setStmt(ByteString.copyFromUtf8(statement))
              .addAllArgs(args)
              .build());
    }

    private void send(int type, MessageLite message) {
      ServerLink to = link;
      if (to != null) {
        to.leg().write(XMessages.frame(to.leg().channel().alloc(), type, message));
        to.leg().flush();
      }
    }

    private final class Handler extends XFrameHandler {
      @Override
      void frame(ByteBuf frame) {
        if (!over) {
          heard(frame);
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
    }
  }

  /** How far a login has come. */
  private enum Step {
    TLS,
    LOGIN,
    QUESTIONS,
    READY
  }

  private static <M extends MessageLite> @Nullable M parse(
      com.google.protobuf.Parser<M> parser, ByteBuf frame) {
    return XMessages.parse(parser, frame, frame.readerIndex(), frame.readableBytes());
  }

  /** A text field of a row, which ends with a zero byte. */
  private static String text(ByteString field) {
    return field.isEmpty() ? "" : field.substring(0, field.size() - 1).toStringUtf8();
  }

  private static String groupChange(int type) {
    var known = MysqlxNotice.GroupReplicationStateChanged.Type.forNumber(type);
    return known == null
        ? "change " + type
        : known.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
  }

  private static Any notices() {
    Array.Builder names = Array.newBuilder();
    for (String name : GROUP_NOTICES) {
      names.addValue(
          scalar(
              Scalar.newBuilder()
                  .setType(Scalar.Type.V_STRING)
                  .setVString(Scalar.String.newBuilder().setValue(ByteString.copyFromUtf8(name)))));
    }
    return Any.newBuilder()
        .setType(Any.Type.OBJECT)
        .setObj(
            dev.lastword.x.protobuf.MysqlxDatatypes.Object.newBuilder()
                .addFld(
                    ObjectField.newBuilder()
                        .setKey("notice")
                        .setValue(Any.newBuilder().setType(Any.Type.ARRAY).setArray(names))))
        .build();
  }

  private static Any scalar(Scalar.Builder value) {
    return Any.newBuilder().setType(Any.Type.SCALAR).setScalar(value).build();
  }
}
