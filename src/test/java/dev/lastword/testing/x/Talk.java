package dev.lastword.testing.x;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.lastword.x.protobuf.MysqlxNotice;
import dev.lastword.x.protobuf.MysqlxNotice.SessionStateChanged;
import dev.lastword.x.protobuf.MysqlxSession;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * The client of a conversation that is being played: does what the script says and writes down
 * both sides. It never fails because of what it hears.
 *
 * <p>Written down are: what is sent, in short; every frame received, in full; how the connection
 * ends. Left out are numbers that no two sessions share: client numbers, nonces, generated
 * document ids.
 */
public final class Talk implements AutoCloseable {

  /** Long enough for a server to answer, and short enough to be spent often. */
  private static final Duration QUIET = Duration.ofMillis(300);

  private static final int SHOWN = 100;

  private final SocketAddress address;
  private final Access access;
  private final String schema;
  private final Transcript transcript;
  private final Backstage backstage;
  private final XClient client;
  private final List<Talk> others = new ArrayList<>();
  private String prefix = "";
  private boolean over;

  Talk(
      SocketAddress address,
      Access access,
      String schema,
      Transcript transcript,
      Backstage backstage) {
    this.address = address;
    this.access = access;
    this.schema = schema;
    this.transcript = transcript;
    this.backstage = backstage;
    client = XClient.connect(address);
  }

  /** Another connection to the same address, in the same transcript under a name. */
  Talk another(String name) {
    Talk other = new Talk(address, access, schema, transcript, backstage);
    other.prefix = name + " ";
    others.add(other);
    return other;
  }

  /** The schema for this conversation, filled by {@link Backstage#fill}. */
  String schema() {
    return schema;
  }

  Access access() {
    return access;
  }

  // ---- what the client says

  Talk send(Message... messages) {
    for (Message message : messages) {
      said(text(message), () -> client.send(message));
    }
    return this;
  }

  Talk sendAtOnce(Message... messages) {
    String text = List.of(messages).stream().map(Talk::text).collect(Collectors.joining(" + "));
    return said("at once: " + text, () -> client.sendAtOnce(messages));
  }

  Talk sendSplit(Message... messages) {
    String text = List.of(messages).stream().map(Talk::text).collect(Collectors.joining(" + "));
    return said("byte by byte: " + text, () -> client.sendSplit(messages));
  }

  Talk sendCompressed(Message... messages) {
    String text = List.of(messages).stream().map(Talk::text).collect(Collectors.joining(" + "));
    return said("compressed: " + text, () -> client.sendCompressed(messages));
  }

  Talk sendFrame(int type, ByteString payload) {
    return said(
        "type " + type + " " + FrameText.hex(payload), () -> client.sendFrame(type, payload));
  }

  Talk sendRaw(String what, ByteString bytes) {
    return said(what, () -> client.sendRaw(bytes));
  }

  /** Bytes as the algorithm in use packs them; for frames that are not quite right. */
  ByteString pack(ByteString bytes) {
    return client.pack(bytes);
  }

  Talk halfClose() {
    return said("FIN", client::finishSending);
  }

  Talk handshake(String... versions) {
    write("-> TLS handshake");
    try {
      client.handshake(versions);
      write("   " + client.tlsSession().orElseThrow().getProtocol());
    } catch (UncheckedIOException failed) {
      write("   no TLS");
      over = true;
    }
    return this;
  }

  private Talk said(String what, Runnable action) {
    if (over) {
      return this;
    }
    write("-> " + what);
    try {
      action.run();
    } catch (UncheckedIOException _) {
      // Whether a write sees that the other side has closed is a matter of microseconds. What was
      // said before that is still to be read.
    }
    return this;
  }

  // ---- what it hears

  /** Listens until one response is complete. */
  Talk response() {
    while (!over) {
      if (heard(XClient.DEADLINE) instanceof Frame frame && frame.endsResponse()) {
        return this;
      }
    }
    return this;
  }

  Talk responses(int count) {
    for (int i = 0; i < count; i++) {
      response();
    }
    return this;
  }

