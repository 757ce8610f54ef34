package dev.lastword.x;

import com.google.protobuf.ByteString;
import dev.lastword.config.ClientTls;
import dev.lastword.config.Endpoint;
import dev.lastword.config.ServerTls;
import dev.lastword.relay.FrameFlow.Interception;
import dev.lastword.relay.Leg;
import dev.lastword.server.ServerLink;
import dev.lastword.session.Refusal;
import dev.lastword.x.compression.Algorithm;
import dev.lastword.x.protobuf.Mysqlx;
import dev.lastword.x.protobuf.Mysqlx.ClientMessages;
import dev.lastword.x.protobuf.Mysqlx.ServerMessages;
import dev.lastword.x.protobuf.MysqlxConnection.Capabilities;
import dev.lastword.x.protobuf.MysqlxConnection.CapabilitiesSet;
import dev.lastword.x.protobuf.MysqlxConnection.Capability;
import dev.lastword.x.protobuf.MysqlxDatatypes.Any;
import dev.lastword.x.protobuf.MysqlxDatatypes.Scalar;
import dev.lastword.x.protobuf.MysqlxSession;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelPipeline;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * What happens between connecting and being authenticated, where the proxy is more than a wire: TLS ends at it, so it has a say in the
 * capabilities, and it keeps passwords off legs on which others can listen. Everything else of a login is the server's business and
 * passes.
 */
final class XLogin {
  private static final int TYPE = 4;

  /** How long a server may take to greet before an answer of the proxy itself is not held up any longer. */
  private static final long GREETING_MILLIS = 200;

  /** As many failures as a server allows one connection. */
  private static final int TRIES = 3;

  private static final CapabilitiesSet TLS_PLEASE =
      CapabilitiesSet.newBuilder()
          .setCapabilities(
              Capabilities.newBuilder()
                  .addCapabilities(
                      Capability.newBuilder()
                          .setName("tls")
                          .setValue(
                              Any.newBuilder()
                                  .setType(Any.Type.SCALAR)
                                  .setScalar(
                                      Scalar.newBuilder()
                                          .setType(Scalar.Type.V_BOOL)
                                          .setVBool(true)))))
          .build();

  private final XSession session;
  private final XService service;
  private final Leg client;
  private final ServerLink server;
  private final XTracker tracker;
  private final XRequests requests;
  private final ClientFlow clientFlow;
  private final ServerFlow serverFlow;

  private @Nullable Algorithm requestedCompression;
  private boolean greetingIsOver;
  private boolean waitingForAnswers;
  private boolean okAfterRead;
  private int refusedTries;

  XLogin(
      XSession session,
      XService service,
      Leg client,
      ServerLink server,
      XTracker tracker,
      XRequests requests,
      ClientFlow clientFlow,
      ServerFlow serverFlow) {
    this.session = session;
    this.service = service;
    this.client = client;
    this.server = server;
    this.tracker = tracker;
    this.requests = requests;
    this.clientFlow = clientFlow;
    this.serverFlow = serverFlow;
  }

  // ---- TLS towards the server, which the configuration wants whatever the client does

  /** Whether that is so. A Unix domain socket is encrypted only if the configuration insists. */
  boolean wantsOwnTls() {
    return switch (server.target().server().tls().mode()) {
      case DISABLED, AS_CLIENT -> false;
      case PREFERRED -> server.target().endpoint() instanceof Endpoint.Tcp;
      case REQUIRED -> true;
    };
  }

  /** Asks for it. */
  void requestOwnTls() {
    server
        .leg()
        .write(
            XMessages.frame(
                allocator(), ClientMessages.Type.CON_CAPABILITIES_SET_VALUE, TLS_PLEASE));
    server.leg().flush();
  }

