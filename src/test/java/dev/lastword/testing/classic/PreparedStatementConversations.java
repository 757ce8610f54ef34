package dev.lastword.testing.classic;

import static dev.lastword.testing.classic.ConnectingConversations.utf8;
import static dev.lastword.testing.classic.Conversation.Trait.HEAVY;
import static dev.lastword.testing.classic.Conversation.conversation;

import com.google.protobuf.ByteString;
import dev.lastword.testing.classic.Commands.Parameter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Statements that are prepared: parameters, cursors, long data, and the wrong numbers. */
final class PreparedStatementConversations {

  private PreparedStatementConversations() {}

  static List<Conversation> all() {
    List<Conversation> all = new ArrayList<>();
    Map<String, long[]> forms = new LinkedHashMap<>();
    forms.put("", new long[] {0, 0});
    forms.put(", with EOF", new long[] {Capability.DEPRECATE_EOF, 0});
    forms.put(", without attributes", new long[] {Capability.QUERY_ATTRIBUTES, 0});
    forms.put(
        ", with EOF, without tracking or attributes",
        new long[] {
          Capability.DEPRECATE_EOF | Capability.SESSION_TRACK | Capability.QUERY_ATTRIBUTES, 0
        });
    forms.put(", optional metadata", new long[] {0, Capability.OPTIONAL_RESULTSET_METADATA});
    forms.put(
        ", with EOF, optional metadata",
        new long[] {Capability.DEPRECATE_EOF, Capability.OPTIONAL_RESULTSET_METADATA});
    forms.forEach((form, flags) -> {
      Play play =
          (name, script) -> {
            Conversation conversation =
                conversation(
                    name + form,
                    talk -> {
                      talk.login(talk.usual().without(flags[0]).with(flags[1]));
                      script.play(talk);
                      talk.ask(Commands.ping()).leave();
                    });
            all.add(flags[0] == 0 && flags[1] == 0 ? conversation.overAll() : conversation);
            return conversation;
          };
      results(play);
      cursors(play);
      longData(play);
    });
    wrong(all);
    return all;
  }

  /** Adds a conversation in one form. */
  private interface Play {
    Conversation add(String name, Conversation.Script script);
  }

  private static void results(Play play) {
    play.add("a prepared statement without anything", talk -> talk.prepare("DO 1").execute());
    play.add(
        "a prepared statement with a result",
        talk -> talk.prepare("SELECT * FROM kinds").execute().execute());
    play.add(
        "a prepared statement with parameters",
        talk ->
            talk.prepare("SELECT ?, ?, ?, ?")
                .execute(Parameter.of(1), Parameter.of("x"), Parameter.ofNull(), Parameter.of(1.5))
                .execute(
                    Parameter.of("other"), Parameter.of(2), Parameter.of(3), Parameter.ofNull()));
    play.add(
        "a prepared statement with parameters and no result",
        talk -> talk.prepare("DO ?").execute(Parameter.of(1)).execute(Parameter.of("x")));
    play.add(
        "a prepared statement again with the same types",
        talk -> {
          talk.prepare("SELECT 1 + 1").execute();
          talk.ask(Commands.executeAgain(talk.statement(), 0));
        });
    play.add(
        "a prepared procedure",
        talk ->
            talk.prepare("CALL with_out(?, ?, ?)")
                .execute(Parameter.of(3), Parameter.ofNull(), Parameter.of(5))
                .prepare("CALL two_sets()")
                .execute()
                .prepare("CALL fails_late()")
                .execute());
    play.add(
        "a prepared statement that fails",
        talk ->
            talk.prepare("SELECT missing")
                .prepare("SELECT EXP(n * ?) FROM numbers")
                .execute(Parameter.of(200))
                .execute(Parameter.of(1)));
    play.add("two statements in one that is prepared", talk -> talk.prepare("SELECT 1; SELECT 2"));
    play.add(
        "a prepared statement of 300 rows and 260 columns",
        talk ->
            talk.prepare(
                    "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 300)"
                        + " SELECT i FROM s")
                .execute()
                .prepare("SELECT " + "?,".repeat(259) + "1")
                .prepare("SELECT " + "1,".repeat(259) + "1")
                .execute());
    play.add(
        "prepared statements without metadata",
        talk ->
            talk.query("SET resultset_metadata = NONE")
                .prepare("SELECT 1, ?")
                .execute(Parameter.of(1))
                .prepare("SELECT 1")
                .execute()
                .prepare("DO ?")
                .query("SET resultset_metadata = FULL"));
    play.add(
        "a prepared statement that is closed",
        talk -> {
          talk.prepare("SELECT 1").execute();
          talk.ask(Commands.closeStatement(talk.statement())).execute();
          talk.ask(Commands.closeStatement(talk.statement()));
        });
    play.add(
        "a prepared statement with attributes",
        talk -> {
          talk.prepare("SELECT ?");
          talk.ask(
              Commands.executeWithAttributes(
                  talk.statement(), 0, Parameter.of(1), Parameter.of("value").named("name")));
        });
    play.add(
            "a prepared statement whose table changes",
            talk ->
                talk.prepare("SELECT * FROM made")
                    .execute()
                    .query("ALTER TABLE made ADD COLUMN w INT")
                    .execute()
                    .query("DROP TABLE made")
                    .execute())
        .withScratchSchema();
    play.add(
            "prepared statements that write",
            talk ->
                talk.prepare("INSERT INTO made (v) VALUES (?)")
                    .execute(Parameter.of("a"))
                    .execute(Parameter.of("b"))
                    .prepare("UPDATE made SET v = ?")
                    .execute(Parameter.ofNull())
                    .prepare("DELETE FROM made")
                    .execute())
        .withScratchSchema();
  }

