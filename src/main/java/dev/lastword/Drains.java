package dev.lastword;

import dev.lastword.admin.Steering.Scope;
import dev.lastword.session.Session;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What an operator has taken out of use. Safe for threads. */
final class Drains {
  private final Set<Scope> scopes = ConcurrentHashMap.newKeySet();

  /** Adds one; returns whether that is new. */
  boolean add(Scope scope) {
    return scopes.add(scope);
  }

  /** Takes one away; returns whether it was there. */
  boolean remove(Scope scope) {
    return scopes.remove(scope);
  }

  boolean any() {
    return !scopes.isEmpty();
  }

  boolean contains(Scope scope) {
    return scopes.contains(scope);
  }

  /** Why a new session should not go to a server. */
  Optional<String> objection(String server) {
    return scopes.contains(new Scope.OneServer(server))
        ? Optional.of(text(new Scope.OneServer(server)))
        : Optional.empty();
  }

  /** Whether a listener is to accept nobody. */
  boolean closes(String listener) {
    return scopes.contains(new Scope.WholeProxy())
        || scopes.contains(new Scope.OneListener(listener));
  }

  /** Why a session is to end; asked on its event loop. */
  Optional<String> objection(Session session) {
    return scopes.stream().filter(scope -> concerns(scope, session)).findFirst().map(Drains::text);
  }

  private static boolean concerns(Scope scope, Session session) {
    return switch (scope) {
      case Scope.WholeProxy _ -> true;
      case Scope.OneServer(String name) -> session.server().equals(name);
      case Scope.OneListener(String name) -> session.listener().equals(name);
    };
  }

  static String text(Scope scope) {
    return switch (scope) {
      case Scope.WholeProxy _ -> "the proxy is being drained";
      case Scope.OneServer(String name) -> "server " + name + " is being drained";
      case Scope.OneListener(String name) -> "listener " + name + " is being drained";
    };
  }
}
