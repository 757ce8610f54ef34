package dev.lastword.classic;

import dev.lastword.relay.FrameFlow.Interception;
import dev.lastword.server.Diagnoser;
import dev.lastword.session.Refusal;
import io.netty.buffer.ByteBuf;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of the packets of a classic session, in both directions: before the login {@link ClassicLogin} has them, afterwards they
 * pass, and {@link ClassicTracker} follows. Only a few are held up: those of a COM_CHANGE_USER between legs that differ, what answers
 * nothing, and an ERR with which the server leaves.
 */
final class ClassicRelay {
  /** ER_SERVER_SHUTDOWN, ER_NORMAL_SHUTDOWN and ER_SHUTDOWN_COMPLETE. */
  private static final Set<Integer> SHUTDOWN = Set.of(1053, 1077, 1079);

  /** ER_CLIENT_INTERACTION_TIMEOUT. */
  private static final int IDLE = 4031;

  /** ER_CONNECTION_KILLED. */
  private static final int KILLED_BY_MARIADB = 1927;

  /** A server that has told a session of its own kill closes the connection within this time, in nanoseconds. */
  private static final long KILLS_ITSELF_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final ClassicSession session;
  private final ClassicTracker tracker;
  private final Diagnoser diagnoser;

  private @Nullable Authentication changingUser;
  private boolean explained;
  private boolean asked;
  private int expected;
  private long interruptedNanos;

  ClassicRelay(ClassicSession session, ClassicTracker tracker, Diagnoser diagnoser) {
    this.session = session;
    this.tracker = tracker;
    this.diagnoser = diagnoser;
  }

  PacketFlow.Reader fromClient() {
    return new FromClient();
  }

  PacketFlow.Reader fromServer() {
    return new FromServer();
  }

  CompressedStreams.Ends fromCompressed() {
    return new FromCompressed();
  }

  /** The number that a logged-in client expects of the next packet. */
  int nextToClient() {
    return changingUser == null ? tracker.nextSequence() : changingUser.nextToClient();
  }

  /** Whether the server has just said that it interrupted a statement: a KILL QUERY long ago looks the same but for the time. */
  boolean wasInterruptedJustNow() {
    return tracker.interrupted() && System.nanoTime() - interruptedNanos < KILLS_ITSELF_NANOS;
  }

  // ---- From the client to the server

  private void note(ByteBuf in, int at, int seen, long length) {
    if (explained) {
      // It went on after all.
      explained = false;
      session.explainedByServer("");
    }
    int payload = at + Packets.HEADER;
    int number = Packets.sequence(in, at);
    tracker.clientPacket(in, payload, seen, (int) length - Packets.HEADER, number);
    if (changingUser != null && session.isOver()) {
      changingUser.saidInVain(number);
    }
  }

  /** Where passwords must cross from a safe leg to an unsafe one, or back, each packet of a login is looked at. */
  private boolean isChangingUser(ByteBuf in, int at, long length) {
    if (!session.connectedLogin().legsDiffer() || session.isOver()) {
      return false;
    }
    return changingUser != null
        || (length > Packets.HEADER
            && in.getUnsignedByte(at + Packets.HEADER) == Command.CHANGE_USER
            && tracker.outstanding() == 0
            && !tracker.clientIsSending());
  }

  private final class FromClient implements PacketFlow.Reader {
    @Override
    public boolean passes(ByteBuf in, int at, int length) {
      if (!session.loggedIn()) {
        return false;
      }
      if (isChangingUser(in, at, length)) {
        return false;
      }
      note(in, at, at + length, length);
      return true;
    }

    @Override
    public Interception intercept(ByteBuf frame) {
      if (!session.loggedIn()) {
        return session.connectedLogin().clientFrame(frame);
      }
      note(frame, 0, frame.writerIndex(), frame.readableBytes());
      Authentication exchange = changingUser;
      if (exchange == null) {
        changingUser = session.connectedLogin().changeUser();
        return Interception.FORWARD;
      }
      return exchange.client(frame);
    }

    @Override
    public boolean streamBegins(ByteBuf in, int at, long length) {
      if (!session.loggedIn()) {
        session.connectedLogin().tooLong(Packets.sequence(in, at), length);
        return false;
      }
      note(in, at, at + Packets.HEADER + 1, length);
      return true;
    }

    @Override
    public void forward(ByteBuf packets) {
      session.forwardToServer(packets);
    }
  }

  // ---- From the server to the client

  private boolean answered(ByteBuf in, int at, int seen, long length) {
    expected = tracker.nextSequence();
    int payload = at + Packets.HEADER;
    asked =
        tracker.serverPacket(
            in, payload, seen, (int) length - Packets.HEADER, Packets.sequence(in, at));
    return asked;
  }

  /** What may be the server's last words. An ERR is taken by the client only with the number that it expects. */
  private boolean endPasses(ByteBuf in, int at, int end) {
    if (tracker.dumpEnded()) {
      session.explainedByServer("the end of its binary log");
      explained = true;
      return true;
    }
    if (tracker.interrupted()) {
      interruptedNanos = System.nanoTime();
    }
    if (tracker.errorEndsConnection()) {
      lastWords(in, at + Packets.HEADER, end);
      explained = !tracker.errorCertainlyEndsConnection();
    }
    // Of an error in what the client sent, the server's own number is a part.
    return Packets.sequence(in, at) == expected || !isAboutTheServer();
  }

  private boolean isAboutTheServer() {
    return SHUTDOWN.contains(tracker.lastError())
        || tracker.lastError() == IDLE
        || tracker.lastError() == KILLED_BY_MARIADB;
  }

