package dev.lastword.x;

import dev.lastword.server.ServerRole;
import dev.lastword.server.ServerRole.Membership;
import dev.lastword.x.XSentinelQuestions.Answer;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Asks a server for its role: one statement, or two where the account may not read the list of the group's members. Whether it takes
 * writes may be asked without any right.
 */
final class XSentinelRole {
  /** How long a question that was refused is not asked again. A right that is granted later works from the next statement on. */
  private static final long REFUSED_NANOS = TimeUnit.SECONDS.toNanos(60);

  private static final String WRITES = "SELECT CONCAT_WS(',', @@GLOBAL.read_only)";

  // One row, whether the server is on the list or not, and one text, so that there are no types to
  // decode.
  private static final String MEMBER =
      "SELECT CONCAT_WS(',', @@GLOBAL.read_only,"
          + " COALESCE(MAX(IF(MEMBER_ID = @@GLOBAL.server_uuid, MEMBER_STATE, NULL)), ''),"
          + " COALESCE(MAX(IF(MEMBER_ID = @@GLOBAL.server_uuid, MEMBER_ROLE, NULL)), ''),"
          + " COUNT(*), COUNT(IF(MEMBER_STATE IN ('ONLINE', 'RECOVERING'), 1, NULL)))"
          + " FROM performance_schema.replication_group_members";

  private final XSentinelQuestions questions;
  private boolean refused;
  private long refusedAt;

  XSentinelRole(XSentinelQuestions questions) {
    this.questions = questions;
  }

  /** Asks; {@code answer} gets nothing if the server does not say. */
  void ask(Consumer<Optional<ServerRole>> answer) {
    if (refused && System.nanoTime() - refusedAt < REFUSED_NANOS) {
      questions.sql(WRITES, told -> answer.accept(read(told)));
      return;
    }
    questions.sql(
        MEMBER,
        told -> {
          refused = told.error() != 0;
          if (refused) {
            refusedAt = System.nanoTime();
            ask(answer);
          } else {
            answer.accept(read(told));
          }
        });
  }

  private static Optional<ServerRole> read(Answer answer) {
    String[] parts = answer.text(0).split(",", -1);
    boolean readOnly = parts[0].equals("1");
    if (parts.length == 1) {
      return parts[0].isEmpty()
          ? Optional.empty()
          : Optional.of(new ServerRole(Membership.UNKNOWN, false, readOnly));
    }
    return Optional.of(
        new ServerRole(
            ServerRole.membership(parts[1], Integer.parseInt(parts[3]), Integer.parseInt(parts[4])),
            parts[2].equals("SECONDARY"),
            readOnly));
  }
}
