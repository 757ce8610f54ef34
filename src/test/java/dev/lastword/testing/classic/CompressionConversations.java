package dev.lastword.testing.classic;

import static dev.lastword.testing.classic.Access.CLEAR;
import static dev.lastword.testing.classic.Access.TLS;
import static dev.lastword.testing.classic.Access.ZLIB;
import static dev.lastword.testing.classic.Access.ZSTD;
import static dev.lastword.testing.classic.ConnectingConversations.utf8;
import static dev.lastword.testing.classic.Conversation.Trait.FINISHES_FIRST;
import static dev.lastword.testing.classic.Conversation.conversation;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * The compressed protocol: how it is agreed on, and how packets lie in outer packets. What is said
 * inside is the other conversations' matter, which are played compressed too.
 */
final class CompressionConversations {

  private static final long BOTH = Capability.COMPRESS | Capability.ZSTD_COMPRESSION_ALGORITHM;

  private CompressionConversations() {}

  static List<Conversation> all() {
    List<Conversation> all = new ArrayList<>();
    agreement(all);
    layout(all);
    broken(all);
    return all;
  }

  private static void agreement(List<Conversation> all) {
    String status = "SHOW STATUS LIKE 'Compression%'";
    all.add(
        conversation(
                "what has been agreed on about compression",
                talk -> talk.login().query(status).leave())
            .overAll());
    all.add(
        conversation(
                "both algorithms",
                talk -> talk.login(talk.usual().with(BOTH)).query(status, "SELECT 1").leave())
            .over(CLEAR, TLS));
    for (int level : new int[] {0, 1, 22, 23, 255}) {
      all.add(
          conversation(
                  "zstd of level " + level,
                  talk ->
                      talk.login(talk.usual().withZstdLevel(level))
                          .query(status, "SELECT REPEAT('x', 10000)")
                          .leave())
              .over(ZSTD));
    }
    for (String algorithms : List.of("zlib", "zstd")) {
      all.add(
          conversation(
                  "a server that only does " + algorithms,
                  talk -> talk.login().query(status).leave())
              .overAll()
              .withGlobal("protocol_compression_algorithms", "'" + algorithms + "'"));
    }
    all.add(
        conversation(
                "a server that does no compression", talk -> talk.login().query(status).leave())
            .withGlobal("protocol_compression_algorithms", "'uncompressed'"));
    all.add(
        conversation(
                "a change of the user keeps the compression",
                talk ->
                    talk.login()
                        .changeUser(talk.usual())
                        .query(status, "SELECT REPEAT('x', 1000)")
                        .leave())
            .over(ZLIB, ZSTD));
  }

  private static void layout(List<Conversation> all) {
    for (int length : new int[] {1, 8, 30, 34, 35, 36, 49, 50, 51, 100}) {
      all.add(
          conversation(
                  "a query of " + length + " letters and its result, compressed",
                  talk ->
                      talk.login()
                          .withOuterLengths()
                          .query("SELECT '" + "x".repeat(length) + "'")
                          .leave())
              .over(ZLIB, ZSTD));
    }
    all.add(
        conversation(
                "what cannot be compressed",
                talk -> {
                  byte[] noise = new byte[20_000];
                  new Random(7).nextBytes(noise);
                  StringBuilder hex = new StringBuilder();
                  for (byte one : noise) {
                    hex.append("%02x".formatted(one));
                  }
                  talk.login()
                      .withOuterLengths()
                      .prepare("SELECT LENGTH(?)")
                      .execute(Commands.Parameter.of(ByteString.copyFrom(noise)))
                      .query("SELECT x'" + hex + "'")
                      .leave();
                })
            .over(ZLIB, ZSTD));
    all.add(
        conversation(
                "one packet in several outer packets",
                talk -> {
                  talk.login();
                  ByteString packet =
                      ClassicClient.packet(0, talk.sql("SELECT '" + "x".repeat(300) + "'"));
                  talk.outers(
                          packet.substring(0, 2),
                          packet.substring(2, 4),
                          packet.substring(4, 100),
                          packet.substring(100))
                      .responseTo(Commands.QUERY)
                      .ask(Commands.ping())
                      .leave();
                })
            .over(ZLIB, ZSTD));
    all.add(
        conversation(
                "several packets in one outer packet, and a bit of the next",
                talk -> {
                  talk.login();
                  ByteString packets =
                      ClassicClient.packet(0, Commands.ping())
                          .concat(ClassicClient.packet(0, talk.sql("SELECT 1")))
                          .concat(ClassicClient.packet(0, Commands.ping()));
                  talk.outers(packets.substring(0, packets.size() - 2)).halfClose().end();
                })
            .over(ZLIB, ZSTD)
            .with(FINISHES_FIRST));
    all.add(
        conversation(
                "outer packets that are compressed though they are short",
                talk -> {
                  talk.login();
                  ByteString ping = ClassicClient.packet(0, Commands.ping());
                  talk.packedOuter(0, ping.size(), ping).responseTo(Commands.PING).leave();
                })
            .over(ZLIB, ZSTD));
    all.add(
        conversation(
                "outer packets that are not compressed though they are long",
                talk -> {
                  talk.login();
                  ByteString query =
                      ClassicClient.packet(0, talk.sql("SELECT '" + "x".repeat(9000) + "'"));
                  talk.rawOuter(0, 0, query).responseTo(Commands.QUERY).leave();
                })
            .over(ZLIB, ZSTD));
  }

