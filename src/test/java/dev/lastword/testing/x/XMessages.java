package dev.lastword.testing.x;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.lastword.x.protobuf.Mysqlx;
import dev.lastword.x.protobuf.MysqlxConnection;
import dev.lastword.x.protobuf.MysqlxConnection.Capability;
import dev.lastword.x.protobuf.MysqlxCrud;
import dev.lastword.x.protobuf.MysqlxCursor;
import dev.lastword.x.protobuf.MysqlxDatatypes;
import dev.lastword.x.protobuf.MysqlxDatatypes.Any;
import dev.lastword.x.protobuf.MysqlxDatatypes.Scalar;
import dev.lastword.x.protobuf.MysqlxExpect;
import dev.lastword.x.protobuf.MysqlxExpr;
import dev.lastword.x.protobuf.MysqlxPrepare;
import dev.lastword.x.protobuf.MysqlxSession;
import dev.lastword.x.protobuf.MysqlxSql;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Short ways to say what a client says. */
public final class XMessages {

  private XMessages() {}

  // ---- frames

  /** A complete frame. Any type number is possible, also those that no message has. */
  public static ByteString frame(int type, ByteString payload) {
    return header(payload.size() + 1, type).concat(payload);
  }

  /** The frame of a message, with the number that the message's own option gives for clients. */
  public static ByteString frame(Message message) {
    return frame(typeOf(message), message.toByteString());
  }

  /** Several frames, one behind the other. */
  public static ByteString frames(Message... messages) {
    ByteString all = ByteString.EMPTY;
    for (Message message : messages) {
      all = all.concat(frame(message));
    }
    return all;
  }

  /** A length and a type, whatever comes behind them. */
  public static ByteString header(int length, int type) {
    return ByteString.copyFrom(
        ByteBuffer.allocate(5)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(length)
            .put((byte) type)
            .flip());
  }

  /** The number that this message has when a client sends it. */
  public static int typeOf(Message message) {
    var options = message.getDescriptorForType().getOptions();
    if (!options.hasExtension(Mysqlx.clientMessageId)) {
      throw new IllegalArgumentException(
          "no client sends " + message.getDescriptorForType().getFullName());
    }
    return options.getExtension(Mysqlx.clientMessageId).getNumber();
  }

  // ---- connection and session

  public static Message capabilitiesGet() {
    return MysqlxConnection.CapabilitiesGet.getDefaultInstance();
  }

  public static Message capabilitiesSet(Capability... capabilities) {
    return MysqlxConnection.CapabilitiesSet.newBuilder()
        .setCapabilities(
            MysqlxConnection.Capabilities.newBuilder().addAllCapabilities(List.of(capabilities)))
        .build();
  }

  public static Capability capability(String name, Any value) {
    return Capability.newBuilder().setName(name).setValue(value).build();
  }

  public static Capability tls(boolean on) {
    return capability("tls", any(bool(on)));
  }

  /** The compression capability with an algorithm and whatever options the server knows. */
  public static Capability compression(String algorithm, ObjectField... options) {
    ObjectField[] all = new ObjectField[options.length + 1];
    all[0] = field("algorithm", any(string(algorithm)));
    System.arraycopy(options, 0, all, 1, options.length);
    return capability("compression", object(all));
  }

  public static Message connectionClose() {
    return MysqlxConnection.Close.getDefaultInstance();
  }

  public static Message authenticateStart(String mechanism) {
    return MysqlxSession.AuthenticateStart.newBuilder().setMechName(mechanism).build();
  }

  public static Message authenticateStart(String mechanism, ByteString data) {
    return MysqlxSession.AuthenticateStart.newBuilder()
        .setMechName(mechanism)
        .setAuthData(data)
        .build();
  }

  /** The only message of the PLAIN mechanism. */
  public static Message authenticatePlain(String schema, String user, String password) {
    return authenticateStart("PLAIN", utf8(schema + '\0' + user + '\0' + password));
  }

  public static Message authenticateContinue(ByteString data) {
    return MysqlxSession.AuthenticateContinue.newBuilder().setAuthData(data).build();
  }

  public static Message sessionReset() {
    return MysqlxSession.Reset.getDefaultInstance();
  }

  public static Message sessionReset(boolean keepOpen) {
    return MysqlxSession.Reset.newBuilder().setKeepOpen(keepOpen).build();
  }

  public static Message sessionClose() {
    return MysqlxSession.Close.getDefaultInstance();
  }

  // ---- statements

  public static Message sql(String statement, Any... args) {
    return MysqlxSql.StmtExecute.newBuilder()
        .setStmt(utf8(statement))
        .addAllArgs(List.of(args))
        .build();
  }

