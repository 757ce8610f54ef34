package dev.lastword.admin.sql;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.lastword.tls.ListenerTls;
import dev.lastword.x.protobuf.Mysqlx;
import dev.lastword.x.protobuf.Mysqlx.ClientMessages;
import dev.lastword.x.protobuf.Mysqlx.ServerMessages;
import dev.lastword.x.protobuf.MysqlxConnection;
import dev.lastword.x.protobuf.MysqlxDatatypes.Any;
import dev.lastword.x.protobuf.MysqlxDatatypes.Array;
import dev.lastword.x.protobuf.MysqlxDatatypes.Object.ObjectField;
import dev.lastword.x.protobuf.MysqlxDatatypes.Scalar;
import dev.lastword.x.protobuf.MysqlxExpect;
import dev.lastword.x.protobuf.MysqlxNotice.SessionStateChanged;
import dev.lastword.x.protobuf.MysqlxResultset;
import dev.lastword.x.protobuf.MysqlxSession;
import dev.lastword.x.protobuf.MysqlxSql;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What is said with a client of the X protocol, from its first message to the end. For one thread. */
final class XConversation {
  private static final int ATTEMPTS = 3;

  /** The condition of Expect.Open that asks whether the server knows a field of a message. */
  private static final int FIELD_EXISTS = 2;

  /** The field keep_open of Session.Reset, the only newer one that has a meaning here. */
  private static final String KEEP_OPEN = "6.1";

  private static final List<String> NOTICES =
      List.of(
          "warnings",
          "account_expired",
          "generated_insert_id",
          "rows_affected",
          "produced_message");

  private final Client client;
  private final XFrames frames;
  private int failures;
  private int blocks;

  XConversation(Client client) {
    this.client = client;
    this.frames = new XFrames(client.wire());
  }

  /** Says that there is no room. */
  static void refuse(Wire wire, SqlRefusal refusal) throws IOException {
    new XFrames(wire).error(new SqlRefusal(refusal.code(), "HY000", refusal.text()), true);
  }

  /**
   * Serves the client until it leaves.
   *
   * @throws IOException when it has left without a word
   */
  void run() throws IOException {
    try {
      while (true) {
        SqlSession session = login();
        if (session == null) {
          return;
        }
        frames.loggedIn(true);
        client.serving().accept(session);
        try (session) {
          if (!serve(session)) {
            return;
          }
        }
      }
    } catch (Fatal fatal) {
      frames.error(fatal.refusal, true);
    }
  }

  /** After it the connection is closed. */
  private static final class Fatal extends RuntimeException {
    private static final long serialVersionUID = 1;

    final transient SqlRefusal refusal;

    Fatal(int code, String message) {
      super(message, null, false, false);
      refusal = new SqlRefusal(code, "HY000", message);
    }
  }

  private XFrames.Frame read(java.time.Duration first) throws IOException {
    try {
      return frames.read(first, Client.REST);
    } catch (SqlRefusal refusal) {
      throw new Fatal(refusal.code(), refusal.text());
    }
  }

  private static <M extends MessageLite> M parse(Parser<M> parser, XFrames.Frame frame) {
    try {
      return parser.parseFrom(frame.payload());
    } catch (InvalidProtocolBufferException _) {
      throw new Fatal(5000, "Parse error unserializing protobuf message");
    }
  }

  /** Waits until somebody has logged in; null if it left in order. */
  private @Nullable SqlSession login() throws IOException {
    frames.loggedIn(false);
    blocks = 0;
    long begun = System.nanoTime();
    while (true) {
      // Also where somebody was logged in before; it must not help to say something now and then.
      java.time.Duration left = Client.LOGIN.minusNanos(System.nanoTime() - begun);
      if (!left.isPositive()) {
        throw new IOException("the client took too long to log in");
      }
      XFrames.Frame frame = read(left);
      switch (frame.type()) {
        case ClientMessages.Type.CON_CAPABILITIES_GET_VALUE -> capabilities();
        case ClientMessages.Type.CON_CAPABILITIES_SET_VALUE ->
            set(parse(MysqlxConnection.CapabilitiesSet.parser(), frame));
        case ClientMessages.Type.CON_CLOSE_VALUE -> {
          bye();
          return null;
        }
        case ClientMessages.Type.SESS_AUTHENTICATE_START_VALUE -> {
          try {
            return authenticate(parse(MysqlxSession.AuthenticateStart.parser(), frame));
          } catch (SqlRefusal refusal) {
            boolean last = refusal.code() == 1045 && ++failures >= ATTEMPTS;
            frames.error(new SqlRefusal(refusal.code(), "HY000", refusal.text()), last);
            if (last) {
              return null;
            }
          }
        }
        default -> throw new Fatal(5000, "Invalid message");
      }
    }
  }

