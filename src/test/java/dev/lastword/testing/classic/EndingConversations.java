package dev.lastword.testing.classic;

import static dev.lastword.testing.classic.Access.CLEAR;
import static dev.lastword.testing.classic.Access.TLS;
import static dev.lastword.testing.classic.ConnectingConversations.hex;
import static dev.lastword.testing.classic.Conversation.Trait.ENDED_WITHOUT_A_WORD;
import static dev.lastword.testing.classic.Conversation.Trait.FINISHES_FIRST;
import static dev.lastword.testing.classic.Conversation.Trait.LEAVES_REQUEST_UNFINISHED;
import static dev.lastword.testing.classic.Conversation.conversation;

import java.util.ArrayList;
import java.util.List;

/** How sessions end, and what looks like an end: farewells, patience, KILL in all its forms. */
final class EndingConversations {

  /** Takes longer than anybody waits. */
  private static final String LONG =
      "SELECT COUNT(*) FROM numbers a, numbers b, numbers c, numbers d, numbers e, numbers f,"
          + " numbers g, numbers h, numbers i, numbers j, numbers k, numbers l, numbers m,"
          + " numbers n WHERE a.n + b.n + c.n + d.n + e.n + f.n + g.n + h.n + i.n + j.n + k.n"
          + " + l.n + m.n + n.n < 0";

  private EndingConversations() {}

  static List<Conversation> all() {
    List<Conversation> all = new ArrayList<>();
    all.add(
        conversation("the client leaves without a word", talk -> talk.login().halfClose().end())
            .overAll()
            .with(Conversation.Trait.LEAVES_WITHOUT_QUIT, FINISHES_FIRST));
    all.add(
        conversation("a farewell in a transaction", talk -> talk.login().query("BEGIN").leave())
            .overAll());
    patience(all);
    kills(all);
    return all;
  }

  private static void patience(List<Conversation> all) {
    all.add(
        conversation(
                "nothing is said for too long",
                talk -> talk.login().query("SET wait_timeout = 1").packet().end())
            .overAll());
    all.add(
        conversation(
            "nothing is said for too long by a client that is interactive",
            talk ->
                talk.login(talk.usual().with(Capability.INTERACTIVE))
                    .query("SET wait_timeout = 1")
                    .packet()
                    .end()));
    all.add(
        conversation(
                "nothing is said for too long after a long result",
                talk ->
                    talk.login()
                        .query(
                            "SET wait_timeout = 1",
                            "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 300)"
                                + " SELECT i FROM s")
                        .packet()
                        .end())
            .overAll());
    all.add(
        conversation(
                "nothing is said for too long after a command without an answer",
                talk -> {
                  talk.login().prepare("SELECT 1").query("SET wait_timeout = 1");
                  talk.ask(Commands.closeStatement(talk.statement())).packet().end();
                })
            .overAll());
    all.add(
        conversation(
                "nothing is said for too long with a cursor",
                talk ->
                    talk.login()
                        .query("SET wait_timeout = 1")
                        .prepare("SELECT * FROM numbers")
                        .executeWithCursor(Commands.CURSOR_READ_ONLY)
                        .fetch(1)
                        .packet()
                        .end())
            .overAll());
    all.add(
        conversation(
                "nothing is said for too long after a change of the user",
                talk ->
                    talk.login()
                        .changeUser(talk.usual())
                        .query("SET wait_timeout = 1")
                        .packet()
                        .end())
            .overAll());
    all.add(
        conversation(
                "half a header is said for too long",
                talk ->
                    talk.login()
                        .query("SET wait_timeout = 1")
                        .sendRaw("2 bytes", hex("0100"))
                        .packet()
                        .end())
            .over(CLEAR, TLS)
            .with(LEAVES_REQUEST_UNFINISHED));
    all.add(
        conversation(
                "half a command is said for too long",
                talk ->
                    talk.login()
                        .query("SET wait_timeout = 1, net_read_timeout = 1")
                        .sendRaw("5 bytes", hex("1000000003"))
                        .packet()
                        .end())
            .over(CLEAR, TLS)
            .with(LEAVES_REQUEST_UNFINISHED));
    all.add(
        conversation(
                "half a file is said for too long",
                talk ->
                    talk.login()
                        .query(
                            "SET wait_timeout = 1, net_read_timeout = 1",
                            "LOAD DATA LOCAL INFILE 'a file' INTO TABLE made")
                        .packet()
                        .end())
            .withScratchSchema()
            .with(LEAVES_REQUEST_UNFINISHED));
    all.add(
        conversation(
                "half a change of the user is said for too long",
                talk ->
                    talk.login()
                        .query("SET wait_timeout = 1, net_read_timeout = 1")
                        .beginToChangeUser(talk.usual())
                        .packet()
                        .end())
            .with(LEAVES_REQUEST_UNFINISHED)
            .withGlobal("connect_timeout", "2"));
    all.add(
        conversation(
            "a statement that takes too long",
            talk ->
                talk.login()
                    .query("SET max_execution_time = 200", LONG, "SELECT SLEEP(2)", "SELECT 1")
                    .leave()));
  }

