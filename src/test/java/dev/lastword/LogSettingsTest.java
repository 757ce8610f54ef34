package dev.lastword;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.slf4j.Logger.ROOT_LOGGER_NAME;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The settings that {@code run} logs with. */
class LogSettingsTest {
  private static final Path SETTINGS =
      Path.of(System.getProperty("lastword.basedir", ""), "config", "logback.xml");

  /** Lets something be logged by a program of its own, so to speak, and returns the lines it wrote. */
  private static List<String> logged(CountDownLatch reader, Consumer<LoggerContext> program)
      throws Exception {
    PrintStream before = System.out;
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    System.setOut(new PrintStream(new SlowReader(reader, written), false, StandardCharsets.UTF_8));
    try {
      LoggerContext context = new LoggerContext();
      context.setMDCAdapter(new LogbackMDCAdapter());
      JoranConfigurator configurator = new JoranConfigurator();
      configurator.setContext(context);
      configurator.doConfigure(SETTINGS.toFile());
      program.accept(context);
      reader.countDown();
      // Stopping waits two seconds and then drops the rest, which on a busy machine is not enough.
      AsyncAppender waiting =
          (AsyncAppender) context.getLogger(ROOT_LOGGER_NAME).getAppender("ASYNC");
      await().atMost(Duration.ofMinutes(1)).until(() -> waiting.getNumberOfElementsInQueue() == 0);
      context.stop();
    } finally {
      reader.countDown();
      System.out.flush();
      System.setOut(before);
    }
    return written.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void an_event_is_one_line_even_with_a_stack_trace() throws Exception {
    List<String> lines =
        logged(
            new CountDownLatch(1),
            context -> {
              Logger log = context.getLogger("dev.lastword.listen.Acceptor");
              log.info("session=1 event=opened");
              log.warn("first\nsecond", new IllegalStateException("why"));
              log.debug("not shown");
              context.getLogger("io.netty.channel").info("not shown");
            });
    assertThat(lines).hasSize(2);
    assertThat(lines.getFirst())
        .matches(
            "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}\\S+ INFO  Acceptor"
                + " session=1 event=opened");
    assertThat(lines.getLast())
        .contains(" WARN  Acceptor first | second")
        .contains("java.lang.IllegalStateException: why | at dev.lastword.LogSettingsTest")
        .doesNotEndWith(" | ");
  }

  @Test
  void nobody_waits_for_a_log_that_is_not_read_and_no_warning_is_lost() throws Exception {
    List<String> lines =
        logged(
            new CountDownLatch(1),
            context -> {
              // Nothing is read before this returns: if logging waited, it never would.
              Logger log = context.getLogger("dev.lastword.Flood");
              for (int i = 0; i < 100_000; i++) {
                log.info("event {}", i);
              }
              for (int i = 0; i < 1_000; i++) {
                log.warn("warning {}", i);
              }
            });
    assertThat(lines.stream().filter(line -> line.contains(" WARN "))).hasSize(1_000);
    // What waits, and what the writing thread had taken before it began to wait, which is no more.
    assertThat(lines.stream().filter(line -> line.contains(" INFO ")).count())
        .isBetween(32_768L, 2 * 32_768L + 1);
  }

  private static final class SlowReader extends OutputStream {
    private final CountDownLatch reader;
    private final ByteArrayOutputStream out;

    SlowReader(CountDownLatch reader, ByteArrayOutputStream out) {
      this.reader = reader;
      this.out = out;
    }

    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      // The writing thread is interrupted when the log ends, and must write what is left all the
      // same.
      boolean interrupted = false;
      while (reader.getCount() > 0) {
        try {
          reader.await();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      out.write(bytes, offset, length);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