  private static void cursors(Play play) {
    for (int flags :
        new int[] {
          Commands.CURSOR_READ_ONLY, Commands.CURSOR_FOR_UPDATE, Commands.CURSOR_SCROLLABLE, 0x40
        }) {
      play.add(
          "a cursor with flags " + flags,
          talk ->
              talk.prepare("SELECT * FROM numbers")
                  .executeWithCursor(flags)
                  .fetch(2)
                  .fetch(2)
                  .fetch(2)
                  .fetch(2));
    }
    play.add(
        "a cursor that fetches all at once, and nothing",
        talk ->
            talk.prepare("SELECT * FROM numbers")
                .executeWithCursor(1)
                .fetch(0)
                .fetch(5)
                .fetch(1)
                .executeWithCursor(1)
                .fetch(100));
    play.add(
        "a cursor over no rows",
        talk -> talk.prepare("SELECT 1 WHERE FALSE").executeWithCursor(1).fetch(1).fetch(1));
    play.add(
        "a cursor over what has no result",
        talk -> talk.prepare("DO 1").executeWithCursor(1).fetch(1));
    play.add(
        "a cursor over a procedure",
        talk -> talk.prepare("CALL two_sets()").executeWithCursor(1).fetch(1));
    play.add(
        "a cursor with parameters",
        talk ->
            talk.prepare("SELECT * FROM numbers WHERE n > ?")
                .executeWithCursor(1, Parameter.of(1))
                .fetch(1)
                .executeWithCursor(1, Parameter.of(3))
                .fetch(10));
    play.add(
        "a cursor that is reset",
        talk -> {
          talk.prepare("SELECT * FROM numbers").executeWithCursor(1).fetch(1);
          talk.ask(Commands.resetStatement(talk.statement())).fetch(1);
        });
    play.add(
        "a cursor among other commands",
        talk ->
            talk.prepare("SELECT * FROM numbers")
                .executeWithCursor(1)
                .fetch(1)
                .query("SELECT 'between'", "COMMIT")
                .ask(Commands.ping(), Commands.initDb("mysql"))
                .fetch(10));
    play.add(
        "two cursors",
        talk -> {
          talk.prepare("SELECT * FROM numbers").executeWithCursor(1);
          long first = talk.statement();
          talk.prepare("SELECT word FROM numbers ORDER BY n DESC")
              .executeWithCursor(1)
              .fetch(1)
              .ask(Commands.fetch(first, 2))
              .fetch(10)
              .ask(Commands.fetch(first, 10));
        });
    play.add(
        "a cursor whose rows fail",
        talk ->
            talk.prepare("SELECT EXP(n * 200) FROM numbers")
                .executeWithCursor(1)
                .fetch(2)
                .fetch(10));
    play.add(
        "a cursor that is closed with its statement",
        talk -> {
          talk.prepare("SELECT * FROM numbers").executeWithCursor(1);
          talk.ask(Commands.closeStatement(talk.statement())).fetch(1);
        });
    play.add(
        "a cursor and a reset of the connection",
        talk ->
            talk.prepare("SELECT * FROM numbers")
                .executeWithCursor(1)
                .fetch(1)
                .ask(Commands.resetConnection())
                .fetch(1));
    play.add(
        "a cursor and a change of the user",
        talk ->
            talk.prepare("SELECT * FROM numbers")
                .executeWithCursor(1)
                .fetch(1)
                .changeUser(talk.usual())
                .fetch(1));
  }

