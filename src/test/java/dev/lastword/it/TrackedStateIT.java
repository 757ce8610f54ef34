package dev.lastword.it;

import static dev.lastword.it.Front.soon;
import static dev.lastword.testing.x.XMessages.any;
import static dev.lastword.testing.x.XMessages.command;
import static dev.lastword.testing.x.XMessages.cursorClose;
import static dev.lastword.testing.x.XMessages.cursorFetch;
import static dev.lastword.testing.x.XMessages.cursorOpen;
import static dev.lastword.testing.x.XMessages.deallocate;
import static dev.lastword.testing.x.XMessages.execute;
import static dev.lastword.testing.x.XMessages.expectClose;
import static dev.lastword.testing.x.XMessages.expectNoError;
import static dev.lastword.testing.x.XMessages.expectOpen;
import static dev.lastword.testing.x.XMessages.field;
import static dev.lastword.testing.x.XMessages.findAll;
import static dev.lastword.testing.x.XMessages.insert;
import static dev.lastword.testing.x.XMessages.prepareFind;
import static dev.lastword.testing.x.XMessages.prepareSql;
import static dev.lastword.testing.x.XMessages.sessionClose;
import static dev.lastword.testing.x.XMessages.sessionReset;
import static dev.lastword.testing.x.XMessages.sint;
import static dev.lastword.testing.x.XMessages.sql;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.lastword.session.Activity;
import dev.lastword.session.Session;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.x.Frame;
import dev.lastword.testing.x.Response;
import dev.lastword.testing.x.XClient;
import dev.lastword.testing.x.XMessages;
import dev.lastword.x.protobuf.MysqlxExpect;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the proxy believes of a session, compared with what the server says of it, after each step of long conversations. The server is
 * asked over another connection: is the session logged in, does it run a statement, is it in a transaction that outlives its statement?
 */
class TrackedStateIT {
  private static final String SCHEMA = "tracked_state";

  /** A result that neither the sockets nor the proxy's buffers can hold. */
  private static final String LONG_RESULT =
      "SELECT REPEAT('x', 10000) FROM information_schema.collations a, information_schema.collations b LIMIT 8000";

  private static MySqlServer server;
  private static Front front;
  private static Connection monitor;
  private static PreparedStatement question;

  @BeforeAll
  static void start() throws SQLException {
    server = MySqlServer.shared();
    front = Front.of(server);
    server.sql("DROP SCHEMA IF EXISTS " + SCHEMA);
    server.sql("CREATE SCHEMA " + SCHEMA);
    server.sql("CREATE TABLE " + SCHEMA + ".t (i INT PRIMARY KEY, v TEXT)");
    server.sql("INSERT INTO " + SCHEMA + ".t VALUES (1, 'one'), (2, 'two'), (3, 'three')");
    server.sql(
        "CREATE TABLE "
            + SCHEMA
            + ".c (doc JSON, _id VARBINARY(32) GENERATED ALWAYS AS"
            + " (JSON_UNQUOTE(JSON_EXTRACT(doc, '$._id'))) STORED PRIMARY KEY,"
            + " _json_schema JSON GENERATED ALWAYS AS ('{\"type\":\"object\"}') VIRTUAL)");
    server.sql(
        "CREATE PROCEDURE "
            + SCHEMA
            + ".two_results(OUT n INT) BEGIN SELECT 1; SELECT i FROM t; SET n = 7; END");
    server.sql(
        "CREATE PROCEDURE " + SCHEMA + ".broken() BEGIN SELECT 1; SELECT 1 FROM nosuch; END");
    monitor = server.connect();
    question =
        monitor.prepareStatement(
            """
            SELECT t.PROCESSLIST_COMMAND <> 'Sleep' AS busy,
              COALESCE(x.STATE = 'ACTIVE' AND x.AUTOCOMMIT = 'NO', FALSE) AS in_transaction
            FROM performance_schema.threads t
            LEFT JOIN performance_schema.events_transactions_current x USING (THREAD_ID)
            WHERE t.PROCESSLIST_ID = ?
            """);
  }

  @AfterAll
  static void stop() throws SQLException {
    monitor.close();
    front.close();
    server.sql("DROP SCHEMA " + SCHEMA);
  }

  /** What one side says of a session. */
  private record State(boolean loggedIn, boolean busy, boolean inTransaction) {}

  private static State accordingToServer(long connection) throws SQLException {
    question.setLong(1, connection);
    try (ResultSet row = question.executeQuery()) {
      return row.next()
          ? new State(true, row.getBoolean("busy"), row.getBoolean("in_transaction"))
          : new State(false, false, false);
    }
  }

