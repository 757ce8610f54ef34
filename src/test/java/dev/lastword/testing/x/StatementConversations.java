package dev.lastword.testing.x;

import static dev.lastword.testing.x.Conversation.conversation;
import static dev.lastword.testing.x.XMessages.any;
import static dev.lastword.testing.x.XMessages.array;
import static dev.lastword.testing.x.XMessages.bool;
import static dev.lastword.testing.x.XMessages.capabilitiesGet;
import static dev.lastword.testing.x.XMessages.collection;
import static dev.lastword.testing.x.XMessages.command;
import static dev.lastword.testing.x.XMessages.connectionClose;
import static dev.lastword.testing.x.XMessages.cursorClose;
import static dev.lastword.testing.x.XMessages.cursorFetch;
import static dev.lastword.testing.x.XMessages.cursorOpen;
import static dev.lastword.testing.x.XMessages.deallocate;
import static dev.lastword.testing.x.XMessages.delete;
import static dev.lastword.testing.x.XMessages.execute;
import static dev.lastword.testing.x.XMessages.expectClose;
import static dev.lastword.testing.x.XMessages.expectNoError;
import static dev.lastword.testing.x.XMessages.expectOpen;
import static dev.lastword.testing.x.XMessages.field;
import static dev.lastword.testing.x.XMessages.findAll;
import static dev.lastword.testing.x.XMessages.insert;
import static dev.lastword.testing.x.XMessages.literal;
import static dev.lastword.testing.x.XMessages.member;
import static dev.lastword.testing.x.XMessages.nothing;
import static dev.lastword.testing.x.XMessages.octets;
import static dev.lastword.testing.x.XMessages.operator;
import static dev.lastword.testing.x.XMessages.placeholder;
import static dev.lastword.testing.x.XMessages.prepareFind;
import static dev.lastword.testing.x.XMessages.prepareSql;
import static dev.lastword.testing.x.XMessages.sessionClose;
import static dev.lastword.testing.x.XMessages.sessionReset;
import static dev.lastword.testing.x.XMessages.sint;
import static dev.lastword.testing.x.XMessages.sql;
import static dev.lastword.testing.x.XMessages.string;
import static dev.lastword.testing.x.XMessages.uint;
import static dev.lastword.testing.x.XMessages.update;
import static dev.lastword.testing.x.XMessages.utf8;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.lastword.x.protobuf.MysqlxCrud;
import dev.lastword.x.protobuf.MysqlxExpect;
import dev.lastword.x.protobuf.MysqlxSql;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What happens inside a session. */
final class StatementConversations {

  private static final String SHARED = Backstage.SCHEMA;

  private StatementConversations() {}

