package dev.lastword;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.config.Account;
import dev.lastword.config.Config;
import dev.lastword.config.Health;
import dev.lastword.config.Listener;
import dev.lastword.config.Secret;
import dev.lastword.config.Server;
import dev.lastword.farewell.ServerView;
import dev.lastword.status.LossCounters;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.ServerGroup;
import dev.lastword.testing.x.Frame;
import dev.lastword.testing.x.XClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers that live, and are no longer what their sessions need. */
class RolesIT {
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path data;

  /** Two listeners in front of all: {@code readers} for whom any server will do, and {@code writers} who need a primary. */
  private Proxy start(MySqlServer... servers) {
    String[] names = new String[servers.length];
    Config.Builder builder =
        Config.builder()
            .health(new Health(Duration.ofMillis(200), Duration.ofSeconds(2), 2, 1))
            .dataDirectory(data);
    for (int i = 0; i < servers.length; i++) {
      names[i] = "db" + (i + 1);
      MySqlServer at = servers[i];
      builder.server(
          Server.at(names[i], at.host(), at.xPort(), at.classicPort())
              .withMonitor(new Account("watcher", new Secret("secret"))));
      // Without TLS a server must know a password already; the first login tells it.
      XClient.connect(at.host(), at.xPort()).login("watcher", "secret").close();
    }
    Proxy proxy =
        Proxy.start(
            builder
                .listener(Listener.x("readers", names).withBind("127.0.0.1", 0))
                .listener(
                    Listener.x("writers", names)
                        .withBind("127.0.0.1", 0)
                        .withRole(Listener.Role.PRIMARY))
                .build());
    await()
        .atMost(SOON)
        .untilAsserted(() ->
            assertThat(proxy.servers().views().values())
                .extracting(ServerView::state)
                .containsOnly(ServerView.State.ALIVE));
    return proxy;
  }

  private static XClient connect(Proxy proxy, String listener) {
    return XClient.connect("127.0.0.1", proxy.port(listener)).within(SOON);
  }

  private static XClient login(Proxy proxy, String listener, MySqlServer expected) {
    XClient client = connect(proxy, listener).login(expected.user(), expected.password());
    assertThat(serverOf(client)).isEqualTo(expected.classicPort());
    return client;
  }

  /** The classic port tells the servers apart. */
  private static int serverOf(XClient client) {
    return Integer.parseInt(String.valueOf(client.sql("SELECT @@port").value()));
  }