  private static State accordingToProxy(Session session) {
    return Front.ask(
        session,
        () ->
            switch (session.activity()) {
              case CONNECTING, OPAQUE, ENDED, UNAUTHENTICATED ->
                  new State(false, false, session.inTransaction());
              case IDLE -> new State(true, false, session.inTransaction());
              case WAITING, MID_RESULT -> new State(true, true, session.inTransaction());
            });
  }

  /** One client, and what both sides say of its session. */
  private static final class Talk implements AutoCloseable {
    final XClient client = front.connect();
    final Session session;
    private long connection;

    Talk(String compression) {
      if (!compression.isEmpty()) {
        client.ask(XMessages.capabilitiesSet(XMessages.compression(compression))).succeeded();
      }
      client.login(server.user(), server.password());
      if (!compression.isEmpty()) {
        client.startCompression(compression);
      }
      session = front.newestSession();
      identify();
      client.sql("USE " + SCHEMA);
      idle("the login");
    }

    Talk() {
      this("");
    }

    /** Asks the server for its own number of the session, which a login changes. */
    void identify() {
      connection =
          Long.parseLong(Objects.requireNonNull(client.sql("SELECT CONNECTION_ID()").value()));
    }

    Activity activity() {
      return Front.ask(session, session::activity);
    }

    boolean halfRequest() {
      return Front.ask(session, session::halfRequest);
    }

    /** Both sides must say so, the proxy at once: all was answered. */
    void idle(String after) {
      assertThat(activity()).as("activity after %s", after).isEqualTo(Activity.IDLE);
      assertThat(halfRequest()).as("half a request after %s", after).isFalse();
      agrees(after);
    }

    /** Both sides must say that a statement runs, as soon as word of it has reached them. */
    void busy(String with, Activity activity) {
      soon().untilAsserted(() -> assertThat(activity()).as(with).isEqualTo(activity));
      agrees(with);
    }

    void agrees(String after) {
      State believed = accordingToProxy(session);
      // The server ends its bookkeeping a moment after the client has the answer.
      soon()
          .untilAsserted(() ->
              assertThat(accordingToServer(connection))
                  .as("the server after %s", after)
                  .isEqualTo(believed));
      assertThat(accordingToProxy(session)).as("the proxy after %s", after).isEqualTo(believed);
    }

    /** One request, well or badly answered, and both sides are idle again. */
    Response step(String name, Message request) {
      Response response = client.ask(request);
      idle(name);
      return response;
    }

    void sql(String... statements) {
      for (String statement : statements) {
        step(statement, XMessages.sql(statement)).succeeded();
      }
    }

    void fails(String statement, int code) {
      assertThat(step(statement, XMessages.sql(statement)).error().getCode())
          .as(statement)
          .isEqualTo(code);
    }

    boolean inTransaction() {
      return Front.ask(session, session::inTransaction);
    }

    @Override
    public void close() {
      client.close();
    }
  }

  @Test
  void transactions_begin_and_end_as_the_server_says() {
    try (Talk talk = new Talk()) {
      talk.sql("BEGIN", "SELECT * FROM t", "INSERT INTO t VALUES (10, 'ten')", "SAVEPOINT a");
      assertThat(talk.inTransaction()).isTrue();
      talk.sql("UPDATE t SET v = 'TEN' WHERE i = 10", "ROLLBACK TO a", "ROLLBACK");
      assertThat(talk.inTransaction()).isFalse();
      talk.sql("START TRANSACTION READ ONLY", "SELECT 1", "COMMIT AND CHAIN", "SELECT 2");
      assertThat(talk.inTransaction()).isTrue();
      talk.fails("INSERT INTO t VALUES (11, 'eleven')", 1792);
      talk.fails("SELEKT", 1064);
      talk.sql("ROLLBACK");
      talk.sql("BEGIN", "INSERT INTO t VALUES (12, 'twelve')");
      talk.fails("INSERT INTO t VALUES (12, 'again')", 1062);
      talk.sql("CREATE TABLE u (i INT)");
      assertThat(talk.inTransaction()).isFalse();
      talk.sql("DELETE FROM t WHERE i = 12", "BEGIN", "DROP TABLE u");
      talk.sql("SET autocommit = 0", "SELECT 1", "SELECT * FROM t");
      assertThat(talk.inTransaction()).isTrue();
      talk.sql("COMMIT", "INSERT INTO t VALUES (13, 'thirteen')", "SET autocommit = 1");
      assertThat(talk.inTransaction()).isFalse();
      talk.sql("DELETE FROM t WHERE i = 13");
      talk.sql("LOCK TABLES t WRITE", "UNLOCK TABLES");
      talk.sql("XA START 'x'", "INSERT INTO t VALUES (14, 'fourteen')", "XA END 'x'");
      talk.sql("XA ROLLBACK 'x'");
      talk.sql("START TRANSACTION WITH CONSISTENT SNAPSHOT", "/* bye */ commit /*!80000 work */");
      talk.sql("BEGIN", "SET @x = 1", "DO SLEEP(0)");
      assertThat(talk.inTransaction()).isTrue();
    }
  }

