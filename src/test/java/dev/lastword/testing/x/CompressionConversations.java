package dev.lastword.testing.x;

import static dev.lastword.testing.x.Conversation.conversation;
import static dev.lastword.testing.x.XMessages.any;
import static dev.lastword.testing.x.XMessages.bool;
import static dev.lastword.testing.x.XMessages.capabilitiesGet;
import static dev.lastword.testing.x.XMessages.capabilitiesSet;
import static dev.lastword.testing.x.XMessages.capability;
import static dev.lastword.testing.x.XMessages.command;
import static dev.lastword.testing.x.XMessages.compression;
import static dev.lastword.testing.x.XMessages.connectionClose;
import static dev.lastword.testing.x.XMessages.cursorFetch;
import static dev.lastword.testing.x.XMessages.cursorOpen;
import static dev.lastword.testing.x.XMessages.execute;
import static dev.lastword.testing.x.XMessages.expectClose;
import static dev.lastword.testing.x.XMessages.expectNoError;
import static dev.lastword.testing.x.XMessages.field;
import static dev.lastword.testing.x.XMessages.findAll;
import static dev.lastword.testing.x.XMessages.frame;
import static dev.lastword.testing.x.XMessages.frames;
import static dev.lastword.testing.x.XMessages.object;
import static dev.lastword.testing.x.XMessages.prepareSql;
import static dev.lastword.testing.x.XMessages.sessionClose;
import static dev.lastword.testing.x.XMessages.sessionReset;
import static dev.lastword.testing.x.XMessages.sint;
import static dev.lastword.testing.x.XMessages.sql;
import static dev.lastword.testing.x.XMessages.string;
import static dev.lastword.testing.x.XMessages.utf8;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.lastword.x.protobuf.Mysqlx;
import dev.lastword.x.protobuf.MysqlxConnection;
import java.util.ArrayList;
import java.util.List;

/** Sessions in which frames come packed, in both directions, by every algorithm. */
final class CompressionConversations {

  private static final String THREE_ROWS = "SELECT n, word FROM talk_shared.numbers WHERE n <= 3";

  private CompressionConversations() {}