  /** Listens to one response, and writes down how much of what it was instead of all of it. */
  Talk responseInShort() {
    Map<String, Integer> counts = new TreeMap<>();
    CRC32 crc = new CRC32();
    while (!over) {
      switch (client.next(XClient.DEADLINE)) {
        case Frame frame -> {
          counts.merge(FrameText.serverType(frame.type()), 1, Integer::sum);
          crc.update(frame.bytes().toByteArray());
          if (frame.endsResponse()) {
            write("<- %s crc %08x".formatted(counts, crc.getValue()));
            return this;
          }
        }
        case Received.End end -> {
          write("<- " + counts);
          write(ending(end));
        }
        case Received.Silence silence -> {
          write("<- " + counts);
          write(ending(silence));
          over = true;
        }
      }
    }
    return this;
  }

  /** Says things one by one, each after the response to the one before it. */
  Talk ask(Message... messages) {
    for (Message message : messages) {
      send(message).response();
    }
    return this;
  }

  /** Listens for one frame. */
  Talk frame() {
    if (!over) {
      heard(XClient.DEADLINE);
    }
    return this;
  }

  /** Listens for a moment, in which nothing should come; what comes is written down. */
  Talk silence() {
    while (!over && heard(QUIET) instanceof Frame) {
      // Written down.
    }
    return this;
  }

  /** Listens until the connection ends. */
  Talk end() {
    while (!over && !(heard(XClient.DEADLINE) instanceof Received.Silence)) {
      // Written down.
    }
    return this;
  }

  /** Listens until the connection ends, and writes down only that it did: for bytes that are TLS. */
  Talk endOfTls() {
    while (!over) {
      switch (client.nextOuter(XClient.DEADLINE)) {
        case Frame _ -> {
          // Not one, or by chance.
        }
        case Received.End(Received.How how, ByteString _, String _) -> {
          write("<- " + how);
          over = true;
        }
        case Received.Silence silence -> {
          write(ending(silence));
          over = true;
        }
      }
    }
    return this;
  }

  private Received heard(Duration patience) {
    Received received = client.nextOuter(patience);
    if (received instanceof Frame frame) {
      write("<- " + text(frame));
      if (frame.type() == Frame.COMPRESSION && client.unpacks()) {
        client.unpack(frame).forEach(inner -> write("     " + text(inner)));
      }
    } else {
      write(ending(received));
      // If nothing comes for the whole of the deadline, there is no use in asking again.
      over |= patience.equals(XClient.DEADLINE);
    }
    return received;
  }

  private String ending(Received received) {
    return switch (received) {
      case Frame frame -> throw new IllegalArgumentException(frame.toString());
      case Received.End(Received.How how, ByteString rest, String _) -> {
        over = true;
        yield ("<- " + how + " " + FrameText.hex(rest)).strip();
      }
      case Received.Silence(ByteString begun) -> ("<- (silence) " + FrameText.hex(begun)).strip();
    };
  }

  // ---- whole scenes

  /** TLS if this play has it. */
  Talk secure() {
    return access == Access.TLS ? startTls() : this;
  }

  Talk startTls(String... versions) {
    return ask(XMessages.capabilitiesSet(XMessages.tls(true))).handshake(versions);
  }

  /** TLS if this play has it, and a login with the mechanism that fits. */
  Talk login() {
    return secure().authenticate();
  }

  /** A login with the mechanism that fits the access of this play. */
  Talk authenticate() {
    return authenticateAs(Backstage.USER, Backstage.PASSWORD);
  }

  Talk authenticateAs(String user, String password) {
    return access == Access.TLS ? plain(user, password) : sha256Memory(user, password);
  }

  Talk plain(String user, String password) {
    return plain("", user, password);
  }

  Talk plain(String database, String user, String password) {
    return ask(XMessages.authenticatePlain(database, user, password));
  }

  Talk sha256Memory(String user, String password) {
    return sha256Memory("", user, password);
  }

  Talk sha256Memory(String database, String user, String password) {
    return challenged(
        "SHA256_MEMORY", () -> client.authenticateSha256Memory(database, user, password));
  }

  Talk mysql41(String user, String password) {
    return challenged("MYSQL41", () -> client.authenticateMysql41("", user, password));
  }

  private Talk challenged(String mechanism, Supplier<Response> login) {
    if (!over) {
      write("-> login with " + mechanism);
      try {
        login.get().frames().forEach(frame -> write("<- " + text(frame)));
      } catch (AssertionError | UncheckedIOException ended) {
        end();
      }
    }
    return this;
  }

  /** Sets the compression capability, logs in, and goes over to compression. */
  Talk loginWithCompression(String algorithm, XMessages.ObjectField... options) {
    secure();
    ask(XMessages.capabilitiesSet(XMessages.compression(algorithm, options)));
    authenticate();
    client.startCompression(algorithm);
    return this;
  }

