package dev.lastword.x;

import dev.lastword.config.ClientTls;
import dev.lastword.x.compression.Algorithm;
import dev.lastword.x.protobuf.MysqlxConnection.Capabilities;
import dev.lastword.x.protobuf.MysqlxConnection.CapabilitiesSet;
import dev.lastword.x.protobuf.MysqlxConnection.Capability;
import dev.lastword.x.protobuf.MysqlxDatatypes.Any;
import dev.lastword.x.protobuf.MysqlxDatatypes.Array;
import dev.lastword.x.protobuf.MysqlxDatatypes.Object.ObjectField;
import dev.lastword.x.protobuf.MysqlxDatatypes.Scalar;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Capabilities, where the proxy is not simply a wire: TLS, which each leg may have or not, and what depends on it. Pure functions, and a
 * table tests them.
 */
final class XCapabilities {
  private static final String TLS = "tls";
  private static final String MECHANISMS = "authentication.mechanisms";
  private static final String COMPRESSION = "compression";
  private static final String ALGORITHM = "algorithm";

  /** The mechanism that sends the password as it is. */
  static final String PLAIN = "PLAIN";

  private XCapabilities() {}

  /**
   * What is in force between client, proxy and server when a capability is decided on.
   *
   * @param mode the listener's TLS mode
   * @param serverEncryptsAsClient whether the server's leg still is to be encrypted when the client's is
   * @param clientEncrypted whether the client's leg has TLS, ended by the proxy
   * @param clientSecure whether nobody can listen on the client's leg: TLS, or a Unix domain socket
   * @param serverEncrypted whether the server's leg has TLS
   * @param serverSecure whether the server takes its leg for secure: TLS, or a Unix domain socket
   */
  record Legs(
      ClientTls.Mode mode,
      boolean serverEncryptsAsClient,
      boolean clientEncrypted,
      boolean clientSecure,
      boolean serverEncrypted,
      boolean serverSecure) {}

  /** What to do with a CapabilitiesSet. */
  sealed interface SetDecision {
    /** The server decides. */
    record Forward() implements SetDecision {}

    /** The server decides, and if it says Ok both legs are encrypted. */
    record EncryptBoth() implements SetDecision {}

    /** The server decides, and if it says Ok the client encrypts with it. */
    record PassThrough() implements SetDecision {}

    /**
     * Only the client's leg is encrypted.
     *
     * @param rest what else was asked for, which the server must accept first; null if that was all
     */
    record EncryptClient(@Nullable CapabilitiesSet rest) implements SetDecision {}

    /** The proxy answers as a server does that is asked for TLS twice in one message. */
    record RefuseDuplicate() implements SetDecision {}

    /** The proxy answers as a server that has no TLS, or has it already: for both MySQL 9.7 has the same Error. */
    record RefuseTls() implements SetDecision {}
  }

  /** Decides what becomes of a CapabilitiesSet before authentication. */
  static SetDecision decide(CapabilitiesSet wanted, Legs legs) {
    boolean tlsOn = false;
    int tlsNamed = 0;
    for (Capability capability : wanted.getCapabilities().getCapabilitiesList()) {
      if (capability.getName().equals(TLS)) {
        tlsNamed++;
        tlsOn = isTrue(capability.getValue());
      }
    }
    if (tlsNamed == 0) {
      return new SetDecision.Forward();
    }
    return switch (legs.mode()) {
      case PASSTHROUGH -> tlsOn ? new SetDecision.PassThrough() : new SetDecision.Forward();
      case DISABLED -> new SetDecision.RefuseTls();
      case PREFERRED, REQUIRED -> {
        if (legs.clientEncrypted()) {
          yield legs.serverEncrypted() ? new SetDecision.Forward() : new SetDecision.RefuseTls();
        }
        if (tlsNamed > 1) {
          // A server that is as encrypted as the client says the right thing about it.
          yield legs.serverEncrypted()
              ? new SetDecision.RefuseDuplicate()
              : new SetDecision.Forward();
        }
        if (legs.serverEncryptsAsClient()) {
          yield tlsOn ? new SetDecision.EncryptBoth() : new SetDecision.Forward();
        }
        yield tlsOn ? new SetDecision.EncryptClient(without(wanted)) : new SetDecision.RefuseTls();
      }
    };
  }

