package dev.lastword.testing.classic;

import static dev.lastword.testing.classic.Access.CLEAR;
import static dev.lastword.testing.classic.Access.TLS;
import static dev.lastword.testing.classic.Conversation.Trait.AUTHENTICATES_IN_FULL;
import static dev.lastword.testing.classic.Conversation.Trait.BREAKS_THE_LOGIN;
import static dev.lastword.testing.classic.Conversation.Trait.FINISHES_FIRST;
import static dev.lastword.testing.classic.Conversation.Trait.LEAVES_REQUEST_UNFINISHED;
import static dev.lastword.testing.classic.Conversation.Trait.NOT_THE_PROTOCOL;
import static dev.lastword.testing.classic.Conversation.conversation;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** From the greeting to the login: capabilities, TLS, and what is not the protocol. */
final class ConnectingConversations {

  private ConnectingConversations() {}

  static List<Conversation> all() {
    List<Conversation> all = new ArrayList<>();
    all.add(
        conversation("the server speaks first", talk -> talk.greeting().silence())
            .over(CLEAR)
            .with(LEAVES_REQUEST_UNFINISHED));
    all.add(
        conversation("a login and a farewell", talk -> talk.login().query("SELECT 1").leave())
            .overAll());
    capabilities(all);
    tls(all);
    contents(all);
    nonsense(all);
    broken(all);
    return all;
  }

  private static void capabilities(List<Conversation> all) {
    long compressed = Capability.COMPRESS | Capability.ZSTD_COMPRESSION_ALGORITHM;
    for (int bit = 0; bit < 32; bit++) {
      long flag = 1L << bit;
      String name = Capability.names(flag).getFirst();
      if ((flag & (compressed | Capability.SSL | Capability.PROTOCOL_41)) != 0) {
        continue;
      }
      boolean usual = ((Capability.USUAL | Capability.CONNECT_WITH_DB) & flag) != 0;
      all.add(
          conversation(
                  (usual ? "without " : "with ") + name,
                  talk -> {
                    Login login = talk.usual();
                    talk.login(usual ? login.without(flag) : login.with(flag));
                    shapes(talk);
                  })
              .overAll());
    }
    all.add(
        conversation(
                "with as few capabilities as can be",
                talk -> {
                  long few = Capability.PROTOCOL_41 | Capability.SECURE_CONNECTION;
                  talk.login(talk.usual().withExactly(few));
                  shapes(talk);
                })
            .with(AUTHENTICATES_IN_FULL));
    all.add(
        conversation(
            "with few capabilities and the plugin's name",
            talk -> {
              long few =
                  Capability.PROTOCOL_41 | Capability.SECURE_CONNECTION | Capability.PLUGIN_AUTH;
              talk.login(talk.usual().withExactly(few));
              shapes(talk);
            }));
    all.add(
        conversation(
            "with all capabilities but compression",
            talk -> {
              long most = 0xffffffffL & ~compressed & ~Capability.SSL;
              talk.login(talk.usual().withExactly(most));
              shapes(talk);
            }));
    all.add(
        conversation(
                "with the capability for TLS and no TLS",
                talk -> {
                  Login login = talk.usual().with(Capability.SSL);
                  talk.greeting()
                      .send("handshake response", login.response(ByteString.EMPTY, "", false))
                      .halfClose()
                      .endOfTls();
                })
            .over(CLEAR)
            .with(NOT_THE_PROTOCOL, BREAKS_THE_LOGIN, FINISHES_FIRST));
  }

  /** Responses of as many shapes as a login makes different. */
  private static void shapes(Talk talk) {
    talk.query(
            "SELECT 1 AS a, NULL AS b",
            "SELECT * FROM numbers WHERE FALSE",
            "UPDATE numbers SET word = 'one' WHERE n = 1",
            "USE mysql",
            "SELECT 1; SELECT 2",
            "CALL talk_shared.two_sets()",
            "SELECT 1 /* a comment */ + 'x'")
        .prepare("SELECT ? AS p")
        .execute(Commands.Parameter.of(7))
        .ask(Commands.resetStatement(talk.statement()), Commands.setOption(0))
        .leave();
  }

