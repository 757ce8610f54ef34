package dev.lastword.demo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** An initialized data folder of one server version, which is made once and copied for each server, because making one takes seconds. */
final class DataTemplate {
  private static final Duration INITIALIZE_LIMIT = Duration.ofMinutes(5);

  /** Goes into the template's name: raise it when what is in a template changes. */
  private static final int REVISION = 1;

  private DataTemplate() {}

  /** Gives the template of a server version; makes it if it is not there yet. */
  static Path prepare(MySqlDistribution distribution, Cache cache, Progress progress)
      throws IOException, InterruptedException {
    Path template =
        cache.resolve("data-" + distribution.version().text() + "-" + fingerprint(distribution));
    if (Files.isDirectory(template)) {
      return template;
    }
    return cache.locked("data", progress, () -> make(template, distribution, cache, progress));
  }

  private static Path make(
      Path template, MySqlDistribution distribution, Cache cache, Progress progress)
      throws IOException, InterruptedException {
    if (Files.isDirectory(template)) {
      return template;
    }
    try (DirectoryStream<Path> leftovers =
        Files.newDirectoryStream(cache.directory(), "initializing-*")) {
      for (Path leftover : leftovers) {
        Cache.delete(leftover);
      }
    }
    progress.report("initializing a data folder for MySQL " + distribution.version());
    Path work =
        Files.createTempDirectory(
            cache.directory(),
            "initializing-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Path accounts = work.resolve("accounts.sql");
    // The root account that initializing makes is for "localhost", which does not include TCP where
    // names are not resolved.
    Files.writeString(
        accounts,
        """
        CREATE USER 'root'@'%%' IDENTIFIED BY '%1$s';
        GRANT ALL PRIVILEGES ON *.* TO 'root'@'%%' WITH GRANT OPTION;
        ALTER USER 'root'@'localhost' IDENTIFIED BY '%1$s';
        """
            .formatted(MySqlProcess.ROOT_PASSWORD));
    Path data = work.resolve("data");
    List<String> command = MySqlProcess.baseCommand(distribution);
    command.addAll(
        List.of(
            "--initialize-insecure",
            "--datadir=" + data,
            "--tmpdir=" + work,
            "--init-file=" + accounts,
            "--secure-file-priv=NULL",
            "--skip-log-bin",
            "--log-error-verbosity=1",
            "--console"));
    Command.run(command, Map.of(), INITIALIZE_LIMIT, _ -> {}).orThrow("initializing a data folder");
    // Each copy makes its own, otherwise all servers would have the same server_uuid.
    Files.deleteIfExists(data.resolve("auto.cnf"));
    Files.move(data, template, StandardCopyOption.ATOMIC_MOVE);
    Cache.delete(work);
    return template;
  }

  private static String fingerprint(MySqlDistribution distribution) throws IOException {
    List<String> facts = new ArrayList<>(distribution.server());
    facts.add(String.valueOf(REVISION));
    facts.add(MySqlProcess.ROOT_PASSWORD);
    for (String part : distribution.server()) {
      // The same path may hold another program after an upgrade.
      if (part.endsWith("mysqld") && Files.isRegularFile(Path.of(part))) {
        facts.add(
            Files.size(Path.of(part)) + " " + Files.getLastModifiedTime(Path.of(part)).toMillis());
      }
    }
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(String.join("\n", facts).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Copies a template into a folder that does not exist yet. */
  static void copy(Path template, Path target) throws IOException {
    Files.walkFileTree(
        template,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectory(
                target.resolve(template.relativize(folder).toString()),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(
                file,
                target.resolve(template.relativize(file).toString()),
                StandardCopyOption.COPY_ATTRIBUTES);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
