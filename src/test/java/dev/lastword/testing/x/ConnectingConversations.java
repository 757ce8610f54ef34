package dev.lastword.testing.x;

import static dev.lastword.testing.x.Access.CLEAR;
import static dev.lastword.testing.x.Access.TLS;
import static dev.lastword.testing.x.Conversation.conversation;
import static dev.lastword.testing.x.XMessages.any;
import static dev.lastword.testing.x.XMessages.array;
import static dev.lastword.testing.x.XMessages.authenticateStart;
import static dev.lastword.testing.x.XMessages.bool;
import static dev.lastword.testing.x.XMessages.capabilitiesGet;
import static dev.lastword.testing.x.XMessages.capabilitiesSet;
import static dev.lastword.testing.x.XMessages.capability;
import static dev.lastword.testing.x.XMessages.command;
import static dev.lastword.testing.x.XMessages.compression;
import static dev.lastword.testing.x.XMessages.connectionClose;
import static dev.lastword.testing.x.XMessages.field;
import static dev.lastword.testing.x.XMessages.nothing;
import static dev.lastword.testing.x.XMessages.object;
import static dev.lastword.testing.x.XMessages.octets;
import static dev.lastword.testing.x.XMessages.sessionClose;
import static dev.lastword.testing.x.XMessages.sessionReset;
import static dev.lastword.testing.x.XMessages.sint;
import static dev.lastword.testing.x.XMessages.sql;
import static dev.lastword.testing.x.XMessages.string;
import static dev.lastword.testing.x.XMessages.tls;
import static dev.lastword.testing.x.XMessages.uint;

import com.google.protobuf.ByteString;
import dev.lastword.x.protobuf.MysqlxConnection.Capability;
import dev.lastword.x.protobuf.MysqlxDatatypes.Any;
import dev.lastword.x.protobuf.MysqlxDatatypes.Scalar;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** From the first byte to the login: the hello notice, capabilities, TLS. */
final class ConnectingConversations {

  private ConnectingConversations() {}

