package dev.lastword.testing.classic;

import dev.lastword.testing.MySqlServer;
import java.net.InetSocketAddress;
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

  /** Tables and procedures that all conversations share; nobody writes to them. */
  public static final String SCHEMA = "talk_shared";

  private static final List<String> USERS =
      List.of(
          "talk",
          "talk_expired",
          "talk_locked",
          "talk_tls_only",
          "talk_poor",
          "talk_single",
          "talk_empty",
          "talk_elder",
          "talk_elder_empty",
          "talk_elder_expired",
          "talk_proxied",
          "talk_target",
          "talk_socket",
          "talk_two_factors",
          "talk_two_factors_first_empty",
          "talk_no_login",
          "talk_role_holder");

  private final Connection root;
  private final InetSocketAddress server;

  private Backstage(Connection root, InetSocketAddress server) {
    this.root = root;
    this.server = server;
  }

  /** The options of {@code mysqld} that conversations need. */
  public static String[] serverOptions() {
    return new String[] {
      "--log-bin=binlog",
      "--server-id=1",
      "--sync-binlog=0",
      // A status says whether a statement was slow.
      "--long-query-time=3600",
      "--gtid-mode=ON",
      "--enforce-gtid-consistency=ON",
      "--max-allowed-packet=128M"
    };
  }

  /** Behind this server; {@link #setUp} has not been done. */
  public static Backstage of(MySqlServer server) throws SQLException {
    return new Backstage(
        server.connect(), new InetSocketAddress(server.host(), server.classicPort()));
  }

  /** Makes users and schemas, and lets the server cache passwords. */
  public Backstage setUp() {
    USERS.forEach(user -> sql("DROP USER IF EXISTS '" + user + "'@'%'"));
    sql("DROP ROLE IF EXISTS talk_role");
    installPlugin("auth_socket", "auth_socket.so");
    installPlugin("mysql_no_login", "mysql_no_login.so");
    sql("SET GLOBAL local_infile = ON");
    String by = " IDENTIFIED BY '" + PASSWORD + "'";
    String elder = " IDENTIFIED WITH sha256_password";
    sql("CREATE USER 'talk'@'%'" + by);
    sql("GRANT ALL ON *.* TO 'talk'@'%'");
    sql("CREATE USER 'talk_expired'@'%'" + by);
    sql("CREATE USER 'talk_locked'@'%'" + by + " ACCOUNT LOCK");
    sql("CREATE USER 'talk_tls_only'@'%'" + by + " REQUIRE SSL");
    sql("CREATE USER 'talk_poor'@'%'" + by);
    sql("CREATE USER 'talk_single'@'%'" + by + " WITH MAX_USER_CONNECTIONS 1");
    sql("CREATE USER 'talk_empty'@'%'");
    sql("CREATE USER 'talk_elder'@'%'" + elder + " BY '" + PASSWORD + "'");
    sql("CREATE USER 'talk_elder_empty'@'%'" + elder + " BY ''");
    sql("CREATE USER 'talk_elder_expired'@'%'" + elder + " BY '" + PASSWORD + "' PASSWORD EXPIRE");
    sql("CREATE USER 'talk_proxied'@'%'" + elder + " BY '" + PASSWORD + "'");
    sql("CREATE USER 'talk_target'@'%'" + by);
    sql("GRANT PROXY ON 'talk_target'@'%' TO 'talk_proxied'@'%'");
    sql("CREATE USER 'talk_role_holder'@'%'" + by);
    sql("CREATE ROLE talk_role");
    sql("GRANT talk_role TO 'talk_role_holder'@'%'");
    sql("SET DEFAULT ROLE talk_role TO 'talk_role_holder'@'%'");
    // Without the plugins there are no such users, and the answers are those to unknown ones.
    attempt("CREATE USER 'talk_socket'@'%' IDENTIFIED WITH auth_socket");
    attempt("CREATE USER 'talk_no_login'@'%' IDENTIFIED WITH mysql_no_login");
    attempt("CREATE USER 'talk_two_factors'@'%'" + by + " AND IDENTIFIED WITH auth_socket");
    attempt(
        "CREATE USER 'talk_two_factors_first_empty'@'%' IDENTIFIED BY ''"
            + " AND IDENTIFIED WITH auth_socket");
    sql("DROP SCHEMA IF EXISTS " + SCHEMA);
    fillShared();
    sql("GRANT SELECT ON " + SCHEMA + ".* TO talk_role");
    sql("ALTER USER 'talk_expired'@'%' PASSWORD EXPIRE");
    List.of(
            "talk",
            "talk_poor",
            "talk_single",
            "talk_role_holder",
            "talk_expired",
            "talk_locked",
            "talk_tls_only",
            "talk_two_factors")
        .forEach(this::cachePassword);
    return this;
  }

  private void installPlugin(String name, String library) {
    if (sql("SELECT COUNT(*) FROM information_schema.plugins WHERE plugin_name = '" + name + "'")
        .equals("0")) {
      attempt("INSTALL PLUGIN " + name + " SONAME '" + library + "'");
    }
  }

  private void attempt(String statement) {
    try {
      sql(statement);
    } catch (IllegalStateException refused) {
      // Not with this server.
    }
  }

  /** Makes the schema that all share. */
  private void fillShared() {
    fill(SCHEMA);
    sql(
        "CREATE TABLE "
            + SCHEMA
            + ".kinds (i INT UNSIGNED, d DECIMAL(10,3), f DOUBLE, s VARCHAR(20), b BLOB, t DATETIME(3),"
            + " j JSON, e ENUM('x','y'), bits BIT(9), g GEOMETRY) CHARSET utf8mb4");
    sql(
        "INSERT INTO "
            + SCHEMA
            + ".kinds VALUES (4294967295, -1.5, 2.25, 'text', x'00ff', '2024-02-29 12:34:56.789',"
            + " '{\"a\": [1, null]}', 'y', b'101010101', ST_GeomFromText('POINT(1 2)')),"
            + " (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)");
    sql(
        "CREATE PROCEDURE "
            + SCHEMA
            + ".two_sets() BEGIN SELECT 1 AS a; SELECT 2 AS b, 'x' AS c; END");
    sql(
        "CREATE PROCEDURE "
            + SCHEMA
            + ".with_out(IN i INT, OUT o INT, INOUT io INT)"
            + " BEGIN SELECT i AS in_value; SET o = i * 2; SET io = io + i; END");
    sql(
        "CREATE PROCEDURE "
            + SCHEMA
            + ".fails_late() BEGIN SELECT 1 AS a; SELECT * FROM "
            + SCHEMA
            + ".missing; END");
  }

  /** Makes a schema that has as much of the shared one as those need who write. */
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
    sql("CREATE TABLE " + schema + ".made (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(20))");
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

  /**
   * After this the server knows the password of this user well enough for the fast path, even if
   * it does not let the user in.
   */
  void cachePassword(String user) {
    try (ClassicClient client = ClassicClient.connect(server)) {
      client.receiveGreeting();
      client.authenticate(Login.as(user, PASSWORD));
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
}