  private Interception userChange(ByteBuf frame, Authentication exchange) {
    answered(frame, 0, frame.writerIndex(), frame.readableBytes());
    if (tracker.changingUser()) {
      return exchange.server(frame);
    }
    if (tracker.lastError() != 0) {
      lastWords(frame, Packets.HEADER, frame.writerIndex());
    }
    changingUser = null;
    exchange.ends(frame);
    return Interception.DROP;
  }

  /** An ERR that answers nothing: mostly the server's last word. */
  private void unasked(ByteBuf in, int end) {
    int code = Packets.errCode(in, Packets.HEADER, end);
    if (ClassicTracker.isLastWord(code)) {
      session.saidByServer(lastWords(in, Packets.HEADER, end));
    }
  }

  private String lastWords(ByteBuf in, int payload, int end) {
    int code = Packets.errCode(in, payload, end);
    String said = "ERR " + code + " " + Packets.errText(in, payload, end);
    session.explainedByServer(said);
    if (SHUTDOWN.contains(code)) {
      diagnoser.heardShutdown(session.servedBy());
    }
    return said;
  }

  private final class FromServer implements PacketFlow.Reader {
    @Override
    public boolean passes(ByteBuf in, int at, int length) {
      return session.loggedIn()
          && changingUser == null
          && answered(in, at, at + length, length)
          && (!tracker.hasEnded() || endPasses(in, at, at + length));
    }

    @Override
    public Interception intercept(ByteBuf frame) {
      if (!session.loggedIn()) {
        return session.connectedLogin().serverFrame(frame);
      }
      Authentication exchange = changingUser;
      if (exchange != null) {
        return userChange(frame, exchange);
      }
      boolean isErr =
          frame.readableBytes() > Packets.HEADER
              && frame.getUnsignedByte(Packets.HEADER) == Packets.ERR;
      if (!isErr) {
        session.strangeServer("said something that nobody asked");
        return Interception.DROP;
      }
      if (!asked) {
        unasked(frame, frame.writerIndex());
        // The two numbers that every client takes in front of the answer to its next command.
        if (Packets.sequence(frame, 0) <= 1) {
          return Interception.FORWARD;
        }
      }
      ByteBuf numbered = frame.copy();
      numbered.setByte(3, expected);
      session.forwardToClient(numbered);
      return Interception.DROP;
    }

    @Override
    public boolean streamBegins(ByteBuf in, int at, long length) {
      if (!session.loggedIn()
          || changingUser != null
          || !answered(in, at, at + Packets.HEADER + 1, length)) {
        session.strangeServer("sent " + length + " bytes that nobody asked for");
        return false;
      }
      return true;
    }

    @Override
    public void forward(ByteBuf packets) {
      session.forwardToClient(packets);
    }
  }

  /**
   * The packets inside the compressed protocol are followed like others. Only those of a COM_CHANGE_USER between legs that differ are held
   * up: each is packed again by itself, with the number of its leg inside and outside.
   */
  private final class FromCompressed implements CompressedStreams.Ends {
    @Override
    public void clientPacket(ByteBuf in, int seen, int length) {
      boolean changes = isChangingUser(in, 0, (long) Packets.HEADER + length);
      note(in, 0, seen, (long) Packets.HEADER + length);
      if (changes && changingUser == null) {
        changingUser = session.connectedLogin().changeUser();
      }
    }

    @Override
    public void serverPacket(ByteBuf in, int seen, int length) {
      if (answered(in, 0, seen, (long) Packets.HEADER + length)) {
        if (tracker.hasEnded()) {
          endPasses(in, 0, seen);
        }
      } else if (length > 0 && in.getUnsignedByte(Packets.HEADER) == Packets.ERR) {
        unasked(in, seen);
      } else {
        session.strangeServer("said something that nobody asked");
      }
    }

    @Override
    public CompressedFlow.Exchange clientInExchange() {
      return new ExchangeOfClient();
    }

    @Override
    public CompressedFlow.Exchange serverInExchange() {
      return new ExchangeOfServer();
    }

    @Override
    public void toServer(ByteBuf packets) {
      session.forwardToServer(packets);
    }

    @Override
    public void toClient(ByteBuf packets) {
      session.forwardToClient(packets);
    }

    @Override
    public void strangeServer(String what) {
      session.strangeServer(what);
    }
  }

  private boolean isTakenOut() {
    return changingUser != null && !session.isOver();
  }

  private final class ExchangeOfClient implements CompressedFlow.Exchange {
    @Override
    public boolean isUnderWay() {
      return isTakenOut();
    }

    @Override
    public void begins(int sequence) {
      session.clientCounts(sequence);
    }

    @Override
    public void packet(ByteBuf in, int seen, int length) {
      note(in, 0, seen, (long) Packets.HEADER + length);
      Authentication exchange = changingUser;
      if (exchange == null || session.isOver()) {
        return;
      }
      if (seen < Packets.HEADER + length) {
        session.refuseClient(
            new Refusal(1153, "08S01", "Got a packet bigger than 'max_allowed_packet' bytes"),
            "a packet of " + length + " bytes in a change of user");
        return;
      }
      var _ = exchange.client(in.slice(0, seen));
    }
  }

  private final class ExchangeOfServer implements CompressedFlow.Exchange {
    private int sequence;

    @Override
    public boolean isUnderWay() {
      return isTakenOut();
    }

    @Override
    public void begins(int sequence) {
      this.sequence = sequence;
    }

    @Override
    public void packet(ByteBuf in, int seen, int length) {
      Authentication exchange = changingUser;
      if (exchange == null || seen < Packets.HEADER + length) {
        session.strangeServer("sent " + length + " bytes that nobody asked for");
        return;
      }
      // Several packets in one count as one: what counts is the number outside.
      in.setByte(3, sequence);
      exchange.serverIsAt(sequence);
      var _ = userChange(in.slice(0, seen), exchange);
    }
  }
}
