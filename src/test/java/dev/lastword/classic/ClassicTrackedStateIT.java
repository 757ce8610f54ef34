package dev.lastword.classic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.Proxy;
import dev.lastword.config.Config;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.classic.Capability;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Commands;
import dev.lastword.testing.classic.Login;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is tracked of a session from headers, against what the server itself says of it. */
class ClassicTrackedStateIT {
  private static final int READ_ONLY_CURSOR = 1;

  private final MySqlServer server = MySqlServer.shared();

  @TempDir Path data;

  /** Forms of the protocol that change where a response ends. */
  enum Form {
    USUAL(0, 0),
    WITH_EOF(0, Capability.DEPRECATE_EOF),
    OPTIONAL_METADATA(Capability.OPTIONAL_RESULTSET_METADATA, Capability.DEPRECATE_EOF),
    COMPRESSED(Capability.COMPRESS, 0);

    final long with;
    final long without;

    Form(long with, long without) {
      this.with = with;
      this.without = without;
    }
  }

  @ParameterizedTest
  @EnumSource
  void the_server_and_the_tracker_agree_on_every_step(Form form) throws Exception {
    Login login = Login.as(server.user(), server.password()).with(form.with).without(form.without);
    try (Proxy proxy =
            Proxy.start(
                Config.builder()
                    .listener(Listener.classic("c", "db").withBind("127.0.0.1", 0))
                    .server(Server.at("db", server.host(), server.xPort(), server.classicPort()))
                    .dataDirectory(data)
                    .build());
        ClassicClient client =
            ClassicClient.connect("127.0.0.1", proxy.port("c")).loginWithTls(login)) {
      ClassicSession session = (ClassicSession) proxy.sessions().live().iterator().next();
      long connection = session.connectionId();
      client.sql("CREATE SCHEMA IF NOT EXISTS tracked");
      client.sql("CREATE TABLE IF NOT EXISTS tracked.t (i INT)");
      agree(session, connection, 0, 0, false, false, true);

      long one =
          client.prepare("SELECT 1 AS i UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4");
      long two = client.prepare("SELECT ?");
      long three = client.prepare("DO 1");
      agree(session, connection, 3, 0, false, false, true);
      client.command(Commands.closeStatement(three));
      client.command(Commands.closeStatement(4_711));
      client.ask(Commands.ping()).succeeded();
      agree(session, connection, 2, 0, false, false, true);

      client.ask(client.execute(one, READ_ONLY_CURSOR)).succeeded();
      agree(session, connection, 2, 1, false, false, true);
      client.ask(Commands.fetch(one, 1)).succeeded();
      agree(session, connection, 2, 1, false, false, true);
      client.ask(Commands.fetch(one, 10)).succeeded();
      agree(session, connection, 2, 0, false, false, true);

      client.command(
          Commands.sendLongData(two, 0, com.google.protobuf.ByteString.copyFromUtf8("long")));
      client.ask(Commands.ping()).succeeded();
      agree(session, connection, 2, 0, true, false, true);
      client.ask(client.execute(two, 0, Commands.Parameter.sentBefore())).succeeded();
      agree(session, connection, 2, 0, false, false, true);

      client.sql("BEGIN");
      client.sql("INSERT INTO tracked.t VALUES (1)");
      agree(session, connection, 2, 0, false, true, true);
      client.sql("COMMIT");
      agree(session, connection, 2, 0, false, false, true);
      client.sql("SET autocommit = 0");
      client.sql("SELECT * FROM tracked.t");
      agree(session, connection, 2, 0, false, true, false);
      client.ask(Commands.resetConnection()).succeeded();
      agree(session, connection, 0, 0, false, false, true);

      client.prepare("DO 2");
      agree(session, connection, 1, 0, false, false, true);
      client.changeUser(login).succeeded();
      agree(session, connection, 0, 0, false, false, true);
    }
  }

  private void agree(
      ClassicSession session,
      long connection,
      int statements,
      int cursors,
      boolean longData,
      boolean transaction,
      boolean autocommit)
      throws Exception {
    String told =
        session
            .eventLoop()
            .submit(() -> {
              ClassicTracker tracker = session.tracker();
              return text(
                  tracker.statements().count(),
                  tracker.inTransaction(),
                  tracker.autocommit(),
                  tracker.outstanding(),
                  tracker.statements().cursors(),
                  tracker.statements().longDataPending());
            })
            .get(10, TimeUnit.SECONDS);
    assertThat(told).isEqualTo(text(statements, transaction, autocommit, 0, cursors, longData));
    String thread =
        "(SELECT THREAD_ID FROM performance_schema.threads WHERE PROCESSLIST_ID = "
            + connection
            + ")";
    assertThat(
            count(
                "performance_schema.prepared_statements_instances WHERE OWNER_THREAD_ID = "
                    + thread))
        .as("statements, says the server")
        .isEqualTo(statements);
    assertThat(
            count(
                "performance_schema.events_transactions_current WHERE STATE = 'ACTIVE' AND THREAD_ID = "
                    + thread))
        .as("transactions, says the server")
        .isEqualTo(transaction ? 1 : 0);
  }

  private static String text(
      int statements,
      boolean transaction,
      boolean autocommit,
      int outstanding,
      int cursors,
      boolean longData) {
    return "statements %d, transaction %s, autocommit %s, outstanding %d, cursors %d, long data %s"
        .formatted(statements, transaction, autocommit, outstanding, cursors, longData);
  }

  private int count(String from) {
    return Integer.parseInt(
        String.valueOf(server.sql("SELECT COUNT(*) AS n FROM " + from).getFirst().first()));
  }
}
