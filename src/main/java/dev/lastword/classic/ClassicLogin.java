package dev.lastword.classic;

import dev.lastword.config.ClientTls;
import dev.lastword.config.Endpoint;
import dev.lastword.config.ServerTls;
import dev.lastword.relay.FrameFlow.Interception;
import dev.lastword.relay.Leg;
import dev.lastword.server.ServerLink;
import dev.lastword.session.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelPipeline;
import java.security.KeyPair;
import java.util.Objects;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * What happens between connecting and being logged in: the greeting, TLS on either leg, and the exchange of {@link Authentication}. The
 * two legs count their packets apart, since one may have an SSLRequest that the other has not.
 */
final class ClassicLogin implements Authentication.Legs {
  private final ClassicSession session;
  private final ClassicService service;
  private final Leg client;
  private final ServerLink server;
  private final PacketFlow clientFlow;
  private final PacketFlow serverFlow;

  private @Nullable Greeting greeting;
  private @Nullable HandshakeResponse response;
  private @Nullable ByteBuf waitingResponse;
  private @Nullable Authentication authentication;
  private boolean tlsAfterRead;

  /** While the server is read, what it says is sent on when all of it has been, and not packet by packet. */
  private boolean readingServer;

  /** The last numbers on each leg, whoever sent them; {@link #authentication} counts on from them. */
  private int clientSequence = 0xff;

  private int serverSequence = 0xff;

  /** How far the number of the client's response is from the right one. */
  private int ahead;

  ClassicLogin(
      ClassicSession session,
      ClassicService service,
      Leg client,
      ServerLink server,
      PacketFlow clientFlow,
      PacketFlow serverFlow) {
    this.session = session;
    this.service = service;
    this.client = client;
    this.server = server;
    this.clientFlow = clientFlow;
    this.serverFlow = serverFlow;
  }

  // ---- From the server

  /** A packet of a server that has not let the client in. */
  Interception serverFrame(ByteBuf frame) {
    readingServer = true;
    try {
      said(frame);
    } finally {
      readingServer = false;
    }
    return Interception.DROP;
  }

  private void said(ByteBuf frame) {
    ByteBuf payload = frame.slice(Packets.HEADER, frame.readableBytes() - Packets.HEADER);
    int first = payload.isReadable() ? payload.getUnsignedByte(0) : -1;
    if (first == Packets.ERR) {
      refusedByServer(frame, payload);
    } else if (greeting == null) {
      greeted(frame, payload);
    } else if (authentication == null) {
      session.strangeServer("speaks although it is the client's turn");
    } else if (first == Packets.OK) {
      authentication.ends(frame);
      session.clientLoggedIn(agreed(), statusOfOk(payload));
    } else {
      authentication.server(frame);
    }
  }

  private void refusedByServer(ByteBuf frame, ByteBuf payload) {
    int end = payload.writerIndex();
    session.explainedByServer(
        "ERR " + Packets.errCode(payload, 0, end) + " " + Packets.errText(payload, 0, end));
    if (authentication != null) {
      authentication.ends(frame);
    } else {
      ByteBuf copy = frame.copy();
      int wrong = Packets.sequence(frame, 0) - Packets.after(serverSequence);
      clientSequence = (Packets.after(clientSequence) + wrong) & 0xff;
      copy.setByte(3, clientSequence);
      session.forwardToClient(copy);
    }
  }

  private void greeted(ByteBuf frame, ByteBuf payload) {
    Greeting read = Greeting.parse(payload);
    if (read == null) {
      session.strangeServer("greets as no MySQL server does");
      return;
    }
    greeting = read;
    session.numberedByServer(read.threadId());
    serverSequence = Packets.sequence(frame, frame.readerIndex());
    clientSequence = serverSequence;
    ByteBuf copy = frame.copy();
    read.offerTls(
        copy.slice(Packets.HEADER, copy.readableBytes() - Packets.HEADER), offersTls(read));
    session.forwardToClient(copy);
    session.move(ClassicPhase.Event.GREETED);
    session.listenToClient();
  }

  /** Whether a MariaDB server has greeted. */
  boolean isWithMariaDb() {
    Greeting theirs = greeting;
    return theirs != null && theirs.isMariaDb();
  }

  private boolean offersTls(Greeting greeting) {
    boolean serverCan = Capabilities.has(greeting.capabilities(), Capabilities.SSL);
    return switch (service.tls()) {
      case DISABLED -> false;
      case PASSTHROUGH -> serverCan;
      case PREFERRED, REQUIRED ->
          serverCan || server.target().server().tls().mode() != ServerTls.Mode.AS_CLIENT;
    };
  }

