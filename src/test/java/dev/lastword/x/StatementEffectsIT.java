package dev.lastword.x;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import com.mysql.cj.jdbc.JdbcConnection;
import dev.lastword.testing.MySqlServer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * What {@link RequestEffects} and {@link TransactionState} say of a statement, compared with what a server says: the status
 * flags of the classic protocol, on which statements have the same effects. After each statement, failed ones included, the
 * flags come with the answer to {@code DO 1}, which changes nothing.
 */
class StatementEffectsIT {

  private static final String SCHEMA = "effects";

  private static MySqlServer server;

  /** One statement, or several with a semicolon between them; each runs in every situation. */
  static final List<String> STATEMENTS =
      """
      select 1
      select 1 from dual
      select * from a
      SELECT/* */*FROM`a`
      (select * from a)
      ((select * from a))
      select * from a for update
      select extract(year from now())
      select trim(both ' ' from 'x')
      select 'x from y'
      select (select 1)
      select (select count(*) from a)
      select 1 where exists (select 1 from a)
      select 1 from (select 1) x
      select 1 from (select i from a) x
      select count(*) from performance_schema.threads
      select count(*) from information_schema.tables
      select count(*) from mysql.user
      select 1 into @x
      select count(*) into @x from a
      select * from nosuch
      select nosuch from a
      select * from a where 1 = (select i from a)
      table a
      values row(1)
      with x as (select * from a) select * from x
      do 1
      do (select count(*) from a)
      set @x = 1
      set @x = (select 1)
      set @x = (select count(*) from a)
      set names utf8mb4
      set transaction read only
      set session transaction isolation level read committed
      set role none
      set resource group nosuch
      show tables
      show full tables
      show columns from a
      show extended columns from a
      show fields from a
      show index from a
      show keys from a
      show databases
      show table status
      show triggers
      show events
      show procedure status
      show character set
      show collation
      show create table a
      show create view w
      show create user root@localhost
      show status
      show variables
      show engines
      show plugins
      show warnings
      show processlist
      show open tables
      show grants
      show engine innodb status
      describe a
      desc a
      explain a
      explain select 1
      explain select * from a
      explain insert into a values (5, 5)
      help 'select'
      get diagnostics @x = number
      signal sqlstate '45000'
      kill 999999999
      use effects
      use nosuch
      purge binary logs before '2000-01-01'
      purge binary logs to 'nosuch'
      insert into a values (3, 3)
      insert into a values (1, 3)
      insert into a values (null, 3)
      insert into a values (1)
      insert into nosuch values (1)
      update a set v = 2
      update a set v = 'x'
      delete from a where i = 77
      replace into a values (1, 1)
      load data infile '/nonexistent' into table a
      handler a open; handler a read first; handler a close
      checksum table a
      create temporary table b (i int)
      create temporary table b (i int); insert into b values (1)
      create temporary table b as select * from a
      drop temporary table if exists b
      create temporary table b (i int); drop temporary table b
      create temporary table b (i int); drop table b
      create temporary table b (i int); alter table b add j int
      create temporary table b (i int); truncate table b
      prepare s from 'select * from a'
      prepare s from 'select 1'; drop prepare s
      savepoint x
      savepoint x; rollback to x
      savepoint x; rollback work to savepoint x
      savepoint x; release savepoint x
      rollback to nosuch
      begin
      begin work
      begin work and chain
      start transaction
      start transaction read only
      start transaction with consistent snapshot, read only
      start transaction nonsense
      start transaction read only; create table b (i int)
      start transaction read only; insert into a values (3, 3)
      commit
      commit work
      commit and chain
      commit work and chain no release
      commit and no chain no release
      rollback
      rollback work
      rollback and chain
      rollback and no chain
      /* a */ commit
      /*! commit */
      /*!50000 commit */
      /*!99999 commit */
      --commit
      -- commit
      # commit
      CoMmIt  /* and chain */
      set autocommit = 1
      set autocommit = 0
      set autocommit = 0; insert into a values (4, 4)
      set autocommit = 0; insert into a values (4, 4); set autocommit = 0
      set autocommit = 0; insert into a values (4, 4); set autocommit = 1
      set autocommit = 0; set autocommit = 1
      set autocommit = on
      set autocommit = 'off'
      set autocommit = true
      set autocommit = default
      set autocommit = 2
      set @@autocommit = 0
      set @@session.autocommit = 1
      set @@local.`autocommit` := 1
      set session autocommit = 1
      set local autocommit = 0, @x = 1
      set @x = concat('a', 'b,c'), autocommit = 0
      set autocommit = 0, autocommit = 1
      set names utf8mb4, autocommit = 1
      set global sort_buffer_size = 262144, autocommit = 1
      set @@global.sort_buffer_size = 262144, autocommit = 1
      set global sort_buffer_size = 262144, session autocommit = 1
      lock tables a read
      lock tables a write; insert into a values (8, 8)
      lock tables a write; insert into a values (8, 8); unlock tables
      lock tables a read; unlock tables
      lock tables a read; begin
      lock tables a read; begin; unlock tables
      lock tables a read; commit; unlock tables
      lock tables a read; create table b (i int)
      lock tables a write; alter table a add j int
      lock tables nosuch read
      lock tables a read; lock tables nosuch read
      unlock tables
      lock instance for backup; unlock instance
      flush tables
      flush status
      flush privileges
      flush local binary logs
      flush tables with read lock; begin; unlock tables
      flush tables nosuch with read lock
      create table b (i int)
      create table if not exists a (i int)
      create table a (i int)
      create table b as select * from a
      create table b like a
      create table b (
      creat table b (i int)
      create index x on a (v)
      drop index nosuch on a
      alter table a add j int
      alter table a add v int
      alter table nosuch add v int
      rename table a to b
      rename table nosuch to b
      truncate a
      truncate table nosuch
      drop table a
      drop table nosuch
      create or replace view v as select * from a
      create view v as select * from nosuch
      alter view w as select 1
      drop view w
      drop view nosuch
      alter database effects charset utf8mb4
      drop database nosuch
      create procedure pp() select 1
      create definer = root@localhost procedure pp() select 1
      alter procedure p comment 'x'
      drop procedure p
      drop procedure nosuch
      create function ff() returns int deterministic return 1
      drop function nosuch
      create trigger tr before insert on a for each row set @x = 1
      drop trigger nosuch
      create event ev on schedule every 1 day do select 1
      alter event nosuch disable
      drop event nosuch
      create user effects_2; drop user effects_2
      create user effects_1
      drop user nosuch
      alter user effects_1 comment 'x'
      alter user nosuch account lock
      rename user nosuch to effects_2
      grant select on effects.* to effects_1
      grant select on effects.* to nosuch
      revoke select on effects.* from effects_1
      revoke select on effects.* from nosuch
      set password for nosuch = 'x'
      set default role none to effects_1
      create role effects_1
      analyze table a
      analyze table nosuch
      optimize table a
      check table a
      repair table a
      cache index m in default
      load index into cache m
      import table from '/nonexistent.sdi'
      install plugin nosuch soname 'nosuch.so'
      uninstall plugin nosuch
      install component 'file://nosuch'
      uninstall component 'file://nosuch'
      create spatial reference system 990001 name 'x' definition 'x'
      alter tablespace nosuch rename to x
      alter instance reload tls
      start replica
      stop replica
      reset persist
      xa start 'x'
      xa begin 'x'
      xa start 'x'; xa end 'x'
      xa start 'x'; xa end 'x'; xa rollback 'x'
      xa start 'x'; xa end 'x'; xa commit 'x' one phase
      xa start 'x'; xa end 'x'; xa prepare 'x'; xa rollback 'x'
      xa start 'x'; create table b (i int)
      xa start 'x'; begin
      xa start 'x'; commit
      xa start 'x'; lock tables a read
      xa start 'x'; select * from nosuch
      xa start 'x'; xa end 'x'; xa commit 'x'
      xa start 'x'; xa end 'x'; insert into a values (6, 6)
      xa recover
      xa commit 'nosuch'
      call p()
      call commits()
      call starts()
      call nosuch()
      prepare s from 'commit'; execute s
      prepare s from 'set autocommit = 1'; execute s
      begin; call commits(); begin; commit
      """
          .lines()
          .toList();

