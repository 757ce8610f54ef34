package dev.lastword.testing.classic;

import com.google.protobuf.ByteString;
import dev.lastword.testing.Trusting;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * One classic connection, packet by packet, on a blocking socket. It does what it is told, right or
 * wrong, and sends nothing by itself.
 *
 * <p>It counts: every packet that is sent has the next sequence number unless the caller names one,
 * and every packet that comes is looked at as libmysqlclient does. {@link #receive} and all that
 * builds on it fail the test on a wrong number, {@link #next} leaves it to the caller to look at
 * {@link Packet#inOrder}. With compression the numbers of the outer packets are looked at in the
 * same way, and those of the inner ones are not, because neither server nor library keeps them in
 * order.
 *
 * <p>Nothing waits longer than the deadline ({@link #DEADLINE} unless {@link #within} sets another
 * one); reads and handshakes then fail, and a write that does not end has its socket closed under
 * it. A client is for one thread, except that {@link #close} and {@link #reset} may come from any.
 *
 * <p>IO errors are {@link java.io.UncheckedIOException}s while sending. While receiving they are
 * what the test is about, so they are values: see {@link Received}.
 */
public final class ClassicClient implements AutoCloseable {

  /** How long anything may take. */
  public static final Duration DEADLINE = Duration.ofSeconds(10);

  /** A packet that holds packets, as the compressed protocol has them. */
  public record Outer(int sequence, int expected, int packedLength, int plainLength) {

    /** Whether its number is the one that libmysqlclient expects. */
    public boolean inOrder() {
      return sequence == expected || (expected == 1 && sequence == 0);
    }
  }

  private final Line line;
  private Duration deadline = DEADLINE;
  private @Nullable Greeting greeting;
  private long capabilities = Capability.PROTOCOL_41;
  private long sequence;
  private final Deque<Integer> pending = new ArrayDeque<>();
  private @Nullable Compression compression;
  private final ByteQueue unpacked = new ByteQueue();
  private long outerSequence;
  private final List<Outer> outers = new ArrayList<>();
  private ByteString chunks = ByteString.EMPTY;
  private int chunkCount;
  private int firstExpected;
  private boolean chunksInOrder = true;

  private ClassicClient(Line line) {
    this.line = line;
  }

  /** Connects over TCP. */
  public static ClassicClient connect(String host, int port) {
    return connect(new InetSocketAddress(host, port));
  }

  /** Connects over TCP or to a Unix socket. Nothing is read or sent. */
  public static ClassicClient connect(SocketAddress address) {
    return new ClassicClient(Line.to(address, DEADLINE));
  }

  /** Sets the deadline for whatever comes next. */
  public ClassicClient within(Duration newDeadline) {
    deadline = newDeadline;
    return this;
  }

  // ---- sending

  /** Sends a payload as a packet with the next sequence number, in chunks if it is that long. */
  public ClassicClient send(ByteString payload) {
    return send((int) (sequence & 0xff), payload);
  }

  /** Sends a payload as a packet with this sequence number; the count goes on from there. */
  public ClassicClient send(int number, ByteString payload) {
    ByteString bytes = packet(number, payload);
    sequence = number + 1L + payload.size() / Packet.LARGEST_CHUNK;
    return sendInner(bytes);
  }

  /** Sends the first half of a command, which counts as sent; no response to it is expected. */
  public ClassicClient sendHalf(ByteString payload) {
    ByteString bytes = packet(0, payload);
    outerSequence = 0;
    sequence = 1;
    return sendInner(bytes.substring(0, bytes.size() / 2));
  }

  /** Sends the first packet of a command, whose response {@link #begin} then expects. */
  public ClassicClient command(ByteString payload) {
    outerSequence = 0;
    expectResponse(payload);
    return send(0, payload);
  }

  /**
   * Sends several commands in one write; compressed, each of them in outer packets of its own,
   * because a server takes one command from an outer packet and is lost in the rest.
   */
  public ClassicClient commandsAtOnce(ByteString... payloads) {
    ByteString all = ByteString.EMPTY;
    for (ByteString payload : payloads) {
      expectResponse(payload);
      outerSequence = 0;
      all = all.concat(compressed(packet(0, payload)));
    }
    sequence = 1;
    return sendRaw(all);
  }

  /** Says that a command has been sent by other means, so that {@link #begin} expects its response. */
  ClassicClient expectResponse(ByteString payload) {
    int command = payload.isEmpty() ? Commands.PING : payload.byteAt(0) & 0xff;
    if (Reading.isAnswered(command)) {
      pending.add(command);
    }
    return this;
  }

  /** Sends bytes that are packets; answers are expected to the first one, which has this number. */
  ClassicClient sendPackets(int number, ByteString packets) {
    sequence = number + 1L;
    return sendInner(packets);
  }

  /** Sends bytes that are packets, in a write of their own; compressed if compression is on. */
  public ClassicClient sendInner(ByteString packets) {
    return sendRaw(compressed(packets));
  }

  /** These packets as they go over the wire. */
  private ByteString compressed(ByteString packets) {
    if (compression == null) {
      return packets;
    }
    ByteString all = ByteString.EMPTY;
    ByteString left = packets;
    do {
      ByteString plain = left.substring(0, Math.min(left.size(), Packet.LARGEST_CHUNK));
      left = left.substring(plain.size());
      all = all.concat(outer((int) outerSequence & 0xff, plain));
      outerSequence++;
    } while (!left.isEmpty());
    return all;
  }

  /** Sends the bytes of an outer packet, and counts on from its number. */
  ClassicClient sendOuter(int number, ByteString outer) {
    outerSequence = number + 1L;
    return sendRaw(outer);
  }

  /** Sends bytes as they are, in one write. */
  public ClassicClient sendRaw(ByteString bytes) {
    line.write(bytes, deadline);
    return this;
  }

  /** Sends a packet with the next sequence number, each byte in a write of its own. */
  public ClassicClient sendSplit(ByteString payload) {
    ByteString bytes = packet((int) (sequence & 0xff), payload);
    sequence++;
    for (byte one : bytes.toByteArray()) {
      sendRaw(ByteString.copyFrom(new byte[] {one}));
    }
    return this;
  }

  /** Sends the packet of a command, each byte in a write of its own. */
  public ClassicClient commandSplit(ByteString payload) {
    sequence = 0;
    return expectResponse(payload).sendSplit(payload);
  }

  /** The bytes of a packet, with its header; of several chunks if it is that long. */
  public static ByteString packet(int number, ByteString payload) {
    ByteString bytes = ByteString.EMPTY;
    int from = 0;
    int chunk = number;
    int length;
    do {
      length = Math.min(Packet.LARGEST_CHUNK, payload.size() - from);
      bytes = bytes.concat(chunk(chunk, payload.substring(from, from + length)));
      from += length;
      chunk++;
    } while (length == Packet.LARGEST_CHUNK);
    return bytes;
  }

  /** The bytes of one chunk, whatever follows it. */
  public static ByteString chunk(int number, ByteString payload) {
    return new Payload().u24(payload.size()).u8(number).build().concat(payload);
  }

  /** The bytes of an outer packet, compressed if that is worth it. */
  public ByteString outer(int number, ByteString plain) {
    if (compression == null) {
      throw new IllegalStateException("no compression has been agreed on");
    }
    if (plain.size() < Compression.LEAST) {
      return outer(number, 0, plain);
    }
    ByteString packed = compression.pack(plain);
    // What does not get shorter is sent as it is, and would not fit the header either.
    return packed.size() < plain.size()
        ? outer(number, plain.size(), packed)
        : outer(number, 0, plain);
  }

  /** Compresses bytes by the algorithm in use. */
  public ByteString pack(ByteString plain) {
    if (compression == null) {
      throw new IllegalStateException("no compression has been agreed on");
    }
    return compression.pack(plain);
  }

  /** The bytes of an outer packet with these fields, right or wrong. */
  public static ByteString outer(int number, int plainLength, ByteString packed) {
    return new Payload().u24(packed.size()).u8(number).u24(plainLength).build().concat(packed);
  }

  // ---- receiving

  /** What comes next, waiting this long at most. */
  public Received next(Duration patience) {
    long until = System.nanoTime() + patience.toNanos();
    while (true) {
      Packet packet = takePacket();
      if (packet != null) {
        return packet;
      }
      if (compression == null || !unpackOuter(compression)) {
        Received none = line.await(until);
        if (none != null) {
          return withRest(none);
        }
      }
    }
  }

  /** The next packet, which must have the right number. */
  public Packet receive() {
    Received received = next(deadline);
    if (!(received instanceof Packet packet)) {
      throw new AssertionError("expected a packet, got " + received);
    }
    if (!packet.inOrder()) {
      throw new AssertionError("packets out of order: " + packet);
    }
    for (Outer outer : outers) {
      if (!outer.inOrder()) {
        throw new AssertionError("outer packets out of order: " + outer);
      }
    }
    return packet;
  }

  private @Nullable Packet takePacket() {
    ByteQueue queue = compression == null ? line.received() : unpacked;
    while (queue.size() >= 4 && queue.size() - 4 >= queue.u24(0)) {
      int length = queue.u24(0);
      int number = queue.u8(3);
      queue.skip(4);
      ByteString chunk = queue.take(length);
      int expected = (int) (sequence & 0xff);
      if (chunkCount == 0) {
        firstExpected = expected;
      }
      chunksInOrder &= compression != null || number == expected || isTooEarly(number, chunk);
      chunks = chunks.concat(chunk);
      chunkCount++;
      // From a wrong number on it is counted from there, so that one mistake is one mistake.
      sequence = number == expected ? sequence + 1 : number + 1L;
      if (length < Packet.LARGEST_CHUNK) {
        Packet packet = new Packet(number, chunkCount, firstExpected, chunksInOrder, chunks);
        chunks = ByteString.EMPTY;
        chunkCount = 0;
        chunksInOrder = true;
        return packet;
      }
    }
    return null;
  }

  /** A server may have sent an error before it received the command; libmysqlclient takes that. */
  private boolean isTooEarly(int number, ByteString chunk) {
    return sequence == 1
        && number == 0
        && !chunk.isEmpty()
        && (chunk.byteAt(0) & 0xff) == Packet.ERR;
  }

  private boolean unpackOuter(Compression algorithm) {
    ByteQueue queue = line.received();
    if (queue.size() < 7 || queue.size() - 7 < queue.u24(0)) {
      return false;
    }
    int packedLength = queue.u24(0);
    int number = queue.u8(3);
    int plainLength = queue.u24(4);
    queue.skip(7);
    ByteString payload = queue.take(packedLength);
    ByteString plain = plainLength == 0 ? payload : algorithm.unpack(payload, plainLength);
    if (plainLength != 0 && plain.size() != plainLength) {
      throw new AssertionError(
          "an outer packet of " + plain.size() + " bytes says that it has " + plainLength);
    }
    outers.add(new Outer(number, (int) (outerSequence & 0xff), packedLength, plainLength));
    outerSequence = number == (outerSequence & 0xff) ? outerSequence + 1 : number + 1L;
    unpacked.add(plain);
    return true;
  }

  private Received withRest(Received none) {
    ByteString rest = chunks.concat(unpacked.all()).concat(line.received().all());
    return switch (none) {
      case Packet packet -> packet;
      case Received.End(Received.How how, ByteString _, String detail) ->
          new Received.End(how, rest, detail);
      case Received.Silence _ -> new Received.Silence(rest);
    };
  }

  /** The outer packets that have come since this was asked last. */
  public List<Outer> takeOuters() {
    List<Outer> taken = List.copyOf(outers);
    outers.clear();
    return taken;
  }

  /** Waits for an orderly end, with nothing before it. */
  public void awaitEof() {
    awaitEnd(Received.How.EOF);
  }

  /** Waits for the connection to be thrown away, with nothing before it. */
  public void awaitReset() {
    awaitEnd(Received.How.RESET);
  }

  private void awaitEnd(Received.How how) {
    Received received = next(deadline);
    if (!(received instanceof Received.End ended && ended.how() == how && ended.rest().isEmpty())) {
      throw new AssertionError("expected " + how + ", got " + received);
    }
  }

  /** Waits for the end of the connection, and returns what came before it. */
  public List<Packet> awaitEnd() {
    List<Packet> packets = new ArrayList<>();
    while (true) {
      switch (next(deadline)) {
        case Packet packet -> packets.add(packet);
        case Received.End _ -> {
          return packets;
        }
        case Received.Silence _ ->
            throw new AssertionError(
                "still open after " + deadline + (packets.isEmpty() ? "" : " and " + packets));
      }
    }
  }

  /** Whether the end has come as it should: with a close_notify before the FIN if there is TLS. */
  public boolean endedInOrder() {
    return line.endedInOrder();
  }

  /** The bytes that came from the server, those inside TLS if there is TLS. */
  public long bytesReceived() {
    return line.bytesReceived();
  }

  /** The bytes that went to the server, those inside TLS if there is TLS. */
  public long bytesSent() {
    return line.bytesSent();
  }

  // ---- responses

  /** Begins to read the response to the oldest command that has not had its response. */
  public Reading begin() {
    Integer command = pending.poll();
    if (command == null) {
      throw new IllegalStateException("no response is owed");
    }
    // After a command of many chunks the response goes on from its last one.
    sequence = Math.max(1, sequence);
    outerSequence = Math.max(1, outerSequence);
    return new Reading(capabilities, command);
  }

  /** Says that a response is complete: the next packet is the first one of something new. */
  public void end(Reading reading) {
    if (reading.isComplete()) {
      sequence = pending.isEmpty() ? 0 : 1;
      outerSequence = pending.isEmpty() ? 0 : 1;
    }
  }

  /** All packets of one response; it must not be one in which the client has to say something. */
  public Response receiveResponse() {
    return receiveResponse(begin());
  }

  /** All packets from here to the end of a response, or to where it is the client's turn. */
  public Response receiveResponse(Reading reading) {
    List<Packet> packets = new ArrayList<>();
    List<Reading.Part> parts = new ArrayList<>();
    do {
      packets.add(receive());
      parts.add(reading.next(packets.getLast()));
    } while (!reading.isComplete() && !reading.isClientsTurn());
    end(reading);
    return new Response(packets, parts, capabilities);
  }

  /** Sends a command and waits for its response. */
  public Response ask(ByteString command) {
    return command(command).receiveResponse();
  }

  // ---- connecting

  /** Reads the greeting, of which there must be one. */
  public Greeting receiveGreeting() {
    Packet packet = receive();
    if (packet.isError()) {
      throw new AssertionError("not a greeting: " + packet.asError());
    }
    return greeted(packet);
  }

  Greeting greeted(Packet packet) {
    Greeting read = Greeting.of(packet.payload());
    greeting = read;
    return read;
  }

  /** The greeting that was read. */
  public Greeting greeting() {
    if (greeting == null) {
      throw new IllegalStateException("there was no greeting yet");
    }
    return greeting;
  }

  /** Asks for TLS and goes over to it, whatever certificate there is. */
  public ClassicClient startTls(Login login, String... versions) {
    return send(login.sslRequest()).handshake(versions);
  }

  /**
   * Goes over to TLS, whatever certificate and name there is.
   *
   * @param versions "TLSv1.2", "TLSv1.3"; all that the JDK has on if there is none
   */
  public ClassicClient handshake(String... versions) {
    return handshake(Trusting.everybody(), versions);
  }

  /** Goes over to TLS with a context of the caller's, for client certificates and real trust. */
  public ClassicClient handshake(SSLContext context, String... versions) {
    line.handshake(context, deadline, versions);
    return this;
  }

  /** What TLS has agreed on, if there is TLS. */
  public Optional<SSLSession> tlsSession() {
    return line.tlsSession();
  }

  /** Reads the greeting and logs in, without TLS; fails if that fails. */
  public ClassicClient login(Login login) {
    receiveGreeting();
    authenticate(login).succeeded();
    return this;
  }

  /** Reads the greeting, goes over to TLS and logs in; fails if that fails. */
  public ClassicClient loginWithTls(Login login) {
    receiveGreeting();
    startTls(login);
    authenticate(login).succeeded();
    return this;
  }

  /**
   * Everything from the handshake response on; all packets of the server are in the response. After
   * an OK the connection is compressed if that has been agreed on.
   */
  public Response authenticate(Login login) {
    AuthExchange exchange = startExchange(login);
    send(response(login, exchange));
    return finish(new Reading(capabilities, -1), exchange);
  }

  /** Changes the user; all packets of the server are in the response. */
  public Response changeUser(Login login) {
    AuthExchange exchange = startExchange(login, capabilities);
    command(login.changeUser(exchange.first(), exchange.plugin()));
    return finish(begin(), exchange);
  }

  /** A change of the user that has begun and waits for the client's answer to the server's question. */
  public static final class UserChange {
    private final Reading reading;
    private final AuthExchange exchange;
    private final ByteString answer;

    private UserChange(Reading reading, AuthExchange exchange, ByteString answer) {
      this.reading = reading;
      this.exchange = exchange;
      this.answer = answer;
    }

    /** How far the server's part of it has come. */
    public Reading reading() {
      return reading;
    }
  }

  /** Begins to change the user, until the server has asked and it is the client's turn. */
  public UserChange beginChangeUser(Login login) {
    AuthExchange exchange = startExchange(login, capabilities);
    command(login.changeUser(exchange.first(), exchange.plugin()));
    Reading reading = begin();
    while (true) {
      Packet packet = receive();
      reading.next(packet);
      Optional<ByteString> answer = exchange.answer(packet);
      if (answer.isPresent()) {
        return new UserChange(reading, exchange, answer.get());
      }
      if (reading.isComplete()) {
        throw new AssertionError("the user was changed without a question: " + packet);
      }
    }
  }

  /** Answers, and goes on to the end of the change. */
  public Response endChangeUser(UserChange change) {
    send(change.answer);
    return finish(change.reading, change.exchange);
  }

  private Response finish(Reading reading, AuthExchange exchange) {
    List<Packet> packets = new ArrayList<>();
    List<Reading.Part> parts = new ArrayList<>();
    do {
      packets.add(receive());
      parts.add(reading.next(packets.getLast()));
      exchange.answer(packets.getLast()).ifPresent(this::send);
    } while (!reading.isComplete());
    end(reading);
    Response response = new Response(packets, parts, capabilities);
    if (!response.failed()) {
      startAgreedCompression();
    }
    return response;
  }

  /** Settles the capabilities for this login, and begins its exchange. */
  AuthExchange startExchange(Login login) {
    capabilities = login.capabilities() & (greeting().capabilities() | Capability.PROTOCOL_41);
    return startExchange(login, capabilities);
  }

  AuthExchange startExchange(Login login, long effective) {
    boolean plugins = (effective & Capability.PLUGIN_AUTH) != 0;
    String plugin = login.plugin().orElse(plugins ? greeting().plugin() : AuthExchange.NATIVE);
    return new AuthExchange(login, plugin, greeting().scramble(), line.isSecure());
  }

  ByteString response(Login login, AuthExchange exchange) {
    return login.response(exchange.first(), exchange.plugin(), line.tlsSession().isPresent());
  }

  /** Goes over to compression if that has been agreed on; it begins after the OK of the login. */
  void startAgreedCompression() {
    if (compression != null) {
      return;
    }
    if ((capabilities & Capability.COMPRESS) != 0) {
      compression = Compression.ZLIB;
    } else if ((capabilities & Capability.ZSTD_COMPRESSION_ALGORITHM) != 0) {
      compression = Compression.ZSTD;
    }
    outerSequence = 0;
  }

  /** Goes over to compression, agreed on or not. */
  public ClassicClient startCompression(Compression algorithm) {
    compression = algorithm;
    return this;
  }

  /** The capabilities that both sides have. */
  public long capabilities() {
    return capabilities;
  }

  boolean has(long flag) {
    return (capabilities & flag) != 0;
  }

  // ---- commands

  /** A query in the form that the capabilities want. */
  public ByteString query(String statement) {
    return has(Capability.QUERY_ATTRIBUTES)
        ? Commands.queryWithAttributes(statement)
        : Commands.query(statement);
  }

  /** COM_STMT_EXECUTE in the form that the capabilities want. */
  public ByteString execute(long statement, int flags, Commands.Parameter... parameters) {
    return has(Capability.QUERY_ATTRIBUTES)
        ? Commands.executeWithAttributes(statement, flags, parameters)
        : Commands.execute(statement, flags, parameters);
  }

  /** Runs SQL and returns the response; an error is a failure. */
  public Response sql(String statement) {
    return ask(query(statement)).succeeded();
  }

  /**
   * Runs LOAD DATA LOCAL and gives the server what it asks for.
   *
   * @param contents each goes out as a packet; the empty packet at the end goes out by itself
   */
  public Response load(String statement, ByteString... contents) {
    command(query(statement));
    Reading reading = begin();
    Response asked = receiveResponse(reading);
    if (!reading.isClientsTurn()) {
      return asked;
    }
    for (ByteString content : contents) {
      send(content);
    }
    send(ByteString.EMPTY);
    return receiveResponse(reading);
  }

  /** Prepares a statement and returns its number. */
  public long prepare(String statement) {
    return ask(Commands.prepare(statement)).statementId();
  }

  // ---- leaving

  /** Leaves in order, and waits for the server to close. */
  public void quit() {
    command(Commands.quit());
    awaitEof();
  }

  /** Says that nothing more will be sent (FIN, after a close_notify if there is TLS). */
  public ClassicClient finishSending() {
    line.finishSending();
    return this;
  }

  /** Throws the connection away (RST). */
  public void reset() {
    line.reset();
  }

  /** Closes the socket, without a word to the server and without a close_notify. */
  @Override
  public void close() {
    line.close();
  }
}
