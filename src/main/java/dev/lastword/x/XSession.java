package dev.lastword.x;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.lastword.relay.FrameFlow.Interception;
import dev.lastword.relay.Leg;
import dev.lastword.server.Dialer;
import dev.lastword.server.ServerLink;
import dev.lastword.session.Activity;
import dev.lastword.session.EndCause;
import dev.lastword.session.Session;
import dev.lastword.session.SessionRegistry;
import dev.lastword.x.protobuf.Mysqlx;
import dev.lastword.x.protobuf.Mysqlx.ClientMessages;
import dev.lastword.x.protobuf.Mysqlx.ServerMessages;
import dev.lastword.x.protobuf.MysqlxNotice;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One X session: a client's leg, a server link, and what is decided between them.
 *
 * <p>Almost everything is relayed. The proxy acts itself where TLS ends at it (the capabilities, and the refusal of a password that
 * others could read), where a session cannot be served, and where it ends. {@link XPhase} says how far the connection has come, {@link
 * XTracker} what the two sides owe each other.
 */
public final class XSession extends Session {
  private static final Logger log = LoggerFactory.getLogger(XSession.class);

  /** How long the farewell may take to be read, in milliseconds. */
  private static final long LINGER_MILLIS = 5_000;

  private static final int TYPE = 4;

  /** Stands for the code of an Error that cannot be parsed. */
  private static final int UNREADABLE = 0xffff;

  private final XService service;
  private final Leg client;
  private final ClientFlow clientFlow;
  private final ServerFlow serverFlow;
  private final XTracker tracker = new XTracker();
  private final XRequests requests = new XRequests(tracker);

  private XPhase phase = new XPhase.Dialling();
  private @Nullable ServerLink link;
  private @Nullable XLogin login;
  private @Nullable ScheduledFuture<?> deadline;
  private boolean clientFinished;
  private String serverSaid = "";

  /** Makes a session for a client that has just connected; {@link #start} makes it live. */
  public XSession(
      SessionRegistry.Ticket ticket, String clientAddress, Leg client, XService service) {
    super(ticket, clientAddress, client.channel().eventLoop());
    this.client = client;
    this.service = service;
    this.clientFlow = new ClientFlow(this, client.channel().alloc(), service.holdBack());
    this.serverFlow = new ServerFlow(this, client.channel().alloc(), service.holdBack());
  }

  /** Finds it a server. */
  public void start() {
    opened();
    deadline =
        eventLoop().schedule(this::tooSlow, service.handshake().toMillis(), TimeUnit.MILLISECONDS);
    service
        .dialer()
        .dial(
            eventLoop(),
            service.order().get(),
            _ -> new XServerHandler(this),
            new Dialer.Caller() {
              @Override
              public void connected(ServerLink to) {
                serverConnected(to);
              }

              @Override
              public void unreachable(String why) {
                noServer(why);
              }
            });
  }

  // ---- What the session is doing

  @Override
  public Activity activity() {
    return switch (phase) {
      case XPhase.Dialling _, XPhase.EncryptingServer _ -> Activity.CONNECTING;
      case XPhase.Relaying _, XPhase.AgreeingOnTls _ -> {
        if (!tracker.authenticated()) {
          yield Activity.UNAUTHENTICATED;
        }
        if (tracker.outstanding() == 0) {
          yield Activity.IDLE;
        }
        yield tracker.midResult() ? Activity.MID_RESULT : Activity.WAITING;
      }
      case XPhase.Opaque _ -> Activity.OPAQUE;
      case XPhase.Ended _ -> Activity.ENDED;
    };
  }

  @Override
  public boolean inTransaction() {
    return tracker.transaction().isOpen();
  }

  @Override
  public boolean halfRequest() {
    return !(phase instanceof XPhase.Opaque) && clientFlow.insideFrame();
  }

  // ---- Connecting

  private void serverConnected(ServerLink to) {
    if (phase instanceof XPhase.Ended) {
      to.leg().close();
      return;
    }
    link = to;
    XLogin with = new XLogin(this, service, client, to, tracker, requests, clientFlow, serverFlow);
    login = with;
    connectedTo(to.target().server().name(), to.address());
    boolean ownTls = with.wantsOwnTls();
    move(new XEvent.ServerConnected(ownTls));
    to.leg().allowReading(Leg.NOT_READY);
    if (ownTls) {
      with.requestOwnTls();
    } else {
      client.allowReading(Leg.NOT_READY);
    }
  }

