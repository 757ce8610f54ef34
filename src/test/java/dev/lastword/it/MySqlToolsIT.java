package dev.lastword.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.it.Program.Finished;
import dev.lastword.testing.MySqlServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The programs that come with a MySQL server, run against it and through the proxy: what they write, and how they end, must be the same.
 * They are built on libmysqlclient. A server that replicates through the proxy is one of them.
 */
class MySqlToolsIT {
  private static final String[] SOURCE = {
    "--log-bin=binlog",
    "--server-id=1",
    "--gtid-mode=ON",
    "--enforce-gtid-consistency=ON",
    "--local-infile=ON",
    "--max-allowed-packet=64M"
  };

  private static MySqlServer server;
  private static Front front;
  private static Path directory;
  private static MySqlTools tools;

  @BeforeAll
  static void start() throws Exception {
    directory = Front.temporary();
    server = MySqlServer.launch(SOURCE);
    front = Front.classic(server);
    tools = new MySqlTools(server, directory);
    load();
  }

  @AfterAll
  static void stop() {
    if (front != null) {
      front.close();
    }
    server.close();
    Front.delete(directory);
  }

  @AfterEach
  void nobodyIsLeft() {
    front.awaitNoSessions();
  }

  /** A schema with everything that a dump can hold. */
  private static void load() throws Exception {
    String script =
        """
        CREATE SCHEMA tools;
        USE tools;
        CREATE TABLE all_types (
          id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, t TINYINT, s SMALLINT, m MEDIUMINT, b BIGINT, u BIGINT UNSIGNED, bo BOOL,
          f FLOAT, d DOUBLE, n DECIMAL(40, 10), bits BIT(20), c CHAR(10), v VARCHAR(300) CHARACTER SET latin1, tx MEDIUMTEXT,
          bin BINARY(8), vb VARBINARY(300), bl LONGBLOB, e ENUM('one', 'two'), st SET('a', 'b', 'c'), da DATE, ti TIME(6),
          dt DATETIME(3), ts TIMESTAMP(6) NULL, y YEAR, j JSON, g GEOMETRY, gen INT AS (s + 1) STORED) COMMENT 'all of them';
        INSERT INTO all_types
          (t, s, m, b, u, bo, f, d, n, bits, c, v, tx, bin, vb, bl, e, st, da, ti, dt, ts, y, j, g)
          VALUES
          (-128, -32768, -8388608, -9223372036854775808, 18446744073709551615, TRUE, 1.5, -2.25e300, 123456789012345678901234567890.0123456789,
           b'10101010101010101010', 'char', 'caf\\u00e9', REPEAT('text ', 5000), x'0001020304050607', x'00ff', REPEAT(x'00ff0a0d1a275c22', 10000),
           'two', 'a,c', '2026-11-21', '-838:59:59', '2026-11-21 17:23:52.123', '2026-11-21 17:23:52.123456', 2026,
           '{"a": [1, 2.5, null, "x"]}', ST_GeomFromText('POINT(1 2)')),
          (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
          (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '', '', '', '', '', '', 'one', '', '1000-01-01', '00:00:00', '1000-01-01', NULL, 1901, 'null', NULL);
        CREATE TABLE many (i INT PRIMARY KEY, text VARCHAR(100), KEY (text));
        SET cte_max_recursion_depth = 100000;
        INSERT INTO many WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) SELECT i, CONCAT('row ', i, ' of them') FROM n;
        CREATE VIEW some AS SELECT * FROM many WHERE i < 10;
        DELIMITER //
        CREATE PROCEDURE several (IN wanted INT, OUT found INT)
        BEGIN
          SELECT 'first' AS result;
          SELECT i, text FROM many WHERE i <= wanted ORDER BY i;
          SELECT COUNT(*) INTO found FROM many WHERE i <= wanted;
        END//
        CREATE FUNCTION twice (x INT) RETURNS INT DETERMINISTIC RETURN 2 * x//
        CREATE TRIGGER before_many BEFORE INSERT ON many FOR EACH ROW SET NEW.text = TRIM(NEW.text)//
        CREATE EVENT never ON SCHEDULE EVERY 1 YEAR STARTS '2030-01-01' DISABLE DO SELECT 1//
        DELIMITER ;
        """
            .replace("\\u00e9", "\u00e9");
    Finished loaded =
        tools.run("mysql", server.classicPort(), script, "--default-character-set=utf8mb4");
    assertThat(loaded.status()).as(loaded.errors()).isZero();
  }

