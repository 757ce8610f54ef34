package dev.lastword.testing.classic;

import static dev.lastword.testing.classic.Access.CLEAR;
import static dev.lastword.testing.classic.Access.TLS;
import static dev.lastword.testing.classic.ConnectingConversations.utf8;
import static dev.lastword.testing.classic.Conversation.Trait.AUTHENTICATES_IN_FULL;
import static dev.lastword.testing.classic.Conversation.Trait.BREAKS_THE_LOGIN;
import static dev.lastword.testing.classic.Conversation.Trait.FINISHES_FIRST;
import static dev.lastword.testing.classic.Conversation.conversation;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Accounts and plugins of all kinds, up to the first statements. */
final class AuthenticationConversations {

  private static final String WHO = "SELECT USER(), CURRENT_USER(), @@proxy_user, CURRENT_ROLE()";

  private AuthenticationConversations() {}

  static List<Conversation> all() {
    List<Conversation> all = new ArrayList<>();
    accounts(all);
    plugins(all);
    full(all);
    expired(all);
    broken(all);
    return all;
  }

  private static void accounts(List<Conversation> all) {
    Map<String, String> accounts = new LinkedHashMap<>();
    accounts.put("talk_poor", Backstage.PASSWORD);
    accounts.put("talk_locked", Backstage.PASSWORD);
    accounts.put("talk_tls_only", Backstage.PASSWORD);
    accounts.put("talk_empty", "");
    accounts.put("talk_elder", Backstage.PASSWORD);
    accounts.put("talk_elder_empty", "");
    accounts.put("talk_socket", "");
    accounts.put("talk_no_login", Backstage.PASSWORD);
    accounts.put("talk_role_holder", Backstage.PASSWORD);
    accounts.forEach((user, password) -> {
      all.add(
          conversation(
                  "a login of " + user,
                  talk -> talk.login(talk.as(user, password).withDatabase("")).query(WHO).leave())
              .overAll()
              .with(AUTHENTICATES_IN_FULL));
      all.add(
          conversation(
                  "a login of " + user + " with a wrong password",
                  talk -> talk.login(talk.as(user, "wrong").withDatabase("")).end())
              .with(AUTHENTICATES_IN_FULL));
    });
    all.add(
        conversation(
            "a role is of use",
            talk ->
                talk.login(talk.as("talk_role_holder", Backstage.PASSWORD))
                    .query("SELECT COUNT(*) FROM numbers", "SET ROLE NONE", "SELECT * FROM numbers")
                    .leave()));
    all.add(
        conversation(
                "a proxy user",
                talk ->
                    talk.login(talk.as("talk_proxied", Backstage.PASSWORD).withDatabase(""))
                        .query(WHO)
                        .leave())
            .withGlobal("check_proxy_users", "ON")
            .withGlobal("sha256_password_proxy_users", "ON")
            .with(AUTHENTICATES_IN_FULL));
    all.add(
        conversation(
                "two factors, of which the second needs no answer",
                talk ->
                    talk.login(talk.as("talk_two_factors", Backstage.PASSWORD, "").withDatabase(""))
                        .end())
            .with(AUTHENTICATES_IN_FULL));
    all.add(
        conversation(
                "two factors, and the first password is wrong",
                talk -> talk.login(talk.as("talk_two_factors", "wrong", "").withDatabase("")).end())
            .with(AUTHENTICATES_IN_FULL));
    all.add(
        conversation(
                "two factors, of which the first is empty",
                talk -> talk.login(talk.as("talk_two_factors_first_empty").withDatabase("")).end())
            .with(AUTHENTICATES_IN_FULL));
    all.add(
        conversation(
                "two factors without the capability for them",
                talk ->
                    talk.login(
                            talk.as("talk_two_factors", Backstage.PASSWORD, "")
                                .without(Capability.MULTI_FACTOR_AUTHENTICATION)
                                .withDatabase(""))
                        .end())
            .with(AUTHENTICATES_IN_FULL));
    all.add(
        conversation(
                "two passwords, and both are good",
                talk -> {
                  String user = talk.freshUser("IDENTIFIED BY 'first'");
                  talk.backstage(
                          "a second password",
                          "ALTER USER '"
                              + user
                              + "'@'%' IDENTIFIED BY 'second' RETAIN CURRENT PASSWORD")
                      .login(talk.as(user, "first").withDatabase(""))
                      .leave();
                  talk.another("second").login(talk.as(user, "second").withDatabase("")).leave();
                })
            .with(AUTHENTICATES_IN_FULL));
    all.add(
        conversation(
                "a wrong password locks the account",
                talk -> {
                  String user =
                      talk.freshUser(
                          "IDENTIFIED BY 'right' FAILED_LOGIN_ATTEMPTS 1 PASSWORD_LOCK_TIME 1");
                  talk.login(talk.as(user, "wrong").withDatabase("")).end();
                  talk.another("second").login(talk.as(user, "right").withDatabase("")).end();
                })
            .with(AUTHENTICATES_IN_FULL));
    all.add(
        conversation(
                "an account with a limit of queries",
                talk -> {
                  String user = talk.freshUser("IDENTIFIED BY 'x' WITH MAX_QUERIES_PER_HOUR 2");
                  talk.login(talk.as(user, "x").withDatabase(""))
                      .query("SELECT 1", "SELECT 2", "SELECT 3")
                      .leave();
                })
            .with(AUTHENTICATES_IN_FULL));
    all.add(
        conversation(
                "an account that wants a certificate",
                talk -> {
                  String user = talk.freshUser("IDENTIFIED BY 'x' REQUIRE X509");
                  talk.login(talk.as(user, "x").withDatabase("")).end();
                })
            .with(AUTHENTICATES_IN_FULL));
  }

