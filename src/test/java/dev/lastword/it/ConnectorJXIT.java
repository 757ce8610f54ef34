package dev.lastword.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.mysql.cj.exceptions.CJException;
import com.mysql.cj.xdevapi.Client;
import com.mysql.cj.xdevapi.ClientFactory;
import com.mysql.cj.xdevapi.Collection;
import com.mysql.cj.xdevapi.DocResult;
import com.mysql.cj.xdevapi.FindStatement;
import com.mysql.cj.xdevapi.Row;
import com.mysql.cj.xdevapi.RowResult;
import com.mysql.cj.xdevapi.Schema;
import com.mysql.cj.xdevapi.Session;
import com.mysql.cj.xdevapi.SessionFactory;
import com.mysql.cj.xdevapi.SqlResult;
import com.mysql.cj.xdevapi.Statement;
import com.mysql.cj.xdevapi.Table;
import dev.lastword.session.Activity;
import dev.lastword.testing.MySqlServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * MySQL Connector/J's X DevAPI, as it comes from Maven Central. Each piece of an application runs twice, against the server and through
 * the proxy, and what it got to see must be the same.
 */
class ConnectorJXIT {
  private static final String SCHEMA = "connector_j";
  private static final String WRONG = "wrong";

  private static MySqlServer server;
  private static Front front;

  @BeforeAll
  static void start() {
    server = MySqlServer.shared();
    front = Front.of(server);
    // Without TLS only the challenge with SHA-256 is left, and the server remembers a password for
    // it from a login with TLS on.
    new SessionFactory().getSession(url(server.xPort(), "REQUIRED", "DISABLED")).close();
  }

  @AfterAll
  static void stop() {
    front.close();
    server.sql("DROP SCHEMA IF EXISTS " + SCHEMA);
  }

  /** A piece of an application: what it does with a session, and what it saw. */
  private interface Piece {
    void run(Session session, String url, List<String> seen) throws Exception;
  }

  private static final Map<String, Piece> PIECES =
      Map.ofEntries(
          Map.entry("SQL", ConnectorJXIT::sql),
          Map.entry("collections", ConnectorJXIT::collections),
          Map.entry("tables", ConnectorJXIT::tables),
          Map.entry("prepared finds", ConnectorJXIT::preparedFinds),
          Map.entry("transactions", ConnectorJXIT::transactions),
          Map.entry("large documents", ConnectorJXIT::largeDocuments),
          Map.entry("asynchronous requests", ConnectorJXIT::asynchronous),
          Map.entry("row locks", ConnectorJXIT::rowLocks),
          Map.entry("many rows", ConnectorJXIT::manyRows),
          Map.entry("errors", ConnectorJXIT::errors),
          Map.entry("a pooled client", ConnectorJXIT::pooledClient));

  static Stream<Arguments> pieces() {
    return PIECES.keySet().stream()
        .sorted()
        .flatMap(piece ->
            Stream.of("DISABLED", "REQUIRED")
                .flatMap(tls ->
                    Stream.of("DISABLED", "REQUIRED")
                        .map(compression -> Arguments.of(piece, tls, compression))));
  }

  @ParameterizedTest(name = "{0}, TLS {1}, compression {2}")
  @MethodSource("pieces")
  // The driver itself waits for ever for an answer that does not come.
  @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void an_application_sees_through_the_proxy_what_it_sees_without(
      String piece, String tls, String compression) throws Exception {
    List<String> direct = play(piece, url(server.xPort(), tls, compression));
    List<String> proxied = play(piece, url(front.port(), tls, compression));
    assertThat(direct).isNotEmpty();
    assertThat(proxied).isEqualTo(direct);
    awaitNobodyLoggedIn();
  }

  /** A login that failed is left open by the driver, until the server, or the proxy, has waited long enough. */
  private static void awaitNobodyLoggedIn() {
    Front.soon()
        .until(() ->
            front.proxy().sessions().live().stream()
                .allMatch(s -> Front.ask(s, s::activity) == Activity.UNAUTHENTICATED));
  }

  private static String url(int port, String tls, String compression) {
    return "mysqlx://%s:%s@127.0.0.1:%d/?xdevapi.ssl-mode=%s&xdevapi.compression=%s&xdevapi.connect-timeout=20000"
        .formatted(server.user(), server.password(), port, tls, compression);
  }

