package dev.lastword.x;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.config.ClientTls.Mode;
import dev.lastword.testing.x.XMessages;
import dev.lastword.testing.x.XMessages.ObjectField;
import dev.lastword.x.XCapabilities.Legs;
import dev.lastword.x.XCapabilities.SetDecision;
import dev.lastword.x.compression.Algorithm;
import dev.lastword.x.protobuf.MysqlxConnection.Capabilities;
import dev.lastword.x.protobuf.MysqlxConnection.CapabilitiesSet;
import dev.lastword.x.protobuf.MysqlxConnection.Capability;
import dev.lastword.x.protobuf.MysqlxDatatypes.Any;
import dev.lastword.x.protobuf.MysqlxDatatypes.Array;
import dev.lastword.x.protobuf.MysqlxDatatypes.Scalar;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class XCapabilitiesTest {
  private static final Capability PWD_EXPIRE_OK =
      XMessages.capability("client.pwd_expire_ok", bool(true));

  // ---- What a client asks for

  /**
   * Every state of the two legs that there can be, and what becomes of {@code tls: true} and {@code tls: false} alone. A leg with TLS is
   * secure; one without is secure on a Unix domain socket, which makes no difference here.
   */
  @ParameterizedTest(name = "{0}, AS_CLIENT {1}, client encrypted {2}, server encrypted {3}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          DISABLED    | no  | no  | no  | RefuseTls     | RefuseTls
          DISABLED    | no  | no  | yes | RefuseTls     | RefuseTls
          DISABLED    | no  | yes | no  | RefuseTls     | RefuseTls
          DISABLED    | no  | yes | yes | RefuseTls     | RefuseTls
          DISABLED    | yes | no  | no  | RefuseTls     | RefuseTls
          DISABLED    | yes | yes | no  | RefuseTls     | RefuseTls
          PREFERRED   | no  | no  | no  | EncryptClient | RefuseTls
          PREFERRED   | no  | no  | yes | EncryptClient | RefuseTls
          PREFERRED   | no  | yes | no  | RefuseTls     | RefuseTls
          PREFERRED   | no  | yes | yes | Forward       | Forward
          PREFERRED   | yes | no  | no  | EncryptBoth   | Forward
          PREFERRED   | yes | yes | no  | RefuseTls     | RefuseTls
          REQUIRED    | no  | no  | no  | EncryptClient | RefuseTls
          REQUIRED    | no  | no  | yes | EncryptClient | RefuseTls
          REQUIRED    | no  | yes | no  | RefuseTls     | RefuseTls
          REQUIRED    | no  | yes | yes | Forward       | Forward
          REQUIRED    | yes | no  | no  | EncryptBoth   | Forward
          REQUIRED    | yes | yes | no  | RefuseTls     | RefuseTls
          PASSTHROUGH | no  | no  | no  | PassThrough   | Forward
          PASSTHROUGH | no  | no  | yes | PassThrough   | Forward
          PASSTHROUGH | no  | yes | no  | PassThrough   | Forward
          PASSTHROUGH | no  | yes | yes | PassThrough   | Forward
          PASSTHROUGH | yes | no  | no  | PassThrough   | Forward
          PASSTHROUGH | yes | yes | no  | PassThrough   | Forward
          """)
  void tls_is_decided_on_by_the_state_of_the_legs(
      Mode mode, String asClient, String client, String server, String on, String off) {
    for (boolean clientUnix : new boolean[] {false, true}) {
      for (boolean serverUnix : new boolean[] {false, true}) {
        Legs legs = legs(mode, yes(asClient), yes(client), clientUnix, yes(server), serverUnix);
        assertThat(name(XCapabilities.decide(set(XMessages.tls(true)), legs))).isEqualTo(on);
        assertThat(name(XCapabilities.decide(set(XMessages.tls(false)), legs))).isEqualTo(off);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("everyLegs")
  void without_tls_in_it_the_server_decides(Legs legs) {
    for (CapabilitiesSet wanted :
        new CapabilitiesSet[] {
          set(),
          set(PWD_EXPIRE_OK),
          set(XMessages.compression("zstd_stream"), PWD_EXPIRE_OK),
          set(XMessages.capability("TLS", bool(true))),
          set(XMessages.capability("tls.versions", bool(true)))
        }) {
      assertThat(XCapabilities.decide(wanted, legs)).isEqualTo(new SetDecision.Forward());
    }
  }

  @ParameterizedTest
  @MethodSource("everyLegs")
  void tls_named_twice_is_left_to_a_server_that_is_as_encrypted_as_the_client(Legs legs) {
    CapabilitiesSet twice = set(XMessages.tls(true), PWD_EXPIRE_OK, XMessages.tls(true));
    SetDecision once = XCapabilities.decide(set(XMessages.tls(true)), legs);
    SetDecision decision = XCapabilities.decide(twice, legs);
    switch (legs.mode()) {
      case PASSTHROUGH -> assertThat(decision).isEqualTo(new SetDecision.PassThrough());
      case DISABLED -> assertThat(decision).isEqualTo(new SetDecision.RefuseTls());
      case PREFERRED, REQUIRED -> {
        if (legs.clientEncrypted()) {
          assertThat(decision).isEqualTo(once);
        } else if (legs.serverEncrypted()) {
          assertThat(decision).isEqualTo(new SetDecision.RefuseDuplicate());
        } else {
          assertThat(decision).isEqualTo(new SetDecision.Forward());
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("everyLegs")
  void what_else_is_asked_for_makes_no_difference_to_tls(Legs legs) {
    SetDecision alone = XCapabilities.decide(set(XMessages.tls(true)), legs);
    SetDecision amongOthers =
        XCapabilities.decide(
            set(XMessages.compression("zstd_stream"), XMessages.tls(true), PWD_EXPIRE_OK), legs);
    assertThat(name(amongOthers)).isEqualTo(name(alone));
    if (amongOthers instanceof SetDecision.EncryptClient(CapabilitiesSet rest)) {
      assertThat(rest).isEqualTo(set(XMessages.compression("zstd_stream"), PWD_EXPIRE_OK));
      assertThat(alone).isEqualTo(new SetDecision.EncryptClient(null));
    }
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    "bool,true",
    "sint,true",
    "uint,true",
    "zero,false",
    "double,false",
    "string,false",
    "octets,false",
    "null,false",
    "object,false",
    "array,false",
    "nothing,false"
  })
  void tls_is_true_as_the_server_understands_it(String kind, boolean on) {
    Any value =
        switch (kind) {
          case "bool" -> bool(true);
          case "sint" -> scalar(Scalar.newBuilder().setType(Scalar.Type.V_SINT).setVSignedInt(-1));
          case "uint" -> scalar(Scalar.newBuilder().setType(Scalar.Type.V_UINT).setVUnsignedInt(1));
          case "zero" -> scalar(Scalar.newBuilder().setType(Scalar.Type.V_UINT).setVUnsignedInt(0));
          case "double" -> scalar(Scalar.newBuilder().setType(Scalar.Type.V_DOUBLE).setVDouble(1));
          case "string" -> string("true");
          case "octets" ->
              scalar(
                  Scalar.newBuilder()
                      .setType(Scalar.Type.V_OCTETS)
                      .setVOctets(Scalar.Octets.newBuilder().setValue(string("1").toByteString())));
          case "null" -> scalar(Scalar.newBuilder().setType(Scalar.Type.V_NULL));
          case "object" -> object();
          case "array" -> array(string("true"));
          default -> Any.newBuilder().setType(Any.Type.SCALAR).build();
        };
    SetDecision decision =
        XCapabilities.decide(
            set(XMessages.capability("tls", value)),
            legs(Mode.PREFERRED, false, false, false, false, false));
    assertThat(name(decision)).isEqualTo(on ? "EncryptClient" : "RefuseTls");
  }

  // ---- What a client sees

  enum Server {
    WITH_TLS("no", "SHA256_MEMORY"),
    IN_TLS("yes", "PLAIN SHA256_MEMORY"),
    WITHOUT_TLS("absent", "SHA256_MEMORY"),
    UNIX_SOCKET("no", "PLAIN SHA256_MEMORY"),
    OLD_IN_TLS("yes", "MYSQL41 PLAIN SHA256_MEMORY");

    final String tls;
    final String mechanisms;

    Server(String tls, String mechanisms) {
      this.tls = tls;
      this.mechanisms = mechanisms;
    }

    Capabilities capabilities() {
      return XCapabilitiesTest.capabilities(
          tls, mechanisms, List.of("deflate_stream", "lz4_message", "zstd_stream"));
    }

    boolean encrypted() {
      return tls.equals("yes");
    }
  }

  /** The columns say what a client sees of tls and of the mechanisms; "+" stands for what the server offers. */
  @ParameterizedTest(name = "{0}, AS_CLIENT {1}, client {2}, server {3}: tls {4}, {5}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          DISABLED    | no  | clear     | WITH_TLS    | absent | SHA256_MEMORY
          DISABLED    | no  | clear     | IN_TLS      | absent | SHA256_MEMORY
          DISABLED    | no  | clear     | WITHOUT_TLS | absent | SHA256_MEMORY
          DISABLED    | no  | clear     | UNIX_SOCKET | absent | SHA256_MEMORY
          DISABLED    | no  | clear     | OLD_IN_TLS  | absent | MYSQL41 SHA256_MEMORY
          DISABLED    | no  | unix      | WITH_TLS    | absent | SHA256_MEMORY
          DISABLED    | no  | unix      | IN_TLS      | absent | PLAIN SHA256_MEMORY
          DISABLED    | no  | unix      | WITHOUT_TLS | absent | SHA256_MEMORY
          DISABLED    | no  | unix      | UNIX_SOCKET | absent | PLAIN SHA256_MEMORY
          DISABLED    | yes | clear     | WITH_TLS    | absent | SHA256_MEMORY
          DISABLED    | yes | clear     | WITHOUT_TLS | absent | SHA256_MEMORY
          DISABLED    | yes | clear     | UNIX_SOCKET | absent | SHA256_MEMORY
          PREFERRED   | no  | clear     | WITH_TLS    | no     | SHA256_MEMORY
          PREFERRED   | no  | clear     | IN_TLS      | no     | SHA256_MEMORY
          PREFERRED   | no  | clear     | WITHOUT_TLS | no     | SHA256_MEMORY
          PREFERRED   | no  | clear     | UNIX_SOCKET | no     | SHA256_MEMORY
          PREFERRED   | no  | clear     | OLD_IN_TLS  | no     | MYSQL41 SHA256_MEMORY
          PREFERRED   | no  | unix      | IN_TLS      | no     | PLAIN SHA256_MEMORY
          PREFERRED   | no  | unix      | UNIX_SOCKET | no     | PLAIN SHA256_MEMORY
          PREFERRED   | no  | encrypted | WITH_TLS    | yes    | SHA256_MEMORY
          PREFERRED   | no  | encrypted | IN_TLS      | yes    | PLAIN SHA256_MEMORY
          PREFERRED   | no  | encrypted | WITHOUT_TLS | yes    | SHA256_MEMORY
          PREFERRED   | no  | encrypted | UNIX_SOCKET | yes    | PLAIN SHA256_MEMORY
          PREFERRED   | yes | clear     | WITH_TLS    | no     | SHA256_MEMORY
          PREFERRED   | yes | clear     | WITHOUT_TLS | absent | SHA256_MEMORY
          PREFERRED   | yes | clear     | UNIX_SOCKET | no     | SHA256_MEMORY
          PREFERRED   | yes | unix      | WITHOUT_TLS | absent | SHA256_MEMORY
          PREFERRED   | yes | unix      | UNIX_SOCKET | no     | PLAIN SHA256_MEMORY
          PREFERRED   | yes | encrypted | WITHOUT_TLS | yes    | SHA256_MEMORY
          PASSTHROUGH | no  | clear     | WITH_TLS    | no     | SHA256_MEMORY
          PASSTHROUGH | no  | clear     | WITHOUT_TLS | absent | SHA256_MEMORY
          PASSTHROUGH | yes | clear     | WITH_TLS    | no     | SHA256_MEMORY
          PASSTHROUGH | yes | clear     | WITHOUT_TLS | absent | SHA256_MEMORY
          PASSTHROUGH | no  | unix      | UNIX_SOCKET | no     | PLAIN SHA256_MEMORY
          """)
  void a_client_sees_what_works_through_the_proxy(
      Mode mode, String asClient, String client, Server server, String tls, String mechanisms) {
    List<Mode> modes = mode == Mode.PREFERRED ? List.of(mode, Mode.REQUIRED) : List.of(mode);
    for (Mode each : modes) {
      Legs legs =
          legs(
              each,
              yes(asClient),
              client.equals("encrypted"),
              client.equals("unix"),
              server.encrypted(),
              server == Server.UNIX_SOCKET);
      Capabilities visible = XCapabilities.visible(server.capabilities(), legs);
      assertThat(tls(visible)).as("tls, %s", each).isEqualTo(tls);
      assertThat(mechanisms(visible)).as("mechanisms, %s", each).isEqualTo(mechanisms);
      assertThat(others(visible)).isEqualTo(others(server.capabilities()));
    }
  }

  @ParameterizedTest
  @MethodSource("everyLegs")
  void a_password_in_the_clear_is_offered_on_no_leg_that_ends_here_and_can_be_listened_on(
      Legs legs) {
    for (Server server : Server.values()) {
      Capabilities visible = XCapabilities.visible(server.capabilities(), legs);
      if (legs.mode() != Mode.PASSTHROUGH && !legs.clientSecure()) {
        assertThat(mechanisms(visible)).doesNotContain("PLAIN");
      } else {
        assertThat(mechanisms(visible)).isEqualTo(server.mechanisms);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("everyLegs")
  void tls_that_is_shown_as_off_can_be_had(Legs legs) {
    for (Server server : Server.values()) {
      Capabilities visible = XCapabilities.visible(server.capabilities(), legs);
      SetDecision decision = XCapabilities.decide(set(XMessages.tls(true)), legs);
      if (tls(visible).equals("no")) {
        assertThat(decision).isNotInstanceOf(SetDecision.RefuseTls.class);
      }
      if (tls(visible).equals("absent") && legs.mode() == Mode.DISABLED) {
        assertThat(decision).isInstanceOf(SetDecision.RefuseTls.class);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_transparent_listener_changes_nothing(Server server) {
    Legs legs = legs(Mode.PASSTHROUGH, true, false, false, false, false);
    assertThat(XCapabilities.visible(server.capabilities(), legs)).isEqualTo(server.capabilities());
  }

  @ParameterizedTest
  @MethodSource("everyLegs")
  void an_algorithm_that_the_proxy_cannot_look_into_is_not_offered(Legs legs) {
    Capabilities server =
        capabilities("no", "SHA256_MEMORY", List.of("brotli_stream", "zstd_stream", "lz4_block"));
    assertThat(algorithms(XCapabilities.visible(server, legs))).containsExactly("zstd_stream");
  }

  @Test
  void capabilities_that_are_not_as_expected_are_shown_as_they_are() {
    Capabilities odd =
        Capabilities.newBuilder()
            .addCapabilities(XMessages.capability("compression", string("zstd_stream")))
            .addCapabilities(
                XMessages.capability(
                    "compression", object(field("algorithm", string("zstd_stream")))))
            .addCapabilities(
                XMessages.capability("from.the.future", object(field("a", bool(true)))))
            .build();
    Legs legs = legs(Mode.DISABLED, false, false, false, false, false);
    assertThat(XCapabilities.visible(odd, legs)).isEqualTo(odd);
  }

  // ---- Compression

  @Test
  void the_algorithm_is_the_one_that_was_asked_for_last() {
    assertThat(XCapabilities.algorithm(set(PWD_EXPIRE_OK, XMessages.tls(true)))).isNull();
    assertThat(XCapabilities.algorithm(set())).isNull();
    assertThat(XCapabilities.algorithm(set(XMessages.compression("no_such")))).isNull();
    for (Algorithm algorithm : Algorithm.values()) {
      assertThat(
              XCapabilities.algorithm(
                  set(PWD_EXPIRE_OK, XMessages.compression(algorithm.capability()))))
          .isEqualTo(algorithm);
    }
    assertThat(
            XCapabilities.algorithm(
                set(XMessages.compression("zstd_stream"), XMessages.compression("lz4_message"))))
        .isEqualTo(Algorithm.LZ4_MESSAGE);
    assertThat(XCapabilities.algorithm(set(XMessages.capability("compression", bool(true)))))
        .isNull();
  }

  // ---- Legs and messages

  /** Every combination that can be: a leg with TLS is secure, and one that follows the client has none yet. */
  static Stream<Legs> everyLegs() {
    List<Legs> all = new ArrayList<>();
    boolean[] both = {false, true};
    for (Mode mode : Mode.values()) {
      for (boolean asClient : both) {
        for (boolean client : both) {
          for (boolean clientUnix : both) {
            for (boolean server : both) {
              for (boolean serverUnix : both) {
                if (!(asClient && server)) {
                  all.add(legs(mode, asClient, client, clientUnix, server, serverUnix));
                }
              }
            }
          }
        }
      }
    }
    return all.stream().distinct();
  }

  private static Legs legs(
      Mode mode,
      boolean asClient,
      boolean client,
      boolean clientUnix,
      boolean server,
      boolean serverUnix) {
    return new Legs(mode, asClient, client, client || clientUnix, server, server || serverUnix);
  }

  private static boolean yes(String text) {
    return text.equals("yes");
  }

  private static String name(SetDecision decision) {
    return decision.getClass().getSimpleName();
  }

  private static CapabilitiesSet set(Capability... capabilities) {
    return (CapabilitiesSet) XMessages.capabilitiesSet(capabilities);
  }

  /** As a MySQL 9.7 lists them. */
  private static Capabilities capabilities(String tls, String mechanisms, List<String> algorithms) {
    Capabilities.Builder all = Capabilities.newBuilder();
    if (!tls.equals("absent")) {
      all.addCapabilities(XMessages.tls(tls.equals("yes")));
    }
    return all.addCapabilities(
            XMessages.capability("authentication.mechanisms", strings(mechanisms.split(" ", -1))))
        .addCapabilities(XMessages.capability("doc.formats", string("text")))
        .addCapabilities(XMessages.capability("client.interactive", bool(false)))
        .addCapabilities(
            XMessages.capability(
                "compression",
                object(field("algorithm", strings(algorithms.toArray(String[]::new))))))
        .addCapabilities(XMessages.capability("node_type", string("mysql")))
        .addCapabilities(XMessages.capability("client.pwd_expire_ok", bool(false)))
        .build();
  }

  private static String tls(Capabilities capabilities) {
    Capability tls = find(capabilities, "tls");
    return tls == null ? "absent" : tls.getValue().getScalar().getVBool() ? "yes" : "no";
  }

  private static String mechanisms(Capabilities capabilities) {
    Capability mechanisms = find(capabilities, "authentication.mechanisms");
    return mechanisms == null ? "" : String.join(" ", texts(mechanisms.getValue()));
  }

  private static List<String> algorithms(Capabilities capabilities) {
    Capability compression = find(capabilities, "compression");
    return compression == null
        ? List.of()
        : texts(compression.getValue().getObj().getFld(0).getValue());
  }

  private static List<Capability> others(Capabilities capabilities) {
    return capabilities.getCapabilitiesList().stream()
        .filter(c -> !c.getName().equals("tls") && !c.getName().startsWith("auth"))
        .toList();
  }

  private static @Nullable Capability find(Capabilities capabilities, String name) {
    List<Capability> found =
        capabilities.getCapabilitiesList().stream().filter(c -> c.getName().equals(name)).toList();
    assertThat(found).hasSizeLessThan(2);
    return found.isEmpty() ? null : found.getFirst();
  }

  private static List<String> texts(Any array) {
    return array.getArray().getValueList().stream()
        .map(v -> v.getScalar().getVString().getValue().toStringUtf8())
        .toList();
  }

  private static Any bool(boolean value) {
    return XMessages.any(XMessages.bool(value));
  }

  private static Any string(String value) {
    return XMessages.any(XMessages.string(value));
  }

  private static Any scalar(Scalar.Builder scalar) {
    return Any.newBuilder().setType(Any.Type.SCALAR).setScalar(scalar).build();
  }

  private static Any strings(String... values) {
    return array(Stream.of(values).map(XCapabilitiesTest::string).toArray(Any[]::new));
  }

  private static Any array(Any... values) {
    return Any.newBuilder()
        .setType(Any.Type.ARRAY)
        .setArray(Array.newBuilder().addAllValue(List.of(values)))
        .build();
  }

  private static Any object(ObjectField... fields) {
    return XMessages.object(fields);
  }

  private static ObjectField field(String key, Any value) {
    return XMessages.field(key, value);
  }
}