  private static void plugins(List<Conversation> all) {
    Map<String, String> users = new LinkedHashMap<>();
    users.put(Backstage.USER, Backstage.PASSWORD);
    users.put("talk_empty", "");
    users.put("talk_elder", Backstage.PASSWORD);
    users.put("nobody_at_all", "x");
    users.forEach((user, password) -> {
      for (String plugin :
          List.of(
              AuthExchange.NATIVE,
              AuthExchange.CACHING_SHA2,
              AuthExchange.SHA256,
              AuthExchange.CLEAR,
              "dialog",
              "client_ed25519")) {
        all.add(
            conversation(
                    user + " begins with " + plugin,
                    talk ->
                        talk.login(talk.as(user, password).withDatabase("").withPlugin(plugin))
                            .query(WHO)
                            .leave())
                .with(AUTHENTICATES_IN_FULL));
      }
    });
    all.add(
        conversation(
            "a plugin without a name",
            talk -> talk.login(talk.usual().withPlugin("")).query(WHO).leave()));
    all.add(
        conversation(
            "without the plugin's name, though it is another one",
            talk ->
                talk.login(
                        talk.as("talk_elder", Backstage.PASSWORD)
                            .withDatabase("")
                            .without(Capability.PLUGIN_AUTH))
                    .end()));
    all.add(
        conversation(
            "the name of a plugin and no capability for long answers",
            talk ->
                talk.login(talk.usual().without(Capability.PLUGIN_AUTH_LENENC_CLIENT_DATA))
                    .query(WHO)
                    .leave()));
  }

  private static void full(List<Conversation> all) {
    for (String plugin : List.of(AuthExchange.CACHING_SHA2, AuthExchange.SHA256)) {
      String identified = "IDENTIFIED WITH " + plugin + " BY 'right'";
      all.add(
          conversation(
                  plugin + ", twice, and nothing is cached at first",
                  talk -> {
                    String user = talk.freshUser(identified);
                    talk.login(talk.as(user, "right").withDatabase("")).query(WHO).leave();
                    talk.another("again").login(talk.as(user, "right").withDatabase("")).leave();
                  })
              .overAll()
              .with(AUTHENTICATES_IN_FULL));
      all.add(
          conversation(
                  plugin + " with a wrong password, and nothing is cached",
                  talk -> {
                    String user = talk.freshUser(identified);
                    talk.login(talk.as(user, "wrong").withDatabase("")).end();
                  })
              .with(AUTHENTICATES_IN_FULL));
      all.add(
          conversation(
                  plugin + " with a password of 200 characters",
                  talk -> {
                    String user =
                        talk.freshUser(
                            "IDENTIFIED WITH " + plugin + " BY '" + "p".repeat(200) + "'");
                    talk.login(talk.as(user, "p".repeat(200)).withDatabase("")).leave();
                  })
              .with(AUTHENTICATES_IN_FULL));
    }
    all.add(
        conversation(
                "the key is asked for inside TLS",
                talk -> {
                  String user = talk.freshUser("IDENTIFIED BY 'right'");
                  talk.greeting()
                      .secure(talk.usual())
                      .authenticateUpTo(0, talk.as(user, "right").withDatabase(""))
                      .send("a request for the key", ByteString.copyFrom(new byte[] {2}))
                      .packet()
                      .halfClose()
                      .end();
                })
            .over(TLS)
            .with(AUTHENTICATES_IN_FULL, FINISHES_FIRST));
    all.add(
        conversation(
                "a password as it is, without TLS",
                talk -> {
                  String user = talk.freshUser("IDENTIFIED BY 'right'");
                  talk.greeting()
                      .authenticateUpTo(0, talk.as(user, "right").withDatabase(""))
                      .send("the password", utf8("right\0"))
                      .end();
                })
            .over(CLEAR)
            .with(AUTHENTICATES_IN_FULL, BREAKS_THE_LOGIN));
  }