  // ---- mysql

  private static final Map<String, String> SCRIPTS =
      Map.of(
          "queries",
          """
          SELECT 1, NULL, 'text', 2.50, NOW() > '2020-01-01';
          SELECT * FROM all_types ORDER BY id\\G
          SELECT * FROM some;
          SELECT COUNT(*), SUM(CRC32(text)) FROM many;
          SELECT * FROM many ORDER BY i;
          SHOW CREATE TABLE all_types\\G
          SHOW WARNINGS;
          """,
          "errors",
          """
          SELECT * FROM nothing;
          SELEC 1;
          INSERT INTO many VALUES (1, 'double');
          SELECT 1 / 0;
          SHOW WARNINGS;
          SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'mine', MYSQL_ERRNO = 4711;
          KILL QUERY CONNECTION_ID();
          SELECT 'and on';
          """,
          "procedures",
          """
          CALL several(3, @found);
          SELECT @found, twice(21);
          CALL several(0, @found);
          CALL none();
          DELIMITER //
          SELECT 1; SELECT 2; SELECT * FROM nothing; SELECT 3//
          SELECT 1; SELECT 2//
          DELIMITER ;
          """,
          "prepared statements",
          """
          PREPARE p FROM 'SELECT text FROM many WHERE i = ? OR text = ?';
          SET @i = 7, @t = 'row 9 of them';
          EXECUTE p USING @i, @t;
          SET @i = NULL;
          EXECUTE p USING @i, @t;
          DEALLOCATE PREPARE p;
          EXECUTE p USING @i, @t;
          """,
          "transactions",
          """
          START TRANSACTION;
          INSERT INTO many VALUES (100001, ' trimmed ');
          SAVEPOINT s;
          UPDATE many SET text = 'changed' WHERE i = 100001;
          ROLLBACK TO s;
          SELECT * FROM many WHERE i > 100000;
          ROLLBACK;
          SELECT * FROM many WHERE i > 100000;
          SET autocommit = 0;
          DELETE FROM many;
          SELECT COUNT(*) FROM many;
          """,
          "sessions",
          """
          SET @mine = 1;
          SELECT @mine, DATABASE();
          \\x
          SELECT @mine, DATABASE();
          CREATE TEMPORARY TABLE t (i INT);
          \\r
          SELECT * FROM t;
          USE mysql;
          SELECT DATABASE(), USER();
          \\u tools
          SELECT DATABASE(), CURRENT_USER();
          USE none;
          \\W
          SELECT CAST('x' AS SIGNED);
          query_attributes one 1 two 2
          SELECT mysql_query_attribute_string('one');
          SELECT 1; QUIT
          """,
          "long packets",
          """
          SELECT REPEAT('x', 16777214);
          SELECT REPEAT('y', 16777215);
          SELECT REPEAT('z', 40000000), 1;
          SELECT REPEAT('w', 70000000);
          SELECT 'and on';
          """);

  static Stream<Arguments> scripts() {
    return SCRIPTS.keySet().stream()
        .sorted()
        .flatMap(script ->
            Stream.of(
                Arguments.of(script, "DISABLED", "uncompressed"),
                Arguments.of(script, "REQUIRED", "uncompressed"),
                Arguments.of(script, "DISABLED", "zlib"),
                Arguments.of(script, "REQUIRED", "zstd")));
  }

