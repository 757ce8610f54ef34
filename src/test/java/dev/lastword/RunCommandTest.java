package dev.lastword;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code lastword run} as a process of its own, from its start to its end. */
class RunCommandTest {
  @TempDir Path folder;

  private Process start(int port) throws IOException {
    Path config =
        Files.writeString(
            folder.resolve("lastword.yaml"),
            """
            listeners:
              - { name: x, protocol: x, bind: "127.0.0.1:%d", servers: [db1] }
              - { name: c, protocol: classic, bind: "127.0.0.1:0", servers: [db1] }
            servers:
              - { name: db1, host: 127.0.0.1, x-port: 9 }
            data-directory: state
            """
                .formatted(port));
    return new ProcessBuilder(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                Lastword.class.getName(),
                "run",
                "--config",
                config.toString()))
        .redirectOutput(folder.resolve("out").toFile())
        .redirectError(folder.resolve("err").toFile())
        .start();
  }

  private String out() throws IOException {
    return Files.readString(folder.resolve("out"));
  }

  private String err() throws IOException {
    return Files.readString(folder.resolve("err"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void it_says_where_it_listens_and_ends_on_a_signal_as_if_nothing_happened(String signal)
      throws Exception {
    Process process = start(0);
    try {
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(out()).as(err()).contains("Lastword is ready."));
      for (String serves :
          List.of("Listener x serves X Protocol", "Listener c serves the classic protocol")) {
        Matcher port =
            Pattern.compile(serves + " on 127\\.0\\.0\\.1:(\\d+) from db1\n").matcher(out());
        assertThat(port.find()).as(out()).isTrue();
        new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(port.group(1))).close();
      }

      assertThat(
              new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                  .start()
                  .waitFor())
          .isZero();
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(out() + err()).isEqualTo(0);
      assertThat(err()).isEmpty();
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void a_port_in_use_is_said_in_one_sentence() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Process process = start(taken.getLocalPort());
      try {
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(err().lines())
            .singleElement()
            .asString()
            .startsWith("lastword: ")
            .contains("127.0.0.1:" + taken.getLocalPort())
            .containsIgnoringCase("already in use");
      } finally {
        process.destroyForcibly();
      }
    }
  }
}