  private static void expired(List<Conversation> all) {
    for (String user : List.of("talk_expired", "talk_elder_expired")) {
      all.add(
          conversation(
                  user + " and a client that cannot handle that",
                  talk ->
                      talk.login(
                              talk.as(user, Backstage.PASSWORD)
                                  .withDatabase("")
                                  .without(Capability.CAN_HANDLE_EXPIRED_PASSWORDS))
                          .end())
              .with(AUTHENTICATES_IN_FULL));
      all.add(
          conversation(
                  user + " in the sandbox",
                  talk ->
                      talk.login(talk.as(user, Backstage.PASSWORD).withDatabase(""))
                          .query("SELECT 1", "SET @a = 1")
                          .ask(Commands.ping(), Commands.initDb("mysql"), Commands.prepare("DO 1"))
                          .ask(Commands.statistics(), Commands.resetConnection())
                          .query("SELECT 1")
                          .leave())
              .with(AUTHENTICATES_IN_FULL));
      all.add(
          conversation(
                  user + " with a schema",
                  talk ->
                      talk.login(talk.as(user, Backstage.PASSWORD).withDatabase("mysql"))
                          .query("SELECT 1")
                          .leave())
              .with(AUTHENTICATES_IN_FULL));
    }
    all.add(
        conversation(
                "a new password ends the sandbox",
                talk -> {
                  String user = talk.freshUser("IDENTIFIED BY 'old' PASSWORD EXPIRE");
                  talk.login(talk.as(user, "old").withDatabase(""))
                      .query("SELECT 1", "ALTER USER USER() IDENTIFIED BY 'new'", "SELECT 1")
                      .leave();
                  talk.another("again").login(talk.as(user, "new").withDatabase("")).leave();
                })
            .overAll()
            .with(AUTHENTICATES_IN_FULL));
  }

  private static void broken(List<Conversation> all) {
    Map<String, ByteString> answers = new LinkedHashMap<>();
    answers.put("nothing", ByteString.EMPTY);
    answers.put("one byte", ByteString.copyFrom(new byte[1]));
    answers.put("a proof of the wrong length", utf8("too short"));
    answers.put("a long text", utf8("x".repeat(5000)));
    answers.put("a command", Commands.ping());
    answers.forEach((name, answer) -> {
      all.add(
          conversation(
                  name + " for an answer to AuthSwitchRequest",
                  talk ->
                      talk.greeting()
                          .authenticateUpTo(
                              0, talk.usual().withDatabase("").withPlugin(AuthExchange.NATIVE))
                          .send(name, answer)
                          .packet()
                          .halfClose()
                          .end())
              .over(CLEAR)
              .with(BREAKS_THE_LOGIN, FINISHES_FIRST));
      all.add(
          conversation(
                  name + " for an encrypted password",
                  talk -> {
                    String user = talk.freshUser("IDENTIFIED BY 'right'");
                    talk.greeting()
                        .authenticateUpTo(1, talk.as(user, "right").withDatabase(""))
                        .send(name, answer)
                        .packet()
                        .halfClose()
                        .end();
                  })
              .over(CLEAR)
              .with(BREAKS_THE_LOGIN, FINISHES_FIRST, AUTHENTICATES_IN_FULL));
    });
    for (int number : new int[] {0, 1, 2, 4}) {
      all.add(
          conversation(
                  "an answer to AuthSwitchRequest with number " + number,
                  talk ->
                      talk.greeting()
                          .authenticateUpTo(
                              0, talk.usual().withDatabase("").withPlugin(AuthExchange.NATIVE))
                          .send(number, "a proof", utf8("12345678901234567890123456789012"))
                          .end())
              .over(CLEAR)
              .with(BREAKS_THE_LOGIN));
    }
    for (int count : new int[] {0, 1}) {
      all.add(
          conversation(
                  "the client leaves after " + count + " answers",
                  talk -> {
                    String user = talk.freshUser("IDENTIFIED BY 'right'");
                    talk.greeting()
                        .authenticateUpTo(count, talk.as(user, "right").withDatabase(""))
                        .halfClose()
                        .end();
                  })
              .over(CLEAR)
              .with(FINISHES_FIRST, AUTHENTICATES_IN_FULL));
    }
    all.add(
        conversation(
            "commands with the login in one write",
            talk -> talk.loginAndAtOnce(talk.usual(), Commands.ping(), Commands.initDb("mysql"))));
  }
}
