package dev.lastword.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes a {@link Config} of a YAML text, or says everything that is wrong with it at once. The keys are those of {@code
 * config/lastword.yaml}; each is asked for in exactly one line here, with its form. A new section is a record with its own {@code DEFAULT},
 * a method here that reads it, and an entry in the sample.
 */
public final class ConfigLoader {
  private final Report report = new Report();
  private final Path folder;
  private final Map<String, String> environment;

  private ConfigLoader(Path folder, Map<String, String> environment) {
    this.folder = folder;
    this.environment = environment;
  }

  /**
   * Loads a file with the environment of this process.
   *
   * @param checks what must hold beyond the form of the values
   * @throws InvalidConfig if it cannot be read or used, with every problem
   */
  public static Config load(Path file, Check... checks) {
    return load(file, System.getenv(), checks);
  }

  /**
   * Loads a file. Relative paths in it are resolved against its folder.
   *
   * @param environment where secrets may come from, and the default of the data directory
   * @param checks what must hold beyond the form of the values
   * @throws InvalidConfig if it cannot be read or used, with every problem
   */
  public static Config load(Path file, Map<String, String> environment, Check... checks) {
    try {
      return parse(
          Files.readString(file, StandardCharsets.UTF_8), file.toString(), environment, checks);
    } catch (NoSuchFileException e) {
      throw unreadable(file, "there is no such file");
    } catch (AccessDeniedException e) {
      throw unreadable(file, "cannot be read: permission denied");
    } catch (CharacterCodingException e) {
      throw unreadable(file, "is not a text in UTF-8");
    } catch (IOException e) {
      throw unreadable(
          file, Files.isDirectory(file) ? "is a directory" : "cannot be read: " + e.getMessage());
    }
  }

  /**
   * Loads a text.
   *
   * @param sourceName name of the file it comes from, for messages; relative paths in the text are resolved against the folder of that
   *     file, which need not exist
   * @param environment where secrets may come from, and the default of the data directory
   * @param checks what must hold beyond the form of the values
   * @throws InvalidConfig if it cannot be used, with every problem
   */
  public static Config parse(
      String text, String sourceName, Map<String, String> environment, Check... checks) {
    Path parent = Path.of(sourceName).toAbsolutePath().normalize().getParent();
    ConfigLoader loader =
        new ConfigLoader(parent == null ? Path.of("/") : parent, Map.copyOf(environment));
    return loader.load(text, sourceName, checks);
  }

  /** Every key there is, with {@code []} for each item of a list, and what may be written there as messages say it. */
  static Map<String, String> knownKeys(String text) throws Yaml.Malformed {
    ConfigLoader loader = new ConfigLoader(Path.of("/"), Map.of());
    var _ = loader.read(Yaml.read(text));
    return loader.report.knownKeys();
  }

  private Config load(String text, String sourceName, Check... checks) {
    // A file saved by some editors begins with a byte order mark.
    String plain = text.startsWith("\uFEFF") ? text.substring(1) : text;
    Yaml root;
    try {
      root = Yaml.read(plain);
    } catch (Yaml.Malformed e) {
      Problem problem =
          new Problem(
              e.line(),
              e.column(),
              "",
              Optional.empty(),
              String.valueOf(e.getMessage()),
              Optional.empty());
      throw new InvalidConfig(sourceName, List.of(problem));
    }
    Parts parts = read(root);
    Consistency.CHECK.check(parts.listeners(), parts.servers(), parts.admin(), report);
    for (Check check : checks) {
      check.check(parts.listeners(), parts.servers(), parts.admin(), report);
    }
    List<Problem> problems = report.problems();
    if (!problems.isEmpty()) {
      throw new InvalidConfig(sourceName, problems);
    }
    return new Config(
        parts.listeners(),
        parts.servers(),
        parts.timeouts(),
        parts.limits(),
        parts.farewell(),
        parts.health(),
        parts.dataDirectory(),
        parts.eventLoops(),
        parts.admin());
  }

  /** What a {@link Config} is made of, before it is known to be valid. */
  private record Parts(
      List<Listener> listeners,
      List<Server> servers,
      Timeouts timeouts,
      Limits limits,
      FarewellSettings farewell,
      Health health,
      Path dataDirectory,
      int eventLoops,
      AdminSettings admin) {}

  private Parts read(Yaml root) {
    Optional<Yaml> content = root instanceof Yaml.Empty ? Optional.empty() : Optional.of(root);
    return Section.read(
        report,
        "",
        content,
        top ->
            new Parts(
                top.sections("listeners", this::listener),
                top.sections("servers", this::server),
                top.section("timeouts", ConfigLoader::timeouts),
                top.section("limits", ConfigLoader::limits),
                top.section("farewell", ConfigLoader::farewell),
                top.section("health", ConfigLoader::health),
                top.value("data-directory", Form.directory(folder))
                    .orElseGet(() -> DataDirectory.of(environment)),
                top.value("event-loops", Form.number(Config.EVENT_LOOPS))
                    .orElse(Config.DEFAULT_EVENT_LOOPS),
                top.section("admin", this::admin)));
  }

