package dev.lastword.status;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * What X clients were sent. A message counts when it was handed to the client's connection as a whole.
 *
 * <p>The four status variables have the names of the X Plugin's and count as its worklog and the manual say: a GLOBAL warning counts as a
 * warning <em>and</em> as global. The server's own code counts it as a warning only; {@link #notices()} has the numbers for either
 * reading. What is inside a compressed message counts as the one message that it is.
 */
public final class SentCounters {
  private final LongAdder messages = new LongAdder();
  private final ConcurrentHashMap<NoticeKind, LongAdder> notices = new ConcurrentHashMap<>();

  /** Counts messages of all kinds, notices among them. */
  public void messages(long count) {
    messages.add(count);
  }

  /** Counts notices of one kind. */
  public void notices(NoticeKind kind, long count) {
    notices.computeIfAbsent(kind, _ -> new LongAdder()).add(count);
  }

  /** How many of each kind there were. */
  public Map<NoticeKind, Long> notices() {
    Map<NoticeKind, Long> all = new ConcurrentHashMap<>();
    notices.forEach((kind, count) -> all.put(kind, count.sum()));
    return all;
  }

  /** The status variables, by name. */
  public Map<String, Long> statusVariables() {
    long warning = 0;
    long global = 0;
    long other = 0;
    for (var entry : notices().entrySet()) {
      NoticeKind kind = entry.getKey();
      long count = entry.getValue();
      if (kind.type() == NoticeKind.Type.WARNING) {
        warning += count;
      }
      if (kind.scope() == NoticeKind.Scope.GLOBAL) {
        global += count;
      }
      if (kind.type() != NoticeKind.Type.WARNING && kind.scope() == NoticeKind.Scope.LOCAL) {
        other += count;
      }
    }
    return variables(warning, global, other, messages.sum());
  }

  /** The four status variables with their names, in the order of the names. */
  public static Map<String, Long> variables(long warning, long global, long other, long messages) {
    Map<String, Long> variables = new TreeMap<>();
    variables.put("Mysqlx_notice_warning_sent", warning);
    variables.put("Mysqlx_notice_global_sent", global);
    variables.put("Mysqlx_notice_other_sent", other);
    variables.put("Mysqlx_messages_sent", messages);
    return variables;
  }
}
