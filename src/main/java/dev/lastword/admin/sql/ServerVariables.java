package dev.lastword.admin.sql;

import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The variables that clients of a MySQL server ask for when they connect, beside those of the proxy. */
final class ServerVariables {
  /** Drivers choose by it what they ask; this is a server whose information_schema is the one that we have. */
  static final String MYSQL_VERSION = "8.4.0";

  private ServerVariables() {}

  /**
   * All of them.
   *
   * @param ours those of the proxy; of its version only what drivers can read remains in {@code version}
   * @return by name in lower case
   */
  static SortedMap<String, String> all(Map<String, String> ours, boolean tls) {
    SortedMap<String, String> all = new TreeMap<>();
    all.put("auto_increment_increment", "1");
    all.put("auto_increment_offset", "1");
    all.put("autocommit", "1");
    for (String what : new String[] {"client", "connection", "results", "server", "database"}) {
      all.put("character_set_" + what, "utf8mb4");
    }
    all.put("character_set_system", "utf8mb3");
    for (String what : new String[] {"connection", "server", "database"}) {
      all.put("collation_" + what, "utf8mb4_general_ci");
    }
    all.put("default_storage_engine", "LASTWORD");
    all.put("event_scheduler", "OFF");
    all.put("foreign_key_checks", "1");
    all.put("gtid_mode", "OFF");
    all.put("have_ssl", tls ? "YES" : "DISABLED");
    all.put("hostname", "localhost");
    all.put("init_connect", "");
    all.put("innodb_version", MYSQL_VERSION);
    all.put("interactive_timeout", Long.toString(Client.IDLE.toSeconds()));
    all.put("license", "Apache-2.0");
    all.put("local_infile", "OFF");
    all.put("lock_wait_timeout", "31536000");
    all.put("log_bin", "OFF");
    all.put("lower_case_table_names", "2");
    all.put("max_allowed_packet", Integer.toString(Client.LONGEST));
    all.put("max_connections", Integer.toString(SqlEndpoint.MOST_CLIENTS));
    all.put("max_execution_time", "0");
    all.put("max_user_connections", "0");
    all.put("mysqlx_interactive_timeout", Long.toString(Client.IDLE.toSeconds()));
    all.put("mysqlx_max_allowed_packet", Integer.toString(Client.LONGEST));
    all.put("mysqlx_read_timeout", Long.toString(Client.REST.toSeconds()));
    all.put("mysqlx_wait_timeout", Long.toString(Client.IDLE.toSeconds()));
    all.put("mysqlx_write_timeout", "60");
    all.put("net_buffer_length", "16384");
    all.put("net_read_timeout", "60");
    all.put("net_write_timeout", "60");
    all.put("performance_schema", "ON");
    all.put("protocol_version", "10");
    all.put("query_cache_size", "0");
    all.put("query_cache_type", "OFF");
    all.put("read_only", "ON");
    all.put("server_id", "0");
    all.put("server_uuid", "00000000-0000-0000-0000-000000000000");
    all.put("session_track_gtids", "OFF");
    all.put("session_track_schema", "OFF");
    all.put("session_track_state_change", "OFF");
    all.put("session_track_transaction_info", "OFF");
    all.put("skip_show_database", "OFF");
    all.put("sql_auto_is_null", "0");
    all.put("sql_mode", "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION");
    all.put("sql_quote_show_create", "1");
    all.put("sql_safe_updates", "0");
    all.put("sql_select_limit", "18446744073709551615");
    all.put("super_read_only", "ON");
    all.put("system_time_zone", "UTC");
    all.put("time_zone", "+00:00");
    all.put("transaction_isolation", "REPEATABLE-READ");
    all.put("transaction_read_only", "0");
    all.put("tx_isolation", "REPEATABLE-READ");
    all.put("tx_read_only", "0");
    all.put("unique_checks", "1");
    all.put("version_compile_machine", System.getProperty("os.arch", ""));
    all.put("version_compile_os", System.getProperty("os.name", ""));
    all.put("wait_timeout", Long.toString(Client.IDLE.toSeconds()));
    ours.forEach((name, value) -> all.put(name.toLowerCase(Locale.ROOT), value));
    all.put("version_comment", "Lastword " + ours.getOrDefault("version", ""));
    all.put("version", MYSQL_VERSION + "-lastword");
    return all;
  }
}
