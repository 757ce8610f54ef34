package dev.lastword.cli;

import java.io.Console;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Where the output goes.
 *
 * @param isTerminal whether a person looks at it
 * @param columns its width; very wide where nobody looks
 * @param rows its height; likewise
 * @param colours whether it may be coloured
 */
record Terminal(boolean isTerminal, int columns, int rows, boolean colours) {
  private static final int NO_LIMIT = 100_000;
  private static final int USUAL_COLUMNS = 80;
  private static final int USUAL_ROWS = 24;

  /** Nobody looks. */
  static final Terminal NONE = new Terminal(false, NO_LIMIT, NO_LIMIT, false);

  /** That of this process. Whether a Java has a console at all where nobody looks, differs between its versions. */
  @SuppressWarnings("SystemConsoleNull")
  static Terminal ofProcess(Map<String, String> environment) {
    Console console = System.console();
    if (console == null || !console.isTerminal()) {
      return NONE;
    }
    String[] size = stty("size").split(" ", 2);
    boolean colours =
        environment.getOrDefault("NO_COLOR", "").isEmpty()
            && !environment.getOrDefault("TERM", "").equals("dumb");
    return new Terminal(
        true,
        number(size.length == 2 ? size[1] : "", USUAL_COLUMNS),
        number(size[0], USUAL_ROWS),
        colours);
  }

  private static int number(String text, int otherwise) {
    try {
      int number = Integer.parseInt(text);
      return number > 0 ? number : otherwise;
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }

  /**
   * Asks or tells the terminal, with the program that does it on every Unix.
   *
   * @return what it says; empty if it does not work
   */
  static String stty(String... arguments) {
    String[] command = new String[arguments.length + 1];
    command[0] = "stty";
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    try {
      Process stty =
          new ProcessBuilder(command)
              .redirectInput(new File("/dev/tty"))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String said = new String(stty.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return stty.waitFor(1, TimeUnit.SECONDS) && stty.exitValue() == 0 ? said.strip() : "";
    } catch (IOException e) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  String coloured(Colour colour, String text) {
    return colours && colour != Colour.NONE
        ? "\u001b[" + colour.code + "m" + text + "\u001b[0m"
        : text;
  }

  /** What a colour says. */
  enum Colour {
    NONE(0),
    BOLD(1),
    BAD(31),
    GOOD(32),
    DOUBTFUL(33),
    FAINT(2);

    private final int code;

    Colour(int code) {
      this.code = code;
    }
  }
}
