package dev.lastword.it;

import dev.lastword.testing.MySqlServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Accounts of one authentication plugin, and how a JDBC driver gets in with them. */
final class Accounts {
  private Accounts() {}

  /** Makes sources of connections to a port with settings of the driver. */
  interface Driver {
    JdbcPieces.Source to(int port, Map<String, String> settings);
  }

  /** Logs in with right, wrong and empty passwords, for the first time and again, and returns what came of each. */
  static List<String> play(
      MySqlServer server, String plugin, Map<String, String> settings, int port, Driver driver) {
    List<String> seen = new ArrayList<>();
    List<String> users = List.of("account", "bare");
    try {
      server.sql("CREATE USER account IDENTIFIED WITH " + plugin + " BY 'p\u00e4ssword'");
      server.sql("CREATE USER bare IDENTIFIED WITH " + plugin + " BY ''");
    } catch (IllegalStateException e) {
      return List.of("this server has no " + plugin);
    }
    try {
      for (String user : users) {
        // The first login finds the server's cache of passwords empty, the second does not.
        for (String password : List.of("p\u00e4ssword", "p\u00e4ssword", "wrong", "")) {
          Map<String, String> all = new HashMap<>(settings);
          all.put("user", user);
          all.put("password", password);
          try (Connection connection = driver.to(port, all).open(Map.of());
              Statement statement = connection.createStatement();
              var row = statement.executeQuery("SELECT CURRENT_USER()")) {
            row.next();
            seen.add(row.getString(1));
          } catch (SQLException e) {
            seen.add(JdbcPieces.failure(e));
          }
        }
      }
    } finally {
      for (String user : users) {
        server.sql("DROP USER " + user);
      }
    }
    return seen;
  }
}
