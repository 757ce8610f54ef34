package dev.lastword.cli;

import dev.lastword.cli.Terminal.Colour;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** The proxy at a glance, again each second. */
@Command(
    name = "top",
    description = {
      "Shows a running proxy live: sessions by state, losses, servers, the last losses.",
      "q or Ctrl-C ends it. Where the output is no terminal, it is shown once."
    })
final class TopCommand extends Remote {
  private static final long STEP_MILLIS = 1_000;
  private static final long KEY_MILLIS = 50;

  private static final String OTHER_SCREEN = "\u001b[?1049h\u001b[?25l";
  private static final String USUAL_SCREEN = "\u001b[?25h\u001b[?1049l";
  private static final String HOME = "\u001b[H";
  private static final String REST_OF_LINE = "\u001b[K";
  private static final String REST_OF_SCREEN = "\u001b[J";

  private static final List<String> SERVERS =
      List.of("name", "state", "draining", "sessions", "detail");

  private long lostBefore = -1;
  private long lookedNanos;

  @Override
  void run(Api api, PrintWriter out) throws InterruptedException {
    if (json()) {
      out.println(api.get("summary"));
      return;
    }
    Terminal terminal = Terminal.ofProcess(System.getenv());
    if (!terminal.isTerminal()) {
      look(api, terminal).forEach(out::println);
      return;
    }
    // Before the screen is taken: what is wrong should be readable.
    List<String> first = look(api, terminal);
    String before = Terminal.stty("-g");
    Runnable restore =
        () -> {
          if (!before.isEmpty()) {
            Terminal.stty(before);
          }
          out.print(USUAL_SCREEN);
          out.flush();
        };
    Thread onSignal = new Thread(restore, "lastword-terminal");
    Runtime.getRuntime().addShutdownHook(onSignal);
    Terminal.stty("-icanon", "-echo");
    out.print(OTHER_SCREEN);
    try {
      draw(first, terminal, out);
      while (!quits()) {
        Terminal now = Terminal.ofProcess(System.getenv());
        draw(look(api, now), now, out);
      }
    } finally {
      restore.run();
      Runtime.getRuntime().removeShutdownHook(onSignal);
    }
  }

  /** Waits until it is time to look again, or somebody has had enough. */
  private static boolean quits() throws InterruptedException {
    long until = System.nanoTime() + STEP_MILLIS * 1_000_000;
    try {
      while (System.nanoTime() < until) {
        while (System.in.available() > 0) {
          int key = System.in.read();
          if (key == 'q' || key == 'Q') {
            return true;
          }
        }
        Thread.sleep(KEY_MILLIS);
      }
    } catch (IOException e) {
      return true;
    }
    return false;
  }

  private static void draw(List<String> lines, Terminal terminal, PrintWriter out) {
    StringBuilder screen = new StringBuilder(HOME);
    int room = Math.max(1, terminal.rows() - 1);
    for (String line : lines.subList(0, Math.min(lines.size(), room))) {
      screen.append(line).append(REST_OF_LINE).append("\r\n");
    }
    out.print(screen.append(REST_OF_SCREEN));
    out.flush();
  }

  private List<String> look(Api api, Terminal terminal) throws InterruptedException {
    Map<String, @Nullable Object> summary = JsonText.object(api.get("summary"));
    Map<String, @Nullable Object> states =
        JsonText.inner(JsonText.object(api.get("sessions?limit=1&group=state")), "groups");
    List<Map<String, @Nullable Object>> servers =
        JsonText.rows(JsonText.object(api.get("servers?limit=1000")), "rows");
    int room = Math.clamp(terminal.rows() - servers.size() - 8L, 3, 20);
    List<Map<String, @Nullable Object>> losses =
        JsonText.rows(JsonText.object(api.get("losses?limit=" + room)), "rows");

    List<String> lines = new ArrayList<>();
    lines.add(
        terminal.isTerminal()
            ? StatusCommand.headline(url(), summary, terminal)
            : StatusCommand.headline(url(), summary, Terminal.NONE));
    StringBuilder sessions = new StringBuilder("Sessions:");
    states.forEach((state, count) ->
        sessions.append(' ').append(Cells.clean(state)).append(' ').append(count));
    lines.add(states.isEmpty() ? "Sessions: none" : sessions.toString());
    lines.add("Losses: " + rate(JsonText.number(summary, "losses")));
    lines.add("");
    lines.addAll(Rows.lines(servers, SERVERS, terminal));
    lines.add("");
    lines.add(terminal.coloured(Colour.FAINT, "LAST LOSSES"));
    if (losses.isEmpty()) {
      lines.add("none");
    }
    for (Map<String, @Nullable Object> loss : losses) {
      String line =
          Cells.clock(JsonText.text(loss, "ended"))
              + " "
              + Cells.clean(JsonText.text(loss, "text"));
      lines.add(TextTable.shortened(line, terminal.columns()));
    }
    return lines;
  }

  private String rate(long lost) {
    long now = System.nanoTime();
    String rate =
        lostBefore < 0
            ? ""
            : ", "
                + String.format(
                    Locale.ROOT,
                    "%.1f",
                    Math.max(0, lost - lostBefore) * 1e9 / Math.max(1, now - lookedNanos))
                + " per second";
    lostBefore = lost;
    lookedNanos = now;
    return lost + " since the start" + rate;
  }
}
