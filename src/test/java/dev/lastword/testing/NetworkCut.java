package dev.lastword.testing;

import dev.lastword.demo.Watchdog;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * Drops every packet from and to some TCP ports of this machine, in the kernel's packet filter, so that neither side is told anything: by
 * {@code nft}, or by {@code iptables} where that is what there is. Needs root. What it adds is marked with its own name, and is removed again
 * even if this JVM is killed.
 */
final class NetworkCut {
  private final List<Integer> ports;
  private final String name;
  private @Nullable Watchdog watchdog;

  NetworkCut(int... ports) {
    this.ports = java.util.Arrays.stream(ports).boxed().toList();
    this.name = "lastword_" + ProcessHandle.current().pid() + "_" + ports[0];
  }

  /** The scripts of one tool. */
  private record Tool(String cut, String restore) {}

  /** Cuts; skips the test if this machine cannot. */
  void cut() throws IOException, InterruptedException {
    if (watchdog != null) {
      return;
    }
    StringBuilder obstacles = new StringBuilder();
    for (Tool tool : List.of(nft(), iptables())) {
      Watchdog guard = Watchdog.start(tool.restore());
      Optional<String> obstacle = run(tool.cut());
      if (obstacle.isEmpty()) {
        watchdog = guard;
        return;
      }
      run(tool.restore());
      guard.close();
      obstacles.append("\n  ").append(obstacle.get());
    }
    Assumptions.abort(
        "this machine cannot drop packets (root and nft or iptables are needed):" + obstacles);
  }

  /** Lets packets through again. */
  void restore() throws IOException, InterruptedException {
    Watchdog guard = watchdog;
    if (guard == null) {
      return;
    }
    run(nft().restore());
    run(iptables().restore());
    watchdog = null;
    guard.close();
  }

  private Tool nft() {
    String set = "{ " + String.join(", ", ports.stream().map(String::valueOf).toList()) + " }";
    // The hook is on the way in: a packet over the loopback interface passes it once, whichever way
    // it goes.
    return new Tool(
        """
        command -v nft >/dev/null || { echo 'there is no nft'; exit 1; }
        nft -f - <<'RULES'
        table inet %1$s {
          chain in {
            type filter hook input priority -300; policy accept;
            tcp dport %2$s drop
            tcp sport %2$s drop
          }
        }
        RULES
        """
            .formatted(name, set),
        "nft delete table inet " + name + " 2>/dev/null\n");
  }

  private Tool iptables() {
    StringBuilder cut =
        new StringBuilder(
            "command -v iptables >/dev/null || { echo 'there is no iptables'; exit 1; }\n");
    StringBuilder restore = new StringBuilder("command -v iptables >/dev/null || exit 0\n");
    for (int port : ports) {
      for (String side : List.of("--dport", "--sport")) {
        String rule =
            "INPUT -p tcp " + side + " " + port + " -m comment --comment " + name + " -j DROP";
        cut.append("iptables -w -I ").append(rule).append(" || exit 1\n");
        restore.append("iptables -w -D ").append(rule).append(" 2>/dev/null\n");
      }
    }
    return new Tool(cut.toString(), restore.toString());
  }

  /** Runs a script; gives what it said if it failed. */
  private static Optional<String> run(String script) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", script));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    // The tools live where only root's PATH leads.
    builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
    Process process = builder.start();
    process.getOutputStream().close();
    String said =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      return Optional.of("the packet filter's tool did not end within 20 s");
    }
    return process.exitValue() == 0 ? Optional.empty() : Optional.of(said);
  }
}