  private static List<String> play(String piece, String url) throws Exception {
    List<String> seen = new ArrayList<>();
    Session session = new SessionFactory().getSession(url);
    try {
      session.sql("DROP SCHEMA IF EXISTS " + SCHEMA).execute();
      session.createSchema(SCHEMA);
      session.sql("USE " + SCHEMA).execute();
      Objects.requireNonNull(PIECES.get(piece)).run(session, url, seen);
      var cipher = session.sql("SHOW SESSION STATUS LIKE 'Mysqlx_ssl_cipher'").execute().fetchOne();
      seen.add("encrypted: " + !cipher.getString(1).isEmpty());
      var algorithm =
          session.sql("SHOW SESSION STATUS LIKE 'Mysqlx_compression_algorithm'").execute();
      seen.add("compression: " + algorithm.fetchOne().getString(1));
    } finally {
      session.close();
    }
    return seen;
  }

  // ---- the pieces

  private static void sql(Session session, String url, List<String> seen) {
    var create =
        session
            .sql(
                "CREATE TABLE t (i INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(20), d DOUBLE, j JSON)")
            .execute();
    seen.add("created " + create.getAffectedItemsCount());
    for (int i = 0; i < 5; i++) {
      SqlResult inserted =
          session
              .sql("INSERT INTO t (v, d, j) VALUES (?, ?, ?)")
              .bind("v" + i, i / 3.0, "{\"n\": " + i + "}")
              .execute();
      seen.add(inserted.getAffectedItemsCount() + " as " + inserted.getAutoIncrementValue());
    }
    SqlResult rows = session.sql("SELECT *, NOW() IS NULL, NULL, 1e10, i / 3 FROM t").execute();
    rows.getColumns()
        .forEach(c -> seen.add(c.getColumnName() + " " + c.getType() + " " + c.getLength()));
    add(seen, rows);
    session
        .sql("CREATE PROCEDURE p() BEGIN SELECT 1 AS a; SELECT i, v FROM t; SELECT 'last'; END")
        .execute();
    SqlResult several = session.sql("CALL p()").execute();
    do {
      if (several.hasData()) {
        add(seen, several);
      }
    } while (several.nextResult());
    SqlResult warned = session.sql("SELECT CAST('x' AS SIGNED), 1 / 0").execute();
    add(seen, warned);
    warned
        .getWarnings()
        .forEachRemaining(w -> seen.add(w.getLevel() + " " + w.getCode() + " " + w.getMessage()));
    seen.add(session.getDefaultSchemaName());
    session.getSchemas().forEach(s -> seen.add("schema " + s.getName()));
  }

  private static void collections(Session session, String url, List<String> seen) {
    Schema schema = session.getSchema(SCHEMA);
    Collection people = schema.createCollection("people");
    for (int i = 0; i < 20; i++) {
      var added =
          people
              .add(
                  "{\"_id\": \"p%02d\", \"name\": \"n%d\", \"age\": %d}"
                      .formatted(i, i, 20 + i % 7))
              .execute();
      seen.add("added " + added.getAffectedItemsCount());
    }
    seen.add("generated " + people.add("{\"name\": \"x\"}").execute().getGeneratedIds().size());
    add(seen, people.find("age > :a").bind("a", 24).sort("_id").limit(5).offset(1).execute());
    add(
        seen,
        people
            .find("name != 'x'")
            .fields("age AS age", "count(*) AS n")
            .groupBy("age")
            .sort("age")
            .execute());
    var modified = people.modify("age = 22").set("grown", true).unset("name").execute();
    seen.add("modified " + modified.getAffectedItemsCount());
    seen.add("removed " + people.remove("age = 23").execute().getAffectedItemsCount());
    seen.add("count " + people.count());
    seen.add(String.valueOf(people.getOne("p02")));
    seen.add(String.valueOf(people.getOne("nobody")));
    people.addOrReplaceOne("p02", "{\"_id\": \"p02\", \"new\": [1, 2, {\"a\": null}]}");
    seen.add(String.valueOf(people.getOne("p02")));
    seen.add("one removed " + people.removeOne("p02").getAffectedItemsCount());
    people.createIndex(
        "by_age", "{\"fields\": [{\"field\": \"$.age\", \"type\": \"INT\"}], \"type\": \"INDEX\"}");
    add(seen, people.find("age = 26").sort("_id").execute());
    people.dropIndex("by_age");
    schema.getCollections().forEach(c -> seen.add("collection " + c.getName()));
    schema.dropCollection("people");
    seen.add(String.valueOf(people.existsInDatabase()));
  }