  private static void tls(List<Conversation> all) {
    for (String version : List.of("TLSv1.2", "TLSv1.3")) {
      all.add(
          conversation(
                  version,
                  talk ->
                      talk.greeting()
                          .startTls(talk.usual(), version)
                          .authenticate(talk.usual())
                          .query("SELECT 1")
                          .leave())
              .over(TLS));
    }
    all.add(
        conversation(
                "no TLS 1.1",
                talk ->
                    talk.greeting()
                        .send("SSLRequest", talk.usual().sslRequest())
                        .sendRaw("a ClientHello for TLS 1.1", OLD_CLIENT_HELLO)
                        .endOfTls())
            .over(TLS)
            .with(NOT_THE_PROTOCOL));
    all.add(
        conversation(
                "garbage in place of the TLS handshake",
                talk ->
                    talk.greeting()
                        .send("SSLRequest", talk.usual().sslRequest())
                        .sendRaw("garbage", utf8("no TLS handshake begins like this\n"))
                        .endOfTls())
            .over(TLS)
            .with(NOT_THE_PROTOCOL));
    all.add(
        conversation(
                "a login without TLS after the request for it",
                talk ->
                    talk.greeting()
                        .send("SSLRequest", talk.usual().sslRequest())
                        .send(
                            "handshake response", talk.usual().response(ByteString.EMPTY, "", true))
                        .endOfTls())
            .over(TLS)
            .with(NOT_THE_PROTOCOL));
    all.add(
        conversation(
                "a request for TLS with the wrong number",
                talk -> talk.greeting().send(2, "SSLRequest", talk.usual().sslRequest()).end())
            .over(TLS)
            .with(BREAKS_THE_LOGIN));
    all.add(
        conversation(
                "a request for TLS byte by byte",
                talk ->
                    talk.greeting()
                        .sendSplit("SSLRequest", talk.usual().sslRequest())
                        .handshake()
                        .authenticate(talk.usual())
                        .leave())
            .over(TLS));
    all.add(
        conversation(
                "a request for TLS and the end of it",
                talk ->
                    talk.greeting()
                        .send("SSLRequest", talk.usual().sslRequest())
                        .halfClose()
                        .endOfTls())
            .over(TLS)
            .with(FINISHES_FIRST));
    all.add(
        conversation(
                "TLS, and nothing in it",
                talk -> talk.greeting().startTls(talk.usual()).halfClose().end())
            .over(TLS)
            .with(FINISHES_FIRST));
    all.add(
        conversation(
                "TLS twice",
                talk ->
                    talk.greeting()
                        .startTls(talk.usual())
                        .send("SSLRequest", talk.usual().sslRequest())
                        .end())
            .over(TLS)
            .with(BREAKS_THE_LOGIN));
  }

  private static void contents(List<Conversation> all) {
    all.add(
        conversation(
            "an unknown schema", talk -> talk.login(talk.usual().withDatabase("missing")).end()));
    all.add(
        conversation(
            "an empty schema",
            talk -> talk.login(talk.usual().withDatabase("")).query("SELECT DATABASE()").leave()));
    all.add(
        conversation(
            "a schema that may not be used",
            talk ->
                talk.login(talk.as("talk_poor", Backstage.PASSWORD).withDatabase("mysql")).end()));
    Map<String, Map<String, String>> attributes = new LinkedHashMap<>();
    attributes.put("no attributes", Map.of());
    attributes.put("attributes with empty values", Map.of("", "", "a", ""));
    attributes.put("attributes of 300 bytes", Map.of("a", "x".repeat(300)));
    attributes.put("attributes of 60000 bytes", Map.of("a", "x".repeat(60_000)));
    attributes.put("attributes of 70000 bytes", Map.of("a", "x".repeat(70_000)));
    attributes.put("attributes that are not ASCII", Map.of("\u00e4\u20ac", "\ud83d\ude00"));
    attributes.forEach((name, pairs) ->
        all.add(
            conversation(
                name,
                talk ->
                    talk.login(talk.usual().withAttributes(pairs))
                        .query(
                            "SELECT attr_name, LENGTH(attr_value) FROM"
                                + " performance_schema.session_connect_attrs"
                                + " WHERE processlist_id = CONNECTION_ID() ORDER BY 1, 2")
                        .leave())));
    for (int collation : new int[] {0, 8, 28, 45, 63, 192, 224, 250, 255}) {
      all.add(
          conversation(
              "collation " + collation,
              talk ->
                  talk.login(talk.usual().withCollation(collation))
                      .query("SELECT @@collation_connection, @@character_set_client, 'x'")
                      .leave()));
    }
    all.add(
        conversation(
            "a password that is wrong",
            talk -> talk.login(talk.as(Backstage.USER, "wrong")).end()));
    all.add(
        conversation(
            "no password where there is one", talk -> talk.login(talk.as(Backstage.USER)).end()));
    all.add(
        conversation(
            "an unknown user",
            talk -> talk.login(talk.as("nobody_at_all", Backstage.PASSWORD)).end()));
    all.add(
        conversation(
            "an unknown user without a password",
            talk -> talk.login(talk.as("nobody_at_all")).end()));
    all.add(conversation("a user without a name", talk -> talk.login(talk.as("", "x")).end()));
    all.add(
        conversation(
            "a user with a name of 300 characters",
            talk -> talk.login(talk.as("u".repeat(300), "x")).end()));
    all.add(
        conversation(
            "a password of 200 characters that is wrong",
            talk -> talk.login(talk.as(Backstage.USER, "p".repeat(200))).end()));
    all.add(
        conversation(
                "one connection too many for this user",
                talk -> {
                  Login single = talk.as("talk_single", Backstage.PASSWORD).withDatabase("");
                  talk.login(single);
                  Talk second = talk.another("second");
                  second.login(single).end();
                  talk.query("SELECT 1").leave();
                })
            .alone());
  }