  static List<Conversation> all() {
    List<Conversation> all = new ArrayList<>();
    all.add(
        conversation(
            "values of every type",
            talk ->
                talk.login()
                    .ask(
                        sql(
                            "SELECT 1, -1, CAST(18446744073709551615 AS UNSIGNED), 1.5e0, CAST(1.5 AS FLOAT), 12.345, 'text', _binary'\\0\\1', NULL,"
                                + " DATE'2026-11-21', TIME'-12:34:56.789', TIMESTAMP'2026-11-21 12:34:56.789', b'101', JSON_OBJECT('a', 1),"
                                + " ST_GeomFromText('POINT(1 2)'), ''"),
                        sql(
                            "SELECT ?, ?, ?, ?, ?, ?",
                            any(sint(-5)),
                            any(uint(5)),
                            any(string("ü")),
                            any(octets(utf8("bytes"))),
                            any(nothing()),
                            any(bool(true))))
                    .leave()));
    all.add(
        conversation(
            "statements that fail",
            talk ->
                talk.login()
                    .ask(
                        sql("garbage"),
                        sql(""),
                        sql("SELECT * FROM talk_shared.missing"),
                        sql("SELECT 1; SELECT 2"),
                        sql("SELECT ?"),
                        sql("SELECT 1", any(sint(1))),
                        sql("SELECT ?", array(any(sint(1)))),
                        sql(
                            "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'so it was said', MYSQL_ERRNO = 30001"),
                        sql("SHUTDOWN"),
                        sql("LOAD DATA LOCAL INFILE '/nowhere' INTO TABLE talk_shared.numbers"),
                        sql("SELECT 1"))
                    .leave()));
    all.add(
        conversation(
            "statements with warnings",
            talk ->
                talk.login()
                    .ask(
                        sql("SELECT CAST('12x' AS SIGNED), 1/0"),
                        sql("DROP TEMPORARY TABLE IF EXISTS talk_shared.no_such"),
                        command("disable_notices", field("notice", string("warnings"))),
                        sql("SELECT CAST('12x' AS SIGNED)"),
                        command("list_notices"),
                        sessionReset(true),
                        command("list_notices"),
                        command(
                            "enable_notices",
                            field(
                                "notice",
                                array(
                                    any(string("warnings")),
                                    any(string("group_replication/membership/view"))))),
                        command("list_notices"),
                        command("enable_notices", field("notice", string("no_such_notice"))),
                        command("disable_notices", field("notice", string("rows_affected"))),
                        sql("SELECT CAST('12x' AS SIGNED)"))
                    .leave()));
    all.add(
        conversation(
            "what disable_notices leaves behind for the next login",
            talk ->
                talk.login()
                    .ask(
                        command("disable_notices", field("notice", string("warnings"))),
                        sessionReset(false))
                    .authenticate()
                    .ask(command("list_notices"))
                    .leave()));
    all.add(
        conversation(
            "changes in a temporary table",
            talk ->
                talk.login()
                    .ask(
                        sql(
                            "CREATE TEMPORARY TABLE talk_shared.temp (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(10))"),
                        sql("INSERT INTO talk_shared.temp (v) VALUES ('a'), ('b')"),
                        sql("UPDATE talk_shared.temp SET v = 'c'"),
                        sql("UPDATE talk_shared.temp SET v = 'c'"),
                        sql("INSERT INTO talk_shared.temp VALUES (1, 'again')"),
                        sql("SELECT * FROM talk_shared.temp"),
                        sql("DELETE FROM talk_shared.temp"),
                        sql("DROP TEMPORARY TABLE talk_shared.temp"))
                    .leave()));
    all.add(
        conversation(
            "a transaction",
            talk ->
                talk.login()
                    .ask(
                        sql("CREATE TEMPORARY TABLE talk_shared.temp (id INT PRIMARY KEY)"),
                        sql("START TRANSACTION"),
                        sql("INSERT INTO talk_shared.temp VALUES (1)"),
                        sql("ROLLBACK"),
                        sql("SELECT COUNT(*) FROM talk_shared.temp"),
                        sql("BEGIN"),
                        sql("INSERT INTO talk_shared.temp VALUES (2)"),
                        sql("INSERT INTO talk_shared.temp VALUES (2)"),
                        sql("SAVEPOINT s"),
                        sql("ROLLBACK TO s"),
                        sql("COMMIT"),
                        sql("SELECT * FROM talk_shared.temp"),
                        sql("SET autocommit = 0"),
                        sessionReset(true),
                        sql("SELECT @@autocommit"))
                    .leave()));
    all.add(
        conversation(
            "procedures",
            talk ->
                talk.login()
                    .ask(
                        sql("CALL talk_shared.two_sets()"),
                        prepareSql(1, "CALL talk_shared.with_out(?, ?, ?)"),
                        execute(1, any(sint(4)), any(sint(0)), any(sint(10))),
                        sql("CALL talk_shared.with_out(1, @o, @io)"),
                        sql("CALL talk_shared.fails_late()"),
                        sql("CALL talk_shared.missing()"),
                        sql("CALL talk_shared.two_sets()"))
                    .leave()));
    all.add(
        conversation(
            "columns with short metadata",
            talk ->
                talk.login()
                    .ask(
                        MysqlxSql.StmtExecute.newBuilder()
                            .setStmt(utf8("SELECT n, word FROM talk_shared.numbers ORDER BY n"))
                            .setCompactMetadata(true)
                            .build())
                    .leave()));
    all.add(
        conversation(
            "namespaces",
            talk ->
                talk.login()
                    .ask(
                        namespace("sql", "SELECT 1"),
                        namespace("mysqlx", "ping"),
                        namespace("xplugin", "ping"),
                        namespace("", "SELECT 1"),
                        namespace("no_such", "SELECT 1"),
                        namespace("mysqlx", "no_such_command"),
                        namespace("mysqlx", ""))
                    .leave()));
    all.add(
        conversation(
            "a result of many rows",
            talk -> talk.login().send(sql(manyRows(200_000))).responseInShort().leave()));
    all.add(
        conversation(
            "rows of a megabyte",
            talk ->
                talk.login()
                    .send(sql("SELECT REPEAT('x', 1048576) FROM talk_shared.numbers"))
                    .responseInShort()
                    .leave()));
    all.add(
        conversation(
            "an error after many rows",
            talk ->
                talk.login()
                    .send(
                        sql(
                            manyRows(60_000)
                                .replace(
                                    "n FROM r",
                                    "IF(n < 50000, n, (SELECT 1 UNION SELECT n)) FROM r")))
                    .responseInShort()
                    .ask(sql("SELECT 1"))
                    .leave()));
    all.add(
        conversation(
            "a statement that takes too long",
            talk ->
                talk.login()
                    .ask(
                        sql(
                            "SELECT /*+ MAX_EXECUTION_TIME(50) */ COUNT(*) FROM"
                                + " talk_shared.numbers a, talk_shared.numbers b, talk_shared.numbers c,"
                                + " talk_shared.numbers d, talk_shared.numbers e, talk_shared.numbers f,"
                                + " talk_shared.numbers g, talk_shared.numbers h, talk_shared.numbers i"
                                + " WHERE SHA2(a.n + b.n * c.n * d.n + e.n * f.n * g.n * h.n * i.n, 256) = ''"),
                        sql("SELECT 1"))
                    .leave()));

    prepared(all);
    cursors(all);
    documents(all);
    expectations(all);
    pipelines(all);
    counters(all);
    return all;
  }

