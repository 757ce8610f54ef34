package dev.lastword.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.lastword.Proxy;
import dev.lastword.admin.http.HttpServer;
import dev.lastword.admin.http.Subject;
import dev.lastword.config.AdminSettings;
import dev.lastword.config.Config;
import dev.lastword.config.ConfigLoader;
import dev.lastword.session.Session;
import dev.lastword.testing.MySqlServer;
import dev.lastword.testing.chromium.Chromium;
import dev.lastword.testing.chromium.Legibility;
import dev.lastword.testing.chromium.Page;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Login;
import dev.lastword.testing.x.XClient;
import dev.lastword.testing.x.XMessages;
import dev.lastword.x.protobuf.MysqlxNotice;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The web page in a real browser, before a real proxy with two servers behind it. Skipped where there is no Chromium, which Debian has as package
 * chromium; {@code LASTWORD_CHROMIUM} names another.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebPageIT {
  private static final List<String> VIEWS =
      List.of("overview", "losses", "sessions", "listeners", "events", "config");

  /** With this, the pictures in the documentation are made anew. */
  private static final boolean RENEW = Boolean.getBoolean("lastword.pictures");

  /** Wants to run a script, and to write from right to left from there on. */
  private static final String HOSTILE = "<img src=x onerror=broken=1>\u202e";

  private Chromium chromium;
  private MySqlServer one;
  private MySqlServer other;
  private Path directory;
  private Proxy proxy;
  private HttpServer http;
  private Page page;
  private final List<AutoCloseable> clients = new ArrayList<>();

  @BeforeAll
  void start() {
    Optional<Path> program = Chromium.find();
    Assumptions.assumeTrue(program.isPresent(), "there is no chromium on this machine");
    chromium = Chromium.start(program.orElseThrow());
    one = MySqlServer.shared();
    other = MySqlServer.launch();
  }

  @AfterAll
  void stop() {
    if (chromium != null) {
      chromium.close();
      other.close();
    }
  }

  @BeforeEach
  void open() throws IOException {
    directory = Front.temporary();
    write("timeouts: { handshake: 20s }");
    serve(0);
    page = chromium.newPage().size(1280, 900, false).scheme("light");
  }

  @AfterEach
  void close() throws Exception {
    List<URI> requests = page.requests();
    page.close();
    for (AutoCloseable client : clients) {
      client.close();
    }
    clients.clear();
    shut();
    Front.delete(directory);
    if (!other.isRunning()) {
      other.start();
    }
    // Whatever was tested: the page asked nobody else for anything.
    assertThat(requests)
        .isNotEmpty()
        .allSatisfy(asked -> {
          assertThat(asked.getScheme()).isEqualTo("http");
          assertThat(asked.getHost()).isEqualTo("127.0.0.1");
        });
  }

  private void write(String more) throws IOException {
    String servers = server("db1", one) + server("db2", other);
    Files.writeString(
        directory.resolve("lastword.yaml"),
        """
        listeners:
          - { name: x, protocol: x, bind: 127.0.0.1:0, servers: [db1, db2], policy: round-robin }
          - { name: classic, protocol: classic, bind: 127.0.0.1:0, servers: [db1, db2] }
        servers:
        %shealth: { interval: 300ms }
        data-directory: state
        admin: { http: { enabled: false }, sql: { enabled: false } }
        %s
        """
            .formatted(servers, more));
  }

  private static String server(String name, MySqlServer server) {
    return "  - { name: %s, host: %s, x-port: %d, classic-port: %d }\n"
        .formatted(name, server.host(), server.xPort(), server.classicPort());
  }

  private Config load() {
    return ConfigLoader.load(directory.resolve("lastword.yaml"), Map.of());
  }

  private void serve(int port) throws IOException {
    proxy = Proxy.start(load(), this::load);
    http =
        HttpServer.open(
            AdminSettings.OFF.withHttp("127.0.0.1", port),
            new Subject(
                "0.1.0",
                Instant.now(),
                proxy.catalog(),
                proxy.steering(),
                proxy.events(),
                proxy.ledger(),
                (_, _) -> "text/plain"),
            directory);
  }

  private void shut() {
    http.close();
    proxy.close();
  }

  private URI address(String view) {
    return URI.create(http.url() + "/").resolve("#/" + view);
  }

  private void show(String view) {
    page.open(address(view));
    page.awaitText("#live", "live");
    page.awaitThat(
        view.equals("overview")
            ? "document.querySelectorAll('#servers li').length === 2 && document.querySelector('#chart svg')"
            : "document.querySelector('#" + view + " .pages')");
  }

  private XClient xClient() {
    XClient client = XClient.connect("127.0.0.1", proxy.port("x"));
    clients.add(client);
    return client.login(one.user(), one.password());
  }

  private ClassicClient classicClient() {
    ClassicClient client = ClassicClient.connect("127.0.0.1", proxy.port("classic"));
    clients.add(client);
    return client.login(Login.as(one.user(), one.password()));
  }

  /** A client on that server; the listener takes them in turn. */
  private XClient xClientOn(String server) {
    while (true) {
      XClient client = xClient();
      if (newest().server().equals(server)) {
        return client;
      }
    }
  }

  private Session newest() {
    return proxy.sessions().live().stream()
        .max(Comparator.comparingLong(Session::id))
        .orElseThrow();
  }

  private long newestSession() {
    return newest().id();
  }

  /** The code of the notice that was the last thing a client was sent. */
  private static int lastCode(XClient client) {
    try {
      return MysqlxNotice.Warning.parseFrom(client.awaitEnd().getLast().asNotice().getPayload())
          .getCode();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void what_runs_is_seen_at_a_glance() {
    XClient idle = xClient();
    idle.sql("SELECT 1");
    xClient().send(XMessages.sql("SELECT SLEEP(600)"));
    classicClient();
    show("overview");

    page.awaitText("#proxy", "ready");
    page.awaitText("#proxy", "3 sessions");
    page.awaitText("#servers", "db1");
    assertThat(page.text("#servers")).contains("db2", "answers");
    page.awaitText("#states", "idle 2");
    page.awaitText("#states", "waiting 1");
    page.awaitText("#counters", "Mysqlx_notice_warning_sent");
    page.awaitText("#minute", "No session was lost in the last hour.");
    page.awaitText("#latest", "No session has been lost.");
    assertThat(page.problems()).isEmpty();
  }

  @Test
  void every_view_opens_without_an_error() {
    xClient();
    classicClient();
    for (String view : VIEWS) {
      show(view);
      assertThat(
              page.holds(
                  "document.querySelector('main > :not([hidden])').id === '%s'".formatted(view)))
          .as(view)
          .isTrue();
    }
    assertThat(page.text("#config")).contains("Key", "Value");
    assertThat(page.problems()).isEmpty();
  }

  @Test
  void a_loss_appears_by_itself() {
    show("overview");
    page.evaluate("window.loadedOnce = true");
    XClient client = xClientOn("db2");
    long session = newestSession();

    other.kill();

    page.awaitText("#latest", "session " + session + " ");
    page.awaitText("#latest", "told 1053");
    page.awaitText("#legend", "server gone");
    page.awaitThat("document.querySelectorAll('#chart .cause').length > 0");
    page.awaitThat(
        "/refuses connections|no answer/.test(document.querySelector('#servers').innerText)");
    page.awaitText("#said", "new loss");
    assertThat(client.awaitEnd()).isNotEmpty();
    assertThat(page.holds("window.loadedOnce")).isTrue();
    assertThat(page.problems()).isEmpty();
  }

  @Test
  void enter_on_a_loss_shows_the_evidence_and_escape_leads_back() {
    xClient();
    long session = newestSession();
    assertThat(proxy.kill(session)).isTrue();
    show("overview");
    page.awaitText("#latest", "session " + session + " ");

    page.evaluate("document.querySelector('#latest button').focus()");
    page.press("Enter");

    page.awaitThat("document.querySelector('#evidence').open");
    page.awaitText("#evidence", "killed-by-operator");
    assertThat(page.text("#evidence"))
        .contains(
            "How session " + session + " was lost",
            "Timeline",
            "Verdict",
            "Farewell",
            "3169",
            "Evidence");
    page.press("Escape");
    page.awaitThat("!document.querySelector('#evidence').open");
    assertThat(page.evaluate("document.activeElement.dataset.id").asString())
        .isEqualTo(Long.toString(session));
  }

  @Test
  void a_session_is_killed_only_when_it_is_confirmed() {
    XClient client = xClient();
    long session = newestSession();
    show("sessions");

    page.click("[data-act=kill]");
    page.awaitText("#confirm", "its client is told 3169");
    assertThat(page.text("#confirm"))
        .contains("Kill session " + session + "?", "of user " + one.user(), "idle");
    assertThat(page.evaluate("document.activeElement.id").asString()).isEqualTo("confirm-leave");
    page.press("Enter");
    page.awaitThat("!document.querySelector('#confirm').open");
    assertThat(client.sql("SELECT 1").value()).isEqualTo("1");

    page.click("[data-act=kill]");
    page.awaitThat("!document.querySelector('#confirm-go').disabled");
    page.click("#confirm-go");
    page.awaitText("#confirm-result", "Session " + session + " is killed.");
    assertThat(lastCode(client)).isEqualTo(3169);
    page.awaitText("#sessions", "None.");
    assertThat(page.problems()).isEmpty();
  }

  @Test
  void who_kills_what_is_gone_reads_so_where_it_was_asked() {
    XClient client = xClient();
    show("sessions");
    page.click("[data-act=kill]");
    page.awaitThat("!document.querySelector('#confirm-go').disabled");
    client.close();
    Front.soon().until(() -> proxy.sessions().size() == 0);

    page.click("#confirm-go");

    page.awaitText("#confirm-trouble", "no session");
    assertThat(page.holds("document.querySelector('#confirm').open")).isTrue();
  }

  @Test
  void a_drain_says_first_whom_it_concerns() {
    XClient there = xClientOn("db2");
    long onOther = proxy.sessions().live().stream().filter(s -> s.server().equals("db2")).count();
    show("overview");

    page.click("[data-act=drain][data-name=db2]");
    page.awaitText("#confirm", onOther + " session");
    assertThat(page.text("#confirm")).contains("Drain server db2?", "told 1053");
    page.awaitThat("!document.querySelector('#confirm-go').disabled");
    page.click("#confirm-go");
    page.awaitText("#confirm-result", "db2 is draining.");
    assertThat(lastCode(there)).isEqualTo(1053);
    page.press("Escape");

    page.awaitText("#servers [data-key=db2]", "draining");
    page.click("[data-act=undrain][data-name=db2]");
    page.awaitText("#confirm", "takes new sessions again");
    page.click("#confirm-go");
    page.awaitText("#confirm-result", "db2 takes new sessions again.");
    page.press("Escape");
    page.awaitThat("document.querySelector('[data-act=drain][data-name=db2]')");
    assertThat(page.problems()).isEmpty();
  }

  @Test
  void a_listener_and_the_whole_proxy_are_drained_and_undrained() {
    show("listeners");
    for (String what : List.of("[data-name=x]", ":not([data-scope])")) {
      page.click("[data-act=drain]" + what);
      page.awaitText("#confirm", "nobody is told anything");
      page.click("#confirm-go");
      page.awaitText("#confirm-result", "is draining.");
      page.press("Escape");
      page.awaitThat("document.querySelector('[data-act=undrain]" + what + "')");
      page.click("[data-act=undrain]" + what);
      page.awaitText("#confirm", "again");
      page.click("#confirm-go");
      page.awaitText("#confirm-result", "again");
      page.press("Escape");
      page.awaitThat("document.querySelector('[data-act=drain]" + what + "')");
    }
    page.awaitText("#proxy", "ready");
  }

  @Test
  void a_reload_says_what_changed_or_what_is_wrong() throws IOException {
    show("overview");
    write("timeouts: { handshake: 25s }");
    reload();
    page.awaitText("#confirm-result", "1 change:");
    assertThat(page.text("#confirm-result")).contains("handshake");
    page.press("Escape");

    reload();
    page.awaitText("#confirm-result", "nothing changed");
    page.press("Escape");

    write("timeouts: { handshake: soon }");
    reload();
    page.awaitText("#confirm-trouble", "timeouts.handshake");
    assertThat(page.holds("document.querySelector('#confirm').open")).isTrue();
    assertThat(proxy.steering().isReady()).isTrue();
  }

  private void reload() {
    page.click("[data-act=reload]");
    page.awaitThat("!document.querySelector('#confirm-go').disabled");
    page.click("#confirm-go");
  }

  @Test
  void hostile_names_are_shown_and_not_run() {
    for (MySqlServer server : List.of(one, other)) {
      server.sql("CREATE USER '" + HOSTILE + "' IDENTIFIED BY 'secret'");
    }
    try {
      XClient client = XClient.connect("127.0.0.1", proxy.port("x"));
      clients.add(client);
      client.login(HOSTILE, "secret");
      show("sessions");
      page.awaitText("#sessions tbody", HOSTILE);
      page.click("[data-act=kill]");
      page.awaitText("#confirm", HOSTILE);
      page.awaitThat("!document.querySelector('#confirm-go').disabled");
      page.click("#confirm-go");
      page.awaitText("#confirm-result", "is killed");
      page.press("Escape");
      show("losses");
      page.awaitText("#losses tbody", HOSTILE);
      page.click("[data-act=explain]");
      page.awaitText("#evidence", HOSTILE);
      assertThat(page.holds("document.querySelector('img[src=x]') || window.broken")).isFalse();
      // What writes from right to left ends with the name.
      assertThat(page.evaluate("document.querySelector('#losses bdi').textContent").asString())
          .isEqualTo(HOSTILE);
    } finally {
      for (MySqlServer server : List.of(one, other)) {
        server.sql("DROP USER '" + HOSTILE + "'");
      }
    }
  }

  @Test
  void everything_can_be_done_with_the_keyboard() {
    XClient client = xClient();
    show("overview");

    page.press("Tab");
    assertThat(focused()).isEqualTo("Skip to the content");
    assertFocusIsSeen();
    page.press("Enter");
    page.awaitThat("document.activeElement.id === 'main'");

    tabTo("Overview", "Shift+Tab");
    tabTo("Sessions", "Tab");
    page.press("Enter");
    page.awaitThat("document.querySelector('#sessions tbody')");
    tabTo("Kill", "Tab");
    page.press("Enter");
    page.awaitThat("!document.querySelector('#confirm-go').disabled");
    // The rest of the page cannot be reached from the question.
    for (int i = 0; i < 6; i++) {
      page.press("Tab");
      assertThat(
              page.holds(
                  "document.activeElement === document.body || document.activeElement.closest('#confirm')"))
          .isTrue();
    }
    tabTo("Kill session " + newestSession(), "Tab");
    page.press("Enter");
    page.awaitText("#confirm-result", "is killed");
    assertThat(client.awaitEnd()).isNotEmpty();
    page.press("Enter");
    page.awaitThat("!document.querySelector('#confirm').open");

    page.open(address("overview"));
    page.awaitThat("document.querySelector('#latest button')");
    page.evaluate("document.querySelector('#chart svg').focus()");
    page.press("End");
    page.awaitThat("/^\\d\\d:\\d\\d: /.test(document.querySelector('#minute').innerText)");
    assertThat(page.problems()).isEmpty();
  }

  private String focused() {
    return page.evaluate("document.activeElement.innerText ?? ''").asString();
  }

  private void tabTo(String text, String key) {
    for (int i = 0; i < 60; i++) {
      page.press(key);
      if (focused().equals(text)) {
        assertFocusIsSeen();
        return;
      }
      if (page.holds("document.activeElement !== document.body")) {
        assertFocusIsSeen();
      }
    }
    throw new AssertionError(text + " cannot be reached with " + key);
  }

  private void assertFocusIsSeen() {
    assertThat(
            page.holds(
                "(() => { const style = getComputedStyle(document.activeElement);"
                    + " return style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2; })()"))
        .as("%s", page.evaluate("document.activeElement.outerHTML"))
        .isTrue();
  }

  @Test
  void many_sessions_are_filtered_ordered_and_turned_by_pages() {
    for (int i = 0; i < 55; i++) {
      xClient();
    }
    classicClient();
    long last = newestSession();
    show("sessions");
    page.awaitText("#sessions .pages", "1 to 50 of 56");
    page.click("#sessions [data-act=page]:not(:disabled)");
    page.awaitText("#sessions .pages", "51 to 56 of 56");

    page.click("#sessions [data-act=order][data-name=id]");
    page.awaitThat("document.querySelector('#sessions tbody td').innerText === '" + last + "'");
    assertThat(page.evaluate("document.querySelector('[aria-sort]').ariaSort").asString())
        .isEqualTo("descending");

    page.evaluate(
        "(() => { const field = document.querySelector('#sessions-protocol'); field.value = 'classic';"
            + " field.dispatchEvent(new Event('change', {bubbles: true})); })()");
    page.awaitText("#sessions .pages", "1 to 1 of 1");
    page.evaluate("document.querySelector('#sessions-user').focus()");
    page.type("nobody");
    page.press("Enter");
    page.awaitText("#sessions", "None.");
    page.click("[data-act=unfilter]");
    page.awaitText("#sessions .pages", "1 to 50 of 56");
    assertThat(page.problems()).isEmpty();
  }

  @Test
  void a_proxy_that_is_gone_and_back_is_seen_to_be() throws IOException {
    show("overview");
    int port = http.port();
    shut();
    page.awaitText("#live", "disconnected, retrying");
    page.awaitText("#trouble", "The proxy does not answer.");
    serve(port);
    page.awaitText("#live", "live");
    page.awaitThat("document.querySelector('#trouble').hidden");
    page.awaitText("#proxy", "ready");
  }

  @Test
  void a_page_that_nobody_sees_asks_for_nothing() {
    show("overview");
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
            + " document.dispatchEvent(new Event('visibilitychange'))");
    // What was asked before may still be answered; then three rounds in which nothing is asked.
    page.evaluate("new Promise((done) => setTimeout(done, 1000))");
    int asked = page.requests().size();
    page.evaluate("new Promise((done) => setTimeout(done, 6500))");
    assertThat(page.requests()).hasSize(asked);

    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))");
    page.awaitText("#live", "live");
    xClient();
    page.awaitText("#proxy", "1 session");
  }

  @ParameterizedTest
  @ValueSource(strings = {"light", "dark"})
  void all_text_has_enough_contrast(String scheme) {
    somethingToSee();
    page.scheme(scheme);
    for (String view : VIEWS) {
      show(view);
      page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
      List<Legibility.Text> texts = Legibility.texts(page);
      assertThat(texts).as(view).hasSizeGreaterThan(10);
      assertThat(texts)
          .as(view)
          .allSatisfy(text ->
              assertThat(text.contrast()).as("%s", text).isGreaterThanOrEqualTo(text.enough()));
    }
    boolean dark =
        page.evaluate("getComputedStyle(document.body).backgroundColor")
            .asString()
            .matches("rgb\\((\\d|1\\d|2\\d), .*");
    assertThat(dark).isEqualTo(scheme.equals("dark"));
  }

  @Test
  void a_phone_shows_every_view_without_scrolling_sideways() {
    somethingToSee();
    page.size(360, 740, true);
    for (String view : VIEWS) {
      show(view);
      assertThat(Legibility.tooWide(page)).as(view).isEmpty();
    }
    show("losses");
    page.click("[data-act=explain]");
    page.awaitText("#evidence", "Farewell");
    assertThat(Legibility.tooWide(page)).isEmpty();
    page.press("Escape");
    page.click("[data-act=reload]");
    page.awaitText("#confirm", "read again");
    assertThat(Legibility.tooWide(page)).isEmpty();
  }

  /** Sessions in several states, and losses of several causes. */
  private void somethingToSee() {
    for (int i = 0; i < 6; i++) {
      xClientOn("db1").sql("SELECT " + i);
    }
    XClient transaction = xClientOn("db1");
    transaction.sql("START TRANSACTION");
    xClientOn("db1").send(XMessages.sql("SELECT SLEEP(600)"));
    classicClient();
    classicClient();
    for (int i = 0; i < 3; i++) {
      xClientOn("db2");
    }
    List<Session> live = List.copyOf(proxy.sessions().live());
    proxy.kill(live.getFirst().id());
    other.kill();
    Front.soon()
        .atMost(Duration.ofSeconds(20))
        .until(() ->
            proxy.sessions().live().stream().noneMatch(session -> session.server().equals("db2")));
  }

  @Test
  void pictures_are_made() throws IOException {
    somethingToSee();
    page.size(1280, 1420, false);
    show("overview");
    picture("overview-light");
    page.scheme("dark");
    picture("overview-dark");
    page.scheme("light");
    page.size(1280, 800, false);
    show("losses");
    page.click("[data-act=explain]");
    page.awaitText("#evidence", "Farewell");
    picture("evidence");
    page.press("Escape");
    page.size(360, 780, true);
    show("overview");
    picture("phone");
  }

  private void picture(String name) throws IOException {
    Path base = Path.of(System.getProperty("lastword.basedir", "."));
    Path file = base.resolve("target/pictures").resolve(name + ".png");
    page.screenshot(file);
    assertThat(file).isNotEmptyFile();
    Path kept = base.resolve("docs/images").resolve(name + ".png");
    if (RENEW) {
      Files.createDirectories(kept.getParent());
      Files.copy(file, kept, StandardCopyOption.REPLACE_EXISTING);
    }
    assertThat(kept).exists();
    assertThat(Files.size(kept)).isLessThan(200_000);
  }
}
