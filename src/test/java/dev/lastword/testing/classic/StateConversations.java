package dev.lastword.testing.classic;

import static dev.lastword.testing.classic.Conversation.conversation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Transactions, and what the session tracker and the status say of them. */
final class StateConversations {

  private StateConversations() {}

  static List<Conversation> all() {
    Map<String, List<String>> scripts = new LinkedHashMap<>();
    scripts.put(
        "a transaction",
        List.of(
            "BEGIN",
            "INSERT INTO made (v) VALUES ('a')",
            "SELECT * FROM made",
            "COMMIT",
            "START TRANSACTION READ ONLY",
            "SELECT * FROM made",
            "INSERT INTO made (v) VALUES ('b')",
            "ROLLBACK"));
    scripts.put(
        "transactions without autocommit",
        List.of(
            "SET autocommit = 0",
            "SELECT * FROM made",
            "INSERT INTO made (v) VALUES ('a')",
            "COMMIT",
            "SELECT 1",
            "SET autocommit = 1"));
    scripts.put(
        "savepoints and chains",
        List.of(
            "START TRANSACTION",
            "SAVEPOINT s",
            "INSERT INTO made (v) VALUES ('a')",
            "ROLLBACK TO s",
            "COMMIT AND CHAIN",
            "SELECT 1",
            "ROLLBACK"));
    scripts.put(
        "a transaction that ends by itself",
        List.of(
            "BEGIN",
            "INSERT INTO made (v) VALUES ('a')",
            "CREATE TABLE other (i INT)",
            "SELECT 1"));
    scripts.put(
        "an error in a transaction",
        List.of(
            "BEGIN",
            "INSERT INTO made VALUES (1, 'a')",
            "INSERT INTO made VALUES (1, 'b')",
            "SELECT missing",
            "ROLLBACK"));
    scripts.put(
        "locks",
        List.of("LOCK TABLES made READ", "SELECT * FROM made", "UNLOCK TABLES", "SELECT 1"));
    scripts.put(
        "an XA transaction",
        List.of(
            "XA START '%s'",
            "INSERT INTO made (v) VALUES ('a')",
            "XA END '%s'",
            "XA PREPARE '%s'",
            "XA ROLLBACK '%s'"));
    scripts.put(
        "transactions in one query",
        List.of("BEGIN; INSERT INTO made (v) VALUES ('a'); SELECT * FROM made; COMMIT; SELECT 2"));
    scripts.put(
        "variables",
        List.of(
            "SET time_zone = '+01:00'",
            "SET NAMES latin1",
            "SET autocommit = 1",
            "SET sql_mode = ''",
            "SET time_zone = '+02:00', sql_mode = 'ANSI'",
            "SET SESSION transaction_isolation = 'READ-COMMITTED'",
            "SET TRANSACTION READ ONLY",
            "SELECT 1"));
    scripts.put(
        "things that a session keeps",
        List.of(
            "SET @a = 1",
            "CREATE TEMPORARY TABLE t (i INT)",
            "PREPARE p FROM 'SELECT 1'",
            "SELECT GET_LOCK(CONCAT(DATABASE(), 'x'), 0)",
            "USE mysql",
            "DROP DATABASE IF EXISTS missing"));
    scripts.put(
        "backslashes that do not escape",
        List.of("SET sql_mode = 'NO_BACKSLASH_ESCAPES'", "SELECT 1", "SET sql_mode = ''"));
    scripts.put(
        "a schema that is dropped while it is used",
        List.of("CREATE TABLE x (i INT)", "DROP DATABASE IF EXISTS missing", "SELECT DATABASE()"));
    Map<String, List<String>> trackers = new LinkedHashMap<>();
    trackers.put("", List.of());
    trackers.put(
        ", everything tracked",
        List.of(
            "SET session_track_system_variables = '*'",
            "SET session_track_state_change = ON",
            "SET session_track_transaction_info = 'CHARACTERISTICS'",
            "SET session_track_gtids = 'OWN_GTID'"));
    trackers.put(", states tracked", List.of("SET session_track_transaction_info = 'STATE'"));
    List<Conversation> all = new ArrayList<>();
    scripts.forEach((name, statements) ->
        trackers.forEach((tracker, settings) -> {
          for (long flag : new long[] {0, Capability.DEPRECATE_EOF, Capability.SESSION_TRACK}) {
            String form = flag == 0 ? "" : ", without " + Capability.names(flag).getFirst();
            Conversation conversation =
                conversation(
                        name + tracker + form,
                        talk ->
                            talk.login(talk.usual().without(flag))
                                .query(settings.toArray(String[]::new))
                                .query(
                                    statements.stream()
                                        .map(sql -> sql.replace("%s", talk.schema()))
                                        .toArray(String[]::new))
                                .leave())
                    .withScratchSchema();
            all.add(
                flag == 0 && tracker.startsWith(", everything")
                    ? conversation.overAll()
                    : conversation);
          }
        }));
    all.add(
        conversation(
                "all GTIDs tracked",
                talk ->
                    talk.login()
                        .query(
                            "SET session_track_gtids = 'ALL_GTIDS'",
                            "INSERT INTO made (v) VALUES ('a')",
                            "SELECT 1",
                            "DELETE FROM made")
                        .leave())
            .withScratchSchema());
    all.add(
        conversation(
                "a transaction with prepared statements",
                talk ->
                    talk.login()
                        .query("SET session_track_transaction_info = 'CHARACTERISTICS'")
                        .prepare("INSERT INTO made (v) VALUES (?)")
                        .query("BEGIN")
                        .execute(Commands.Parameter.of("a"))
                        .prepare("SELECT * FROM made")
                        .executeWithCursor(Commands.CURSOR_READ_ONLY)
                        .fetch(1)
                        .query("COMMIT")
                        .fetch(1)
                        .leave())
            .withScratchSchema());
    return all;
  }
}
