package dev.lastword.session;

import dev.lastword.farewell.Cause;
import dev.lastword.farewell.Farewell;
import dev.lastword.farewell.LostSession;
import dev.lastword.farewell.ServerView;
import dev.lastword.farewell.Verdict;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;

/** A session that does nothing by itself. */
final class Quiet extends Session {
  /** Never started, so it has no thread. */
  private static final EventLoop LOOP = new DefaultEventLoop();

  String protocol = "x";
  Activity activity = Activity.IDLE;
  boolean transaction;
  boolean half;

  /** How often somebody wanted to know what it is doing. */
  int asked;

  Quiet(SessionRegistry.Ticket ticket) {
    this(ticket, "10.0.0.7:51544");
  }

  Quiet(SessionRegistry.Ticket ticket, String client) {
    super(ticket, client, LOOP);
  }

  Quiet(SessionRegistry.Ticket ticket, EventLoop loop) {
    super(ticket, "10.0.0.7:51544", loop);
  }

  void open() {
    opened();
  }

  void connect(String server, String address) {
    connectedTo(server, address, 0);
  }

  void identify(long number) {
    identified(number);
  }

  void claim(String user) {
    claimedBy(user);
  }

  void logIn() {
    authenticated();
  }

  void count(long in, long out) {
    countIn(Math.toIntExact(in));
    countOut(Math.toIntExact(out));
  }

  boolean end() {
    return end(Cause.CLIENT_LEFT, "");
  }

  boolean end(Cause cause, String detail) {
    if (!ending(cause)) {
      return false;
    }
    ended(
        new Verdict(cause, detail),
        new Farewell.Nothing(Farewell.Why.CLIENT_LEFT),
        LostSession.Delivery.NOTHING_TO_SAY);
    return true;
  }

  @Override
  public Activity activity() {
    asked++;
    return activity;
  }

  @Override
  public boolean inTransaction() {
    return transaction;
  }

  @Override
  public boolean halfRequest() {
    return half;
  }

  @Override
  public String protocol() {
    return protocol;
  }

  @Override
  public void kill() {
    end(Cause.KILLED_BY_OPERATOR, "");
  }

  @Override
  public void drain(String what) {
    end(Cause.DRAINED, what);
  }

  @Override
  public void stay() {}

  @Override
  public void proxyGoesAway(boolean now) {
    end(Cause.PROXY_SHUT_DOWN, "");
  }

  @Override
  public void serverLost(ServerView view) {
    end(Cause.SERVER_UNREACHABLE, view.detail());
  }

  @Override
  public void tick(long nowNanos) {
    // Never silent for too long.
  }
}
