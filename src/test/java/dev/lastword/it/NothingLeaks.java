package dev.lastword.it;

import static org.awaitility.Awaitility.await;

import io.netty.util.LeakPresenceDetector;
import java.time.Duration;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test class after which a buffer, a TLS context or a TLS engine is left. Its proxies must be closed by then. */
final class NothingLeaks implements AfterAllCallback {
  @Override
  public void afterAll(ExtensionContext context) {
    await().atMost(Duration.ofSeconds(10)).untilAsserted(LeakPresenceDetector::check);
  }
}