  private AdminSettings admin(Section s) {
    boolean hasToken = s.has("token");
    Optional<Secret> token = secret(s, "token");
    if (hasToken && token.isPresent() && token.get().value().isBlank()) {
      s.wrong("token", "is empty, so everybody would know it");
    }
    return new AdminSettings(
        s.section("http", way -> access(way, AdminSettings.DEFAULT_HTTP)),
        s.section("sql", way -> access(way, AdminSettings.DEFAULT_SQL)),
        s.sections("accounts", this::account),
        token);
  }

  private Optional<AdminSettings.Access> access(Section s, Endpoint.Tcp otherwise) {
    boolean enabled = s.value("enabled", Form.bool()).orElse(true);
    Endpoint.Tcp bind = s.value("bind", Form.address()).orElse(otherwise);
    ClientTls tls = s.section("tls", this::adminTls);
    return enabled ? Optional.of(new AdminSettings.Access(bind, tls)) : Optional.empty();
  }

  private ClientTls adminTls(Section s) {
    return new ClientTls(
        s.value("mode", Form.upperCase(ClientTls.Mode.class)).orElse(ClientTls.Mode.DISABLED),
        s.value("certificate", Form.readableFile(folder)),
        s.value("key", Form.readableFile(folder)),
        secret(s, "key-password"));
  }

  private Listener listener(Section s) {
    String name = s.required("name", Form.name(), Consistency.UNREADABLE);
    Listener.Protocol protocol =
        s.required(
            "protocol",
            Form.lowerCase(Listener.Protocol.class),
            // Of one that is wrong it is not known that it cannot have codes.
            s.has("codes") ? Listener.Protocol.CLASSIC : Listener.Protocol.X);
    return new Listener(
        name,
        protocol,
        // One that is wrong overlaps with none.
        s.value("bind", Form.bind(folder))
            .orElse(s.has("bind") ? new Endpoint.Tcp("?", 0) : Listener.defaultBind(protocol)),
        s.texts("servers", Form.name()),
        s.value("policy", Form.lowerCase(Listener.Policy.class)).orElse(Listener.DEFAULT_POLICY),
        s.value("role", Form.lowerCase(Listener.Role.class)).orElse(Listener.DEFAULT_ROLE),
        s.section("tls", this::clientTls),
        s.value("max-sessions", Form.number(Listener.MAX_SESSIONS)).orElse(Listener.ALL_SESSIONS),
        s.value("idle-timeout", Form.duration(Listener.IDLE_TIMEOUT)).orElse(Listener.NEVER_IDLE),
        s.value("when-no-server", Form.lowerCase(Listener.WhenNoServer.class))
            .orElse(Listener.DEFAULT_WHEN_NO_SERVER),
        s.section("codes", ConfigLoader::codes),
        s.has("proxy-protocol")
            ? s.section("proxy-protocol", ConfigLoader::trustedProxies)
            // Asked for all the same, so that its keys are known.
            : s.section("proxy-protocol", proxies -> proxies.values("trusted", Form.network())));
  }

  private static List<Network> trustedProxies(Section s) {
    List<Network> trusted = s.values("trusted", Form.network());
    if (!s.has("trusted")) {
      s.wrong("trusted", "is missing: from elsewhere a header is not accepted");
    }
    return trusted;
  }

  private static Map<Listener.Reason, ErrorCode> codes(Section s) {
    Map<Listener.Reason, ErrorCode> codes = new EnumMap<>(Listener.Reason.class);
    for (Listener.Reason reason : Listener.Reason.values()) {
      s.value(Form.spelled(reason), Form.errorCode()).ifPresent(code -> codes.put(reason, code));
    }
    return codes;
  }

  private ClientTls clientTls(Section s) {
    return new ClientTls(
        s.value("mode", Form.upperCase(ClientTls.Mode.class)).orElse(ClientTls.DEFAULT.mode()),
        s.value("certificate", Form.readableFile(folder)),
        s.value("key", Form.readableFile(folder)),
        secret(s, "key-password"));
  }

  private Server server(Section s) {
    String name = s.required("name", Form.name(), Consistency.UNREADABLE);
    Optional<String> host = s.value("host", Form.host());
    Endpoint x = endpoint(s, host, "x-port", "x-socket", Server.DEFAULT_X_PORT);
    Endpoint classic =
        endpoint(s, host, "classic-port", "classic-socket", Server.DEFAULT_CLASSIC_PORT);
    if (!s.has("host") && !(s.has("x-socket") && s.has("classic-socket"))) {
      s.wrong(
          "host",
          s.has("x-socket") || s.has("classic-socket")
              ? "is missing: it can be left out only if both x-socket and classic-socket are given"
              : "is missing");
    }
    return new Server(
        name,
        x,
        classic,
        s.section("tls", this::serverTls),
        s.value("proxy-protocol", Form.lowerCase(Server.ProxyHeader.class))
            .orElse(Server.ProxyHeader.NONE),
        s.has("monitor")
            ? Optional.of(s.section("monitor", this::account))
            // Asked for all the same, so that its keys are known.
            : s.section("monitor", this::noAccount));
  }

