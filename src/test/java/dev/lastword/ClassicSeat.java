package dev.lastword;

import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.lastword.ClassicReasons.State;
import dev.lastword.session.Session;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.classic.Capability;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Commands;
import dev.lastword.testing.classic.Login;
import dev.lastword.testing.classic.Packet;
import dev.lastword.testing.classic.Reading;
import dev.lastword.testing.classic.Received;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One session of the classic reason matrix: how it gets into its state and out of it again, and what becomes of it. */
final class ClassicSeat {
  /** A server ends the elder of two dumps that name the same replica. */
  private static final AtomicInteger REPLICAS = new AtomicInteger(1000);

  private static final int LONG_DATA = 3_000_000;

  final State state;
  final boolean tls;
  final ClassicClient client;

  /** The proxy's number for it. */
  final long id;

  /** The server's number for it, as the client was told. */
  final long connection;

  /** Why it ended, as the client was told; only to be read after {@link #join}, but for its size. */
  final List<Packet.ServerError> reasons = new CopyOnWriteArrayList<>();

  long quietSince = System.nanoTime();
  Received.@Nullable End end;
  long endNanos;
  @Nullable Throwable problem;

  private final Login login;
  private long readNanos;
  private int owed;
  private long statement;
  private ByteString rest = ByteString.EMPTY;
  private ClassicClient.@Nullable UserChange change;
  private @Nullable Reading reading;
  private @Nullable Thread listening;

  /** One that has connected and not listened. */
  ClassicSeat(
      State state, boolean tls, ClassicClient client, Login login, long id, long connection) {
    this.state = state;
    this.tls = tls;
    this.client = client;
    this.login = login;
    this.id = id;
    this.connection = connection;
    this.owed = state.owed();
  }

  /**
   * Connects, logs in, and gets into its state; the server may not have begun to work on it yet.
   *
   * @param first statements before that
   */
  static ClassicSeat take(
      Proxy proxy, MySqlServer server, State state, boolean tls, String... first) {
    Login login = Login.as(server.user(), server.password());
    if (state.isCompressed()) {
      login = login.with(Capability.COMPRESS);
    }
    ClassicClient client =
        ClassicClient.connect("127.0.0.1", proxy.port("classic")).within(Faults.SOON);
    long connection = client.receiveGreeting().threadId();
    ClassicSeat seat =
        new ClassicSeat(state, tls, client, login, number(proxy, connection), connection);
    if (tls) {
      client.startTls(login);
    }
    if (state != State.BEFORE_LOGIN) {
      client.authenticate(login).succeeded();
      for (String sql : first) {
        client.sql(sql);
      }
      seat.prepare(server);
    }
    seat.quietSince = System.nanoTime();
    return seat;
  }

  private static long number(Proxy proxy, long connection) {
    return await()
        .atMost(Faults.SOON)
        .pollInterval(Duration.ofMillis(5))
        .until(
            () ->
                proxy.sessions().live().stream()
                    .filter(session -> session.connectionId() == connection)
                    .mapToLong(Session::id)
                    .findAny()
                    .orElse(0),
            number -> number > 0);
  }

  private void prepare(MySqlServer server) {
    switch (state) {
      case BEFORE_LOGIN, IDLE -> {
        // As it is.
      }
      case SLEEPING -> command("SELECT SLEEP(60)");
      case ROW_SCAN ->
          command(
              "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)"
                  + " SELECT SUM(i + SLEEP(0.1)) FROM n");
      case LOCK_WAIT -> command("SELECT * FROM matrix.held FOR UPDATE");
      case IN_TRANSACTION -> {
        client.sql("START TRANSACTION");
        client.sql("INSERT INTO matrix.filled () VALUES ()");
      }
      case MID_RESULT -> command(Faults.rows(480, 100_000));
      case COMPRESSED_RESULT -> command(Faults.randomRows());
      case MID_PACKET -> command("SELECT REPEAT('x', 48000000)");
      case PIPELINED ->
          client.commandsAtOnce(
              client.query("SELECT SLEEP(60)"),
              client.query("SELECT 1"),
              client.query("SELECT 2"),
              Commands.ping(),
              Commands.statistics(),
              client.query("SELECT 5"));
      case CURSOR -> {
        long cursor = client.prepare(Faults.rows(900, 10));
        client.ask(client.execute(cursor, Commands.CURSOR_READ_ONLY)).succeeded();
        client.ask(Commands.fetch(cursor, 10)).succeeded();
      }
      case CHANGE_USER -> {
        ClassicClient.UserChange begun = client.beginChangeUser(login);
        change = begun;
        reading = begun.reading();
      }
      case INFILE -> {
        command("LOAD DATA LOCAL INFILE 'lines' INTO TABLE matrix.filled (line)");
        Reading begun = client.begin();
        client.receiveResponse(begun);
        client.send(ByteString.copyFromUtf8("a line\n"));
        reading = begun;
      }
      case LONG_DATA -> {
        statement = client.prepare("SELECT LENGTH(?)");
        client.command(Commands.sendLongData(statement, 0, ByteString.copyFromUtf8("long")));
      }
      case LONG_DATA_HALF -> {
        statement = client.prepare("SELECT LENGTH(?)");
        ByteString data = ByteString.copyFrom(new byte[LONG_DATA]);
        ByteString command = Commands.sendLongData(statement, 0, data);
        client.sendHalf(command);
        ByteString packet = ClassicClient.packet(0, command);
        rest = packet.substring(packet.size() / 2);
      }
      case BINLOG -> {
        client.sql(
            "SET @master_binlog_checksum = @@global.binlog_checksum,"
                + " @source_binlog_checksum = @@global.binlog_checksum");
        String file = server.sql("SHOW BINARY LOGS").getLast().first();
        client.command(
            Commands.binlogDump(
                4, 0, REPLICAS.incrementAndGet(), Objects.requireNonNull(file, "no binary log")));
      }
      case COMPRESSED -> client.sql("SELECT REPEAT('x', 100000)");
    }
  }

