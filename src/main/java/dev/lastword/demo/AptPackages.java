package dev.lastword.demo;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Gets a MySQL server from this machine's own package sources without root and without touching the machine: apt runs with a state, a
 * cache and a list of sources of its own, in which nothing is installed, so that it names the server with all that it needs down to the C
 * library; the packages are unpacked into a folder of the cache and never configured.
 */
final class AptPackages {
  private static final Map<String, String> ENVIRONMENT =
      Map.of("LC_ALL", "C", "DEBIAN_FRONTEND", "noninteractive");

  private static final Duration QUERY_LIMIT = Duration.ofMinutes(2);
  private static final Duration FETCH_LIMIT = Duration.ofMinutes(15);

  /** What a server does not need of the packages; it is most of their size. */
  private static final List<String> NOT_NEEDED =
      List.of(
          "usr/share/doc",
          "usr/share/man",
          "usr/share/perl",
          "usr/share/locale",
          "usr/share/gdb",
          "usr/share/lintian",
          "usr/lib/mysql-test");

  private final Cache cache;
  private final Progress progress;

  AptPackages(Cache cache, Progress progress) {
    this.cache = cache;
    this.progress = progress;
  }

  /** The folders that were provisioned before, the newest version first. */
  List<Path> provisioned() throws IOException {
    List<Path> folders = new ArrayList<>();
    if (Files.isDirectory(cache.directory())) {
      try (DirectoryStream<Path> stream =
          Files.newDirectoryStream(cache.directory(), "mysql-[0-9]*")) {
        stream.forEach(folders::add);
      }
    }
    folders.sort(Comparator.comparing(AptPackages::version).reversed());
    return folders;
  }

  private static MySqlVersion version(Path folder) {
    return MySqlVersion.in(String.valueOf(folder.getFileName()))
        .orElse(new MySqlVersion(0, 0, 0, ""));
  }

  /**
   * Fetches and unpacks a server, or gives the folder if another process did so meanwhile. What an interrupted call has fetched is used
   * by the next.
   *
   * @param wanted the version, or the empty text for the newest
   * @throws IOException that says what is missing
   */
  Path provision(String wanted) throws IOException, InterruptedException {
    for (String tool : List.of("apt-get", "apt-cache", "dpkg-deb")) {
      if (!isOnPath(tool)) {
        throw new IOException(
            "there is no "
                + tool
                + " here; servers are provisioned on Debian, Ubuntu and their kin only");
      }
    }
    List<AptSources.Source> sources =
        AptSources.forMySql(
            AptSources.read(Path.of("/etc/apt")), AptSources.release(Path.of("/etc/os-release")));
    if (sources.isEmpty()) {
      throw new IOException(
          "none of the sources in /etc/apt/sources.list and /etc/apt/sources.list.d is the distribution's own archive");
    }
    List<Path> before = provisioned();
    return cache.locked(
        "provision",
        progress,
        () -> {
          // Another process may have done it while we waited.
          Optional<Path> fresh =
              provisioned().stream()
                  .filter(folder -> !before.contains(folder) && version(folder).matches(wanted))
                  .findFirst();
          return fresh.isPresent() ? fresh.get() : provisionLocked(sources, wanted);
        });
  }

  private Path provisionLocked(List<AptSources.Source> sources, String wanted)
      throws IOException, InterruptedException {
    removeLeftovers();
    Path apt = cache.resolve("apt");
    Path configuration = configure(apt, sources);
    progress.report(
        "no MySQL server here: reading the package lists of "
            + String.join(" ", sources.getFirst().uris()));
    apt(configuration, FETCH_LIMIT, _ -> {}, "apt-get", "update").orThrow("apt-get update");
    Candidate candidate = candidate(configuration, wanted);
    Path target =
        cache.resolve("mysql-" + candidate.version().text().replaceAll("[^0-9A-Za-z.+~-]", "_"));
    if (Files.isDirectory(target)) {
      return target;
    }
    fetch(configuration, candidate);
    unpack(apt.resolve("cache/archives"), target);
    Cache.delete(apt.resolve("cache"));
    progress.report("MySQL " + candidate.version() + " is ready in " + target);
    return target;
  }

  private void removeLeftovers() throws IOException {
    try (DirectoryStream<Path> stream =
        Files.newDirectoryStream(cache.directory(), "unpacking-*")) {
      for (Path leftover : stream) {
        Cache.delete(leftover);
      }
    }
  }

