package dev.lastword.x;

import com.google.protobuf.ByteString;
import dev.lastword.x.protobuf.Mysqlx;
import dev.lastword.x.protobuf.Mysqlx.ClientMessages;
import dev.lastword.x.protobuf.Mysqlx.ServerMessages;
import dev.lastword.x.protobuf.MysqlxDatatypes.Any;
import dev.lastword.x.protobuf.MysqlxResultset;
import dev.lastword.x.protobuf.MysqlxSql;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/** Statements that the monitoring session sends, one behind the other without waiting, and the answers that come in the same order. */
final class XSentinelQuestions {
  private final XSentinelConnection connection;
  private final Deque<Consumer<Answer>> expected = new ArrayDeque<>();
  private List<ByteString> row = List.of();

  /**
   * What came back.
   *
   * @param row the fields of the first row as the protocol encodes them; empty if there is none
   * @param error the code of the error; 0 if there is none
   */
  record Answer(List<ByteString> row, int error) {
    /** A text field, which ends with a zero byte; empty if it is NULL or not there. */
    String text(int field) {
      if (field >= row.size() || row.get(field).isEmpty()) {
        return "";
      }
      ByteString bytes = row.get(field);
      return bytes.substring(0, bytes.size() - 1).toStringUtf8();
    }
  }

  XSentinelQuestions(XSentinelConnection connection) {
    this.connection = connection;
  }

  /** Whether nothing is owed to us. */
  boolean answered() {
    return expected.isEmpty();
  }

  /** Sends a statement of SQL. */
  void sql(String statement, Consumer<Answer> answer) {
    ask("sql", statement, List.of(), answer);
  }

  /** Sends an administrative command of the X Plugin. */
  void command(String name, List<Any> args, Consumer<Answer> answer) {
    ask("mysqlx", name, args, answer);
  }

  private void ask(String namespace, String statement, List<Any> args, Consumer<Answer> answer) {
    expected.add(answer);
    connection.send(
        ClientMessages.Type.SQL_STMT_EXECUTE_VALUE,
        MysqlxSql.StmtExecute.newBuilder()
            .setNamespace(namespace)
            .setStmt(ByteString.copyFromUtf8(statement))
            .addAllArgs(args)
            .build());
  }

  /**
   * Anything but a notice that comes after the login.
   *
   * @return the code of an error; 0 if it is none
   */
  int heard(int type, ByteBuf frame) {
    switch (type) {
      case ServerMessages.Type.RESULTSET_ROW_VALUE -> {
        var fields = XMessages.parse(MysqlxResultset.Row.parser(), frame);
        if (fields != null && row.isEmpty()) {
          row = fields.getFieldList();
        }
      }
      case ServerMessages.Type.SQL_STMT_EXECUTE_OK_VALUE -> settled(0);
      case ServerMessages.Type.ERROR_VALUE -> {
        var error = XMessages.parse(Mysqlx.Error.parser(), frame);
        if (error != null) {
          settled(error.getCode());
          return error.getCode();
        }
      }
      default -> {
        // Parts of results that nobody needs.
      }
    }
    return 0;
  }

  private void settled(int error) {
    Answer answer = new Answer(row, error);
    row = List.of();
    Consumer<Answer> next = expected.poll();
    if (next != null) {
      next.accept(answer);
    }
  }
}
