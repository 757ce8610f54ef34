package dev.lastword.testing.x;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import dev.lastword.x.protobuf.Mysqlx;
import dev.lastword.x.protobuf.MysqlxConnection;
import dev.lastword.x.protobuf.MysqlxNotice;
import dev.lastword.x.protobuf.MysqlxResultset;
import dev.lastword.x.protobuf.MysqlxSession;
import java.util.Set;

/**
 * One frame from a server.
 *
 * @param type the number behind the length
 * @param payload all that follows the number; may be empty
 */
public record Frame(int type, ByteString payload) implements Received {

  /** Numbers of server messages, as in {@code Mysqlx.ServerMessages.Type}. */
  public static final int OK = Mysqlx.ServerMessages.Type.OK_VALUE;

  public static final int ERROR = Mysqlx.ServerMessages.Type.ERROR_VALUE;
  public static final int CAPABILITIES = Mysqlx.ServerMessages.Type.CONN_CAPABILITIES_VALUE;
  public static final int AUTHENTICATE_CONTINUE =
      Mysqlx.ServerMessages.Type.SESS_AUTHENTICATE_CONTINUE_VALUE;
  public static final int AUTHENTICATE_OK = Mysqlx.ServerMessages.Type.SESS_AUTHENTICATE_OK_VALUE;
  public static final int NOTICE = Mysqlx.ServerMessages.Type.NOTICE_VALUE;
  public static final int COLUMN = Mysqlx.ServerMessages.Type.RESULTSET_COLUMN_META_DATA_VALUE;
  public static final int ROW = Mysqlx.ServerMessages.Type.RESULTSET_ROW_VALUE;
  public static final int FETCH_DONE = Mysqlx.ServerMessages.Type.RESULTSET_FETCH_DONE_VALUE;
  public static final int FETCH_SUSPENDED =
      Mysqlx.ServerMessages.Type.RESULTSET_FETCH_SUSPENDED_VALUE;
  public static final int FETCH_DONE_MORE_RESULTSETS =
      Mysqlx.ServerMessages.Type.RESULTSET_FETCH_DONE_MORE_RESULTSETS_VALUE;
  public static final int STMT_EXECUTE_OK = Mysqlx.ServerMessages.Type.SQL_STMT_EXECUTE_OK_VALUE;
  public static final int FETCH_DONE_MORE_OUT_PARAMS =
      Mysqlx.ServerMessages.Type.RESULTSET_FETCH_DONE_MORE_OUT_PARAMS_VALUE;
  public static final int COMPRESSION = Mysqlx.ServerMessages.Type.COMPRESSION_VALUE;

  private static final Set<Integer> ENDS_A_RESPONSE =
      Set.of(OK, ERROR, CAPABILITIES, AUTHENTICATE_CONTINUE, AUTHENTICATE_OK, STMT_EXECUTE_OK);

  /** Whether nothing more is to come for the request that this frame answers. */
  public boolean endsResponse() {
    return ENDS_A_RESPONSE.contains(type);
  }

  public Mysqlx.Ok asOk() {
    return parse(OK, Mysqlx.Ok.parser());
  }

  public Mysqlx.Error asError() {
    return parse(ERROR, Mysqlx.Error.parser());
  }

  public MysqlxConnection.Capabilities asCapabilities() {
    return parse(CAPABILITIES, MysqlxConnection.Capabilities.parser());
  }

  public MysqlxSession.AuthenticateContinue asAuthenticateContinue() {
    return parse(AUTHENTICATE_CONTINUE, MysqlxSession.AuthenticateContinue.parser());
  }

  public MysqlxNotice.Frame asNotice() {
    return parse(NOTICE, MysqlxNotice.Frame.parser());
  }

  public MysqlxResultset.ColumnMetaData asColumn() {
    return parse(COLUMN, MysqlxResultset.ColumnMetaData.parser());
  }

  public MysqlxResultset.Row asRow() {
    return parse(ROW, MysqlxResultset.Row.parser());
  }

  public MysqlxConnection.Compression asCompression() {
    return parse(COMPRESSION, MysqlxConnection.Compression.parser());
  }

  /** Whether this is an Error that says the connection is lost. */
  public boolean isFatal() {
    return type == ERROR && asError().getSeverity() == Mysqlx.Error.Severity.FATAL;
  }

  /** All of the frame as it was on the wire: length, type, payload. */
  public ByteString bytes() {
    return XMessages.frame(type, payload);
  }

  @Override
  public String toString() {
    return FrameText.of(this);
  }

  private <T> T parse(int expected, Parser<T> parser) {
    if (type != expected) {
      throw new AssertionError(
          "expected a frame of type " + FrameText.serverType(expected) + ", got " + this);
    }
    try {
      return parser.parseFrom(payload);
    } catch (InvalidProtocolBufferException malformed) {
      throw new AssertionError("not the message it says it is: " + this, malformed);
    }
  }
}