  /** The same message without TLS, or null if nothing is left. */
  private static @Nullable CapabilitiesSet without(CapabilitiesSet wanted) {
    List<Capability> rest = new ArrayList<>();
    for (Capability capability : wanted.getCapabilities().getCapabilitiesList()) {
      if (!capability.getName().equals(TLS)) {
        rest.add(capability);
      }
    }
    return rest.isEmpty()
        ? null
        : CapabilitiesSet.newBuilder()
            .setCapabilities(Capabilities.newBuilder().addAllCapabilities(rest))
            .build();
  }

  private static boolean isTrue(Any value) {
    Scalar scalar = value.getScalar();
    return switch (scalar.getType()) {
      case V_BOOL -> scalar.getVBool();
      case V_SINT -> scalar.getVSignedInt() != 0;
      case V_UINT -> scalar.getVUnsignedInt() != 0;
      case V_DOUBLE, V_FLOAT, V_NULL, V_OCTETS, V_STRING -> false;
    };
  }

  /** The capabilities that the client sees: those that work through this proxy, and no others. */
  static Capabilities visible(Capabilities server, Legs legs) {
    boolean possible =
        switch (legs.mode()) {
          case DISABLED -> false;
          // If the server's leg is to follow the client's, then only where the server can.
          case PREFERRED, REQUIRED -> legs.clientEncrypted() || !legs.serverEncryptsAsClient();
          case PASSTHROUGH -> false;
        };
    List<Capability> visible = new ArrayList<>(server.getCapabilitiesCount() + 1);
    boolean named = false;
    for (Capability capability : server.getCapabilitiesList()) {
      switch (capability.getName()) {
        case TLS -> {
          named = true;
          switch (legs.mode()) {
            case DISABLED -> {}
            case PREFERRED, REQUIRED -> visible.add(tls(legs.clientEncrypted()));
            case PASSTHROUGH -> visible.add(capability);
          }
        }
        case MECHANISMS ->
            visible.add(
                legs.clientSecure() || legs.mode() == ClientTls.Mode.PASSTHROUGH
                    ? capability
                    : withoutPlain(capability));
        case COMPRESSION -> visible.add(withKnownAlgorithms(capability));
        default -> visible.add(capability);
      }
    }
    if (!named && possible) {
      visible.addFirst(tls(legs.clientEncrypted()));
    }
    return server.toBuilder().clearCapabilities().addAllCapabilities(visible).build();
  }

  private static Capability tls(boolean on) {
    return Capability.newBuilder()
        .setName(TLS)
        .setValue(
            Any.newBuilder()
                .setType(Any.Type.SCALAR)
                .setScalar(Scalar.newBuilder().setType(Scalar.Type.V_BOOL).setVBool(on)))
        .build();
  }

  /** A server that takes its own leg for secure offers PLAIN; on a leg where others can listen the client must not see it. */
  private static Capability withoutPlain(Capability mechanisms) {
    return mechanisms.toBuilder()
        .setValue(keep(mechanisms.getValue(), value -> !text(value).equals(PLAIN)))
        .build();
  }

  /** Only algorithms that the proxy can look into, to count the requests in a frame. */
  private static Capability withKnownAlgorithms(Capability compression) {
    Any value = compression.getValue();
    var fields = value.getObj().toBuilder();
    for (int i = 0; i < fields.getFldCount(); i++) {
      ObjectField field = fields.getFld(i);
      if (field.getKey().equals(ALGORITHM) && field.getValue().hasArray()) {
        Any known = keep(field.getValue(), name -> Algorithm.named(text(name)).isPresent());
        fields.setFld(i, field.toBuilder().setValue(known));
      }
    }
    return value.hasObj()
        ? compression.toBuilder().setValue(value.toBuilder().setObj(fields)).build()
        : compression;
  }

  private static Any keep(Any array, Predicate<Any> wanted) {
    return array.toBuilder()
        .setArray(
            Array.newBuilder()
                .addAllValue(array.getArray().getValueList().stream().filter(wanted).toList()))
        .build();
  }

  private static String text(Any value) {
    return value.getScalar().getVString().getValue().toStringUtf8();
  }

  /** The algorithm that a CapabilitiesSet asks for, or null if it does not ask for compression. */
  static @Nullable Algorithm algorithm(CapabilitiesSet wanted) {
    Algorithm algorithm = null;
    for (Capability capability : wanted.getCapabilities().getCapabilitiesList()) {
      if (capability.getName().equals(COMPRESSION)) {
        for (ObjectField field : capability.getValue().getObj().getFldList()) {
          if (field.getKey().equals(ALGORITHM)) {
            algorithm = Algorithm.named(text(field.getValue())).orElse(null);
          }
        }
      }
    }
    return algorithm;
  }
}
