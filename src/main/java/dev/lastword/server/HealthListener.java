package dev.lastword.server;

/** Is told what becomes of a server. */
@FunctionalInterface
public interface HealthListener {
  /** Called on the monitor's event loop; must not block it. */
  void changed(ServerHealth health, HealthEvent event);
}
