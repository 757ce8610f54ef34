package dev.lastword.testing.classic;

import static dev.lastword.testing.classic.Access.CLEAR;
import static dev.lastword.testing.classic.ConnectingConversations.hex;
import static dev.lastword.testing.classic.ConnectingConversations.utf8;
import static dev.lastword.testing.classic.Conversation.Trait.FINISHES_FIRST;
import static dev.lastword.testing.classic.Conversation.conversation;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Every command there is and every one there is not, alone and several at once. */
final class CommandConversations {

  private CommandConversations() {}

  static List<Conversation> all() {
    List<Conversation> all = new ArrayList<>();
    bytes(all);
    harmless(all);
    atOnce(all);
    broken(all);
    binlog(all);
    return all;
  }

  private static void bytes(List<Conversation> all) {
    for (int number = 0; number <= 0x20; number++) {
      ByteString command = Commands.simple(number);
      String name = Commands.name(number);
      all.add(
          conversation(
              name + " without anything",
              talk -> talk.login().commandsAtOnce(command, Commands.quit()).end()));
      if (number != Commands.QUIT && number != Commands.BINLOG_DUMP) {
        all.add(
            conversation(
                name + " with some letters",
                talk ->
                    talk.login()
                        .commandsAtOnce(
                            command.concat(utf8("abcdefghijklmnopqrstuvwxyz")), Commands.quit())
                        .end()));
      }
    }
    all.add(
        conversation(
                "all numbers of commands that there are not",
                talk -> {
                  talk.login();
                  for (int number = 0x21; number <= 0xff; number++) {
                    talk.ask(Commands.simple(number));
                  }
                  talk.ask(Commands.simple(0xfa).concat(utf8("abcdef")), Commands.ping()).leave();
                })
            .overAll()
            .with(Conversation.Trait.ENDED_WITHOUT_A_WORD));
  }

  private static void harmless(List<Conversation> all) {
    for (long eof : new long[] {0, Capability.DEPRECATE_EOF}) {
      String name = eof == 0 ? " with EOF" : " without EOF";
      all.add(
          conversation(
                  "all commands that only ask" + name,
                  talk ->
                      talk.login(talk.usual().without(Capability.DEPRECATE_EOF).with(eof))
                          .ask(Commands.ping(), Commands.debug())
                          .ask(Commands.initDb("mysql"), Commands.initDb("missing"))
                          .ask(Commands.initDb(Backstage.SCHEMA), Commands.initDb(""))
                          .ask(Commands.fieldList("numbers", "%"), Commands.fieldList("kinds", ""))
                          .ask(Commands.fieldList("numbers", "w%"))
                          .ask(Commands.fieldList("missing", ""), Commands.fieldList("", ""))
                          .ask(Commands.setOption(0), Commands.setOption(1), Commands.setOption(7))
                          .ask(Commands.simple(Commands.SET_OPTION))
                          .ask(Commands.resetConnection(), Commands.ping())
                          .leave())
              .overAll());
    }
    all.add(
        conversation(
            "statistics",
            talk -> talk.login().ask(Commands.statistics(), Commands.statistics()).leave()));
    all.add(
        conversation(
            "multi-statements switched on and off",
            talk ->
                talk.login(talk.usual().without(Capability.MULTI_STATEMENTS))
                    .query("SELECT 1; SELECT 2")
                    .ask(Commands.setOption(0))
                    .query("SELECT 1; SELECT 2")
                    .ask(Commands.setOption(1))
                    .query("SELECT 1; SELECT 2")
                    .leave()));
    all.add(
        conversation(
                "a replica that is registered",
                talk ->
                    talk.login()
                        .ask(Commands.registerSlave(7, "here", 3306))
                        .query("SHOW REPLICAS")
                        .leave())
            .alone());
    all.add(
        conversation(
                "an empty packet",
                talk -> talk.login().ask(ByteString.EMPTY, Commands.ping()).leave())
            .overAll());
    all.add(
        conversation(
            "commands byte by byte",
            talk ->
                talk.login()
                    .commandSplit(Commands.ping())
                    .response()
                    .commandSplit(talk.sql("SELECT 'byte by byte'"))
                    .response()
                    .commandSplit(Commands.quit())
                    .end()));
    all.add(
        conversation(
            "a quit with something behind it",
            talk -> talk.login().commandsAtOnce(Commands.quit(), Commands.ping()).endOfTls()));
  }

  private static void atOnce(List<Conversation> all) {
    all.add(
        conversation(
                "many pings at once",
                talk ->
                    talk.login()
                        .commandsAtOnce(
                            Collections.nCopies(300, Commands.ping()).toArray(ByteString[]::new))
                        .responses(300)
                        .leave())
            .overAll());
    all.add(
        conversation(
                "queries, and commands without an answer, at once",
                talk -> {
                  talk.login().prepare("SELECT ?");
                  talk.commandsAtOnce(
                          talk.sql("SELECT 1"),
                          Commands.sendLongData(talk.statement(), 0, utf8("long")),
                          talk.sql("SELECT 2; SELECT 3"),
                          Commands.sendLongData(99, 0, utf8("long")),
                          talk.execution(Commands.Parameter.sentBefore()),
                          Commands.closeStatement(talk.statement()),
                          talk.sql("SELECT missing"),
                          Commands.ping(),
                          Commands.quit())
                      .responses(5)
                      .end();
                })
            .overAll());
    all.add(
        conversation(
                "prepare and execute at once",
                talk ->
                    talk.login()
                        .commandsAtOnce(
                            Commands.prepare("SELECT 1"),
                            Commands.executeWithAttributes(1, 0),
                            Commands.closeStatement(1),
                            Commands.executeWithAttributes(1, 0))
                        .responses(3)
                        .leave())
            .overAll());
    all.add(
        conversation(
                "a reset between queries at once",
                talk ->
                    talk.login()
                        .commandsAtOnce(
                            talk.sql("SET @a = 1"),
                            Commands.resetConnection(),
                            talk.sql("SELECT @a"),
                            Commands.initDb("mysql"),
                            talk.sql("SELECT DATABASE()"))
                        .responses(5)
                        .leave())
            .overAll());
    all.add(
        conversation(
                "queries, and no more, at once",
                talk ->
                    talk.login()
                        .commandsAtOnce(talk.sql("SELECT 1"), talk.sql("SELECT 2"))
                        .halfClose()
                        .responses(2)
                        .end())
            .with(FINISHES_FIRST));
  }