  private static void prepared(List<Conversation> all) {
    all.add(
        conversation(
            "prepared statements",
            talk ->
                talk.login()
                    .ask(
                        prepareSql(1, "SELECT n, word FROM talk_shared.numbers WHERE n > ?"),
                        execute(1, any(sint(3))),
                        execute(1, any(sint(4))),
                        execute(1),
                        execute(1, any(sint(1)), any(sint(2))),
                        execute(2),
                        deallocate(2),
                        prepareSql(1, "SELECT 'another one'"),
                        execute(1),
                        prepareSql(2, "garbage"),
                        execute(2),
                        prepareSql(3, "DO ?"),
                        execute(3, any(string("x"))),
                        deallocate(1),
                        execute(1),
                        deallocate(1),
                        prepareSql(4, "SELECT 1"),
                        sessionReset(true),
                        execute(4))
                    .leave()));
    all.add(
        conversation(
            "prepared transaction statements",
            talk ->
                talk.login()
                    .ask(
                        prepareSql(1, "START TRANSACTION"),
                        prepareSql(2, "COMMIT"),
                        prepareSql(3, "BEGIN"),
                        prepareSql(4, "SET autocommit = 0"),
                        execute(4),
                        sql("SELECT COUNT(*) FROM talk_shared.numbers"),
                        execute(2),
                        sql("SELECT @@autocommit"))
                    .leave()));
    all.add(
        conversation(
            "a prepared find",
            talk -> {
              MysqlxCrud.Find find =
                  findAll(SHARED, "docs").toBuilder()
                      .setCriteria(operator(">=", member("n"), placeholder(0)))
                      .setLimitExpr(MysqlxCrud.LimitExpr.newBuilder().setRowCount(placeholder(1)))
                      .build();
              talk.login()
                  .ask(
                      prepareFind(1, find),
                      execute(1, any(sint(2)), any(uint(10))),
                      execute(1, any(sint(1)), any(uint(1))),
                      execute(1, any(sint(1))),
                      deallocate(1))
                  .leave();
            }));
    all.add(
        conversation(
            "too many prepared statements",
            talk -> {
              talk.login();
              for (int i = 1; i <= 30; i++) {
                talk.ask(prepareSql(i, "SELECT " + i));
              }
              talk.ask(execute(30)).leave();
            }));
  }

