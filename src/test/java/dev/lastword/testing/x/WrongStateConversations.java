package dev.lastword.testing.x;

import static dev.lastword.testing.x.Access.CLEAR;
import static dev.lastword.testing.x.Conversation.conversation;
import static dev.lastword.testing.x.XMessages.any;
import static dev.lastword.testing.x.XMessages.authenticateContinue;
import static dev.lastword.testing.x.XMessages.authenticateStart;
import static dev.lastword.testing.x.XMessages.bool;
import static dev.lastword.testing.x.XMessages.capabilitiesGet;
import static dev.lastword.testing.x.XMessages.capabilitiesSet;
import static dev.lastword.testing.x.XMessages.capability;
import static dev.lastword.testing.x.XMessages.collection;
import static dev.lastword.testing.x.XMessages.connectionClose;
import static dev.lastword.testing.x.XMessages.cursorClose;
import static dev.lastword.testing.x.XMessages.cursorFetch;
import static dev.lastword.testing.x.XMessages.cursorOpen;
import static dev.lastword.testing.x.XMessages.deallocate;
import static dev.lastword.testing.x.XMessages.delete;
import static dev.lastword.testing.x.XMessages.execute;
import static dev.lastword.testing.x.XMessages.expectClose;
import static dev.lastword.testing.x.XMessages.expectNoError;
import static dev.lastword.testing.x.XMessages.findAll;
import static dev.lastword.testing.x.XMessages.insert;
import static dev.lastword.testing.x.XMessages.literal;
import static dev.lastword.testing.x.XMessages.prepareSql;
import static dev.lastword.testing.x.XMessages.sessionClose;
import static dev.lastword.testing.x.XMessages.sessionReset;
import static dev.lastword.testing.x.XMessages.sint;
import static dev.lastword.testing.x.XMessages.sql;
import static dev.lastword.testing.x.XMessages.update;
import static dev.lastword.testing.x.XMessages.utf8;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.lastword.x.protobuf.MysqlxConnection;
import dev.lastword.x.protobuf.MysqlxCrud;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Every message in every state of a session, right and wrong; and messages that do not exist. */
final class WrongStateConversations {

  private static final Map<String, Conversation.Script> STATES = new LinkedHashMap<>();

  static {
    STATES.put("before a login", talk -> talk.frame());
    STATES.put("with a challenge open", talk -> talk.ask(authenticateStart("SHA256_MEMORY")));
    STATES.put("after a failed login", talk -> talk.sha256Memory(Backstage.USER, "wrong"));
    STATES.put("in a session", Talk::login);
    STATES.put(
        "in a failed Expect block", talk -> talk.login().ask(expectNoError(), sql("garbage")));
    STATES.put("after a reset", talk -> talk.login().ask(sessionReset(false)));
    STATES.put("after the session's end", talk -> talk.login().ask(sessionClose()));
    STATES.put(
        "with a challenge open after a reset",
        talk -> talk.login().ask(sessionReset(false), authenticateStart("SHA256_MEMORY")));
  }

  private WrongStateConversations() {}

  static List<Conversation> all() {
    List<Conversation> all = new ArrayList<>();
    STATES.forEach((state, prelude) -> {
      for (Message message : messages()) {
        String name = message.getDescriptorForType().getFullName().substring("Mysqlx.".length());
        all.add(
            conversation(
                    state + ": " + name,
                    talk -> {
                      prelude.play(talk);
                      talk.send(message);
                      if (state.equals("before a login") && name.equals("Session.Reset")) {
                        talk.silence();
                      } else {
                        talk.response();
                      }
                      talk.ask(connectionClose()).end();
                    })
                .over(CLEAR));
      }
      for (int type : new int[] {0, 8, 11, 13, 47, 99, 128, 255}) {
        for (ByteString payload : List.of(ByteString.EMPTY, utf8("\n\3abc"))) {
          all.add(
              conversation(
                      state + ": type " + type + (payload.isEmpty() ? "" : " with a payload"),
                      talk -> {
                        prelude.play(talk);
                        talk.sendFrame(type, payload).response().ask(connectionClose()).end();
                      })
                  .over(CLEAR));
        }
      }
      // What has required fields is malformed without a payload; the rest is as good as ever.
      for (int type : new int[] {1, 2, 3, 4, 5, 7, 12, 17, 24, 25, 40, 43, 46}) {
        all.add(
            conversation(
                    state + ": type " + type + " without a payload",
                    talk -> {
                      prelude.play(talk);
                      talk.sendFrame(type, ByteString.EMPTY)
                          .response()
                          .ask(connectionClose())
                          .end();
                    })
                .over(CLEAR));
      }
    });
    return all;
  }

  /** One message of each type that a client can send, harmless wherever it is accepted. */
  private static List<Message> messages() {
    MysqlxCrud.Collection view = collection(Backstage.SCHEMA, "no_such_view");
    MysqlxCrud.Find find = findAll(Backstage.SCHEMA, "docs");
    return List.of(
        capabilitiesGet(),
        capabilitiesSet(capability("client.pwd_expire_ok", any(bool(true)))),
        connectionClose(),
        authenticateStart("SHA256_MEMORY"),
        authenticateContinue(utf8("\0talk\0")),
        sessionReset(true),
        sessionClose(),
        sql("SELECT 1"),
        find,
        insert(Backstage.SCHEMA, "docs", "{\"_id\":\"a\"}"),
        update(Backstage.SCHEMA, "docs", literal(bool(false)), "n", sint(1)),
        delete(Backstage.SCHEMA, "docs", literal(bool(false))),
        expectNoError(),
        expectClose(),
        MysqlxCrud.CreateView.newBuilder()
            .setCollection(collection("talk_nowhere", "v"))
            .setStmt(find)
            .build(),
        MysqlxCrud.ModifyView.newBuilder().setCollection(view).setStmt(find).build(),
        MysqlxCrud.DropView.newBuilder().setCollection(view).build(),
        prepareSql(1, "SELECT 1"),
        execute(1),
        deallocate(1),
        cursorOpen(1, execute(1)),
        cursorFetch(1, 1),
        cursorClose(1),
        MysqlxConnection.Compression.newBuilder().setPayload(ByteString.EMPTY).build());
  }
}