  private static Path configure(Path apt, List<AptSources.Source> sources) throws IOException {
    for (String folder :
        List.of(
            "state/lists/partial",
            "cache/archives/partial",
            "etc/sources.list.d",
            "etc/empty",
            "log")) {
      Files.createDirectories(apt.resolve(folder));
    }
    // Nothing is installed, so that every package that the server needs is named.
    Files.writeString(apt.resolve("state/status"), "");
    StringBuilder stanzas = new StringBuilder();
    sources.forEach(source -> stanzas.append(source.stanza()));
    Files.writeString(apt.resolve("etc/sources.list.d/lastword.sources"), stanzas);
    // Read after the machine's own configuration, whose proxies and credentials it keeps and whose
    // hooks it drops.
    Path file = apt.resolve("apt.conf");
    Files.writeString(
        file,
        """
        #clear APT::Update::Pre-Invoke;
        #clear APT::Update::Post-Invoke;
        #clear APT::Update::Post-Invoke-Success;
        #clear DPkg::Pre-Invoke;
        #clear DPkg::Post-Invoke;
        #clear DPkg::Pre-Install-Pkgs;
        #clear APT::Default-Release;
        Dir::State "%1$s/state";
        Dir::State::status "%1$s/state/status";
        Dir::State::extended_states "%1$s/state/extended_states";
        Dir::Cache "%1$s/cache";
        Dir::Log "%1$s/log";
        Dir::Etc::sourcelist "/dev/null";
        Dir::Etc::sourceparts "%1$s/etc/sources.list.d";
        Dir::Etc::preferences "/dev/null";
        Dir::Etc::preferencesparts "%1$s/etc/empty";
        APT::Sandbox::User "root";
        APT::Install-Recommends "false";
        APT::Get::AllowUnauthenticated "false";
        Acquire::AllowInsecureRepositories "false";
        Acquire::Check-Valid-Until "false";
        Acquire::Languages "none";
        Acquire::Retries "3";
        Acquire::http::Timeout "30";
        Acquire::https::Timeout "30";
        Acquire::GzipIndexes "true";
        """
            .formatted(apt));
    return file;
  }

  /** A server that could be fetched. */
  private record Candidate(String server, String client, MySqlVersion version) {}

  private Candidate candidate(Path configuration, String wanted)
      throws IOException, InterruptedException {
    List<String> names =
        apt(configuration, QUERY_LIMIT, _ -> {}, "apt-cache", "pkgnames", "mysql-server-core")
            .orThrow("apt-cache pkgnames")
            .output();
    List<Candidate> candidates = new ArrayList<>();
    for (String name : names) {
      if (!name.matches("mysql-server-core(-[0-9.]+)?")) {
        continue;
      }
      apt(configuration, QUERY_LIMIT, _ -> {}, "apt-cache", "show", "--no-all-versions", name)
          .output()
          .stream()
          .filter(line -> line.startsWith("Version: "))
          .findFirst()
          .flatMap(MySqlVersion::in)
          .ifPresent(version ->
              candidates.add(new Candidate(name, name.replace("server", "client"), version)));
    }
    Optional<Candidate> best =
        candidates.stream()
            .filter(candidate ->
                candidate.version().major() >= 8 && candidate.version().matches(wanted))
            .max(Comparator.comparing(Candidate::version));
    return best.orElseThrow(() ->
        new IOException(
            "they carry no mysql-server-core"
                + (wanted.isEmpty() ? " of version 8.0 or later" : " of version " + wanted)
                + candidates.stream()
                    .map(candidate -> "; there is " + candidate.version())
                    .reduce("", String::concat)));
  }

  private void fetch(Path configuration, Candidate candidate)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of("apt-get", "-q", "-y", "--download-only", "install", candidate.server()));
    boolean hasClient =
        apt(configuration, QUERY_LIMIT, _ -> {}, "apt-cache", "show", candidate.client())
            .succeeded();
    if (hasClient) {
      command.add(candidate.client());
    }
    progress.report(
        "fetching " + candidate.server() + " " + candidate.version() + " and what it needs");
    AtomicLong reported = new AtomicLong(System.nanoTime());
    AtomicLong files = new AtomicLong();
    Consumer<String> line =
        said -> {
          if (said.startsWith("Need to get ")) {
            progress.report("  " + said.replace("Need to get", "to fetch:"));
          } else if (said.startsWith("Get:")) {
            long count = files.incrementAndGet();
            long now = System.nanoTime();
            if (now - reported.get() > Duration.ofSeconds(3).toNanos()) {
              reported.set(now);
              progress.report("  " + count + " packages so far");
            }
          }
        };
    apt(configuration, FETCH_LIMIT, line, command.toArray(String[]::new))
        .orThrow("fetching the packages");
  }

  private void unpack(Path archives, Path target) throws IOException, InterruptedException {
    Path temporary = Files.createTempDirectory(cache.directory(), "unpacking-");
    List<Path> packages = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(archives, "*.deb")) {
      stream.forEach(packages::add);
    }
    progress.report("unpacking " + packages.size() + " packages");
    for (Path file : packages) {
      // Perl comes along with the clients and is not run here.
      if (!String.valueOf(file.getFileName()).matches("(lib)?perl.*")) {
        Command.run(
                List.of("dpkg-deb", "-x", file.toString(), temporary.toString()),
                ENVIRONMENT,
                QUERY_LIMIT,
                _ -> {})
            .orThrow("unpacking " + file.getFileName());
      }
    }
    for (String part : NOT_NEEDED) {
      Cache.delete(temporary.resolve(part));
    }
    try {
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      throw new IOException(
          cache.directory() + " is on a file system that cannot rename a folder at once", e);
    }
  }

  private static Command.Result apt(
      Path configuration, Duration limit, Consumer<String> line, String... command)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of(command));
    arguments.addAll(1, List.of("-c", configuration.toString()));
    return Command.run(arguments, ENVIRONMENT, limit, line);
  }

  private static boolean isOnPath(String tool) {
    for (String folder : System.getenv().getOrDefault("PATH", "/usr/bin:/bin").split(":", -1)) {
      if (!folder.isEmpty() && Files.isExecutable(Path.of(folder, tool))) {
        return true;
      }
    }
    return false;
  }
}