  private static void longData(Play play) {
    play.add(
        "long data",
        talk -> {
          talk.prepare("SELECT ?, LENGTH(?)");
          talk.ask(
                  Commands.sendLongData(talk.statement(), 0, utf8("one ")),
                  Commands.sendLongData(talk.statement(), 0, utf8("two")),
                  Commands.sendLongData(talk.statement(), 1, utf8("x".repeat(100_000))))
              .execute(Parameter.sentBefore(), Parameter.sentBefore());
        });
    play.add(
        "long data that is empty",
        talk -> {
          talk.prepare("SELECT ?");
          talk.ask(Commands.sendLongData(talk.statement(), 0, ByteString.EMPTY))
              .execute(Parameter.sentBefore());
        });
    play.add(
        "long data that is forgotten",
        talk -> {
          talk.prepare("SELECT ?");
          talk.ask(
                  Commands.sendLongData(talk.statement(), 0, utf8("forgotten")),
                  Commands.resetStatement(talk.statement()))
              .execute(Parameter.of("instead"));
        });
    play.add(
        "long data for what there is not",
        talk -> {
          talk.prepare("SELECT ?");
          talk.ask(Commands.sendLongData(99, 0, utf8("x")), Commands.ping());
          talk.ask(Commands.sendLongData(talk.statement(), 7, utf8("x")), Commands.ping())
              .execute(Parameter.of(1))
              .execute(Parameter.of(1));
        });
    play.add(
        "long data after long data",
        talk -> {
          talk.prepare("SELECT ?");
          for (String text : List.of("first", "second")) {
            talk.ask(Commands.sendLongData(talk.statement(), 0, utf8(text)))
                .execute(Parameter.sentBefore());
          }
        });
  }

  private static void wrong(List<Conversation> all) {
    all.add(
        conversation(
                "commands about a statement that there is not",
                talk ->
                    talk.login()
                        .ask(Commands.executeWithAttributes(77, 0), Commands.fetch(77, 1))
                        .ask(Commands.resetStatement(77), Commands.closeStatement(77))
                        .ask(Commands.executeWithAttributes(0xffffffffL, 0))
                        .ask(Commands.ping())
                        .leave())
            .overAll());
    all.add(
        conversation(
            "a fetch without a cursor",
            talk -> talk.login().prepare("SELECT 1").execute().fetch(1).leave()));
    all.add(
        conversation(
            "commands about statements that are cut off",
            talk -> {
              talk.login().prepare("SELECT ?");
              ByteString whole = talk.execution(Parameter.of("some text"));
              for (int length = 1; length < whole.size(); length++) {
                talk.ask(whole.substring(0, length));
              }
              ByteString fetch = Commands.fetch(talk.statement(), 1);
              for (int length = 1; length < fetch.size(); length++) {
                talk.ask(fetch.substring(0, length));
              }
              ByteString reset = Commands.resetStatement(talk.statement());
              for (int length = 1; length < reset.size(); length++) {
                talk.ask(reset.substring(0, length));
              }
              talk.ask(Commands.ping()).leave();
            }));
    all.add(
        conversation(
            "a parameter of a type that there is not",
            talk ->
                talk.login()
                    .prepare("SELECT ?")
                    .execute(new Parameter("", 0x77, utf8("abcdefgh"), false, false))
                    .ask(Commands.ping())
                    .leave()));
    all.add(
        conversation(
                "more statements than are allowed",
                talk ->
                    talk.login()
                        .prepare("SELECT 1")
                        .prepare("SELECT 2")
                        .prepare("SELECT 3")
                        .leave())
            .withGlobal("max_prepared_stmt_count", "2"));
    all.add(
        conversation(
                "a parameter of 20 MiB, and long data of 20 MiB",
                talk -> {
                  talk.login()
                      .prepare("SELECT LENGTH(?)")
                      .execute(Parameter.of("x".repeat(20_000_000)));
                  talk.ask(Commands.sendLongData(talk.statement(), 0, utf8("y".repeat(20_000_000))))
                      .execute(Parameter.sentBefore())
                      .leave();
                })
            .with(HEAVY)
            .overAll()
            .alone());
    all.add(
        conversation(
                "a binary row of 20 MiB",
                talk -> {
                  talk.login().prepare("SELECT REPEAT('x', 20000000), n FROM numbers WHERE n < 3");
                  talk.command(talk.execution())
                      .responseInShort()
                      .executeWithCursor(1)
                      .command(Commands.fetch(talk.statement(), 2))
                      .responseInShort()
                      .leave();
                })
            .with(HEAVY)
            .alone());
  }
}
