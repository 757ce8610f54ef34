package dev.lastword.x;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.lastword.config.Listener.WhenNoServer;
import dev.lastword.farewell.Cause;
import dev.lastword.farewell.Farewell;
import dev.lastword.farewell.Verdict;
import dev.lastword.relay.FrameFlow.Interception;
import dev.lastword.relay.Leg;
import dev.lastword.server.ServerLink;
import dev.lastword.session.Activity;
import dev.lastword.session.Refusal;
import dev.lastword.session.RelayedSession;
import dev.lastword.session.SessionRegistry;
import dev.lastword.status.NoticeKind;
import dev.lastword.x.protobuf.Mysqlx;
import dev.lastword.x.protobuf.Mysqlx.ClientMessages;
import dev.lastword.x.protobuf.Mysqlx.ServerMessages;
import dev.lastword.x.protobuf.MysqlxNotice;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One X session: a client's leg, a server link, and what is decided between them.
 *
 * <p>Almost everything is relayed. The proxy acts itself where TLS ends at it (the capabilities, and the refusal of a password that
 * others could read), where a session cannot be served, and where it ends. {@link XPhase} says how far the connection has come, {@link
 * XTracker} what the two sides owe each other.
 */
public final class XSession extends RelayedSession {
  private static final int TYPE = 4;

  /** The default of mysqlx_max_allowed_packet, in bytes. */
  private static final long LONGEST_ACCEPTED = 64 << 20;

  /** The one Error that MySQL calls fatal although the session goes on: a capability that came behind a Session.Reset. */
  private static final int CAPABILITY_NOT_ALLOWED = 5009;

  /** Stands for the code of an Error that cannot be parsed. */
  private static final int UNREADABLE = 0xffff;

  private final XService service;
  private final ClientFlow clientFlow;
  private final ServerFlow serverFlow;
  private final XTracker tracker = new XTracker();
  private final XRequests requests = new XRequests(tracker);
  private final XSent sent;

  private XPhase phase = new XPhase.Dialling();
  private @Nullable XLogin login;
  private boolean wasOpaque;
  private long streamedLength;
  private @Nullable NoticeKind rareNotice;

  /** Makes a session for a client that has just connected; {@link #start} makes it live. */
  public XSession(
      SessionRegistry.Ticket ticket, String clientAddress, Leg client, XService service) {
    super(ticket, clientAddress, client, service.shared());
    this.service = service;
    this.sent = new XSent(service.sent());
    int holdBack = service.shared().holdBack();
    this.clientFlow = new ClientFlow(this, client.channel().alloc(), holdBack);
    this.serverFlow = new ServerFlow(this, client.channel().alloc(), holdBack);
    // Some bytes come although the channel is not read: those before the end of the client's
    // stream.
    clientFlow.pause();
  }

  // ---- What the session is doing

  @Override
  public Activity activity() {
    return switch (phase) {
      case XPhase.Dialling _, XPhase.EncryptingServer _ -> Activity.CONNECTING;
      case XPhase.Relaying _, XPhase.AgreeingOnTls _ -> relayed();
      case XPhase.Opaque _ -> Activity.OPAQUE;
      // What it was doing when the server left it.
      case XPhase.Diagnosing _ when wasOpaque -> Activity.OPAQUE;
      case XPhase.Diagnosing _ -> relayed();
      case XPhase.Ended _ -> Activity.ENDED;
    };
  }

  private Activity relayed() {
    if (!tracker.authenticated()) {
      return Activity.UNAUTHENTICATED;
    }
    if (tracker.outstanding() == 0) {
      return Activity.IDLE;
    }
    return tracker.midResult() ? Activity.MID_RESULT : Activity.WAITING;
  }

  @Override
  public String protocol() {
    return "x";
  }

