package dev.lastword;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line, as far as it starts nothing. */
class LastwordTest {
  private static final Path SAMPLE =
      Path.of(System.getProperty("lastword.basedir", ""), "config", "lastword.yaml");

  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int lastword(String... args) {
    return Lastword.execute(new PrintWriter(out, true), new PrintWriter(err, true), args);
  }

  @Test
  void the_version_is_that_of_the_build() {
    assertThat(lastword("--version")).isEqualTo(0);
    assertThat(out.toString())
        .matches("(?s)Lastword \\d+\\.\\d+\\.\\d+\\S*\\RJava 25.*\\R")
        .contains("Lastword " + Version.version());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "run", "check"})
  void every_command_has_help_that_tells_the_exit_codes(String command) {
    assertThat(command.isEmpty() ? lastword("--help") : lastword(command, "--help")).isEqualTo(0);
    assertThat(out.toString())
        .contains("Usage: lastword")
        .contains("Exit codes:")
        .containsPattern("3 +the configuration is wrong");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void the_help_names_every_command() {
    lastword("--help");
    assertThat(out.toString()).contains("run", "check");
  }

  @Test
  void without_a_command_the_help_is_shown_as_an_error() {
    assertThat(lastword()).isEqualTo(2);
    assertThat(err.toString()).contains("Usage: lastword");
  }

  @Test
  void a_wrong_command_line_is_told_with_what_is_right() {
    assertThat(lastword("run")).isEqualTo(2);
    assertThat(err.toString()).contains("--config", "Usage: lastword run");
    assertThat(lastword("chekc", "x")).isEqualTo(2);
    assertThat(err.toString()).contains("Did you mean: lastword check");
  }

  @Test
  void the_sample_is_checked_and_nothing_is_wrong() {
    assertThat(lastword("check", SAMPLE.toString())).as(err.toString()).isEqualTo(0);
    assertThat(out.toString()).endsWith(": nothing is wrong (2 listeners, 2 servers)\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"check", "run --config"})
  void every_problem_of_a_configuration_is_told_by_line(String command) throws Exception {
    Files.writeString(folder.resolve("empty.pem"), "");
    Path file =
        Files.writeString(
            folder.resolve("bad.yaml"),
            """
            listeners:
              - name: x
                protocol: x
                servers: [db1]
                tls: { certificate: empty.pem, key: empty.pem }
            servers:
              - name: db1
                host: db1.example
            limits:
              sessions: none
            """);
    assertThat(lastword((command + " " + file).split(" "))).isEqualTo(3);
    assertThat(err.toString())
        .isEqualTo(
            """
            %1$s/bad.yaml:5:25: listeners[0].tls.certificate: %1$s/empty.pem has no certificate in PEM form in it
            %1$s/bad.yaml:10:13: limits.sessions: none is not a whole number; allowed: 1 to 1000000
            """
                .formatted(folder));
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void a_file_that_is_not_there_is_said_in_one_sentence() {
    assertThat(lastword("check", "/nowhere.yaml")).isEqualTo(3);
    assertThat(err.toString()).isEqualTo("/nowhere.yaml: there is no such file\n");
  }
}