  private void bye() throws IOException {
    frames.write(ServerMessages.Type.OK_VALUE, Mysqlx.Ok.newBuilder().setMsg("bye!").build());
    frames.wire().flush();
  }

  private void capabilities() throws IOException {
    MysqlxConnection.Capabilities.Builder all = MysqlxConnection.Capabilities.newBuilder();
    if (client.tls() != null) {
      all.addCapabilities(capability("tls", bool(client.wire().isEncrypted())));
    }
    Array.Builder mechanisms = Array.newBuilder();
    for (String mechanism : mechanisms()) {
      mechanisms.addValue(text(mechanism));
    }
    all.addCapabilities(
        capability(
            "authentication.mechanisms",
            Any.newBuilder().setType(Any.Type.ARRAY).setArray(mechanisms).build()));
    all.addCapabilities(capability("doc.formats", text("text")));
    all.addCapabilities(capability("node_type", text("mysql")));
    all.addCapabilities(capability("client.interactive", bool(false)));
    frames.write(ServerMessages.Type.CONN_CAPABILITIES_VALUE, all.build());
    frames.wire().flush();
  }

  /** The password itself is taken where nobody listens, or where nobody asks for it. */
  private List<String> mechanisms() {
    return client.wire().isEncrypted() || client.accounts().open()
        ? List.of("PLAIN", "MYSQL41", "SHA256_MEMORY")
        : List.of("MYSQL41", "SHA256_MEMORY");
  }

  private static MysqlxConnection.Capability capability(String name, Any value) {
    return MysqlxConnection.Capability.newBuilder().setName(name).setValue(value).build();
  }

  private static Any bool(boolean value) {
    return Any.newBuilder()
        .setType(Any.Type.SCALAR)
        .setScalar(Scalar.newBuilder().setType(Scalar.Type.V_BOOL).setVBool(value))
        .build();
  }

  private static Any text(String value) {
    return Any.newBuilder()
        .setType(Any.Type.SCALAR)
        .setScalar(
            Scalar.newBuilder()
                .setType(Scalar.Type.V_STRING)
                .setVString(Scalar.String.newBuilder().setValue(ByteString.copyFromUtf8(value))))
        .build();
  }

  private void set(MysqlxConnection.CapabilitiesSet set) throws IOException {
    ListenerTls encryption = null;
    for (MysqlxConnection.Capability capability : set.getCapabilities().getCapabilitiesList()) {
      switch (capability.getName()) {
        case "tls" -> {
          boolean wanted =
              capability.getValue().getScalar().getVBool()
                  || capability.getValue().getScalar().getVUnsignedInt() != 0
                  || capability.getValue().getScalar().getVSignedInt() != 0;
          if (!wanted || client.tls() == null || client.wire().isEncrypted()) {
            prepareFailed("tls");
            return;
          }
          encryption = client.tls();
        }
        case "client.interactive", "client.pwd_expire_ok", "session_connect_attrs" -> {
          // Nothing here depends on them.
        }
        case "compression", "authentication.mechanisms", "doc.formats", "node_type" -> {
          prepareFailed(capability.getName());
          return;
        }
        default -> {
          frames.error(
              new SqlRefusal(
                  5002, "HY000", "Capability '" + capability.getName() + "' doesn't exist"),
              false);
          return;
        }
      }
    }
    frames.ok();
    if (encryption != null) {
      ListenerTls tls = encryption;
      client.wire().startTls(() -> tls.newHandler(ByteBufAllocator.DEFAULT), Client.LOGIN);
    }
  }

  private void prepareFailed(String name) throws IOException {
    frames.error(
        new SqlRefusal(5001, "HY000", "Capability prepare failed for '" + name + "'"), false);
  }

