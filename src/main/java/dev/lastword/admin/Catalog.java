package dev.lastword.admin;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * All that can be looked at in a running proxy.
 *
 * @param tables in the order in which people want to see them: sessions, servers, listeners, losses, notices, events, config
 * @param status where the status variables come from
 * @param variables what {@code SHOW VARIABLES} shows: version, ports, limits, in the names of MySQL where it has one
 */
public record Catalog(
    List<Table<?>> tables, Status status, Supplier<Map<String, String>> variables) {
  /** Copies the list, so that nobody can change it afterwards. */
  public Catalog {
    tables = List.copyOf(tables);
  }

  /** The status variables. */
  @FunctionalInterface
  public interface Status {
    /** Their values now, by name, in the order of the names: the four {@code Mysqlx_} ones, {@code Uptime}, {@code Threads_connected}, and ours. */
    Map<String, Long> read();
  }

  /** Finds a table by its name. */
  public Optional<Table<?>> table(String name) {
    return tables.stream().filter(table -> table.name().equals(name)).findFirst();
  }
}