  /** The server's answer; the client does not hear of it. */
  Interception ownTlsAnswered(ByteBuf frame) {
    if (frame.getUnsignedByte(TYPE) == ServerMessages.Type.OK_VALUE) {
      server
          .startTls()
          .addListener(handshake -> {
            if (handshake.isSuccess()) {
              session.ownTlsSettled();
            } else {
              session.tlsFailedWithServer(handshake.cause());
            }
          });
      return Interception.DROP;
    }
    Mysqlx.Error error = XMessages.parse(Mysqlx.Error.parser(), frame, 0, frame.readableBytes());
    if (error != null && error.getSeverity() == Mysqlx.Error.Severity.FATAL) {
      session.serverRefused(frame, 0, frame.readableBytes());
      return Interception.FORWARD;
    }
    if (server.target().server().tls().mode() == ServerTls.Mode.REQUIRED) {
      session.tlsFailedWithServer(new SSLException("the server offers no TLS"));
    } else {
      session.ownTlsSettled();
    }
    return Interception.DROP;
  }

  // ---- Messages of the client

  /** Looks at a CapabilitiesSet or an AuthenticateStart. */
  Interception clientFrame(ByteBuf frame) {
    int type = frame.getUnsignedByte(TYPE);
    if (!tracker.authenticated() || tracker.outstanding() > 0) {
      Interception ours =
          type == ClientMessages.Type.CON_CAPABILITIES_SET_VALUE
              ? capabilitiesSet(frame)
              : authenticateStart(frame);
      if (ours != Interception.FORWARD) {
        return ours;
      }
    }
    tracker.request(type, Effect.NONE);
    return Interception.FORWARD;
  }

  private Interception capabilitiesSet(ByteBuf frame) {
    CapabilitiesSet wanted =
        XMessages.parse(CapabilitiesSet.parser(), frame, 0, frame.readableBytes());
    if (wanted == null) {
      return Interception.FORWARD;
    }
    Algorithm algorithm = XCapabilities.algorithm(wanted);
    XCapabilities.SetDecision decision = XCapabilities.decide(wanted, legs());
    if (algorithm == null && decision instanceof XCapabilities.SetDecision.Forward) {
      return Interception.FORWARD;
    }
    if (tracker.outstanding() > 0) {
      return afterAllAnswers();
    }
    if (tracker.everAuthenticated()) {
      return Interception.FORWARD;
    }
    if (!greetingIsOver && isOurs(decision)) {
      return afterAllAnswers();
    }
    requestedCompression = algorithm;
    return switch (decision) {
      case XCapabilities.SetDecision.Forward() -> Interception.FORWARD;
      case XCapabilities.SetDecision.EncryptBoth() -> {
        agreeOnTls(XPhase.TlsPlan.BOTH_LEGS);
        yield Interception.FORWARD;
      }
      case XCapabilities.SetDecision.PassThrough() -> {
        agreeOnTls(XPhase.TlsPlan.PASS_THROUGH);
        yield Interception.FORWARD;
      }
      case XCapabilities.SetDecision.EncryptClient(CapabilitiesSet rest) -> {
        agreeOnTls(XPhase.TlsPlan.CLIENT_LEG);
        if (rest == null) {
          okAfterRead = true;
        } else {
          int type = ClientMessages.Type.CON_CAPABILITIES_SET_VALUE;
          tracker.request(type, Effect.NONE);
          session.forwardToServer(XMessages.frame(allocator(), type, rest));
        }
        yield Interception.DROP;
      }
      case XCapabilities.SetDecision.RefuseTls() ->
          answerError(new Refusal(5001, "HY000", "Capability prepare failed for 'tls'"));
      case XCapabilities.SetDecision.RefuseDuplicate() ->
          answerError(new Refusal(5019, "HY000", "Duplicated capability: 'tls'"));
    };
  }

  private Interception answerError(Refusal refusal) {
    session.answerClient(
        XMessages.error(
            allocator(),
            Mysqlx.Error.Severity.ERROR,
            refusal.code(),
            refusal.sqlState(),
            refusal.text()));
    return Interception.DROP;
  }