  @Test
  void a_deadlock_takes_the_transaction_away_and_a_lock_timeout_does_not() {
    try (Talk one = new Talk();
        Talk other = new Talk()) {
      one.sql("SET innodb_lock_wait_timeout = 1", "BEGIN", "UPDATE t SET v = 'a' WHERE i = 1");
      // Lighter than the other one, so that it is the victim.
      other.sql("BEGIN", "UPDATE t SET v = 'b' WHERE i = 2", "UPDATE t SET v = 'b' WHERE i = 3");
      one.fails("UPDATE t SET v = 'a' WHERE i = 2", 1205);
      assertThat(one.inTransaction()).isTrue();
      other.client.send(sql("UPDATE t SET v = 'b' WHERE i = 1"));
      other.busy("waiting for a row lock", Activity.WAITING);
      one.fails("UPDATE t SET v = 'a' WHERE i = 2", 1213);
      assertThat(one.inTransaction()).isFalse();
      other.client.receiveResponse().succeeded();
      other.idle("the lock");
      assertThat(other.inTransaction()).isTrue();
      other.sql("ROLLBACK");
    }
  }

  @Test
  void several_results_and_out_parameters_are_one_response() {
    try (Talk talk = new Talk()) {
      Response two = talk.step("CALL", sql("CALL two_results(@n)"));
      assertThat(two.types()).contains(Frame.FETCH_DONE_MORE_RESULTSETS);
      assertThat(two.succeeded().resultSets()).hasSize(2);
      talk.step("prepare", prepareSql(1, "CALL two_results(?)")).succeeded();
      Response out = talk.step("execute", execute(1, any(sint(0))));
      assertThat(out.succeeded().types()).contains(Frame.FETCH_DONE_MORE_OUT_PARAMS);
      assertThat(talk.step("CALL broken", sql("CALL broken()")).types())
          .contains(Frame.ROW)
          .endsWith(Frame.ERROR);
      talk.step("deallocate", deallocate(1)).succeeded();
      assertThat(talk.step("execute nothing", execute(1)).error().getCode()).isEqualTo(5110);
    }
  }

  @Test
  void cursors_stay_open_while_the_session_is_idle() {
    try (Talk talk = new Talk()) {
      talk.sql("BEGIN");
      talk.step("prepare", prepareSql(1, "SELECT i FROM t ORDER BY i")).succeeded();
      assertThat(talk.step("open", cursorOpen(1, execute(1), 1)).succeeded().types())
          .contains(Frame.FETCH_SUSPENDED);
      assertThat(talk.step("fetch one", cursorFetch(1, 1)).succeeded().rows()).isEmpty();
      assertThat(talk.step("fetch all", cursorFetch(1, 100)).succeeded().types())
          .contains(Frame.FETCH_DONE);
      assertThat(talk.step("fetch past the end", cursorFetch(1, 1)).error().getCode())
          .isEqualTo(5123);
      talk.step("close", cursorClose(1)).succeeded();
      assertThat(talk.step("fetch closed", cursorFetch(1, 1)).failed()).isTrue();
      talk.step("open without rows", cursorOpen(2, execute(1))).succeeded();
      talk.sql("COMMIT");
      assertThat(talk.step("open twice", cursorOpen(2, execute(1))).failed()).isFalse();
    }
  }

