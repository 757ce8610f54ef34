package dev.lastword.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResolverTest {
  private final Resolver resolver = new Resolver();
  private final AtomicInteger handedOver = new AtomicInteger();

  /** Counts what comes from another thread, and runs it there. */
  private final Executor loop =
      task -> {
        handedOver.incrementAndGet();
        task.run();
      };

  @AfterEach
  void close() {
    resolver.close();
  }

  private record Answer(List<InetAddress> found, String problem) {}

  private Answer resolve(String host) throws Exception {
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    resolver.resolve(
        host,
        loop,
        (found, problem) ->
            answer.complete(
                new Answer(found == null ? List.of() : found, problem == null ? "" : problem)));
    return answer.get(60, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1", "10.1.2.3", "fe80::1", "::ffff:10.1.2.3"})
  void a_literal_address_is_itself_and_nobody_is_asked(String literal) throws Exception {
    assertThat(resolve(literal).found()).containsExactly(InetAddress.getAllByName(literal));
    assertThat(handedOver).hasValue(0);
  }

  @Test
  void a_name_has_the_addresses_that_the_system_gives_in_its_order() throws Exception {
    assertThat(resolve("localhost").found())
        .containsExactly(InetAddress.getAllByName("localhost"))
        .allMatch(InetAddress::isLoopbackAddress);
    assertThat(handedOver).hasValue(1);
  }

  @Test
  void a_name_that_was_just_resolved_is_answered_from_memory() throws Exception {
    Answer first = resolve("localhost");
    assertThat(resolve("localhost")).isEqualTo(first);
    assertThat(handedOver).hasValue(1);
  }

  @Test
  void an_unknown_name_is_named_in_the_reason_and_asked_for_again() throws Exception {
    for (int i = 1; i <= 2; i++) {
      Answer answer = resolve("no-such-host.invalid");
      assertThat(answer.found()).isEmpty();
      assertThat(answer.problem()).isEqualTo("no address is known for no-such-host.invalid");
      assertThat(handedOver).hasValue(i);
    }
  }

  @Test
  void a_name_that_is_no_name_is_unknown() throws Exception {
    for (String host : new String[] {"a..b", "-", "x".repeat(300), "a b"}) {
      assertThat(resolve(host).problem()).isEqualTo("no address is known for " + host);
    }
  }

  @Test
  void a_resolver_that_is_closed_answers_that_it_is() throws Exception {
    resolver.close();
    assertThat(resolve("127.0.0.1").found()).hasSize(1);
    assertThat(resolve("localhost").problem()).isEqualTo("the proxy is closing");
  }
}
