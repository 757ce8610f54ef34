package dev.lastword.classic;

import dev.lastword.config.Listener.WhenNoServer;
import dev.lastword.farewell.Cause;
import dev.lastword.farewell.Farewell;
import dev.lastword.farewell.Verdict;
import dev.lastword.relay.Leg;
import dev.lastword.server.ServerLink;
import dev.lastword.server.ServerTarget;
import dev.lastword.session.Activity;
import dev.lastword.session.Refusal;
import dev.lastword.session.RelayedSession;
import dev.lastword.session.SessionRegistry;
import io.netty.buffer.ByteBuf;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One classic session: a client's leg, a server link, and what is decided between them. Once the client is logged in, packets are relayed
 * as they are and {@link ClassicTracker} looks at their headers; the proxy speaks itself only at the end.
 */
public final class ClassicSession extends RelayedSession {
  /** So long a client that is in the middle of sending something may pause before it is told all the same, in milliseconds. */
  private static final long PAUSE_MILLIS = 250;

  /** One that goes on sending is told after so many times the time that it has to read a farewell. */
  private static final int SENDS_ON_LINGERS = 24;

  private final ClassicService service;
  private final PacketFlow clientFlow;
  private final PacketFlow serverFlow;
  private final ClassicTracker tracker = new ClassicTracker();
  private final ClassicRelay relay;

  private ClassicPhase phase = new ClassicPhase.Dialling();
  private @Nullable ClassicLogin login;
  private boolean loggedIn;
  private boolean wasOpaque;
  private boolean killedItself;
  private @Nullable Runnable words;
  private @Nullable CompressedStreams compressed;

  /** Makes a session for a client that has just connected; {@link #start} makes it live. */
  public ClassicSession(
      SessionRegistry.Ticket ticket, String clientAddress, Leg client, ClassicService service) {
    super(ticket, clientAddress, client, service.shared());
    this.service = service;
    this.relay = new ClassicRelay(this, tracker, service.shared().diagnoser());
    int holdBack = service.shared().holdBack();
    this.clientFlow = new PacketFlow(relay.fromClient(), client.channel().alloc(), holdBack);
    this.serverFlow = new PacketFlow(relay.fromServer(), client.channel().alloc(), holdBack);
    // Some bytes come although the channel is not read: those before the end of the client's
    // stream.
    clientFlow.pause();
  }

  // ---- What the session is doing

  @Override
  public Activity activity() {
    return switch (phase) {
      case ClassicPhase.Dialling _, ClassicPhase.Greeting _ -> Activity.CONNECTING;
      case ClassicPhase.Handshaking _,
          ClassicPhase.EncryptingClient _,
          ClassicPhase.EncryptingServer _ ->
          Activity.UNAUTHENTICATED;
      case ClassicPhase.Relaying _ -> relayed();
      case ClassicPhase.Opaque _ -> Activity.OPAQUE;
      // What it was doing when the server left it.
      case ClassicPhase.Diagnosing _ when wasOpaque -> Activity.OPAQUE;
      case ClassicPhase.Diagnosing _ -> loggedIn ? relayed() : Activity.UNAUTHENTICATED;
      case ClassicPhase.Ended _ -> Activity.ENDED;
    };
  }

  private Activity relayed() {
    if (tracker.outstanding() == 0) {
      return Activity.IDLE;
    }
    return tracker.midResult() ? Activity.MID_RESULT : Activity.WAITING;
  }

  @Override
  public String protocol() {
    return "classic";
  }

  @Override
  public boolean inTransaction() {
    return loggedIn && tracker.inTransaction();
  }

  @Override
  public boolean halfRequest() {
    return !(phase instanceof ClassicPhase.Opaque)
        && (clientInsideFrame() || (tracker.clientIsSending() && !tracker.uploading()));
  }

  private boolean clientInsideFrame() {
    return compressed == null ? clientFlow.insideFrame() : compressed.clientIsSending();
  }

  /** What is tracked of it; to be read on the event loop. */
  ClassicTracker tracker() {
    return tracker;
  }

  // ---- Connecting

  @Override
  protected void serverConnected(ServerLink to) {
    login = new ClassicLogin(this, service, client, to, clientFlow, serverFlow);
    move(ClassicPhase.Event.SERVER_CONNECTED);
    to.leg().allowReading(Leg.NOT_READY);
  }

  /** The client has been greeted and may speak. */
  void listenToClient() {
    client.flush();
    connectedLogin().goOn();
    serverReady();
  }

  void move(ClassicPhase.Event event) {
    phase = phase.next(event);
    if (phase instanceof ClassicPhase.Opaque) {
      // Whether the client authenticates is now between it and the server, which has a limit of its
      // own.
      cancelDeadline();
    }
  }

  void claimed(String user) {
    claimedBy(user);
  }

  void numberedByServer(long threadId) {
    identified(threadId);
  }

