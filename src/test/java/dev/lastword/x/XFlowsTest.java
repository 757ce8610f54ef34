package dev.lastword.x;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.lastword.config.ClientTls;
import dev.lastword.farewell.Cause;
import dev.lastword.session.Activity;
import dev.lastword.testing.x.XMessages;
import dev.lastword.x.ModelServer.Request;
import dev.lastword.x.ModelServer.Said;
import dev.lastword.x.protobuf.Mysqlx;
import dev.lastword.x.protobuf.MysqlxConnection;
import dev.lastword.x.protobuf.MysqlxPrepare;
import dev.lastword.x.protobuf.MysqlxSession;
import dev.lastword.x.protobuf.MysqlxSql;
import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayOutputStream;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** {@link ClientFlow} and {@link ServerFlow} between two channels in memory. */
class XFlowsTest {
  private static final byte[] LOGIN =
      client(4, MysqlxSession.AuthenticateStart.newBuilder().setMechName("MYSQL41").build());
  private static final byte[] WELCOME =
      server(4, MysqlxSession.AuthenticateOk.getDefaultInstance());
  private static final byte[] DONE = server(17, MysqlxSql.StmtExecuteOk.getDefaultInstance());

  @Test
  void frames_pass_in_both_directions_whole_and_byte_by_byte() {
    try (Memory memory = new Memory(ClientTls.Mode.DISABLED, 1000)) {
      memory.clientSays(LOGIN);
      assertThat(memory.session.activity()).isEqualTo(Activity.UNAUTHENTICATED);
      memory.serverSays(WELCOME);
      assertThat(memory.session.activity()).isEqualTo(Activity.IDLE);
      byte[] begin = sql("begin");
      for (int i = 0; i < begin.length; i++) {
        assertThat(memory.session.halfRequest()).isEqualTo(i > 0);
        assertThat(memory.toServer.size()).isEqualTo(LOGIN.length);
        memory.clientSays(begin, i, i + 1);
      }
      assertThat(memory.session.activity()).isEqualTo(Activity.WAITING);
      for (int i = 0; i < DONE.length; i++) {
        assertThat(memory.session.inTransaction()).isFalse();
        assertThat(memory.toClient.size()).isEqualTo(WELCOME.length);
        memory.serverSays(DONE, i, i + 1);
      }
      assertThat(memory.session.inTransaction()).isTrue();
      assertThat(memory.session.activity()).isEqualTo(Activity.IDLE);
    }
  }

  /** Where the first read of a long request ends must not decide whether the proxy understands it. */
  @Test
  void a_streamed_request_is_understood_wherever_the_reads_end() {
    byte[] off = sql("set autocommit = 0");
    byte[] insert = sql("insert into t values ('" + "x".repeat(20_000) + "')");
    for (int cut : new int[] {1, 3, 4, 5, 6, 10, 50, 3000}) {
      try (Memory memory = new Memory(ClientTls.Mode.DISABLED, 4000)) {
        memory.clientSays(LOGIN);
        memory.serverSays(WELCOME);
        memory.clientSays(off);
        memory.serverSays(DONE);
        assertThat(memory.session.inTransaction()).isFalse();
        memory.clientSays(insert, 0, cut);
        memory.clientSays(insert, cut, 10_000);
        assertThat(memory.session.halfRequest()).isTrue();
        assertThat(memory.session.activity()).isEqualTo(Activity.IDLE);
        memory.clientSays(insert, 10_000, insert.length);
        assertThat(memory.session.activity()).isEqualTo(Activity.WAITING);
        memory.serverSays(DONE);
        assertThat(memory.session.inTransaction()).as("cut after %d bytes", cut).isTrue();
      }
    }
  }

  @Test
  void a_login_that_cannot_be_looked_at_as_a_whole_is_refused() {
    byte[] login =
        client(
            4,
            MysqlxSession.AuthenticateStart.newBuilder()
                .setMechName("PLAIN")
                .setAuthData(ByteString.copyFrom(new byte[5000]))
                .build());
    try (Memory memory = new Memory(ClientTls.Mode.DISABLED, 1000)) {
      memory.clientSays(login, 0, 3000);
      assertThat(memory.session.cause()).isEqualTo(Cause.CLIENT_REFUSED);
      assertThat(memory.toServer.size()).isZero();
      assertThat(memory.toClient.toString(java.nio.charset.StandardCharsets.UTF_8))
          .contains("limits.hold-back");
      memory.clientSays(login, 3000, login.length);
    }
  }