  @ParameterizedTest(name = "{0}, TLS {1}, {2}")
  @MethodSource("scripts")
  void mysql_shows_through_the_proxy_what_it_shows_without(
      String script, String tls, String compression) throws Exception {
    String[] arguments = {
      "--table",
      "--force",
      "--show-warnings",
      "--comments",
      "--column-type-info",
      "--default-character-set=utf8mb4",
      "--max-allowed-packet=1G",
      "--ssl-mode=" + tls,
      "--compression-algorithms=" + compression,
      "--get-server-public-key",
      "tools"
    };
    same("mysql", Objects.requireNonNull(SCRIPTS.get(script)), arguments);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--vertical", "--xml", "--html", "--batch", "--quick", "--unbuffered"})
  void mysql_formats_through_the_proxy_what_it_formats_without(String format) throws Exception {
    same("mysql", "SELECT * FROM all_types; SELECT * FROM many;", format, "--force", "tools");
  }

  @Test
  void mysql_reads_a_batch_file_with_thousands_of_statements() throws Exception {
    Path batch = directory.resolve("batch.sql");
    Files.write(
        batch,
        IntStream.range(0, 5_000)
            .mapToObj(i -> "SELECT %d, REPEAT('%d', %d);".formatted(i, i, i % 50))
            .toList());
    same("mysql", "SOURCE " + batch, "tools");
  }

  @ParameterizedTest
  @ValueSource(strings = {"DISABLED", "REQUIRED"})
  void mysql_loads_a_file_of_its_own(String tls) throws Exception {
    Path file = directory.resolve("rows.txt");
    Files.write(
        file, IntStream.range(0, 200_000).mapToObj(i -> i + "\tsome text " + i * 31).toList());
    Path empty = Files.write(directory.resolve("empty.txt"), new byte[0]);
    String script =
        """
        CREATE OR REPLACE VIEW v AS SELECT 1;
        CREATE TABLE loaded (i INT PRIMARY KEY, text VARCHAR(100));
        LOAD DATA LOCAL INFILE '%s' INTO TABLE loaded;
        SELECT COUNT(*), SUM(CRC32(text)) FROM loaded;
        LOAD DATA LOCAL INFILE '%s' INTO TABLE loaded;
        LOAD DATA LOCAL INFILE '%s' INTO TABLE loaded;
        SHOW WARNINGS LIMIT 3;
        LOAD DATA LOCAL INFILE '%s/none' INTO TABLE loaded;
        SELECT COUNT(*) FROM loaded;
        DROP TABLE loaded;
        """
            .formatted(file, empty, file, directory);
    Finished seen =
        same("mysql", script, "--force", "--local-infile=1", "--ssl-mode=" + tls, "tools");
    assertThat(seen.output()).contains("200000");
    // A client that must not send files says so.
    same(
        "mysql",
        "CREATE TABLE l (i INT); LOAD DATA LOCAL INFILE '" + file + "' INTO TABLE l; DROP TABLE l;",
        "--force",
        "--local-infile=0",
        "tools");
  }

  @Test
  void mysql_is_refused_through_the_proxy_as_it_is_without() throws Exception {
    Finished wrong = same("mysql", "SELECT 1", "--password=wrong");
    assertThat(wrong.errors()).contains("1045");
    Finished nowhere = same("mysql", "SELECT 1", "none");
    assertThat(nowhere.errors()).contains("1049");
    same("mysql", "SELECT 1", "--user=nobody", "--ssl-mode=DISABLED");
  }

  @Test
  void a_kill_by_the_number_that_mysql_sees_works_through_the_proxy() throws Exception {
    Finished killed = same("mysql", "KILL CONNECTION_ID(); SELECT 1;");
    assertThat(killed.errors()).contains("1317");
    assertThat(killed.status()).isEqualTo(1);
  }

  // ---- The others

  @ParameterizedTest
  @ValueSource(strings = {"DISABLED", "REQUIRED"})
  void mysqldump_writes_the_same_bytes(String tls) throws Exception {
    Finished dump =
        same(
            "mysqldump",
            "",
            "--ssl-mode=" + tls,
            "--get-server-public-key",
            "--single-transaction",
            "--skip-dump-date",
            "--hex-blob",
            "--routines",
            "--events",
            "--triggers",
            "--source-data=2",
            "--databases",
            "tools");
    assertThat(dump.output()).contains("PROCEDURE `several`", "Dump completed");
  }

  @Test
  void what_mysqldump_wrote_is_loaded_through_the_proxy_and_is_the_same() throws Exception {
    String[] arguments = {"--skip-dump-date", "--skip-comments", "--set-gtid-purged=OFF"};
    Finished before = dump("tools", arguments);
    server.sql("CREATE SCHEMA copy");
    try {
      Finished loaded =
          Program.run(
              tools.command("mysql", front.classicPort(), "--default-character-set=latin1", "copy"),
              Map.of(),
              // The dump is read as latin1 here and written as UTF-8 there.
              "SET NAMES utf8mb4;\n" + before.output());
      assertThat(loaded.status()).as(loaded.errors()).isZero();
      assertThat(dump("copy", arguments).output()).isEqualTo(before.output());
    } finally {
      server.sql("DROP SCHEMA copy");
    }
  }

  /** Without what is in another character set than ASCII, so that the bytes of a dump survive being text. */
  private static Finished dump(String schema, String... arguments) throws Exception {
    return tools.run(
        "mysqldump",
        front.classicPort(),
        "",
        Stream.concat(Stream.of(arguments), Stream.of("--hex-blob", schema, "many"))
            .toArray(String[]::new));
  }

  @Test
  void mysqlimport_loads_files_as_it_does_without() throws Exception {
    Path file = directory.resolve("imported.txt");
    Files.write(file, IntStream.range(0, 50_000).mapToObj(i -> i + "\ttext " + i).toList());
    server.sql("CREATE TABLE tools.imported (i INT PRIMARY KEY, text VARCHAR(100))");
    try {
      same("mysqlimport", "", "--local", "--delete", "--verbose", "tools", file.toString());
      assertThat(server.sql("SELECT COUNT(*) AS n FROM tools.imported").getFirst().number("n"))
          .isEqualTo(50_000);
    } finally {
      server.sql("DROP TABLE tools.imported");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"BINLOG-DUMP-NON-GTIDS", "BINLOG-DUMP-GTIDS"})
  void mysqlbinlog_reads_the_same_events(String how) throws Exception {
    String log = String.valueOf(server.sql("SHOW BINARY LOGS").getFirst().text("log_name"));
    // A file that grows no more.
    server.sql("FLUSH BINARY LOGS");
    Finished events = same("mysqlbinlog", "", "--read-from-remote-source=" + how, "--verbose", log);
    assertThat(events.output()).contains("PROCEDURE `several`");
    Finished none = same("mysqlbinlog", "", "--read-from-remote-source=" + how, "binlog.999999");
    assertThat(none.status()).isNotZero();
  }

  @Test
  void mysqladmin_says_the_same() throws Exception {
    assertThat(same("mysqladmin", "", "ping").output()).contains("alive");
    same("mysqladmin", "", "create", "tools");
    same("mysqladmin", "", "--force", "drop", "none");
    same("mysqladmin", "", "kill", "999999");
    same("mysqladmin", "", "flush-status");
    for (String command : List.of("status", "version", "variables", "debug")) {
      Finished direct = tools.run("mysqladmin", server.classicPort(), "", command);
      Finished proxied = tools.run("mysqladmin", front.classicPort(), "", command);
      assertThat(numberless(proxied)).as(command).isEqualTo(numberless(direct));
    }
    Finished list = tools.run("mysqladmin", front.classicPort(), "", "processlist");
    assertThat(list.output()).contains("show processlist");
  }

  private static Finished numberless(Finished finished) {
    return new Finished(
        finished.status(),
        finished
            .output()
            .replaceAll("gtid_(executed|purged).*", "$1")
            .replaceAll("[0-9]+", "0")
            .replaceAll("(?m)^pseudo_thread_id.*|^timestamp.*|^Uptime:.*", "")
            .replaceAll(" +", " "),
        finished.errors());
  }

  @Test
  void mysqlslap_ends_well_and_leaves_in_order() throws Exception {
    long before = aborted();
    for (String tls : List.of("DISABLED", "PREFERRED")) {
      Finished slapped =
          tools.run(
              "mysqlslap",
              front.classicPort(),
              "",
              "--ssl-mode=" + tls,
              "--get-server-public-key",
              "--concurrency=8",
              "--iterations=2",
              "--number-of-queries=400",
              "--detach=20",
              "--auto-generate-sql",
              "--auto-generate-sql-load-type=mixed");
      assertThat(slapped.status()).as(slapped.errors()).isZero();
      assertThat(slapped.errors()).isEmpty();
      assertThat(slapped.output()).contains("Number of clients running queries: 8");
    }
    front.awaitNoSessions();
    assertThat(aborted()).isEqualTo(before);
  }

  private static long aborted() {
    return server.sql("SHOW GLOBAL STATUS LIKE 'Aborted_clients'").getFirst().number("value");
  }

  // ---- A replica

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void a_replica_replicates_through_the_proxy_and_survives_a_restart_of_its_source(boolean gtid)
      throws Exception {
    try (MySqlServer source = MySqlServer.launch(SOURCE);
        Front between = Front.classic(source);
        MySqlServer replica =
            MySqlServer.launch(
                "--log-bin=binlog",
                "--server-id=2",
                "--gtid-mode=ON",
                "--enforce-gtid-consistency=ON",
                "--relay-log=relay",
                "--skip-replica-start=OFF",
                "--replica-net-timeout=10")) {
      source.sql("CREATE SCHEMA copied");
      source.sql("CREATE TABLE copied.t (i INT PRIMARY KEY, b LONGBLOB)");
      replica.sql("RESET BINARY LOGS AND GTIDS");
      String position = "SOURCE_AUTO_POSITION=1";
      if (!gtid) {
        replica.sql("CREATE SCHEMA copied");
        replica.sql("CREATE TABLE copied.t (i INT PRIMARY KEY, b LONGBLOB)");
        var status = source.sql("SHOW BINARY LOG STATUS").getFirst();
        position =
            "SOURCE_AUTO_POSITION=0, SOURCE_LOG_FILE='%s', SOURCE_LOG_POS=%s"
                .formatted(status.text("file"), status.text("position"));
      }
      replica.sql(
          """
          CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=%d, SOURCE_USER='%s', SOURCE_PASSWORD='%s',
            SOURCE_SSL=%d, GET_SOURCE_PUBLIC_KEY=1, SOURCE_CONNECT_RETRY=1, SOURCE_RETRY_COUNT=1000, %s
          """
              .formatted(
                  between.classicPort(), source.user(), source.password(), gtid ? 1 : 0, position));
      replica.sql("START REPLICA");
      source.sql("INSERT INTO copied.t VALUES (1, REPEAT('x', 100000))");
      // Longer than a packet can be.
      source.sql("INSERT INTO copied.t VALUES (2, REPEAT('y', 20000000))");
      awaitCopied(source, replica);
      assertThat(between.proxy().sessions().size()).isEqualTo(1);

      source.restart();
      source.sql("INSERT INTO copied.t VALUES (3, 'after')");
      awaitCopied(source, replica);

      replica.sql("STOP REPLICA");
      between.awaitNoSessions();
    }
  }

  private static void awaitCopied(MySqlServer source, MySqlServer replica) {
    String state = "SELECT COUNT(*), SUM(i), SUM(CRC32(b)) FROM copied.t";
    patiently().untilAsserted(() -> assertThat(replica.sql(state)).isEqualTo(source.sql(state)));
  }

  private static ConditionFactory patiently() {
    return org.awaitility.Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptions();
  }

  /** Runs a program against the server and through the proxy, and compares. */
  private static Finished same(String program, String input, String... arguments) throws Exception {
    Finished direct = tools.run(program, server.classicPort(), input, arguments);
    Finished proxied = tools.run(program, front.classicPort(), input, arguments);
    assertThat(proxied.status()).as(proxied.errors()).isEqualTo(direct.status());
    assertThat(proxied.errors()).isEqualTo(direct.errors());
    // A difference in megabytes is not to be shown.
    if (!proxied.output().equals(direct.output())) {
      assertThat(ends(proxied.output())).isEqualTo(ends(direct.output()));
      throw new AssertionError(program + " wrote something else in the middle of its output");
    }
    return direct;
  }

  private static List<String> ends(String text) {
    int shown = Math.min(2_000, text.length());
    return List.of(
        "length " + text.length(), text.substring(0, shown), text.substring(text.length() - shown));
  }
}