  /** The server has let the client in. */
  void clientLoggedIn(long capabilities, int status) {
    loggedIn = true;
    tracker.loggedIn(capabilities, status);
    move(ClassicPhase.Event.LOGGED_IN);
    cancelDeadline();
    authenticated();
    if (Capabilities.has(
        capabilities, Capabilities.COMPRESS | Capabilities.ZSTD_COMPRESSION_ALGORITHM)) {
      compress();
    }
    connectedLogin().goOn();
  }

  /** From here on both sides send compressed packets. */
  private void compress() {
    CompressedStreams streams =
        new CompressedStreams(
            client.channel().alloc(), service.shared().holdBack(), relay.fromCompressed());
    compressed = streams;
    ByteBuf early = clientFlow.takeHeld();
    if (early != null) {
      streams.clientRead(early);
    }
  }

  ClassicLogin connectedLogin() {
    return Objects.requireNonNull(login, "bytes flow before there is a server");
  }

  // ---- From the client to the server

  @Override
  protected void clientRead(ByteBuf in) {
    if (compressed == null) {
      clientFlow.read(in);
    } else {
      compressed.clientRead(in);
    }
  }

  @Override
  protected void clientReadComplete() {
    ServerLink to = link();
    ClassicLogin with = login;
    if (to != null && with != null) {
      to.leg().flush();
      if (isOver()) {
        sayIfItListens();
      } else {
        with.clientReadComplete();
      }
    }
  }

  // ---- From the server to the client

  @Override
  protected void serverRead(ByteBuf in) {
    if (compressed == null) {
      serverFlow.read(in);
    } else {
      compressed.serverRead(in);
    }
  }

  @Override
  protected void serverReadComplete() {
    // Everything was forwarded as it was read.
  }

  void forwardToClient(ByteBuf packets) {
    toClient(packets);
  }

  /** A packet of a login, as this leg carries it now; the caller gives it away and owns the result. */
  ByteBuf forClient(ByteBuf packet) {
    return compressed == null ? packet : compressed.toClient(packet);
  }

  /** The same for the server. */
  ByteBuf forServer(ByteBuf packet) {
    return compressed == null ? packet : compressed.toServer(packet);
  }

  /** The number of a compressed packet of the client that is not relayed. */
  void clientCounts(int sequence) {
    if (compressed != null) {
      compressed.countClient(sequence);
    }
  }

  /** Owns packets of a client; what it says when all is over goes nowhere. */
  void forwardToServer(ByteBuf packets) {
    if (isOver()) {
      packets.release();
    } else {
      toServer(packets);
    }
  }

  // ---- How it ends: Ending decides, and acts through these

  void explainedByServer(String what) {
    serverExplained(what);
  }

  void saidByServer(String what) {
    serverSaid(what);
  }

  ServerTarget servedBy() {
    return connectedLink().target();
  }

  void strangeServer(String what) {
    serverIsStrange(what);
  }

  void tlsFailedWithClient(Throwable failure) {
    clientTlsFailed(failure);
  }

  void tlsFailedWithServer(Throwable failure) {
    serverTlsFailed(failure);
  }

  void refuseClient(Refusal refusal, String detail) {
    refuse(refusal, detail);
  }

  boolean isHandshaking() {
    return phase instanceof ClassicPhase.Handshaking;
  }

  void failed(Throwable mistake) {
    bug(mistake);
  }

