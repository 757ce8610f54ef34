package dev.lastword.testing;

import io.netty.util.LeakPresenceDetector;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test class that leaves a Netty buffer unreleased behind. JUnit finds it by itself, so it holds for every test: {@code
 * META-INF/services} names it and {@code junit-platform.properties} switches the search on.
 *
 * <p>A test that has channels and event loops closes them, and waits for that, before its class ends. Buffers that a class initialiser
 * makes live as long as their class and do not count. Where each buffer was made is recorded, and shown for
 * those that leaked, unless the build switches that off, as it does where real servers keep the loops busy.
 */
public final class NoLeaks implements AfterAllCallback {
  private static final String DETECTOR = "io.netty.customResourceLeakDetector";
  private static final String ORIGINS = "io.netty.util.LeakPresenceDetector.trackCreationStack";

  static {
    // Here and not in the build, so that it holds in every editor too. No class of Netty that reads
    // them is loaded before a test class is.
    System.setProperty(DETECTOR, Detector.class.getName());
    if (System.getProperty(ORIGINS) == null) {
      System.setProperty(ORIGINS, "true");
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    if (!context.getRequiredTestClass().isAnnotationPresent(Nested.class)) {
      LeakPresenceDetector.check();
    }
  }

  /** Netty's own, except that it keeps apart what class initialisers make. Netty makes it, by its name. */
  public static final class Detector<T> extends LeakPresenceDetector<T> {
    private static final ResourceScope INITIALISERS = new ResourceScope("class initialisers");

    /** As Netty calls it. */
    public Detector(Class<?> resourceType, int samplingInterval) {
      super(resourceType);
    }

    /** As older parts of Netty call it. */
    public Detector(Class<?> resourceType, int samplingInterval, long maxActive) {
      super(resourceType);
    }

    @Override
    protected ResourceScope currentScope() throws AllocationProhibitedException {
      return Boolean.getBoolean(ORIGINS)
              && StackWalker.getInstance()
                  .walk(frames -> frames.anyMatch(f -> f.getMethodName().equals("<clinit>")))
          ? INITIALISERS
          : super.currentScope();
    }
  }
}