  private static void broken(List<Conversation> all) {
    for (int number : new int[] {1, 2, 128, 255}) {
      all.add(
          conversation(
              "a command with number " + number,
              talk -> talk.login().send(number, "COM_PING", Commands.ping()).end()));
    }
    all.add(
        conversation(
            "a wrong number after a response",
            talk -> talk.login().query("SELECT 1").send(5, "a query", talk.sql("SELECT 2")).end()));
    all.add(
        conversation(
                "a command in two packets of which the second has the wrong number",
                talk ->
                    talk.login()
                        .sendRaw(
                            "16 MiB, and a bit with number 7",
                            ClassicClient.chunk(
                                    0, utf8("\3" + "x".repeat(Packet.LARGEST_CHUNK - 1)))
                                .concat(ClassicClient.chunk(7, utf8("x"))))
                        .end())
            .alone());
    all.add(
        conversation(
                "half a header, and no more",
                talk -> talk.login().sendRaw("2 bytes", hex("0100")).halfClose().end())
            .over(CLEAR)
            .with(Conversation.Trait.LEAVES_WITHOUT_QUIT, FINISHES_FIRST));
    all.add(
        conversation(
                "half a command, and no more",
                talk ->
                    talk.login()
                        .sendRaw("half a command", hex("2000000003").concat(utf8("SELE")))
                        .halfClose()
                        .end())
            .over(CLEAR)
            .with(Conversation.Trait.LEAVES_WITHOUT_QUIT, FINISHES_FIRST));
    all.add(
        conversation(
                "a command longer than max_allowed_packet",
                talk -> talk.login().ask(talk.sql("SELECT '" + "x".repeat(2_000_000) + "'")).end())
            .withGlobal("max_allowed_packet", "1048576"));
    all.add(
        conversation(
                "a command that says it is longer than max_allowed_packet",
                talk ->
                    talk.login()
                        .sendRaw("a header", hex("00002000"))
                        .packet()
                        .silence()
                        .halfClose()
                        .end())
            .withGlobal("max_allowed_packet", "1048576")
            .with(Conversation.Trait.LEAVES_REQUEST_UNFINISHED, FINISHES_FIRST));
  }

  private static void binlog(List<Conversation> all) {
    all.add(
        conversation(
                "a binary log to its end",
                talk -> {
                  String file = binlogFile(talk);
                  talk.login()
                      .query("SET @source_binlog_checksum = 'NONE', @source_heartbeat_period = 0")
                      .command(Commands.binlogDump(4, 1, 99, file))
                      .response()
                      .end();
                })
            .overAll()
            .alone());
    all.add(
        conversation(
                "a binary log by GTIDs to its end",
                talk -> {
                  String file = binlogFile(talk);
                  talk.login()
                      .query("SET @source_binlog_checksum = @@global.binlog_checksum")
                      .command(
                          Commands.binlogDumpGtid(1, 99, file, 4, new Payload().u64(0).build()))
                      .response()
                      .end();
                })
            .overAll()
            .alone());
    all.add(
        conversation(
                "a binary log that there is not",
                talk ->
                    talk.login()
                        .command(Commands.binlogDump(4, 1, 99, "missing.000001"))
                        .response()
                        .end())
            .overAll()
            .alone());
    all.add(
        conversation(
            "a binary log for one who may not have it",
            talk ->
                talk.login(talk.as("talk_poor", Backstage.PASSWORD).withDatabase(""))
                    .command(Commands.binlogDump(4, 1, 99, "missing.000001"))
                    .response()
                    .ask(Commands.ping())
                    .leave()));
    all.add(
        conversation(
                "a binary log without an end, up to what is new",
                talk -> {
                  String file = binlogFile(talk);
                  talk.login()
                      .query("SET @source_binlog_checksum = 'NONE'")
                      .command(Commands.binlogDump(4, 0, 98, file))
                      .parts(5)
                      .silence()
                      .backstage("something new", "CREATE TABLE " + talk.schema() + ".new (i INT)")
                      .parts(2)
                      .backstage(
                          "the end of it",
                          "KILL "
                              + talk.ask(
                                  "SELECT processlist_id FROM performance_schema.threads"
                                      + " WHERE processlist_command LIKE 'Binlog Dump%'"))
                      .rest()
                      .end();
                })
            .withScratchSchema()
            .alone());
  }

  /** Makes a file of the binary log that has one statement in it. */
  private static String binlogFile(Talk talk) {
    talk.backstage("a new binary log", "FLUSH BINARY LOGS")
        .backstage("a statement in it", "FLUSH TABLES");
    String file = talk.ask("SHOW BINARY LOG STATUS");
    talk.hide(file, "<file>");
    return file;
  }
}