  @Test
  void documents_are_written_and_found() {
    try (Talk talk = new Talk()) {
      talk.sql("BEGIN");
      talk.step("insert", insert(SCHEMA, "c", "{\"_id\": \"a\", \"n\": 1}", "{\"_id\": \"b\"}"))
          .succeeded();
      assertThat(talk.step("insert again", insert(SCHEMA, "c", "{\"_id\": \"a\"}")).failed())
          .isTrue();
      talk.step("prepare find", prepareFind(1, findAll(SCHEMA, "c"))).succeeded();
      for (int i = 0; i < 3; i++) {
        assertThat(talk.step("find", execute(1)).succeeded().rows()).hasSize(2);
      }
      talk.step("find nothing", findAll(SCHEMA, "nosuch"));
      talk.sql("ROLLBACK");
      talk.sql("SET autocommit = 0");
      talk.step("find starts", findAll(SCHEMA, "c")).succeeded();
      assertThat(talk.inTransaction()).isTrue();
      talk.sql("SET autocommit = 1");
    }
  }

  @Test
  void expect_blocks_that_fail_answer_everything_in_them() {
    try (Talk talk = new Talk()) {
      talk.step("open", expectNoError()).succeeded();
      talk.sql("BEGIN");
      talk.fails("SELECT nothing", 1054);
      talk.fails("COMMIT", 5159);
      assertThat(talk.inTransaction()).isTrue();
      assertThat(talk.step("open inside", expectNoError()).failed()).isTrue();
      assertThat(talk.step("close inside", expectClose()).failed()).isTrue();
      assertThat(talk.step("close", expectClose()).failed()).isTrue();
      assertThat(talk.step("close none", expectClose()).error().getCode()).isEqualTo(5158);
      talk.sql("ROLLBACK");
      int exists = MysqlxExpect.Open.Condition.Key.EXPECT_FIELD_EXIST_VALUE;
      assertThat(talk.step("unmet", expectOpen(exists, ByteString.copyFromUtf8("99.1"))).failed())
          .isTrue();
      talk.step("close the unmet one", expectClose());
      assertThat(talk.step("unknown key", expectOpen(77, ByteString.EMPTY)).failed()).isTrue();
      talk.step("close the unknown one", expectClose());
      // A whole block at once, as drivers send it.
      talk.client.sendAtOnce(
          expectNoError(), sql("BEGIN"), sql("SELECT nothing"), sql("COMMIT"), expectClose());
      int failures = 0;
      for (int i = 0; i < 5; i++) {
        failures += talk.client.receiveResponse().failed() ? 1 : 0;
      }
      assertThat(failures).isEqualTo(3);
      talk.idle("a block at once");
      assertThat(talk.inTransaction()).isTrue();
      talk.sql("ROLLBACK");
    }
  }

  @Test
  void notices_end_nothing() {
    try (Talk talk = new Talk()) {
      Response warned = talk.step("a warning", sql("SELECT CAST('x' AS SIGNED), 1/0"));
      assertThat(warned.notices()).hasSizeGreaterThan(1);
      Message off =
          command(
              "disable_notices",
              field("notice", XMessages.array(any(XMessages.string("warnings")))));
      talk.step("notices off", off).succeeded();
      assertThat(talk.step("no warning", sql("SELECT CAST('x' AS SIGNED)")).notices()).hasSize(1);
      talk.step("list", command("list_notices")).succeeded();
      talk.step("ping", command("ping")).succeeded();
      assertThat(talk.step("no command", command("nosuch")).failed()).isTrue();
    }
  }

  @Test
  void unknown_and_misplaced_messages_are_answered_and_counted() {
    try (Talk talk = new Talk()) {
      talk.client.sendFrame(99, ByteString.EMPTY);
      assertThat(talk.client.receiveResponse().error().getCode()).isEqualTo(1047);
      talk.idle("an unknown type");
      assertThat(talk.step("capabilities", XMessages.capabilitiesGet()).error().getCode())
          .isEqualTo(1047);
      assertThat(talk.step("login again", XMessages.authenticateStart("PLAIN")).error().getCode())
          .isEqualTo(1047);
      talk.sql("SELECT 1");
    }
  }

