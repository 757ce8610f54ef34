package dev.lastword.config;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** What must hold between the values of a configuration, whether it comes from a file or from a program. */
final class Consistency {
  static final Check CHECK = Consistency::check;

  /** What the loader puts in the place of a name that is missing or wrong; no name can be that. */
  static final String UNREADABLE = "?";

  private static final Set<String> IPV4_WILDCARD = Set.of("0.0.0.0");
  // A socket bound to it takes IPv4 clients too, unless the kernel is told otherwise.
  private static final Set<String> IPV6_WILDCARD = Set.of("::", "0:0:0:0:0:0:0:0");

  private Consistency() {}

  private static void check(
      List<Listener> listeners, List<Server> servers, AdminSettings admin, Check.Findings out) {
    AdminConsistency.check(admin, listeners, out);
    if (listeners.isEmpty()) {
      out.problem("listeners", "", "is missing or empty: at least one listener is needed");
    }
    if (servers.isEmpty()) {
      out.problem("servers", "", "is missing or empty: at least one server is needed");
    }
    Map<String, Server> byName = new HashMap<>();
    for (int i = 0; i < servers.size(); i++) {
      Server server = servers.get(i);
      String path = "servers[" + i + "]";
      if (byName.put(server.name(), server) != null) {
        out.problem(path + ".name", server.name(), "is the name of another server already");
      }
      serverTls(path, server, listeners, out);
    }
    Set<String> names = new HashSet<>();
    for (int i = 0; i < listeners.size(); i++) {
      Listener listener = listeners.get(i);
      String path = "listeners[" + i + "]";
      if (!names.add(listener.name())) {
        out.problem(path + ".name", listener.name(), "is the name of another listener already");
      }
      bind(path, i, listeners, out);
      servers(path, listener, byName, out);
      role(path, listener, byName, out);
      clientTls(path + ".tls", listener, byName, out);
      codes(path + ".codes", listener, out);
      trustedProxies(path + ".proxy-protocol.trusted", listener, out);
    }
  }

  private static void trustedProxies(String path, Listener listener, Check.Findings out) {
    if (listener.bind() instanceof Endpoint.Unix && !listener.trustedProxies().isEmpty()) {
      out.problem(
          path,
          "",
          "would never be used: nobody who comes through a Unix domain socket has an address");
    }
  }

  private static void codes(String path, Listener listener, Check.Findings out) {
    switch (listener.protocol()) {
      case X ->
          new TreeMap<>(listener.codes())
              .forEach((reason, code) ->
                  out.problem(
                      path + "." + Form.spelled(reason),
                      code.toString(),
                      "would never be used: only a listener for the classic protocol can choose its"
                          + " codes, as X drivers act on the three that they know"));
      case CLASSIC -> {
        // Each of them is possible by itself.
      }
    }
  }

  private static void bind(String path, int index, List<Listener> listeners, Check.Findings out) {
    Listener listener = listeners.get(index);
    for (Listener earlier : listeners.subList(0, index)) {
      if (overlap(earlier.bind(), listener.bind())) {
        out.problem(
            path + ".bind",
            listener.bind().toString(),
            "is taken by listener " + earlier.name() + ", which binds " + earlier.bind());
        return;
      }
    }
  }

  static boolean overlap(Endpoint one, Endpoint other) {
    if (one instanceof Endpoint.Tcp a && other instanceof Endpoint.Tcp b) {
      return a.port() == b.port()
          && a.port() != 0
          && (a.host().equalsIgnoreCase(b.host()) || covers(a, b) || covers(b, a));
    }
    return one.equals(other);
  }

  private static boolean covers(Endpoint.Tcp wildcard, Endpoint.Tcp other) {
    return IPV6_WILDCARD.contains(wildcard.host())
        || (IPV4_WILDCARD.contains(wildcard.host()) && other.host().indexOf(':') < 0);
  }

  private static void servers(
      String path, Listener listener, Map<String, Server> known, Check.Findings out) {
    if (listener.servers().isEmpty()) {
      out.problem(path + ".servers", "", "is missing or empty: at least one server is needed");
    }
    Set<String> named = new HashSet<>();
    for (int i = 0; i < listener.servers().size(); i++) {
      String server = listener.servers().get(i);
      String item = path + ".servers[" + i + "]";
      if (!named.add(server)) {
        out.problem(item, server, "is named twice");
      } else if (!known.containsKey(server) && !known.containsKey(UNREADABLE) && !known.isEmpty()) {
        out.problem(
            item, server, "is not among the servers" + Nearest.hint(server, known.keySet()));
      }
    }
  }