  Talk startCompression(String algorithm) {
    client.startCompression(algorithm);
    return this;
  }

  /** Leaves in order. */
  Talk leave() {
    return ask(XMessages.connectionClose()).end();
  }

  /**
   * What the server has counted for this session: messages and notices as they are, bytes as the
   * difference to what was seen here, because the client's number is in them and grows.
   */
  Talk counters() {
    return counters(true);
  }

  /** The same without the bytes; after a second login the server counts them anew. */
  Talk countersWithoutBytes() {
    return counters(false);
  }

  private Talk counters(boolean bytes) {
    if (over) {
      return this;
    }
    write("-> the session's counters");
    long received = client.bytesReceived();
    // All values are of one length, or a counter would change what is counted.
    Response response =
        client.ask(
            XMessages.sql(
                "SELECT LOWER(variable_name), LPAD(variable_value, 20, ' ')"
                    + " FROM performance_schema.session_status WHERE variable_name REGEXP"
                    + " '^mysqlx_(bytes|messages|rows|errors|notice|stmt|crud|expect|prep|cursor|compression)_'"
                    + " ORDER BY 1"));
    long sent = client.bytesSent();
    for (List<@Nullable String> row : response.rows()) {
      String name = String.valueOf(row.get(0));
      String value = String.valueOf(row.get(1)).strip();
      switch (name) {
        case "mysqlx_bytes_sent", "mysqlx_bytes_received" -> {
          if (bytes) {
            long seen = name.endsWith("sent") ? received : sent;
            write("   %s: as seen %+d".formatted(name, Long.parseLong(value) - seen));
          }
        }
        default -> write("   %s: %s".formatted(name, value));
      }
    }
    return this;
  }

  /** The server's own number for this session; never written down. */
  String connectionId() {
    String id = String.valueOf(client.sql("SELECT CONNECTION_ID()").value());
    transcript.hide("connection " + id, "connection <id>");
    return id;
  }

  /** Runs SQL as root on the server, past whatever is between. */
  Talk backstage(String what, String statement) {
    write("** " + what);
    backstage.sql(statement);
    return this;
  }

  @Override
  public void close() {
    client.close();
    others.forEach(Talk::close);
  }

  // ---- words

  private void write(String line) {
    transcript.add(prefix + line);
  }

  private static String text(Frame frame) {
    return switch (frame.type()) {
      case Frame.AUTHENTICATE_CONTINUE ->
          FrameText.serverType(frame.type())
              + " <"
              + frame.asAuthenticateContinue().getAuthData().size()
              + " bytes>";
      case Frame.COMPRESSION ->
          FrameText.serverType(frame.type())
              + " "
              + FrameText.text(
                  frame.asCompression().toBuilder().setPayload(ByteString.EMPTY).build());
      case Frame.NOTICE -> noticeText(frame);
      default -> FrameText.of(frame);
    };
  }

  private static String noticeText(Frame frame) {
    MysqlxNotice.Frame notice = frame.asNotice();
    if (notice.getType() == MysqlxNotice.Frame.Type.SESSION_STATE_CHANGED_VALUE) {
      SessionStateChanged state = XClient.sessionState(notice);
      if (state.getParam() == SessionStateChanged.Parameter.CLIENT_ID_ASSIGNED
          || state.getParam() == SessionStateChanged.Parameter.GENERATED_DOCUMENT_IDS) {
        return "NOTICE "
            + (notice.hasScope() ? notice.getScope() : "(GLOBAL)")
            + " "
            + state.getParam()
            + " <"
            + state.getValueList().stream()
                .map(value -> value.getType().name())
                .collect(Collectors.joining(" "))
            + ">";
      }
    }
    return FrameText.of(frame);
  }

  private static String text(Message message) {
    String name = message.getDescriptorForType().getFullName();
    String text = FrameText.text(message);
    // Proofs of passwords are made with nonces.
    if (message.getDescriptorForType().getName().startsWith("Authenticate")) {
      text = message instanceof MysqlxSession.AuthenticateStart start ? start.getMechName() : "";
    }
    text = text.length() <= SHOWN ? text : text.substring(0, SHOWN) + " ...";
    return (name.substring("Mysqlx.".length()) + " " + text).strip();
  }
}
