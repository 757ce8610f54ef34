package dev.lastword.admin.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.admin.Steering;
import dev.lastword.config.Config;
import dev.lastword.config.Listener;
import dev.lastword.config.Server;
import dev.lastword.farewell.Cause;
import dev.lastword.farewell.Ledger;
import dev.lastword.server.Monitors;
import dev.lastword.session.SessionRegistry;
import dev.lastword.status.Histogram;
import dev.lastword.status.LossCounters;
import dev.lastword.status.NoticeKind;
import dev.lastword.status.SentCounters;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is said of counters, without a proxy and without a server. */
class MetersTest {
  private final DefaultEventExecutorGroup loops = new DefaultEventExecutorGroup(2);
  private final SentCounters sent = new SentCounters();
  private final LossCounters losses = new LossCounters();
  private final SessionRegistry registry = new SessionRegistry(50, new Ledger(10), losses);
  private final Monitors monitors = new Monitors(Duration.ofMillis(250));
  private final Drained steering = new Drained();
  private final Meters meters =
      new Meters(
          new Sources(
              "1.2.3",
              Instant.ofEpochSecond(1_000),
              () -> CONFIG,
              sent,
              losses,
              registry,
              monitors,
              steering,
              loops));

  private static final Config CONFIG =
      Config.builder()
          .listener(Listener.x("documents", "db1", "db2"))
          .listener(Listener.classic("tables", "db1"))
          .server(Server.at("db1", "127.0.0.1"))
          .server(Server.at("db2", "127.0.0.1", 33_061, 3_307))
          .build();

  /** Somebody who drains what he is told to, and can do no more. */
  private static final class Drained implements Steering {
    final Set<Scope> drained = new HashSet<>();

    @Override
    public boolean kill(long session) {
      return false;
    }

    @Override
    public void drain(Scope scope) {
      drained.add(scope);
    }

    @Override
    public void undrain(Scope scope) {
      drained.remove(scope);
    }

    @Override
    public boolean drains(Scope scope) {
      return drained.contains(scope);
    }

    @Override
    public List<String> reload() {
      return List.of();
    }

    @Override
    public void logLevel(String logger, String level) {}

    @Override
    public boolean isReady() {
      return drained.isEmpty();
    }
  }

