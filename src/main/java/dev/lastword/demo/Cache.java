package dev.lastword.demo;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The folder where things are kept that are slow to make: unpacked servers and initialized data folders. Several processes may use it at
 * once: what is made there is made under a lock in a folder with a temporary name, and renamed when it is complete, so that whatever has
 * its final name is whole, and an interrupted process leaves nothing behind that the next one would trust.
 */
public final class Cache {
  /** Names the folder; without it the folder is {@code lastword} in the user's cache folder. */
  public static final String VARIABLE = "LASTWORD_CACHE";

  /** File locks belong to the JVM; between its threads these hold. */
  private static final Map<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();

  private final Path directory;

  /** Uses a folder, which is made when something is first put there. */
  public Cache(Path directory) {
    this.directory = directory.toAbsolutePath().normalize();
  }

  /** The folder that the environment names, or {@code $XDG_CACHE_HOME/lastword}, or {@code ~/.cache/lastword}. */
  public static Cache perUser() {
    return new Cache(directory(System.getenv(), System.getProperty("user.home", "")));
  }

  static Path directory(Map<String, String> environment, String home) {
    String named = environment.getOrDefault(VARIABLE, "");
    if (!named.isEmpty()) {
      return Path.of(named);
    }
    String caches = environment.getOrDefault("XDG_CACHE_HOME", "");
    if (caches.startsWith("/")) {
      return Path.of(caches, "lastword");
    }
    // As for every other program, HOME wins over the password file, which a user id in a container
    // may not even be in: then Java says "?".
    String user =
        environment.getOrDefault("HOME", "").startsWith("/")
            ? environment.getOrDefault("HOME", "")
            : home;
    return user.startsWith("/")
        ? Path.of(user, ".cache", "lastword")
        : Path.of(
            System.getProperty("java.io.tmpdir", "/tmp"),
            "lastword-" + System.getProperty("user.name", "nobody"));
  }

  /** The folder itself; it may not exist yet. */
  public Path directory() {
    return directory;
  }

  /** Makes the folder if need be, for its owner only, and gives a path inside it. */
  Path resolve(String name) throws IOException {
    if (!Files.isDirectory(directory)) {
      try {
        Files.createDirectories(
            directory,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      } catch (IOException e) {
        throw new IOException(
            "cannot make the folder "
                + directory
                + " ("
                + e
                + "); "
                + VARIABLE
                + " can name another",
            e);
      }
    }
    return directory.resolve(name);
  }

  /** What runs while a lock is held. */
  @FunctionalInterface
  interface Locked<T> {
    T run() throws IOException, InterruptedException;
  }

  /**
   * Runs something that no other thread and no other process does at the same time.
   *
   * @param name the lock's name; the same name excludes
   * @param progress is told if another process has to be waited for
   */
  <T> T locked(String name, Progress progress, Locked<T> body)
      throws IOException, InterruptedException {
    Path file = resolve(name + ".lock");
    ReentrantLock threads = THREADS.computeIfAbsent(file, _ -> new ReentrantLock());
    threads.lockInterruptibly();
    try (FileChannel channel =
            FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock _ = lock(channel, file, progress)) {
      return body.run();
    } finally {
      threads.unlock();
    }
  }

  private static FileLock lock(FileChannel channel, Path file, Progress progress)
      throws IOException {
    FileLock lock = channel.tryLock();
    if (lock == null) {
      progress.report("waiting for another process that holds " + file);
      lock = channel.lock();
    }
    return lock;
  }

  /** Removes a file or a whole folder; what is not there, or goes away meanwhile, is no error. */
  static void delete(Path root) throws IOException {
    if (!Files.exists(root, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException cause) throws IOException {
            if (cause instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw cause;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException cause)
              throws IOException {
            if (cause != null && !(cause instanceof NoSuchFileException)) {
              throw cause;
            }
            Files.deleteIfExists(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
