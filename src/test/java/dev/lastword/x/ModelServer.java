package dev.lastword.x;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * What a MySQL server does with requests, by message types, as it was observed on 9.7: in which state it takes which, and with what it
 * answers. It has its own idea of the session, told by what the client could know: requests are out until the last message of
 * their response has been said.
 */
final class ModelServer {
  /** A request: {@code fails} is what the server will find wrong with it, 0 for nothing. */
  record Request(int type, Effect effect, int fails) {}

  /** A message of the server; the code is that of an Error. */
  record Said(int type, int code, boolean fatal) {
    static Said of(int type) {
      return new Said(type, 0, false);
    }
  }

  private enum State {
    CONNECTED,
    AUTHENTICATING,
    READY,
    LOGGED_OUT,
    GONE
  }

  private final Random random;
  private final Deque<Request> received = new ArrayDeque<>();
  private final Deque<Said> response = new ArrayDeque<>();
  private @Nullable Runnable done;

  private State state = State.CONNECTED;
  private boolean everReady;
  private int wrongPasswords;
  private boolean transaction;
  private boolean expecting;
  private boolean expectFailed;
  private boolean warningsOff;
  private boolean midResult;
  private boolean goodbye;
  private boolean fatal;
  private State stateAfterGoodbye = State.GONE;
  private boolean lastIn;

  ModelServer(Random random) {
    this.random = random;
  }

  // ---- The client

  /** Something a client may send now; mostly what makes sense, though it may be pipelined behind what will fail. */
  Request newRequest() {
    if (random.nextInt(40) == 0) {
      return new Request(6, Effect.RESET, 0);
    }
    State expected = state;
    for (Request request : received) {
      expected =
          switch (request.type()) {
            case 4, 5 -> request.fails() == 0 ? State.READY : State.CONNECTED;
            case 7 -> State.LOGGED_OUT;
            case 6 ->
                request.effect() == Effect.RESET_AND_AUTHENTICATE ? State.LOGGED_OUT : expected;
            default -> expected;
          };
    }
    return switch (expected) {
      case CONNECTED, LOGGED_OUT ->
          switch (random.nextInt(everReady ? 1 : 4)) {
            case 1 -> new Request(1, Effect.NONE, 0);
            case 2 -> new Request(2, Effect.NONE, random.nextInt(3) == 0 ? 5002 : 0);
            default -> new Request(4, Effect.NONE, random.nextInt(4) == 0 ? 1045 : 0);
          };
      case AUTHENTICATING -> new Request(5, Effect.NONE, random.nextInt(4) == 0 ? 1045 : 0);
      case READY, GONE -> inSession();
    };
  }

  private Request inSession() {
    int wrong = random.nextInt(6) == 0 ? 1146 : 0;
    return switch (random.nextInt(18)) {
      case 0 -> new Request(12, Effect.BEGIN, random.nextInt(6) == 0 ? 1064 : 0);
      case 1 -> new Request(12, Effect.COMMIT, 0);
      case 2 -> new Request(12, Effect.ROLLBACK, random.nextInt(6) == 0 ? 1064 : 0);
      case 3 -> new Request(12, Effect.IMPLICIT_COMMIT, wrong);
      case 4 -> new Request(24, Effect.NONE, 0);
      case 5 -> new Request(25, Effect.NONE, 0);
      case 6 -> new Request(6, Effect.RESET, 0);
      case 7 -> new Request(6, Effect.RESET_AND_AUTHENTICATE, 0);
      case 8 -> new Request(7, Effect.CLOSE, 0);
      case 9 -> new Request(40, Effect.NONE, wrong);
      case 10 -> new Request(43, Effect.MAY_START, wrong);
      case 11 -> new Request(45, Effect.NONE, random.nextInt(3) == 0 ? 5123 : 0);
      case 12 -> new Request(99, Effect.NONE, 1047);
      case 13 -> new Request(12, Effect.WARNINGS_OFF, 0);
      case 14 -> new Request(30, Effect.IMPLICIT_COMMIT, wrong);
      case 15 -> new Request(random.nextInt(20) == 0 ? 3 : 42, Effect.NONE, 0);
      default -> new Request(17 + random.nextInt(4), Effect.MAY_START, wrong);
    };
  }

  void send(Request request) {
    received.add(request);
    skipIgnored();
  }

  /** Session.Reset before the first login gets no answer. */
  private void skipIgnored() {
    while (!received.isEmpty()
        && received.peek().type() == 6
        && state == State.CONNECTED
        && response.isEmpty()) {
      received.remove();
    }
  }

  // ---- The server

  /** The next message, or null if there is nothing to say. */
  @Nullable Said say() {
    if (response.isEmpty()) {
      Request next = received.peek();
      if (next == null) {
        return null;
      }
      answer(next);
    }
    Said said = response.remove();
    midResult = (said.type() >= 12 && said.type() != 17) || (midResult && said.type() == 11);
    if (response.isEmpty()) {
      received.poll();
      if (done != null) {
        done.run();
      }
      if (said.fatal()) {
        received.clear();
        state = State.GONE;
        fatal = true;
      }
      skipIgnored();
    }
    return said;
  }

