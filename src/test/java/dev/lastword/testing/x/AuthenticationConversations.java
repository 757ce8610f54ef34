package dev.lastword.testing.x;

import static dev.lastword.testing.x.Access.CLEAR;
import static dev.lastword.testing.x.Access.TLS;
import static dev.lastword.testing.x.Conversation.conversation;
import static dev.lastword.testing.x.XMessages.authenticateContinue;
import static dev.lastword.testing.x.XMessages.authenticatePlain;
import static dev.lastword.testing.x.XMessages.authenticateStart;
import static dev.lastword.testing.x.XMessages.capabilitiesGet;
import static dev.lastword.testing.x.XMessages.capabilitiesSet;
import static dev.lastword.testing.x.XMessages.connectionClose;
import static dev.lastword.testing.x.XMessages.sessionClose;
import static dev.lastword.testing.x.XMessages.sessionReset;
import static dev.lastword.testing.x.XMessages.sql;
import static dev.lastword.testing.x.XMessages.utf8;

import com.google.protobuf.ByteString;
import dev.lastword.x.protobuf.MysqlxSession;
import java.util.ArrayList;
import java.util.List;

/** Logins, good and bad, the first one and later ones. */
final class AuthenticationConversations {

  private static final String USER = Backstage.USER;
  private static final String PASSWORD = Backstage.PASSWORD;

  private AuthenticationConversations() {}