  private static void nonsense(List<Conversation> all) {
    Map<String, ByteString> nonsense = new LinkedHashMap<>();
    nonsense.put("HTTP", utf8("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    nonsense.put("the X protocol", hex("0100000001"));
    nonsense.put("TLS at once", OLD_CLIENT_HELLO);
    nonsense.put("zeros", ByteString.copyFrom(new byte[64]));
    nonsense.put("a letter", utf8("x"));
    nonsense.put("an empty packet", hex("00000001"));
    nonsense.put("a packet of one byte", hex("0100000100"));
    nonsense.put(
        "a packet of 31 bytes", ClassicClient.packet(1, ByteString.copyFrom(new byte[31])));
    nonsense.put("a login of 32 zeros", ClassicClient.packet(1, ByteString.copyFrom(new byte[32])));
    nonsense.put(
        "a login of 2000 bytes of 0xff",
        ClassicClient.packet(1, ByteString.copyFrom(HexFormat.of().parseHex("ff".repeat(2000)))));
    nonsense.put("a command", ClassicClient.packet(0, Commands.ping()));
    nonsense.put("a command with number 1", ClassicClient.packet(1, Commands.ping()));
    nonsense.put("a farewell", ClassicClient.packet(0, Commands.quit()));
    nonsense.put("a farewell with number 1", ClassicClient.packet(1, Commands.quit()));
    nonsense.forEach((name, bytes) -> {
      all.add(
          conversation(
                  name + " in place of a login, and no more",
                  talk -> talk.greeting().sendRaw(name, bytes).halfClose().end())
              .over(CLEAR)
              .with(NOT_THE_PROTOCOL, BREAKS_THE_LOGIN, FINISHES_FIRST));
      all.add(
          conversation(
                  name + " in place of a login inside TLS, and no more",
                  talk ->
                      talk.greeting().startTls(talk.usual()).sendRaw(name, bytes).halfClose().end())
              .over(TLS)
              .with(NOT_THE_PROTOCOL, BREAKS_THE_LOGIN, FINISHES_FIRST));
    });
    all.add(
        conversation(
                "a login that says it is of 16 MiB",
                talk ->
                    talk.greeting()
                        .sendRaw("a header", hex("ffffff01"))
                        .sendRaw("a bit of it", ByteString.copyFrom(new byte[1000]))
                        .halfClose()
                        .end())
            .over(CLEAR)
            .with(Conversation.Trait.LEAVES_REQUEST_UNFINISHED, BREAKS_THE_LOGIN, FINISHES_FIRST));
    all.add(
        conversation(
                "the handshake response of the time before 4.1",
                talk ->
                    talk.greeting()
                        .send(
                            "old handshake response",
                            talk.usual()
                                .withExactly(Capability.LONG_PASSWORD)
                                .response320(utf8("12345678")))
                        .end())
            .over(CLEAR)
            .with(BREAKS_THE_LOGIN));
    all.add(
        conversation(
                "the handshake response of the time before 4.1, with a schema",
                talk ->
                    talk.greeting()
                        .send(
                            "old handshake response",
                            talk.as("talk_empty")
                                .withExactly(Capability.LONG_PASSWORD | Capability.CONNECT_WITH_DB)
                                .response320(ByteString.EMPTY))
                        .end())
            .over(CLEAR)
            .with(BREAKS_THE_LOGIN));
  }

  private static void broken(List<Conversation> all) {
    for (int number : new int[] {0, 2, 3, 255}) {
      all.add(
          conversation(
                  "a login with number " + number,
                  talk ->
                      talk.greeting()
                          .send(
                              number,
                              "handshake response",
                              talk.usual().response(ByteString.EMPTY, "", false))
                          .end())
              .over(CLEAR)
              .with(BREAKS_THE_LOGIN));
    }
    all.add(
        conversation(
                "the client leaves after the greeting", talk -> talk.greeting().halfClose().end())
            .over(CLEAR)
            .with(FINISHES_FIRST));
    all.add(
        conversation(
                "the client leaves in the middle of its login",
                talk ->
                    talk.greeting()
                        .sendRaw(
                            "half of a handshake response",
                            ClassicClient.packet(
                                    1, talk.usual().response(ByteString.EMPTY, "", false))
                                .substring(0, 20))
                        .halfClose()
                        .end())
            .over(CLEAR)
            .with(Conversation.Trait.LEAVES_REQUEST_UNFINISHED, FINISHES_FIRST));
    all.add(
        conversation("the handshake takes too long", talk -> talk.greeting().end())
            .over(CLEAR)
            .withGlobal("connect_timeout", "2")
            .with(LEAVES_REQUEST_UNFINISHED));
    all.add(
        conversation(
                "the handshake takes too long inside TLS",
                talk -> talk.greeting().startTls(talk.usual()).end())
            .over(TLS)
            .withGlobal("connect_timeout", "2")
            .with(LEAVES_REQUEST_UNFINISHED));
    all.add(
        conversation(
                "the handshake takes too long in the middle of the login",
                talk ->
                    talk.greeting()
                        .sendRaw("half of a handshake response", hex("5000000105a2"))
                        .end())
            .over(CLEAR)
            .withGlobal("connect_timeout", "2")
            .with(LEAVES_REQUEST_UNFINISHED));
    all.add(
        conversation(
                "the answer to the server takes too long",
                talk ->
                    talk.greeting()
                        .authenticateUpTo(0, talk.as("talk_elder", Backstage.PASSWORD))
                        .end())
            .over(CLEAR)
            .withGlobal("connect_timeout", "2")
            .with(LEAVES_REQUEST_UNFINISHED));
    Login complete = Login.as(Backstage.USER, Backstage.PASSWORD).withDatabase("mysql");
    ByteString proof = utf8("12345678901234567890123456789012");
    ByteString response = complete.response(proof, AuthExchange.CACHING_SHA2, false);
    for (int length : new int[] {32, 33, 36, 37, 38, 60, 70, 75, 80, 97, 98, 100, 110, 130}) {
      all.add(
          conversation(
                  "a login cut off after " + length + " bytes",
                  talk ->
                      talk.greeting()
                          .send(
                              "handshake response",
                              response.substring(0, Math.min(length, response.size())))
                          .packet()
                          .halfClose()
                          .end())
              .over(CLEAR)
              .with(BREAKS_THE_LOGIN, FINISHES_FIRST));
    }
    all.add(
        conversation(
                "a login with something behind it",
                talk ->
                    talk.greeting()
                        .send("handshake response", response.concat(utf8("something")))
                        .packet()
                        .halfClose()
                        .end())
            .over(CLEAR)
            .with(BREAKS_THE_LOGIN, FINISHES_FIRST));
  }

  static ByteString utf8(String text) {
    return ByteString.copyFromUtf8(text);
  }

  static ByteString hex(String digits) {
    return ByteString.copyFrom(HexFormat.of().parseHex(digits));
  }

  /** One that offers TLS 1.1 at most. */
  private static final ByteString OLD_CLIENT_HELLO =
      hex("160301002d010000290302" + "00".repeat(32) + "000002002f0100");
}