  private Interception authenticateStart(ByteBuf frame) {
    MysqlxSession.AuthenticateStart start =
        XMessages.parse(MysqlxSession.AuthenticateStart.parser(), frame, 0, frame.readableBytes());
    if (start == null) {
      return Interception.FORWARD;
    }
    boolean plain = start.getMechName().equals(XCapabilities.PLAIN);
    XCapabilities.Legs legs = legs();
    boolean exposed = !legs.clientSecure() && service.tls() != ClientTls.Mode.PASSTHROUGH;
    boolean passwordInTheClear = exposed && plain && legs.serverSecure();
    boolean tlsMissing = exposed && service.tls() == ClientTls.Mode.REQUIRED;
    if (passwordInTheClear || tlsMissing) {
      if (answersAreDue()) {
        return afterAllAnswers();
      }
      if (passwordInTheClear) {
        session.refuseClient(
            new Refusal(1251, "HY000", "Invalid authentication method PLAIN"), "PLAIN without TLS");
      } else {
        refuseWithoutTls();
      }
      return Interception.DROP;
    }
    if (plain) {
      noteUser(start.getAuthData());
    }
    return Interception.FORWARD;
  }

  /** As a server does that has require_secure_transport on, with as many tries. */
  private void refuseWithoutTls() {
    Refusal refusal =
        new Refusal(
            3159,
            "HY000",
            "Connections using insecure transport are prohibited while"
                + " --require_secure_transport=ON.");
    refusedTries++;
    if (refusedTries < TRIES) {
      session.answerClient(
          XMessages.error(
              allocator(),
              Mysqlx.Error.Severity.ERROR,
              refusal.code(),
              refusal.sqlState(),
              refusal.text()));
    } else {
      session.refuseClient(refusal, "no TLS, which this listener requires");
    }
  }

  /** Takes the account name from an AuthenticateContinue, for the log. */
  void authenticateContinue(ByteBuf in, int at, int length) {
    MysqlxSession.AuthenticateContinue message =
        XMessages.parse(MysqlxSession.AuthenticateContinue.parser(), in, at, length);
    if (message != null && !tracker.authenticated()) {
      noteUser(message.getAuthData());
    }
  }

  /** SCHEMA NUL USER NUL SECRET, as PLAIN, MYSQL41 and SHA256_MEMORY all have it; other mechanisms show nothing here. */
  private void noteUser(ByteString data) {
    int from = indexOfNul(data, 0) + 1;
    int to = from == 0 ? -1 : indexOfNul(data, from);
    if (to > from) {
      session.claimed(data.substring(from, to).toStringUtf8());
    }
  }

  private static int indexOfNul(ByteString data, int from) {
    for (int i = from; i < data.size(); i++) {
      if (data.byteAt(i) == 0) {
        return i;
      }
    }
    return -1;
  }

  // ---- Answers of the server

  /** The server ended the response to a request. */
  void answered(int request, boolean ok) {
    if (request == ClientMessages.Type.CON_CAPABILITIES_SET_VALUE && requestedCompression != null) {
      if (ok) {
        requests.compressedWith(requestedCompression);
      }
      requestedCompression = null;
    }
  }

  /** The capabilities on their way to the client. */
  Interception serverCapabilities(ByteBuf frame) {
    tracker.answered(ServerMessages.Type.CONN_CAPABILITIES_VALUE);
    Capabilities offered = XMessages.parse(Capabilities.parser(), frame, 0, frame.readableBytes());
    if (offered == null) {
      return Interception.FORWARD;
    }
    Capabilities visible = XCapabilities.visible(offered, legs());
    if (visible.equals(offered)) {
      return Interception.FORWARD;
    }
    session.forwardToClient(
        XMessages.frame(allocator(), ServerMessages.Type.CONN_CAPABILITIES_VALUE, visible));
    return Interception.DROP;
  }

