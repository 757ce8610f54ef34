package dev.lastword.testing.classic;

import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Conversations played at one address, as many at a time as do not disturb one another.
 *
 * @param transcripts what each of them left; a play that broke off has its exception as the last
 *     line, and is a failure in any comparison
 */
public record Plays(Map<Play, List<String>> transcripts) {

  /** One conversation over one access. */
  public record Play(Conversation conversation, Access access) {
    @Override
    public String toString() {
      return conversation + " (" + access + ")";
    }
  }

  /** Most of the time in a conversation is spent waiting. */
  private static final int AT_A_TIME = 16;

  private static final String BROKEN_OFF = "!! ";

  /** Every conversation that makes sense over this access, over it. */
  public static List<Play> over(Access access) {
    return Conversations.all().stream()
        .filter(conversation -> conversation.accesses().contains(access))
        .map(conversation -> new Play(conversation, access))
        .toList();
  }

  /**
   * Plays them all.
   *
   * @param address where the clients connect
   * @param backstage the server behind it
   */
  public static Plays at(SocketAddress address, Backstage backstage, List<Play> plays)
      throws InterruptedException {
    Map<Play, Future<List<String>>> running = new LinkedHashMap<>();
    try (ExecutorService threads =
        Executors.newFixedThreadPool(AT_A_TIME, Thread.ofVirtual().factory())) {
      for (Play play : plays) {
        if (!play.conversation().needsServerForItself()) {
          running.put(play, threads.submit(() -> perform(play, address, backstage)));
        }
      }
    }
    Map<Play, List<String>> transcripts = new LinkedHashMap<>();
    for (Play play : plays) {
      Future<List<String>> future = running.get(play);
      if (future == null) {
        transcripts.put(play, perform(play, address, backstage));
      } else {
        try {
          transcripts.put(play, future.get());
        } catch (ExecutionException impossible) {
          throw new IllegalStateException(impossible);
        }
      }
    }
    return new Plays(transcripts);
  }

  private static List<String> perform(Play play, SocketAddress address, Backstage backstage) {
    List<String> transcript = new ArrayList<>();
    try {
      play.conversation().play(address, play.access(), backstage, transcript);
    } catch (Exception | AssertionError brokenOff) {
      transcript.add(BROKEN_OFF + brokenOff + " " + List.of(brokenOff.getStackTrace()));
    }
    return transcript;
  }

  /** The same without some of them. */
  public Plays without(Predicate<Play> unwanted) {
    Map<Play, List<String>> rest = new LinkedHashMap<>(transcripts);
    rest.keySet().removeIf(unwanted);
    return new Plays(rest);
  }

  /** The same without those lines of some of them. */
  public Plays withoutLines(Predicate<Play> which, Predicate<String> unwanted) {
    Map<Play, List<String>> rest = new LinkedHashMap<>(transcripts);
    rest.replaceAll((play, lines) ->
        which.test(play) ? lines.stream().filter(unwanted.negate()).toList() : lines);
    return new Plays(rest);
  }

  /** Where the same conversations went another way, in words; empty if nowhere. */
  public List<String> differencesTo(Plays others) {
    List<String> differences = new ArrayList<>();
    transcripts.forEach((play, here) -> {
      List<String> there = others.transcripts.getOrDefault(play, List.of("(not played)"));
      if (!here.equals(there) || brokenOff(here)) {
        differences.add(difference(play, here, there));
      }
    });
    return differences;
  }

  private static boolean brokenOff(List<String> transcript) {
    return transcript.stream().anyMatch(line -> line.contains(BROKEN_OFF));
  }

  private static String difference(Play play, List<String> here, List<String> there) {
    int same = 0;
    while (same < Math.min(here.size(), there.size()) && here.get(same).equals(there.get(same))) {
      same++;
    }
    int from = Math.max(0, same - 3);
    return Stream.of(
            Stream.of("", play.toString()),
            here.subList(from, same).stream().map(line -> "      " + line),
            here.subList(same, Math.min(here.size(), same + 4)).stream().map(l -> "   A: " + l),
            there.subList(same, Math.min(there.size(), same + 4)).stream().map(l -> "   B: " + l))
        .flatMap(lines -> lines)
        .reduce("", (text, line) -> text + line + "\n");
  }
}
