package dev.lastword.testing;

import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;

/** A program that starts a server, says so, and waits to be killed. */
final class StartedAndForgotten {
  private StartedAndForgotten() {}

  /** Prints the server's process id and its folder. */
  @SuppressWarnings("SystemOut")
  public static void main(String[] arguments) throws InterruptedException {
    LocalMySqlServer server = (LocalMySqlServer) MySqlServer.launch();
    Path files = Objects.requireNonNull(server.process().errorLog().getParent());
    System.out.println("started " + server.process().pid() + " " + files);
    new CountDownLatch(1).await();
  }
}
