package dev.lastword.testing.classic;

import static dev.lastword.testing.classic.ConnectingConversations.utf8;
import static dev.lastword.testing.classic.Conversation.Trait.FINISHES_FIRST;
import static dev.lastword.testing.classic.Conversation.Trait.HEAVY;
import static dev.lastword.testing.classic.Conversation.conversation;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** COM_QUERY: results of all shapes and sizes, several of them, none, errors, and files. */
final class StatementConversations {

  private static final String MANY =
      "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < %d)";

  private StatementConversations() {}

  static List<Conversation> all() {
    List<Conversation> all = new ArrayList<>();
    shapes(all);
    big(all);
    attributes(all);
    files(all);
    return all;
  }

  private static void shapes(List<Conversation> all) {
    Map<String, String[]> statements = new LinkedHashMap<>();
    statements.put("one row", new String[] {"SELECT 1, 'x', NULL, ''"});
    statements.put("no row", new String[] {"SELECT * FROM numbers WHERE FALSE"});
    statements.put("rows of all types", new String[] {"SELECT * FROM kinds"});
    statements.put("no result", new String[] {"DO 1", "SET @a = 1"});
    statements.put("an error", new String[] {"SELECT missing", "nonsense", "SELECT 1"});
    statements.put(
        "an error among the rows",
        new String[] {"SELECT n, EXP(n * 200) FROM numbers", "SELECT 1"});
    statements.put(
        "an error in a row's subquery",
        new String[] {
          "SELECT n, IF(n < 4, n, (SELECT n FROM numbers)) FROM numbers ORDER BY n", "SELECT 1"
        });
    statements.put(
        "warnings", new String[] {"SELECT 1 + 'x', 'y' + 2", "SHOW WARNINGS", "SELECT 1 / 0"});
    statements.put("several results", new String[] {"SELECT 1; DO 1; SELECT 2, 3; DO 2"});
    statements.put(
        "several results and an error", new String[] {"SELECT 1; SELECT missing; SELECT 2"});
    statements.put(
        "several results and an error among the rows",
        new String[] {"SELECT 1; SELECT EXP(n * 200) FROM numbers; SELECT 2", "SELECT 3"});
    statements.put("several statements without a result", new String[] {"DO 1; DO 2; SET @a = 1;"});
    statements.put("a procedure", new String[] {"CALL two_sets()", "SELECT 1"});
    statements.put("a procedure with an error", new String[] {"CALL fails_late()", "SELECT 1"});
    statements.put(
        "a procedure with parameters",
        new String[] {"SET @o = 0, @io = 5", "CALL with_out(3, @o, @io)", "SELECT @o, @io"});
    statements.put(
        "procedures among statements", new String[] {"SELECT 0; CALL two_sets(); SELECT 9"});
    statements.put("nothing at all", new String[] {"", ";", "-- a comment"});
    statements.put("a change of schema", new String[] {"USE mysql", "SELECT DATABASE()"});
    statements.put("an explanation", new String[] {"EXPLAIN FORMAT=TREE SELECT 1"});
    statements.put(
        "statements about statements",
        new String[] {
          "PREPARE p FROM 'SELECT ? AS x'",
          "SET @a = 5",
          "EXECUTE p USING @a",
          "DEALLOCATE PREPARE p"
        });
    statements.put("300 rows", new String[] {MANY.formatted(300) + " SELECT i FROM s"});
    statements.put(
        "rows around the wrap of the numbers",
        new String[] {
          MANY.formatted(252) + " SELECT i FROM s",
          MANY.formatted(253) + " SELECT i FROM s",
          MANY.formatted(254) + " SELECT i FROM s"
        });
    statements.put(
        "values whose lengths are encoded in all ways",
        new String[] {
          "SELECT REPEAT('x', 250), REPEAT('x', 251), REPEAT('x', 65535), REPEAT('x', 65536)",
          "SELECT REPEAT('x', 251)"
        });
    statements.put("300 columns", new String[] {"SELECT " + "1,".repeat(299) + "2"});
    statements.put(
        "results without metadata",
        new String[] {
          "SET resultset_metadata = NONE",
          "SELECT 1, 2",
          "SELECT 1 WHERE FALSE",
          "CALL two_sets()",
          "SET resultset_metadata = FULL",
          "SELECT 1"
        });
    Map<String, long[]> forms = new LinkedHashMap<>();
    forms.put("", new long[] {0, 0});
    forms.put(", with EOF", new long[] {Capability.DEPRECATE_EOF, 0});
    forms.put(", without tracking", new long[] {Capability.SESSION_TRACK, 0});
    forms.put(
        ", with EOF, without tracking",
        new long[] {Capability.DEPRECATE_EOF | Capability.SESSION_TRACK, 0});
    forms.put(", optional metadata", new long[] {0, Capability.OPTIONAL_RESULTSET_METADATA});
    forms.put(
        ", with EOF, optional metadata",
        new long[] {Capability.DEPRECATE_EOF, Capability.OPTIONAL_RESULTSET_METADATA});
    statements.forEach((name, sql) ->
        forms.forEach((form, flags) -> {
          Conversation conversation =
              conversation(
                  name + form,
                  talk ->
                      talk.login(talk.usual().without(flags[0]).with(flags[1])).query(sql).leave());
          all.add(flags[0] == 0 && flags[1] == 0 ? conversation.overAll() : conversation);
        }));
    all.add(
        conversation(
                "rows that are made, changed and gone",
                talk ->
                    talk.login()
                        .query(
                            "INSERT INTO made (v) VALUES ('a')",
                            "INSERT INTO made (v) VALUES ('b'), ('c')",
                            "SELECT LAST_INSERT_ID()",
                            "UPDATE made SET v = 'd' WHERE id < 3",
                            "UPDATE made SET v = 'd'",
                            "DELETE FROM made WHERE id = 1",
                            "REPLACE INTO made VALUES (2, 'e')",
                            "ALTER TABLE made ADD COLUMN w INT",
                            "INSERT INTO made (id) VALUES (2)",
                            "SELECT * FROM made",
                            "TRUNCATE TABLE made",
                            "DROP TABLE made")
                        .leave())
            .withScratchSchema()
            .overAll());
    all.add(
        conversation(
            "several results without the capability for them",
            talk ->
                talk.login(
                        talk.usual()
                            .without(Capability.MULTI_RESULTS | Capability.MULTI_STATEMENTS))
                    .query("SELECT 1; SELECT 2", "CALL two_sets()", "SELECT 1")
                    .leave()));
    all.add(
        conversation(
                "a query, and no more",
                talk ->
                    talk.login()
                        .command(talk.sql("SELECT SLEEP(0.2), 'still there'"))
                        .halfClose()
                        .response()
                        .end())
            .with(FINISHES_FIRST));
  }