  /** A command of the X Plugin, in the namespace "mysqlx", with named parameters. */
  public static Message command(String command, ObjectField... parameters) {
    var message = MysqlxSql.StmtExecute.newBuilder().setNamespace("mysqlx").setStmt(utf8(command));
    if (parameters.length > 0) {
      message.addArgs(object(parameters));
    }
    return message.build();
  }

  public static Message prepareSql(int id, String statement) {
    return prepare(
        id,
        MysqlxPrepare.Prepare.OneOfMessage.newBuilder()
            .setType(MysqlxPrepare.Prepare.OneOfMessage.Type.STMT)
            .setStmtExecute(MysqlxSql.StmtExecute.newBuilder().setStmt(utf8(statement)))
            .build());
  }

  public static Message prepareFind(int id, MysqlxCrud.Find find) {
    return prepare(
        id,
        MysqlxPrepare.Prepare.OneOfMessage.newBuilder()
            .setType(MysqlxPrepare.Prepare.OneOfMessage.Type.FIND)
            .setFind(find)
            .build());
  }

  public static Message prepare(int id, MysqlxPrepare.Prepare.OneOfMessage statement) {
    return MysqlxPrepare.Prepare.newBuilder().setStmtId(id).setStmt(statement).build();
  }

  public static MysqlxPrepare.Execute execute(int id, Any... args) {
    return MysqlxPrepare.Execute.newBuilder().setStmtId(id).addAllArgs(List.of(args)).build();
  }

  public static Message deallocate(int id) {
    return MysqlxPrepare.Deallocate.newBuilder().setStmtId(id).build();
  }

  /** Opens a cursor without asking for rows. */
  public static Message cursorOpen(int cursor, MysqlxPrepare.Execute execute) {
    return cursorOpen(cursor, execute, 0);
  }

  public static Message cursorOpen(int cursor, MysqlxPrepare.Execute execute, long rows) {
    var open =
        MysqlxCursor.Open.newBuilder()
            .setCursorId(cursor)
            .setStmt(
                MysqlxCursor.Open.OneOfMessage.newBuilder()
                    .setType(MysqlxCursor.Open.OneOfMessage.Type.PREPARE_EXECUTE)
                    .setPrepareExecute(execute));
    return (rows == 0 ? open : open.setFetchRows(rows)).build();
  }

  public static Message cursorFetch(int cursor, long rows) {
    return MysqlxCursor.Fetch.newBuilder().setCursorId(cursor).setFetchRows(rows).build();
  }

  public static Message cursorClose(int cursor) {
    return MysqlxCursor.Close.newBuilder().setCursorId(cursor).build();
  }

  // ---- expectations

  /** Opens a block that fails with the first request in it that fails. */
  public static Message expectNoError() {
    return expectOpen(MysqlxExpect.Open.Condition.Key.EXPECT_NO_ERROR_VALUE, ByteString.EMPTY);
  }

  public static Message expectOpen(int key, ByteString value) {
    var condition = MysqlxExpect.Open.Condition.newBuilder().setConditionKey(key);
    return MysqlxExpect.Open.newBuilder()
        .addCond(value.isEmpty() ? condition : condition.setConditionValue(value))
        .build();
  }

  public static Message expectClose() {
    return MysqlxExpect.Close.getDefaultInstance();
  }

  // ---- CRUD

  public static MysqlxCrud.Collection collection(String schema, String name) {
    return MysqlxCrud.Collection.newBuilder().setSchema(schema).setName(name).build();
  }

  /** All documents of a collection, those with the lowest _id first. */
  public static MysqlxCrud.Find findAll(String schema, String collection) {
    return MysqlxCrud.Find.newBuilder()
        .setCollection(collection(schema, collection))
        .setDataModel(MysqlxCrud.DataModel.DOCUMENT)
        .addOrder(MysqlxCrud.Order.newBuilder().setExpr(member("_id")))
        .build();
  }

  /** Inserts documents that are given as JSON text. */
  public static MysqlxCrud.Insert insert(String schema, String collection, String... documents) {
    var insert =
        MysqlxCrud.Insert.newBuilder()
            .setCollection(collection(schema, collection))
            .setDataModel(MysqlxCrud.DataModel.DOCUMENT);
    for (String document : documents) {
      insert.addRow(
          MysqlxCrud.Insert.TypedRow.newBuilder()
              .addField(
                  literal(
                      Scalar.newBuilder()
                          .setType(Scalar.Type.V_OCTETS)
                          .setVOctets(
                              Scalar.Octets.newBuilder().setValue(utf8(document)).setContentType(2))
                          .build())));
    }
    return insert.build();
  }