  private SqlSession authenticate(MysqlxSession.AuthenticateStart start) throws IOException {
    if (client.mustEncrypt() && !client.wire().isEncrypted()) {
      throw client.insecure();
    }
    String mechanism = start.getMechName().toUpperCase(Locale.ROOT);
    if (!mechanisms().contains(mechanism)) {
      throw new Fatal(1251, "Invalid authentication method " + start.getMechName());
    }
    byte[] nonce = Accounts.nonce();
    String said;
    if (mechanism.equals("PLAIN")) {
      said = start.getAuthData().toStringUtf8();
    } else {
      frames.write(
          ServerMessages.Type.SESS_AUTHENTICATE_CONTINUE_VALUE,
          MysqlxSession.AuthenticateContinue.newBuilder()
              .setAuthData(ByteString.copyFrom(nonce))
              .build());
      frames.wire().flush();
      XFrames.Frame frame = read(Client.LOGIN);
      if (frame.type() != ClientMessages.Type.SESS_AUTHENTICATE_CONTINUE_VALUE) {
        throw new Fatal(5000, "Invalid message");
      }
      said = parse(MysqlxSession.AuthenticateContinue.parser(), frame).getAuthData().toStringUtf8();
    }
    String[] parts = said.split("\0", 3);
    String user = parts.length > 1 ? parts[1] : "";
    String answer = parts.length > 2 ? parts[2] : "";
    boolean proven =
        parts.length == 3
            && switch (mechanism) {
              case "PLAIN" ->
                  client
                      .accounts()
                      .proves(
                          user,
                          Accounts.Proof.PLAIN,
                          answer.getBytes(StandardCharsets.UTF_8),
                          nonce);
              case "MYSQL41" ->
                  client
                      .accounts()
                      .proves(
                          user,
                          Accounts.Proof.NATIVE,
                          hex(answer.startsWith("*") ? answer.substring(1) : answer),
                          nonce);
              default -> client.accounts().proves(user, Accounts.Proof.SHA256, hex(answer), nonce);
            };
    if (!proven) {
      throw client.denied(user, !answer.isEmpty());
    }
    SqlSession session =
        new SqlSession(
            client.id(), user, client.host(), parts[0], client.backstage(), frames::sent);
    frames.stateChanged(SessionStateChanged.Parameter.CLIENT_ID_ASSIGNED, client.id());
    frames.write(
        ServerMessages.Type.SESS_AUTHENTICATE_OK_VALUE,
        MysqlxSession.AuthenticateOk.newBuilder().setAuthData(ByteString.EMPTY).build());
    frames.wire().flush();
    return session;
  }

  private static byte[] hex(String digits) {
    try {
      return HexFormat.of().parseHex(digits);
    } catch (IllegalArgumentException _) {
      // It proves nothing.
      return new byte[1];
    }
  }

  /** Serves until the client leaves, or may log in again, and says which. */
  private boolean serve(SqlSession session) throws IOException {
    while (true) {
      XFrames.Frame frame = read(Client.IDLE);
      switch (frame.type()) {
        case ClientMessages.Type.CON_CLOSE_VALUE -> {
          bye();
          return false;
        }
        case ClientMessages.Type.SESS_CLOSE_VALUE -> {
          frames.ok();
          return true;
        }
        case ClientMessages.Type.SESS_RESET_VALUE -> {
          boolean stays = parse(MysqlxSession.Reset.parser(), frame).getKeepOpen();
          blocks = 0;
          session.reset();
          frames.ok();
          if (!stays) {
            return true;
          }
        }
        default -> {
          try {
            request(session, frame);
          } catch (SqlRefusal refusal) {
            frames.error(refusal, false);
          }
          frames.wire().flush();
        }
      }
    }
  }

  private void request(SqlSession session, XFrames.Frame frame) throws IOException {
    switch (frame.type()) {
      case ClientMessages.Type.SQL_STMT_EXECUTE_VALUE ->
          execute(session, parse(MysqlxSql.StmtExecute.parser(), frame));
      case ClientMessages.Type.EXPECT_OPEN_VALUE ->
          expect(parse(MysqlxExpect.Open.parser(), frame));
      case ClientMessages.Type.EXPECT_CLOSE_VALUE -> {
        if (blocks == 0) {
          throw new SqlRefusal(5158, "HY000", "Expect block currently not open");
        }
        blocks--;
        frames.ok();
      }
      case ClientMessages.Type.PREPARE_PREPARE_VALUE ->
          // What a server says that has too many of them already; drivers then go on without.
          throw new SqlRefusal(
              1461, "42000", "Can't create more than max_prepared_stmt_count statements");
      case ClientMessages.Type.PREPARE_EXECUTE_VALUE,
          ClientMessages.Type.PREPARE_DEALLOCATE_VALUE ->
          throw new SqlRefusal(5110, "HY000", "Statement with that ID was not prepared");
      case ClientMessages.Type.CRUD_FIND_VALUE,
          ClientMessages.Type.CURSOR_OPEN_VALUE,
          ClientMessages.Type.CURSOR_CLOSE_VALUE,
          ClientMessages.Type.CURSOR_FETCH_VALUE ->
          throw SqlRefusal.unsupported("anything but SQL in the X protocol");
      case ClientMessages.Type.CRUD_INSERT_VALUE,
          ClientMessages.Type.CRUD_UPDATE_VALUE,
          ClientMessages.Type.CRUD_DELETE_VALUE,
          ClientMessages.Type.CRUD_CREATE_VIEW_VALUE,
          ClientMessages.Type.CRUD_MODIFY_VIEW_VALUE,
          ClientMessages.Type.CRUD_DROP_VIEW_VALUE ->
          throw SqlRefusal.readOnly("it");
      default -> throw new SqlRefusal(1047, "HY000", "Unexpected message received");
    }
  }

