package dev.lastword.session;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.lastword.farewell.Cause;
import dev.lastword.farewell.Ledger;
import dev.lastword.status.LossCounters;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

class SessionLogTest {
  private static final String START = "session=1 event=";
  private static final String WHO = " listener=x client=10.0.0.7:51544";

  private final Logger logger = (Logger) LoggerFactory.getLogger("lastword.session");
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private final SessionRegistry registry =
      new SessionRegistry(10, new Ledger(10), new LossCounters());
  private final Quiet session = session("10.0.0.7:51544");
  private boolean additive;

  @BeforeEach
  void listen() {
    additive = logger.isAdditive();
    logger.setAdditive(false);
    logger.setLevel(Level.DEBUG);
    lines.start();
    logger.addAppender(lines);
  }

  @AfterEach
  void stop() {
    logger.detachAppender(lines);
    logger.setLevel(Level.ERROR);
    logger.setAdditive(additive);
  }

  private Quiet session(String client) {
    return new Quiet(Objects.requireNonNull(registry.admit("x", 10)), client);
  }

  @Test
  void a_session_has_a_line_for_each_step() {
    session.open();
    assertThat(lines.list).isEmpty();
    session.connect("db2", "10.0.0.2:33060");
    assertLine(Level.DEBUG, START + "connected" + WHO + " server=db2 address=10.0.0.2:33060");
    session.identify(88);
    session.claim("app");
    session.logIn();
    String known = WHO + " server=db2 address=10.0.0.2:33060 mysqlx=88 user=app";
    assertLine(Level.INFO, START + "authenticated" + known);
    session.count(4182, 90233);
    session.activity = Activity.MID_RESULT;
    session.transaction = true;
    session.end(Cause.SERVER_GONE, "Connection reset by peer");
    String line = last().getFormattedMessage().replaceAll("(-us|ms)=\\d+ ", "$1=N ");
    assertThat(line)
        .isEqualTo(
            START
                + "closed"
                + known
                + " cause=server-gone state=mid-result transaction=true half-request=false"
                + " told=nothing/client-left after-us=N ms=N in=4182 out=90233 detail=\"Connection reset by peer\"");
    assertThat(lines.list).hasSize(3);
  }

  @Test
  void the_number_of_a_classic_session_is_its_connection_id() {
    session.protocol = "classic";
    session.identify(88);
    session.logIn();
    assertThat(last().getFormattedMessage())
        .isEqualTo(START + "authenticated" + WHO + " connection=88");
    session.end(Cause.CLIENT_LEFT, "");
    assertThat(last().getFormattedMessage())
        .startsWith(START + "closed" + WHO + " connection=88 cause=");
  }

  @Test
  void what_is_not_known_is_not_there() {
    session.half = true;
    session.activity = Activity.CONNECTING;
    session.end(Cause.CLIENT_LEFT, "");
    assertThat(last().getFormattedMessage().replaceAll("(-us|ms)=\\d+ ", "$1=N "))
        .isEqualTo(
            START
                + "closed"
                + WHO
                + " cause=client-left state=connecting transaction=false half-request=true"
                + " told=nothing/client-left after-us=N ms=N in=0 out=0");
  }

  @ParameterizedTest
  @EnumSource
  void news_is_a_warning_and_the_ordinary_course_of_things_is_not(Cause cause) {
    session.end(cause, "");
    assertThat(last().getLevel()).isEqualTo(cause.news() ? Level.WARN : Level.INFO);
    assertThat(last().getFormattedMessage()).contains(" cause=" + cause.text() + " ");
  }

  @ParameterizedTest
  @EnumSource
  void every_activity_has_one_word(Activity activity) {
    session.activity = activity;
    session.end(Cause.BUG, "");
    assertThat(last().getFormattedMessage()).containsPattern(" state=[a-z-]+ transaction=");
  }

  @Test
  void an_end_is_told_once() {
    session.end(Cause.CLIENT_LOST, "first");
    session.end(Cause.BUG, "second");
    assertThat(lines.list).hasSize(1);
    assertThat(session.cause()).isEqualTo(Cause.CLIENT_LOST);
  }

