package dev.lastword.farewell;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What is remembered of ended sessions, and what gives way. */
class LedgerTest {
  private final Ledger ledger = new Ledger(3);

  private static LostSession ended(long id, Cause cause) {
    return new LostSession(
        id,
        "x",
        "listener",
        "10.0.0.7:1",
        "db1",
        "10.0.0.1:33060",
        id,
        "app",
        "idle",
        false,
        false,
        new Verdict(cause, ""),
        new Farewell.Notice(1053),
        LostSession.Delivery.WRITTEN,
        Instant.ofEpochSecond(id),
        1,
        1,
        0,
        0);
  }

  @Test
  void the_last_one_comes_first() {
    ledger.enter(ended(1, Cause.SERVER_GONE));
    ledger.enter(ended(2, Cause.CLIENT_LEFT));
    ledger.enter(ended(3, Cause.SERVER_GONE));
    assertThat(ledger.latest()).extracting(LostSession::id).containsExactly(3L, 2L, 1L);
    assertThat(ledger.losses()).extracting(LostSession::id).containsExactly(3L, 1L);
    assertThat(ledger.find(2)).isPresent();
  }

  @Test
  void who_left_gives_way_before_who_was_lost() {
    ledger.enter(ended(1, Cause.SERVER_GONE));
    for (int i = 2; i < 100; i++) {
      ledger.enter(ended(i, Cause.CLIENT_LEFT));
    }
    assertThat(ledger.latest()).extracting(LostSession::id).containsExactly(99L, 98L, 1L);
    for (int i = 100; i < 103; i++) {
      ledger.enter(ended(i, Cause.CONNECTION_RESET));
    }
    assertThat(ledger.latest()).extracting(LostSession::id).containsExactly(102L, 101L, 100L);
  }

  @Test
  void its_size_can_change() {
    for (int i = 1; i < 4; i++) {
      ledger.enter(ended(i, Cause.SERVER_GONE));
    }
    ledger.capacity(1);
    assertThat(ledger.latest()).extracting(LostSession::id).containsExactly(3L);
    ledger.capacity(0);
    ledger.enter(ended(5, Cause.SERVER_GONE));
    assertThat(ledger.latest()).isEmpty();
  }
}