  @Override
  protected boolean loggedIn() {
    return loggedIn;
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

  @Override
  protected boolean isKilledSilently() {
    return loggedIn && !tracker.askedTheUnknown();
  }

  @Override
  protected boolean sendsTooMuch() {
    // It would be told with an ERR 1153.
    return false;
  }

  @Override
  protected boolean isOver() {
    return phase instanceof ClassicPhase.Ended;
  }

  @Override
  protected boolean isDiagnosing() {
    return phase instanceof ClassicPhase.Diagnosing;
  }

  @Override
  protected boolean isRelaying() {
    return phase instanceof ClassicPhase.Relaying;
  }

  @Override
  protected boolean insideMessageToClient() {
    return tracker.serverContinues()
        || (compressed == null
            ? serverFlow.insideForwardedFrame()
            : compressed.insidePacketToClient());
  }

  @Override
  protected void serverIsGone() {
    killedItself = relay.wasInterruptedJustNow();
    wasOpaque = phase instanceof ClassicPhase.Opaque;
    move(ClassicPhase.Event.SERVER_GONE);
    clientFlow.pause();
    if (compressed != null) {
      compressed.pauseClient();
    }
    client.stopReading(Leg.NOT_READY);
    connectedLink().leg().close();
  }

  @Override
  protected void stopFlowing() {
    move(ClassicPhase.Event.SESSION_ENDED);
    serverFlow.end();
    if (compressed != null) {
      compressed.endServer();
    }
    if (login != null) {
      login.end();
    }
    if (!clientIsSending()) {
      endClientFlow();
    }
  }

  private void endClientFlow() {
    clientFlow.end();
    if (compressed != null) {
      compressed.endClient();
    }
  }

  /** COM_QUIT, where a server reads it as such; what is left of the connection then is the server's to close. */
  @Override
  protected void finish(ServerLink server) {
    if (loggedIn && !tracker.askedToLeave() && isBetweenCommands()) {
      ByteBuf quit = Packets.packet(client.channel().alloc(), 0, (byte) Command.QUIT);
      server.leg().write(compressed == null ? quit : compressed.first(quit));
    }
    server.leg().finish();
  }

  private boolean isBetweenCommands() {
    return tracker.outstanding() == 0
        && (compressed == null
            ? !clientFlow.insideForwardedFrame()
            : !compressed.insidePacketToServer())
        && !tracker.clientIsSending();
  }

  @Override
  protected void leave(ServerLink server) {
    Cause why = cause();
    boolean lost = why != null && why.side() == Cause.Side.SERVER;
    boolean gone = lost || server.leg().isEndedByPeer();
    if (gone || !loggedIn || !(tracker.askedToLeave() || isBetweenCommands())) {
      server.leg().close();
      return;
    }
    finish(server);
    leavingUntil(server.leg().channel().closeFuture());
    server.leg().linger(service.shared().linger().toMillis());
  }

  @Override
  protected Farewell farewell(Cause cause) {
    if (cause == Cause.KILLED_ON_SERVER && killedItself) {
      // A session that kills itself is told that its statement was interrupted, and no more.
      return new Farewell.Nothing(Farewell.Why.SERVER_SAID);
    }
    return Farewell.classic(
        cause,
        new Farewell.Hearing(
            loggedIn,
            tracker.outstanding() > 0,
            false,
            insideMessageToClient(),
            service.shared().whenNoServer() == WhenNoServer.CLOSE && !loggedIn,
            activity() == Activity.OPAQUE),
        isWithMariaDb() ? service.codes().atMariaDb() : service.codes());
  }

  private boolean isWithMariaDb() {
    return login != null && login.isWithMariaDb();
  }

  @Override
  protected Farewell refusal(Refusal refusal) {
    return new Farewell.Err(refusal.code(), refusal.sqlState());
  }

  @Override
  protected ByteBuf words(Farewell farewell, Verdict verdict, @Nullable String instead) {
    if (!(farewell instanceof Farewell.Err(int code, String sqlState))) {
      throw new IllegalArgumentException("no classic client is told " + farewell);
    }
    // In place of a greeting a client does not expect a SQLSTATE, and would show it as text.
    boolean greeted = login != null && login.hasGreeted();
    ByteBuf err =
        Packets.err(
            client.channel().alloc(),
            nextSequence(),
            code,
            greeted ? sqlState : "",
            instead == null ? verdict.classicText(code) : instead);
    return compressed == null ? err : compressed.lastToClient(err, tracker.outstanding() == 0);
  }

  private int nextSequence() {
    if (!loggedIn) {
      return login == null ? 0 : login.nextToClient();
    }
    return relay.nextToClient();
  }

  private boolean clientIsSending() {
    return loggedIn && (clientInsideFrame() || tracker.clientIsSending());
  }

  /** A client that is sending reads nothing, and expects the number that comes after its last packet. */
  @Override
  protected void whenItListens(Runnable say) {
    if (!clientIsSending()) {
      say.run();
      return;
    }
    words = say;
    clientFlow.resume();
    if (compressed != null) {
      compressed.resumeClient();
    }
    client.drain();
    sayIfItListens();
    if (words != null) {
      // Who has gone is not waited for: the proxy might end before the pause does.
      client.channel().closeFuture().addListener(_ -> say());
      sayAfterPause(bytesIn(), SENDS_ON_LINGERS * service.shared().linger().toMillis());
    }
  }

  private void sayAfterPause(long before, long atMostMillis) {
    var _ =
        eventLoop()
            .schedule(
                () -> {
                  if (words != null && bytesIn() != before && atMostMillis > 0) {
                    sayAfterPause(bytesIn(), atMostMillis - PAUSE_MILLIS);
                  } else {
                    say();
                  }
                },
                PAUSE_MILLIS,
                TimeUnit.MILLISECONDS);
  }

  private void sayIfItListens() {
    if (words != null && !clientIsSending()) {
      say();
    }
  }

  private void say() {
    Runnable now = words;
    if (now != null) {
      words = null;
      endClientFlow();
      now.run();
    }
  }

  @Override
  protected void told() {
    // Nobody hears the rest of what the client was sending when it ended.
    endClientFlow();
    if (compressed != null) {
      compressed.dropWaiting();
    }
  }

  @Override
  protected void said(Farewell farewell) {
    // Counted with the loss itself: no status variable speaks of ERR packets.
  }
}