  private void command(String sql) {
    client.command(client.query(sql));
  }

  // ---- Half a request

  /** Whether the rest of a request has been missing since it is in its state. */
  boolean isHalfAlready() {
    return state == State.BEFORE_LOGIN
        || state == State.CHANGE_USER
        || state == State.LONG_DATA_HALF;
  }

  /** Sends the beginning of what may come next; of some states that is true already. */
  void sendHalf() {
    if (state.isIdle()) {
      client.sendHalf(client.query("SELECT 1"));
    } else if (state == State.INFILE) {
      client.sendRaw(ClassicClient.packet(3, ByteString.copyFromUtf8("a line\n")).substring(0, 7));
    } else if (!isHalfAlready()) {
      client.sendRaw(ClassicClient.packet(0, client.query("SELECT 1")).substring(0, 7));
    }
  }

  // ---- What it is told

  /** When it had read everything but why it ended, by {@link System#nanoTime}; 0 if there was nothing else to read. */
  long readNanos() {
    return readNanos;
  }

  /** Begins to read, until the connection ends or nothing comes for a while; from here on the client belongs to another thread. */
  void listen() {
    if (listening == null) {
      listening = Thread.ofVirtual().start(this::hear);
    }
  }

  void join() throws InterruptedException {
    listen();
    Objects.requireNonNull(listening).join();
  }

  private void hear() {
    try {
      while (true) {
        switch (client.next(Faults.PATIENCE)) {
          case Packet packet -> heard(packet);
          case Received.End over -> {
            endNanos = System.nanoTime();
            end = over;
            return;
          }
          case Received.Silence _ -> {
            return;
          }
        }
      }
    } catch (RuntimeException | AssertionError e) {
      problem = e;
    }
  }

  private void heard(Packet packet) {
    if (!packet.inOrder()) {
      throw new AssertionError(
          "number " + packet.sequence() + " where " + packet.expected() + " is expected");
    }
    client.takeOuters().stream()
        .filter(outer -> !outer.inOrder())
        .forEach(outer -> {
          throw new AssertionError("out of order: " + outer);
        });
    Reading now = reading;
    if (now == null && owed > 0) {
      now = client.begin();
      reading = now;
    }
    if (packet.isError()) {
      reasons.add(packet.asError());
    } else if (now == null) {
      throw new AssertionError("nobody asked for " + packet.escaped());
    } else if (!reasons.isEmpty() && isKilled(reasons.getLast())) {
      throw new AssertionError("a packet behind the last one: " + packet.escaped());
    }
    if (!packet.isError()) {
      readNanos = System.nanoTime();
    }
    if (now != null) {
      now.next(packet);
      if (now.isComplete()) {
        client.end(now);
        reading = null;
        owed--;
      }
    }
  }

  private static boolean isKilled(Packet.ServerError error) {
    return error.code() != 1317;
  }

  // ---- Going on

  /** Brings to its end what had been begun; an error of a statement is an end too. */
  void finishWork(Faults faults) throws Exception {
    switch (state) {
      case BEFORE_LOGIN -> client.authenticate(login).succeeded();
      case SLEEPING, ROW_SCAN, LOCK_WAIT, MID_RESULT, MID_PACKET, PIPELINED, COMPRESSED_RESULT -> {
        while (owed > 0) {
          client.receiveResponse();
          owed--;
        }
      }
      case IN_TRANSACTION -> client.sql("COMMIT");
      case CHANGE_USER -> {
        client.endChangeUser(Objects.requireNonNull(change)).succeeded();
        owed = 0;
      }
      case INFILE -> {
        client.send(ByteString.EMPTY);
        client.receiveResponse(Objects.requireNonNull(reading));
        owed = 0;
      }
      case LONG_DATA_HALF, LONG_DATA -> {
        client.sendRaw(rest);
        rest = ByteString.EMPTY;
        client.ask(client.execute(statement, 0, Commands.Parameter.sentBefore())).succeeded();
      }
      case BINLOG -> awaitEvent(faults);
      case IDLE, CURSOR, COMPRESSED -> {
        // There is nothing to finish.
      }
    }
    reading = owed == 0 ? null : reading;
  }

  /** One more than all that had been there. */
  private void awaitEvent(Faults faults) {
    Reading dump = client.begin();
    reading = dump;
    while (client.next(Duration.ofMillis(300)) instanceof Packet packet) {
      event(dump, packet);
    }
    faults.server().sql("INSERT INTO matrix.filled () VALUES ()");
    event(dump, client.receive());
  }

  private static void event(Reading dump, Packet packet) {
    if (!packet.inOrder() || dump.next(packet) != Reading.Part.EVENT) {
      throw new AssertionError("no event: " + packet);
    }
  }

  /** Whether it answers a statement, if it is one that can be asked. */
  boolean answers() {
    return state == State.BINLOG || "1".equals(client.sql("SELECT 1").value());
  }
}