  @AfterEach
  void end() {
    meters.close();
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  @Test
  void what_can_be_foreseen_is_there_before_it_happens() {
    Scraped scraped = Scraped.of(meters);
    assertThat(
            scraped.value(
                "lastword_losses_total{cause=\"server-gone\",listener=\"documents\",protocol=\"x\",server=\"db2\",side=\"server\"}"))
        .isZero();
    assertThat(
            scraped.value(
                "lastword_farewells_undeliverable_total{cause=\"server-gone\",protocol=\"classic\"}"))
        .isZero();
    assertThat(
            scraped.value(
                "lastword_x_notices_sent_total{code=\"1053\",origin=\"proxy\",scope=\"global\",type=\"warning\"}"))
        .isZero();
    assertThat(scraped.samples().keySet())
        .as("nobody who leaves is lost, and who is refused was no session")
        .noneMatch(s -> s.startsWith("lastword_losses_total") && s.contains("client-left"))
        .noneMatch(s -> s.startsWith("lastword_sessions_ended") && s.contains("too-many"));
  }

  @Test
  void the_four_status_variables_follow_from_the_notices_by_kind() {
    sent.messages(7);
    sent.notices(
        new NoticeKind(
            NoticeKind.Type.WARNING, NoticeKind.Scope.GLOBAL, 1053, NoticeKind.Origin.PROXY),
        2);
    sent.notices(
        new NoticeKind(
            NoticeKind.Type.SESSION_STATE_CHANGED,
            NoticeKind.Scope.LOCAL,
            0,
            NoticeKind.Origin.SERVER),
        3);
    Scraped scraped = Scraped.of(meters);
    assertThat(scraped.value("lastword_x_messages_sent_total")).isEqualTo(7);
    assertThat(
            scraped.value(
                "lastword_x_notices_sent_total{code=\"1053\",origin=\"proxy\",scope=\"global\",type=\"warning\"}"))
        .isEqualTo(2);
    assertThat(
            scraped.value(
                "lastword_x_notices_sent_total{code=\"0\",origin=\"server\",scope=\"local\",type=\"session-state-changed\"}"))
        .isEqualTo(3);
  }

  @Test
  void an_end_counts_where_it_happened_and_as_a_loss_unless_the_client_left() {
    losses.ended(Cause.SERVER_GONE.text(), "x", "documents", "db1");
    losses.ended(Cause.SERVER_GONE.text(), "x", "documents", "db1");
    losses.ended(Cause.CLIENT_LEFT.text(), "classic", "tables", "db1");
    Scraped scraped = Scraped.of(meters);
    assertThat(
            scraped.value(
                "lastword_losses_total{cause=\"server-gone\",listener=\"documents\",protocol=\"x\",server=\"db1\",side=\"server\"}"))
        .isEqualTo(2);
    assertThat(
            scraped.value(
                "lastword_sessions_ended_total{cause=\"client-left\",listener=\"tables\",protocol=\"classic\",server=\"db1\"}"))
        .isEqualTo(1);
    assertThat(scraped.sum("lastword_losses_total")).isEqualTo(2);
    assertThat(scraped.sum("lastword_sessions_ended_total")).isEqualTo(3);
  }

  @Test
  void a_client_at_the_door_is_refused_and_no_session() {
    registry.refused("x", "documents", "10.0.0.7:1", Cause.TOO_MANY_SESSIONS, "full");
    registry.refused("x", "documents", "10.0.0.7:2", Cause.CLIENT_REFUSED, "no header");
    Scraped scraped = Scraped.of(meters);
    assertThat(scraped.sum("lastword_clients_refused_total")).isEqualTo(2);
    assertThat(scraped.sum("lastword_sessions_ended_total")).isZero();
    assertThat(scraped.sum("lastword_losses_total")).isZero();
  }

  @Test
  void a_histogram_counts_every_duration_in_the_classes_above_it() {
    Histogram farewells = registry.counters().farewells("x");
    farewells.took(1, TimeUnit.MILLISECONDS);
    farewells.took(2, TimeUnit.MILLISECONDS);
    farewells.took(1, TimeUnit.HOURS);
    farewells.took(-5, TimeUnit.SECONDS);
    Scraped scraped = Scraped.of(meters);
    String name = "lastword_farewell_duration_seconds";
    assertThat(scraped.value(name + "_bucket{protocol=\"x\",le=\"5.0E-4\"}")).isEqualTo(1);
    assertThat(scraped.value(name + "_bucket{protocol=\"x\",le=\"0.001\"}")).isEqualTo(2);
    assertThat(scraped.value(name + "_bucket{protocol=\"x\",le=\"0.0025\"}")).isEqualTo(3);
    assertThat(scraped.value(name + "_bucket{protocol=\"x\",le=\"30.0\"}")).isEqualTo(3);
    assertThat(scraped.value(name + "_bucket{protocol=\"x\",le=\"+Inf\"}")).isEqualTo(4);
    assertThat(scraped.value(name + "_count{protocol=\"x\"}")).isEqualTo(4);
    assertThat(scraped.value(name + "_sum{protocol=\"x\"}")).isEqualTo(3600.003);
  }

  @Test
  void a_drain_shows_while_it_lasts() {
    Steering.Scope server = new Steering.Scope.OneServer("db2");
    steering.drain(server);
    String sample = "lastword_draining{name=\"db2\",scope=\"server\"}";
    assertThat(Scraped.of(meters).value(sample)).isEqualTo(1);
    assertThat(Scraped.of(meters).value("lastword_ready")).isZero();
    steering.undrain(server);
    assertThat(Scraped.of(meters).value(sample)).isZero();
    assertThat(Scraped.of(meters).value("lastword_ready")).isEqualTo(1);
  }

  @Test
  void an_event_loop_that_is_held_up_shows_while_it_is_and_afterwards() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    var stuck = loops.next();
    var _ =
        stuck.submit(() -> {
          goOn.await();
          return null;
        });
    stuck.execute(() -> {});
    try {
      await()
          .untilAsserted(() ->
              assertThat(Scraped.of(meters).sum("lastword_event_loop_overdue_seconds"))
                  .isGreaterThan(0.5));
      assertThat(Scraped.of(meters).sum("lastword_event_loop_pending_tasks"))
          .isGreaterThanOrEqualTo(1);
    } finally {
      goOn.countDown();
    }
    await()
        .untilAsserted(() -> {
          Scraped after = Scraped.of(meters);
          assertThat(after.sum("lastword_event_loop_lag_seconds_sum")).isGreaterThan(0.5);
          assertThat(after.sum("lastword_event_loop_pending_tasks")).isZero();
        });
  }

  @Test
  void who_understands_open_metrics_gets_it_and_all_others_the_text_format() {
    Scraped text = Scraped.of(meters, "");
    assertThat(text.contentType()).isEqualTo("text/plain; version=0.0.4; charset=utf-8");
    assertThat(text.text()).doesNotContain("# EOF");
    Scraped open =
        Scraped.of(
            meters,
            "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1");
    assertThat(open.contentType())
        .isEqualTo("application/openmetrics-text; version=1.0.0; charset=utf-8");
    assertThat(open.text()).endsWith("# EOF\n");
    assertThat(open.types()).containsEntry("lastword_losses", "counter");
  }

  @Test
  void what_is_running_is_said_by_labels() {
    Scraped scraped = Scraped.of(meters);
    assertThat(scraped.value("lastword_build_info{version=\"1.2.3\"}")).isEqualTo(1);
    assertThat(scraped.value("lastword_start_time_seconds")).isEqualTo(1_000);
    assertThat(scraped.value("lastword_sessions_limit")).isEqualTo(CONFIG.limits().sessions());
  }
}