  /** Sets one member of every document for which another one has a value. */
  public static MysqlxCrud.Update update(
      String schema, String collection, MysqlxExpr.Expr criteria, String member, Scalar value) {
    return MysqlxCrud.Update.newBuilder()
        .setCollection(collection(schema, collection))
        .setDataModel(MysqlxCrud.DataModel.DOCUMENT)
        .setCriteria(criteria)
        .addOperation(
            MysqlxCrud.UpdateOperation.newBuilder()
                .setSource(path(member))
                .setOperation(MysqlxCrud.UpdateOperation.UpdateType.ITEM_SET)
                .setValue(literal(value)))
        .build();
  }

  public static MysqlxCrud.Delete delete(
      String schema, String collection, MysqlxExpr.Expr criteria) {
    return MysqlxCrud.Delete.newBuilder()
        .setCollection(collection(schema, collection))
        .setDataModel(MysqlxCrud.DataModel.DOCUMENT)
        .setCriteria(criteria)
        .build();
  }

  // ---- expressions

  public static MysqlxExpr.Expr literal(Scalar value) {
    return MysqlxExpr.Expr.newBuilder()
        .setType(MysqlxExpr.Expr.Type.LITERAL)
        .setLiteral(value)
        .build();
  }

  /** The placeholder for an argument; the first has the position 0. */
  public static MysqlxExpr.Expr placeholder(int position) {
    return MysqlxExpr.Expr.newBuilder()
        .setType(MysqlxExpr.Expr.Type.PLACEHOLDER)
        .setPosition(position)
        .build();
  }

  public static MysqlxExpr.Expr member(String name) {
    return MysqlxExpr.Expr.newBuilder()
        .setType(MysqlxExpr.Expr.Type.IDENT)
        .setIdentifier(path(name))
        .build();
  }

  public static MysqlxExpr.Expr operator(String name, MysqlxExpr.Expr... operands) {
    return MysqlxExpr.Expr.newBuilder()
        .setType(MysqlxExpr.Expr.Type.OPERATOR)
        .setOperator(MysqlxExpr.Operator.newBuilder().setName(name).addAllParam(List.of(operands)))
        .build();
  }

  private static MysqlxExpr.ColumnIdentifier path(String member) {
    return MysqlxExpr.ColumnIdentifier.newBuilder()
        .addDocumentPath(
            MysqlxExpr.DocumentPathItem.newBuilder()
                .setType(MysqlxExpr.DocumentPathItem.Type.MEMBER)
                .setValue(member))
        .build();
  }

  // ---- values

  /** A named value inside an object. */
  public record ObjectField(String key, Any value) {}

  public static ObjectField field(String key, Any value) {
    return new ObjectField(key, value);
  }

  public static ObjectField field(String key, Scalar value) {
    return new ObjectField(key, any(value));
  }

  public static Any object(ObjectField... fields) {
    var object = MysqlxDatatypes.Object.newBuilder();
    for (ObjectField field : fields) {
      object.addFld(
          MysqlxDatatypes.Object.ObjectField.newBuilder()
              .setKey(field.key())
              .setValue(field.value()));
    }
    return Any.newBuilder().setType(Any.Type.OBJECT).setObj(object).build();
  }

  public static Any array(Any... values) {
    return Any.newBuilder()
        .setType(Any.Type.ARRAY)
        .setArray(MysqlxDatatypes.Array.newBuilder().addAllValue(List.of(values)))
        .build();
  }

  public static Any any(Scalar scalar) {
    return Any.newBuilder().setType(Any.Type.SCALAR).setScalar(scalar).build();
  }

  public static Scalar bool(boolean value) {
    return Scalar.newBuilder().setType(Scalar.Type.V_BOOL).setVBool(value).build();
  }

  public static Scalar sint(long value) {
    return Scalar.newBuilder().setType(Scalar.Type.V_SINT).setVSignedInt(value).build();
  }

  public static Scalar uint(long value) {
    return Scalar.newBuilder().setType(Scalar.Type.V_UINT).setVUnsignedInt(value).build();
  }

  public static Scalar string(String value) {
    return Scalar.newBuilder()
        .setType(Scalar.Type.V_STRING)
        .setVString(Scalar.String.newBuilder().setValue(utf8(value)))
        .build();
  }

  public static Scalar octets(ByteString value) {
    return Scalar.newBuilder()
        .setType(Scalar.Type.V_OCTETS)
        .setVOctets(Scalar.Octets.newBuilder().setValue(value))
        .build();
  }

  public static Scalar nothing() {
    return Scalar.newBuilder().setType(Scalar.Type.V_NULL).build();
  }

  static ByteString utf8(String text) {
    return ByteString.copyFrom(text, StandardCharsets.UTF_8);
  }
}
