package dev.lastword.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The figures as Markdown. */
final class Report {
  private final Map<Protocol, Map<Workload, Map<String, Figures>>> figures;
  private final String direct;
  private final String bare;
  private final String lastword;

  Report(
      Map<Protocol, Map<Workload, Map<String, Figures>>> figures,
      String direct,
      String bare,
      String lastword) {
    this.figures = figures;
    this.direct = direct;
    this.bare = bare;
    this.lastword = lastword;
  }

  String text(String commit, String length, String server, String load) throws IOException {
    StringBuilder out = new StringBuilder();
    out.append("# What Lastword costs, commit ").append(commit).append("\n\n");
    out.append(
        "Made by `benchmarks/compare`; what the columns mean stands in `benchmarks/README.md`. ");
    out.append(
        "The machine is not dedicated to this: only the ratios say anything, and only as much as their spread allows.\n\n");
    line(out, "Length", length);
    line(out, "Machine", machine());
    line(out, "Load average", load + " (includes this run)");
    line(out, "JDK", System.getProperty("java.vendor.version") + ", " + Runtime.version());
    line(
        out,
        "JVM flags",
        "those of the launcher `lastword`; the bare relay has the same without its class cache");
    line(out, "Server", "MySQL " + server + ", over loopback, no TLS on either leg");
    line(out, "Event loops", "one per processor, in both proxies; one in the driver");
    figures.forEach((protocol, ofProtocol) -> summary(out, protocol, ofProtocol));
    figures.forEach((protocol, ofProtocol) ->
        ofProtocol.forEach((workload, byTarget) -> table(out, protocol, workload, byTarget)));
    return out.toString();
  }

  private void summary(
      StringBuilder out, Protocol protocol, Map<Workload, Map<String, Figures>> ofProtocol) {
    out.append("\n## CPU of Lastword over that of the bare relay, ")
        .append(protocol.title())
        .append("\n\n");
    out.append(
        "| work | whole process | quartiles | event loops | quartiles |\n|---|---|---|---|---|\n");
    double product = 1;
    double loopProduct = 1;
    for (var entry : ofProtocol.entrySet()) {
      double[] ratios = ratios(entry.getValue(), lastword);
      double[] loops = loopRatios(entry.getValue(), lastword);
      product *= Figures.median(ratios);
      loopProduct *= Figures.median(loops);
      out.append(
          String.format(
              Locale.ROOT,
              "| %s | %.2f | %.2f-%.2f | %.2f | %.2f-%.2f |%n",
              entry.getKey().title(),
              Figures.median(ratios),
              Figures.quantile(ratios, 0.25),
              Figures.quantile(ratios, 0.75),
              Figures.median(loops),
              Figures.quantile(loops, 0.25),
              Figures.quantile(loops, 0.75)));
    }
    out.append(
        String.format(
            Locale.ROOT,
            "| **geometric mean** | **%.2f** | | **%.2f** | |%n",
            Math.pow(product, 1.0 / ofProtocol.size()),
            Math.pow(loopProduct, 1.0 / ofProtocol.size())));
  }

  private void table(
      StringBuilder out, Protocol protocol, Workload workload, Map<String, Figures> byTarget) {
    String unit = workload.bulk() ? "ms/GiB" : "us";
    out.append("\n## ")
        .append(protocol.title())
        .append(", ")
        .append(workload.title())
        .append("\n\n");
    List<String> head = new ArrayList<>();
    head.add("path");
    head.add("proxy CPU, " + unit);
    head.add("of it user");
    head.add("to bare relay");
    head.add("event loops, " + unit);
    head.add("to bare relay");
    head.add("driver CPU, " + unit);
    head.add(workload.bulk() ? "results/s" : "1/s");
    if (workload.timed()) {
      head.add("p50, us");
      head.add("added to direct");
      head.add("p99, us");
      head.add("p99 to bare relay");
    }
    row(out, head);
    row(out, head.stream().map(_ -> "---").toList());
    byTarget.forEach((name, figure) -> row(out, cells(workload, byTarget, name, figure)));
  }

  private List<String> cells(
      Workload workload, Map<String, Figures> byTarget, String name, Figures figure) {
    boolean proxied = !name.equals(direct);
    List<String> cells = new ArrayList<>();
    cells.add(name);
    cells.add(proxied ? Figures.withSpread(figure.proxyCost(), "%.1f") : "");
    cells.add(proxied ? Math.round(100 * Figures.median(figure.userPart())) + " %" : "");
    cells.add(proxied ? Figures.withSpread(ratios(byTarget, name), "%.2f") : "");
    cells.add(proxied ? number(Figures.median(figure.loopCost())) : "");
    cells.add(proxied ? Figures.withSpread(loopRatios(byTarget, name), "%.2f") : "");
    cells.add(number(Figures.median(figure.driverCost())));
    cells.add(number(Figures.median(figure.perSecond())));
    if (workload.timed()) {
      double[] half = figure.p50();
      cells.add(number(Figures.median(half)));
      cells.add(
          proxied ? number(Figures.median(half) - Figures.median(of(byTarget, direct).p50())) : "");
      cells.add(number(Figures.median(figure.p99())));
      cells.add(
          proxied
              ? Figures.withSpread(Figures.ratios(figure.p99(), of(byTarget, bare).p99()), "%.2f")
              : "");
    }
    return cells;
  }

  private double[] ratios(Map<String, Figures> byTarget, String name) {
    return Figures.ratios(of(byTarget, name).proxyCost(), of(byTarget, bare).proxyCost());
  }

  private double[] loopRatios(Map<String, Figures> byTarget, String name) {
    return Figures.ratios(of(byTarget, name).loopCost(), of(byTarget, bare).loopCost());
  }

  private static Figures of(Map<String, Figures> byTarget, String name) {
    @Nullable Figures figure = byTarget.get(name);
    if (figure == null) {
      throw new IllegalArgumentException("nothing was measured for " + name);
    }
    return figure;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 100 ? "%.1f" : "%.0f", value);
  }

  private static void row(StringBuilder out, List<String> cells) {
    out.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }

  private static void line(StringBuilder out, String what, String value) {
    out.append("- ").append(what).append(": ").append(value).append('\n');
  }

  private static String machine() throws IOException {
    String cpu =
        Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.substring(line.indexOf(':') + 1).strip())
            .findFirst()
            .orElse(System.getProperty("os.arch"));
    String memory = Files.readAllLines(Path.of("/proc/meminfo")).getFirst();
    long gib = Math.round(Long.parseLong(memory.replaceAll("\\D", "")) / 1024.0 / 1024.0);
    return cpu
        + ", "
        + Runtime.getRuntime().availableProcessors()
        + " processors, "
        + gib
        + " GiB, Linux "
        + System.getProperty("os.version").replaceFirst("-.*", "");
  }
}
