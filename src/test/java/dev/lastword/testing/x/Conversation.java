package dev.lastword.testing.x;

import java.net.SocketAddress;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A script for a client, with a name that says what it is about. The script says what is sent and
 * when to listen, never what should come: that is what another play of it says.
 */
public final class Conversation {

  /** What the client does. */
  @FunctionalInterface
  public interface Script {
    void play(Talk talk) throws Exception;
  }

  private static final AtomicInteger SCRATCH = new AtomicInteger();

  private final String name;
  private final Script script;
  private Set<Access> accesses = EnumSet.allOf(Access.class);
  private boolean scratch;
  private boolean unfinished;
  private boolean counters;
  private boolean wordless;
  private boolean finishingFirst;
  private final Map<String, String> globals = new LinkedHashMap<>();

  private Conversation(String name, Script script) {
    this.name = name;
    this.script = script;
  }

  static Conversation conversation(String name, Script script) {
    return new Conversation(name, script);
  }

  /** Makes sense with these accesses only. */
  Conversation over(Access... only) {
    accesses = EnumSet.copyOf(Arrays.asList(only));
    return this;
  }

  /** Writes, and so gets a schema for itself: {@link Talk#schema()}. */
  Conversation withScratchSchema() {
    scratch = true;
    return this;
  }

  /** Needs a global variable of the server to have this value, and the server for itself. */
  Conversation withGlobal(String variable, String value) {
    globals.put(variable, value);
    return this;
  }

  /**
   * Begins a request and leaves it so. A server's patience with that is half a second; a proxy that
   * holds back what is not complete has a patience of its own.
   */
  Conversation leavingRequestUnfinished() {
    unfinished = true;
    return this;
  }

  public boolean leavesRequestUnfinished() {
    return unfinished;
  }

  /**
   * Reads what the server has counted. That is another number if a proxy and the server had
   * something to say to one another that was not for the client.
   */
  Conversation readingCounters() {
    counters = true;
    return this;
  }

  public boolean readsCounters() {
    return counters;
  }

  /** Makes the server close a session without a word, although it lives; a proxy says what it knows of that. */
  Conversation endedWithoutAWord() {
    wordless = true;
    return this;
  }

  public boolean isEndedWithoutAWord() {
    return wordless;
  }

  /**
   * Ends the client's direction while answers are owed to it. A TLS library that is told so by
   * close_notify may end the other direction too.
   */
  Conversation finishingFirst() {
    finishingFirst = true;
    return this;
  }

  public boolean finishesFirst() {
    return finishingFirst;
  }

  public Set<Access> accesses() {
    return accesses;
  }

  /** Whether no other conversation may be played on the server meanwhile. */
  public boolean needsServerForItself() {
    return !globals.isEmpty();
  }

  /**
   * Plays it with a client that connects to an address.
   *
   * @param address of a server, or of something that claims to be as good as one
   * @param backstage the server behind that address
   * @param lines where the transcript goes
   */
  void play(SocketAddress address, Access access, Backstage backstage, List<String> lines)
      throws Exception {
    String schema = scratch ? "talk_%06d".formatted(SCRATCH.incrementAndGet()) : Backstage.SCHEMA;
    if (scratch) {
      backstage.drop(schema);
      backstage.fill(schema);
    }
    if (needsServerForItself()) {
      backstage.awaitNobody();
    }
    Transcript transcript = new Transcript(lines);
    if (scratch) {
      transcript.hide(schema, "<schema>");
    }
    try (Backstage.Globals _ = backstage.with(globals);
        Talk talk = new Talk(address, access, schema, transcript, backstage)) {
      script.play(talk);
    } finally {
      if (scratch) {
        backstage.drop(schema);
      }
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
