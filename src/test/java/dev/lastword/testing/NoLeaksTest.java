package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary.Failure;

class NoLeaksTest {
  @Test
  void a_class_that_leaks_a_buffer_fails_and_is_told_where_it_came_from() {
    List<Failure> failures = run(Leaky.class);
    assertThat(failures).hasSize(1);
    assertThat(failures.getFirst().getException())
        .hasMessageContaining("Possible memory leak")
        .satisfies(leak ->
            assertThat(leak.getSuppressed()[0].getStackTrace())
                .anyMatch(frame -> frame.getMethodName().equals("leak")));
  }

  @Test
  void a_class_that_releases_what_it_allocates_passes() {
    assertThat(run(Clean.class)).isEmpty();
  }

  @Test
  void a_buffer_of_a_class_initialiser_is_no_leak() {
    assertThat(run(WithConstant.class)).isEmpty();
  }

  private static List<Failure> run(Class<?> tests) {
    SummaryGeneratingListener summary = new SummaryGeneratingListener();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request().selectors(selectClass(tests)).build(),
            summary);
    assertThat(summary.getSummary().getTestsFoundCount()).isEqualTo(1);
    return summary.getSummary().getFailures();
  }

  static class Leaky {
    @Test
    void leak() {
      assertThat(ByteBufAllocator.DEFAULT.directBuffer().isReadable()).isFalse();
    }
  }

  static class Clean {
    @Test
    void release() {
      assertThat(ByteBufAllocator.DEFAULT.directBuffer().release()).isTrue();
    }
  }

  static class WithConstant {
    private static final ByteBuf CONSTANT = ByteBufAllocator.DEFAULT.directBuffer();

    @Test
    void use() {
      assertThat(CONSTANT.isReadable()).isFalse();
    }
  }
}