  /** The server's leg is as the configuration wants it: the client may speak. */
  void ownTlsSettled() {
    if (phase instanceof XPhase.EncryptingServer) {
      move(new XEvent.TlsSettled());
      client.allowReading(Leg.NOT_READY);
    }
  }

  private void noServer(String why) {
    refuse(
        EndCause.NO_SERVER,
        new Refusal(
            1053,
            Refusal.CONNECTION,
            "Server shutdown in progress: no server could be reached: " + why),
        why);
  }

  private void tooSlow() {
    refuse(
        EndCause.HANDSHAKE_TIMEOUT,
        new Refusal(
            1159,
            Refusal.CONNECTION,
            "Got timeout reading communication packets: not authenticated within "
                + service.handshake().toMillis()
                + " ms"),
        "");
  }

  /** Moves to the phase that follows on an event. */
  void move(XEvent event) {
    phase = phase.next(event);
    if (phase instanceof XPhase.Opaque) {
      // Whether the client authenticates is now between it and the server, which has a limit of its
      // own.
      cancelDeadline();
    }
  }

  /** Notes the account name that the client gave. */
  void claimed(String user) {
    claimedBy(user);
  }

  // ---- From the client to the server

  void clientRead(ByteBuf in) {
    bytesIn += in.readableBytes();
    clientFlow.read(in);
  }

  void clientReadComplete() {
    ServerLink to = link;
    XLogin with = login;
    if (to != null && with != null) {
      to.leg().flush();
      with.clientReadComplete();
    }
  }

  void toServer(ByteBuf frames) {
    connectedLink().leg().write(frames);
  }

  private ServerLink connectedLink() {
    return Objects.requireNonNull(link, "bytes flow before there is a server");
  }

  private XLogin connectedLogin() {
    return Objects.requireNonNull(login, "bytes flow before there is a server");
  }

  boolean clientFramePasses(ByteBuf in, int at, int length) {
    if (length >= XMessages.PREFIX) {
      switch (in.getUnsignedByte(at + TYPE)) {
        case ClientMessages.Type.CON_CAPABILITIES_SET_VALUE,
            ClientMessages.Type.SESS_AUTHENTICATE_START_VALUE -> {
          return false;
        }
        case ClientMessages.Type.SESS_AUTHENTICATE_CONTINUE_VALUE ->
            connectedLogin().authenticateContinue(in, at, length);
        default -> {
          // Only counted.
        }
      }
    }
    requests.frame(in, at, length);
    return true;
  }

  Interception interceptClientFrame(ByteBuf frame) {
    return connectedLogin().clientFrame(frame);
  }

  boolean clientStreamBegins(ByteBuf in, int at, long length) {
    int type = in.getUnsignedByte(at + TYPE);
    if (!tracker.authenticated()
        && (type == ClientMessages.Type.CON_CAPABILITIES_SET_VALUE
            || type == ClientMessages.Type.SESS_AUTHENTICATE_START_VALUE)) {
      // What cannot be looked at as a whole could switch TLS on, or carry a password, behind the
      // proxy's back.
      refuse(
          EndCause.CLIENT_REFUSED,
          new Refusal(
              5000,
              "HY000",
              "Message of " + length + " bytes is longer than the proxy's limits.hold-back"),
          "over-long message before authentication");
      return false;
    }
    requests.streamBegins(in, at, length);
    return true;
  }

  void clientStreamed(ByteBuf in, int at, int length) {
    requests.streamed(in, at, length);
  }

  void clientStreamEnds() {
    requests.streamEnds();
  }

  // ---- From the server to the client

  void serverRead(ByteBuf in) {
    serverFlow.read(in);
  }

  void serverReadComplete() {
    client.flush();
    XLogin with = login;
    if (with != null && !(phase instanceof XPhase.Ended)) {
      with.serverReadComplete();
    }
  }

  void toClient(ByteBuf frames) {
    bytesOut += frames.readableBytes();
    client.write(frames);
  }

  /** Sends something to the client at once; owns it. */
  void answer(ByteBuf frame) {
    toClient(frame);
    client.flush();
  }

