package dev.lastword.admin.sql;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
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

  private final String url = "jdbc:h2:mem:lastword-sql-" + NUMBER.incrementAndGet();
  private final String password = random();
  private @Nullable Connection owner;

  /** A connection for one client. Must be called where {@link Snapshot#ASKING} is bound. */
  synchronized Connection connect() throws SQLException {
    if (owner == null) {
      owner = create(Snapshot.ASKING.get().schemas());
    }
    return open(url, GUEST, password);
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