  static List<Conversation> all() {
    List<Conversation> all = new ArrayList<>();
    all.add(
        conversation(
                "the hello notice comes before the client has said anything",
                talk -> talk.frame().silence())
            .over(CLEAR));
    all.add(
        conversation(
            "capabilities, before and after TLS",
            talk ->
                talk.ask(capabilitiesGet())
                    .secure()
                    .ask(capabilitiesGet(), capabilitiesGet())
                    .leave()));
    all.add(
        conversation(
                "TLS 1.2",
                talk -> talk.startTls("TLSv1.2").authenticate().ask(capabilitiesGet()).leave())
            .over(TLS));
    all.add(
        conversation("TLS 1.3", talk -> talk.startTls("TLSv1.3").authenticate().leave()).over(TLS));
    all.add(
        conversation(
                "no TLS 1.1",
                talk ->
                    talk.ask(capabilitiesSet(tls(true)))
                        .sendRaw("a ClientHello for TLS 1.1", OLD_CLIENT_HELLO)
                        .endOfTls())
            .over(TLS));
    all.add(
        conversation(
                "garbage in place of the TLS handshake",
                talk ->
                    talk.ask(capabilitiesSet(tls(true)))
                        .sendRaw("garbage", XMessages.utf8("no TLS handshake begins like this\n"))
                        .endOfTls())
            .over(TLS));
    all.add(
        conversation(
                "TLS twice",
                talk ->
                    talk.secure()
                        .ask(capabilitiesSet(tls(true)), capabilitiesGet())
                        .authenticate()
                        .leave())
            .over(TLS));
    all.add(
        conversation(
            "TLS switched off",
            talk ->
                talk.secure()
                    .ask(capabilitiesSet(tls(false)), capabilitiesGet())
                    .authenticate()
                    .leave()));
    all.add(
        conversation(
                "TLS with another capability in one Set",
                talk ->
                    talk.ask(capabilitiesSet(tls(true), pwdExpireOk(true)))
                        .handshake()
                        .ask(capabilitiesGet())
                        .authenticate()
                        .leave())
            .over(TLS));
    all.add(
        conversation(
                "TLS behind another capability in one Set",
                talk ->
                    talk.ask(capabilitiesSet(pwdExpireOk(true), tls(true)))
                        .handshake()
                        .ask(capabilitiesGet())
                        .authenticate()
                        .leave())
            .over(TLS));
    all.add(
        conversation(
                "TLS, login attributes and compression in one Set",
                talk ->
                    talk.ask(
                            capabilitiesSet(attributes(), tls(true), compression("deflate_stream")))
                        .handshake()
                        .authenticate()
                        .startCompression("deflate_stream")
                        .ask(sql("SELECT 1"))
                        .leave())
            .over(TLS));
    all.add(
        conversation(
                "TLS with an unknown capability in one Set",
                talk ->
                    talk.ask(
                            capabilitiesSet(tls(true), unknown()),
                            capabilitiesSet(unknown(), tls(true)),
                            capabilitiesGet(),
                            capabilitiesSet(tls(true)))
                        .handshake()
                        .authenticate()
                        .leave())
            .over(TLS));
    all.add(
        conversation(
            "TLS named twice in one Set",
            talk -> talk.ask(capabilitiesSet(tls(true), tls(true)), capabilitiesGet())));
    all.add(
        conversation(
                "TLS asked for with the number 1",
                talk ->
                    talk.ask(capabilitiesSet(capability("tls", any(uint(1)))))
                        .handshake()
                        .authenticate()
                        .leave())
            .over(TLS));
    all.add(
        conversation(
                "TLS asked for with the number -1",
                talk ->
                    talk.ask(capabilitiesSet(capability("tls", any(sint(-1)))))
                        .handshake()
                        .authenticate()
                        .leave())
            .over(TLS));
    all.add(
        conversation(
                "capabilities that were set before TLS hold after it",
                talk ->
                    talk.ask(capabilitiesSet(pwdExpireOk(true)), capabilitiesSet(interactive(true)))
                        .startTls()
                        .ask(capabilitiesGet())
                        .plain("talk_expired", Backstage.PASSWORD)
                        .leave())
            .over(TLS));
    all.add(
        conversation(
            "capabilities and the start of a login in one write",
            talk -> talk.secure().sendAtOnce(capabilitiesGet(), start(talk)).responses(2)));
    all.add(
        conversation(
            "capabilities, a login and statements in one write",
            talk -> {
              talk.secure();
              if (talk.access() == TLS) {
                talk.sendAtOnce(
                        capabilitiesGet(),
                        capabilitiesSet(attributes()),
                        start(talk),
                        sql("SELECT 1"),
                        sql("SELECT 2"),
                        connectionClose())
                    .end();
              } else {
                // Without TLS there is a question to wait for.
                talk.sendAtOnce(
                        capabilitiesGet(),
                        capabilitiesSet(attributes()),
                        start(talk),
                        sql("SELECT 1"))
                    .end();
              }
            }));
    all.add(
        conversation(
            "a reset before any login has no answer",
            talk ->
                talk.secure()
                    .sendAtOnce(
                        sessionReset(), capabilitiesGet(), sessionReset(true), capabilitiesGet())
                    .responses(2)
                    .silence()));
    all.add(
        conversation(
            "a session is closed before it was opened",
            talk -> talk.secure().ask(sessionClose()).end()));
    all.add(
        conversation("leaving before a login", talk -> talk.secure().ask(connectionClose()).end()));

    aboutEachCapability(all);

    all.add(
        conversation(
                "no hello notice", talk -> talk.silence().ask(capabilitiesGet()).login().leave())
            .withGlobal("mysqlx_enable_hello_notice", "OFF"));
    all.add(
        conversation(
                "as many X connections as the server takes",
                talk -> {
                  talk.frame();
                  talk.another("second:").end();
                  talk.ask(capabilitiesGet()).login().leave();
                })
            .withGlobal("mysqlx_max_connections", "1"));
    all.add(
        conversation(
                "too many connections, said instead of hello",
                // One connection more than allowed is for administrators, and a session before its
                // login has their rights.
                talk -> {
                  talk.frame();
                  talk.another("second:").end();
                  talk.login().leave();
                })
            .withGlobal("max_connections", "1"));
    all.add(
        conversation(
                "a password in the clear where only TLS is allowed",
                talk ->
                    talk.ask(capabilitiesGet())
                        .sha256Memory(Backstage.USER, "wrong")
                        .sha256Memory(Backstage.USER, Backstage.PASSWORD)
                        .sha256Memory(Backstage.USER, Backstage.PASSWORD)
                        .end())
            .over(CLEAR)
            .withGlobal("require_secure_transport", "ON"));
    all.add(
        conversation(
                "compression that the server does not offer",
                talk ->
                    talk.secure()
                        .ask(
                            capabilitiesGet(),
                            capabilitiesSet(compression("zstd_stream")),
                            capabilitiesSet(compression("lz4_message")))
                        .authenticate()
                        .startCompression("lz4_message")
                        .ask(sql("SELECT 1"))
                        .leave())
            .withGlobal("mysqlx_compression_algorithms", "'LZ4_MESSAGE'"));
    all.add(
        conversation(
                "no compression offered at all",
                talk ->
                    talk.secure()
                        .ask(capabilitiesGet(), capabilitiesSet(compression("zstd_stream")))
                        .authenticate()
                        .leave())
            .withGlobal("mysqlx_compression_algorithms", "''"));
    return all;
  }