  private static void role(
      String path, Listener listener, Map<String, Server> known, Check.Findings out) {
    if (listener.role() == Listener.Role.ANY) {
      return;
    }
    for (String name : listener.servers()) {
      Server server = known.get(name);
      if (server != null && server.monitor().isEmpty()) {
        out.problem(
            path + ".role",
            "primary",
            "cannot be known of server "
                + name
                + ", which has no monitor: an account is needed to ask it");
      }
    }
  }

  private static void clientTls(
      String path, Listener listener, Map<String, Server> servers, Check.Findings out) {
    ClientTls tls = listener.tls();
    if (!tls.mode().endsTls()) {
      tls.certificate()
          .ifPresent(file ->
              out.problem(
                  path + ".certificate",
                  file.toString(),
                  "would never be used: with mode "
                      + tls.mode()
                      + " the proxy shows no certificate to clients"));
    }
    keyPair(path, tls.certificate(), tls.key(), tls.keyPassword(), out);
    if (tls.mode() == ClientTls.Mode.PASSTHROUGH) {
      for (String name : listener.servers()) {
        Server server = servers.get(name);
        if (server != null && server.tls().mode() != ServerTls.Mode.AS_CLIENT) {
          out.problem(
              path + ".mode",
              "PASSTHROUGH",
              "cannot work with server "
                  + name
                  + ", whose tls.mode is "
                  + server.tls().mode()
                  + ": where clients encrypt with the server itself, it must be AS_CLIENT");
        }
      }
    }
  }

  private static void serverTls(
      String path, Server server, List<Listener> listeners, Check.Findings out) {
    ServerTls tls = server.tls();
    String base = path + ".tls";
    keyPair(base, tls.certificate(), tls.key(), tls.keyPassword(), out);
    if (tls.mode() == ServerTls.Mode.DISABLED) {
      String never = "with mode DISABLED the connection is never encrypted";
      if (tls.verify() != ServerTls.Verify.NONE) {
        out.problem(base + ".verify", tls.verify().name(), "cannot be done: " + never);
      }
      tls.ca()
          .ifPresent(f -> out.problem(base + ".ca", f.toString(), "would never be used: " + never));
      tls.certificate()
          .ifPresent(f ->
              out.problem(base + ".certificate", f.toString(), "would never be used: " + never));
      return;
    }
    if (tls.verify() == ServerTls.Verify.NONE) {
      tls.ca()
          .ifPresent(file ->
              out.problem(
                  base + ".ca",
                  file.toString(),
                  "would never be used: with verify NONE any certificate is accepted; "
                      + "set verify to CA or IDENTITY"));
      return;
    }
    List<Listener> users =
        listeners.stream().filter(l -> l.servers().contains(server.name())).toList();
    if (tls.verify() == ServerTls.Verify.IDENTITY) {
      // The proxy's own account speaks X.
      boolean usesX = server.monitor().isPresent() || isUsed(users, Listener.Protocol.X);
      if (usesX && server.x() instanceof Endpoint.Unix) {
        noIdentity(base, "x", out);
      }
      if (isUsed(users, Listener.Protocol.CLASSIC) && server.classic() instanceof Endpoint.Unix) {
        noIdentity(base, "classic", out);
      }
    }
    // The proxy's own account encrypts whenever it can, except on a socket.
    boolean watchedWithTls = server.monitor().isPresent() && server.x() instanceof Endpoint.Tcp;
    if (tls.mode() == ServerTls.Mode.AS_CLIENT
        && !watchedWithTls
        && !users.isEmpty()
        && users.stream().noneMatch(l -> l.tls().mode().endsTls())) {
      out.problem(
          base + ".verify",
          tls.verify().name(),
          "would never be done: the proxy never encrypts by itself, as tls.mode here is AS_CLIENT"
              + " and every listener that uses this server is DISABLED or PASSTHROUGH");
    }
  }

  private static boolean isUsed(List<Listener> users, Listener.Protocol protocol) {
    return users.stream().anyMatch(l -> l.protocol() == protocol);
  }

  private static void noIdentity(String path, String protocol, Check.Findings out) {
    out.problem(
        path + ".verify",
        "IDENTITY",
        "cannot be done on "
            + protocol
            + "-socket, which has no host name to compare with; use "
            + protocol
            + "-port, or verify CA");
  }

  static void keyPair(
      String path,
      Optional<Path> certificate,
      Optional<Path> key,
      Optional<Secret> keyPassword,
      Check.Findings out) {
    // Reported at what is missing: if that is there but wrong, the loader has said so already.
    if (key.isEmpty() && (certificate.isPresent() || keyPassword.isPresent())) {
      String needs = certificate.isPresent() ? "certificate" : "key-password";
      out.problem(path + ".key", "", "is missing, and " + needs + " needs it");
    }
    if (key.isPresent() && certificate.isEmpty()) {
      out.problem(path + ".certificate", "", "is missing, and key needs it");
    }
  }
}
