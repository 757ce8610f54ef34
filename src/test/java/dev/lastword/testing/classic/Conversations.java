package dev.lastword.testing.classic;

import java.util.List;
import java.util.stream.Stream;

/** All conversations that are to be the same, whatever is between client and server. */
public final class Conversations {

  private static final List<Conversation> ALL =
      Stream.of(
              ConnectingConversations.all(),
              AuthenticationConversations.all(),
              ChangingUserConversations.all(),
              CommandConversations.all(),
              StatementConversations.all(),
              PreparedStatementConversations.all(),
              StateConversations.all(),
              CompressionConversations.all(),
              EndingConversations.all())
          .flatMap(List::stream)
          .toList();

  private Conversations() {}

  public static List<Conversation> all() {
    return ALL;
  }
}