  @Test
  void a_level_that_is_off_is_silent() {
    logger.setLevel(Level.WARN);
    session.connect("db", "unix:/tmp/x");
    session.logIn();
    session.end(Cause.CLIENT_LEFT, "");
    assertThat(lines.list).isEmpty();
    session("c").end(Cause.SERVER_GONE, "");
    assertThat(lines.list).hasSize(1);
    logger.setLevel(Level.ERROR);
    session("c").end(Cause.SERVER_GONE, "");
    assertThat(lines.list).hasSize(1);
  }

  @Test
  void a_client_that_is_refused_has_a_line_too() {
    SessionLog.refused("x", "[::1]:4711", Cause.TOO_MANY_SESSIONS, "limits.sessions");
    assertLine(
        Level.WARN,
        "event=refused cause=too-many-sessions listener=x client=[::1]:4711"
            + " detail=\"limits.sessions\"");
  }

  /** Line ends of every kind, quotes, what turns the direction of writing, half a character. */
  private static final String FOREIGN =
      "a b=c\"d\\e\nf\rg\u0000h\u007fi\u0085j\u2028k\u2029l\u202em\ud800n\u001b[31mo\u00e9\ud83d\ude00";

  private static final String CLEAN =
      "d\\u005ce\\u000af\\u000dg\\u0000h\\u007fi\\u0085j\\u2028k\\u2029l\\u202em\\ud800n\\u001b[31mo"
          + "\u00e9\ud83d\ude00";

  @Test
  void a_user_name_cannot_end_its_line_or_imitate_another_key() {
    session.claim(FOREIGN);
    session.logIn();
    assertThat(last().getFormattedMessage())
        .isEqualTo(START + "authenticated" + WHO + " user=a\\u0020b\\u003dc\\u0022" + CLEAN);
  }

  @Test
  void a_detail_cannot_end_its_line_or_its_quotes() {
    session.end(Cause.SERVER_SAID, FOREIGN);
    assertThat(last().getFormattedMessage()).endsWith(" detail=\"a b=c\\u0022" + CLEAN + "\"");
    SessionLog.refused("x", "c", Cause.TOO_MANY_SESSIONS, FOREIGN);
    assertThat(last().getFormattedMessage()).endsWith(" detail=\"a b=c\\u0022" + CLEAN + "\"");
  }

  /** A client on a Unix domain socket may have bound its own end to any path. */
  @Test
  void a_path_that_a_client_chose_cannot_imitate_another_line() {
    String path = "unix:/tmp/a\nsession=2 event=closed cause=BUG";
    String clean =
        "unix:/tmp/a\\u000asession\\u003d2\\u0020event\\u003dclosed\\u0020cause\\u003dBUG";
    session(path).end(Cause.CLIENT_LEFT, "");
    assertThat(last().getFormattedMessage()).contains(" client=" + clean + " cause=client-left ");
    SessionLog.refused("x", path, Cause.TOO_MANY_SESSIONS, "");
    assertThat(last().getFormattedMessage()).contains(" client=" + clean + " detail=");
  }

  @Test
  void a_foreign_text_cannot_fill_the_disk() {
    session.claim("u".repeat(100_000));
    session.end(Cause.SERVER_SAID, "\n".repeat(100_000));
    assertThat(last().getFormattedMessage())
        .hasSizeLessThan(4000)
        .contains(" user=" + "u".repeat(397) + "... ")
        .endsWith(" detail=\"" + "\\u000a".repeat(397) + "...\"");
  }

  @Test
  void a_text_that_is_cut_is_not_cut_within_a_character() {
    session.end(Cause.SERVER_SAID, "x".repeat(396) + "\ud83d\ude00".repeat(5));
    assertThat(last().getFormattedMessage()).endsWith("\"" + "x".repeat(396) + "...\"");
  }

  private ILoggingEvent last() {
    return lines.list.getLast();
  }

  private void assertLine(Level level, String line) {
    assertThat(last().getFormattedMessage()).isEqualTo(line);
    assertThat(last().getLevel()).isEqualTo(level);
  }
}