  private static int statusOfOk(ByteBuf payload) {
    int at = 1;
    for (int number = 0; number < 2 && at < payload.writerIndex(); number++) {
      at += Packets.lengthEncodedBytes(payload.getUnsignedByte(at));
    }
    return payload.writerIndex() - at < 2 ? StatusFlags.AUTOCOMMIT : payload.getUnsignedShortLE(at);
  }

  /** What both sides have said that they can. */
  private long agreed() {
    Greeting theirs = greeting;
    HandshakeResponse ours = response;
    return theirs == null || ours == null ? 0 : theirs.capabilities() & ours.capabilities();
  }

  // ---- From the client

  /** A packet of a client that has been greeted and is not logged in. */
  Interception clientFrame(ByteBuf frame) {
    ByteBuf payload = frame.slice(Packets.HEADER, frame.readableBytes() - Packets.HEADER);
    int number = Packets.sequence(frame, 0);
    if (authentication != null) {
      if (number == 0 && !authentication.clientsTurn()) {
        // The first command, sent before it was known whether the client is let in.
        client.stopReading(Leg.NOT_READY);
        return Interception.WAIT;
      }
      return authentication.client(frame);
    }
    if (HandshakeResponse.isSslRequest(payload)) {
      return sslRequest(number);
    }
    HandshakeResponse read = HandshakeResponse.parse(payload);
    if (read != null) {
      response = read;
      session.claimed(read.user());
    }
    // A client that counts wrongly is left to the server, which says what it thinks of it.
    ahead = number - Packets.after(clientSequence);
    clientSequence = number;
    if (service.tls() == ClientTls.Mode.REQUIRED && !client.secure()) {
      session.refuseClient(
          new Refusal(
              3159,
              "HY000",
              "Connections using insecure transport are prohibited while"
                  + " --require_secure_transport=ON."),
          "no TLS, which this listener requires");
      return Interception.DROP;
    }
    waitingResponse = frame.copy();
    if (wantsServerTls()) {
      encryptServer(payload);
    } else {
      sendResponse();
    }
    return Interception.DROP;
  }

  private Interception sslRequest(int number) {
    Greeting theirs = Objects.requireNonNull(greeting);
    if (number != Packets.after(clientSequence)) {
      outOfOrder();
      return Interception.DROP;
    }
    if (!offersTls(theirs) || client.encrypted()) {
      clientSequence = number;
      session.refuseClient(
          new Refusal(1043, "08S01", "Bad handshake"), "TLS, which was not offered");
      return Interception.DROP;
    }
    if (service.tls() == ClientTls.Mode.PASSTHROUGH) {
      session.move(ClassicPhase.Event.PASSED_THROUGH);
      serverFlow.becomeOpaque();
      clientFlow.becomeOpaque();
      return Interception.FORWARD;
    }
    clientSequence = number;
    session.move(ClassicPhase.Event.CLIENT_WANTS_TLS);
    clientFlow.pause();
    client.stopReading(Leg.NOT_READY);
    tlsAfterRead = true;
    return Interception.DROP;
  }

  private void outOfOrder() {
    session.refuseClient(
        new Refusal(1156, "08S01", "Got packets out of order"),
        "a packet with a wrong number before authentication");
  }

  /** A packet begins that is longer than what is kept, and longer than any login. */
  void tooLong(int number, long length) {
    if (number == nextToClient()) {
      session.refuseClient(
          new Refusal(1153, "08S01", "Got a packet bigger than 'max_allowed_packet' bytes"),
          "a packet of " + length + " bytes before authentication");
    } else {
      outOfOrder();
    }
  }

  /** What came of the client is not a whole packet: one with a wrong number, such as TLS or HTTP has, need not be waited for. */
  private void lookAtBeginning() {
    int header = clientFlow.beginning();
    if (authentication == null
        && header != 0
        && (header >>> 24) != Packets.after(clientSequence)
        && !session.isOver()) {
      outOfOrder();
    }
  }

  /** All that was read of the client has been looked at, or is held, and what is held belongs to TLS. */
  void clientReadComplete() {
    if (tlsAfterRead) {
      tlsAfterRead = false;
      ByteBuf early = clientFlow.takeHeld();
      service
          .encryption()
          .start(client)
          .addListener(handshake -> {
            if (handshake.isSuccess()) {
              session.move(ClassicPhase.Event.TLS_SETTLED);
            } else {
              session.tlsFailedWithClient(handshake.cause());
            }
          });
      clientFlow.resume();
      if (early != null) {
        ChannelPipeline pipeline = client.channel().pipeline();
        pipeline.fireChannelRead(early).fireChannelReadComplete();
      }
      client.allowReading(Leg.NOT_READY);
    } else if (greeting != null && !clientFlow.paused() && session.isHandshaking()) {
      lookAtBeginning();
    }
  }