  boolean serverFramePasses(ByteBuf in, int at, int length) {
    if (length < XMessages.PREFIX) {
      return true;
    }
    int type = in.getUnsignedByte(at + TYPE);
    switch (type) {
      case ServerMessages.Type.RESULTSET_ROW_VALUE,
          ServerMessages.Type.RESULTSET_COLUMN_META_DATA_VALUE,
          ServerMessages.Type.RESULTSET_FETCH_DONE_VALUE,
          ServerMessages.Type.RESULTSET_FETCH_SUSPENDED_VALUE,
          ServerMessages.Type.RESULTSET_FETCH_DONE_MORE_RESULTSETS_VALUE,
          ServerMessages.Type.RESULTSET_FETCH_DONE_MORE_OUT_PARAMS_VALUE,
          ServerMessages.Type.COMPRESSION_VALUE ->
          tracker.resultPart();
      case ServerMessages.Type.SQL_STMT_EXECUTE_OK_VALUE,
          ServerMessages.Type.SESS_AUTHENTICATE_CONTINUE_VALUE ->
          tracker.answered(type);
      case ServerMessages.Type.OK_VALUE -> {
        if (!(phase instanceof XPhase.Relaying)) {
          return false;
        }
        connectedLogin().answered(tracker.answered(type), true);
      }
      case ServerMessages.Type.ERROR_VALUE -> {
        if (!(phase instanceof XPhase.Relaying)) {
          return false;
        }
        serverRefused(in, at, length);
      }
      case ServerMessages.Type.CONN_CAPABILITIES_VALUE -> {
        return false;
      }
      case ServerMessages.Type.SESS_AUTHENTICATE_OK_VALUE -> {
        tracker.answered(type);
        cancelDeadline();
        authenticated();
      }
      case ServerMessages.Type.NOTICE_VALUE -> {
        if (!tracker.authenticated()) {
          noteClientId(in, at, length);
        }
      }
      default -> {
        // A message of the future: relayed, and no reason to believe that it ends a response.
      }
    }
    return true;
  }

  Interception interceptServerFrame(ByteBuf frame) {
    if (frame.getUnsignedByte(TYPE) == ServerMessages.Type.CONN_CAPABILITIES_VALUE) {
      return connectedLogin().serverCapabilities(frame);
    }
    return switch (phase) {
      case XPhase.EncryptingServer _ -> connectedLogin().ownTlsAnswered(frame);
      case XPhase.AgreeingOnTls(XPhase.TlsPlan plan) -> connectedLogin().tlsAnswered(frame, plan);
      case XPhase.Dialling _, XPhase.Relaying _, XPhase.Opaque _, XPhase.Ended _ ->
          Interception.FORWARD;
    };
  }

  boolean serverStreamBegins(ByteBuf in, int at) {
    switch (in.getUnsignedByte(at + TYPE)) {
      case ServerMessages.Type.RESULTSET_ROW_VALUE, ServerMessages.Type.COMPRESSION_VALUE ->
          tracker.resultPart();
      default -> {
        // Nothing else that a server sends is that long, and if it is, it changes no state.
      }
    }
    return true;
  }

  /** The server answered with an Error. */
  void serverRefused(ByteBuf in, int at, int length) {
    Mysqlx.Error error = XMessages.parse(Mysqlx.Error.parser(), in, at, length);
    boolean isFatal = error != null && error.getSeverity() == Mysqlx.Error.Severity.FATAL;
    int code = error == null ? UNREADABLE : error.getCode();
    connectedLogin().answered(tracker.failed(code, isFatal), false);
    if (error != null && isFatal) {
      serverSaid = "Error " + code + " " + error.getMsg();
    }
  }

  private void noteClientId(ByteBuf in, int at, int length) {
    MysqlxNotice.Frame notice = XMessages.parse(MysqlxNotice.Frame.parser(), in, at, length);
    if (notice == null || notice.getType() != MysqlxNotice.Frame.Type.SESSION_STATE_CHANGED_VALUE) {
      return;
    }
    try {
      var change = MysqlxNotice.SessionStateChanged.parseFrom(notice.getPayload());
      if (change.getParam() == MysqlxNotice.SessionStateChanged.Parameter.CLIENT_ID_ASSIGNED
          && change.getValueCount() == 1) {
        identified(change.getValue(0).getVUnsignedInt());
      }
    } catch (InvalidProtocolBufferException _) {
      // The client will make of it what it can; the log then lacks a number.
    }
  }

  // ---- Back-pressure

  void clientWritable(boolean writable) {
    ServerLink from = link;
    if (from != null) {
      if (writable) {
        from.leg().allowReading(Leg.PEER_IS_SLOW);
      } else {
        from.leg().stopReading(Leg.PEER_IS_SLOW);
      }
    }
  }

  void serverWritable(boolean writable) {
    if (phase instanceof XPhase.Ended) {
      return;
    }
    if (writable) {
      client.allowReading(Leg.PEER_IS_SLOW);
    } else {
      client.stopReading(Leg.PEER_IS_SLOW);
    }
  }

  // ---- How it ends

