package dev.lastword.admin.sql;

import dev.lastword.tls.ListenerTls;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is said with a client of the classic protocol, from the greeting to the end. For one thread. */
final class ClassicConversation {
  private static final int CONNECT_WITH_DB = 1 << 3;
  private static final int PROTOCOL_41 = 1 << 9;
  private static final int SSL = 1 << 11;
  private static final int SECURE_CONNECTION = 1 << 15;
  private static final int MULTI_STATEMENTS = 1 << 16;
  private static final int PLUGIN_AUTH = 1 << 19;
  private static final int PLUGIN_AUTH_LENENC = 1 << 21;
  private static final int DEPRECATE_EOF = 1 << 24;

  /**
   * Besides those that have a name above: long passwords (which says that this is no MariaDB), found rows, long flags, spaces before
   * parentheses, interactive clients, transactions, several results, attributes of a connection.
   */
  private static final int OFFERED =
      1
          | 1 << 1
          | 1 << 2
          | CONNECT_WITH_DB
          | 1 << 8
          | PROTOCOL_41
          | 1 << 10
          | 1 << 13
          | SECURE_CONNECTION
          | MULTI_STATEMENTS
          | 1 << 17
          | 1 << 18
          | PLUGIN_AUTH
          | 1 << 20
          | PLUGIN_AUTH_LENENC
          | DEPRECATE_EOF;

  private static final int AUTOCOMMIT = 2;
  private static final int MORE_RESULTS = 8;
  private static final int UTF8MB4 = 45;
  private static final int MOST_STATEMENTS = 1000;
  private static final int MOST_PARAMETERS = 65535;

  /** Statements in one text. */
  private static final int MOST_AT_ONCE = 100;

  private static final int FAST_AUTHENTICATION_SUCCEEDED = 3;

  private static final String SHA2 = "caching_sha2_password";
  private static final String NATIVE = "mysql_native_password";

  private final Client client;
  private final ClassicPackets packets;
  private final Map<Integer, Prepared> prepared = new HashMap<>();
  private byte[] nonce = Accounts.nonce();
  private int flags;
  private int lastStatement;
  private boolean multiStatements;

  ClassicConversation(Client client) {
    this.client = client;
    this.packets = new ClassicPackets(client.wire());
  }

  /** A prepared statement. */
  private static final class Prepared {
    final String sql;
    final List<Token> tokens;
    final int parameters;
    final Map<Integer, ByteArrayOutputStream> longData = new HashMap<>();
    boolean tooLong;
    int[] types = new int[0];

    Prepared(String sql, List<Token> tokens) {
      this.sql = sql;
      this.tokens = tokens;
      this.parameters = Rewriter.parameters(tokens);
    }

    void forgetLongData() {
      longData.clear();
      tooLong = false;
    }
  }

  /** Says that there is no room. */
  static void refuse(Wire wire, SqlRefusal refusal) throws IOException {
    new ClassicPackets(wire).errorInsteadOfGreeting(refusal);
  }

  /**
   * Serves the client until it leaves.
   *
   * @throws IOException when it has left without a word
   */
  void run() throws IOException {
    SqlSession session;
    try {
      session = login();
    } catch (SqlRefusal refusal) {
      packets.error(refusal);
      return;
    }
    while (session != null) {
      client.serving().accept(session);
      session = serve(session);
    }
  }

  private SqlSession login() throws IOException {
    greet();
    PacketReader in = new PacketReader(packets.read(Client.LOGIN, Client.LOGIN), 0);
    if (packets.beganAnew()) {
      // Where a classic client has the number of its packet, X has the highest byte of a length.
      client.greetedTooEarly().run();
      throw new SqlRefusal(1156, "08S01", "Got packets out of order");
    }
    flags = in.left() >= 4 ? (int) in.integer(4) : 0;
    if ((flags & PROTOCOL_41) == 0) {
      throw new SqlRefusal(1043, "08S01", "Bad handshake");
    }
    in.skip(28);
    if ((flags & SSL) != 0) {
      ListenerTls tls = client.tls();
      if (tls == null) {
        throw new SqlRefusal(1043, "08S01", "Bad handshake");
      }
      client.wire().startTls(() -> tls.newHandler(ByteBufAllocator.DEFAULT), Client.LOGIN);
      in = new PacketReader(packets.read(Client.LOGIN, Client.LOGIN), 0);
      flags = (int) in.integer(4);
      in.skip(28);
    }
    String user = in.terminated();
    byte[] answer =
        (flags & PLUGIN_AUTH_LENENC) != 0
            ? in.bytes(in.lengthEncoded())
            : (flags & SECURE_CONNECTION) != 0
                ? in.bytes(in.integer(1))
                : in.terminated().getBytes(StandardCharsets.UTF_8);
    String schema = (flags & CONNECT_WITH_DB) != 0 ? in.terminated() : "";
    String plugin = (flags & PLUGIN_AUTH) != 0 ? in.terminated() : NATIVE;
    multiStatements = (flags & MULTI_STATEMENTS) != 0;
    if (client.mustEncrypt() && !client.wire().isEncrypted()) {
      throw client.insecure();
    }
    authenticate(user, plugin, answer, !plugin.equals(SHA2));
    SqlSession session = session(user, schema);
    packets.loggedIn();
    ok();
    packets.wire().flush();
    return session;
  }