  private boolean wantsServerTls() {
    boolean serverCan =
        Capabilities.has(Objects.requireNonNull(greeting).capabilities(), Capabilities.SSL);
    return switch (server.target().server().tls().mode()) {
      case DISABLED -> false;
      case PREFERRED -> serverCan && server.target().endpoint() instanceof Endpoint.Tcp;
      case REQUIRED -> true;
      case AS_CLIENT -> client.encrypted();
    };
  }

  private void encryptServer(ByteBuf payload) {
    boolean serverCan =
        Capabilities.has(Objects.requireNonNull(greeting).capabilities(), Capabilities.SSL);
    if (!serverCan) {
      session.tlsFailedWithServer(new SSLException("the server offers no TLS"));
      return;
    }
    if (payload.readableBytes() < HandshakeResponse.FIXED) {
      sendResponse();
      return;
    }
    session.move(ClassicPhase.Event.SERVER_NEEDS_TLS);
    clientFlow.pause();
    client.stopReading(Leg.NOT_READY);
    serverSequence = Packets.after(serverSequence);
    byte[] fixed = new byte[HandshakeResponse.FIXED];
    payload.getBytes(payload.readerIndex(), fixed);
    ByteBuf request = Packets.packet(client.channel().alloc(), serverSequence, fixed);
    HandshakeResponse.setTls(request.slice(Packets.HEADER, HandshakeResponse.FIXED), true);
    server.leg().write(request);
    server.leg().flush();
    server
        .startTls()
        .addListener(handshake -> {
          if (!handshake.isSuccess()) {
            session.tlsFailedWithServer(handshake.cause());
          } else if (!session.isOver()) {
            session.move(ClassicPhase.Event.TLS_SETTLED);
            sendResponse();
            goOn();
          }
        });
  }

  /** The server's leg is as it is to be: the client's answer may go there. */
  private void sendResponse() {
    ByteBuf frame = Objects.requireNonNull(waitingResponse);
    waitingResponse = null;
    serverSequence = (Packets.after(serverSequence) + ahead) & 0xff;
    frame.setByte(frame.readerIndex() + 3, serverSequence);
    ByteBuf payload = frame.slice(Packets.HEADER, frame.readableBytes() - Packets.HEADER);
    if (response != null) {
      HandshakeResponse.setTls(payload, server.leg().encrypted());
    }
    Greeting theirs = Objects.requireNonNull(greeting);
    String plugin = response == null ? "" : response.plugin();
    if (Authentication.exposesPassword(plugin, client.secure(), server.leg().secure())) {
      frame.release();
      passwordWouldBeExposed(plugin);
      return;
    }
    authentication =
        new Authentication(
            this,
            client.secure(),
            server.leg().secure(),
            clientSequence,
            serverSequence,
            plugin.isEmpty() ? theirs.plugin() : plugin,
            theirs.nonce());
    server.leg().write(frame);
    server.leg().flush();
  }

  /** Reads the client again, what was held first. */
  void goOn() {
    client.allowReading(Leg.NOT_READY);
    clientFlow.resume();
    session.clientReadComplete();
  }

  /** Lets go of what is held. */
  void end() {
    if (waitingResponse != null) {
      waitingResponse.release();
      waitingResponse = null;
    }
  }

  /** The number that the client expects next. */
  int nextToClient() {
    return authentication == null ? Packets.after(clientSequence) : authentication.nextToClient();
  }

  /** Whether the client has been sent a greeting, and so knows what an ERR with a SQLSTATE looks like. */
  boolean hasGreeted() {
    return greeting != null;
  }

  // ---- What the exchange sends

  @Override
  public void toClient(ByteBuf packet) {
    session.forwardToClient(session.forClient(packet));
    if (!readingServer) {
      client.flush();
    }
  }

  @Override
  public void toServer(ByteBuf packet) {
    server.leg().write(session.forServer(packet));
    server.leg().flush();
  }

  @Override
  public ByteBuf packet(int sequence, byte... payload) {
    return Packets.packet(client.channel().alloc(), sequence, payload);
  }

  @Override
  public void passwordWouldBeExposed(String plugin) {
    session.tlsFailedWithServer(
        new SSLException(
            plugin + " would send the client's password over a connection that is not encrypted"));
  }

  @Override
  public void ownKeys(Consumer<KeyPair> then) {
    service
        .keys()
        .own()
        .whenCompleteAsync(
            (keys, failure) -> {
              if (session.isOver()) {
                return;
              }
              if (failure == null) {
                then.accept(keys);
              } else {
                session.failed(failure);
              }
            },
            session.eventLoop());
  }

  /** A login inside the session: COM_CHANGE_USER, whose packets both legs count from 0. */
  Authentication changeUser() {
    return new Authentication(this, client.secure(), server.leg().secure(), 0, 0, "", new byte[0]);
  }

  /** Whether one leg is safe for passwords and the other is not. */
  boolean legsDiffer() {
    return client.secure() != server.leg().secure();
  }
}