  /** The client has sent all it will, but may still want to read. */
  void clientFinished() {
    if (phase instanceof XPhase.Ended) {
      client.close();
      return;
    }
    if (clientFinished) {
      return;
    }
    clientFinished = true;
    ServerLink to = link;
    if (to == null) {
      end(EndCause.CLIENT_LEFT, "before a server was connected", null);
      return;
    }
    // As a direct connection would: the server sees the end of the stream, answers what it has
    // read, and closes.
    to.leg().finish();
    if (tracker.outstanding() == 0) {
      eventLoop()
          .schedule(
              () -> end(EndCause.CLIENT_LEFT, "the server did not close", null),
              LINGER_MILLIS,
              TimeUnit.MILLISECONDS);
    }
  }

  /** The client's connection is gone in both directions. */
  void clientClosed() {
    if (tracker.saidGoodbye() || clientFinished) {
      end(EndCause.CLIENT_LEFT, "", null);
    } else {
      end(EndCause.CLIENT_LOST, "", null);
    }
  }

  void clientFailed(Throwable cause) {
    switch (cause) {
      case IOException _ when !(cause instanceof SSLException) ->
          end(
              tracker.saidGoodbye() ? EndCause.CLIENT_LEFT : EndCause.CLIENT_LOST,
              reason(cause),
              null);
      default -> {
        if (isTls(cause)) {
          clientTlsFailed(cause);
        } else {
          bug(cause);
        }
      }
    }
  }

  /** The server will send nothing more. */
  void serverFinished() {
    if (tracker.saidGoodbye() || clientFinished) {
      end(EndCause.CLIENT_LEFT, "", null);
    } else if (!serverSaid.isEmpty()) {
      end(EndCause.SERVER_SAID, serverSaid, null);
    } else {
      end(EndCause.SERVER_CLOSED, "", null);
    }
  }

  void serverFailed(Throwable cause) {
    if (isTls(cause)) {
      serverTlsFailed(cause);
    } else if (cause instanceof IOException) {
      if (serverSaid.isEmpty() && !tracker.saidGoodbye()) {
        end(EndCause.SERVER_LOST, reason(cause), null);
      } else {
        serverFinished();
      }
    } else {
      bug(cause);
    }
  }

  void serverTlsFailed(Throwable cause) {
    refuse(
        EndCause.SERVER_TLS_FAILED,
        new Refusal(
            1043,
            Refusal.CONNECTION,
            "Bad handshake: TLS with the server " + server() + " failed: " + reason(cause)),
        reason(cause));
  }

  void clientTlsFailed(Throwable cause) {
    end(EndCause.CLIENT_TLS_FAILED, reason(cause), null);
  }

  private void bug(Throwable cause) {
    log.error("session={} a mistake of the proxy ends this session", id(), cause);
    end(EndCause.BUG, String.valueOf(cause), null);
  }

  private static boolean isTls(Throwable cause) {
    return cause instanceof SSLException
        || cause.getCause() instanceof SSLException
        || cause instanceof io.netty.handler.codec.DecoderException;
  }

  private static String reason(Throwable cause) {
    Throwable deepest = cause.getCause() instanceof SSLException tls ? tls : cause;
    String message = deepest.getMessage();
    return message == null ? deepest.getClass().getSimpleName() : message;
  }

  @Override
  public void proxyCloses() {
    end(EndCause.PROXY_CLOSED, "", null);
  }

  /** Ends a session that is not authenticated with a fatal Error, which is the only thing such a client understands. */
  void refuse(EndCause cause, Refusal refusal, String detail) {
    boolean canHear =
        !(phase instanceof XPhase.Opaque || phase instanceof XPhase.Ended)
            && !serverFlow.insideForwardedFrame();
    end(
        cause,
        detail,
        canHear ? refusal.frame(client.channel().alloc(), Mysqlx.Error.Severity.FATAL) : null);
  }

  /** The only way out: whatever ends a session comes through here, and only the first one counts. Owns {@code lastWords}. */
  private void end(EndCause cause, String detail, @Nullable ByteBuf lastWords) {
    if (!ended(cause, activity(), detail)) {
      if (lastWords != null) {
        lastWords.release();
      }
      return;
    }
    move(new XEvent.SessionEnded());
    cancelDeadline();
    clientFlow.end();
    serverFlow.end();
    requests.close();
    ServerLink from = link;
    if (from != null) {
      from.leg().close();
    }
    if (lastWords != null) {
      toClient(lastWords);
    }
    client.linger(LINGER_MILLIS);
  }

  private void cancelDeadline() {
    if (deadline != null) {
      deadline.cancel(false);
      deadline = null;
    }
  }
}
