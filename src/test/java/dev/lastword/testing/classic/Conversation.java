package dev.lastword.testing.classic;

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

  /** What a proxy is free to do otherwise, or what a comparison has to know. */
  public enum Trait {
    /** Begins a packet and leaves it so, or stops in the middle of a command. */
    LEAVES_REQUEST_UNFINISHED,
    /** The server closes without a word, although it lives; a proxy says what it knows of that. */
    ENDED_WITHOUT_A_WORD,
    /** Ends the client's direction while answers are owed to it. */
    FINISHES_FIRST,
    /** Ends the client's direction without having said COM_QUIT, which a proxy then says for it. */
    LEAVES_WITHOUT_QUIT,
    /** What comes back is not of this protocol, or what is sent is not. */
    NOT_THE_PROTOCOL,
    /** The client breaks the rules before it is logged in. */
    BREAKS_THE_LOGIN,
    /** Sends a password in full, which another TLS state of the server's side would change. */
    AUTHENTICATES_IN_FULL,
    /** Takes long, or much memory. */
    HEAVY
  }

  private static final AtomicInteger SCRATCH = new AtomicInteger();

  private final String name;
  private final Script script;
  private Set<Access> accesses = EnumSet.of(Access.CLEAR, Access.TLS);
  private final Set<Trait> traits = EnumSet.noneOf(Trait.class);
  private boolean scratch;
  private boolean alone;
  private final Map<String, String> globals = new LinkedHashMap<>();

  private Conversation(String name, Script script) {
    this.name = name;
    this.script = script;
  }

  static Conversation conversation(String name, Script script) {
    return new Conversation(name, script);
  }

  /** Makes sense with these accesses; without this, with those that are not compressed. */
  Conversation over(Access... these) {
    accesses = EnumSet.copyOf(Arrays.asList(these));
    return this;
  }

  /** Makes sense with every access. */
  Conversation overAll() {
    accesses = EnumSet.allOf(Access.class);
    return this;
  }

  Conversation with(Trait... more) {
    traits.addAll(Arrays.asList(more));
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
    return alone();
  }

  /** Needs the server for itself. */
  Conversation alone() {
    alone = true;
    return this;
  }

  public boolean has(Trait trait) {
    return traits.contains(trait);
  }

  public Set<Access> accesses() {
    return accesses;
  }

  /** Whether no other conversation may be played on the server meanwhile. */
  public boolean needsServerForItself() {
    return alone;
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
    Transcript transcript = new Transcript(lines);
    if (scratch) {
      backstage.drop(schema);
      backstage.fill(schema);
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
