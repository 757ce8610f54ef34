package dev.lastword.cli;

import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Shows what happened, and goes on showing what happens. */
final class EventsCommand extends ShowCommand {
  @Option(
      names = "--follow",
      description = "Shows the events that the proxy remembers, and then new ones until Ctrl-C.")
  private boolean follow;

  EventsCommand() {
    super("events", "at", "kind", "text");
  }

  @Override
  void run(Api api, PrintWriter out) throws InterruptedException {
    if (!follow) {
      super.run(api, out);
      return;
    }
    try (Stream<String> lines = api.stream("events/stream?since=0")) {
      Iterator<String> all = lines.iterator();
      while (all.hasNext()) {
        String line = all.next();
        if (line.startsWith("data: ")) {
          show(line.substring("data: ".length()), out);
        }
      }
    } catch (UncheckedIOException e) {
      // Said below.
    }
    throw new Failure("the proxy ended the stream of events");
  }

  private void show(String data, PrintWriter out) {
    if (json()) {
      out.println(data);
    } else {
      Map<String, @Nullable Object> event = JsonText.object(data);
      out.println(
          String.join(
              "  ",
              List.of(
                  Cells.clock(JsonText.text(event, "at")),
                  Cells.clean(JsonText.text(event, "kind")),
                  Cells.clean(JsonText.text(event, "text")))));
    }
    out.flush();
  }
}