  @BeforeAll
  static void start() {
    server = MySqlServer.launch();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void make_the_objects() throws SQLException {
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement()) {
      for (String sql :
          List.of(
              "drop database if exists " + SCHEMA,
              "create database " + SCHEMA,
              "use " + SCHEMA,
              "create table a (i int primary key, v int)",
              "insert into a values (1, 1), (2, 2)",
              "create table m (i int) engine = myisam",
              "create view w as select * from a",
              "create procedure p() select 1",
              "create procedure commits() commit",
              "create procedure starts() start transaction",
              "create user if not exists effects_1")) {
        statement.execute(sql);
      }
    }
  }

  @ParameterizedTest
  @FieldSource("STATEMENTS")
  void the_state_after_a_statement_is_the_servers(String statements) throws SQLException {
    for (String before :
        List.of(
            "",
            "start transaction; insert into a values (10, 10)",
            "set autocommit = 0",
            "set autocommit = 0; insert into a values (10, 10)")) {
      make_the_objects();
      try (Session session = new Session()) {
        for (String sql : (before + ";" + statements).split(";", -1)) {
          if (!sql.isBlank()) {
            session.execute(sql.strip());
            session.assertRight(before + "; " + statements);
          }
        }
      }
    }
  }

  @Test
  void the_victim_of_a_deadlock_has_no_transaction() throws Exception {
    try (Session one = new Session();
        Session other = new Session()) {
      one.execute("start transaction");
      one.execute("update a set v = 9 where i = 1");
      other.execute("start transaction");
      // The one that changed more rows is not the victim.
      other.execute("insert into a select seq + 100, 1 from " + numbers());
      other.execute("update a set v = 9 where i = 2");
      Thread waiting =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  other.execute("update a set v = 8 where i = 1");
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              });
      org.awaitility.Awaitility.await()
          .until(() ->
              server
                      .sql("select count(*) as n from performance_schema.data_lock_waits")
                      .getFirst()
                      .number("n")
                  > 0);
      one.execute("update a set v = 8 where i = 2");
      waiting.join();
      assertThat(one.lastError).isEqualTo(1213);
      one.assertRight("deadlock");
      other.assertRight("survivor of a deadlock");
      assertThat(one.state.isOpen()).isFalse();
      assertThat(other.state.isOpen()).isTrue();
    }
  }

  @Test
  void a_lock_wait_that_times_out_leaves_the_transaction_open() throws SQLException {
    try (Session one = new Session();
        Session other = new Session()) {
      one.execute("start transaction");
      one.execute("update a set v = 9 where i = 1");
      other.execute("start transaction");
      other.execute("update a set v = 9 where i = 1");
      assertThat(other.lastError).isEqualTo(1205);
      other.assertRight("lock wait timeout");
      assertThat(other.state.isOpen()).isTrue();
    }
  }

  @Test
  void a_statement_without_the_right_to_it_is_followed() throws SQLException {
    for (String sql :
        List.of(
            "create table b (i int)",
            "drop table a",
            "flush tables",
            "create user x",
            "lock tables a read",
            "select * from a",
            "insert into a values (3, 3)",
            "install plugin x soname 'x.so'",
            "grant select on effects.* to effects_1")) {
      for (String before : List.of("start transaction", "set autocommit = 0")) {
        try (Session session = new Session("effects_1", "")) {
          session.execute(before);
          session.execute(sql);
          assertThat(session.lastError).as(sql).isNotZero();
          session.assertRight(before + "; " + sql);
        }
      }
    }
  }

  @Test
  void a_statement_on_a_read_only_server_is_followed() throws SQLException {
    server.sql("grant all on effects.* to effects_1");
    server.sql("set global super_read_only = 1");
    try {
      for (String sql :
          List.of(
              "create table b (i int)",
              "drop table a",
              "insert into a values (3, 3)",
              "start transaction read write",
              "create temporary table b (i int)")) {
        for (String before : List.of("start transaction", "set autocommit = 0")) {
          try (Session session = new Session("effects_1", "")) {
            session.execute("use effects");
            session.execute(before);
            session.execute(sql);
            session.assertRight(before + "; " + sql);
          }
        }
      }
    } finally {
      server.sql("set global read_only = 0");
      server.sql("drop user effects_1");
    }
  }

  private static String numbers() {
    return "(with recursive n (seq) as (select 1 union all select seq + 1 from n where seq < 50)"
        + " select seq from n) s";
  }

  /** A classic connection, and what we believe of it. */
  private static final class Session implements AutoCloseable {

    final Connection connection;
    final Statement statement;
    final RequestEffects effects = new RequestEffects();
    TransactionState state = TransactionState.INITIAL;
    int lastError;

    Session() throws SQLException {
      this(server.user(), server.password());
    }

    Session(String user, String password) throws SQLException {
      connection =
          java.sql.DriverManager.getConnection(
              "jdbc:mysql://"
                  + server.host()
                  + ":"
                  + server.classicPort()
                  + "/?sslMode=DISABLED&allowPublicKeyRetrieval=true",
              user,
              password);
      statement = connection.createStatement();
      statement.execute("set lock_wait_timeout = 5, innodb_lock_wait_timeout = 1");
      if (user.equals(server.user())) {
        statement.execute("use " + SCHEMA);
      }
    }

    void execute(String sql) throws SQLException {
      ByteBuf message =
          Unpooled.wrappedBuffer(
              UnknownFieldSet.newBuilder()
                  .addField(
                      1,
                      Field.newBuilder()
                          .addLengthDelimited(ByteString.copyFrom(sql, StandardCharsets.UTF_8))
                          .build())
                  .build()
                  .toByteArray());
      Effect effect = effects.of(12, message, 0, message.readableBytes());
      lastError = TransactionState.SUCCESS;
      try {
        if (statement.execute(sql)) {
          try (ResultSet result = statement.getResultSet()) {
            while (result.next()) {}
          }
        }
      } catch (SQLException e) {
        lastError = e.getErrorCode();
      }
      state = state.next(effect, lastError);
    }

    void assertRight(String story) throws SQLException {
      statement.execute("do 1");
      var flags = connection.unwrap(JdbcConnection.class).getSession().getServerSession();
      if (state.isCertain()) {
        assertThat(state.isOpen())
            .as("%s: error %d: in a transaction", story, lastError)
            .isEqualTo(flags.inTransactionOnServer());
        assertThat(state.isAutocommit())
            .as("%s: error %d: autocommit", story, lastError)
            .isEqualTo(flags.isAutocommit());
      }
    }

    @Override
    public void close() throws SQLException {
      connection.close();
    }
  }
}
