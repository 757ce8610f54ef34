package dev.lastword.it;

import dev.lastword.testing.MySqlServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** The programs that came with a server: {@code mysql}, {@code mysqldump} and the others, run as its account with all rights. */
final class MySqlTools {
  private final List<String> mysql;
  private final Path options;

  /**
   * Looks for the programs; skips the test where there are none, or not all.
   *
   * @param directory where their option file is put
   */
  MySqlTools(MySqlServer server, Path directory) throws IOException {
    Assumptions.assumeTrue(
        server.client().isPresent(), "the programs of the server cannot be run from here");
    mysql = server.client().orElseThrow();
    options = directory.resolve("client.cnf");
    Files.writeString(
        options,
        """
        [client]
        host=127.0.0.1
        protocol=tcp
        user=%s
        password=%s
        """
            .formatted(server.user(), server.password()));
  }

  /** The command of one of the programs, against a port. */
  List<String> command(String program, int port, String... arguments) {
    Path path = Path.of(mysql.getLast()).resolveSibling(program);
    Assumptions.assumeTrue(
        Files.isExecutable(path), () -> "this server came without " + program + " (" + path + ")");
    List<String> command = new ArrayList<>(mysql.subList(0, mysql.size() - 1));
    command.add(path.toString());
    command.add("--defaults-file=" + options);
    command.add("--port=" + port);
    command.addAll(List.of(arguments));
    return command;
  }

  /** Runs one of the programs against a port, and gives it something to read. */
  Program.Finished run(String program, int port, String input, String... arguments)
      throws IOException, InterruptedException {
    return Program.run(command(program, port, arguments), Map.of(), input);
  }
}
