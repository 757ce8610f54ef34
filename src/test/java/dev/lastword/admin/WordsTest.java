package dev.lastword.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.admin.http.ShownProxy;
import dev.lastword.farewell.Cause;
import dev.lastword.farewell.Farewell;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What people read of a session that ended. */
class WordsTest {
  @Test
  void a_loss_is_one_sentence() {
    assertThat(Words.sentence(ShownProxy.lost(4711, Cause.SERVER_GONE, new Farewell.Notice(1053))))
        .isEqualTo(
            "session 4711 from 10.0.0.7:51234 lost db2: the server's process is gone; told 1053"
                + " after 4.2 ms");
  }

  @Test
  void no_two_causes_read_the_same() {
    Set<String> all = new HashSet<>();
    for (Cause cause : Cause.values()) {
      all.add(Words.sentence(ShownProxy.lost(1, cause, new Farewell.Err(1053, "08S01"))));
    }
    assertThat(all).hasSameSizeAs(Cause.values());
  }

  @ParameterizedTest
  @EnumSource
  void every_silence_is_explained(Farewell.Why why) {
    String outcome =
        Words.outcome(ShownProxy.lost(1, Cause.SERVER_GONE, new Farewell.Nothing(why)));
    switch (why) {
      // What happened says it already.
      case CLIENT_LEFT, SERVER_SAID -> assertThat(outcome).isEmpty();
      case AS_WITHOUT_PROXY, WARNINGS_OFF, TO_FAIL_OVER ->
          assertThat(outcome).startsWith("told nothing");
      case INSIDE_MESSAGE, PASSTHROUGH -> assertThat(outcome).startsWith("could not be told");
    }
    assertThat(Words.silence(new Farewell.Nothing(why))).matches("[a-z-]+");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 ms",
    "40, 0 ms",
    "400, 0.4 ms",
    "4000, 4 ms",
    "4200, 4.2 ms",
    "9949, 9.9 ms",
    "9950, 10 ms",
    "999499, 999 ms",
    "999500, 1.0 s",
    "61250000, 61.3 s"
  })
  void a_duration_has_the_digits_that_matter(long micros, String text) {
    assertThat(Words.duration(micros)).isEqualTo(text);
  }
}