  private static void cursors(List<Conversation> all) {
    all.add(
        conversation(
            "a cursor in portions",
            talk ->
                talk.login()
                    .ask(
                        prepareSql(1, "SELECT n, word FROM talk_shared.numbers ORDER BY n"),
                        cursorOpen(1, execute(1)),
                        cursorFetch(1, 2),
                        cursorFetch(1, 2),
                        cursorFetch(1, 2),
                        cursorFetch(1, 2),
                        cursorClose(1),
                        cursorFetch(1, 1),
                        cursorClose(1))
                    .leave()));
    all.add(
        conversation(
            "a cursor that starts with rows",
            talk ->
                talk.login()
                    .ask(
                        prepareSql(1, "SELECT n FROM talk_shared.numbers WHERE n <= ? ORDER BY n"),
                        cursorOpen(1, execute(1, any(sint(3))), 1),
                        cursorFetch(1, 100),
                        cursorOpen(1, execute(1, any(sint(3))), 100),
                        cursorFetch(1, 1),
                        cursorOpen(1, execute(1, any(sint(0))), 5),
                        cursorOpen(1, execute(1), 5),
                        cursorFetch(1, 1))
                    .leave()));
    all.add(
        conversation(
            "two cursors, and one that is opened over another",
            talk ->
                talk.login()
                    .ask(
                        prepareSql(1, "SELECT n FROM talk_shared.numbers ORDER BY n"),
                        prepareSql(2, "SELECT word FROM talk_shared.numbers ORDER BY n"),
                        cursorOpen(1, execute(1), 1),
                        cursorOpen(2, execute(2), 1),
                        cursorFetch(1, 1),
                        cursorFetch(2, 1),
                        cursorOpen(1, execute(2), 1),
                        cursorFetch(1, 1),
                        cursorOpen(3, execute(1), 1),
                        cursorOpen(4, execute(1), 1),
                        deallocate(1),
                        cursorFetch(3, 1),
                        sessionReset(true),
                        cursorFetch(2, 1))
                    .leave()));
    all.add(
        conversation(
            "cursors on what has no rows",
            talk ->
                talk.login()
                    .ask(
                        cursorOpen(1, execute(9), 1),
                        prepareSql(1, "DO 1"),
                        cursorOpen(1, execute(1), 1),
                        cursorFetch(1, 1),
                        prepareSql(2, "CALL talk_shared.two_sets()"),
                        cursorOpen(2, execute(2), 1),
                        cursorFetch(2, 5),
                        cursorFetch(2, 5),
                        cursorFetch(7, 0),
                        cursorClose(7),
                        sql("SELECT 1"))
                    .leave()));
    all.add(
        conversation(
            "a cursor on a find, and other statements in between",
            talk ->
                talk.login()
                    .ask(
                        prepareFind(1, findAll(SHARED, "docs")),
                        cursorOpen(1, execute(1), 1),
                        sql("SELECT 1"),
                        cursorFetch(1, 1),
                        sql("garbage"),
                        command("ping"),
                        cursorFetch(1, 5))
                    .leave()));
  }

