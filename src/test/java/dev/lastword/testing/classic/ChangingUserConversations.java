package dev.lastword.testing.classic;

import static dev.lastword.testing.classic.ConnectingConversations.utf8;
import static dev.lastword.testing.classic.Conversation.Trait.AUTHENTICATES_IN_FULL;
import static dev.lastword.testing.classic.Conversation.Trait.FINISHES_FIRST;
import static dev.lastword.testing.classic.Conversation.conversation;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** COM_CHANGE_USER, which has a login's exchange inside a session, and COM_RESET_CONNECTION. */
final class ChangingUserConversations {

  private static final String WHO = "SELECT CURRENT_USER(), DATABASE(), @a";

  private ChangingUserConversations() {}

  static List<Conversation> all() {
    List<Conversation> all = new ArrayList<>();
    accounts(all);
    state(all);
    broken(all);
    return all;
  }

  private static void accounts(List<Conversation> all) {
    Map<String, String> accounts = new LinkedHashMap<>();
    accounts.put(Backstage.USER, Backstage.PASSWORD);
    accounts.put("talk_poor", Backstage.PASSWORD);
    accounts.put("talk_empty", "");
    accounts.put("talk_elder", Backstage.PASSWORD);
    accounts.put("talk_elder_empty", "");
    accounts.put("talk_locked", Backstage.PASSWORD);
    accounts.put("talk_tls_only", Backstage.PASSWORD);
    accounts.put("talk_expired", Backstage.PASSWORD);
    accounts.put("talk_two_factors", Backstage.PASSWORD);
    accounts.put("talk_no_login", Backstage.PASSWORD);
    accounts.put("talk_socket", "");
    accounts.put("nobody_at_all", Backstage.PASSWORD);
    accounts.forEach((user, password) -> {
      all.add(
          conversation(
                  "a change to " + user,
                  talk ->
                      talk.login()
                          .query("SET @a = 1")
                          .changeUser(talk.as(user, password).withDatabase(""))
                          .query(WHO)
                          .leave())
              .overAll()
              .with(AUTHENTICATES_IN_FULL));
      all.add(
          conversation(
                  "a change to " + user + " with a wrong password",
                  talk -> talk.login().changeUser(talk.as(user, "wrong").withDatabase("")).end())
              .overAll()
              .with(AUTHENTICATES_IN_FULL));
    });
    for (String plugin :
        List.of(AuthExchange.NATIVE, AuthExchange.SHA256, AuthExchange.CLEAR, "dialog")) {
      all.add(
          conversation(
                  "a change that begins with " + plugin,
                  talk ->
                      talk.login().changeUser(talk.usual().withPlugin(plugin)).query(WHO).leave())
              .with(AUTHENTICATES_IN_FULL));
    }
    all.add(
        conversation(
                "a change to an account whose password is not cached",
                talk -> {
                  String user = talk.freshUser("IDENTIFIED BY 'right'");
                  talk.login()
                      .changeUser(talk.as(user, "right").withDatabase(""))
                      .query("SELECT 1")
                      .leave();
                })
            .overAll()
            .with(AUTHENTICATES_IN_FULL));
  }

  private static void state(List<Conversation> all) {
    all.add(
        conversation(
                "a change with a schema",
                talk ->
                    talk.login().changeUser(talk.usual().withDatabase("mysql")).query(WHO).leave())
            .overAll());
    all.add(
        conversation(
                "a change with an unknown schema",
                talk ->
                    talk.login().changeUser(talk.usual().withDatabase("missing")).query(WHO).end())
            .overAll());
    all.add(
        conversation(
                "three changes",
                talk ->
                    talk.login()
                        .changeUser(talk.usual())
                        .changeUser(talk.as("talk_empty").withDatabase(""))
                        .query(WHO)
                        .changeUser(talk.usual())
                        .query(WHO)
                        .leave())
            .overAll());
    all.add(
        conversation(
                "a change forgets what the session had",
                talk -> {
                  talk.login()
                      .query(
                          "SET @a = 1, autocommit = 0",
                          "CREATE TEMPORARY TABLE t (i INT)",
                          "INSERT INTO made (v) VALUES ('x')")
                      .prepare("SELECT 1")
                      .changeUser(talk.usual())
                      .query(WHO, "SELECT @@autocommit", "SELECT * FROM t", "SELECT * FROM made");
                  talk.execute().leave();
                })
            .withScratchSchema());
    all.add(
        conversation(
                "a reset forgets what the session had",
                talk -> {
                  talk.login()
                      .query(
                          "SET @a = 1, autocommit = 0",
                          "CREATE TEMPORARY TABLE t (i INT)",
                          "INSERT INTO made (v) VALUES ('x')")
                      .prepare("SELECT 1")
                      .ask(Commands.resetConnection())
                      .query(WHO, "SELECT @@autocommit", "SELECT * FROM t", "SELECT * FROM made");
                  talk.execute().leave();
                })
            .withScratchSchema()
            .overAll());
    all.add(
        conversation(
            "a change does not change the number",
            talk -> {
              talk.login();
              String before = talk.threadId();
              talk.changeUser(talk.usual()).query("KILL " + before).end();
            }));
  }

  private static void broken(List<Conversation> all) {
    all.add(
        conversation(
            "a command in place of an answer in a change",
            talk -> talk.login().beginToChangeUser(talk.usual()).command(Commands.ping()).end()));
    for (int number : new int[] {0, 1, 3}) {
      all.add(
          conversation(
              "an answer with number " + number + " in a change",
              talk ->
                  talk.login()
                      .beginToChangeUser(talk.usual())
                      .send(number, "a proof", utf8("12345678901234567890123456789012"))
                      .end()));
    }
    for (ByteString answer : List.of(ByteString.EMPTY, utf8("too short"), utf8("x".repeat(3000)))) {
      all.add(
          conversation(
                  "an answer of " + answer.size() + " bytes in a change",
                  talk ->
                      talk.login()
                          .beginToChangeUser(talk.usual())
                          .send("an answer", answer)
                          .packet()
                          .halfClose()
                          .end())
              .with(FINISHES_FIRST));
    }
    all.add(
        conversation(
                "the client leaves in the middle of a change",
                talk -> talk.login().beginToChangeUser(talk.usual()).halfClose().end())
            .with(FINISHES_FIRST));
    ByteString whole =
        Login.as(Backstage.USER).changeUser(ByteString.EMPTY, AuthExchange.CACHING_SHA2);
    for (int length : new int[] {1, 3, 6, 7, 8, 9, 10, 20, 33, 40}) {
      all.add(
          conversation(
                  "a change cut off after " + length + " bytes",
                  talk ->
                      talk.login()
                          .command(whole.substring(0, Math.min(length, whole.size())))
                          .parts(1)
                          .halfClose()
                          .end())
              .with(FINISHES_FIRST));
    }
  }
}