  private static void big(List<Conversation> all) {
    for (int size : new int[] {16_383, 16_384, 100_000, 1_000_000}) {
      all.add(
          conversation(
                  "a value of " + size + " bytes, both ways",
                  talk ->
                      talk.login()
                          .query("SELECT REPEAT('x', " + size + ")")
                          .query("SELECT LENGTH('" + "y".repeat(size) + "')")
                          .leave())
              .overAll());
    }
    all.add(
        conversation(
                "100000 rows",
                talk ->
                    talk.login()
                        .query("SET cte_max_recursion_depth = 1000000")
                        .command(talk.sql(MANY.formatted(100_000) + " SELECT i, MD5(i) FROM s"))
                        .responseInShort()
                        .leave())
            .with(HEAVY)
            .overAll());
    for (int more : new int[] {-1, 0, 1, 5, 1000}) {
      // The length of the value is in front of it, in 4 bytes here.
      int size = Packet.LARGEST_CHUNK - 4 + more;
      all.add(
          conversation(
                  "a row of 16 MiB and %+d".formatted(more),
                  talk ->
                      talk.login()
                          .command(talk.sql("SELECT REPEAT('x', " + size + ")"))
                          .responseInShort()
                          .ask(Commands.ping())
                          .leave())
              .with(HEAVY)
              .alone());
      int length = Packet.LARGEST_CHUNK - "xxxSELECT LENGTH('')".length() + more;
      all.add(
          conversation(
                  "a query of 16 MiB and %+d".formatted(more),
                  talk ->
                      talk.login()
                          .query("SELECT LENGTH('" + "y".repeat(length) + "')")
                          .ask(Commands.ping())
                          .leave())
              .with(HEAVY)
              .alone());
    }
    all.add(
        conversation(
                "a row of 64 MiB, and one of 20 MiB, in several columns",
                talk ->
                    talk.login()
                        .command(
                            talk.sql(
                                "SELECT REPEAT('x', 30000000), REPEAT('y', 37108864), 1"
                                    + " UNION ALL SELECT REPEAT('z', 20000000), NULL, 2"))
                        .responseInShort()
                        .ask(Commands.ping())
                        .leave())
            .with(HEAVY)
            .overAll()
            .alone());
    all.add(
        conversation(
                "an error behind a row of 20 MiB",
                talk ->
                    talk.login()
                        .command(
                            talk.sql("SELECT REPEAT('x', 20000000), EXP(n * 200) FROM numbers"))
                        .responseInShort()
                        .ask(Commands.ping())
                        .leave())
            .with(HEAVY)
            .alone());
  }