  private static void aboutEachCapability(List<Conversation> all) {
    Map<String, Any> values = new LinkedHashMap<>();
    values.put("true", any(bool(true)));
    values.put("false", any(bool(false)));
    values.put(
        "a bool without a value", any(Scalar.newBuilder().setType(Scalar.Type.V_BOOL).build()));
    values.put("the number 0", any(uint(0)));
    values.put("the number 1", any(uint(1)));
    values.put("the number -1", any(sint(-1)));
    values.put(
        "0.5", any(Scalar.newBuilder().setType(Scalar.Type.V_DOUBLE).setVDouble(0.5).build()));
    values.put("text", any(string("true")));
    values.put("bytes", any(octets(ByteString.copyFromUtf8("1"))));
    values.put("null", any(nothing()));
    values.put("an empty object", object());
    values.put("an object", object(field("algorithm", any(string("deflate_stream")))));
    values.put("an empty array", array());
    values.put("an array", array(any(string("PLAIN"))));
    for (String name :
        List.of(
            "authentication.mechanisms",
            "doc.formats",
            "client.interactive",
            "client.pwd_expire_ok",
            "compression",
            "node_type",
            "session_connect_attrs",
            "no.such.capability",
            "")) {
      values.forEach((word, value) ->
          all.add(
              conversation(
                      "the capability '" + name + "' is set to " + word,
                      talk ->
                          talk.ask(capabilitiesSet(capability(name, value)), capabilitiesGet())
                              .leave())
                  .over(CLEAR)));
    }
    // What TLS means to a server that has it is above; these are those that it refuses.
    for (String word :
        List.of(
            "a bool without a value",
            "the number 0",
            "text",
            "bytes",
            "null",
            "an empty object",
            "an array")) {
      Any value = java.util.Objects.requireNonNull(values.get(word));
      all.add(
          conversation(
                  "the capability 'tls' is set to " + word,
                  talk ->
                      talk.ask(capabilitiesSet(capability("tls", value)), capabilitiesGet())
                          .leave())
              .over(CLEAR));
    }
    all.add(
        conversation(
            "nothing is set",
            talk -> talk.secure().ask(capabilitiesSet(), capabilitiesGet()).leave()));
    all.add(
        conversation(
                "a good capability with a bad one is not taken",
                talk ->
                    talk.secure()
                        .ask(capabilitiesSet(pwdExpireOk(true), unknown()), capabilitiesGet())
                        .plain("talk_expired", Backstage.PASSWORD))
            .over(TLS));
    all.add(
        conversation(
            "several capabilities in one Set",
            talk ->
                talk.secure()
                    .ask(
                        capabilitiesSet(
                            pwdExpireOk(true),
                            interactive(true),
                            attributes(),
                            compression("lz4_message")),
                        capabilitiesGet())
                    .authenticate()
                    .startCompression("lz4_message")
                    .ask(sql("SELECT @@session.mysqlx_wait_timeout = @@mysqlx_interactive_timeout"))
                    .leave()));
    all.add(
        conversation(
            "a client that says it is interactive",
            talk ->
                talk.secure()
                    .ask(
                        capabilitiesSet(interactive(true)),
                        capabilitiesGet(),
                        capabilitiesSet(interactive(false)),
                        capabilitiesGet(),
                        capabilitiesSet(interactive(true)))
                    .authenticate()
                    .leave()));
    all.add(
        conversation(
            "login attributes",
            talk ->
                talk.secure()
                    .ask(capabilitiesSet(attributes()), capabilitiesGet())
                    .authenticate()
                    .ask(
                        sql(
                            "SELECT attr_name, attr_value FROM performance_schema.session_account_connect_attrs"
                                + " WHERE processlist_id = CONNECTION_ID() ORDER BY ordinal_position"))
                    .leave()));
    all.add(
        conversation(
            "login attributes that are none",
            talk ->
                talk.secure()
                    .ask(
                        capabilitiesSet(
                            capability(
                                "session_connect_attrs", object(field("number", any(uint(1)))))),
                        capabilitiesSet(
                            capability(
                                "session_connect_attrs",
                                object(field("", any(string("nameless")))))),
                        capabilitiesSet(
                            capability(
                                "session_connect_attrs",
                                object(field("x".repeat(33), any(string("long name")))))),
                        capabilitiesSet(
                            capability(
                                "session_connect_attrs",
                                object(field("long", any(string("y".repeat(1025))))))),
                        capabilitiesSet(
                            capability(
                                "session_connect_attrs",
                                object(
                                    field("twice", any(string("1"))),
                                    field("twice", any(string("2")))))))
                    .authenticate()
                    .leave()));
    all.add(
        conversation(
            "login attributes for the next login",
            talk ->
                talk.login()
                    .ask(sessionReset(false), capabilitiesSet(attributes()))
                    .authenticate()
                    .ask(
                        sql(
                            "SELECT attr_name, attr_value FROM performance_schema.session_account_connect_attrs"
                                + " WHERE processlist_id = CONNECTION_ID() ORDER BY ordinal_position"))
                    .leave()));
    all.add(
        conversation(
            "another capability for the next login",
            talk ->
                talk.login()
                    .ask(
                        sessionReset(false),
                        capabilitiesSet(pwdExpireOk(true)),
                        capabilitiesSet(tls(true)),
                        capabilitiesSet(attributes(), pwdExpireOk(true)))
                    .authenticate()
                    .ask(command("ping"))
                    .leave()));
    all.add(
        conversation(
            "what a client asks for twice",
            talk ->
                talk.secure()
                    .ask(capabilitiesSet(pwdExpireOk(true), pwdExpireOk(true)), capabilitiesGet())
                    .leave()));
  }

  static Capability pwdExpireOk(boolean on) {
    return capability("client.pwd_expire_ok", any(bool(on)));
  }

  static Capability interactive(boolean on) {
    return capability("client.interactive", any(bool(on)));
  }

  static Capability unknown() {
    return capability("no.such.capability", any(bool(true)));
  }

  static Capability attributes() {
    return capability(
        "session_connect_attrs",
        object(
            field("_client_name", any(string("talk"))),
            field("program_name", any(string("conversations"))),
            field("empty", any(string("")))));
  }

  /** The login that fits the access, as far as one message goes. */
  static com.google.protobuf.Message start(Talk talk) {
    return talk.access() == TLS
        ? XMessages.authenticatePlain("", Backstage.USER, Backstage.PASSWORD)
        : authenticateStart("SHA256_MEMORY");
  }

  /** A record of TLS 1.0 with a ClientHello for TLS 1.1: one cipher suite, no extensions. */
  static final ByteString OLD_CLIENT_HELLO =
      ByteString.fromHex(
          "160301002d01000029" + "0302" + "00".repeat(32) + "00" + "0002002f" + "0100");
}