  private SqlSession session(String user, String schema) {
    return new SqlSession(client.id(), user, client.host(), schema, client.backstage(), Map::of);
  }

  private void greet() throws IOException {
    int offered = OFFERED | (client.tls() == null ? 0 : SSL);
    packets.write(out -> {
      out.writeByte(10);
      ClassicPackets.terminated(
          out, client.backstage().variables().get().getOrDefault("version", "8.4.0"));
      out.writeIntLE((int) client.id());
      out.writeBytes(nonce, 0, 8).writeByte(0);
      out.writeShortLE(offered).writeByte(UTF8MB4).writeShortLE(AUTOCOMMIT);
      out.writeShortLE(offered >>> 16).writeByte(Accounts.NONCE + 1).writeZero(10);
      out.writeBytes(nonce, 8, Accounts.NONCE - 8).writeByte(0);
      ClassicPackets.terminated(out, SHA2);
    });
    packets.wire().flush();
  }

  /**
   * Lets the client in, or not.
   *
   * @param again whether the client may be asked once more: its answer may be to an older challenge, in a plugin that is not known here,
   *     or none, because it does not use the plugin of the greeting
   */
  private void authenticate(String user, String plugin, byte[] answer, boolean again)
      throws IOException {
    if (client.accounts().open() || proves(user, plugin, given(answer))) {
      if (plugin.equals(SHA2) && given(answer).length > 0) {
        packets.write(out -> out.writeByte(1).writeByte(FAST_AUTHENTICATION_SUCCEEDED));
      }
      return;
    }
    if ((flags & PLUGIN_AUTH) != 0 && again) {
      String other = plugin.equals(SHA2) || plugin.startsWith("sha256") ? SHA2 : NATIVE;
      nonce = Accounts.nonce();
      packets.write(out -> {
        out.writeByte(0xFE);
        ClassicPackets.terminated(out, other);
        out.writeBytes(nonce).writeByte(0);
      });
      packets.wire().flush();
      authenticate(user, other, packets.read(Client.LOGIN, Client.LOGIN), false);
      return;
    }
    throw client.denied(user, given(answer).length > 0);
  }

  /** No password is said with a terminating zero by some. */
  private static byte[] given(byte[] answer) {
    return answer.length == 1 && answer[0] == 0 ? new byte[0] : answer;
  }

  private boolean proves(String user, String plugin, byte[] answer) {
    return plugin.equals(SHA2)
        ? client.accounts().proves(user, Accounts.Proof.SHA256, answer, nonce)
        : plugin.equals(NATIVE)
            && client.accounts().proves(user, Accounts.Proof.NATIVE, answer, nonce);
  }

  /** Serves until the client leaves or becomes somebody else. */
  private @Nullable SqlSession serve(SqlSession session) throws IOException {
    try (session) {
      while (true) {
        byte[] command;
        try {
          command = packets.command();
        } catch (SqlRefusal refusal) {
          packets.error(refusal);
          return null;
        }
        if (command.length == 0) {
          packets.error(unknownCommand());
          continue;
        }
        if (command[0] == 0x01) {
          return null;
        }
        if (command[0] == 0x11) {
          return changeUser(new PacketReader(command, 1));
        }
        try {
          execute(session, command);
        } catch (SqlRefusal refusal) {
          packets.error(refusal);
        }
        packets.wire().flush();
      }
    }
  }

  private @Nullable SqlSession changeUser(PacketReader in) throws IOException {
    try {
      String user = in.terminated();
      byte[] answer = in.bytes(in.integer(1));
      String schema = in.terminated();
      String plugin = NATIVE;
      if (in.left() >= 2) {
        in.skip(2);
        plugin = (flags & PLUGIN_AUTH) != 0 && in.hasMore() ? in.terminated() : NATIVE;
      }
      authenticate(user, plugin, answer, true);
      SqlSession session = session(user, schema);
      prepared.clear();
      ok();
      packets.wire().flush();
      return session;
    } catch (SqlRefusal refusal) {
      packets.error(refusal);
      return null;
    }
  }

