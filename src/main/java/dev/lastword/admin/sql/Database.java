package dev.lastword.admin.sql;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.h2.Driver;
import org.jspecify.annotations.Nullable;

/**
 * H2, in memory and without data: a view for each table. Nothing of it is loaded before the first question. Clients ask as a user who may
 * select from the views and nothing else; in H2 that keeps away from files, classes and other databases as well.
 */
final class Database implements AutoCloseable {
  private static final AtomicLong NUMBER = new AtomicLong();
  private static final String GUEST = "guest";

  /** Each may need much memory while it is being answered. */
  private static final int MOST_AT_ONCE = 2;

  private static final int WAITING_SECONDS = 15;

  private final String name = "lastword-sql-" + NUMBER.incrementAndGet();
  private final String url = "jdbc:h2:mem:" + name;
  private final String password = random();
  private final Semaphore places = new Semaphore(MOST_AT_ONCE);
  private @Nullable Connection owner;

  /**
   * Waits until few enough questions are being answered. Who was let in must {@link #leave()}.
   *
   * @throws SqlRefusal if that takes too long
   */
  void enter() {
    try {
      if (places.tryAcquire(WAITING_SECONDS, TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    throw new SqlRefusal(1637, "HY000", "Too many statements are being executed already");
  }

  void leave() {
    places.release();
  }

  /** What H2 calls it. */
  String name() {
    return name;
  }

  /** A connection for one client. Must be called where {@link Snapshot#ASKING} is bound. */
  synchronized Connection connect() throws SQLException {
    // A question for which there is not enough memory ends H2, and all that it had.
    if (owner == null || !isAlive(owner)) {
      owner = create(Snapshot.ASKING.get().schemas());
    }
    // Where there is no database a guest must not make one, because its maker may do everything in
    // it. The time zone is a session's own.
    return open(url + ";IFEXISTS=TRUE;TIME ZONE=UTC", GUEST, password);
  }

  /** Whether the database behind a connection is still there, of which H2 does not tell its connections. */
  static boolean isAlive(Connection connection) {
    try (Statement statement = connection.createStatement()) {
      return statement.execute("SELECT 1");
    } catch (SQLException _) {
      return false;
    }
  }

  private Connection create(Schemas schemas) throws SQLException {
    Connection connection =
        open(
            url
                + ";MODE=MySQL;DATABASE_TO_LOWER=TRUE;CASE_INSENSITIVE_IDENTIFIERS=TRUE"
                + ";TIME ZONE=UTC",
            "owner",
            random());
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE ALIAS \"public\".\"lastword_rows\" FOR '" + Snapshot.class.getName() + ".rows'");
      statement.execute("CREATE USER " + GUEST + " PASSWORD '" + password + "'");
      for (String schema : schemas.names()) {
        statement.execute("CREATE SCHEMA " + QueryText.quoted(inside(schema)));
        statement.execute(
            "GRANT SELECT ON SCHEMA " + QueryText.quoted(inside(schema)) + " TO " + GUEST);
      }
      for (VirtualTable table : schemas.tables()) {
        statement.execute(view(table));
      }
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
    return connection;
  }

  private static String view(VirtualTable table) {
    List<String> columns = new ArrayList<>();
    for (VirtualTable.Part column : table.columns()) {
      String name = QueryText.quoted(column.name());
      columns.add("CAST(" + name + " AS " + Snapshot.viewType(column.type()) + ") AS " + name);
    }
    return "CREATE VIEW "
        + QueryText.quoted(inside(table.schema()))
        + "."
        + QueryText.quoted(table.name())
        + " AS SELECT "
        + String.join(", ", columns)
        + " FROM \"public\".\"lastword_rows\"("
        + QueryText.literal(table.schema())
        + ", "
        + QueryText.literal(table.name())
        + ")";
  }

  /** What a schema is called in H2. */
  static String inside(String schema) {
    return schema.equals(Schemas.INFORMATION_SCHEMA) ? Schemas.INFORMATION_SCHEMA_INSIDE : schema;
  }

  private static Connection open(String url, String user, String password) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("password", password);
    Connection connection = new Driver().connect(url, properties);
    if (connection == null) {
      throw new SQLException("H2 does not know its own URL");
    }
    return connection;
  }

  private static String random() {
    byte[] bytes = new byte[24];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /** Forgets it all. */
  @Override
  public synchronized void close() {
    if (owner != null) {
      try (Statement statement = owner.createStatement()) {
        statement.execute("SHUTDOWN IMMEDIATELY");
      } catch (SQLException _) {
        // It is in memory only, and nobody has it any more.
      }
      owner = null;
    }
  }
}
