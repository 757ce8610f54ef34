package dev.lastword;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;

/**
 * Signals that mean more than the end: SIGTERM or SIGINT while the first one is being obeyed, and SIGHUP. The JDK's only way to hear of it is {@code sun.misc.Signal}, which is there on every
 * JDK but not for a compiler with {@code --release}, hence the reflection; where it is not there, they do what the JVM does with
 * them.
 */
final class Signals {
  private Signals() {}

  /** Runs an action, on a thread of the JVM's, whenever SIGTERM or SIGINT comes from now on. */
  static void onEnd(Runnable action) {
    on(List.of("TERM", "INT"), action);
  }

  /** Runs an action, on a thread of the JVM's, whenever SIGHUP comes from now on. */
  static void onHangUp(Runnable action) {
    on(List.of("HUP"), action);
  }

  private static void on(List<String> signals, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Method handle = signal.getMethod("handle", signal, handler);
      Object does =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(),
              new Class<?>[] {handler},
              (self, method, arguments) ->
                  switch (method.getName()) {
                    case "handle" -> {
                      action.run();
                      yield null;
                    }
                    case "hashCode" -> System.identityHashCode(self);
                    // There is only one.
                    case "equals" -> true;
                    default -> "Signals";
                  });
      for (String name : signals) {
        handle.invoke(null, signal.getConstructor(String.class).newInstance(name), does);
      }
    } catch (ClassNotFoundException
        | NoSuchMethodException
        | InstantiationException
        | IllegalAccessException
        | InvocationTargetException _) {
      // As the JVM has it.
    }
  }
}