  @Test
  void both_kinds_of_reset_end_the_transaction_and_one_ends_the_login() {
    try (Talk talk = new Talk()) {
      talk.sql("BEGIN", "INSERT INTO t VALUES (20, 'twenty')");
      talk.step("reset with keep_open", sessionReset(true)).succeeded();
      assertThat(talk.inTransaction()).isFalse();
      talk.sql("USE " + SCHEMA, "SET autocommit = 0", "SELECT * FROM t");
      assertThat(talk.inTransaction()).isTrue();
      talk.client.ask(sessionReset(false)).succeeded();
      assertThat(talk.activity()).isEqualTo(Activity.UNAUTHENTICATED);
      talk.agrees("reset");
      Response refused = talk.client.authenticatePlain("", server.user(), "wrong");
      assertThat(refused.error().getCode()).isEqualTo(1045);
      assertThat(talk.activity()).isEqualTo(Activity.UNAUTHENTICATED);
      talk.client.authenticatePlain(SCHEMA, server.user(), server.password()).succeeded();
      talk.identify();
      talk.idle("the second login");
      talk.sql("SELECT * FROM t");
      assertThat(talk.inTransaction()).isFalse();
      talk.client.ask(sessionClose()).succeeded();
      assertThat(talk.activity()).isEqualTo(Activity.UNAUTHENTICATED);
      talk.agrees("close");
      talk.client.authenticatePlain(SCHEMA, server.user(), server.password()).succeeded();
      talk.identify();
      talk.idle("the third login");
      talk.sql("BEGIN");
      assertThat(talk.client.ask(XMessages.connectionClose()).succeeded().end().type())
          .isEqualTo(Frame.OK);
      talk.client.awaitEof();
      soon().until(talk::activity, Activity.ENDED::equals);
      talk.client.close();
    }
  }

  @Test
  void pipelined_requests_are_answered_one_by_one() {
    try (Talk talk = new Talk()) {
      talk.client.sendAtOnce(
          sql("BEGIN"),
          sql("SELECT SLEEP(0.3)"),
          sql("SELECT nothing"),
          prepareSql(5, "SELECT i FROM t"),
          execute(5),
          sessionReset(true),
          sql("BEGIN"),
          sql("SELECT SLEEP(0.3)"));
      talk.client.receiveResponse().succeeded();
      talk.busy("sleeping in a transaction", Activity.WAITING);
      assertThat(talk.inTransaction()).isTrue();
      for (int i = 1; i < 8; i++) {
        assertThat(talk.activity())
            .as("before answer %d", i)
            .isNotEqualTo(Activity.UNAUTHENTICATED);
        talk.client.receiveResponse();
      }
      talk.idle("all eight");
      assertThat(talk.inTransaction()).isTrue();
      for (int i = 0; i < 200; i++) {
        talk.client.send(sql("SELECT " + i));
      }
      for (int i = 0; i < 200; i++) {
        assertThat(talk.client.receiveResponse().value()).isEqualTo(String.valueOf(i));
      }
      talk.idle("two hundred more");
    }
  }

  @Test
  void half_a_request_is_held_and_the_server_knows_nothing_of_it() {
    try (Talk talk = new Talk()) {
      talk.sql("BEGIN");
      ByteString frame = XMessages.frame(sql("SELECT 'whole'"));
      for (int cut : new int[] {1, 3, 4, 5, 6, frame.size() - 1}) {
        talk.client.sendRaw(frame.substring(0, cut));
        soon().untilAsserted(() -> assertThat(talk.halfRequest()).as("%d bytes", cut).isTrue());
        assertThat(talk.activity()).isEqualTo(Activity.IDLE);
        talk.agrees(cut + " bytes of a request");
        talk.client.sendRaw(frame.substring(cut));
        assertThat(talk.client.receiveResponse().value()).isEqualTo("whole");
        talk.idle("the rest of it");
      }
      // While another one runs.
      talk.client.sendRaw(
          XMessages.frames(sql("SELECT SLEEP(0.4)"), sql("SELECT 2"))
              .concat(frame.substring(0, 7)));
      talk.busy("one and a half requests", Activity.WAITING);
      assertThat(talk.halfRequest()).isTrue();
      talk.client.receiveResponse();
      talk.client.receiveResponse();
      assertThat(talk.activity()).isEqualTo(Activity.IDLE);
      assertThat(talk.halfRequest()).isTrue();
      talk.agrees("the two whole ones");
      talk.client.sendRaw(frame.substring(7));
      talk.client.receiveResponse().succeeded();
      talk.idle("the third");
      talk.step("byte by byte", sql("ROLLBACK"));
    }
  }

  @Test
  void a_result_that_the_client_does_not_read_is_a_result_begun() {
    try (Talk talk = new Talk()) {
      talk.sql("BEGIN");
      talk.client.send(sql(LONG_RESULT));
      talk.busy("a result that is not read", Activity.MID_RESULT);
      assertThat(talk.inTransaction()).isTrue();
      talk.client.send(sql("SELECT 1"));
      talk.busy("a result that is not read and another request", Activity.MID_RESULT);
      assertThat(talk.client.receiveResponse().succeeded().rows()).hasSize(8000);
      talk.client.receiveResponse().succeeded();
      talk.idle("both results");
      talk.sql("ROLLBACK");
    }
  }