  private void expect(MysqlxExpect.Open open) throws IOException {
    for (MysqlxExpect.Open.Condition condition : open.getCondList()) {
      if (condition.getConditionKey() == FIELD_EXISTS
          && !condition.getConditionValue().toStringUtf8().equals(KEEP_OPEN)) {
        throw new SqlRefusal(5168, "HY000", "Expectation failed: field_exists");
      }
    }
    blocks++;
    frames.ok();
  }

  private void execute(SqlSession session, MysqlxSql.StmtExecute statement) throws IOException {
    switch (statement.getNamespace()) {
      case "sql" -> sql(session, statement);
      case "mysqlx", "xplugin" -> command(session, statement);
      default ->
          throw new SqlRefusal(5162, "HY000", "Unknown namespace " + statement.getNamespace());
    }
  }

  private void sql(SqlSession session, MysqlxSql.StmtExecute statement) throws IOException {
    String sql = statement.getStmt().toStringUtf8();
    List<List<Token>> statements = Rewriter.statements(Tokenizer.tokens(sql));
    if (statements.size() > 1) {
      throw SqlRefusal.syntax(sql.substring(statements.get(1).getFirst().start()));
    }
    List<@Nullable Object> arguments = new ArrayList<>();
    for (Any any : statement.getArgsList()) {
      arguments.add(XValues.argument(any));
    }
    List<Token> tokens = statements.isEmpty() ? List.of() : statements.getFirst();
    switch (session.execute(sql, Rewriter.bind(tokens, arguments))) {
      case Outcome.Done _ -> {}
      case Outcome.Result result -> {
        try (Rows rows = result.rows()) {
          List<Field> fields = rows.fields();
          columns(fields);
          for (@Nullable Object[] row = rows.next(); row != null; row = rows.next()) {
            frames.write(ServerMessages.Type.RESULTSET_ROW_VALUE, XValues.row(fields, row));
          }
          fetchDone();
        }
      }
    }
    frames.stateChanged(SessionStateChanged.Parameter.ROWS_AFFECTED, 0);
    executed();
  }

  private void columns(List<Field> fields) throws IOException {
    for (Field field : fields) {
      frames.write(ServerMessages.Type.RESULTSET_COLUMN_META_DATA_VALUE, XValues.column(field));
    }
  }

  private void fetchDone() throws IOException {
    frames.write(
        ServerMessages.Type.RESULTSET_FETCH_DONE_VALUE,
        MysqlxResultset.FetchDone.getDefaultInstance());
  }

  private void executed() throws IOException {
    frames.write(
        ServerMessages.Type.SQL_STMT_EXECUTE_OK_VALUE,
        MysqlxSql.StmtExecuteOk.getDefaultInstance());
  }

  private void command(SqlSession session, MysqlxSql.StmtExecute statement) throws IOException {
    String command = statement.getStmt().toStringUtf8().toLowerCase(Locale.ROOT);
    switch (command) {
      case "ping", "enable_notices", "disable_notices" -> {}
      case "list_notices" -> {
        List<@Nullable Object[]> rows = new ArrayList<>();
        for (String notice : NOTICES) {
          rows.add(new @Nullable Object[] {notice, 1L});
        }
        result(
            List.of(Field.text("notice"), new Field("enabled", "", "", "", Field.Type.INTEGER, 0)),
            rows.iterator());
      }
      case "list_objects" -> {
        String schema = option(statement, "schema");
        List<@Nullable Object[]> rows = new ArrayList<>();
        for (String table : session.tables(schema.isEmpty() ? session.schema() : schema)) {
          rows.add(new @Nullable Object[] {table, "TABLE"});
        }
        result(List.of(Field.text("name"), Field.text("type")), rows.iterator());
      }
      default -> throw new SqlRefusal(5157, "HY000", "Invalid mysqlx command " + command);
    }
    executed();
  }

  private void result(List<Field> fields, Iterator<@Nullable Object[]> rows) throws IOException {
    columns(fields);
    while (rows.hasNext()) {
      frames.write(ServerMessages.Type.RESULTSET_ROW_VALUE, XValues.row(fields, rows.next()));
    }
    fetchDone();
  }

  private static String option(MysqlxSql.StmtExecute statement, String name) {
    for (Any any : statement.getArgsList()) {
      for (ObjectField field : any.getObj().getFldList()) {
        if (field.getKey().equals(name)) {
          return field.getValue().getScalar().getVString().getValue().toStringUtf8();
        }
      }
    }
    return "";
  }
}
