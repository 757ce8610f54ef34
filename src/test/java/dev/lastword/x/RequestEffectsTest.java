package dev.lastword.x;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestEffectsTest {

  private final RequestEffects effects = new RequestEffects();

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          select 1                                              | NONE
          SELECT * FROM t                                       | MAY_START
          select now() from dual                                | NONE
          select 'x from y'                                     | NONE
          select "it''s \\" from y", `a from b`                 | NONE
          select extract(year from now())                       | NONE
          select trim(both ' ' from 'x'), 1                     | NONE
          select (select 1)                                     | NONE
          select (select count(*) from a)                       | MAY_START
          select 1 where exists (select 1 from a)               | MAY_START
          select 1 from (select 1) x                            | NONE
          select 1 from (select a from b) x                     | MAY_START
          select 1 from (table b) x                             | MAY_START
          select * from performance_schema.threads              | NONE
          ((select * from a))                                   | MAY_START
          values row(1)                                         | NONE
          with x as (select * from a) select * from x           | MAY_START
          table t                                               | MAY_START
          do sleep(1)                                           | NONE
          do (select count(*) from a)                           | MAY_START
          insert into t values (1)                              | MAY_START
          replace t values (1)                                  | MAY_START
          update t set a = 1                                    | MAY_START
          delete from t                                         | MAY_START
          load data infile 'x' into table t                     | MAY_START
          handler t read first                                  | MAY_START
          handler `d`.t open as x                               | NONE
          handler d.t read first                                | MAY_START
          checksum table t                                      | MAY_START
          explain select 1                                      | NONE
          desc t                                                | MAY_START
          show tables                                           | MAY_START
          show full columns from t                              | MAY_START
          show create table t                                   | NONE
          show create user u                                    | MAY_START
          show warnings                                         | NONE
          call p()                                              | UNKNOWN
          execute s                                             | UNKNOWN
          begin                                                 | BEGIN
          Begin Work                                            | BEGIN
          START TRANSACTION READ ONLY                           | BEGIN
          start replica                                         | IMPLICIT_COMMIT
          start group_replication                               | NONE
          commit                                                | COMMIT
          commit;                                               | COMMIT
          commit work                                           | COMMIT
          commit and chain                                      | COMMIT_AND_CHAIN
          commit work and chain no release                      | COMMIT_AND_CHAIN
          commit and no chain                                   | COMMIT
          rollback                                              | ROLLBACK
          rollback work and chain                               | ROLLBACK_AND_CHAIN
          rollback to x                                         | NONE
          rollback work to savepoint x                          | NONE
          savepoint x                                           | NONE
          release savepoint x                                   | NONE
          commitment                                            | NONE
          create table t (i int)                                | IMPLICIT_COMMIT
          create temporary table t (i int)                      | MAY_START
          create or replace temporary table t (i int)           | MAY_START
          create or replace view v as select 1                  | IMPLICIT_COMMIT
          drop table t                                          | IMPLICIT_COMMIT
          drop temporary table t                                | MAY_START
          drop prepare s                                        | NONE
          truncate t                                            | IMPLICIT_COMMIT
          alter table t add j int                               | IMPLICIT_COMMIT
          grant select on t to u                                | IMPLICIT_COMMIT
          set password = 'x'                                    | IMPLICIT_COMMIT
          set default role none to u                            | IMPLICIT_COMMIT
          set role none                                         | NONE
          flush tables                                          | IMPLICIT_COMMIT
          reset persist x                                       | NONE
          reset replica                                         | IMPLICIT_COMMIT
          load index into cache t                               | IMPLICIT_COMMIT
          lock tables t read                                    | LOCK_TABLES
          lock instance for backup                              | NONE
          unlock tables                                         | UNLOCK_TABLES
          unlock instance                                       | NONE
          set autocommit=0                                      | AUTOCOMMIT_OFF
          SET AUTOCOMMIT = OFF                                  | AUTOCOMMIT_OFF
          set autocommit='on'                                   | AUTOCOMMIT_ON
          set autocommit := false;                              | AUTOCOMMIT_OFF
          set @@autocommit=1                                    | AUTOCOMMIT_ON
          set session autocommit=true                           | AUTOCOMMIT_ON
          set local autocommit=default                          | AUTOCOMMIT_ON
          set @@session.autocommit=0                            | AUTOCOMMIT_OFF
          set @@local . `autocommit` = 0                        | AUTOCOMMIT_OFF
          set @@global.autocommit=0                             | NONE
          set global autocommit=0                               | NONE
          set persist autocommit=0                              | NONE
          set @autocommit=0                                     | NONE
          set @x=concat('a', 'b,c'), autocommit=0, names utf8   | AUTOCOMMIT_OFF
          set autocommit=0, autocommit=1                        | UNKNOWN
          set global sort_buffer_size=300000, autocommit=0      | NONE
          set @@global.sort_buffer_size=300000, autocommit=0    | AUTOCOMMIT_OFF
          set global sort_buffer_size=3, session autocommit=0   | AUTOCOMMIT_OFF
          set autocommit=@old                                   | UNKNOWN
          set autocommit=0+1                                    | UNKNOWN
          set @x=(select count(*) from a)                       | MAY_START
          set @x=(select 1)                                     | NONE
          set names utf8mb4                                     | NONE
          xa start 'x'                                          | XA_START
          xa begin 'x'                                          | XA_START
          xa end 'x'                                            | NONE
          xa prepare 'x'                                        | XA_FINISH
          xa commit 'x' one phase                               | XA_FINISH
          xa rollback 'x'                                       | XA_FINISH
          xa recover                                            | NONE
          /* a */ commit                                        | COMMIT
          /* a * / begin */ commit                              | COMMIT
          /*! commit */                                         | COMMIT
          /*!50000 commit */                                    | COMMIT
          /*!090704 commit */                                   | COMMIT
          /*!99999 commit */                                    | NONE
          /*!99999 commit */ rollback                           | ROLLBACK
          /*!50000 rollback */ to x                             | NONE
          /*+ hint */ commit                                    | COMMIT
          commit /* and chain */                                | COMMIT
          --commit                                              | NONE
          ;commit                                               | NONE
          @begin                                                | NONE
          `commit`                                              | NONE
          """)
  void a_statement_has_an_effect(String sql, Effect expected) {
    assertThat(sql(sql)).isEqualTo(expected);
  }

  @Test
  void comments_to_the_end_of_the_line_and_any_white_space_are_skipped() {
    assertThat(sql("-- begin\n\t\u000b# begin\r\n  --\tx\ncommit")).isEqualTo(Effect.COMMIT);
    assertThat(sql("# commit")).isEqualTo(Effect.NONE);
    assertThat(sql("commit -- and\nand\r\nchain")).isEqualTo(Effect.COMMIT_AND_CHAIN);
    assertThat(sql("")).isEqualTo(Effect.NONE);
  }

  @Test
  void a_long_query_whose_end_is_not_there_is_taken_to_read_tables() {
    ByteBuf message = payload(stmt("select " + "1,".repeat(1000) + "2", null));
    assertThat(effects.of(12, message, 0, message.readableBytes())).isEqualTo(Effect.NONE);
    assertThat(effects.of(12, message, 0, RequestEffects.PREFIX)).isEqualTo(Effect.MAY_START);
  }

  @Test
  void every_prefix_of_a_message_has_some_effect() {
    for (String sql :
        new String[] {
          "commit /*!50000 work */ and chain", "set @@session.autocommit = 'on' -- x", "select `a\\"
        }) {
      ByteBuf message = payload(stmt(sql, "sql"));
      for (int i = 0; i <= message.readableBytes(); i++) {
        assertThat(effects.of(12, message.slice(0, i), 0, i)).isNotNull();
      }
    }
  }

  @Test
  void random_bytes_have_some_effect() {
    Random random = new Random(11);
    byte[] bytes = new byte[64];
    for (int i = 0; i < 50_000; i++) {
      random.nextBytes(bytes);
      bytes[0] = (byte) (random.nextInt(8) << 3 | 2);
      bytes[1] = (byte) random.nextInt(80);
      for (int type : new int[] {6, 12, 40, 41, 42, 43}) {
        assertThat(effects.of(type, Unpooled.wrappedBuffer(bytes), 3, 61)).isNotNull();
        assertThat(effects.of(type, Unpooled.wrappedBuffer(bytes), 0, 64)).isNotNull();
      }
    }
  }

  @Test
  void the_namespace_decides_who_reads_the_statement() {
    assertThat(of(12, stmt("commit", "sql"))).isEqualTo(Effect.COMMIT);
    assertThat(of(12, stmt("commit", "mysqlx"))).isEqualTo(Effect.NONE);
    assertThat(of(12, stmt("commit", "unknown"))).isEqualTo(Effect.NONE);
    assertThat(of(12, stmt("create_collection", "mysqlx"))).isEqualTo(Effect.IMPLICIT_COMMIT);
    assertThat(of(12, stmt("list_objects", "xplugin"))).isEqualTo(Effect.MAY_START);
    assertThat(of(12, stmt("ping", "mysqlx"))).isEqualTo(Effect.NONE);
  }

  @Test
  void switching_warning_notices_is_seen_in_every_form_of_the_arguments() {
    UnknownFieldSet.Builder warnings = any(string("warnings"));
    UnknownFieldSet.Builder other = any(string("account_expired"));
    for (var args :
        new UnknownFieldSet.Builder[] {
          warnings,
          any(octets("warnings")),
          object("notice", warnings),
          object("notice", array(other, warnings)),
        }) {
      assertThat(of(12, stmt("disable_notices", "mysqlx").mergeField(2, bytes(args))))
          .isEqualTo(Effect.WARNINGS_OFF);
      assertThat(of(12, stmt("enable_notices", "mysqlx").mergeField(2, bytes(args))))
          .isEqualTo(Effect.WARNINGS_ON);
      assertThat(of(12, stmt("list_notices", "mysqlx").mergeField(2, bytes(args))))
          .isEqualTo(Effect.NONE);
    }
    assertThat(
            of(
                12,
                stmt("disable_notices", "mysqlx")
                    .mergeField(2, bytes(object("notice", array(other))))))
        .isEqualTo(Effect.NONE);
    assertThat(of(12, stmt("disable_notices", "mysqlx"))).isEqualTo(Effect.NONE);
  }

  @Test
  void arguments_nested_without_end_are_not_followed() {
    UnknownFieldSet.Builder any = any(string("warnings"));
    for (int i = 0; i < 3000; i++) {
      any = array(any);
    }
    assertThat(of(12, stmt("disable_notices", "mysqlx").mergeField(2, bytes(any))))
        .isEqualTo(Effect.NONE);
  }

  @Test
  void a_prepared_statement_has_its_effect_when_it_is_executed() {
    assertThat(of(40, prepare(7, stmt("commit", null)))).isEqualTo(Effect.NONE);
    assertThat(of(41, id(7))).isEqualTo(Effect.COMMIT);
    assertThat(of(43, cursor(1, 7))).isEqualTo(Effect.COMMIT);
    assertThat(of(41, id(8))).isEqualTo(Effect.NONE);

    of(40, prepare(8, null));
    assertThat(of(41, id(8))).isEqualTo(Effect.MAY_START);

    of(40, prepare(7, stmt("begin", null)));
    assertThat(of(41, id(7))).isEqualTo(Effect.BEGIN);

    assertThat(of(42, id(7))).isEqualTo(Effect.NONE);
    assertThat(of(41, id(7))).isEqualTo(Effect.NONE);
    assertThat(of(41, id(8))).isEqualTo(Effect.MAY_START);

    of(6, UnknownFieldSet.newBuilder());
    assertThat(of(41, id(8))).isEqualTo(Effect.NONE);
  }

  @Test
  void prepared_statements_are_kept_as_a_map_would() {
    Random random = new Random(5);
    Map<Integer, Effect> expected = new HashMap<>();
    for (int i = 0; i < 20_000; i++) {
      int id = random.nextInt(400) * 0x10001;
      switch (random.nextInt(3)) {
        case 0 -> {
          of(40, prepare(id, stmt("begin", null)));
          expected.put(id, Effect.BEGIN);
        }
        case 1 -> {
          of(40, prepare(id, null));
          expected.put(id, Effect.MAY_START);
        }
        default -> {
          of(42, id(id));
          expected.remove(id);
        }
      }
      int asked = random.nextInt(400) * 0x10001;
      assertThat(of(41, id(asked))).isEqualTo(expected.getOrDefault(asked, Effect.NONE));
    }
  }

  @Test
  void more_prepared_statements_than_are_kept_have_an_unknown_effect() {
    for (int id = 1; id <= (1 << 14) + 1; id++) {
      of(40, prepare(id, null));
    }
    assertThat(of(41, id(1))).isEqualTo(Effect.MAY_START);
    assertThat(of(41, id((1 << 14) + 1))).isEqualTo(Effect.UNKNOWN);
  }

  @Test
  void other_messages_have_theirs_by_type() {
    for (int crud = 17; crud <= 20; crud++) {
      assertThat(of(crud, UnknownFieldSet.newBuilder())).isEqualTo(Effect.MAY_START);
    }
    for (int view = 30; view <= 32; view++) {
      assertThat(of(view, UnknownFieldSet.newBuilder())).isEqualTo(Effect.IMPLICIT_COMMIT);
    }
    assertThat(of(6, UnknownFieldSet.newBuilder())).isEqualTo(Effect.RESET_AND_AUTHENTICATE);
    assertThat(of(6, id(0))).isEqualTo(Effect.RESET_AND_AUTHENTICATE);
    assertThat(of(6, id(1))).isEqualTo(Effect.RESET);
    assertThat(of(7, UnknownFieldSet.newBuilder())).isEqualTo(Effect.CLOSE);
    for (int type : new int[] {1, 2, 3, 24, 25, 44, 45, 46, 200}) {
      assertThat(of(type, UnknownFieldSet.newBuilder())).isEqualTo(Effect.NONE);
    }
  }

  private Effect sql(String sql) {
    return of(12, stmt(sql, null));
  }

  private Effect of(int type, UnknownFieldSet.Builder message) {
    ByteBuf payload = payload(message);
    return effects.of(type, payload, 0, payload.readableBytes());
  }

  private static ByteBuf payload(UnknownFieldSet.Builder message) {
    return Unpooled.wrappedBuffer(message.build().toByteArray());
  }

  /** Sql.StmtExecute. */
  private static UnknownFieldSet.Builder stmt(String sql, @Nullable String namespace) {
    UnknownFieldSet.Builder message = UnknownFieldSet.newBuilder().addField(1, bytes(sql));
    return namespace == null ? message : message.addField(3, bytes(namespace));
  }

  /** Prepare.Prepare of a statement, or of a Crud.Find. */
  private static UnknownFieldSet.Builder prepare(int id, UnknownFieldSet.@Nullable Builder stmt) {
    UnknownFieldSet.Builder choice =
        stmt == null
            ? UnknownFieldSet.newBuilder()
                .addField(1, varint(0))
                .addField(2, bytes(UnknownFieldSet.newBuilder()))
            : UnknownFieldSet.newBuilder().addField(1, varint(5)).addField(6, bytes(stmt));
    return id(id).addField(2, bytes(choice));
  }

  /** Prepare.Execute, Prepare.Deallocate; with 0 and 1 also Session.Reset. */
  private static UnknownFieldSet.Builder id(int id) {
    return UnknownFieldSet.newBuilder().addField(1, varint(id));
  }

  /** Cursor.Open of a prepared statement. */
  private static UnknownFieldSet.Builder cursor(int cursor, int statement) {
    return id(cursor).addField(4, bytes(id(0).addField(2, bytes(id(statement)))));
  }

  private static UnknownFieldSet.Builder string(String value) {
    return id(8).addField(9, bytes(UnknownFieldSet.newBuilder().addField(1, bytes(value))));
  }

  private static UnknownFieldSet.Builder octets(String value) {
    return id(4).addField(5, bytes(UnknownFieldSet.newBuilder().addField(1, bytes(value))));
  }

  private static UnknownFieldSet.Builder any(UnknownFieldSet.Builder scalar) {
    return id(1).addField(2, bytes(scalar));
  }

  private static UnknownFieldSet.Builder object(String key, UnknownFieldSet.Builder any) {
    UnknownFieldSet.Builder field =
        UnknownFieldSet.newBuilder().addField(1, bytes(key)).addField(2, bytes(any));
    return id(2).addField(3, bytes(UnknownFieldSet.newBuilder().addField(1, bytes(field))));
  }

  private static UnknownFieldSet.Builder array(UnknownFieldSet.Builder... anys) {
    UnknownFieldSet.Builder values = UnknownFieldSet.newBuilder();
    for (UnknownFieldSet.Builder any : anys) {
      values.mergeField(1, bytes(any));
    }
    return id(3).addField(4, bytes(values));
  }

  private static Field varint(long value) {
    return Field.newBuilder().addVarint(value).build();
  }

  private static Field bytes(String value) {
    return Field.newBuilder()
        .addLengthDelimited(ByteString.copyFrom(value, StandardCharsets.UTF_8))
        .build();
  }

  private static Field bytes(UnknownFieldSet.Builder message) {
    return Field.newBuilder().addLengthDelimited(message.build().toByteString()).build();
  }
}