  static List<Conversation> all() {
    List<Conversation> all = new ArrayList<>();
    all.add(
        conversation("a login", talk -> talk.login().ask(sql("SELECT CURRENT_USER()")).leave()));
    all.add(
        conversation(
                "a login with PLAIN, byte by byte",
                talk ->
                    talk.startTls()
                        .sendSplit(authenticatePlain("", USER, PASSWORD), sql("SELECT 1"))
                        .responses(2)
                        .leave())
            .over(TLS));
    all.add(
        conversation(
                "a login with SHA256_MEMORY inside TLS",
                talk -> talk.startTls().sha256Memory(USER, PASSWORD).leave())
            .over(TLS));
    all.add(
        conversation(
            "a login with MYSQL41",
            talk ->
                talk.secure()
                    .mysql41(USER, PASSWORD)
                    .mysql41(USER, PASSWORD)
                    .mysql41(USER, PASSWORD)
                    .end()));
    all.add(
        conversation(
                "a login into a schema",
                talk ->
                    talk.startTls()
                        .plain(Backstage.SCHEMA, USER, PASSWORD)
                        .ask(sql("SELECT DATABASE(), COUNT(*) FROM numbers"))
                        .leave())
            .over(TLS));
    all.add(
        conversation(
            "a login into a schema, with SHA256_MEMORY",
            talk ->
                talk.secure()
                    .sha256Memory(Backstage.SCHEMA, USER, PASSWORD)
                    .ask(sql("SELECT DATABASE()"))
                    .leave()));
    all.add(
        conversation(
                "a login into a schema that does not exist",
                talk ->
                    talk.startTls()
                        .plain("talk_nowhere", USER, PASSWORD)
                        .plain("", USER, PASSWORD)
                        .leave())
            .over(TLS));
    all.add(
        conversation(
                "a login into a schema that is not for this user",
                talk ->
                    talk.startTls()
                        .plain(Backstage.SCHEMA, "talk_poor", PASSWORD)
                        .plain("", "talk_poor", PASSWORD)
                        .leave())
            .over(TLS));
    all.add(
        conversation(
                "three wrong passwords",
                talk ->
                    talk.startTls()
                        .plain(USER, "wrong")
                        .plain(USER, "wrong")
                        .plain(USER, "wrong")
                        .end())
            .over(TLS));
    all.add(
        conversation(
            "three wrong passwords with SHA256_MEMORY",
            talk ->
                talk.secure()
                    .sha256Memory(USER, "wrong")
                    .sha256Memory(USER, "wrong")
                    .sha256Memory(USER, "wrong")
                    .end()));
    all.add(
        conversation(
            "a wrong password, then the right one",
            talk ->
                talk.secure()
                    .authenticateAs(USER, "wrong")
                    .authenticate()
                    .ask(sql("SELECT 1"))
                    .leave()));
    all.add(
        conversation(
            "two wrong passwords, then the right one",
            talk ->
                talk.secure()
                    .authenticateAs(USER, "wrong")
                    .authenticateAs(USER, "wronger")
                    .authenticate()
                    .leave()));
    all.add(
        conversation(
                "one mechanism fails, the next one works",
                talk ->
                    talk.startTls()
                        .sha256Memory(USER, "wrong")
                        .mysql41(USER, PASSWORD)
                        .plain(USER, PASSWORD)
                        .leave())
            .over(TLS));
    all.add(
        conversation(
                "three mechanisms fail",
                talk ->
                    talk.startTls()
                        .sha256Memory(USER, "wrong")
                        .mysql41(USER, "wrong")
                        .plain(USER, "wrong")
                        .end())
            .over(TLS));
    all.add(
        conversation(
                "three wrong passwords and a statement in one write",
                talk ->
                    talk.startTls()
                        .sendAtOnce(
                            authenticatePlain("", USER, "wrong"),
                            authenticatePlain("", USER, "wrong"),
                            authenticatePlain("", USER, "wrong"),
                            sql("SELECT 1"))
                        .end())
            .over(TLS));
    all.add(
        conversation(
                "a wrong and the right password and a statement in one write",
                talk ->
                    talk.startTls()
                        .sendAtOnce(
                            authenticatePlain("", USER, "wrong"),
                            authenticatePlain("", USER, PASSWORD),
                            sql("SELECT 1"),
                            connectionClose())
                        .end())
            .over(TLS));
    all.add(
        conversation(
            "tries are counted anew for the next login",
            talk ->
                talk.login()
                    .ask(sessionReset(false))
                    .authenticateAs(USER, "wrong")
                    .authenticateAs(USER, "wrong")
                    .authenticate()
                    .ask(sql("SELECT 1"))
                    .leave()));
    all.add(
        conversation(
            "three wrong passwords for the next login",
            talk ->
                talk.login()
                    .ask(sessionReset(false))
                    .authenticateAs(USER, "wrong")
                    .authenticateAs(USER, "wrong")
                    .authenticateAs(USER, "wrong")
                    .end()));
    all.add(
        conversation(
            "wrong ones before and after a login",
            talk ->
                talk.secure()
                    .authenticateAs(USER, "wrong")
                    .authenticateAs(USER, "wrong")
                    .authenticate()
                    .ask(sessionClose())
                    .authenticateAs(USER, "wrong")
                    .authenticateAs(USER, "wrong")
                    .authenticate()
                    .leave()));
    all.add(
        conversation(
            "no such user",
            talk -> talk.secure().authenticateAs("talk_nobody", "x").authenticate().leave()));
    all.add(
        conversation("no password", talk -> talk.startTls().plain("talk_empty", "").leave())
            .over(TLS));
    all.add(
        conversation(
            "no user", talk -> talk.secure().authenticateAs("", "").authenticate().leave()));
    all.add(
        conversation(
            "a password that the server has not seen in the clear",
            talk -> talk.secure().sha256Memory("talk_uncached", PASSWORD).authenticate().leave()));
    all.add(
        conversation(
                "a user who is locked out",
                talk ->
                    talk.startTls()
                        .plain("talk_locked", PASSWORD)
                        .plain("talk_locked", "wrong")
                        .plain(USER, PASSWORD)
                        .leave())
            .over(TLS));
    all.add(
        conversation(
            "a user who must use TLS",
            talk ->
                talk.secure().authenticateAs("talk_tls_only", PASSWORD).authenticate().leave()));
    all.add(
        conversation(
                "an expired password",
                talk ->
                    talk.startTls()
                        .plain("talk_expired", PASSWORD)
                        .plain("talk_expired", PASSWORD)
                        .plain(USER, PASSWORD)
                        .leave())
            .over(TLS));
    all.add(
        conversation(
                "an expired password in a client that can handle it",
                talk ->
                    talk.ask(capabilitiesSet(ConnectingConversations.pwdExpireOk(true)))
                        .startTls()
                        .plain("talk_expired", PASSWORD)
                        .ask(
                            sql("SELECT 1"),
                            sessionReset(true),
                            sql("SELECT 1"),
                            sessionReset(false))
                        .plain("talk_expired", PASSWORD)
                        .ask(sql("SELECT 1"))
                        .leave())
            .over(TLS));
    all.add(
        conversation(
                "PLAIN without TLS", talk -> talk.ask(authenticatePlain("", USER, PASSWORD)).end())
            .over(CLEAR));
    all.add(
        conversation(
                "PLAIN without TLS after another mechanism",
                talk ->
                    talk.sha256Memory(USER, "wrong")
                        .ask(authenticatePlain("", USER, PASSWORD))
                        .end())
            .over(CLEAR));
    for (String mechanism :
        List.of("NO_SUCH", "plain", "", "caching_sha2_password", "SHA256_MEMORY ", "PLAIN\0")) {
      all.add(
          conversation(
              "the mechanism '" + mechanism.replace('\0', '0') + "'",
              talk -> talk.secure().ask(authenticateStart(mechanism)).end()));
    }
    all.add(
        conversation(
            "an unknown mechanism after one that failed",
            talk ->
                talk.secure()
                    .authenticateAs(USER, "wrong")
                    .ask(authenticateStart("NO_SUCH"))
                    .end()));
    all.add(
        conversation(
                "PLAIN without its data",
                talk ->
                    talk.startTls()
                        .ask(authenticateStart("PLAIN"), authenticatePlain("", USER, PASSWORD))
                        .leave())
            .over(TLS));
    for (String data :
        List.of(
            "",
            "\0",
            "\0\0",
            "talk",
            "\0talk",
            "\0talk\0",
            "\0talk\0" + PASSWORD + "\0",
            "\0talk\0" + PASSWORD + "\0more",
            "\0" + "u".repeat(100) + "\0x")) {
      all.add(
          conversation(
                  "PLAIN with the data '"
                      + data.replace('\0', '|').replaceAll("u+$|u{5,}", "u..")
                      + "'",
                  talk ->
                      talk.startTls()
                          .ask(authenticateStart("PLAIN", utf8(data)), sql("SELECT 1"))
                          .leave())
              .over(TLS));
    }
    all.add(
        conversation(
            "SHA256_MEMORY with data in its first message",
            talk ->
                talk.secure()
                    .ask(authenticateStart("SHA256_MEMORY", utf8("\0talk\0x")))
                    .ask(authenticateContinue(utf8("\0talk\0x")))
                    .authenticate()
                    .leave()));
    for (String data :
        List.of(
            "",
            "\0",
            "talk",
            "\0talk",
            "\0talk\0",
            "\0talk\0ABCDEF",
            "\0talk\0" + "0".repeat(64),
            "\0talk\0" + "G".repeat(64),
            "\0talk\0" + "0".repeat(64) + "\0more")) {
      all.add(
          conversation(
              "a challenge answered with '"
                  + data.replace('\0', '|').replaceAll("0{9,}", "0..").replaceAll("G{9,}", "G..")
                  + "'",
              talk ->
                  talk.secure()
                      .ask(authenticateStart("SHA256_MEMORY"), authenticateContinue(utf8(data)))
                      .authenticate()
                      .leave()));
    }
    all.add(
        conversation(
                "a first message with the initial response",
                talk ->
                    talk.startTls()
                        .ask(
                            MysqlxSession.AuthenticateStart.newBuilder()
                                .setMechName("PLAIN")
                                .setInitialResponse(utf8("\0talk\0" + PASSWORD))
                                .build())
                        .leave())
            .over(TLS));
    all.add(
        conversation(
            "capabilities after a login that failed",
            talk -> talk.secure().authenticateAs(USER, "wrong").ask(capabilitiesGet()).end()));
    all.add(
        conversation(
            "a statement after a login that failed",
            talk -> talk.secure().authenticateAs(USER, "wrong").ask(sql("SELECT 1")).end()));
    all.add(
        conversation(
            "leaving after a login that failed",
            talk -> talk.secure().authenticateAs(USER, "wrong").ask(connectionClose()).end()));
    all.add(
        conversation(
            "a second start while the challenge is open",
            talk ->
                talk.secure()
                    .ask(authenticateStart("SHA256_MEMORY"), authenticateStart("SHA256_MEMORY"))
                    .end()));
    all.add(
        conversation(
            "half a login, and then the client is gone",
            talk -> talk.secure().ask(authenticateStart("SHA256_MEMORY")).halfClose().end()));

    all.add(
        conversation(
            "reset, the session stays open",
            talk ->
                talk.login()
                    .ask(
                        sql("SET @a = 1"),
                        sessionReset(true),
                        sql("SELECT @a"),
                        sessionReset(true),
                        sessionReset(true),
                        sql("SELECT 1"))
                    .leave()));
    all.add(
        conversation(
            "reset, and a new login",
            talk ->
                talk.login()
                    .ask(sql("SET @a = 1"), sessionReset(false))
                    .authenticate()
                    .ask(sql("SELECT @a"))
                    .leave()));
    all.add(
        conversation(
            "reset without saying which kind, and a new login",
            talk -> talk.login().ask(sessionReset()).authenticate().ask(sql("SELECT 1")).leave()));
    all.add(
        conversation(
            "the session is closed, and a new login",
            talk ->
                talk.login()
                    .ask(sessionClose())
                    .authenticate()
                    .ask(sql("SELECT 1"), sessionClose())
                    .authenticate()
                    .leave()));
    all.add(
        conversation(
            "a new login as somebody else",
            talk ->
                talk.login()
                    .ask(sessionReset(false))
                    .authenticateAs("talk_poor", PASSWORD)
                    .ask(sql("SELECT CURRENT_USER()"), sql("SELECT * FROM talk_shared.numbers"))
                    .leave()));
    all.add(
        conversation(
            "a new login with another mechanism",
            talk ->
                talk.login()
                    .ask(sessionReset(false))
                    .sha256Memory(USER, PASSWORD)
                    .ask(sql("SELECT 1"))
                    .leave()));
    all.add(
        conversation(
                "reset and a new login in one write",
                talk ->
                    talk.login()
                        .sendAtOnce(
                            sql("SELECT 1"),
                            sessionReset(false),
                            authenticatePlain("", USER, PASSWORD),
                            sql("SELECT 2"),
                            sessionClose(),
                            authenticatePlain("", USER, PASSWORD),
                            sql("SELECT 3"),
                            connectionClose())
                        .end())
            .over(TLS));
    all.add(
        conversation(
            "reset and a reset that is not due",
            talk -> talk.login().ask(sessionReset(false), sessionReset(false)).end()));
    all.add(
        conversation(
            "reset and a statement without a login",
            talk -> talk.login().ask(sessionReset(false), sql("SELECT 1")).end()));
    all.add(
        conversation(
            "the session is closed, then the connection",
            talk -> talk.login().ask(sessionClose(), connectionClose()).end()));
    all.add(
        conversation(
            "the session is closed twice",
            talk -> talk.login().ask(sessionClose(), sessionClose()).end()));
    all.add(
        conversation(
            "reset, and the challenge is left open",
            talk ->
                talk.login()
                    .ask(sessionReset(false), authenticateStart("SHA256_MEMORY"), sql("SELECT 1"))
                    .end()));
    all.add(
        conversation(
            "a statement on the way while the session is closed",
            talk ->
                talk.login().sendAtOnce(sql("SELECT 1"), sessionClose(), sql("SELECT 2")).end()));
    all.add(
        conversation(
            "nothing but an answer to a question that nobody asked",
            talk -> talk.secure().ask(authenticateContinue(ByteString.EMPTY)).end()));
    return all;
  }
}
