package dev.lastword.cli;

import dev.lastword.cli.Terminal.Colour;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** One loss: timeline, evidence, verdict, farewell. */
@Command(
    name = "explain",
    description = "Explains how a session ended: timeline, evidence, verdict, what it was told.")
final class ExplainCommand extends Remote {
  @Parameters(paramLabel = "ID", description = "The proxy's number of a session that has ended.")
  private long id;

  @Override
  void run(Api api, PrintWriter out) throws InterruptedException {
    String answer = api.get("losses/" + id + "/explanation");
    if (json()) {
      out.println(answer);
      return;
    }
    Terminal terminal = Terminal.ofProcess(System.getenv());
    Map<String, @Nullable Object> told = JsonText.object(answer);
    out.println(terminal.coloured(Colour.BOLD, Cells.clean(JsonText.text(told, "sentence"))));
    out.println();
    out.println("Timeline");
    for (Map<String, @Nullable Object> moment : JsonText.rows(told, "timeline")) {
      out.println(
          "  "
              + Cells.clean(JsonText.text(moment, "at"))
              + "  "
              + Cells.clean(JsonText.text(moment, "text")));
    }
    section("Evidence", JsonText.inner(told, "evidence"), out);
    section("Verdict", JsonText.inner(told, "verdict"), out);
    section("Farewell", JsonText.inner(told, "farewell"), out);
  }

  private static void section(String title, Map<String, @Nullable Object> values, PrintWriter out) {
    out.println();
    out.println(title);
    int widest = values.keySet().stream().mapToInt(String::length).max().orElse(0);
    values.forEach((name, value) ->
        out.println(
            "  "
                + name.replace('_', ' ')
                + " ".repeat(widest - name.length() + 2)
                + text(name, value)));
  }

  private static String text(String name, @Nullable Object value) {
    return switch (value) {
      case Boolean flag -> flag ? "yes" : "no";
      case Number number when name.equals("micros") -> Cells.duration(number.longValue());
      case null, default -> Cells.text(name, value, Instant.EPOCH);
    };
  }
}