  @Test
  void the_proxy_answers_in_the_order_of_the_requests() {
    byte[] get = client(1, MysqlxConnection.CapabilitiesGet.getDefaultInstance());
    byte[] tls = XMessages.frame(XMessages.capabilitiesSet(XMessages.tls(true))).toByteArray();
    byte[] capabilities = server(2, MysqlxConnection.Capabilities.getDefaultInstance());
    try (Memory memory = new Memory(ClientTls.Mode.DISABLED, 1000)) {
      memory.clientSays(join(get, tls, LOGIN));
      assertThat(memory.toServer.toByteArray()).isEqualTo(get);
      assertThat(memory.toClient.size()).isZero();
      assertThat(memory.readsClient()).isFalse();
      memory.serverSays(capabilities);
      assertThat(memory.readsClient()).isTrue();
      assertThat(memory.toServer.toByteArray()).isEqualTo(join(get, LOGIN));
      assertThat(memory.toClient.toByteArray()).startsWith(capabilities);
      assertThat(memory.toClient.toString(java.nio.charset.StandardCharsets.UTF_8))
          .contains("Capability prepare failed for 'tls'");
      memory.serverSays(WELCOME);
      assertThat(memory.session.activity()).isEqualTo(Activity.IDLE);
    }
  }

  /** MySQL 9.7 calls it fatal and goes on: whoever believes it cuts off a client that is about to log in again. */
  @Test
  void the_fatal_error_after_which_a_server_goes_on_ends_nothing() {
    byte[] reset = XMessages.frame(MysqlxSession.Reset.getDefaultInstance()).toByteArray();
    byte[] tls = XMessages.frame(XMessages.capabilitiesSet(XMessages.tls(true))).toByteArray();
    byte[] fatal =
        server(
            1,
            Mysqlx.Error.newBuilder()
                .setSeverity(Mysqlx.Error.Severity.FATAL)
                .setCode(5009)
                .setSqlState("HY000")
                .setMsg("CapabilitiesSet not supported")
                .build());
    try (Memory memory = new Memory(ClientTls.Mode.PASSTHROUGH, 1000)) {
      memory.client.freezeTime();
      memory.serverSays(HELLO);
      memory.clientSays(LOGIN);
      memory.serverSays(WELCOME);
      memory.clientSays(reset);
      memory.serverSays(server(0, Mysqlx.Ok.getDefaultInstance()));
      memory.clientSays(tls);
      memory.serverSays(fatal);
      memory.client.advanceTimeBy(1, TimeUnit.HOURS);
      memory.client.runScheduledPendingTasks();
      assertThat(memory.session.cause()).isNull();
      memory.clientSays(LOGIN);
      memory.serverSays(WELCOME);
      assertThat(memory.session.activity()).isEqualTo(Activity.IDLE);
    }
  }

  /** A server that is busy takes nothing, so the client is not read: the rest of its request is not late. */
  @Test
  void a_client_that_is_not_read_is_not_silent() {
    try (Memory memory = new Memory(ClientTls.Mode.DISABLED, 1000)) {
      memory.serverSays(HELLO);
      memory.clientSays(LOGIN);
      memory.serverSays(WELCOME);
      memory.clientSays(new byte[] {20, 0, 0, 0, 12, 1});
      assertThat(memory.session.halfRequest()).isTrue();
      long hour = TimeUnit.HOURS.toNanos(1);
      long now = System.nanoTime();
      memory.session.tick(now);
      memory.serverTakes(false);
      memory.session.tick(now + hour);
      assertThat(memory.session.cause()).isNull();
      memory.serverTakes(true);
      memory.session.tick(now + hour + 1);
      assertThat(memory.session.cause()).isNull();
      memory.session.tick(now + 2 * hour);
      assertThat(memory.session.cause()).isEqualTo(Cause.HALF_REQUEST);
    }
  }

  private static final byte[] HELLO = {5, 0, 0, 0, 11, 8, 5, 26, 0};

