package dev.lastword.demo;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The programs of one MySQL version on this machine, and how they are called.
 *
 * @param version what {@code mysqld --version} says
 * @param home the folder that it lives in, for messages
 * @param server the command that runs {@code mysqld}, with the options that make it find its own files; data options come after it
 * @param client the command that runs {@code mysql}, if that is there too
 */
public record MySqlDistribution(
    MySqlVersion version, Path home, List<String> server, Optional<List<String>> client) {

  /** Names a folder with a MySQL server: an unpacked archive, or a prefix such as {@code /usr/local/mysql}. */
  public static final String HOME_VARIABLE = "LASTWORD_MYSQL_HOME";

  private static final Duration VERSION_LIMIT = Duration.ofSeconds(20);

  /** Copies the lists, so that nobody can change them afterwards. */
  public MySqlDistribution {
    server = List.copyOf(server);
    client = client.map(List::copyOf);
  }

  /**
   * Finds a server: the one that {@code LASTWORD_MYSQL_HOME} names, one that is installed, one that was provisioned before, or one that
   * is provisioned now from the machine's package sources. Each is tried by initializing a data folder with it, so what is given back
   * does start.
   *
   * @param cache where provisioned servers and initialized data folders are kept
   * @param wanted the version to look for, such as {@code 8.0}; empty for any from 8.0 on
   * @param progress is told about slow steps
   * @throws NoServerException if there is none and none can be provisioned
   */
  public static MySqlDistribution find(Cache cache, String wanted, Progress progress)
      throws IOException, InterruptedException {
    return find(cache, wanted, System.getenv(), progress);
  }

  static MySqlDistribution find(
      Cache cache, String wanted, Map<String, String> environment, Progress progress)
      throws IOException, InterruptedException {
    List<String> tried = new ArrayList<>();
    String named = environment.getOrDefault(HOME_VARIABLE, "");
    if (!named.isEmpty()) {
      // Who names a folder wants that server and no other, so there is no going on to the next.
      Path home = Path.of(named);
      Optional<MySqlDistribution> distribution =
          usable(inFolder(home), cache, wanted, home, tried, progress);
      return distribution.orElseThrow(() -> new NoServerException(advice(tried, wanted)));
    }
    for (Path program : installed(environment)) {
      Optional<MySqlDistribution> distribution =
          usable(
              Optional.of(
                  new Layout(
                      program,
                      List.of(program.toString(), "--no-defaults"),
                      sibling(program, "mysql"))),
              cache,
              wanted,
              program,
              tried,
              progress);
      if (distribution.isPresent()) {
        return distribution.get();
      }
    }
    if (tried.isEmpty()) {
      tried.add("mysqld on PATH: not found");
    }
    AptPackages packages = new AptPackages(cache, progress);
    for (Path folder : packages.provisioned()) {
      Optional<MySqlDistribution> distribution =
          usable(inFolder(folder), cache, wanted, folder, tried, progress);
      if (distribution.isPresent()) {
        return distribution.get();
      }
    }
    try {
      Path folder = packages.provision(wanted);
      Optional<MySqlDistribution> distribution =
          usable(inFolder(folder), cache, wanted, folder, tried, progress);
      if (distribution.isPresent()) {
        return distribution.get();
      }
    } catch (IOException e) {
      tried.add("package sources of this machine: " + e.getMessage());
    }
    throw new NoServerException(advice(tried, wanted));
  }

  private static String advice(List<String> tried, String wanted) {
    return "no MySQL server"
        + (wanted.isEmpty() ? "" : " " + wanted)
        + " found, and none could be provisioned. Tried:\n  - "
        + String.join("\n  - ", tried)
        + "\nInstall MySQL 8.0 or later so that mysqld is on PATH, or unpack a MySQL Community Server archive and set "
        + HOME_VARIABLE
        + " to its folder.";
  }

  /** Where the programs are, before it is known what they are. */
  private record Layout(Path mysqld, List<String> server, Optional<List<String>> client) {}

  private static Optional<MySqlDistribution> usable(
      Optional<Layout> layout,
      Cache cache,
      String wanted,
      Path where,
      List<String> tried,
      Progress progress)
      throws InterruptedException, IOException {
    if (layout.isEmpty()) {
      tried.add(where + ": no mysqld in bin, sbin, libexec, usr/sbin or usr/bin");
      return Optional.empty();
    }
    Layout found = layout.get();
    try {
      List<String> command = new ArrayList<>(found.server());
      command.add("--version");
      List<String> said =
          Command.run(command, VERSION_LIMIT).orThrow(found.mysqld() + " --version").output();
      String line = said.stream().filter(each -> each.contains("Ver ")).findFirst().orElse("");
      Optional<MySqlVersion> version =
          MySqlVersion.in(line.substring(Math.max(0, line.indexOf("Ver "))))
              .filter(_ -> !line.contains("MariaDB"));
      if (version.isEmpty() || version.get().major() < 8) {
        tried.add(found.mysqld() + ": not MySQL 8.0 or later (" + line.strip() + ")");
        return Optional.empty();
      }
      if (!version.get().matches(wanted)) {
        tried.add(found.mysqld() + ": is " + version.get() + ", wanted is " + wanted);
        return Optional.empty();
      }
      MySqlDistribution distribution =
          new MySqlDistribution(version.get(), where, found.server(), found.client());
      // An installed server may be forbidden by AppArmor to write anywhere but in its own folders;
      // this finds out.
      DataTemplate.prepare(distribution, cache, progress);
      return Optional.of(distribution);
    } catch (IOException e) {
      tried.add(found.mysqld() + ": " + e.getMessage());
      return Optional.empty();
    }
  }

  private static List<Path> installed(Map<String, String> environment) {
    Set<Path> programs = new TreeSet<>();
    List<Path> found = new ArrayList<>();
    Stream.concat(
            Stream.of(environment.getOrDefault("PATH", "").split(File.pathSeparator)),
            Stream.of("/usr/sbin", "/usr/local/sbin", "/usr/libexec", "/usr/local/mysql/bin"))
        .filter(folder -> folder.startsWith("/"))
        .map(folder -> Path.of(folder, "mysqld"))
        .filter(program -> Files.isExecutable(program) && programs.add(program))
        .forEach(found::add);
    return found;
  }

  private static Optional<List<String>> sibling(Path program, String name) {
    Path folder = program.toAbsolutePath().getParent();
    if (folder == null) {
      return Optional.empty();
    }
    return Stream.of(folder, folder.resolve("../bin").normalize())
        .map(each -> each.resolve(name))
        .filter(Files::isExecutable)
        .findFirst()
        .map(path -> List.of(path.toString()));
  }

  /** Works out how the programs below a folder are called. */
  private static Optional<Layout> inFolder(Path folder) throws IOException {
    Path home = folder.toAbsolutePath().normalize();
    Optional<Path> unpacked =
        Stream.of("usr/sbin/mysqld", "usr/bin/mysqld")
            .map(home::resolve)
            .filter(Files::isExecutable)
            .findFirst();
    if (unpacked.isPresent()) {
      return Optional.of(unpackedPackages(home, unpacked.get()));
    }
    return Stream.of("bin/mysqld", "sbin/mysqld", "libexec/mysqld")
        .map(home::resolve)
        .filter(Files::isExecutable)
        .findFirst()
        .map(program ->
            new Layout(
                program,
                List.of(program.toString(), "--no-defaults", "--basedir=" + home),
                sibling(program, "mysql")));
  }

  /** Programs out of unpacked packages look for everything below {@code /usr} of the machine, unless they are told. */
  private static Layout unpackedPackages(Path home, Path mysqld) throws IOException {
    List<String> loader = loader(home);
    List<String> server = new ArrayList<>(loader);
    server.add(mysqld.toString());
    server.add("--no-defaults");
    server.add("--basedir=" + home.resolve("usr"));
    server.add("--lc-messages-dir=" + home.resolve("usr/share/mysql"));
    server.add("--character-sets-dir=" + home.resolve("usr/share/mysql/charsets"));
    server.add("--plugin-dir=" + home.resolve("usr/lib/mysql/plugin"));
    Path mysql = home.resolve("usr/bin/mysql");
    Optional<List<String>> client = Optional.empty();
    if (Files.isExecutable(mysql)) {
      List<String> command = new ArrayList<>(loader);
      command.add(mysql.toString());
      client = Optional.of(command);
    }
    return new Layout(mysqld, server, client);
  }

  /**
   * The start of a command that runs a program with the C library it was built for, which may be newer than this machine's; empty where the
   * folder has none, so that the machine's is used.
   */
  private static List<String> loader(Path home) throws IOException {
    List<String> libraries = new ArrayList<>();
    String program = "";
    for (String prefix : List.of("usr/lib", "lib", "usr/lib64", "lib64")) {
      Path folder = home.resolve(prefix);
      if (!Files.isDirectory(folder) || Files.isSymbolicLink(folder)) {
        continue;
      }
      List<Path> folders = new ArrayList<>(List.of(folder, folder.resolve("mysql/private")));
      try (DirectoryStream<Path> triplets = Files.newDirectoryStream(folder, "*-linux-gnu*")) {
        triplets.forEach(folders::add);
      }
      for (Path each : folders) {
        if (!Files.isDirectory(each)) {
          continue;
        }
        libraries.add(each.toString());
        try (DirectoryStream<Path> loaders = Files.newDirectoryStream(each, "ld-linux*.so.*")) {
          for (Path file : loaders) {
            if (program.isEmpty() && Files.isExecutable(file)) {
              program = file.toString();
            }
          }
        }
      }
    }
    return program.isEmpty()
        ? List.of()
        : List.of(program, "--library-path", String.join(":", libraries));
  }

  @Override
  public String toString() {
    return "MySQL " + version + " in " + home;
  }
}
