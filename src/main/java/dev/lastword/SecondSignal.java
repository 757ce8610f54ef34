package dev.lastword;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;

/**
 * SIGTERM or SIGINT while the first one is being obeyed. The JDK's only way to hear of it is {@code sun.misc.Signal}, which is there on every
 * JDK but not for a compiler with {@code --release}, hence the reflection; where it is not there, the second signal does nothing, as the JVM
 * has it.
 */
final class SecondSignal {
  private static final List<String> SIGNALS = List.of("TERM", "INT");

  private SecondSignal() {}

  /** Runs an action, on a thread of the JVM's, whenever a signal comes from now on. */
  static void does(Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Method handle = signal.getMethod("handle", signal, handler);
      Object does =
          Proxy.newProxyInstance(
              SecondSignal.class.getClassLoader(),
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
                    default -> "SecondSignal";
                  });
      for (String name : SIGNALS) {
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
