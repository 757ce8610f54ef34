package dev.lastword.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeoutException;

/** Turns what a fixture cannot do into an unchecked exception, which fails the test that asked for it. */
final class Waiting {
  private Waiting() {}

  @FunctionalInterface
  interface Step<T> {
    T run() throws IOException, InterruptedException, TimeoutException;
  }

  @FunctionalInterface
  interface Action {
    void run() throws IOException, InterruptedException, TimeoutException;
  }

  static <T> T uninterrupted(Step<T> step) {
    try {
      return step.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    } catch (TimeoutException e) {
      throw new IllegalStateException(e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  static void until(Action action) {
    var _ =
        uninterrupted(() -> {
          action.run();
          return true;
        });
  }
}