  @Test
  void behind_a_passed_through_tls_nothing_is_looked_at() {
    byte[] tls = XMessages.frame(XMessages.capabilitiesSet(XMessages.tls(true))).toByteArray();
    byte[] hello = {22, 3, 1, 2, 0, 1, 0, 1, -4, 3, 3};
    byte[] ok = server(0, Mysqlx.Ok.getDefaultInstance());
    try (Memory memory = new Memory(ClientTls.Mode.PASSTHROUGH, 1000)) {
      memory.clientSays(join(tls, hello));
      assertThat(memory.toServer.toByteArray()).isEqualTo(tls);
      assertThat(memory.readsClient()).isFalse();
      memory.serverSays(join(ok, hello));
      assertThat(memory.session.activity()).isEqualTo(Activity.OPAQUE);
      assertThat(memory.readsClient()).isTrue();
      memory.clientSays(hello, 0, 3);
      memory.serverSays(hello, 3, 8);
      assertThat(memory.toServer.toByteArray())
          .isEqualTo(join(tls, hello, java.util.Arrays.copyOf(hello, 3)));
      assertThat(memory.toClient.toByteArray())
          .isEqualTo(join(ok, hello, java.util.Arrays.copyOfRange(hello, 3, 8)));
    }
  }

  @Test
  void a_client_that_says_tls_too_early_is_handed_to_tls_with_all_it_said() {
    byte[] tls = XMessages.frame(XMessages.capabilitiesSet(XMessages.tls(true))).toByteArray();
    try (Memory memory = new Memory(ClientTls.Mode.PREFERRED, 1000)) {
      memory.serverSays(HELLO);
      memory.toClient.reset();
      memory.clientSays(tls);
      assertThat(memory.handshakes).isEqualTo(1);
      assertThat(memory.toServer.size()).isZero();
      assertThat(memory.toClient.toByteArray())
          .isEqualTo(server(0, Mysqlx.Ok.getDefaultInstance()));
      assertThat(memory.readsClient()).isTrue();
    }
  }

  /** The whole way: bytes in any pieces, both directions in any order; after each message the session is where the server has it. */
  @Test
  void any_conversation_in_any_pieces_is_followed_and_comes_out_as_it_went_in() {
    for (int seed = 0; seed < 1500; seed++) {
      try {
        conversation(new Random(seed));
      } catch (AssertionError | RuntimeException e) {
        fail("seed " + seed, e);
      }
    }
  }

  private static void conversation(Random random) {
    ModelServer model = new ModelServer(random);
    int holdBack = 64 + random.nextInt(3000);
    int pipelined = 1 + random.nextInt(10);
    int piece = 1 + random.nextInt(1 + random.nextInt(5000));
    ByteArrayOutputStream fromClient = new ByteArrayOutputStream();
    ByteArrayOutputStream fromServer = new ByteArrayOutputStream();
    try (Memory memory = new Memory(ClientTls.Mode.PASSTHROUGH, holdBack)) {
      for (int step = random.nextInt(100); step > 0 && !model.gone(); step--) {
        boolean asks = model.outstanding() < pipelined && random.nextBoolean();
        byte[] bytes;
        Request request = null;
        if (asks) {
          request = model.newRequest();
          bytes = frame(request, random);
          fromClient.writeBytes(bytes);
        } else {
          Said said = model.say();
          if (said == null) {
            continue;
          }
          bytes = frame(said, random);
          fromServer.writeBytes(bytes);
        }
        String before = asks ? doing(memory.session) : "";
        for (int at = 0; at < bytes.length; ) {
          int next = Math.min(bytes.length, at + 1 + random.nextInt(piece));
          if (asks) {
            assertThat(memory.readsClient()).isTrue();
            memory.clientSays(bytes, at, next);
            if (next < bytes.length) {
              assertThat(doing(memory.session)).as("within a request").isEqualTo(before);
              assertThat(memory.session.halfRequest()).isTrue();
            }
          } else {
            assertThat(memory.readsServer()).isTrue();
            memory.serverSays(bytes, at, next);
          }
          at = next;
        }
        if (request != null) {
          model.send(request);
        }
        assertThat(memory.session.halfRequest()).isFalse();
        assertThat(doing(memory.session)).isEqualTo(withoutCount(model.text()));
        assertThat(ByteBufUtil.hexDump(memory.toServer.toByteArray()))
            .isEqualTo(ByteBufUtil.hexDump(fromClient.toByteArray()));
        assertThat(ByteBufUtil.hexDump(memory.toClient.toByteArray()))
            .isEqualTo(ByteBufUtil.hexDump(fromServer.toByteArray()));
        assertThat(memory.heldBytes()).as("between frames nothing is held").isZero();
      }
    }
  }