  private static void documents(List<Conversation> all) {
    all.add(
        conversation(
                "documents",
                talk ->
                    talk.login()
                        .ask(
                            findAll(talk.schema(), "docs"),
                            insert(talk.schema(), "docs", "{\"_id\":\"d\",\"n\":4}"),
                            insert(talk.schema(), "docs", "{\"n\":5}", "{\"n\":6}"),
                            insert(talk.schema(), "docs", "{\"_id\":\"d\"}"),
                            insert(talk.schema(), "docs", "{\"_id\":\"d\",\"n\":44}").toBuilder()
                                .setUpsert(true)
                                .build(),
                            insert(talk.schema(), "docs", "no JSON"),
                            update(
                                talk.schema(),
                                "docs",
                                operator(">", member("n"), literal(sint(2))),
                                "seen",
                                bool(true)),
                            findAll(talk.schema(), "docs").toBuilder()
                                .setCriteria(operator("==", member("_id"), literal(string("d"))))
                                .build(),
                            delete(
                                talk.schema(),
                                "docs",
                                operator("<", member("n"), literal(sint(10)))),
                            findAll(talk.schema(), "docs"),
                            findAll(talk.schema(), "no_docs"),
                            findAll("talk_nowhere", "docs"))
                        .leave())
            .withScratchSchema());
    all.add(
        conversation(
                "collections and views",
                talk ->
                    talk.login()
                        .ask(
                            command(
                                "create_collection",
                                field("schema", string(talk.schema())),
                                field("name", string("fresh"))),
                            command(
                                "create_collection",
                                field("schema", string(talk.schema())),
                                field("name", string("fresh"))),
                            command("list_objects", field("schema", string(talk.schema()))),
                            command(
                                "create_collection_index",
                                field("schema", string(talk.schema())),
                                field("collection", string("fresh")),
                                field("name", string("by_n")),
                                field("unique", bool(false)),
                                field(
                                    "fields",
                                    array(
                                        XMessages.object(
                                            field("field", string("$.n")),
                                            field("type", string("INT")),
                                            field("required", bool(false)))))),
                            insert(talk.schema(), "fresh", "{\"_id\":\"1\",\"n\":1}"),
                            MysqlxCrud.CreateView.newBuilder()
                                .setCollection(collection(talk.schema(), "seen"))
                                .setStmt(findAll(talk.schema(), "docs"))
                                .build(),
                            MysqlxCrud.CreateView.newBuilder()
                                .setCollection(collection(talk.schema(), "seen"))
                                .setStmt(findAll(talk.schema(), "docs"))
                                .build(),
                            MysqlxCrud.ModifyView.newBuilder()
                                .setCollection(collection(talk.schema(), "seen"))
                                .setStmt(findAll(talk.schema(), "fresh"))
                                .build(),
                            MysqlxCrud.DropView.newBuilder()
                                .setCollection(collection(talk.schema(), "seen"))
                                .build(),
                            MysqlxCrud.DropView.newBuilder()
                                .setCollection(collection(talk.schema(), "seen"))
                                .build(),
                            MysqlxCrud.DropView.newBuilder()
                                .setCollection(collection(talk.schema(), "seen"))
                                .setIfExists(true)
                                .build(),
                            command(
                                "drop_collection_index",
                                field("schema", string(talk.schema())),
                                field("collection", string("fresh")),
                                field("name", string("by_n"))),
                            command(
                                "drop_collection",
                                field("schema", string(talk.schema())),
                                field("name", string("fresh"))),
                            command(
                                "ensure_collection",
                                field("schema", string(talk.schema())),
                                field("name", string("fresh"))))
                        .leave())
            .withScratchSchema());
    all.add(
        conversation(
            "a table read as documents are",
            talk ->
                talk.login()
                    .ask(
                        MysqlxCrud.Find.newBuilder()
                            .setCollection(collection(SHARED, "numbers"))
                            .setDataModel(MysqlxCrud.DataModel.TABLE)
                            .setLimit(MysqlxCrud.Limit.newBuilder().setRowCount(2).setOffset(1))
                            .build(),
                        MysqlxCrud.Find.newBuilder()
                            .setCollection(collection(SHARED, "numbers"))
                            .build(),
                        MysqlxCrud.Find.newBuilder()
                            .setCollection(collection(SHARED, "docs"))
                            .setDataModel(MysqlxCrud.DataModel.DOCUMENT)
                            .setCriteria(
                                operator("no such operator", literal(sint(1)), literal(sint(1))))
                            .build(),
                        MysqlxCrud.Find.newBuilder()
                            .setCollection(collection(SHARED, "docs"))
                            .setDataModel(MysqlxCrud.DataModel.DOCUMENT)
                            .setCriteria(placeholder(0))
                            .build(),
                        findAll(SHARED, "docs").toBuilder()
                            .setLocking(MysqlxCrud.Find.RowLock.SHARED_LOCK)
                            .build())
                    .leave()));
  }