  static List<Conversation> all() {
    List<Conversation> all = new ArrayList<>();
    for (String algorithm : List.of("deflate_stream", "lz4_message", "zstd_stream")) {
      all.add(
          conversation(
                  algorithm + ": a session",
                  talk ->
                      talk.loginWithCompression(algorithm)
                          .ask(
                              sql(THREE_ROWS),
                              sql("garbage"),
                              sql("DO 1"),
                              sql("SELECT 1/0"),
                              sql("CALL talk_shared.two_sets()"),
                              sql("CALL talk_shared.fails_late()"),
                              prepareSql(1, "SELECT n FROM talk_shared.numbers"),
                              execute(1),
                              cursorOpen(1, execute(1), 1),
                              cursorFetch(1, 2),
                              cursorFetch(1, 20),
                              findAll(Backstage.SCHEMA, "docs"),
                              command("list_notices"),
                              command("ping"))
                          .counters()
                          .leave())
              .readingCounters());
      all.add(
          conversation(
                  algorithm + ": requests compressed one by one",
                  talk ->
                      talk.loginWithCompression(algorithm)
                          .sendCompressed(sql(THREE_ROWS))
                          .response()
                          .sendCompressed(sql("garbage"))
                          .response()
                          .send(sql("SELECT 'plain'"))
                          .response()
                          .sendCompressed(prepareSql(1, "SELECT 1"))
                          .response()
                          .sendCompressed(execute(1))
                          .response()
                          .counters()
                          .sendCompressed(connectionClose())
                          .end())
              .readingCounters());
      all.add(
          conversation(
                  algorithm + ": several requests in one frame",
                  talk ->
                      talk.loginWithCompression(algorithm)
                          .sendCompressed(sql("SELECT 1"), sql(THREE_ROWS))
                          .responses(2)
                          .sendCompressed(
                              expectNoError(), sql("garbage"), sql("SELECT 1"), expectClose())
                          .responses(4)
                          .sendCompressed(sql("SELECT 1"), sessionReset(true), sql("SELECT 2"))
                          .responses(3)
                          .counters()
                          .leave())
              .readingCounters());
      all.add(
          conversation(
              algorithm + ": plain and compressed requests in one write",
              talk -> {
                talk.loginWithCompression(algorithm);
                Message packed = packed(talk, sql("SELECT 1"), sql("SELECT 2"));
                talk.sendAtOnce(sql("SELECT 0"), packed, sql("SELECT 3")).responses(4);
                Message last = packed(talk, sql("SELECT 4"), connectionClose());
                talk.sendAtOnce(last).end();
              }));
      all.add(
          conversation(
              algorithm + ": a frame that comes byte by byte",
              talk -> {
                talk.loginWithCompression(algorithm);
                Message packed = packed(talk, sql("SELECT 1"), sql("SELECT 2"));
                talk.sendSplit(packed).responses(2).leave();
              }));
      all.add(
          conversation(
              algorithm + ": many rows",
              talk ->
                  talk.loginWithCompression(algorithm)
                      .send(sql(StatementConversations.manyRows(20_000)))
                      .responseInShort()
                      .leave()));
      all.add(
          conversation(
              algorithm + ": a large request",
              talk ->
                  talk.loginWithCompression(algorithm)
                      .sendCompressed(sql("SELECT LENGTH('" + "x".repeat(300_000) + "')"))
                      .response()
                      .leave()));
      all.add(
          conversation(
              algorithm + ": frames of equal messages only",
              talk ->
                  talk.loginWithCompression(
                          algorithm, field("server_combine_mixed_messages", bool(false)))
                      .ask(sql(THREE_ROWS))
                      .leave()));
      for (int count : new int[] {0, 1, 2}) {
        all.add(
            conversation(
                algorithm + ": " + count + " messages in a frame",
                talk ->
                    talk.loginWithCompression(
                            algorithm, field("server_max_combine_messages", sint(count)))
                        .ask(sql(THREE_ROWS))
                        .leave()));
      }
      for (int level : new int[] {-200_000, -1, 0, 1, 5, 8, 22, 1000}) {
        all.add(
            conversation(
                    algorithm + ": level " + level,
                    talk ->
                        talk.loginWithCompression(algorithm, field("level", sint(level)))
                            .ask(sql(THREE_ROWS))
                            .counters()
                            .leave())
                .readingCounters());
      }
      all.add(
          conversation(
              algorithm + ": over two logins",
              talk -> {
                talk.loginWithCompression(algorithm)
                    .ask(sql(THREE_ROWS), sessionReset(true), sql(THREE_ROWS), sessionReset(false));
                talk.authenticate().ask(sql(THREE_ROWS)).sendCompressed(sql("SELECT 1")).response();
                talk.ask(sessionClose()).authenticate().ask(sql(THREE_ROWS)).leave();
              }));
      all.add(
          conversation(
              algorithm + ": a compressed end of the session",
              talk ->
                  talk.loginWithCompression(algorithm)
                      .sendCompressed(sql("SELECT 1"), sessionClose())
                      .responses(2)
                      .authenticate()
                      .ask(sql("SELECT 2"))
                      .leave()));
      all.add(
          conversation(
              algorithm + ": compressed before the login",
              talk -> {
                talk.secure()
                    .ask(capabilitiesSet(compression(algorithm)))
                    .startCompression(algorithm);
                talk.sendCompressed(capabilitiesGet()).end();
              }));
      all.add(
          conversation(
              algorithm + ": half a request behind a whole one",
              talk -> {
                talk.loginWithCompression(algorithm);
                ByteString frames = frames(sql("SELECT 1"), sql("SELECT 2"));
                talk.send(
                        compressed(
                            talk.pack(frames.substring(0, frames.size() - 3)), frames.size() - 3))
                    .end();
              }));
      all.add(
          conversation(
              algorithm + ": a size that is not true",
              talk -> {
                talk.loginWithCompression(algorithm);
                talk.send(compressed(talk.pack(frame(sql("SELECT 1"))), 7)).end();
              }));
      all.add(
          conversation(
              algorithm + ": no size",
              talk -> {
                talk.loginWithCompression(algorithm);
                talk.send(
                        MysqlxConnection.Compression.newBuilder()
                            .setPayload(talk.pack(frame(sql("SELECT 1"))))
                            .build())
                    .response()
                    .leave();
              }));
      all.add(
          conversation(
              algorithm + ": a type that is not true",
              talk -> {
                talk.loginWithCompression(algorithm);
                ByteString frame = frame(sql("SELECT 1"));
                talk.send(
                        MysqlxConnection.Compression.newBuilder()
                            .setUncompressedSize(frame.size())
                            .setClientMessages(Mysqlx.ClientMessages.Type.CRUD_FIND)
                            .setPayload(talk.pack(frame))
                            .build())
                    .response()
                    .leave();
              }));
      all.add(
          conversation(
              algorithm + ": nothing inside",
              talk -> {
                talk.loginWithCompression(algorithm);
                talk.send(compressed(talk.pack(ByteString.EMPTY), 0)).silence();
              }));
      all.add(
          conversation(
              algorithm + ": no payload",
              talk ->
                  talk.loginWithCompression(algorithm)
                      .send(compressed(ByteString.EMPTY, 0))
                      .end()));
      all.add(
          conversation(
              algorithm + ": garbage",
              talk ->
                  talk.loginWithCompression(algorithm)
                      .send(compressed(utf8("this is not compressed at all"), 100))
                      .end()));
      all.add(
          conversation(
              algorithm + ": garbage behind a request",
              talk -> {
                talk.loginWithCompression(algorithm);
                Message good = packed(talk, sql("SELECT 1"));
                talk.sendAtOnce(good, compressed(utf8("this is not compressed at all"), 100)).end();
              }));
      all.add(
          conversation(
              algorithm + ": a compressed frame in a compressed frame",
              talk -> {
                talk.loginWithCompression(algorithm);
                Message inner = packed(talk, sql("SELECT 1"));
                talk.sendCompressed(inner).end();
              }));
      all.add(
          conversation(
              algorithm + ": an unknown type in a compressed frame",
              talk -> {
                talk.loginWithCompression(algorithm);
                ByteString unknown = frame(99, ByteString.EMPTY);
                talk.send(compressed(talk.pack(unknown), unknown.size()))
                    .response()
                    .ask(sql("SELECT 1"))
                    .leave();
              }));
      all.add(
          conversation(
              algorithm + ": length 0 in a compressed frame",
              talk -> {
                talk.loginWithCompression(algorithm);
                talk.send(compressed(talk.pack(ByteString.copyFrom(new byte[4])), 4)).silence();
              }));
      all.add(
          conversation(
              algorithm + ": killed",
              talk -> {
                String id = talk.loginWithCompression(algorithm).connectionId();
                talk.backstage("KILL", "KILL " + id).end();
              }));
      all.add(
          conversation(
                  algorithm + ": a request that is too large once it is unpacked",
                  talk ->
                      talk.loginWithCompression(algorithm)
                          .sendCompressed(sql("SELECT '" + "x".repeat(2000) + "'"))
                          .end())
              .endedWithoutAWord()
              .withGlobal("mysqlx_max_allowed_packet", "1000"));
    }
    all.add(
        conversation(
            "compressed though it was not agreed on",
            talk ->
                talk.login()
                    .startCompression("deflate_stream")
                    .sendCompressed(sql("SELECT 1"))
                    .end()));
    all.add(
        conversation(
            "the last algorithm that was asked for counts",
            talk ->
                talk.secure()
                    .ask(
                        capabilitiesSet(compression("deflate_stream")),
                        capabilitiesSet(compression("zstd_stream")),
                        capabilitiesSet(compression("no_such")))
                    .authenticate()
                    .startCompression("zstd_stream")
                    .ask(sql("SELECT 1"))
                    .leave()));
    all.add(
        conversation(
            "options that a server does not take",
            talk ->
                talk.secure()
                    .ask(
                        capabilitiesSet(compression("DEFLATE_STREAM")),
                        capabilitiesSet(compression("deflate")),
                        capabilitiesSet(compression("")),
                        capabilitiesSet(
                            compression("zstd_stream", field("no_such_option", bool(true)))),
                        capabilitiesSet(compression("zstd_stream", field("level", string("high")))),
                        capabilitiesSet(
                            compression(
                                "zstd_stream",
                                field("server_combine_mixed_messages", string("yes")))),
                        capabilitiesSet(
                            compression("zstd_stream", field("algorithm", string("lz4_message")))),
                        capabilitiesSet(capability("compression", object())),
                        capabilitiesSet(
                            capability("compression", object(field("level", any(sint(3)))))),
                        capabilitiesSet(
                            capability("compression", object(field("algorithm", any(sint(1)))))),
                        capabilitiesSet(capability("compression", any(string("zstd_stream")))),
                        capabilitiesGet())
                    .authenticate()
                    .ask(sql("SELECT 1"))
                    .leave()));
    all.add(
        conversation(
            "compression is asked for in a session",
            talk ->
                talk.login()
                    .ask(capabilitiesSet(compression("zstd_stream")), sql("SELECT 1"))
                    .leave()));
    return all;
  }

  private static Message packed(Talk talk, Message... messages) {
    ByteString frames = frames(messages);
    return compressed(talk.pack(frames), frames.size());
  }

  private static Message compressed(ByteString payload, int size) {
    return MysqlxConnection.Compression.newBuilder()
        .setUncompressedSize(size)
        .setPayload(payload)
        .build();
  }
}