  private static void awaitServer(Proxy proxy, String listener, MySqlServer expected) {
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(200))
        .ignoreExceptions()
        .until(() -> {
          try (XClient client = connect(proxy, listener)) {
            client.login(expected.user(), expected.password());
            return serverOf(client) == expected.classicPort();
          }
        });
  }

  private static void awaitFirst(Proxy proxy, ServerView.State state) {
    await()
        .atMost(SOON)
        .untilAsserted(() ->
            assertThat(proxy.servers().views().get("db1"))
                .extracting(ServerView::state)
                .isEqualTo(state));
  }

  private static void assertTold(XClient client, String why) throws Exception {
    List<Frame> frames = client.awaitEnd();
    assertThat(Farewells.in(frames)).containsExactly("N1053");
    assertThat(Farewells.words(frames))
        .startsWith("Server shutdown in progress: db1 was declared lost; db1 (")
        .endsWith(why);
  }

  private static MySqlServer launch() {
    MySqlServer server = MySqlServer.launch();
    server.sql("CREATE USER watcher IDENTIFIED BY 'secret'");
    return server;
  }

  // ---- Servers without a group, and an account without any right

  @Test
  void a_server_that_becomes_read_only_is_lost_to_writers_until_it_takes_writes_again()
      throws Exception {
    try (MySqlServer first = launch();
        MySqlServer second = launch();
        Proxy proxy = start(first, second);
        XClient reader = login(proxy, "readers", first);
        XClient writer = login(proxy, "writers", first)) {
      first.sql("SET GLOBAL super_read_only = ON");
      assertTold(writer, "is read-only, and not a primary");
      login(proxy, "writers", second).close();
      login(proxy, "readers", first).close();
      assertThat(serverOf(reader)).isEqualTo(first.classicPort());
      second.sql("SET GLOBAL read_only = ON");
      await()
          .atMost(SOON)
          .untilAsserted(() -> {
            try (XClient client = connect(proxy, "writers")) {
              Frame refusal = client.receive();
              assertThat(refusal.isFatal()).isTrue();
              assertThat(refusal.asError().getCode()).isEqualTo(1053);
              assertThat(refusal.asError().getMsg())
                  .endsWith(
                      "no server could be reached: db1 is read-only, and not a primary; db2 is read-only, and not a primary");
            }
          });
      first.sql("SET GLOBAL read_only = OFF");
      awaitServer(proxy, "writers", first);
      assertThat(serverOf(reader)).isEqualTo(first.classicPort());
      assertThat(proxy.losses().byCause())
          .containsKey(new LossCounters.Loss("server-lost-role", "x"));
    }
  }

  @Test
  void a_server_in_offline_mode_is_passed_over() {
    try (MySqlServer first = launch();
        MySqlServer second = launch();
        Proxy proxy = start(first, second);
        XClient administrator = login(proxy, "readers", first)) {
      first.sql("SET GLOBAL offline_mode = ON");
      awaitServer(proxy, "readers", second);
      assertThat(serverOf(administrator)).isEqualTo(first.classicPort());
      first.sql("SET GLOBAL offline_mode = OFF");
      awaitServer(proxy, "readers", first);
    }
  }

  @Test
  void a_server_that_is_lost_in_silence_is_tried_last() {
    try (MySqlServer first = launch();
        MySqlServer second = launch();
        Proxy proxy = start(first, second)) {
      login(proxy, "readers", first).close();
      first.freeze();
      awaitFirst(proxy, ServerView.State.NO_ANSWER);
      awaitServer(proxy, "readers", second);
      first.thaw();
      awaitServer(proxy, "readers", first);
    }
  }

  // ---- Group Replication

  @Test
  void a_primary_that_another_one_follows_is_lost_to_writers_only() throws Exception {
    try (ServerGroup group = ServerGroup.launch(2);
        Proxy proxy = start(group.server(0), group.server(1));
        XClient reader = login(proxy, "readers", group.server(0));
        XClient writer = login(proxy, "writers", group.server(0))) {
      group.elect(1);
      assertTold(writer, "is a secondary of its group, and not the primary");
      awaitServer(proxy, "writers", group.server(1));
      assertThat(serverOf(reader)).isEqualTo(group.server(0).classicPort());
      group.elect(0);
      awaitServer(proxy, "writers", group.server(0));
      assertThat(serverOf(reader)).isEqualTo(group.server(0).classicPort());
    }
  }

  @Test
  void a_server_that_leaves_its_group_is_lost_to_all_until_it_is_a_member_again() throws Exception {
    try (ServerGroup group = ServerGroup.launch(2);
        Proxy proxy = start(group.server(0), group.server(1));
        XClient reader = login(proxy, "readers", group.server(0));
        XClient writer = login(proxy, "writers", group.server(0))) {
      group.server(0).sql("STOP GROUP_REPLICATION");
      assertTold(reader, "is out of its group (OFFLINE)");
      assertThat(Farewells.in(writer.awaitEnd())).containsExactly("N1053");
      awaitServer(proxy, "readers", group.server(1));
      awaitServer(proxy, "writers", group.server(1));
      // Without its group it may take writes again, which are then lost; nobody is to go there.
      group.server(0).restart();
      awaitFirst(proxy, ServerView.State.LOST_ROLE);
      login(proxy, "readers", group.server(1)).close();
      group.server(0).sql("START GROUP_REPLICATION");
      awaitServer(proxy, "readers", group.server(0));
    }
  }

  @Test
  void a_member_that_loses_the_majority_of_its_group_is_lost_to_all() throws Exception {
    try (ServerGroup group = ServerGroup.launch(2);
        Proxy proxy = start(group.server(0), group.server(1));
        XClient reader = login(proxy, "readers", group.server(0))) {
      group.server(1).kill();
      assertTold(reader, "cannot reach the majority of its group");
      try (XClient client = connect(proxy, "readers")) {
        assertThat(client.receive().asError().getMsg())
            .contains("db1 cannot reach the majority of its group; db2 (", "connection refused");
      }
    }
  }
}