  private static void kills(List<Conversation> all) {
    all.add(
        conversation(
                "a session that kills itself",
                talk -> {
                  talk.login();
                  talk.query("KILL " + talk.threadId()).end();
                })
            .overAll());
    all.add(
        conversation(
                "a session that kills itself by its function",
                talk -> talk.login().query("KILL CONNECTION_ID()").end())
            .overAll());
    all.add(
        conversation(
                "a session that kills its own query",
                talk -> {
                  talk.login();
                  talk.query("KILL QUERY " + talk.threadId()).query("SELECT 1").leave();
                })
            .overAll());
    all.add(
        conversation(
            "a kill of what there is not",
            talk ->
                talk.login(talk.as("talk_poor", Backstage.PASSWORD).withDatabase(""))
                    .query("KILL 4294967290", "KILL QUERY 4294967290", "SELECT 1")
                    .leave()));
    all.add(
        conversation(
                "a kill of a query where there is none",
                talk -> {
                  talk.login();
                  talk.another("killer").login().query("KILL QUERY " + talk.threadId()).leave();
                  talk.silence().query("SELECT 1").leave();
                })
            .overAll());
    all.add(
        conversation(
                "a kill of a session that is idle",
                talk -> {
                  talk.login();
                  talk.another("killer").login().query("KILL " + talk.threadId()).leave();
                  talk.end();
                })
            .overAll()
            .with(ENDED_WITHOUT_A_WORD));
    all.add(
        conversation(
                "a kill of a session that is idle in a transaction",
                talk -> {
                  talk.login().query("BEGIN", "SELECT * FROM made");
                  talk.another("killer").login().query("KILL " + talk.threadId()).leave();
                  talk.end();
                })
            .withScratchSchema()
            .with(ENDED_WITHOUT_A_WORD));
    for (String statement : List.of("SELECT SLEEP(100)", LONG, "SELECT * FROM made FOR UPDATE")) {
      String name =
          statement.contains("SLEEP")
              ? "asleep"
              : statement.equals(LONG) ? "at work" : "waiting for a lock";
      all.add(
          conversation(
                  "a kill of a query that is " + name,
                  talk -> {
                    Talk killer = busy(talk, statement);
                    killer.query("KILL QUERY " + talk.threadId());
                    talk.response();
                    killer.query("ROLLBACK").leave();
                    talk.query("SELECT 1").leave();
                  })
              .withScratchSchema()
              .overAll());
      all.add(
          conversation(
                  "a kill of a session that is " + name,
                  talk -> {
                    Talk killer = busy(talk, statement);
                    killer.query("KILL " + talk.threadId());
                    talk.response().end();
                    killer.query("ROLLBACK").leave();
                  })
              .withScratchSchema()
              .overAll()
              .with(ENDED_WITHOUT_A_WORD));
    }
    all.add(
        conversation(
                "a kill of a session in the middle of a file",
                talk -> {
                  talk.login().query("LOAD DATA LOCAL INFILE 'a file' INTO TABLE made");
                  talk.another("killer").login().query("KILL " + talk.threadId()).leave();
                  talk.packet().end();
                })
            .withScratchSchema()
            .with(ENDED_WITHOUT_A_WORD));
    all.add(
        conversation(
                "a kill of a session in the middle of a change of the user",
                talk -> {
                  talk.login().beginToChangeUser(talk.usual());
                  talk.another("killer").login().query("KILL " + talk.threadId()).leave();
                  talk.packet().end();
                })
            .with(ENDED_WITHOUT_A_WORD));
    all.add(
        conversation(
                "a kill of a session that has not logged in",
                talk -> {
                  talk.greeting();
                  talk.another("killer").login().query("KILL " + talk.threadId()).leave();
                  talk.end();
                })
            .with(ENDED_WITHOUT_A_WORD));
    all.add(
        conversation(
                "a kill of a session with a cursor",
                talk -> {
                  talk.login()
                      .prepare("SELECT * FROM numbers")
                      .executeWithCursor(Commands.CURSOR_READ_ONLY)
                      .fetch(1);
                  talk.another("killer").login().query("KILL " + talk.threadId()).leave();
                  talk.end();
                })
            .overAll()
            .with(ENDED_WITHOUT_A_WORD));
  }

  /** Has the client wait for the answer to a statement, and gives one that can kill it. */
  private static Talk busy(Talk talk, String statement) throws InterruptedException {
    talk.login();
    Talk killer = talk.another("killer").login();
    killer.query(
        "INSERT INTO made (v) VALUES ('x')", "BEGIN", "SELECT * FROM made WHERE id = 1 FOR UPDATE");
    talk.command(talk.sql(statement))
        .await(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE db = '"
                + talk.schema()
                + "' AND command = 'Query' AND info IS NOT NULL",
            "1");
    return killer;
  }
}