  private void answer(Request request) {
    done = null;
    switch (state) {
      case CONNECTED -> beforeLogin(request);
      case LOGGED_OUT -> {
        if (request.type() == 4) {
          login(request);
        } else {
          fail(5000, true);
        }
      }
      case AUTHENTICATING -> {
        if (request.type() == 5) {
          finishLogin(request);
        } else {
          fail(5000, true);
        }
      }
      case READY -> inSession(request);
      case GONE -> throw new IllegalStateException("nobody is there");
    }
  }

  private void beforeLogin(Request request) {
    switch (request.type()) {
      case 1 -> end(2, () -> {});
      case 2 -> {
        if (request.fails() == 0) {
          end(0, () -> {});
        } else {
          fail(request.fails(), false);
        }
      }
      case 3 -> goodbye();
      case 4 -> login(request);
      default -> fail(5000, true);
    }
  }

  /** With one step or with two. */
  private void login(Request request) {
    if (random.nextBoolean()) {
      end(3, () -> state = State.AUTHENTICATING);
    } else {
      finishLogin(request);
    }
  }

  private void finishLogin(Request request) {
    if (request.fails() == 0) {
      notices();
      end(
          4,
          () -> {
            state = State.READY;
            everReady = true;
          });
    } else {
      wrongPasswords++;
      fail(request.fails(), wrongPasswords == 3);
      State back = everReady ? State.LOGGED_OUT : State.CONNECTED;
      done = () -> state = back;
    }
  }

  private void inSession(Request request) {
    if (expecting && expectFailed && request.type() != 6 && request.type() != 7) {
      fail(5159, false);
      if (request.type() == 25) {
        done =
            () -> {
              expecting = false;
              expectFailed = false;
            };
      }
      return;
    }
    switch (request.type()) {
      case 3 -> goodbye();
      case 6, 7 -> {
        boolean out = request.effect() != Effect.RESET;
        end(
            0,
            () -> {
              transaction = false;
              expecting = false;
              expectFailed = false;
              if (out) {
                state = State.LOGGED_OUT;
                warningsOff = false;
              }
            });
      }
      case 1, 2, 4, 5, 99 -> failStatement(1047, () -> {});
      case 24 -> {
        // One level is enough here.
        end(0, () -> expecting = true);
      }
      case 25 -> {
        if (expecting) {
          end(0, () -> expecting = false);
        } else {
          failStatement(5158, () -> {});
        }
      }
      case 30, 40, 42 -> statement(request, 0);
      default -> statement(request, 17);
    }
  }

  private void statement(Request request, int end) {
    boolean ran = request.fails() != 1064;
    Runnable effect =
        () -> {
          switch (request.effect()) {
            case BEGIN -> transaction = ran || transaction;
            case COMMIT, ROLLBACK, IMPLICIT_COMMIT -> transaction = transaction && !ran;
            case WARNINGS_OFF -> warningsOff = true;
            default -> {
              // Autocommit is on.
            }
          }
        };
    if (end == 17 && random.nextBoolean()) {
      results(request.type());
    }
    if (request.fails() != 0) {
      failStatement(request.fails(), effect);
      return;
    }
    notices();
    end(end, effect);
  }

  private void results(int type) {
    int sets = 1 + random.nextInt(3);
    for (int set = 0; set < sets; set++) {
      if (random.nextInt(4) == 0) {
        response.add(Said.of(19));
        continue;
      }
      if (type != 45) {
        response.add(Said.of(12));
      }
      int rows = random.nextInt(4);
      for (int row = 0; row < rows; row++) {
        response.add(Said.of(13));
        notices();
      }
      boolean last = set == sets - 1;
      response.add(
          Said.of(last ? (type == 43 || type == 45 ? 15 : 14) : random.nextBoolean() ? 16 : 18));
    }
  }

  private void notices() {
    for (int i = random.nextInt(3); i > 0; i--) {
      response.add(Said.of(11));
    }
  }

  private void end(int type, Runnable then) {
    response.add(Said.of(type));
    done = then;
  }

  private void fail(int code, boolean isFatal) {
    response.add(new Said(1, code, isFatal));
  }

  private void failStatement(int code, Runnable effect) {
    fail(code, false);
    done =
        () -> {
          effect.run();
          expectFailed = expecting;
        };
  }

  private void goodbye() {
    end(
        0,
        () -> {
          goodbye = true;
          received.clear();
          stateAfterGoodbye = state;
          state = State.GONE;
        });
  }

  // ---- What is true

  boolean gone() {
    return state == State.GONE;
  }

  int outstanding() {
    return received.size();
  }

  /** In the words of {@code XTrackerTest}. */
  String text() {
    boolean in =
        state == State.READY
            || (state == State.GONE && (goodbye ? stateAfterGoodbye == State.READY : lastIn));
    lastIn = in;
    String doing = !in ? "out" : outstanding() == 0 ? "idle" : midResult ? "mid-result" : "waiting";
    return doing
        + (outstanding() == 0 ? "" : ", " + outstanding() + " out")
        + (transaction ? ", transaction" : "")
        + (warningsOff ? ", no warnings" : "")
        + (goodbye ? ", goodbye" : "")
        + (fatal ? ", fatal" : "");
  }
}
