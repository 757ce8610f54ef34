package dev.lastword.x;

import com.google.protobuf.ByteString;
import dev.lastword.config.Account;
import dev.lastword.config.ServerTls;
import dev.lastword.x.protobuf.Mysqlx;
import dev.lastword.x.protobuf.Mysqlx.ClientMessages;
import dev.lastword.x.protobuf.Mysqlx.ServerMessages;
import dev.lastword.x.protobuf.MysqlxConnection;
import dev.lastword.x.protobuf.MysqlxDatatypes.Any;
import dev.lastword.x.protobuf.MysqlxDatatypes.Scalar;
import dev.lastword.x.protobuf.MysqlxSession;
import io.netty.buffer.ByteBuf;

/**
 * How the monitoring account logs in: TLS as the server's configuration wants it, then the password. That is sent as it is where nobody
 * can listen; elsewhere it is proven by SHA256_MEMORY, and for old accounts by MYSQL41.
 */
final class XSentinelLogin {
  private static final int ER_ACCESS_DENIED = 1045;

  /** The password was right, and the account is no administrator's. */
  static final int ER_SERVER_OFFLINE_MODE = 3032;

  private static final int ER_NOT_SUPPORTED_AUTH_MODE = 1251;

  private final XSentinelConnection connection;
  private final Account account;
  private final Outcome outcome;
  private boolean agreeingOnTls = true;
  private boolean triedSha256;

  /** What comes of it; exactly one is called, unless the connection ends first. */
  interface Outcome {
    void loggedIn();

    /** The account cannot be used, and will not be usable a moment later. */
    void refused(String why);

    /**
     * The server does not take us now: it has no room, or is ending, or in offline mode.
     *
     * @param code the error it said so with
     */
    void notNow(int code);
  }

  XSentinelLogin(XSentinelConnection connection, Account account, Outcome outcome) {
    this.connection = connection;
    this.account = account;
    this.outcome = outcome;
  }

  void begin() {
    ServerTls.Mode mode = connection.target().server().tls().mode();
    if (connection.target().tls() == null
        || (connection.secure() && mode != ServerTls.Mode.REQUIRED)) {
      authenticate();
      return;
    }
    Any yes =
        Any.newBuilder()
            .setType(Any.Type.SCALAR)
            .setScalar(Scalar.newBuilder().setType(Scalar.Type.V_BOOL).setVBool(true))
            .build();
    connection.send(
        ClientMessages.Type.CON_CAPABILITIES_SET_VALUE,
        MysqlxConnection.CapabilitiesSet.newBuilder()
            .setCapabilities(
                MysqlxConnection.Capabilities.newBuilder()
                    .addCapabilities(
                        MysqlxConnection.Capability.newBuilder().setName("tls").setValue(yes)))
            .build());
  }

  /** Anything but a notice that comes before the login has ended. */
  void heard(int type, ByteBuf frame) {
    switch (type) {
      case ServerMessages.Type.OK_VALUE -> {
        if (agreeingOnTls) {
          startTls();
        }
      }
      case ServerMessages.Type.ERROR_VALUE -> {
        var error = XMessages.parse(Mysqlx.Error.parser(), frame);
        if (error == null) {
          return;
        }
        if (agreeingOnTls && error.getSeverity() != Mysqlx.Error.Severity.FATAL) {
          withoutTls();
        } else {
          refused(error);
        }
      }
      case ServerMessages.Type.SESS_AUTHENTICATE_CONTINUE_VALUE -> {
        var challenge = XMessages.parse(MysqlxSession.AuthenticateContinue.parser(), frame);
        if (challenge != null) {
          challenged(challenge.getAuthData());
        }
      }
      case ServerMessages.Type.SESS_AUTHENTICATE_OK_VALUE -> outcome.loggedIn();
      default -> {
        // Nothing else belongs here, and nothing follows from it.
      }
    }
  }

  private void startTls() {
    connection
        .startTls()
        .addListener(handshake -> {
          if (handshake.isSuccess()) {
            authenticate();
          } else {
            outcome.refused("TLS failed: " + handshake.cause().getMessage());
          }
        });
  }

  private void withoutTls() {
    if (connection.target().server().tls().mode() == ServerTls.Mode.REQUIRED) {
      outcome.refused("the server has no TLS, and tls.mode is REQUIRED");
    } else {
      authenticate();
    }
  }

  private void authenticate() {
    agreeingOnTls = false;
    MysqlxSession.AuthenticateStart.Builder start = MysqlxSession.AuthenticateStart.newBuilder();
    if (connection.secure()) {
      start.setMechName(XCapabilities.PLAIN);
      start.setAuthData(XPasswords.plain(account.user(), account.password().value()));
    } else {
      start.setMechName(triedSha256 ? "MYSQL41" : "SHA256_MEMORY");
    }
    connection.send(ClientMessages.Type.SESS_AUTHENTICATE_START_VALUE, start.build());
  }

  private void challenged(ByteString challenge) {
    String password = account.password().value();
    connection.send(
        ClientMessages.Type.SESS_AUTHENTICATE_CONTINUE_VALUE,
        MysqlxSession.AuthenticateContinue.newBuilder()
            .setAuthData(
                triedSha256
                    ? XPasswords.mysql41(account.user(), password, challenge)
                    : XPasswords.sha256Memory(account.user(), password, challenge))
            .build());
  }

  private void refused(Mysqlx.Error error) {
    boolean fatal = error.getSeverity() == Mysqlx.Error.Severity.FATAL;
    if (error.getCode() == ER_SERVER_OFFLINE_MODE) {
      outcome.notNow(ER_SERVER_OFFLINE_MODE);
    } else if (!fatal && !connection.secure() && !triedSha256) {
      triedSha256 = true;
      authenticate();
    } else if (fatal
        && error.getCode() != ER_ACCESS_DENIED
        && error.getCode() != ER_NOT_SUPPORTED_AUTH_MODE) {
      // Nothing is wrong with the account.
      outcome.notNow(error.getCode());
    } else {
      outcome.refused(
          error.getMsg()
              + " ("
              + error.getCode()
              + ")"
              + (connection.secure()
                  ? ""
                  : "; without TLS the server must already know the password from a login over TLS"));
    }
  }
}