  private static String doing(XSession session) {
    String activity =
        switch (session.activity()) {
          case UNAUTHENTICATED -> "out";
          case IDLE, WAITING, MID_RESULT -> session.activity().text();
          case CONNECTING, OPAQUE, ENDED -> fail("is " + session.activity());
        };
    return activity + (session.inTransaction() ? ", transaction" : "");
  }

  /** What a session shows to others. */
  private static String withoutCount(String text) {
    return text.replaceAll(", (\\d+ out|no warnings|goodbye|fatal)", "");
  }

  private static byte[] frame(Request request, Random random) {
    String padding = " ".repeat(random.nextInt(4) == 0 ? random.nextInt(6000) : 0);
    return switch (request.type()) {
      case 4 -> LOGIN;
      case 2 -> XMessages.frame(XMessages.capabilitiesSet()).toByteArray();
      case 6 ->
          XMessages.frame(XMessages.sessionReset(request.effect() == Effect.RESET)).toByteArray();
      case 12 ->
          switch (request.effect()) {
            case BEGIN -> sql("start transaction" + padding);
            case COMMIT -> sql("commit" + padding);
            case ROLLBACK -> sql("rollback" + padding);
            case IMPLICIT_COMMIT -> sql("create table t (a int)" + padding);
            case WARNINGS_OFF ->
                XMessages.frame(
                        XMessages.command(
                            "disable_notices",
                            XMessages.field("notice", XMessages.any(XMessages.string("warnings")))))
                    .toByteArray();
            default -> throw new IllegalStateException(request.toString());
          };
      case 40 ->
          client(
              40,
              MysqlxPrepare.Prepare.newBuilder()
                  .setStmtId(7)
                  .setStmt(
                      MysqlxPrepare.Prepare.OneOfMessage.newBuilder()
                          .setType(MysqlxPrepare.Prepare.OneOfMessage.Type.STMT)
                          .setStmtExecute(
                              MysqlxSql.StmtExecute.newBuilder()
                                  .setStmt(ByteString.copyFromUtf8("select 1" + padding))))
                  .build());
      case 17, 18, 19, 20, 99 ->
          raw(request.type(), random.nextInt(random.nextBoolean() ? 20 : 6000));
      default -> raw(request.type(), 0);
    };
  }

  private static byte[] frame(Said said, Random random) {
    return switch (said.type()) {
      case 0 -> server(0, Mysqlx.Ok.getDefaultInstance());
      case 1 ->
          server(
              1,
              Mysqlx.Error.newBuilder()
                  .setSeverity(
                      said.fatal() ? Mysqlx.Error.Severity.FATAL : Mysqlx.Error.Severity.ERROR)
                  .setCode(said.code())
                  .setSqlState("HY000")
                  .setMsg(String.format(Locale.ROOT, "error %d", said.code()))
                  .build());
      case 2 -> server(2, MysqlxConnection.Capabilities.getDefaultInstance());
      case 13, 19 -> raw(said.type(), random.nextInt(random.nextInt(3) == 0 ? 9000 : 40));
      case 4 -> WELCOME;
      default -> raw(said.type(), random.nextInt(30));
    };
  }

  private static byte[] raw(int type, int length) {
    return XMessages.frame(type, ByteString.copyFrom(new byte[length])).toByteArray();
  }

  private static byte[] sql(String statement) {
    return XMessages.frame(XMessages.sql(statement)).toByteArray();
  }

  private static byte[] client(int type, MessageLite message) {
    return XMessages.frame(type, message.toByteString()).toByteArray();
  }

  private static byte[] server(int type, MessageLite message) {
    return XMessages.frame(type, message.toByteString()).toByteArray();
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }
}