  private static void tables(Session session, String url, List<String> seen) {
    session.sql("CREATE TABLE t (i INT PRIMARY KEY, v TEXT)").execute();
    Table table = session.getSchema(SCHEMA).getTable("t");
    var insert = table.insert("i", "v");
    for (int i = 0; i < 100; i++) {
      insert.values(i, "value " + i);
    }
    seen.add("inserted " + insert.execute().getAffectedItemsCount());
    add(
        seen,
        table
            .select("i * 2 AS d", "v")
            .where("i > :low AND v LIKE :pattern")
            .orderBy("i DESC")
            .limit(7)
            .bind("low", 10)
            .bind("pattern", "%5%")
            .execute());
    seen.add(
        "updated "
            + table.update().set("v", "new").where("i < 10").execute().getAffectedItemsCount());
    seen.add("deleted " + table.delete().where("i >= 90").execute().getAffectedItemsCount());
    seen.add("count " + table.count() + ", view " + table.isView());
  }

  private static void preparedFinds(Session session, String url, List<String> seen) {
    Collection numbers = session.getSchema(SCHEMA).createCollection("numbers");
    for (int i = 0; i < 50; i++) {
      numbers.add("{\"_id\": \"%03d\", \"n\": %d}".formatted(i, i)).execute();
    }
    FindStatement find = numbers.find("n % :m = :r").sort("_id");
    for (int i = 0; i < 12; i++) {
      // From the second execution on, the driver prepares the statement.
      add(seen, find.bind("m", 7).bind("r", i % 7).execute());
    }
    add(seen, find.limit(2).bind("m", 2).bind("r", 0).execute());
    add(seen, find.bind("m", 2).bind("r", 1).execute());
    var remove = numbers.remove("n = :n");
    for (int i = 0; i < 5; i++) {
      seen.add("removed " + remove.bind("n", i).execute().getAffectedItemsCount());
    }
    var prepared = session.sql("SHOW SESSION STATUS LIKE 'Mysqlx_prep_%'").execute();
    add(seen, prepared);
  }

  private static void transactions(Session session, String url, List<String> seen) {
    Collection log = session.getSchema(SCHEMA).createCollection("log");
    session.startTransaction();
    log.add("{\"_id\": \"1\"}").execute();
    seen.add("savepoint " + session.setSavepoint("a"));
    log.add("{\"_id\": \"2\"}").execute();
    seen.add("in it " + log.count());
    session.rollbackTo("a");
    seen.add("back " + log.count());
    session.releaseSavepoint("a");
    session.commit();
    session.startTransaction();
    log.remove("true").execute();
    session.rollback();
    seen.add("after " + log.count());
    seen.add(failure(() -> session.rollbackTo("nosuch")));
  }

  private static void largeDocuments(Session session, String url, List<String> seen) {
    Collection large = session.getSchema(SCHEMA).createCollection("large");
    for (int mebibytes : new int[] {1, 9}) {
      String text = "0123456789abcdef".repeat(mebibytes << 16);
      large.add("{\"_id\": \"%d\", \"text\": \"%s\"}".formatted(mebibytes, text)).execute();
      String back = String.valueOf(large.getOne(String.valueOf(mebibytes)).get("text"));
      seen.add(back.length() + " " + back.hashCode());
    }
  }