  private static void attributes(List<Conversation> all) {
    all.add(
        conversation(
                "a query with attributes",
                talk ->
                    talk.login()
                        .ask(
                            Commands.queryWithAttributes(
                                "SELECT 1",
                                Commands.Parameter.of("value").named("name"),
                                Commands.Parameter.of(5).named("number"),
                                Commands.Parameter.ofNull().named("null")))
                        .query("SELECT 2")
                        .leave())
            .overAll());
    all.add(
        conversation(
            "a query without the form for attributes, though the client said so",
            talk -> talk.login().ask(Commands.query("SELECT 1"), Commands.ping()).leave()));
    all.add(
        conversation(
            "a query with the form for attributes, though the client said no such thing",
            talk ->
                talk.login(talk.usual().without(Capability.QUERY_ATTRIBUTES))
                    .ask(Commands.queryWithAttributes("SELECT 1"), Commands.ping())
                    .leave()));
    all.add(
        conversation(
            "attributes cut off",
            talk ->
                talk.login()
                    .ask(Payload.of(Commands.QUERY).lenenc(3).lenenc(1).u8(0).build())
                    .ask(Commands.ping())
                    .leave()));
  }

  private static void files(List<Conversation> all) {
    String load = "LOAD DATA LOCAL INFILE 'a file' INTO TABLE made FIELDS TERMINATED BY ','";
    all.add(
        conversation(
                "a file from the client",
                talk ->
                    talk.login()
                        .query(load)
                        .upload(utf8("1,one\n2,two\n3,three\n"))
                        .query("SELECT * FROM made")
                        .leave())
            .withScratchSchema()
            .overAll());
    all.add(
        conversation(
                "a file from the client in many packets",
                talk -> {
                  ByteString[] packets = new ByteString[600];
                  for (int i = 0; i < packets.length; i++) {
                    packets[i] = utf8("%d,%d\n".formatted(i + 1, i));
                  }
                  talk.login()
                      .query(load)
                      .upload(packets)
                      .query("SELECT COUNT(*) FROM made")
                      .leave();
                })
            .withScratchSchema()
            .overAll());
    all.add(
        conversation(
                "an empty file from the client",
                talk -> talk.login().query(load).upload().query("SELECT * FROM made").leave())
            .withScratchSchema()
            .overAll());
    all.add(
        conversation(
                "a file that does not fit",
                talk ->
                    talk.login()
                        .query(load)
                        .upload(utf8("1,one\n1,two\nx,three\n"))
                        .query("SHOW WARNINGS", "SELECT * FROM made")
                        .leave())
            .withScratchSchema());
    all.add(
        conversation(
                "a file into a table that there is not",
                talk ->
                    talk.login()
                        .query("LOAD DATA LOCAL INFILE 'a file' INTO TABLE missing", "SELECT 1")
                        .leave())
            .withScratchSchema());
    all.add(
        conversation(
                "two files from the client",
                talk ->
                    talk.login()
                        .query(load + "; DO 1; " + load)
                        .upload(utf8("1,one\n"))
                        .upload(utf8("2,two\n"))
                        .query("SELECT * FROM made")
                        .leave())
            .withScratchSchema());
    all.add(
        conversation(
            "a file without the capability for it",
            talk ->
                talk.login(talk.usual().without(Capability.LOCAL_FILES))
                    .query("LOAD DATA LOCAL INFILE 'a file' INTO TABLE made", "SELECT 1")
                    .leave()));
    all.add(
        conversation(
                "a file that the server does not want",
                talk ->
                    talk.login()
                        .query("LOAD DATA LOCAL INFILE 'a file' INTO TABLE made", "SELECT 1")
                        .leave())
            .withGlobal("local_infile", "OFF"));
    all.add(
        conversation(
                "a command in place of a file",
                talk -> talk.login().query(load).command(Commands.ping()).end())
            .withScratchSchema());
    all.add(
        conversation(
                "a file with a wrong number",
                talk -> talk.login().query(load).send(7, "a line", utf8("1,one\n")).end())
            .withScratchSchema());
    all.add(
        conversation(
                "the client leaves in the middle of a file",
                talk -> talk.login().query(load).send("a line", utf8("1,one\n")).halfClose().end())
            .withScratchSchema()
            .with(FINISHES_FIRST));
    all.add(
        conversation(
                "a file of 20 MiB",
                talk ->
                    talk.login()
                        .query(load)
                        .upload(
                            utf8("1,one\n"),
                            utf8("2,".concat("x\n3,".repeat(1)).concat("y".repeat(20_000_000))),
                            utf8("\n4,four\n"))
                        .query("SELECT id, LENGTH(v) FROM made")
                        .leave())
            .withScratchSchema()
            .with(HEAVY)
            .alone());
  }
}