  private static void expectations(List<Conversation> all) {
    all.add(
        conversation(
            "an Expect block that holds",
            talk -> talk.login().ask(expectNoError(), sql("SELECT 1"), expectClose()).leave()));
    all.add(
        conversation(
            "an Expect block that fails",
            talk ->
                talk.login()
                    .ask(
                        expectNoError(),
                        sql("SELECT 1"),
                        sql("garbage"),
                        sql("SELECT 2"),
                        prepareSql(1, "SELECT 1"),
                        execute(1),
                        cursorFetch(1, 1),
                        command("ping"),
                        findAll(SHARED, "docs"),
                        capabilitiesGet(),
                        expectClose(),
                        sql("SELECT 3"),
                        expectClose())
                    .leave()));
    all.add(
        conversation(
            "an Expect block in one write",
            talk ->
                talk.login()
                    .sendAtOnce(
                        expectNoError(),
                        sql("SELECT 1"),
                        sql("garbage"),
                        sql("SELECT 2"),
                        expectClose(),
                        sql("SELECT 3"))
                    .responses(6)
                    .leave()));
    all.add(
        conversation(
            "Expect blocks inside one another",
            talk ->
                talk.login()
                    .sendAtOnce(
                        expectNoError(),
                        expectNoError(),
                        sql("garbage"),
                        expectNoError(),
                        sql("SELECT 1"),
                        expectClose(),
                        expectClose(),
                        sql("SELECT 2"),
                        expectClose(),
                        sql("SELECT 3"))
                    .responses(10)
                    .leave()));
    all.add(
        conversation(
            "a reset inside a failed Expect block",
            talk ->
                talk.login()
                    .ask(
                        expectNoError(),
                        sql("garbage"),
                        sessionReset(true),
                        sql("SELECT 1"),
                        expectClose(),
                        sql("SELECT 2"))
                    .leave()));
    all.add(
        conversation(
            "a reset inside an Expect block that holds",
            talk ->
                talk.login()
                    .ask(
                        expectNoError(),
                        sql("SELECT 1"),
                        sessionReset(true),
                        sql("garbage"),
                        sql("SELECT 1"),
                        expectClose(),
                        expectClose())
                    .leave()));
    all.add(
        conversation(
            "a new login inside a failed Expect block",
            talk ->
                talk.login()
                    .ask(expectNoError(), sql("garbage"), sessionReset(false))
                    .authenticate()
                    .ask(sql("SELECT 1"), expectClose())
                    .leave()));
    all.add(
        conversation(
            "leaving inside a failed Expect block",
            talk ->
                talk.login()
                    .ask(expectNoError(), sql("garbage"), sessionClose())
                    .authenticate()
                    .ask(expectNoError(), sql("garbage"))
                    .leave()));
    all.add(
        conversation(
            "conditions",
            talk ->
                talk.login()
                    .ask(
                        expectOpen(2, utf8("6.1")),
                        expectClose(),
                        expectOpen(2, utf8("6.99")),
                        sql("SELECT 1"),
                        expectClose(),
                        expectOpen(2, utf8("garbage")),
                        expectClose(),
                        expectOpen(3, ByteString.EMPTY),
                        expectClose(),
                        expectOpen(99, ByteString.EMPTY),
                        expectClose(),
                        expectOpen(1, utf8("0")),
                        sql("garbage"),
                        sql("SELECT 1"),
                        expectClose(),
                        MysqlxExpect.Open.newBuilder()
                            .setOp(MysqlxExpect.Open.CtxOperation.EXPECT_CTX_EMPTY)
                            .build(),
                        sql("garbage"),
                        sql("SELECT 1"),
                        expectClose(),
                        expectNoError(),
                        MysqlxExpect.Open.newBuilder()
                            .addCond(
                                MysqlxExpect.Open.Condition.newBuilder()
                                    .setConditionKey(1)
                                    .setOp(
                                        MysqlxExpect.Open.Condition.ConditionOperation
                                            .EXPECT_OP_UNSET))
                            .build(),
                        sql("garbage"),
                        sql("SELECT 1"),
                        expectClose(),
                        sql("SELECT 2"),
                        expectClose(),
                        expectClose())
                    .leave()));
  }