  /** The client's own status variables; to be called on the event loop. */
  @Override
  public Map<String, Long> statusVariables() {
    return sent.statusVariables();
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

  @Override
  protected void serverConnected(ServerLink to) {
    XLogin with = new XLogin(this, service, client, to, tracker, requests, clientFlow, serverFlow);
    login = with;
    boolean ownTls = with.wantsOwnTls();
    move(new XEvent.ServerConnected(ownTls));
    to.leg().allowReading(Leg.NOT_READY);
    if (ownTls) {
      with.requestOwnTls();
    } else {
      listenToClient();
    }
  }

  private void listenToClient() {
    client.allowReading(Leg.NOT_READY);
    clientFlow.resume();
    clientReadComplete();
    serverReady();
  }

  /** The server's leg is as the configuration wants it: the client may speak. */
  void ownTlsSettled() {
    if (phase instanceof XPhase.EncryptingServer) {
      move(new XEvent.TlsSettled());
      listenToClient();
    }
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

  @Override
  protected void clientRead(ByteBuf in) {
    clientFlow.read(in);
  }

  @Override
  protected void clientReadComplete() {
    ServerLink to = link();
    XLogin with = login;
    if (to != null && with != null) {
      to.leg().flush();
      with.clientReadComplete();
    }
  }

  void forwardToServer(ByteBuf frames) {
    toServer(frames);
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
      refuseClient(
          new Refusal(
              5000,
              "HY000",
              "Message of " + length + " bytes is longer than the proxy's limits.hold-back"),
          "over-long message before authentication");
      return false;
    }
    streamedLength = length;
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

  @Override
  protected void serverRead(ByteBuf in) {
    serverFlow.read(in);
  }

  @Override
  protected void serverReadComplete() {
    if (client.allLeft()) {
      sent.allLeft();
    }
    XLogin with = login;
    if (with != null && !isOver()) {
      with.serverReadComplete();
    }
  }

  void forwardToClient(ByteBuf frames) {
    toClient(frames);
  }

  /** Sends something to the client at once; owns it. */
  void answerClient(ByteBuf frame) {
    answer(frame);
  }

  boolean serverFramePasses(ByteBuf in, int at, int length) {
    if (length < XMessages.PREFIX) {
      return true;
    }
    int type = in.getUnsignedByte(at + TYPE);
    if (type == ServerMessages.Type.NOTICE_VALUE) {
      return noticePasses(in, at, length);
    }
    sent.message();
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
      default -> {
        // A message of the future: relayed, and no reason to believe that it ends a response.
      }
    }
    return true;
  }

  private boolean noticePasses(ByteBuf in, int at, int length) {
    if (!tracker.authenticated()) {
      noteClientId(in, at, length);
    }
    rareNotice = sent.notice(in, at, length);
    return rareNotice == null;
  }

  /** A notice of which each one counts: it is written by itself, so that it is known when it has been. */
  private Interception rareNotice(ByteBuf frame, NoticeKind kind) {
    rareNotice = null;
    if (kind.code() != 0 && XNotices.endsSession(kind.code())) {
      serverSaid("notice " + kind.code());
      if (kind.code() == Cause.Reason.SHUTDOWN.xCode()) {
        service.shared().diagnoser().heardShutdown(connectedLink().target());
      }
    }
    toClientAndTell(frame.retainedSlice())
        .addListener(written -> {
          if (written.isSuccess()) {
            sent.sent(kind);
          }
        });
    return Interception.DROP;
  }

  Interception interceptServerFrame(ByteBuf frame) {
    NoticeKind kind = rareNotice;
    if (kind != null) {
      return rareNotice(frame, kind);
    }
    if (frame.getUnsignedByte(TYPE) == ServerMessages.Type.CONN_CAPABILITIES_VALUE) {
      return connectedLogin().serverCapabilities(frame);
    }
    return switch (phase) {
      case XPhase.EncryptingServer _ -> connectedLogin().ownTlsAnswered(frame);
      case XPhase.AgreeingOnTls(XPhase.TlsPlan plan) -> connectedLogin().tlsAnswered(frame, plan);
      case XPhase.Dialling _,
          XPhase.Relaying _,
          XPhase.Opaque _,
          XPhase.Diagnosing _,
          XPhase.Ended _ ->
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
    boolean isFatal =
        error != null
            && error.getSeverity() == Mysqlx.Error.Severity.FATAL
            && error.getCode() != CAPABILITY_NOT_ALLOWED;
    int code = error == null ? UNREADABLE : error.getCode();
    connectedLogin().answered(tracker.failed(code, isFatal), false);
    if (error != null && isFatal) {
      serverExplained("Error " + code + " " + error.getMsg());
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

  // ---- How it ends: Ending decides, and acts through these

  void tlsFailedWithClient(Throwable failure) {
    clientTlsFailed(failure);
  }

  void tlsFailedWithServer(Throwable failure) {
    serverTlsFailed(failure);
  }

  /** Ends a session whose client said what it must not. */
  void refuseClient(Refusal refusal, String detail) {
    refuse(refusal, detail);
  }

  @Override
  protected boolean loggedIn() {
    return tracker.authenticated();
  }

  @Override
  protected int outstanding() {
    return tracker.outstanding();
  }

  @Override
  protected long requests() {
    return tracker.requests();
  }

  @Override
  protected boolean askedToLeave() {
    return tracker.askedToLeave();
  }

  /** Only over X does a server say that it was a kill. */
  @Override
  protected boolean isKilledSilently() {
    return false;
  }

  @Override
  protected boolean sendsTooMuch() {
    return clientFlow.insideForwardedFrame() && streamedLength > LONGEST_ACCEPTED;
  }

  @Override
  protected boolean isOver() {
    return phase instanceof XPhase.Ended;
  }

  @Override
  protected boolean isDiagnosing() {
    return phase instanceof XPhase.Diagnosing;
  }

  @Override
  protected boolean isRelaying() {
    return phase instanceof XPhase.Relaying;
  }

  @Override
  protected boolean insideMessageToClient() {
    return serverFlow.insideForwardedFrame();
  }

  @Override
  protected void serverIsGone() {
    wasOpaque = phase instanceof XPhase.Opaque;
    move(new XEvent.ServerGone());
    clientFlow.pause();
    client.stopReading(Leg.NOT_READY);
    connectedLink().leg().close();
  }

  @Override
  protected void stopFlowing() {
    move(new XEvent.SessionEnded());
    clientFlow.end();
    serverFlow.end();
    requests.close();
  }

  @Override
  protected void leave(ServerLink server) {
    server.leg().close();
  }

  @Override
  protected Farewell farewell(Cause cause) {
    return Farewell.x(
        cause,
        new Farewell.Hearing(
            tracker.hearsNotices(),
            tracker.outstanding() > 0 || halfRequest(),
            tracker.warningsOff(),
            insideMessageToClient(),
            service.shared().whenNoServer() == WhenNoServer.CLOSE && !tracker.everAuthenticated(),
            activity() == Activity.OPAQUE));
  }

  @Override
  protected Farewell refusal(Refusal refusal) {
    return new Farewell.FatalError(refusal.code(), refusal.sqlState());
  }

  @Override
  protected ByteBuf words(Farewell farewell, Verdict verdict, @Nullable String instead) {
    ByteBufAllocator allocator = client.channel().alloc();
    String text = instead == null ? verdict.xText() : instead;
    return switch (farewell) {
      case Farewell.Notice(int code) -> XNotices.farewell(allocator, code, text);
      case Farewell.FatalError(int code, String sqlState) ->
          XMessages.error(allocator, Mysqlx.Error.Severity.FATAL, code, sqlState, text);
      case Farewell.ErrorAndNotice(int code, String sqlState) ->
          Unpooled.wrappedBuffer(
              XMessages.error(allocator, Mysqlx.Error.Severity.FATAL, code, sqlState, text),
              XNotices.farewell(allocator, code, text));
      case Farewell.Err _, Farewell.Nothing _ ->
          throw new IllegalArgumentException("no X client is told " + farewell);
    };
  }

  @Override
  protected void said(Farewell farewell) {
    switch (farewell) {
      case Farewell.Notice(int code) -> sentNotice(code);
      case Farewell.FatalError _ -> sent.sentError();
      case Farewell.ErrorAndNotice(int code, _) -> {
        sent.sentError();
        sentNotice(code);
      }
      case Farewell.Err _, Farewell.Nothing _ -> {
        // Nothing of the kind was written.
      }
    }
  }

  private void sentNotice(int code) {
    sent.sent(
        new NoticeKind(
            NoticeKind.Type.WARNING, NoticeKind.Scope.GLOBAL, code, NoticeKind.Origin.PROXY));
  }

  @Override
  protected void told() {
    if (client.allLeft()) {
      sent.allLeft();
    }
  }
}