  private static SqlRefusal unknownCommand() {
    return new SqlRefusal(1047, "08S01", "Unknown command");
  }

  private void execute(SqlSession session, byte[] command) throws IOException {
    PacketReader in = new PacketReader(command, 1);
    switch (command[0]) {
      case 0x02 -> {
        session.use(in.rest());
        ok();
      }
      case 0x03 -> query(session, in.rest());
      case 0x04 -> fieldList(session, in.terminated());
      case 0x09 ->
          packets.write(out ->
              ClassicPackets.bytes(
                  out, "Lastword  Connection: " + client.id() + "  Schema: " + session.schema()));
      case 0x0C -> {
        var _ = session.execute("KILL " + in.integer(4));
        ok();
      }
      case 0x0E -> ok();
      case 0x16 -> prepare(session, in.rest());
      case 0x17 -> run(session, in);
      case 0x18 -> longData(in);
      case 0x19 -> prepared.remove((int) in.integer(4));
      case 0x1A -> {
        statement(in).forgetLongData();
        ok();
      }
      case 0x1B -> {
        multiStatements = in.integer(2) == 0;
        end(AUTOCOMMIT);
      }
      case 0x1F -> {
        session.reset();
        prepared.clear();
        ok();
      }
      default -> throw unknownCommand();
    }
  }

  private void query(SqlSession session, String sql) throws IOException {
    List<List<Token>> statements = Rewriter.statements(Tokenizer.tokens(sql));
    if (statements.size() > 1 && !multiStatements) {
      throw SqlRefusal.syntax(sql.substring(statements.get(1).getFirst().start()));
    }
    if (statements.isEmpty()) {
      statements = List.of(List.of());
    }
    if (statements.size() > MOST_AT_ONCE) {
      throw SqlRefusal.unsupported("more than " + MOST_AT_ONCE + " statements in a text");
    }
    for (int i = 0; i < statements.size(); i++) {
      if (i > 0) {
        // Who has left wants no more of it.
        packets.wire().flush();
        packets.wire().checkOpen();
      }
      int status = AUTOCOMMIT | (i + 1 < statements.size() ? MORE_RESULTS : 0);
      answer(session.execute(sql, statements.get(i)), status, false);
    }
  }

  private void answer(Outcome outcome, int status, boolean binary) throws IOException {
    switch (outcome) {
      case Outcome.Done _ -> ok(status);
      case Outcome.Result result -> {
        try (Rows rows = result.rows()) {
          List<Field> fields = rows.fields();
          packets.write(out -> ClassicPackets.integer(out, fields.size()));
          columns(fields, status);
          for (@Nullable Object[] row = rows.next(); row != null; row = rows.next()) {
            @Nullable Object[] values = row;
            packets.write(out -> {
              if (binary) {
                ClassicValues.binaryRow(out, fields, values);
              } else {
                ClassicValues.textRow(out, fields, values);
              }
            });
          }
          end(status);
        }
      }
    }
  }

  private void columns(List<Field> fields, int status) throws IOException {
    for (Field field : fields) {
      packets.write(out -> ClassicValues.column(out, field));
    }
    if ((flags & DEPRECATE_EOF) == 0) {
      eof(status);
    }
  }

  private void prepare(SqlSession session, String sql) throws IOException {
    List<List<Token>> statements = Rewriter.statements(Tokenizer.tokens(sql));
    if (statements.size() > 1) {
      throw SqlRefusal.syntax(sql.substring(statements.get(1).getFirst().start()));
    }
    int texts = sql.length();
    for (Prepared other : prepared.values()) {
      texts += other.sql.length();
    }
    if (prepared.size() >= MOST_STATEMENTS || texts > Client.LONGEST) {
      throw new SqlRefusal(
          1461, "42000", "Can't create more than max_prepared_stmt_count statements");
    }
    Prepared statement =
        new Prepared(sql, statements.isEmpty() ? List.of() : statements.getFirst());
    if (statement.parameters > MOST_PARAMETERS) {
      throw new SqlRefusal(1390, "HY000", "Prepared statement contains too many placeholders");
    }
    List<Field> fields = session.describe(sql, statement.tokens);
    int id = ++lastStatement;
    prepared.put(id, statement);
    packets.write(out ->
        out.writeByte(0)
            .writeIntLE(id)
            .writeShortLE(fields.size())
            .writeShortLE(statement.parameters)
            .writeZero(3));
    if (statement.parameters > 0) {
      List<Field> parameters = new ArrayList<>();
      for (int i = 0; i < statement.parameters; i++) {
        parameters.add(ClassicValues.parameter());
      }
      columns(parameters, AUTOCOMMIT);
    }
    if (!fields.isEmpty()) {
      columns(fields, AUTOCOMMIT);
    }
  }

