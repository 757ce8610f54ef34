package dev.lastword.cli;

import dev.lastword.cli.Terminal.Colour;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** The proxy at a glance. */
@Command(
    name = "status",
    description =
        "Shows a running proxy at a glance: whether it is ready, its servers, its counters.")
final class StatusCommand extends Remote {
  @Override
  void run(Api api, PrintWriter out) throws InterruptedException {
    String summary = api.get("summary");
    if (json()) {
      out.println(summary);
      return;
    }
    Terminal terminal = Terminal.ofProcess(System.getenv());
    out.println(headline(url(), JsonText.object(summary), terminal));
    out.println();
    List<Map<String, @Nullable Object>> servers =
        JsonText.rows(JsonText.object(api.get("servers?limit=1000")), "rows");
    Rows.lines(servers, List.of("name", "state", "draining", "sessions", "detail"), terminal)
        .forEach(out::println);
    out.println();
    TextTable counters = new TextTable(List.of("counter", "value"));
    JsonText.object(api.get("status"))
        .forEach((name, value) -> {
          counters.row();
          counters.cell(Cells.clean(name));
          counters.cell(String.valueOf(value), true, Colour.NONE);
        });
    counters.lines(terminal).forEach(out::println);
  }

  static String headline(String url, Map<String, @Nullable Object> summary, Terminal terminal) {
    boolean ready = JsonText.flag(summary, "ready");
    String state =
        JsonText.flag(summary, "draining")
            ? terminal.coloured(Colour.DOUBTFUL, "draining")
            : ready
                ? terminal.coloured(Colour.GOOD, "ready")
                : terminal.coloured(Colour.BAD, "not ready");
    return "Lastword "
        + Cells.clean(JsonText.text(summary, "version"))
        + " at "
        + url
        + ": "
        + state
        + ", up "
        + Cells.duration(JsonText.number(summary, "uptime_seconds") * 1_000_000)
        + ", "
        + counted(JsonText.number(summary, "sessions"), "session", "sessions")
        + ", "
        + counted(JsonText.number(summary, "losses"), "loss", "losses");
  }

  static String counted(long number, String one, String many) {
    return number + " " + (number == 1 ? one : many);
  }
}