  /** The answer to a client that asked for TLS. */
  Interception tlsAnswered(ByteBuf frame, XPhase.TlsPlan plan) {
    int type = frame.getUnsignedByte(TYPE);
    if (type != ServerMessages.Type.OK_VALUE) {
      session.serverRefused(frame, 0, frame.readableBytes());
      session.move(new XEvent.TlsRefused());
      session.answerClient(frame.retainedSlice());
      goOn();
      return Interception.DROP;
    }
    answered(tracker.answered(type), true);
    session.answerClient(frame.retainedSlice());
    switch (plan) {
      case BOTH_LEGS -> {
        server
            .startTls()
            .addListener(handshake -> {
              if (!handshake.isSuccess()) {
                session.tlsFailedWithServer(handshake.cause());
              }
            });
        encryptClient();
      }
      case CLIENT_LEG -> encryptClient();
      case PASS_THROUGH -> {
        session.move(new XEvent.PassedThrough());
        serverFlow.becomeOpaque();
        clientFlow.becomeOpaque();
        goOn();
      }
    }
    return Interception.DROP;
  }

  // ---- Waiting

  /** Whether the proxy itself answers, and not the server. */
  private static boolean isOurs(XCapabilities.SetDecision decision) {
    return switch (decision) {
      case XCapabilities.SetDecision.Forward _,
          XCapabilities.SetDecision.EncryptBoth _,
          XCapabilities.SetDecision.PassThrough _ ->
          false;
      case XCapabilities.SetDecision.EncryptClient(CapabilitiesSet rest) -> rest == null;
      case XCapabilities.SetDecision.RefuseTls _, XCapabilities.SetDecision.RefuseDuplicate _ ->
          true;
    };
  }

  /** An answer of the proxy itself must not overtake those that the server still owes, its greeting among them. */
  private boolean answersAreDue() {
    return tracker.outstanding() > 0 || !greetingIsOver;
  }

  private Interception afterAllAnswers() {
    waitingForAnswers = true;
    client.stopReading(Leg.NOT_READY);
    if (!greetingIsOver) {
      // It need not greet at all: mysqlx_enable_hello_notice.
      session
          .eventLoop()
          .schedule(this::serverReadComplete, GREETING_MILLIS, TimeUnit.MILLISECONDS);
    }
    return Interception.WAIT;
  }

  /** The server is asked, and until it has answered nothing else of the client is looked at: it may be TLS. */
  private void agreeOnTls(XPhase.TlsPlan plan) {
    session.move(new XEvent.TlsRequested(plan));
    clientFlow.pause();
    client.stopReading(Leg.NOT_READY);
  }

  /** All that was read of the client has been looked at, or is held. */
  void clientReadComplete() {
    if (okAfterRead) {
      // Not before: bytes that came in the same read belong to TLS, and only now all of them are
      // held.
      okAfterRead = false;
      session.answerClient(XMessages.ok(allocator()));
      encryptClient();
    }
  }

  /** All that was read of the server has been forwarded, or it has had its time to greet. */
  void serverReadComplete() {
    greetingIsOver = true;
    if (session.isOver()) {
      return;
    }
    if (waitingForAnswers && tracker.outstanding() == 0) {
      waitingForAnswers = false;
      goOn();
    }
  }

  private void goOn() {
    client.allowReading(Leg.NOT_READY);
    clientFlow.resume();
    session.clientReadComplete();
  }

  /** The client has been told Ok; what it says from here on is TLS, even if it has been read already. */
  private void encryptClient() {
    session.move(new XEvent.TlsSettled());
    ByteBuf early = clientFlow.takeHeld();
    service
        .encryption()
        .start(client)
        .addListener(handshake -> {
          if (!handshake.isSuccess()) {
            session.tlsFailedWithClient(handshake.cause());
          }
        });
    clientFlow.resume();
    if (early != null) {
      ChannelPipeline pipeline = client.channel().pipeline();
      pipeline.fireChannelRead(early).fireChannelReadComplete();
    }
    client.allowReading(Leg.NOT_READY);
  }

  private XCapabilities.Legs legs() {
    boolean serverEncrypted = server.leg().encrypted();
    return new XCapabilities.Legs(
        service.tls(),
        server.target().server().tls().mode() == ServerTls.Mode.AS_CLIENT && !serverEncrypted,
        client.encrypted(),
        client.secure(),
        serverEncrypted,
        server.leg().secure());
  }

  private ByteBufAllocator allocator() {
    return client.channel().alloc();
  }
}
