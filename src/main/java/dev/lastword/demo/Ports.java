package dev.lastword.demo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A TCP port that is this process' own until it is closed, also while nobody listens on it: a server that is restarted must find its port
 * free. Ports come from below the range that the kernel gives to outgoing connections, and a lock in the cache keeps other processes of
 * Lastword off.
 */
final class Ports {
  private static final int FIRST = 20_000;
  private static final int END = 32_000;
  private static final int ATTEMPTS = 500;

  private Ports() {}

  /** A port that nobody else takes. */
  record Reserved(int port, FileChannel file) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      file.close();
    }
  }

  /** Reserves a port that is free now. */
  static Reserved reserve(Cache cache) throws IOException {
    Path folder = cache.resolve("ports");
    Files.createDirectories(folder);
    for (int i = 0; i < ATTEMPTS; i++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, END);
      if (!isFree(port)) {
        continue;
      }
      FileChannel file =
          FileChannel.open(
              folder.resolve(port + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (isLocked(file)) {
        return new Reserved(port, file);
      }
      file.close();
    }
    throw new IOException("no free TCP port between " + FIRST + " and " + (END - 1));
  }

  private static boolean isLocked(FileChannel file) throws IOException {
    try {
      // Held until the channel is closed.
      FileLock lock = file.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  /** Whether somebody could listen on a port of the IPv4 loopback address. */
  static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