  private static void pipelines(List<Conversation> all) {
    all.add(
        conversation(
            "all kinds of requests in one write",
            talk ->
                talk.login()
                    .sendAtOnce(
                        sql("SELECT 1"),
                        sql("garbage"),
                        command("ping"),
                        prepareSql(1, "SELECT n FROM talk_shared.numbers"),
                        execute(1),
                        cursorOpen(1, execute(1), 2),
                        cursorFetch(1, 2),
                        cursorClose(1),
                        deallocate(1),
                        expectNoError(),
                        sql("SELECT 2"),
                        expectClose(),
                        findAll(SHARED, "docs"),
                        sessionReset(true),
                        sql("SELECT 3"),
                        connectionClose())
                    .end()));
    all.add(
        conversation(
            "a hundred statements in one write",
            talk -> {
              Message[] hundred =
                  Collections.nCopies(100, sql("SELECT 'a row'")).toArray(new Message[0]);
              talk.login().sendAtOnce(hundred);
              for (int i = 0; i < 100; i++) {
                talk.responseInShort();
              }
              talk.leave();
            }));
    all.add(
        conversation(
                "all requests in one write, and then FIN",
                talk ->
                    talk.login()
                        .sendAtOnce(sql("SELECT 1"), sql("SELECT SLEEP(0.2)"), sql("SELECT 2"))
                        .halfClose()
                        .end())
            .finishingFirst());
    all.add(
        conversation(
                "a large result, and FIN behind the request",
                talk ->
                    talk.login()
                        .sendAtOnce(sql(manyRows(50_000)), sql("SELECT 2"))
                        .halfClose()
                        .responseInShort()
                        .end())
            .finishingFirst());
    all.add(conversation("FIN in a session at rest", talk -> talk.login().halfClose().end()));
    all.add(conversation("FIN before a login", talk -> talk.frame().secure().halfClose().end()));
    all.add(
        conversation(
                "FIN behind the question for capabilities",
                talk -> talk.secure().send(capabilitiesGet()).halfClose().end())
            .finishingFirst());
    all.add(
        conversation(
                "FIN behind Connection.Close",
                talk -> talk.login().send(connectionClose()).halfClose().end())
            .finishingFirst());
    all.add(
        conversation(
            "a request behind Connection.Close",
            talk -> talk.login().sendAtOnce(connectionClose(), sql("SELECT 1")).end()));
    all.add(
        conversation(
            "killed while at rest",
            talk -> {
              String id = talk.login().connectionId();
              talk.backstage("KILL", "KILL " + id).end();
            }));
    all.add(
        conversation(
            "killed by itself", talk -> talk.login().ask(sql("KILL CONNECTION_ID()")).end()));
    all.add(
        conversation(
            "killed while asleep, without notices",
            talk -> {
              String id =
                  talk.login()
                      .ask(command("disable_notices", field("notice", string("warnings"))))
                      .connectionId();
              talk.backstage("KILL", "KILL " + id).end();
            }));
    all.add(
        conversation(
            "idle for too long",
            talk -> talk.login().ask(sql("SET SESSION mysqlx_wait_timeout = 1")).end()));
  }

  private static void counters(List<Conversation> all) {
    all.add(
        conversation(
                "what the server counts in a session",
                talk ->
                    talk.secure()
                        .ask(capabilitiesGet())
                        .authenticate()
                        .counters()
                        .ask(
                            sql("SELECT n FROM talk_shared.numbers"),
                            sql("garbage"),
                            sql("SELECT 1/0"),
                            command("ping"))
                        .ask(
                            prepareSql(1, "SELECT 1"),
                            execute(1),
                            cursorOpen(1, execute(1), 1),
                            cursorClose(1),
                            deallocate(1))
                        .ask(expectNoError(), expectClose(), findAll(SHARED, "docs"))
                        .sendFrame(99, ByteString.EMPTY)
                        .response()
                        .counters()
                        .leave())
            .readingCounters());
    all.add(
        conversation(
                "what the server counts over two logins",
                talk ->
                    talk.login()
                        .ask(sql("SELECT 1"))
                        .countersWithoutBytes()
                        .ask(sessionReset(true))
                        .countersWithoutBytes()
                        .ask(sessionReset(false))
                        .authenticate()
                        .ask(sql("SELECT 1"))
                        .countersWithoutBytes()
                        .leave())
            .readingCounters());
    all.add(
        conversation(
                "what the server counts of bytes that come one by one",
                talk ->
                    talk.login()
                        .sendSplit(sql("SELECT 1"), sql("SELECT 2"))
                        .responses(2)
                        .counters()
                        .leave())
            .readingCounters());
  }

  private static Message namespace(String namespace, String statement) {
    return MysqlxSql.StmtExecute.newBuilder()
        .setNamespace(namespace)
        .setStmt(utf8(statement))
        .build();
  }

  /** A query for the numbers from 1 up to this one, in this order. */
  static String manyRows(int count) {
    return "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < "
        + count
        + ") SELECT /*+ SET_VAR(cte_max_recursion_depth = 1000000) */ n FROM r";
  }
}
