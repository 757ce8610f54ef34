package dev.lastword.testing.classic;

import com.google.protobuf.ByteString;
import dev.lastword.testing.classic.Reading.Part;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * The client of a conversation that is being played: does what the script says and writes down
 * both sides. It never fails because of what it hears, only if that cannot be the protocol.
 *
 * <p>Written down are: what is sent, in short; every packet received, in full and with its
 * sequence number; the numbers of the outer packets of a compressed connection, in lines that
 * begin with {@link #OUTER}; how the connection ends. Left out is what no two sessions share.
 */
public final class Talk implements AutoCloseable {

  /** How lines begin that are about the outer packets of the compressed protocol. */
  public static final String OUTER = "     outer ";

  /** As long as a busy machine may take. */
  private static final Duration DEADLINE = Duration.ofSeconds(40);

  /** Long enough for a server to answer, and short enough to be spent often. */
  private static final Duration QUIET = Duration.ofMillis(300);

  private static final int SHOWN = 100;
  private static final AtomicInteger FRESH = new AtomicInteger();

  private final SocketAddress address;
  private final Access access;
  private final String schema;
  private final Transcript transcript;
  private final Backstage backstage;
  private final ClassicClient client;
  private final List<Talk> others = new ArrayList<>();
  private final List<String> users = new ArrayList<>();
  private String prefix = "";
  private boolean over;
  private boolean outerLengths;
  private @Nullable Reading reading;
  private long statement;
  private int columns;

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
    client = ClassicClient.connect(address).within(DEADLINE);
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

  // ---- logging in

  /** The user that a conversation has if it does not say another one; with what the access needs. */
  Login usual() {
    return as(Backstage.USER, Backstage.PASSWORD);
  }

  /** Somebody, with what the access needs. */
  Login as(String user, String... passwords) {
    return Login.as(user, passwords).with(access.capabilities()).withDatabase(schema);
  }

  /** Listens for the greeting. */
  Talk greeting() {
    if (over) {
      return this;
    }
    Received received = client.next(DEADLINE);
    if (received instanceof Packet packet && !packet.isError()) {
      Greeting greeting = client.greeted(packet);
      write("<- " + PacketText.greeting(packet, greeting));
    } else {
      heard(received);
    }
    return this;
  }

  /** TLS if this play has it; after the greeting. */
  Talk secure(Login login) {
    return access.isTls() ? startTls(login) : this;
  }

  Talk startTls(Login login, String... versions) {
    return send("SSLRequest", login.sslRequest()).handshake(versions);
  }

  Talk handshake(String... versions) {
    if (over) {
      return this;
    }
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

  /** The greeting, TLS if this play has it, and the login of the usual user. */
  Talk login() {
    return login(usual());
  }

  /** The greeting, TLS if this play has it, and a login. */
  Talk login(Login login) {
    return greeting().secure(login).authenticate(login);
  }

  /** Everything of a login from the handshake response on. */
  Talk authenticate(Login login) {
    if (over) {
      return this;
    }
    AuthExchange exchange = client.startExchange(login);
    send(describe("handshake response", login), client.response(login, exchange));
    return exchange(new Reading(client.capabilities(), -1), exchange, 99);
  }

  /** The same, but the client falls silent after this many answers to the server. */
  Talk authenticateUpTo(int answers, Login login) {
    if (over) {
      return this;
    }
    AuthExchange exchange = client.startExchange(login);
    send(describe("handshake response", login), client.response(login, exchange));
    return exchange(new Reading(client.capabilities(), -1), exchange, answers);
  }

  /** A login and commands in one write, for the user whose password the server has cached. */
  Talk loginAndAtOnce(Login login, ByteString... commands) {
    greeting().secure(login);
    if (over) {
      return this;
    }
    AuthExchange exchange = client.startExchange(login);
    int number = access.isTls() ? 2 : 1;
    ByteString all = ClassicClient.packet(number, client.response(login, exchange));
    for (ByteString command : commands) {
      all = all.concat(ClassicClient.packet(0, command));
      client.expectResponse(command);
    }
    ByteString bytes = all;
    // The number goes on with that of the login, whose answer comes first.
    said(
        describe("handshake response and commands", login),
        () -> client.sendPackets(number, bytes));
    exchange(new Reading(client.capabilities(), -1), exchange, 0);
    return responses(commands.length).leave();
  }

  Talk changeUser(Login login) {
    if (over) {
      return this;
    }
    AuthExchange exchange = client.startExchange(login, client.capabilities());
    ByteString payload = login.changeUser(exchange.first(), exchange.plugin());
    said(describe("COM_CHANGE_USER", login), () -> client.command(payload));
    return exchange(client.begin(), exchange, 99);
  }

  /** Begins to change the user, and sends nothing more than that. */
  Talk beginToChangeUser(Login login) {
    if (over) {
      return this;
    }
    AuthExchange exchange = client.startExchange(login, client.capabilities());
    ByteString payload = login.changeUser(exchange.first(), exchange.plugin());
    said(describe("COM_CHANGE_USER", login), () -> client.command(payload));
    Reading begun = client.begin();
    reading = begun;
    return onePart(begun);
  }

  private Talk exchange(Reading exchanged, AuthExchange exchange, int answers) {
    int left = answers;
    while (!over && !exchanged.isComplete()) {
      Packet packet = hearPart(exchanged);
      if (packet == null) {
        return this;
      }
      var answer = exchange.answer(packet);
      if (answer.isPresent()) {
        if (left == 0) {
          return this;
        }
        left--;
        ByteString payload = answer.orElseThrow();
        said(
            "answer of %s <%d bytes>".formatted(exchange.plugin(), payload.size()),
            () -> client.send(payload));
      }
      if (packet.header() == Packet.OK) {
        client.startAgreedCompression();
      }
    }
    client.end(exchanged);
    return this;
  }

  private static String describe(String what, Login login) {
    return "%s: %s capabilities %08x database %s plugin %s"
        .formatted(
            what,
            login.user(),
            login.capabilities(),
            login.database(),
            login.plugin().orElse("(that of the greeting)"));
  }

  // ---- what the client says

  /** Sends a packet with the next sequence number. */
  Talk send(String what, ByteString payload) {
    return said(what, () -> client.send(payload));
  }

  /** Sends a packet with this sequence number. */
  Talk send(int sequence, String what, ByteString payload) {
    return said(sequence + " " + what, () -> client.send(sequence, payload));
  }

  Talk sendRaw(String what, ByteString bytes) {
    return said(what, () -> client.sendRaw(bytes));
  }

  /** Sends bytes that are packets; compressed if compression is on. */
  Talk sendInner(String what, ByteString packets) {
    return said(what, () -> client.sendInner(packets));
  }

  /** Sends a packet with the next sequence number byte by byte. */
  Talk sendSplit(String what, ByteString payload) {
    return said(what + ", byte by byte", () -> client.sendSplit(payload));
  }

  /** Says things and does not listen. */
  Talk command(ByteString... commands) {
    for (ByteString command : commands) {
      said(text(command), () -> client.command(command));
    }
    return this;
  }

  /** A command in a packet that is sent byte by byte. */
  Talk commandSplit(ByteString command) {
    return said(text(command) + ", byte by byte", () -> client.commandSplit(command));
  }

  /** Says things in one write and does not listen. */
  Talk commandsAtOnce(ByteString... commands) {
    String text = Arrays.stream(commands).map(Talk::text).collect(Collectors.joining(" + "));
    return said("at once: " + text, () -> client.commandsAtOnce(commands));
  }

  /** Says things one by one, each after the response to the one before it. */
  Talk ask(ByteString... commands) {
    for (ByteString command : commands) {
      command(command);
      if (!command.isEmpty() && !Reading.isAnswered(command.byteAt(0) & 0xff)) {
        continue;
      }
      response();
    }
    return this;
  }

  /** Runs SQL statements one by one. */
  Talk query(String... statements) {
    for (String sql : statements) {
      ask(client.query(sql));
    }
    return this;
  }

  /** Queries and their like in the form that the capabilities want. */
  ByteString sql(String sql) {
    return client.query(sql);
  }

  /** Prepares a statement, which the commands below are about. */
  Talk prepare(String sql) {
    return ask(Commands.prepare(sql));
  }

  Talk execute(Commands.Parameter... parameters) {
    return ask(client.execute(statement, 0, parameters));
  }

  Talk executeWithCursor(int flags, Commands.Parameter... parameters) {
    return ask(client.execute(statement, flags, parameters));
  }

  ByteString execution(Commands.Parameter... parameters) {
    return client.execute(statement, 0, parameters);
  }

  Talk fetch(int rows) {
    return ask(Commands.fetch(statement, rows));
  }

  /** The number of the statement that was prepared last. */
  long statement() {
    return statement;
  }

  /** Sends bytes of packets, each of these in an outer packet, numbered from 0. */
  Talk outers(ByteString... contents) {
    for (int i = 0; i < contents.length; i++) {
      int number = i;
      said(
          "outer %d of %d bytes".formatted(i, contents[i].size()),
          () -> client.sendOuter(number, client.outer(number, contents[number])));
    }
    return this;
  }

  /** Sends an outer packet with these fields, and contents as they are. */
  Talk rawOuter(int number, int plainLength, ByteString contents) {
    return said(
        "outer %d, plain %d: %s".formatted(number, plainLength, Packet.escaped(contents)),
        () -> client.sendOuter(number, ClassicClient.outer(number, plainLength, contents)));
  }

  /** Sends an outer packet with these fields, and compressed contents. */
  Talk packedOuter(int number, int plainLength, ByteString plain) {
    return said(
        "outer %d, plain %d, packed: %s".formatted(number, plainLength, Packet.escaped(plain)),
        () ->
            client.sendOuter(number, ClassicClient.outer(number, plainLength, client.pack(plain))));
  }

  /**
   * From now on the lengths of outer packets are written down too. They are not the same each time
   * where numbers are in what is hidden.
   */
  Talk withOuterLengths() {
    outerLengths = true;
    return this;
  }

  /** Listens to the response to a command that has been sent by other means. */
  Talk responseTo(int command) {
    client.expectResponse(Commands.simple(command));
    return response();
  }

  Talk halfClose() {
    return said("FIN", client::finishSending);
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

  /** Listens until one response is complete, or it is the client's turn to say something. */
  Talk response() {
    if (over) {
      return this;
    }
    Reading begun = client.begin();
    reading = begun;
    return rest(begun);
  }

  Talk responses(int count) {
    for (int i = 0; i < count; i++) {
      response();
    }
    return this;
  }

  /** Listens to what is left of a response. */
  Talk rest() {
    return over || reading == null ? this : rest(reading);
  }

  private Talk rest(Reading current) {
    while (!over && !current.isComplete()) {
      onePart(current);
      if (current.isClientsTurn()) {
        return this;
      }
    }
    client.end(current);
    return this;
  }

  /** Listens to this many packets of a response, and begins it if none has begun. */
  Talk parts(int count) {
    if (over) {
      return this;
    }
    Reading current = reading == null || reading.isComplete() ? client.begin() : reading;
    reading = current;
    for (int i = 0; i < count && !over && !current.isComplete(); i++) {
      onePart(current);
    }
    return this;
  }

  /** Listens to one response, and writes down how much of what it was instead of all of it. */
  Talk responseInShort() {
    if (over) {
      return this;
    }
    Reading current = client.begin();
    List<Part> parts = new ArrayList<>();
    CRC32 crc = new CRC32();
    Packet last = null;
    while (!current.isComplete()) {
      Received received = client.next(DEADLINE);
      if (!(received instanceof Packet packet)) {
        write("<- " + PacketText.counts(parts));
        heard(received);
        return this;
      }
      last = packet;
      parts.add(current.next(packet));
      crc.update(packet.sequence());
      packet.payload().asReadOnlyByteBufferList().forEach(crc::update);
      if (!packet.inOrder()) {
        write("<- out of order: " + PacketText.of(packet));
      }
    }
    write("<- %s, crc %08x".formatted(PacketText.counts(parts), crc.getValue()));
    if (last != null) {
      write("   " + PacketText.of(last, parts.getLast(), client.capabilities()));
    }
    outersInShort();
    client.end(current);
    return this;
  }

  /** Gives the server the file that it has asked for, in these packets, and listens on. */
  Talk upload(ByteString... contents) {
    for (ByteString content : contents) {
      send("file, " + content.size() + " bytes", content);
    }
    return send("file, end", ByteString.EMPTY).rest();
  }

  private Talk onePart(Reading current) {
    hearPart(current);
    return this;
  }

  private @Nullable Packet hearPart(Reading current) {
    Received received = client.next(DEADLINE);
    if (!(received instanceof Packet packet)) {
      heard(received);
      return null;
    }
    Part part = current.next(packet);
    if (part == Part.PREPARED) {
      Fields fields = new Fields(packet.payload());
      fields.u8();
      statement = fields.u32();
      columns = fields.u16();
    }
    outers();
    write("<- " + PacketText.of(packet, part, client.capabilities()));
    return packet;
  }

  /** How many columns the statement has that was prepared last. */
  int columns() {
    return columns;
  }

  /** Listens for one packet that answers nothing. */
  Talk packet() {
    if (!over) {
      heard(client.next(DEADLINE));
    }
    return this;
  }

  /** Listens for a moment, in which nothing should come; what comes is written down. */
  Talk silence() {
    while (!over) {
      Received received = client.next(QUIET);
      if (received instanceof Received.Silence(ByteString begun)) {
        write(("<- (silence) " + Packet.escaped(begun)).strip());
        return this;
      }
      heard(received);
    }
    return this;
  }

  /** Listens until the connection ends. */
  Talk end() {
    while (!over) {
      heard(client.next(DEADLINE));
    }
    return this;
  }

  /** Listens until the connection ends, and writes down only that it did: for bytes that are TLS. */
  Talk endOfTls() {
    while (!over) {
      switch (client.next(DEADLINE)) {
        case Packet _ -> {
          // Not one, or by chance.
        }
        case Received.End(Received.How how, ByteString _, String _) -> {
          write("<- " + how);
          over = true;
        }
        case Received.Silence silence -> heard(silence);
      }
    }
    return this;
  }

  private void heard(Received received) {
    outers();
    switch (received) {
      case Packet packet -> write("<- " + PacketText.of(packet));
      case Received.End(Received.How how, ByteString rest, String _) -> {
        write(("<- " + how + " " + Packet.escaped(rest)).strip());
        over = true;
      }
      case Received.Silence(ByteString begun) -> {
        // If nothing comes for the whole of the deadline, there is no use in asking again.
        write(("<- (silence) " + Packet.escaped(begun)).strip());
        over = true;
      }
    }
  }

  private void outers() {
    for (ClassicClient.Outer outer : client.takeOuters()) {
      write(
          OUTER
              + outer.sequence()
              + (outer.inOrder() ? "" : " (OUT OF ORDER, not " + outer.expected() + ")")
              + (outerLengths ? " plain " + outer.plainLength() : ""));
    }
  }

  private void outersInShort() {
    List<ClassicClient.Outer> outers = client.takeOuters();
    if (!outers.isEmpty()) {
      boolean inOrder = outers.stream().allMatch(ClassicClient.Outer::inOrder);
      write(
          "%s%d, the last %d%s"
              .formatted(
                  OUTER,
                  outers.size(),
                  outers.getLast().sequence(),
                  inOrder ? "" : " (OUT OF ORDER)"));
    }
  }

  // ---- whole scenes

  /** Leaves in order. */
  Talk leave() {
    return command(Commands.quit()).end();
  }

  /** The number that the greeting said, and KILL takes; never written down. */
  String threadId() {
    String id = Long.toString(client.greeting().threadId());
    transcript.hide("KILL " + id, "KILL <id>");
    transcript.hide("KILL QUERY " + id, "KILL QUERY <id>");
    return id;
  }

  /**
   * Makes a user that no other conversation has; it is gone afterwards.
   *
   * @param options what follows the name in CREATE USER
   */
  String freshUser(String options) {
    String name = "u_%06d".formatted(FRESH.incrementAndGet());
    users.add(name);
    transcript.hide(name, "<user>");
    backstage("a user " + options, "CREATE USER '" + name + "'@'%' " + options);
    return name;
  }

  /** Runs SQL as root on the server, past whatever is between. */
  Talk backstage(String what, String sql) {
    write("** " + what);
    backstage.sql(sql);
    return this;
  }

  /** What SQL gives as root on the server, past whatever is between; not written down. */
  String ask(String sql) {
    return backstage.sql(sql);
  }

  /** A text that is another one in each play. */
  Talk hide(String text, String name) {
    transcript.hide(text, name);
    return this;
  }

  /** Waits until SQL gives this as root on the server. */
  Talk await(String sql, String value) throws InterruptedException {
    long until = System.nanoTime() + DEADLINE.toNanos();
    while (!backstage.sql(sql).equals(value)) {
      if (System.nanoTime() > until) {
        throw new AssertionError(sql + " is not " + value);
      }
      Thread.sleep(5);
    }
    return this;
  }

  @Override
  public void close() {
    client.close();
    others.forEach(Talk::close);
    users.forEach(user -> backstage.sql("DROP USER IF EXISTS '" + user + "'@'%'"));
  }

  // ---- words

  private void write(String line) {
    transcript.add(prefix + line);
  }

  private static String text(ByteString command) {
    if (command.isEmpty()) {
      return "an empty packet";
    }
    String text = Packet.escaped(command.substring(1, Math.min(command.size(), SHOWN)));
    String name = Commands.name(command.byteAt(0) & 0xff);
    return command.size() <= SHOWN
        ? (name + " " + text).strip()
        : "%s %s ... (%d bytes)".formatted(name, text, command.size());
  }
}
