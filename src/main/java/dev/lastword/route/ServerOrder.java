package dev.lastword.route;

import dev.lastword.config.Listener;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** In which order a new session tries the servers of its listener. */
public final class ServerOrder {
  private ServerOrder() {}

  /**
   * The order for one session.
   *
   * @param servers the listener's servers as configured; not empty
   * @param turn how many sessions the listener has had before this one; only round-robin looks at it, and it may overflow
   * @param lastResort the servers to try after all others, because a session most likely gets nothing there
   */
  public static <S> List<S> of(
      Listener.Policy policy, List<S> servers, int turn, Predicate<S> lastResort) {
    List<S> order = byPolicy(policy, servers, turn);
    if (order.stream().noneMatch(lastResort)) {
      return order;
    }
    List<S> sorted = new ArrayList<>(order.stream().filter(lastResort.negate()).toList());
    sorted.addAll(order.stream().filter(lastResort).toList());
    return sorted;
  }

  private static <S> List<S> byPolicy(Listener.Policy policy, List<S> servers, int turn) {
    return switch (policy) {
      case FIRST_AVAILABLE -> servers;
      case ROUND_ROBIN -> {
        int first = Math.floorMod(turn, servers.size());
        List<S> order = new ArrayList<>(servers.size());
        order.addAll(servers.subList(first, servers.size()));
        order.addAll(servers.subList(0, first));
        yield order;
      }
    };
  }
}
