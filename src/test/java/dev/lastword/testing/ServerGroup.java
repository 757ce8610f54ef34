package dev.lastword.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Servers of their own that are one group of MySQL Group Replication with a single primary, the first of them. */
public final class ServerGroup implements AutoCloseable {
  /** An account of the group itself, for members that catch up. */
  private static final String RECOVERY = "group_recovery";

  private static final String NAME = "6c617374-776f-7264-0000-000000000001";

  private final List<MySqlServer> servers = new ArrayList<>();

  private ServerGroup() {}

  /**
   * Starts a group. Where servers are not processes of this machine, which can reach each other at loopback, the test is skipped.
   *
   * @param size how many servers
   */
  public static ServerGroup launch(int size) {
    assumeTrue(
        MySqlServer.shared().xSocket().isPresent(),
        "a group is made of processes of this machine, and servers are in containers here");
    ServerGroup group = new ServerGroup();
    try {
      List<Integer> ports = freePorts(size);
      for (int i = 0; i < size; i++) {
        group.servers.add(
            MySqlServer.launch(
                "--server-id=" + (i + 1),
                "--log-bin",
                "--gtid-mode=ON",
                "--enforce-gtid-consistency=ON",
                "--report-host=127.0.0.1",
                "--plugin-load-add=group_replication.so",
                "--loose-group-replication-start-on-boot=OFF",
                "--loose-group-replication-group-name=" + NAME,
                "--loose-group-replication-local-address=127.0.0.1:" + ports.get(i),
                "--loose-group-replication-group-seeds="
                    + String.join(",", ports.stream().map(port -> "127.0.0.1:" + port).toList()),
                "--loose-group-replication-recovery-get-public-key=ON"));
        prepare(group.servers.getLast());
      }
      group.servers.getFirst().sql("SET GLOBAL group_replication_bootstrap_group = ON");
      group.servers.getFirst().sql("START GROUP_REPLICATION");
      group.servers.getFirst().sql("SET GLOBAL group_replication_bootstrap_group = OFF");
      for (MySqlServer other : group.servers.subList(1, size)) {
        other.sql("START GROUP_REPLICATION");
      }
      return group;
    } catch (IOException | SQLException | RuntimeException e) {
      group.close();
      throw new IllegalStateException("no group can be had: " + e.getMessage(), e);
    }
  }

  private static List<Integer> freePorts(int count) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      sockets.add(socket);
      ports.add(socket.getLocalPort());
    }
    for (ServerSocket socket : sockets) {
      socket.close();
    }
    return ports;
  }

  /** What a server has to have before it can join, kept out of its log, which must not have what others have not. */
  private static void prepare(MySqlServer server) throws SQLException {
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement()) {
      for (String each :
          List.of(
              "SET SQL_LOG_BIN = 0",
              "CREATE USER " + RECOVERY + " IDENTIFIED BY 'recovery'",
              "GRANT REPLICATION SLAVE, CONNECTION_ADMIN, GROUP_REPLICATION_STREAM ON *.* TO "
                  + RECOVERY,
              "CREATE USER watcher IDENTIFIED BY 'secret'",
              "GRANT SELECT ON performance_schema.replication_group_members TO watcher",
              "CHANGE REPLICATION SOURCE TO SOURCE_USER = '"
                  + RECOVERY
                  + "', SOURCE_PASSWORD = 'recovery' FOR CHANNEL 'group_replication_recovery'")) {
        var _ = statement.execute(each);
      }
    }
  }

  /** One of them; 0 is the first primary. */
  public MySqlServer server(int index) {
    return servers.get(index);
  }

  /** Makes another the primary, and waits until it is. */
  public void elect(int index) {
    String uuid = String.valueOf(servers.get(index).sql("SELECT @@server_uuid").getFirst().first());
    servers.get(index).sql("SELECT group_replication_set_as_primary('" + uuid + "')");
  }

  /** Ends them all. */
  @Override
  public void close() {
    servers.forEach(MySqlServer::close);
  }
}