  private Prepared statement(PacketReader in) {
    int id = (int) in.integer(4);
    Prepared statement = prepared.get(id);
    if (statement == null) {
      throw new SqlRefusal(
          1243,
          "HY000",
          "Unknown prepared statement handler (" + Integer.toUnsignedLong(id) + ") given");
    }
    return statement;
  }

  private void run(SqlSession session, PacketReader in) throws IOException {
    Prepared statement = statement(in);
    if (statement.tooLong) {
      statement.forgetLongData();
      throw new SqlRefusal(1153, "08S01", "Got a packet bigger than 'max_allowed_packet' bytes");
    }
    // Cursors are not opened: the whole result follows, as it may.
    in.skip(5);
    List<@Nullable Object> values = new ArrayList<>();
    if (statement.parameters > 0) {
      byte[] nulls = in.bytes((statement.parameters + 7) / 8);
      if (in.integer(1) == 1) {
        statement.types = new int[statement.parameters];
        for (int i = 0; i < statement.parameters; i++) {
          statement.types[i] = (int) in.integer(2);
        }
      }
      if (statement.types.length != statement.parameters) {
        throw PacketReader.malformed();
      }
      for (int i = 0; i < statement.parameters; i++) {
        ByteArrayOutputStream sent = statement.longData.get(i);
        if (sent != null) {
          values.add(sent.toString(StandardCharsets.UTF_8));
        } else if ((nulls[i / 8] & 1 << i % 8) != 0) {
          values.add(null);
        } else {
          values.add(ClassicValues.parameter(in, statement.types[i]));
        }
      }
    }
    statement.forgetLongData();
    answer(
        session.execute(statement.sql, Rewriter.bind(statement.tokens, values)), AUTOCOMMIT, true);
  }

  /** Is never answered. */
  private void longData(PacketReader in) {
    Prepared statement = prepared.get((int) in.integer(4));
    int parameter = (int) in.integer(2);
    if (statement != null && parameter < statement.parameters) {
      ByteArrayOutputStream all =
          statement.longData.computeIfAbsent(parameter, _ -> new ByteArrayOutputStream());
      if (longData() + in.left() <= Client.LONGEST) {
        all.writeBytes(in.bytes(in.left()));
      } else {
        statement.tooLong = true;
      }
    }
  }

  /** How much of it there is, for all statements. */
  private int longData() {
    return prepared.values().stream()
        .flatMap(statement -> statement.longData.values().stream())
        .mapToInt(ByteArrayOutputStream::size)
        .sum();
  }

  private void fieldList(SqlSession session, String name) throws IOException {
    VirtualTable table = session.table(name);
    for (VirtualTable.Part column : table.columns()) {
      Field.Type type =
          switch (column.type()) {
            case TEXT -> Field.Type.TEXT;
            case INTEGER -> Field.Type.INTEGER;
            case REAL -> Field.Type.REAL;
            case BOOLEAN -> Field.Type.BOOLEAN;
            case TIMESTAMP -> Field.Type.DATETIME;
          };
      Field field =
          new Field(
              column.name(),
              column.name(),
              table.name(),
              table.schema(),
              type,
              type == Field.Type.DATETIME ? 3 : 0);
      packets.write(out -> {
        ClassicValues.column(out, field);
        // Its default value, which is NULL.
        out.writeByte(0xFB);
      });
    }
    end(AUTOCOMMIT);
  }

  private void ok() throws IOException {
    ok(AUTOCOMMIT);
  }

  private void ok(int status) throws IOException {
    packets.write(out -> okBody(out, 0, status));
  }

  /** What ends a result. */
  private void end(int status) throws IOException {
    if ((flags & DEPRECATE_EOF) != 0) {
      packets.write(out -> okBody(out, 0xFE, status));
    } else {
      eof(status);
    }
  }

  private static void okBody(ByteBuf out, int header, int status) {
    out.writeByte(header).writeByte(0).writeByte(0).writeShortLE(status).writeShortLE(0);
  }

  private void eof(int status) throws IOException {
    packets.write(out -> out.writeByte(0xFE).writeShortLE(0).writeShortLE(status));
  }
}