  private Account account(Section s) {
    String user = s.required("user", Form.user(), Consistency.UNREADABLE);
    boolean given = s.has("password");
    Optional<Secret> password = secret(s, "password");
    if (!given) {
      s.wrong("password", "is missing");
    }
    return new Account(user, password.orElse(new Secret("")));
  }

  private Optional<Account> noAccount(Section s) {
    var _ = s.value("user", Form.user());
    var _ = secret(s, "password");
    return Optional.empty();
  }

  private Endpoint endpoint(
      Section s, Optional<String> host, String portKey, String socketKey, int defaultPort) {
    int port = s.value(portKey, Form.number(Endpoint.Tcp.PORT)).orElse(defaultPort);
    Optional<Endpoint> socket = s.value(socketKey, Form.socket(folder));
    if (s.has(portKey) && s.has(socketKey)) {
      s.wrong(socketKey, "cannot go together with " + portKey);
    }
    return socket.orElseGet(() -> new Endpoint.Tcp(host.orElse("?"), port));
  }

  private ServerTls serverTls(Section s) {
    return new ServerTls(
        s.value("mode", Form.upperCase(ServerTls.Mode.class)).orElse(ServerTls.DEFAULT.mode()),
        s.value("verify", Form.upperCase(ServerTls.Verify.class))
            .orElse(ServerTls.DEFAULT.verify()),
        s.value("ca", Form.readableFile(folder)),
        s.value("certificate", Form.readableFile(folder)),
        s.value("key", Form.readableFile(folder)),
        secret(s, "key-password"));
  }

  private static Timeouts timeouts(Section s) {
    return new Timeouts(
        s.value("connect", Form.duration(Timeouts.CONNECT)).orElse(Timeouts.DEFAULT.connect()),
        s.value("handshake", Form.duration(Timeouts.HANDSHAKE))
            .orElse(Timeouts.DEFAULT.handshake()),
        s.value("half-request", Form.duration(Timeouts.HALF_REQUEST))
            .orElse(Timeouts.DEFAULT.halfRequest()));
  }

  private static Limits limits(Section s) {
    return new Limits(
        s.value("sessions", Form.number(Limits.SESSIONS)).orElse(Limits.DEFAULT.sessions()),
        s.value("hold-back", Form.size(Limits.HOLD_BACK)).orElse(Limits.DEFAULT.holdBack()),
        s.value("write-buffer", Form.size(Limits.WRITE_BUFFER))
            .orElse(Limits.DEFAULT.writeBuffer()));
  }

  private static FarewellSettings farewell(Section s) {
    FarewellSettings otherwise = FarewellSettings.DEFAULT;
    return new FarewellSettings(
        s.value("diagnosis-timeout", Form.duration(FarewellSettings.DIAGNOSIS_TIMEOUT))
            .orElse(otherwise.diagnosisTimeout()),
        s.value("linger", Form.duration(FarewellSettings.LINGER)).orElse(otherwise.linger()),
        s.value("drain", Form.duration(FarewellSettings.DRAIN)).orElse(otherwise.drain()),
        s.value("ledger", Form.number(FarewellSettings.LEDGER)).orElse(otherwise.ledger()));
  }

  private static Health health(Section s) {
    return new Health(
        s.value("interval", Form.duration(Health.INTERVAL)).orElse(Health.DEFAULT.interval()),
        s.value("timeout", Form.duration(Health.TIMEOUT)).orElse(Health.DEFAULT.timeout()),
        s.value("fall", Form.number(Health.FALL)).orElse(Health.DEFAULT.fall()),
        s.value("rise", Form.number(Health.RISE)).orElse(Health.DEFAULT.rise()));
  }

  private Optional<Secret> secret(Section s, String key) {
    Form<String> variable = Form.variable();
    Form<Path> file = Form.readableFile(folder);
    return s.secret(
        key,
        new Form<>(
            variable.allowed(),
            text -> {
              String value = environment.get(variable.read(text));
              if (value == null) {
                throw new IllegalArgumentException("is not set in the environment");
              }
              return new Secret(value);
            }),
        new Form<>(file.allowed(), text -> secretIn(file.read(text))));
  }

  private static Secret secretIn(Path file) {
    try {
      String text = Files.readString(file, StandardCharsets.UTF_8);
      // What ends the line in the file is not part of the secret.
      return new Secret(text.replaceFirst("\\R\\z", ""));
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot be read", e);
    }
  }

  private static InvalidConfig unreadable(Path file, String reason) {
    Problem problem = new Problem(0, 0, "", Optional.empty(), reason, Optional.empty());
    return new InvalidConfig(file.toString(), List.of(problem));
  }
}
