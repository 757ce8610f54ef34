package dev.lastword.testing.classic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ConversationsTest {

  @Test
  void no_two_conversations_have_the_same_name() {
    List<String> names = Conversations.all().stream().map(Conversation::toString).toList();

    assertThat(names).hasSizeGreaterThan(300).doesNotHaveDuplicates();
  }
}
