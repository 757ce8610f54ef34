package dev.lastword.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which server is found, and what is said when none is. The programs that are passed over here are scripts; the one that is used is real. */
class MySqlDistributionIT {
  @Test
  void a_named_folder_wins_and_one_without_a_server_is_an_error_that_names_it(
      @TempDir Path folder) {
    assertThatThrownBy(() ->
            MySqlDistribution.find(
                new Cache(folder.resolve("cache")),
                "",
                Map.of("LASTWORD_MYSQL_HOME", folder.toString()),
                _ -> {}))
        .isInstanceOf(NoServerException.class)
        .hasMessageContaining(folder.toString())
        .hasMessageContaining("LASTWORD_MYSQL_HOME");
  }

  @Test
  void a_mariadb_is_not_taken_for_mysql(@TempDir Path folder) throws IOException {
    program(
        folder, "mysqld  Ver 10.11.6-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)");
    assertThatThrownBy(() ->
            MySqlDistribution.find(
                new Cache(folder.resolve("cache")),
                "",
                Map.of("LASTWORD_MYSQL_HOME", folder.toString()),
                _ -> {}))
        .isInstanceOf(NoServerException.class)
        .hasMessageContaining("not MySQL 8.0 or later");
  }

  @Test
  void a_server_that_cannot_initialize_a_data_folder_is_passed_over_with_what_it_said(
      @TempDir Path folder) throws IOException {
    program(folder, "mysqld  Ver 8.0.43 for Linux on x86_64");
    assertThatThrownBy(() ->
            MySqlDistribution.find(
                new Cache(folder.resolve("cache")),
                "",
                Map.of("LASTWORD_MYSQL_HOME", folder.toString()),
                _ -> {}))
        .isInstanceOf(NoServerException.class)
        .hasMessageContaining("initializing a data folder")
        .hasMessageContaining("this is no server");
  }

  @Test
  void the_server_of_this_machine_is_found_again_without_being_fetched_again() throws Exception {
    Cache cache = Cache.perUser();
    MySqlDistribution first = MySqlDistribution.find(cache, "", _ -> {});
    List<String> lines = new ArrayList<>();
    MySqlDistribution second = MySqlDistribution.find(cache, first.version().text(), lines::add);
    assertThat(second).isEqualTo(first);
    assertThat(lines).isEmpty();
    // Its folder, given by name, is the same server.
    if (Files.isDirectory(first.home())) {
      assertThat(
              MySqlDistribution.find(
                      cache, "", Map.of("LASTWORD_MYSQL_HOME", first.home().toString()), _ -> {})
                  .version())
          .isEqualTo(first.version());
    }
  }

  private static void program(Path folder, String version) throws IOException {
    Path program = Files.createDirectory(folder.resolve("bin")).resolve("mysqld");
    Files.writeString(
        program,
        "#!/bin/sh\nfor word; do [ \"$word\" = --version ] && { echo '"
            + version
            + "'; exit 0; }; done\necho 'this is no server'; exit 1\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
