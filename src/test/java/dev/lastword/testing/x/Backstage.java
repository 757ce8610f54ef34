package dev.lastword.testing.x;

import dev.lastword.testing.MySqlServer;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;

/**
 * The server behind a stage: what conversations take for granted is put up here, whatever way the
 * conversations themselves take.
 */
public final class Backstage implements AutoCloseable {

  /** The user of a conversation that does not say another one. */
  public static final String USER = "talk";

  /** The password of all users here that have one. */
  public static final String PASSWORD = "Secret-1";

  /** Tables, a collection and procedures that all conversations share; nobody writes to them. */
  public static final String SCHEMA = "talk_shared";

  private final Connection root;
  private final SocketAddress secure;

  private Backstage(Connection root, SocketAddress secure) {
    this.root = root;
    this.secure = secure;
  }

  /** Behind this server; {@link #setUp} has not been done. */
  public static Backstage of(MySqlServer server) throws SQLException {
    // PLAIN is accepted over the Unix socket of any server, and over TCP only inside TLS.
    SocketAddress secure =
        server
            .xSocket()
            .<SocketAddress>map(UnixDomainSocketAddress::of)
            .orElseGet(() -> new InetSocketAddress(server.host(), server.xPort()));
    return new Backstage(server.connect(), secure);
  }

  /** Makes users and schemas, and lets the server remember passwords for SHA256_MEMORY. */
  public Backstage setUp() {
    for (String user :
        List.of(
            "talk",
            "talk_expired",
            "talk_locked",
            "talk_tls_only",
            "talk_poor",
            "talk_single",
            "talk_uncached",
            "talk_empty")) {
      sql("DROP USER IF EXISTS '" + user + "'@'%'");
    }
    String by = " IDENTIFIED BY '" + PASSWORD + "'";
    sql("CREATE USER 'talk'@'%'" + by);
    sql("GRANT ALL ON *.* TO 'talk'@'%'");
    sql("CREATE USER 'talk_expired'@'%'" + by);
    sql("CREATE USER 'talk_locked'@'%'" + by + " ACCOUNT LOCK");
    sql("CREATE USER 'talk_tls_only'@'%'" + by + " REQUIRE SSL");
    sql("CREATE USER 'talk_poor'@'%'" + by);
    sql("CREATE USER 'talk_single'@'%'" + by + " WITH MAX_USER_CONNECTIONS 1");
    sql("CREATE USER 'talk_uncached'@'%'" + by);
    sql("CREATE USER 'talk_empty'@'%'");
    sql("DROP SCHEMA IF EXISTS " + SCHEMA);
    fill(SCHEMA);
    sql("ALTER USER 'talk_expired'@'%' PASSWORD EXPIRE");
    remember("talk");
    remember("talk_tls_only");
    remember("talk_poor");
    remember("talk_single");
    return this;
  }

  /** Makes a schema with the same content as the shared one. */
  void fill(String schema) {
    sql("CREATE SCHEMA " + schema);
    sql(
        "CREATE TABLE "
            + schema
            + ".numbers (n INT PRIMARY KEY, word VARCHAR(20)) CHARSET utf8mb4");
    sql(
        "INSERT INTO "
            + schema
            + ".numbers VALUES (1,'one'),(2,'two'),(3,'three'),(4,NULL),(5,'five')");
    sql(
        "CREATE PROCEDURE "
            + schema
            + ".two_sets() BEGIN SELECT 1 AS a; SELECT 2 AS b, 'x' AS c; END");
    sql(
        "CREATE PROCEDURE "
            + schema
            + ".with_out(IN i INT, OUT o INT, INOUT io INT)"
            + " BEGIN SELECT i AS in_value; SET o = i * 2; SET io = io + i; END");
    sql(
        "CREATE PROCEDURE "
            + schema
            + ".fails_late() BEGIN SELECT 1 AS a; SELECT * FROM "
            + schema
            + ".missing; END");
    sql(
        "CREATE TABLE "
            + schema
            + ".docs (doc JSON, _id VARBINARY(32) GENERATED ALWAYS AS"
            + " (JSON_UNQUOTE(JSON_EXTRACT(doc, '$._id'))) STORED PRIMARY KEY,"
            + " _json_schema JSON GENERATED ALWAYS AS ('{\"type\":\"object\"}') VIRTUAL,"
            + " CONSTRAINT `$val_strict_docs` CHECK (JSON_SCHEMA_VALID(_json_schema, doc)) NOT ENFORCED)"
            + " CHARSET utf8mb4");
    sql(
        "INSERT INTO "
            + schema
            + ".docs (doc) VALUES ('{\"_id\":\"a\",\"n\":1}'), ('{\"_id\":\"b\",\"n\":2}'),"
            + " ('{\"_id\":\"c\",\"n\":3}')");
  }

  void drop(String schema) {
    sql("DROP SCHEMA IF EXISTS " + schema);
  }

  /** Runs SQL with all rights; returns the first value of the first row, or nothing. */
  synchronized String sql(String statement) {
    try (Statement jdbc = root.createStatement()) {
      if (jdbc.execute(statement)) {
        try (ResultSet rows = jdbc.getResultSet()) {
          return rows.next() ? String.valueOf(rows.getString(1)) : "";
        }
      }
      return "";
    } catch (SQLException failed) {
      throw new IllegalStateException(statement, failed);
    }
  }

  @Override
  public void close() {
    try {
      root.close();
    } catch (SQLException failed) {
      throw new IllegalStateException(failed);
    }
  }

  /** The password of this user, after this, is good for SHA256_MEMORY. */
  private void remember(String user) {
    try (XClient client = XClient.connect(secure)) {
      client.receive();
      // Without TLS this is a Unix socket, and only the user who must use TLS stays unknown.
      if (!client.ask(XMessages.capabilitiesSet(XMessages.tls(true))).failed()) {
        client.handshake();
      }
      client.authenticatePlain("", user, PASSWORD);
      client.ask(XMessages.connectionClose());
    }
  }

  /** Global variables that are not what they mostly are. */
  interface Globals extends AutoCloseable {
    @Override
    void close();
  }

  /** Sets global variables; they are what they were before on close. */
  Globals with(Map<String, String> globals) {
    globals.forEach((name, value) -> {
      sql("SET @before_" + name + " = @@GLOBAL." + name);
      sql("SET GLOBAL " + name + " = " + value);
    });
    return () -> globals.keySet().forEach(name -> sql("SET GLOBAL " + name + " = @before_" + name));
  }

  /** Waits until the server has seen the end of all X connections that it ever had. */
  void awaitNobody() throws InterruptedException {
    long deadline = System.nanoTime() + XClient.DEADLINE.toNanos();
    while (!sql(OPEN_CONNECTIONS).equals("0")) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("still connected: " + sql(OPEN_CONNECTIONS));
      }
      Thread.sleep(5);
    }
  }

  private static final String OPEN_CONNECTIONS =
      "SELECT CAST(SUM(IF(variable_name = 'Mysqlx_connections_accepted', 1, -1) * variable_value) AS SIGNED)"
          + " FROM performance_schema.global_status WHERE variable_name IN"
          + " ('Mysqlx_connections_accepted', 'Mysqlx_connections_closed')";
}
