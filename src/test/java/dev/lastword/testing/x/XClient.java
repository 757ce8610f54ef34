package dev.lastword.testing.x;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.lastword.testing.Trusting;
import dev.lastword.x.protobuf.Mysqlx;
import dev.lastword.x.protobuf.MysqlxConnection;
import dev.lastword.x.protobuf.MysqlxDatatypes.Any;
import dev.lastword.x.protobuf.MysqlxNotice;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * One X connection, frame by frame, on a blocking socket. It does what it is told, right or wrong:
 * it keeps no state but the socket's, and sends nothing by itself.
 *
 * <p>Nothing waits longer than the deadline ({@link #DEADLINE} unless {@link #within} sets another
 * one); reads and handshakes then fail, and a write that does not end has its socket closed under
 * it. A client is for one thread, except that {@link #close} and {@link #reset} may come from any.
 *
 * <p>IO errors are {@link UncheckedIOException}s while sending. While receiving they are what the
 * test is about, so they are values: see {@link Received}.
 */
public final class XClient implements AutoCloseable {

  /** How long anything may take. */
  public static final Duration DEADLINE = Duration.ofSeconds(10);

  private final Socket socket;
  private Socket top;
  private InputStream in;
  private OutputStream out;
  private Duration deadline = DEADLINE;
  private byte[] buffer = new byte[16 * 1024];
  private int buffered;
  private Received.@Nullable End end;
  private boolean endedInOrder;
  private final Deque<Frame> unpacked = new ArrayDeque<>();
  private final List<MysqlxNotice.Frame> notices = new ArrayList<>();
  private @Nullable Packing packing;
  private long bytesReceived;
  private long bytesSent;

  private XClient(Socket socket) throws IOException {
    this.socket = socket;
    top = socket;
    in = socket.getInputStream();
    out = socket.getOutputStream();
  }

  /** Connects over TCP. */
  public static XClient connect(String host, int port) {
    return connect(new InetSocketAddress(host, port));
  }

  /** Connects over TCP or to a Unix socket. Nothing is read or sent. */
  public static XClient connect(SocketAddress address) {
    try {
      if (address instanceof UnixDomainSocketAddress unix) {
        return new XClient(new UnixSocket(unix));
      }
      Socket socket = new Socket();
      try {
        socket.setTcpNoDelay(true);
        socket.connect(address, (int) DEADLINE.toMillis());
        return new XClient(socket);
      } catch (IOException refused) {
        socket.close();
        throw refused;
      }
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot connect to " + address, failed);
    }
  }

  /** Sets the deadline for whatever comes next. */
  public XClient within(Duration deadline) {
    this.deadline = deadline;
    return this;
  }

  // ---- sending

  /** Sends messages, each in a write of its own. */
  public XClient send(Message... messages) {
    for (Message message : messages) {
      sendRaw(XMessages.frame(message));
    }
    return this;
  }

  /** Sends several messages in one write. */
  public XClient sendAtOnce(Message... messages) {
    return sendRaw(XMessages.frames(messages));
  }

  /** Sends a frame of any type with any payload. */
  public XClient sendFrame(int type, ByteString payload) {
    return sendRaw(XMessages.frame(type, payload));
  }

  /** Sends bytes as they are, in one write. */
  public XClient sendRaw(ByteString bytes) {
    // A blocking write has no timeout; closing the socket is the one thing that ends it.
    Thread watch =
        Thread.ofVirtual()
            .start(() -> {
              try {
                Thread.sleep(deadline);
                socket.close();
              } catch (InterruptedException written) {
                // In time.
              } catch (IOException closed) {
                // That is all it was for.
              }
            });
    try {
      bytes.writeTo(out);
      out.flush();
      bytesSent += bytes.size();
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot send", failed);
    } finally {
      watch.interrupt();
    }
    return this;
  }

  /** Sends the frames of these messages byte by byte. */
  public XClient sendSplit(Message... messages) {
    for (byte one : XMessages.frames(messages).toByteArray()) {
      sendRaw(ByteString.copyFrom(new byte[] {one}));
    }
    return this;
  }

  /** Sends messages in one compressed frame, as agreed by {@link #startCompression}. */
  public XClient sendCompressed(Message... messages) {
    ByteString frames = XMessages.frames(messages);
    MysqlxConnection.Compression.Builder compression =
        MysqlxConnection.Compression.newBuilder().setUncompressedSize(frames.size());
    List<Integer> types = Arrays.stream(messages).map(XMessages::typeOf).distinct().toList();
    if (types.size() == 1) {
      compression.setClientMessages(Mysqlx.ClientMessages.Type.forNumber(types.getFirst()));
    }
    return send(compression.setPayload(pack(frames)).build());
  }

  /** Compresses bytes by the algorithm in use; they are not sent, though a stream moves on. */
  public ByteString pack(ByteString bytes) {
    if (packing == null) {
      throw new IllegalStateException("no compression has been agreed on");
    }
    return packing.pack(bytes);
  }

  /**
   * From now on, unpacks what comes compressed, and can send compressed. Call it once the server
   * has answered the login; the capability is the caller's to set.
   */
  public XClient startCompression(String algorithm) {
    packing = Packing.of(algorithm);
    return this;
  }

  // ---- receiving

  /** The next frame; what was compressed comes as the frames that it held. */
  public Frame receive() {
    return frameOrFail(next(deadline));
  }

  /** The next frame as the server sent it: what was compressed is one frame. */
  public Frame receiveOuter() {
    return frameOrFail(nextOuter(deadline));
  }

  /** What comes next, waiting this long at most; what was compressed comes unpacked. */
  public Received next(Duration patience) {
    Frame waiting = unpacked.poll();
    if (waiting != null) {
      return note(waiting);
    }
    Received received = nextOuter(patience);
    if (received instanceof Frame frame && frame.type() == Frame.COMPRESSION && packing != null) {
      unpacked.addAll(unpack(frame));
      return next(patience);
    }
    return received instanceof Frame frame ? note(frame) : received;
  }

  /** The frames inside a compressed one. Each can be unpacked once: it moves the stream on. */
  public List<Frame> unpack(Frame compressed) {
    if (packing == null) {
      throw new IllegalStateException("no compression has been agreed on");
    }
    MysqlxConnection.Compression compression = compressed.asCompression();
    ByteString plain = packing.unpack(compression.getPayload());
    if (compression.hasUncompressedSize() && compression.getUncompressedSize() != plain.size()) {
      throw new AssertionError(
          "uncompressed_size is "
              + compression.getUncompressedSize()
              + ", unpacked are "
              + plain.size());
    }
    List<Frame> frames = new ArrayList<>();
    while (!plain.isEmpty()) {
      int length = plain.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).getInt();
      frames.add(new Frame(plain.byteAt(4) & 0xff, plain.substring(5, 4 + length)));
      plain = plain.substring(4 + length);
    }
    return frames;
  }

  boolean unpacks() {
    return packing != null;
  }

  /** What comes next as the server sent it, waiting this long at most. */
  public Received nextOuter(Duration patience) {
    long until = System.nanoTime() + patience.toNanos();
    while (true) {
      Frame frame = takeFrame();
      if (frame != null) {
        return frame;
      }
      if (end != null) {
        return end;
      }
      long millis = Duration.ofNanos(until - System.nanoTime()).toMillis();
      if (millis <= 0) {
        return new Received.Silence(rest());
      }
      try {
        top.setSoTimeout((int) millis);
        if (buffered == buffer.length) {
          buffer = Arrays.copyOf(buffer, buffer.length * 2);
        }
        int count = in.read(buffer, buffered, buffer.length - buffered);
        if (count < 0) {
          end = new Received.End(Received.How.EOF, rest(), "");
          endedInOrder = true;
        } else {
          buffered += count;
          bytesReceived += count;
        }
      } catch (SocketTimeoutException nothing) {
        return new Received.Silence(rest());
      } catch (IOException over) {
        end = new Received.End(how(over), rest(), tlsDetail(over));
      }
    }
  }

  /** All frames up to the one that ends a response. */
  public Response receiveResponse() {
    List<Frame> frames = new ArrayList<>();
    do {
      frames.add(receive());
    } while (!frames.getLast().endsResponse());
    return new Response(frames);
  }

  /** Sends a message and waits for its response. */
  public Response ask(Message message) {
    return send(message).receiveResponse();
  }

  /** Waits for the end of the connection, and returns what came before it. */
  public List<Frame> awaitEnd() {
    List<Frame> frames = new ArrayList<>();
    while (true) {
      switch (next(deadline)) {
        case Frame frame -> frames.add(frame);
        case Received.End _ -> {
          return frames;
        }
        case Received.Silence _ ->
            throw new AssertionError(
                "still open after " + deadline + (frames.isEmpty() ? "" : " and " + frames));
      }
    }
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

  /** All notices so far, without those of {@link #receiveOuter} and {@link #nextOuter}. */
  public List<MysqlxNotice.Frame> notices() {
    return List.copyOf(notices);
  }

  /** Whether the end has come as it should: with a close_notify before the FIN if there is TLS. */
  public boolean endedInOrder() {
    return endedInOrder;
  }

  /** The bytes that came from the server, those inside TLS if there is TLS. */
  public long bytesReceived() {
    return bytesReceived;
  }

  /** The bytes that went to the server, those inside TLS if there is TLS. */
  public long bytesSent() {
    return bytesSent;
  }

  private Frame note(Frame frame) {
    if (frame.type() == Frame.NOTICE) {
      notices.add(frame.asNotice());
    }
    return frame;
  }

  private @Nullable Frame takeFrame() {
    if (buffered < 4) {
      return null;
    }
    int length = ByteBuffer.wrap(buffer).order(ByteOrder.LITTLE_ENDIAN).getInt();
    if (length < 1) {
      throw new AssertionError("a frame of length " + Integer.toUnsignedString(length));
    }
    if (buffered - 4 < length) {
      return null;
    }
    Frame frame = new Frame(buffer[4] & 0xff, ByteString.copyFrom(buffer, 5, length - 1));
    buffered -= 4 + length;
    System.arraycopy(buffer, 4 + length, buffer, 0, buffered);
    return frame;
  }

  private ByteString rest() {
    return ByteString.copyFrom(buffer, 0, buffered);
  }

  private static Frame frameOrFail(Received received) {
    return switch (received) {
      case Frame frame -> frame;
      case Received.End end -> throw new AssertionError("expected a frame, got " + end);
      case Received.Silence silence -> throw new AssertionError("expected a frame, got " + silence);
    };
  }

  private static Received.How how(IOException over) {
    if (over instanceof EOFException || over.getCause() instanceof EOFException) {
      return Received.How.EOF;
    }
    if (over instanceof SSLException && !(over.getCause() instanceof SocketException)) {
      return Received.How.TLS_FAILURE;
    }
    return Received.How.RESET;
  }

  private static String tlsDetail(IOException over) {
    return how(over) == Received.How.TLS_FAILURE ? String.valueOf(over.getMessage()) : "";
  }

  // ---- TLS

  /** Asks the server for TLS, and goes over to it, whatever certificate there is. */
  public XClient startTls(String... versions) {
    // The hello notice may come first.
    ask(XMessages.capabilitiesSet(XMessages.tls(true))).succeeded();
    return handshake(versions);
  }

  /**
   * Goes over to TLS, whatever certificate and name there is.
   *
   * @param versions "TLSv1.2", "TLSv1.3"; all that the JDK has on if there is none
   */
  public XClient handshake(String... versions) {
    return handshake(Trusting.everybody(), versions);
  }

  /** Goes over to TLS with a context of the caller's, for client certificates and real trust. */
  public XClient handshake(SSLContext context, String... versions) {
    try {
      SSLSocket tls =
          (SSLSocket)
              context
                  .getSocketFactory()
                  .createSocket(socket, "localhost", Math.max(socket.getPort(), 1), true);
      if (versions.length > 0) {
        tls.setEnabledProtocols(versions);
      }
      tls.setSoTimeout((int) deadline.toMillis());
      tls.startHandshake();
      top = tls;
      in = tls.getInputStream();
      out = tls.getOutputStream();
    } catch (IOException failed) {
      throw new UncheckedIOException("no TLS", failed);
    }
    return this;
  }

  /** What TLS has agreed on, if there is TLS. */
  public Optional<SSLSession> tlsSession() {
    return top instanceof SSLSocket tls ? Optional.of(tls.getSession()) : Optional.empty();
  }

  // ---- logging in

  /** TLS, then PLAIN: the way that works with every password, whatever the server remembers. */
  public XClient login(String user, String password) {
    startTls();
    authenticatePlain("", user, password).succeeded();
    return this;
  }

  /** One try with PLAIN. Servers take it inside TLS and on Unix sockets only. */
  public Response authenticatePlain(String schema, String user, String password) {
    return ask(XMessages.authenticatePlain(schema, user, password));
  }

  /** One try with MYSQL41: a challenge, and SHA-1 over it and the password. */
  public Response authenticateMysql41(String schema, String user, String password) {
    return answerChallenge(
        "MYSQL41",
        nonce -> {
          byte[] once = digest("SHA-1", password.getBytes(StandardCharsets.UTF_8));
          byte[] mask = digest("SHA-1", nonce.toByteArray(), digest("SHA-1", once));
          String proof = password.isEmpty() ? "" : "*" + hex(xor(once, mask));
          return XMessages.utf8(schema + '\0' + user + '\0' + proof);
        });
  }

  /**
   * One try with SHA256_MEMORY: a challenge, and SHA-256 over it and the password. A server knows
   * the password for it only after a login with PLAIN.
   */
  public Response authenticateSha256Memory(String schema, String user, String password) {
    return answerChallenge(
        "SHA256_MEMORY",
        nonce -> XMessages.utf8(schema + '\0' + user + '\0' + sha256Proof(nonce, password)));
  }

  /** The proof of a password that SHA256_MEMORY wants for a nonce. */
  static String sha256Proof(ByteString nonce, String password) {
    byte[] once = digest("SHA-256", password.getBytes(StandardCharsets.UTF_8));
    byte[] mask = digest("SHA-256", digest("SHA-256", once), nonce.toByteArray());
    return hex(xor(once, mask));
  }

  /** The part of a challenge that proofs are made with: without the zero byte at its end. */
  static ByteString nonce(Frame challenge) {
    ByteString data = challenge.asAuthenticateContinue().getAuthData();
    return data.substring(0, Math.min(20, data.size()));
  }

  private Response answerChallenge(String mechanism, Function<ByteString, ByteString> answer) {
    Response challenge = ask(XMessages.authenticateStart(mechanism));
    return challenge.failed()
        ? challenge
        : ask(XMessages.authenticateContinue(answer.apply(nonce(challenge.end()))));
  }

  private static byte[] digest(String algorithm, byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      for (byte[] part : parts) {
        digest.update(part);
      }
      return digest.digest();
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static byte[] xor(byte[] one, byte[] other) {
    byte[] both = new byte[one.length];
    for (int i = 0; i < both.length; i++) {
      both[i] = (byte) (one[i] ^ other[i]);
    }
    return both;
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes).toUpperCase(Locale.ROOT);
  }

  // ---- statements

  /** Runs SQL and returns the response; an Error is a failure. */
  public Response sql(String statement, Any... args) {
    return ask(XMessages.sql(statement, args)).succeeded();
  }

  static MysqlxNotice.SessionStateChanged sessionState(MysqlxNotice.Frame notice) {
    try {
      return MysqlxNotice.SessionStateChanged.parseFrom(notice.getPayload());
    } catch (InvalidProtocolBufferException malformed) {
      throw new AssertionError("not a session state: " + notice, malformed);
    }
  }

  // ---- leaving

  /** Says that nothing more will be sent (FIN, after a close_notify if there is TLS). */
  public XClient finishSending() {
    try {
      if (top instanceof SSLSocket tls) {
        // This sends the FIN as well.
        tls.shutdownOutput();
      } else {
        socket.shutdownOutput();
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    return this;
  }

  /** Throws the connection away (RST). */
  public void reset() {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } finally {
      release();
    }
  }

  /** Closes the socket, without a word to the server and without a close_notify. */
  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } finally {
      release();
    }
  }

  private void release() {
    if (packing != null) {
      packing.close();
    }
  }
}