  @Test
  void a_killed_query_leaves_the_session_as_it_was() {
    try (Talk talk = new Talk()) {
      talk.sql("BEGIN");
      talk.client.send(sql("SELECT SLEEP(30)"));
      talk.busy("sleeping", Activity.WAITING);
      server.sql("KILL QUERY " + talk.connection);
      talk.client.receiveResponse();
      talk.idle("KILL QUERY while it sleeps");
      talk.client.send(sql(LONG_RESULT));
      talk.busy("a result that is not read", Activity.MID_RESULT);
      server.sql("KILL QUERY " + talk.connection);
      assertThat(talk.client.receiveResponse().types()).contains(Frame.ROW).endsWith(Frame.ERROR);
      talk.idle("KILL QUERY while it sends");
      assertThat(talk.inTransaction()).isTrue();
      talk.sql("SET max_execution_time = 50");
      talk.fails(
          "SELECT COUNT(*) FROM information_schema.columns a, information_schema.columns b", 3024);
      talk.sql("ROLLBACK");
    }
  }

  @Test
  void a_fatal_error_ends_the_session() {
    try (Talk talk = new Talk()) {
      talk.sql("BEGIN");
      talk.client.send(sql(LONG_RESULT));
      talk.busy("a result that is not read", Activity.MID_RESULT);
      server.sql("KILL " + talk.connection);
      assertThat(talk.client.awaitEnd()).last().matches(Frame::isFatal, "is a FATAL Error");
      soon().until(talk::activity, Activity.ENDED::equals);
      soon().until(() -> !accordingToServer(talk.connection).loggedIn());
    }
    try (Talk talk = new Talk()) {
      talk.client.sendFrame(12, ByteString.copyFromUtf8("no protobuf"));
      Frame error = talk.client.receive();
      assertThat(error.isFatal()).as("%s", error).isTrue();
      talk.client.awaitEof();
      soon().until(talk::activity, Activity.ENDED::equals);
    }
    front.awaitNoSessions();
  }

  @ParameterizedTest
  @ValueSource(strings = {"deflate_stream", "lz4_message", "zstd_stream"})
  void compression_hides_nothing_from_the_proxy(String algorithm) {
    try (Talk talk = new Talk(algorithm)) {
      talk.client.sendCompressed(sql("BEGIN"));
      talk.client.receiveResponse().succeeded();
      talk.idle("a compressed BEGIN");
      assertThat(talk.inTransaction()).isTrue();
      talk.client.sendCompressed(
          sql("SELECT SLEEP(0.3)"), sql("SELECT nothing"), sql("SELECT v FROM t"), sql("COMMIT"));
      talk.busy("four in one frame", Activity.WAITING);
      for (int i = 0; i < 4; i++) {
        talk.client.receiveResponse();
      }
      talk.idle("four in one frame");
      assertThat(talk.inTransaction()).isFalse();
      talk.sql("SET autocommit = 0", "SELECT v FROM t");
      talk.client.sendCompressed(sql("SET autocommit = 1"), sql("BEGIN"));
      talk.client.receiveResponse().succeeded();
      talk.client.receiveResponse().succeeded();
      talk.idle("two in one frame");
      assertThat(talk.inTransaction()).isTrue();
      talk.client.sendCompressed(sql("SELECT '" + "y".repeat(3_000_000) + "'"));
      talk.client.receiveResponse().succeeded();
      talk.idle("a large one");
      ByteString payload = talk.client.pack(XMessages.frames(sql("ROLLBACK"), sql("SELECT 1")));
      ByteString frame =
          XMessages.frame(
              dev.lastword.x.protobuf.MysqlxConnection.Compression.newBuilder()
                  .setPayload(payload)
                  .build());
      talk.client.sendRaw(frame.substring(0, 9));
      soon().until(talk::halfRequest);
      talk.agrees("half a compressed frame");
      talk.client.sendRaw(frame.substring(9));
      talk.client.receiveResponse().succeeded();
      talk.client.receiveResponse().succeeded();
      talk.idle("the other half");
      assertThat(talk.inTransaction()).isFalse();
      talk.client.sendCompressed(sql("SELECT i FROM t WHERE SLEEP(0.2) = 0"));
      talk.busy("a compressed result", Activity.WAITING);
      talk.client.within(Duration.ofSeconds(20)).receiveResponse().succeeded();
      talk.idle("a compressed result");
    }
  }
}