  private static void asynchronous(Session session, String url, List<String> seen) {
    Collection many = session.getSchema(SCHEMA).createCollection("many");
    List<CompletableFuture<?>> all = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      all.add(many.add("{\"_id\": \"%03d\", \"n\": %d}".formatted(i, i)).executeAsync());
    }
    CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
    List<CompletableFuture<String>> answers = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      answers.add(
          many.find("n = :n")
              .bind("n", i)
              .executeAsync()
              .thenApply(result -> String.valueOf(result.fetchOne())));
      answers.add(
          session
              .sql(i % 10 == 0 ? "SELECT nothing" : "SELECT " + i)
              .executeAsync()
              .handle((result, e) -> e == null ? result.fetchOne().getString(0) : text(e)));
    }
    answers.forEach(answer -> seen.add(answer.join()));
  }

  private static void rowLocks(Session session, String url, List<String> seen) {
    Collection locked = session.getSchema(SCHEMA).createCollection("locked");
    for (int i = 0; i < 5; i++) {
      locked.add("{\"_id\": \"%d\"}".formatted(i)).execute();
    }
    Session other = new SessionFactory().getSession(url);
    try {
      Collection same = other.getSchema(SCHEMA).getCollection("locked");
      session.startTransaction();
      add(seen, locked.find("_id = '1'").lockExclusive().execute());
      other.startTransaction();
      seen.add(
          failure(() ->
              same.find("_id = '1'").lockExclusive(Statement.LockContention.NOWAIT).execute()));
      add(seen, same.find().sort("_id").lockShared(Statement.LockContention.SKIP_LOCKED).execute());
      other.rollback();
      CompletableFuture<DocResult> waiting = same.find("_id = '1'").lockShared().executeAsync();
      session.commit();
      add(seen, waiting.join());
    } finally {
      other.close();
    }
  }

  private static void manyRows(Session session, String url, List<String> seen) {
    SqlResult rows =
        session
            .sql(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
                    + " SELECT /*+ SET_VAR(cte_max_recursion_depth = 100000) */ i, SHA2(i, 256) FROM n")
            .execute();
    int sum = 0;
    int count = 0;
    while (rows.hasNext()) {
      Row row = rows.next();
      sum = sum * 31 + row.getString(1).hashCode() + row.getInt(0);
      count++;
    }
    seen.add(count + " rows, " + sum);
    // A result that is given up: the driver reads the rest by itself.
    SqlResult begun = session.sql("SELECT * FROM information_schema.collations").execute();
    seen.add(String.valueOf(begun.next().getString(0)));
    seen.add(session.sql("SELECT 'next'").execute().fetchOne().getString(0));
  }

  private static void errors(Session session, String url, List<String> seen) {
    Collection once = session.getSchema(SCHEMA).createCollection("once");
    once.add("{\"_id\": \"1\"}").execute();
    seen.add(failure(() -> once.add("{\"_id\": \"1\"}").execute()));
    seen.add(failure(() -> once.find("a ~~ b").execute()));
    seen.add(failure(() -> session.sql("SELEKT").execute()));
    seen.add(failure(() -> session.getSchema("nosuch").createCollection("c")));
    seen.add(failure(() -> session.getSchema(SCHEMA).createCollection("once")));
    seen.add(failure(() -> session.getSchema(SCHEMA).getCollection("none", true)));
    seen.add(failure(() -> session.sql("SELECT ?").execute()));
    seen.add(failure(() -> once.modify("true").set("$", 1).execute()));
    seen.add(
        failure(() ->
            new SessionFactory()
                .getSession(url.replace(server.password() + "@", WRONG + "@"))
                .close()));
    seen.add(
        failure(
            () -> new SessionFactory().getSession(url.replace("/?", "/nosuchschema?")).close()));
    seen.add(once.count() + " left");
  }

  private static void pooledClient(Session session, String url, List<String> seen) {
    Client client =
        new ClientFactory()
            .getClient(
                url,
                "{\"pooling\": {\"enabled\": true, \"maxSize\": 3, \"queueTimeout\": 200, \"maxIdleTime\": 10000}}");
    try {
      for (int round = 0; round < 5; round++) {
        List<Session> taken = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          Session pooled = client.getSession();
          taken.add(pooled);
          seen.add(pooled.sql("SELECT @left_over").execute().fetchOne().getString(0));
          pooled.sql("SET @left_over = 'x'").execute();
          pooled.sql("CREATE TEMPORARY TABLE connector_j.temporary (i INT)").execute();
          pooled.startTransaction();
        }
        if (round == 0) {
          seen.add(failure(client::getSession));
        }
        // Back to the pool, which resets them and keeps their connections.
        taken.forEach(Session::close);
      }
    } finally {
      client.close();
    }
    seen.add(failure(client::getSession));
  }

  // ---- what was seen

  private interface Action {
    void run() throws Exception;
  }

  private static String failure(Action action) {
    try {
      action.run();
      return "no failure";
    } catch (Exception e) {
      return text(e);
    }
  }

  private static String text(Throwable e) {
    return switch (e) {
      case CJException error when error.getCause() == null ->
          error.getVendorCode() + " " + error.getSQLState() + " " + error.getMessage();
      default -> {
        Throwable cause = e.getCause();
        yield e.getClass().getSimpleName()
            + " "
            + e.getMessage()
            + (cause == null ? "" : ": " + text(cause));
      }
    };
  }

  private static void add(List<String> seen, RowResult rows) {
    int columns = rows.getColumnCount();
    while (rows.hasNext()) {
      Row row = rows.next();
      List<String> values = new ArrayList<>();
      for (int i = 0; i < columns; i++) {
        values.add(row.getString(i));
      }
      seen.add(String.join(", ", values));
    }
  }

  private static void add(List<String> seen, DocResult documents) {
    documents.forEachRemaining(document -> seen.add(document.toString()));
  }
}