  private static void broken(List<Conversation> all) {
    for (int number : new int[] {1, 7, 255}) {
      all.add(
          conversation(
                  "an outer packet with number " + number,
                  talk ->
                      talk.login()
                          .rawOuter(number, 0, ClassicClient.packet(0, Commands.ping()))
                          .halfClose()
                          .end())
              .over(ZLIB, ZSTD)
              .with(FINISHES_FIRST));
      all.add(
          conversation(
                  "an inner packet with number " + number,
                  talk ->
                      talk.login()
                          .rawOuter(0, 0, ClassicClient.packet(number, Commands.ping()))
                          .halfClose()
                          .end())
              .over(ZLIB, ZSTD)
              .with(FINISHES_FIRST));
    }
    Map<String, ByteString> contents = new LinkedHashMap<>();
    contents.put("garbage", utf8("this is not compressed, whatever the header says"));
    contents.put("nothing", ByteString.EMPTY);
    contents.forEach((name, bytes) ->
        all.add(
            conversation(
                    name + " in place of what is compressed",
                    talk -> talk.login().rawOuter(0, 100, bytes).halfClose().end())
                .over(ZLIB, ZSTD)
                .with(FINISHES_FIRST)));
    all.add(
        conversation(
                "an outer packet with nothing in it",
                talk -> talk.login().rawOuter(0, 0, ByteString.EMPTY).silence().halfClose().end())
            .over(ZLIB, ZSTD)
            .with(Conversation.Trait.LEAVES_WITHOUT_QUIT, FINISHES_FIRST));
    for (int wrong : new int[] {-1, 1, 5000}) {
      all.add(
          conversation(
                  "an outer packet whose length is %+d".formatted(wrong),
                  talk -> {
                    talk.login();
                    ByteString query =
                        ClassicClient.packet(0, talk.sql("SELECT '" + "x".repeat(100) + "'"));
                    talk.packedOuter(0, query.size() + wrong, query).halfClose().end();
                  })
              .over(ZLIB, ZSTD)
              .with(FINISHES_FIRST));
    }
    all.add(
        conversation(
                "packets that are not compressed, after it was agreed on",
                talk ->
                    talk.login()
                        .sendRaw("a ping as it is", ClassicClient.packet(0, Commands.ping()))
                        .halfClose()
                        .end())
            .over(ZLIB, ZSTD)
            .with(Conversation.Trait.LEAVES_WITHOUT_QUIT, FINISHES_FIRST));
    all.add(
        conversation(
                "half of an outer packet",
                talk ->
                    talk.login().sendRaw("half of it", utf8("\20\0\0\0\0\0\0ab")).halfClose().end())
            .over(ZLIB, ZSTD)
            .with(Conversation.Trait.LEAVES_WITHOUT_QUIT, FINISHES_FIRST));
  }
}
