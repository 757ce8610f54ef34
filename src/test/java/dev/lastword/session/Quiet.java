package dev.lastword.session;

import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;

/** A session that does nothing by itself. */
final class Quiet extends Session {
  /** Never started, so it has no thread. */
  private static final EventLoop LOOP = new DefaultEventLoop();

  Activity activity = Activity.IDLE;
  boolean transaction;
  boolean half;

  Quiet(SessionRegistry.Ticket ticket) {
    this(ticket, "10.0.0.7:51544");
  }

  Quiet(SessionRegistry.Ticket ticket, String client) {
    super(ticket, client, LOOP);
  }

  void open() {
    opened();
  }

  void connect(String server, String address) {
    connectedTo(server, address);
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
    bytesIn = in;
    bytesOut = out;
  }

  boolean end() {
    return end(EndCause.CLIENT_LEFT, "");
  }

  boolean end(EndCause cause, String detail) {
    return ended(cause, activity, detail);
  }

  @Override
  public Activity activity() {
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
  public void proxyCloses() {
    end(EndCause.PROXY_CLOSED, "");
  }
}
