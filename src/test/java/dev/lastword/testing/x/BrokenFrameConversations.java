package dev.lastword.testing.x;

import static dev.lastword.testing.x.Access.CLEAR;
import static dev.lastword.testing.x.Access.TLS;
import static dev.lastword.testing.x.Conversation.conversation;
import static dev.lastword.testing.x.XMessages.any;
import static dev.lastword.testing.x.XMessages.capabilitiesGet;
import static dev.lastword.testing.x.XMessages.command;
import static dev.lastword.testing.x.XMessages.connectionClose;
import static dev.lastword.testing.x.XMessages.frame;
import static dev.lastword.testing.x.XMessages.header;
import static dev.lastword.testing.x.XMessages.sql;
import static dev.lastword.testing.x.XMessages.string;
import static dev.lastword.testing.x.XMessages.utf8;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.lastword.x.protobuf.Mysqlx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Lengths that lie, payloads that are no messages, and clients of other protocols. */
final class BrokenFrameConversations {

  private static final ByteString ZEROS = ByteString.copyFrom(new byte[4]);

  private BrokenFrameConversations() {}

  static List<Conversation> all() {
    List<Conversation> all = new ArrayList<>();
    Map<String, ByteString> strangers = new LinkedHashMap<>();
    strangers.put("an HTTP request", utf8("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    strangers.put(
        "an HTTP upload",
        utf8("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"));
    strangers.put("a classic login", CLASSIC_LOGIN);
    strangers.put("a TLS ClientHello", ConnectingConversations.OLD_CLIENT_HELLO);
    strangers.put("an SSH banner", utf8("SSH-2.0-OpenSSH_9.2\r\n"));
    strangers.put("bytes of 0xff", ByteString.copyFrom(filled(64, 0xff)));
    strangers.put("zero bytes", ByteString.copyFrom(filled(64, 0)));
    strangers.put("a line of text", utf8("hello\n"));
    strangers.forEach((name, bytes) -> {
      List<Conversation> three =
          List.of(
              conversation(name, talk -> talk.sendRaw(name, bytes).end()).over(CLEAR),
              conversation(name + " inside TLS", talk -> talk.startTls().sendRaw(name, bytes).end())
                  .over(TLS),
              conversation(
                  name + " inside a session",
                  talk -> {
                    talk.login().sendRaw(name, bytes);
                    if (name.equals("a classic login")) {
                      // As an X frame it is 16 MiB long, and the server waits for them.
                      talk.response().silence();
                    } else {
                      talk.end();
                    }
                  }));
      if (name.equals("a TLS ClientHello")) {
        // As an X frame it is 65 KiB long.
        three.forEach(Conversation::leavingRequestUnfinished);
      }
      all.addAll(three);
    });

    all.add(
        conversation(
            "length 0 before a login", talk -> talk.secure().sendRaw("length 0", ZEROS).end()));
    all.add(
        conversation(
            "length 0 in a session", talk -> talk.login().sendRaw("length 0", ZEROS).end()));
    all.add(
        conversation(
            "length 0 behind a statement",
            talk ->
                talk.login()
                    .sendRaw("SELECT 1 + length 0", frame(sql("SELECT 1")).concat(ZEROS))
                    .end()));
    for (long length : new long[] {0x7fffffffL, 0x80000000L, 0xffffffffL, 67_108_865L}) {
      all.add(
          conversation(
              "length %x before a login".formatted(length),
              talk -> talk.secure().sendRaw("a header", header((int) length, 1)).end()));
      all.add(
          conversation(
              "length %x in a session".formatted(length),
              talk -> talk.login().sendRaw("a header", header((int) length, 12)).end()));
    }
    all.add(
        conversation(
                "a statement of just the largest size and one that is a byte larger",
                talk -> talk.login().ask(sizedTo(1000, 0)).ask(sizedTo(1000, 1)).end())
            .endedWithoutAWord()
            .withGlobal("mysqlx_max_allowed_packet", "1000"));
    all.add(
        conversation(
                "a large row for a client that may not send one",
                talk -> talk.login().ask(sql("SELECT REPEAT('x', 5000)")).leave())
            .withGlobal("mysqlx_max_allowed_packet", "1000"));
    all.add(
        conversation(
                "a capability that is too large",
                talk ->
                    talk.secure()
                        .ask(
                            XMessages.capabilitiesSet(
                                XMessages.capability(
                                    "session_connect_attrs",
                                    XMessages.object(
                                        XMessages.field("long", any(string("y".repeat(2000))))))))
                        .end())
            .withGlobal("mysqlx_max_allowed_packet", "1000"));
    all.add(
        conversation(
            "a statement of 2 MiB",
            talk -> talk.login().ask(sql("SELECT LENGTH('" + "x".repeat(2 << 20) + "')")).leave()));

    Map<String, ByteString> payloads = new LinkedHashMap<>();
    payloads.put("a field that ends too early", ByteString.copyFrom(new byte[] {0x0a, 0x10, 'x'}));
    payloads.put("a field number 0", ByteString.copyFrom(new byte[] {0x02, 0x00}));
    payloads.put("a varint without an end", ByteString.copyFrom(filled(20, 0xff)));
    payloads.put("text", utf8("SELECT 1"));
    payloads.put(
        "an unknown field",
        frame(sql("SELECT 1"))
            .substring(5)
            .concat(ByteString.copyFrom(new byte[] {(byte) 0xf8, 0x06, 0x01})));
    payloads.put(
        "a group",
        frame(sql("SELECT 1"))
            .substring(5)
            .concat(ByteString.copyFrom(new byte[] {(byte) 0xfb, 0x06, (byte) 0xfc, 0x06})));
    payloads.forEach((name, payload) -> {
      for (int type : new int[] {2, 4}) {
        all.add(
            conversation(
                name + " before a login, type " + type,
                talk ->
                    talk.secure()
                        .sendFrame(type, payload)
                        .response()
                        .ask(capabilitiesGet())
                        .leave()));
      }
      for (int type : new int[] {3, 6, 7, 12, 17, 24, 40, 43, 46}) {
        all.add(
            conversation(
                    name + " in a session, type " + type,
                    talk ->
                        talk.login()
                            .sendFrame(type, payload)
                            .response()
                            .ask(sql("SELECT 2"))
                            .leave())
                .over(CLEAR));
      }
    });
    for (int depth : new int[] {10, 20, 30, 40, 48, 49, 50, 51, 100, 1000}) {
      ByteString statement = frame(command("ping")).substring(5).concat(field(2, nested(depth)));
      all.add(
          conversation(
                  "arguments " + depth + " deep",
                  talk ->
                      talk.login()
                          .sendRaw("ping with arguments", frame(12, statement))
                          .response()
                          .ask(sql("SELECT 1"))
                          .leave())
              .over(CLEAR));
    }
    all.add(
        conversation(
            "an enum value that does not exist",
            talk ->
                talk.login()
                    .sendFrame(
                        Mysqlx.ClientMessages.Type.EXPECT_OPEN_VALUE,
                        ByteString.copyFrom(new byte[] {0x08, 0x07}))
                    .response()
                    .ask(sql("SELECT 1"))
                    .leave()));

    all.add(
        conversation(
            "half a header, and then the client is gone",
            talk ->
                talk.login()
                    .sendRaw("2 bytes of a header", frame(sql("SELECT 1")).substring(0, 2))
                    .halfClose()
                    .end()));
    all.add(
        conversation(
            "a header, and then the client is gone",
            talk ->
                talk.login()
                    .sendRaw("a header", frame(sql("SELECT 1")).substring(0, 5))
                    .halfClose()
                    .end()));
    all.add(
        conversation(
            "half a statement, and then the client is gone",
            talk ->
                talk.login()
                    .sendRaw("half a statement", frame(sql("SELECT 1")).substring(0, 8))
                    .halfClose()
                    .end()));
    all.add(
        conversation(
                "a statement and a half, and then the client is gone",
                talk ->
                    talk.login()
                        .sendRaw(
                            "a statement and a half",
                            frame(sql("SELECT 1")).concat(frame(sql("SELECT 2")).substring(0, 8)))
                        .halfClose()
                        .end())
            .finishingFirst());
    all.add(
        conversation(
                "half a statement, and nothing more",
                talk ->
                    talk.login()
                        .sendRaw("half a statement", frame(sql("SELECT 1")).substring(0, 8))
                        .end())
            .leavingRequestUnfinished());
    all.add(
        conversation(
                "a statement, and half a second one, and nothing more",
                talk ->
                    talk.login()
                        .sendRaw(
                            "a statement and a half",
                            frame(sql("SELECT 1")).concat(frame(sql("SELECT 2")).substring(0, 8)))
                        .end())
            .leavingRequestUnfinished());
    all.add(
        conversation(
                "half of CapabilitiesSet, and nothing more",
                talk ->
                    talk.secure()
                        .sendRaw(
                            "half a message",
                            frame(XMessages.capabilitiesSet(XMessages.tls(true))).substring(0, 9))
                        .end())
            .leavingRequestUnfinished());
    all.add(
        conversation(
            "a session byte by byte",
            talk ->
                talk.login()
                    .sendSplit(
                        sql("SELECT 1"), sql("SELECT 'two'"), command("ping"), connectionClose())
                    .end()));
    return all;
  }

  /** A statement whose frame has this length field and so many bytes more. */
  private static com.google.protobuf.Message sizedTo(int length, int more) {
    int overhead = frame(sql("SELECT ''" + "x".repeat(900))).size() - 4 - 900;
    return sql("SELECT '" + "x".repeat(length + more - overhead) + "'");
  }

  /** An array in an array in ... as bytes, because no library likes to go so deep. */
  private static ByteString nested(int depth) {
    ByteString type = ByteString.copyFrom(new byte[] {0x08, 0x03});
    ByteString value = type;
    for (int i = 0; i < depth; i++) {
      value = type.concat(field(4, field(1, value)));
    }
    return value;
  }

  private static ByteString field(int number, ByteString content) {
    ByteString.Output out = ByteString.newOutput();
    CodedOutputStream coded = CodedOutputStream.newInstance(out);
    try {
      coded.writeBytes(number, content);
      coded.flush();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return out.toByteString();
  }

  private static byte[] filled(int size, int value) {
    byte[] bytes = new byte[size];
    java.util.Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  /** What a classic client says first, had it been greeted: a HandshakeResponse41. */
  private static final ByteString CLASSIC_LOGIN =
      ByteString.copyFrom(new byte[] {0x2a, 0, 0, 1})
          .concat(
              ByteString.copyFrom(new byte[] {(byte) 0x85, (byte) 0xa6, 0x0f, 0, 0, 0, 0, 1, 0x21}))
          .concat(ByteString.copyFrom(new byte[23]))
          .concat(utf8("talk\0"))
          .concat(ByteString.copyFrom(new byte[] {0}))
          .concat(utf8("abcd"));
}
