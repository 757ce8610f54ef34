package dev.lastword.x;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.x.XPhase.TlsPlan;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class XPhaseTest {
  private static final XPhase DIALLING = new XPhase.Dialling();

  /** Each row is a phase, each column an event; {@code =} says that the phase stays. */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      useHeadersInDisplayName = true,
      textBlock =
          """
          phase            | connected | connected, own TLS | asks BOTH_LEGS | asks CLIENT_LEG | asks PASS_THROUGH | settled  | refused  | passed through | ended
          Dialling         | Relaying  | EncryptingServer   | =              | =               | =                 | =        | =        | =              | Ended
          EncryptingServer | =         | =                  | =              | =               | =                 | Relaying | =        | =              | Ended
          Relaying         | =         | =                  | BOTH_LEGS      | CLIENT_LEG      | PASS_THROUGH      | =        | =        | =              | Ended
          BOTH_LEGS        | =         | =                  | =              | =               | =                 | Relaying | Relaying | Opaque         | Ended
          CLIENT_LEG       | =         | =                  | =              | =               | =                 | Relaying | Relaying | Opaque         | Ended
          PASS_THROUGH     | =         | =                  | =              | =               | =                 | Relaying | Relaying | Opaque         | Ended
          Opaque           | =         | =                  | =              | =               | =                 | =        | =        | =              | Ended
          Ended            | =         | =                  | =              | =               | =                 | =        | =        | =              | =
          """)
  void an_event_leads_from_one_phase_to_another(
      String from,
      String connected,
      String connectedOwnTls,
      String bothLegs,
      String clientLeg,
      String passThrough,
      String settled,
      String refused,
      String passedThrough,
      String ended) {
    List<String> expected =
        List.of(
            connected,
            connectedOwnTls,
            bothLegs,
            clientLeg,
            passThrough,
            settled,
            refused,
            passedThrough,
            ended);
    List<XEvent> events = events();
    XPhase phase = phase(from);
    for (int i = 0; i < events.size(); i++) {
      XPhase to = expected.get(i).equals("=") ? phase : phase(expected.get(i));
      assertThat(phase.next(events.get(i))).as("%s, %s", phase, events.get(i)).isEqualTo(to);
    }
  }

  @Test
  void a_phase_that_stays_is_not_made_anew() {
    for (XEvent event : events().subList(2, 8)) {
      assertThat(DIALLING.next(event)).isSameAs(DIALLING);
    }
  }

  @Test
  void the_client_may_ask_again_for_tls_that_was_refused() {
    XPhase phase =
        DIALLING
            .next(new XEvent.ServerConnected(false))
            .next(new XEvent.TlsRequested(TlsPlan.BOTH_LEGS))
            .next(new XEvent.TlsRefused())
            .next(new XEvent.TlsRequested(TlsPlan.PASS_THROUGH));
    assertThat(phase).isEqualTo(new XPhase.AgreeingOnTls(TlsPlan.PASS_THROUGH));
  }

  @Test
  void nothing_leads_away_from_the_end() {
    for (XEvent first : events()) {
      XPhase ended = DIALLING.next(first).next(new XEvent.SessionEnded());
      assertThat(events().stream().map(ended::next)).containsOnly(new XPhase.Ended());
    }
  }

  private static List<XEvent> events() {
    return List.of(
        new XEvent.ServerConnected(false),
        new XEvent.ServerConnected(true),
        new XEvent.TlsRequested(TlsPlan.BOTH_LEGS),
        new XEvent.TlsRequested(TlsPlan.CLIENT_LEG),
        new XEvent.TlsRequested(TlsPlan.PASS_THROUGH),
        new XEvent.TlsSettled(),
        new XEvent.TlsRefused(),
        new XEvent.PassedThrough(),
        new XEvent.SessionEnded());
  }

  private static XPhase phase(String name) {
    return switch (name) {
      case "Dialling" -> DIALLING;
      case "EncryptingServer" -> new XPhase.EncryptingServer();
      case "Relaying" -> new XPhase.Relaying();
      case "Opaque" -> new XPhase.Opaque();
      case "Ended" -> new XPhase.Ended();
      default -> new XPhase.AgreeingOnTls(TlsPlan.valueOf(name));
    };
  }
}
